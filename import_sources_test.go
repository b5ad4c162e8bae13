package main

import (
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// sourceCase is a controller's database that is not as the one described.
type sourceCase struct {
	name   string
	change []string                       // what makes it so
	want   map[string]func(f *tableFacts) // how the lines of tables differ
	words  []string                       // what the report in words has to say
	report func(t *testing.T, r report)   // what the report as JSON has to say
	look   func(t *testing.T, p *program) // what is to be seen afterwards, in the running program
}

// olderLevels are databases of controllers before and beside the one described.
var olderLevels = []sourceCase{
	{name: "before Django 4.2, with columns in another order and more of them", change: []string{
		"ALTER TABLE main_oauth2application DROP COLUMN algorithm", "ALTER TABLE main_oauth2accesstoken DROP COLUMN id_token_id",
		"DROP TABLE oauth2_provider_idtoken", "ALTER TABLE oauth2_provider_grant DROP COLUMN nonce, DROP COLUMN claims",
		"ALTER TABLE conf_setting ALTER COLUMN value TYPE text USING value::text",
		"ALTER TABLE main_oauth2accesstoken ALTER COLUMN description TYPE varchar(200)",
		"DELETE FROM django_migrations WHERE app = 'main' AND name >= '0183'",
		"ALTER TABLE main_oauth2accesstoken ADD COLUMN later jsonb DEFAULT '{}'", "ALTER TABLE auth_user ADD COLUMN nickname text DEFAULT 'x'",
		"ALTER TABLE main_oauth2application RENAME COLUMN client_id TO was", "ALTER TABLE main_oauth2application ADD COLUMN client_id varchar(100)",
		"UPDATE main_oauth2application SET client_id = was", "ALTER TABLE main_oauth2application DROP COLUMN was"},
		report: func(t *testing.T, r report) {
			if !strings.Contains(r.Level, "0182") {
				t.Errorf("the level is %q", r.Level)
			}
			if diff := cmp.Diff(mustFacts(t).Settings, r.Settings); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		}},
	{name: "only the tables and columns that are always there", change: []string{
		"DROP TABLE social_auth_usersocialauth, sso_userenterpriseauth, conf_setting, main_usersessionmembership, django_session, main_profile",
		"DROP TABLE oauth2_provider_idtoken, main_executionenvironment CASCADE",
		"ALTER TABLE auth_user DROP COLUMN last_login, DROP COLUMN first_name, DROP COLUMN last_name, DROP COLUMN email, DROP COLUMN is_staff, DROP COLUMN date_joined",
		"ALTER TABLE main_organization DROP COLUMN created, DROP COLUMN modified, DROP COLUMN description, DROP COLUMN created_by_id, DROP COLUMN modified_by_id, DROP COLUMN max_hosts, DROP COLUMN custom_virtualenv, DROP COLUMN default_environment_id",
		"ALTER TABLE main_oauth2application DROP COLUMN redirect_uris, DROP COLUMN description, DROP COLUMN logo_data, DROP COLUMN skip_authorization, DROP COLUMN created, DROP COLUMN updated, DROP COLUMN user_id, DROP COLUMN organization_id, DROP COLUMN algorithm",
		"ALTER TABLE main_oauth2accesstoken DROP COLUMN description, DROP COLUMN created, DROP COLUMN updated, DROP COLUMN modified, DROP COLUMN last_used, DROP COLUMN source_refresh_token_id, DROP COLUMN id_token_id"},
		report: func(t *testing.T, r report) {
			if len(r.Settings) != 0 {
				t.Errorf("settings without a table: %v", r.Settings)
			}
		}},
}

// TestImportOfOlderLevels: whatever the level lacks is done without.
func TestImportOfOlderLevels(t *testing.T) {
	t.Parallel()
	for _, test := range olderLevels {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			importChanged(t, test)
		})
	}
}

// importChanged imports a database with all the changes into an empty one of each kind, and looks at each of them.
func importChanged(t *testing.T, cases ...sourceCase) {
	t.Helper()
	c, f := newController(t), mustFacts(t)
	for _, s := range cases {
		c.change(s.change...)
		for table, change := range s.want {
			expected := f.Expected[table]
			expected.Skipped = maps.Clone(expected.Skipped)
			change(&expected)
			f.Expected[table] = expected
		}
	}
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		text := p.mustImport(c)
		if !strings.HasPrefix(text, f.lines()) {
			t.Errorf("(-want +got):\n%s", cmp.Diff(f.lines(), text))
		}
		kept := tablesOf(t, database)
		if again := p.mustImport(c); !strings.HasPrefix(again, f.linesAgain()) {
			t.Errorf("once more (-want +got):\n%s", cmp.Diff(f.linesAgain(), again))
		}
		sameTables(t, kept, tablesOf(t, database))
		p.serve()
		me := p.api(http.MethodGet, "/api/v2/me/", f.accessToken(t, 3).Token, nil).want(t, http.StatusOK)
		if !strings.Contains(me.text, `"svc-backup"`) {
			t.Errorf("a token acts as another: %s", me.text)
		}
		a := f.application(t, 1)
		p.form("/api/o/introspect/", a.ClientID, a.ClientSecret, "token", "unknown").want(t, http.StatusOK)
		stored := readReport(t, value[string](t, p.target(), "SELECT report FROM import_runs"))
		for _, s := range cases {
			for _, words := range s.words {
				if !strings.Contains(text, words) {
					t.Errorf("%s: the report does not say %q:\n%s", s.name, words, text)
				}
			}
			if s.report != nil {
				s.report(t, stored)
			}
			if s.look != nil {
				t.Run(s.name, func(t *testing.T) { s.look(t, p) })
			}
		}
	})
}

// otherSecret is a client secret that another site's key has encrypted.
const otherSecret = "$encrypted$UTF8$AESCBC$Z0FBQUFBQmxVX0VBQUFFQ0F3UUZCZ2NJQ1FvTERBME9ENmJvMDdaOGRGRml0UnZnX3U1N3BrMXFKSW9xYi1OUkMyWVgxR1I2VmlUNlhiYS1rMjViQXdBR181anFNRlNXakdnMlpGTFhXbHMxR3d2RjNka251WEk9"

// oddRows are rows that no controller should have, and some that it may have all the same.
var oddRows = []sourceCase{
	{name: "secrets that are no use", words: []string{"application 2: the secret must be rotated", "application 3: the secret must be rotated", "application 8: the secret must be rotated"}, change: []string{
		"UPDATE main_oauth2application SET client_secret = '' WHERE id = 2",
		"UPDATE main_oauth2application SET client_secret = '" + otherSecret + "' WHERE id = 3",
		"UPDATE main_oauth2application SET client_secret = '$encrypted$UTF8$AESCBC$!!!!' WHERE id = 7",
		"UPDATE main_oauth2application SET client_secret = '$encrypted$' WHERE id = 8",
		"UPDATE main_oauth2application SET client_secret = '' WHERE id = 6"}, // a public client, which needs none
		report: func(t *testing.T, r report) {
			if diff := cmp.Diff([]int{2, 3, 7, 8}, r.SecretsToRotate); diff != "" {
				t.Errorf("secrets to rotate (-want +got):\n%s", diff)
			}
		},
		look: func(t *testing.T, p *program) {
			f := mustFacts(t)
			for _, id := range []int{2, 3, 7, 8} {
				a := f.application(t, id)
				for _, secret := range []string{"", a.ClientSecret, otherSecret, "S3cretClientValue0123456789", "$encrypted$"} {
					p.form("/api/o/introspect/", a.ClientID, secret, "token", "x").want(t, http.StatusUnauthorized)
				}
			}
		}},
	{name: "strings that stand twice", change: []string{
		// Revoked once more under another id; twice unrevoked, which NULL in the unique key permits; revoked twice.
		`INSERT INTO oauth2_provider_refreshtoken (id, token, application_id, user_id, created, updated, revoked)
			SELECT 900001, token, application_id, user_id, created, updated, now() - interval '1 hour' FROM oauth2_provider_refreshtoken WHERE id = 1`,
		`INSERT INTO oauth2_provider_refreshtoken (id, token, application_id, user_id, created, updated, revoked)
			SELECT 900002, token, application_id, user_id, created, updated, revoked - interval '1 hour' FROM oauth2_provider_refreshtoken WHERE id = 10`},
		want: map[string]func(*tableFacts){"oauth2_provider_refreshtoken": func(f *tableFacts) { f.Read += 2; f.Skipped["duplicate"] = 2 }},
		look: func(t *testing.T, p *program) {
			f := mustFacts(t)
			a := f.application(t, 1)
			p.form("/api/o/token/", a.ClientID, a.ClientSecret, "grant_type", "refresh_token", "refresh_token", f.refreshToken(t, 1).Token).want(t, http.StatusOK)
		}},
	{name: "rows of nobody", change: []string{
		"ALTER TABLE oauth2_provider_refreshtoken ALTER COLUMN user_id DROP NOT NULL",
		"UPDATE oauth2_provider_refreshtoken SET user_id = NULL WHERE id = 3",
		"UPDATE main_oauth2accesstoken SET user_id = NULL WHERE id IN (2, 15)"},
		want: map[string]func(*tableFacts){
			"main_oauth2accesstoken":       func(f *tableFacts) { f.Imported -= 2; f.Skipped["no user"] += 2 },
			"oauth2_provider_refreshtoken": func(f *tableFacts) { f.Imported--; f.Skipped["no user"]++ }},
		look: func(t *testing.T, p *program) {
			p.api(http.MethodGet, "/api/v2/me/", mustFacts(t).accessToken(t, 2).Token, nil).want(t, http.StatusUnauthorized)
		}},
	{name: "clients of a third type", change: []string{
		`INSERT INTO main_oauth2application (id, client_id, client_secret, client_type, authorization_grant_type, redirect_uris, name, description, logo_data,
				skip_authorization, created, updated, organization_id, algorithm) SELECT 900, 'odd', client_secret, 'secretive', authorization_grant_type, redirect_uris, 'Odd', '', '',
				false, created, updated, organization_id, '' FROM main_oauth2application WHERE id = 1`,
		`INSERT INTO main_oauth2accesstoken (id, token, expires, scope, description, created, updated, modified, user_id, application_id)
				VALUES (900001, 'OfTheOddOne000000000000000001', now() + interval '1 day', 'read', '', now(), now(), now(), 3, 900)`,
		`INSERT INTO oauth2_provider_refreshtoken (id, token, application_id, user_id, access_token_id, created, updated)
				VALUES (900003, 'OfTheOddOne000000000000000002', 900, 3, 900001, now(), now())`},
		want: map[string]func(*tableFacts){
			"main_oauth2application":       func(f *tableFacts) { f.Read++; f.Skipped["unknown client type"]++ },
			"main_oauth2accesstoken":       func(f *tableFacts) { f.Read++; f.Skipped["application not imported"]++ },
			"oauth2_provider_refreshtoken": func(f *tableFacts) { f.Read++; f.Skipped["application not imported"]++ }},
		look: func(t *testing.T, p *program) {
			p.api(http.MethodGet, "/api/v2/me/", "OfTheOddOne000000000000000001", nil).want(t, http.StatusUnauthorized)
		}},
	{name: "passwords of no scheme", change: []string{
		"UPDATE auth_user SET password = 'md5$salt$0bee89b07a248e27c83fc3d5951213c1' WHERE id = 3", "UPDATE auth_user SET password = '' WHERE id = 4",
		"UPDATE auth_user SET password = 'pbkdf2_sha256$2000000000$salt$AAAA' WHERE id = 5", "UPDATE auth_user SET password = '!' WHERE id = 6",
		"UPDATE auth_user SET password = 'argon2$argon2id$v=19$m=1073741824,t=2,p=8$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA' WHERE id = 7"},
		look: func(t *testing.T, p *program) {
			f := mustFacts(t)
			for _, id := range []int{3, 4, 5, 6, 7} {
				user := found(t, f.Users, func(u userFacts) bool { return u.ID == id })
				if status := p.signInAt("/api/login/", user.Username, *user.Password); status != http.StatusUnauthorized {
					t.Errorf("%s signs in: %d", user.Username, status)
				}
			}
		}},
	{name: "scopes that are none", change: []string{
		"UPDATE main_oauth2accesstoken SET scope = '' WHERE id = 1", "UPDATE main_oauth2accesstoken SET scope = 'admin everything' WHERE id = 5"},
		look: func(t *testing.T, p *program) {
			for _, id := range []int{1, 5} {
				token := mustFacts(t).accessToken(t, id).Token
				if made := p.api(http.MethodPost, "/api/v2/tokens/", token, map[string]any{"scope": "read"}); made.status < 400 || made.status >= 500 {
					t.Errorf("token %d with a scope that is none makes another: %d %s", id, made.status, made.text)
				}
			}
		}},
	{name: "redirect URIs with other white space", change: []string{
		"UPDATE main_oauth2application SET redirect_uris = E'  https://a.example.com/cb\\n\\thttps://b.example.com/cb ' WHERE id = 2"},
		look: func(t *testing.T, p *program) {
			a := p.api(http.MethodGet, "/api/v2/applications/2/", mustFacts(t).accessToken(t, 4).Token, nil).want(t, http.StatusOK)
			if got := a.string("redirect_uris"); got != "https://a.example.com/cb https://b.example.com/cb" {
				t.Errorf("redirect URIs %q", got)
			}
		}},
	{name: "a family that bites its tail", change: []string{
		"UPDATE main_oauth2accesstoken SET source_refresh_token_id = NULL",
		"UPDATE main_oauth2accesstoken SET source_refresh_token_id = 2 WHERE id = 13", "UPDATE main_oauth2accesstoken SET source_refresh_token_id = 1 WHERE id = 14"}},
}

// TestImportOfOddRows: odd rows are imported without what is odd about them, or reported and left out; nothing is widened.
func TestImportOfOddRows(t *testing.T) {
	t.Parallel()
	importChanged(t, oddRows...)
}

// TestImportRefusesSources: what cannot be told apart or kept is refused in words, and nothing is written.
func TestImportRefusesSources(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, change, says string }{
		{"a table is missing", "DROP TABLE main_oauth2accesstoken CASCADE", "main_oauth2accesstoken"},
		{"a column is missing", "ALTER TABLE auth_user DROP COLUMN username", "username"},
		{"time without end", "UPDATE main_oauth2accesstoken SET expires = 'infinity' WHERE id = 1", "main_oauth2accesstoken"},
		{"ids that leave no room", "UPDATE main_oauth2accesstoken SET id = 9223372036854775807 WHERE id = 4", "main_oauth2accesstoken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newController(t)
			c.change(test.change)
			storetest.EachURL(t, func(t *testing.T, database string) {
				p := newProgram(t, database)
				p.mustCommand("migrate")
				before := tablesOf(t, database)
				stdout, stderr, code := p.importFrom(c)
				if code != 1 || !strings.Contains(stderr, test.says) || strings.Contains(stderr, "goroutine") {
					t.Errorf("exit %d, want 1 saying %q; stdout %q, stderr:\n%s", code, test.says, stdout, stderr)
				}
				sameTables(t, before, tablesOf(t, database))
			})
		})
	}
}

// TestImportFromAnother: a second import from the database of another controller, of which nothing was imported, is refused: what
// is missing there is not missing because it was deleted.
func TestImportFromAnother(t *testing.T) {
	t.Parallel()
	c := newController(t)
	p := newProgram(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	p.mustImport(c)
	before := tablesOf(t, p.database())
	c.change("SET session_replication_role = replica; UPDATE auth_user SET id = id + 100000")
	if stdout, stderr, code := p.importFrom(c); code != 1 || !strings.Contains(stderr, "another") {
		t.Errorf("exit %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
	sameTables(t, before, tablesOf(t, p.database()))
}
