package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// report is what import_controller --format json prints.
type report struct {
	Source, Level     string
	DryRun            bool `json:"dry_run"`
	Started, Finished time.Time
	Tables            []struct {
		Table                   string
		Read, Imported, Revoked int
		Skipped                 map[string]int
		Remarks                 map[string]int
	}
	Conflicts       []placeTaken
	ChangedSince    []placeTaken `json:"changed_since"`
	Renumbered      []renumbered
	SecretsToRotate []int         `json:"secrets_to_rotate"`
	ThroughTeams    []throughTeam `json:"through_teams"`
	Settings        map[string]any
}

// placeTaken is a row that meets another here.
type placeTaken struct {
	Table         string
	ID            int
	Name, Problem string
}

// renumbered is a row with another id here, or another name.
type renumbered struct {
	Table    string
	From, To int
	Name     string
}

func readReport(t *testing.T, text string) report {
	t.Helper()
	var r report
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("the report: %v:\n%s", err, text)
	}
	if strings.Trim(text[decoder.InputOffset():], "\n") != "" {
		t.Errorf("something follows the report:\n%s", text)
	}
	return r
}

// lines are the report's tables as its text would have them.
func (r report) lines() string {
	var text strings.Builder
	for _, table := range r.Tables {
		text.WriteString(tableFacts{Read: table.Read, Imported: table.Imported, Skipped: table.Skipped}.line(table.Table))
	}
	return text.String()
}

// TestImportReport: what an import prints, for people and as JSON, is what the source holds.
func TestImportReport(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		begin := time.Now()
		r := readReport(t, p.mustImport(c, "--format", "json"))
		if diff := cmp.Diff(f.lines(), r.lines()); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(f.Settings, r.Settings); diff != "" {
			t.Errorf("settings (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(f.Totals.ThroughTeams.Rows, r.ThroughTeams); diff != "" {
			t.Errorf("people who belong through a team only (-want +got):\n%s", diff)
		}
		if r.Source != "controller" || r.DryRun || r.Level == "" || len(r.Conflicts)+len(r.ChangedSince)+len(r.Renumbered)+len(r.SecretsToRotate) != 0 {
			t.Errorf("the report says %+v", r)
		}
		if r.Started.Before(begin.Add(-time.Second)) || r.Finished.Before(r.Started) || r.Finished.After(time.Now().Add(time.Second)) {
			t.Errorf("it says that the import took from %v to %v", r.Started, r.Finished)
		}
		remarks := map[string]map[string]int{}
		for _, table := range r.Tables {
			remarks[table.Table] = table.Remarks
		}
		if diff := cmp.Diff(f.remarks(), remarks); diff != "" {
			t.Errorf("remarks (-want +got):\n%s", diff)
		}
	})
}

// remarks are what is told of rows that are imported, by table.
func (f *facts) remarks() map[string]map[string]int {
	remarks := map[string]map[string]int{}
	for _, table := range importedTables {
		remarks[table] = map[string]int{}
	}
	for kind, number := range f.Expected["main_rbac_roles_members"].ByKind {
		if kind != "other role" && kind != "system administrator" { // these are skipped
			remarks["main_rbac_roles_members"][kind] = number
		}
	}
	remarks["main_oauth2accesstoken"]["expired, with a live refresh token"] = f.Expected["main_oauth2accesstoken"].ImportedThoughExpired
	refresh := f.Expected["oauth2_provider_refreshtoken"]
	remarks["oauth2_provider_refreshtoken"] = map[string]int{"live": refresh.ImportedLive, "revoked": refresh.ImportedRevoked}
	return remarks
}

// TestImportReportInWords: after the lines of the tables come remarks, and progress is told on stderr only.
func TestImportReportInWords(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		remarks, ok := strings.CutPrefix(i.first.stdout, i.lines())
		if !ok {
			t.Fatalf("the report (-want +got):\n%s", cmp.Diff(i.lines(), i.first.stdout))
		}
		wanted := []string{"expired", fmt.Sprint(i.Expected["main_oauth2accesstoken"].ImportedThoughExpired), " ALLOW_OAUTH2_FOR_EXTERNAL_USERS=false\n",
			" OAUTH2_PROVIDER__ACCESS_TOKEN_EXPIRE_SECONDS=31536000000\n", " SESSION_COOKIE_AGE=3600\n", " SESSIONS_PER_USER=-1\n", " AUTH_BASIC_ENABLED=true\n"}
		for _, row := range i.Totals.ThroughTeams.Rows {
			wanted = append(wanted, row.Organization)
		}
		for _, want := range wanted {
			if !strings.Contains(remarks, want) {
				t.Errorf("the remarks do not say %q:\n%s", want, remarks)
			}
		}
		if strings.Contains(remarks, "rotated") || strings.Contains(remarks, "AUTH_LDAP") || strings.Contains(i.first.stdout, "$encrypted$") {
			t.Errorf("the remarks say more than there is to say:\n%s", remarks)
		}
		if i.first.progress == "" {
			t.Error("no progress was told")
		}
	})
}

// TestCase72WrongSecretKey: with the key of another site nothing is written; asked to, the import goes without secrets and names the
// applications whose secrets have to be rotated, and their old ones are refused; one that lay there in plain text goes on.
func TestCase72WrongSecretKey(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		p.mustCommand("migrate")
		before := tablesOf(t, database)
		for name, key := range map[string]string{"another": "not-the-key", "empty": "", "longer": f.SecretKey + "x"} {
			stdout, stderr, code := p.command("import_controller", "--source", c.address, "--secret-key-file", p.file("key", key))
			if code != 1 || stdout != "" || !strings.Contains(strings.ToLower(stderr), "key") || key != "" && strings.Contains(stderr, key) {
				t.Errorf("%s key: exit %d, stdout %q, stderr:\n%s", name, code, stdout, stderr)
			}
		}
		if _, stderr, code := p.command("import_controller", "--source", c.address, "--secret-key-file", filepath.Join(p.folder, "none")); code != 1 || !strings.Contains(stderr, "none") {
			t.Errorf("no such file: exit %d, %s", code, stderr)
		}
		if _, _, code := p.command("import_controller", "--source", c.address); code == 0 {
			t.Error("an import without key succeeds")
		}
		sameTables(t, before, tablesOf(t, database))
		p.checkWithoutSecrets(t, f, c)
	})
}

// checkWithoutSecrets imports without the key and tries the old secrets.
func (p *program) checkWithoutSecrets(t *testing.T, f *facts, c *controller) {
	t.Helper()
	r := readReport(t, p.mustCommand("import_controller", "--source", c.address, "--without-secrets", "--format", "json"))
	if diff := cmp.Diff(f.lines(), r.lines()); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	marked := map[int]bool{}
	for _, id := range r.SecretsToRotate {
		marked[id] = true
	}
	p.serve()
	for _, a := range f.Applications {
		encrypted := a.SecretForm != "plain"
		if marked[a.ID] != (encrypted && a.ClientType == "confidential") {
			t.Errorf("application %d (%s, secret %s) is named as one whose secret has to be rotated: %v", a.ID, a.ClientType, a.SecretForm, marked[a.ID])
		}
		if a.ClientType == "confidential" {
			p.form("/api/o/introspect/", a.ClientID, "", "token", "x").want(t, http.StatusUnauthorized)
			if status := p.form("/api/o/introspect/", a.ClientID, a.ClientSecret, "token", "x").status; (status == http.StatusOK) == encrypted {
				t.Errorf("application %d (secret %s): its old secret answers %d", a.ID, a.SecretForm, status)
			}
		}
	}
}

// TestSecretKeyIsTrimmed: white space at both ends of the key file is no part of the key, as for the controller itself.
func TestSecretKeyIsTrimmed(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		p.mustCommand("migrate")
		out := p.mustCommand("import_controller", "--source", c.address, "--secret-key-file", p.file("key", " \n\t"+f.SecretKey+"\r\n\n"), "--dry-run")
		if !strings.HasPrefix(out, f.lines()) {
			t.Errorf("(-want +got):\n%s", cmp.Diff(f.lines(), out))
		}
	})
}

// TestCase74ImportTwice: a dry run writes nothing and tells what would be; a second run imports nothing and changes nothing.
func TestCase74ImportTwice(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		p.mustCommand("migrate")
		empty, source := tablesOf(t, database), tablesOf(t, c.address)
		if out := p.mustImport(c, "--dry-run"); !strings.HasPrefix(out, f.lines()) {
			t.Errorf("a dry run (-want +got):\n%s", cmp.Diff(f.lines(), out))
		}
		sameTables(t, empty, tablesOf(t, database))
		if r := readReport(t, p.mustImport(c, "--dry-run", "--format", "json")); !r.DryRun || r.lines() != f.lines() {
			t.Errorf("a dry run as JSON: %+v", r)
		}
		sameTables(t, empty, tablesOf(t, database))
		p.mustImport(c)
		once := tablesOf(t, database)
		for _, arguments := range [][]string{{"--dry-run"}, {}, {"--renumber"}} {
			if out := p.mustImport(c, arguments...); !strings.HasPrefix(out, f.linesAgain()) {
				t.Errorf("once more with %q (-want +got):\n%s", arguments, cmp.Diff(f.linesAgain(), out))
			}
			sameTables(t, once, tablesOf(t, database))
		}
		sameTables(t, source, tablesOf(t, c.address))
	})
}

// sameTables compares the rows of all tables.
func sameTables(t *testing.T, before, after map[string]string) {
	t.Helper()
	for table, rows := range after {
		if before[table] != rows {
			t.Errorf("table %s has changed: %d and %d bytes", table, len(before[table]), len(rows))
		}
	}
}

// TestImportCommandRefused: bad arguments and sources that are no controllers are refused in words that keep passwords to themselves.
func TestImportCommandRefused(t *testing.T) {
	t.Parallel()
	empty := storetest.PostgreSQL(t)
	p := newProgram(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	key := p.file("key", "k")
	for name, test := range map[string]struct {
		arguments []string
		code      int
		says      string
	}{
		"no source":            {[]string{"--secret-key-file", key}, 2, "source"},
		"unknown option":       {[]string{"--source", empty, "--secret-key-file", key, "--colour"}, 2, "colour"},
		"unknown format":       {[]string{"--source", empty, "--secret-key-file", key, "--format", "xml"}, 2, "format"},
		"interval of nothing":  {[]string{"--source", empty, "--secret-key-file", key, "--follow", "--interval", "0"}, 2, "interval"},
		"key and no secrets":   {[]string{"--source", empty, "--secret-key-file", key, "--without-secrets"}, 2, "without-secrets"},
		"follow and dry run":   {[]string{"--source", empty, "--secret-key-file", key, "--follow", "--dry-run"}, 2, "dry-run"},
		"follow and finish":    {[]string{"--source", empty, "--secret-key-file", key, "--follow", "--finish"}, 2, "finish"},
		"arguments":            {[]string{"--source", empty, "--secret-key-file", key, "all"}, 2, ""},
		"empty database":       {[]string{"--source", empty, "--secret-key-file", key}, 1, "controller"},
		"nobody there":         {[]string{"--source", "postgres://u:hunter2@127.0.0.1:1/awx?sslmode=disable", "--secret-key-file", key}, 1, "127.0.0.1"},
		"no PostgreSQL":        {[]string{"--source", "sqlite:awx.db", "--secret-key-file", key}, 1, "postgres"},
		"password in nonsense": {[]string{"--source", "postgres://u:hunter2@[::1/awx", "--secret-key-file", key}, 1, "source"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := p.command(append([]string{"import_controller"}, test.arguments...)...)
			if code != test.code || stdout != "" || !strings.Contains(stderr, test.says) {
				t.Errorf("exit %d, want %d saying %q; stdout %q, stderr:\n%s", code, test.code, test.says, stdout, stderr)
			}
			if strings.Contains(stderr, "hunter2") {
				t.Errorf("it tells the password:\n%s", stderr)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(p.folder, "awx.db")); err == nil {
		t.Error("a source was made")
	}
}
