package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// TestImportBesideTheAdministrator: who made the first administrator here with the name and id that the controller's has is the same person: the
// account stays as it is here, its tokens come along.
func TestImportBesideTheAdministrator(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "me@example.org")
		expected := *f
		expected.Expected = maps.Clone(f.Expected)
		expected.Expected["auth_user"] = tableFacts{Read: 400, Imported: 399, Skipped: map[string]int{"exists here": 1}}
		if out := p.mustImport(c); !strings.HasPrefix(out, expected.lines()) {
			t.Errorf("(-want +got):\n%s", cmp.Diff(expected.lines(), out))
		}
		p.serve()
		me := p.api(http.MethodGet, "/api/v2/me/", f.accessToken(t, 4).Token, nil).want(t, http.StatusOK)
		if !strings.Contains(me.text, `"admin"`) || !strings.Contains(me.text, "me@example.org") {
			t.Errorf("the administrator's token is %s", me.text)
		}
		for password, status := range map[string]int{adminPassword: http.StatusOK, *f.user(t, "admin").Password: http.StatusUnauthorized} {
			if got := p.basic("/api/v2/me/", "admin", password); got != status {
				t.Errorf("signing in with the password %.7s…: %d, want %d", password, got, status)
			}
		}
	})
}

// crowded is the program with rows whose ids and names the controller has given to others.
type crowded struct {
	*program
	root string // a token
}

// crowd makes them: users root (1) and mira.tellwood (2), organizations Elsewhere (1), Network Operations (2), Default (3), applications Mine (1) and
// Ticket Portal (2, in Network Operations), tokens 1 to 3, refresh token 1.
func crowd(t *testing.T, database string) *crowded {
	t.Helper()
	p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
	p.mustCommand("createsuperuser", "--noinput", "--username", "root", "--email", "root@example.org")
	p.serve()
	c := &crowded{p, p.newToken("root")}
	make := func(path string, body map[string]any) {
		c.api(http.MethodPost, "/api/gateway/v1/"+path, c.root, body).want(t, http.StatusCreated)
	}
	make("users/", map[string]any{"username": "mira.tellwood", "password": alicePassword})
	for _, name := range []string{"Elsewhere", "Network Operations", "Default"} {
		make("organizations/", map[string]any{"name": name})
	}
	for organization, name := range map[int]string{1: "Mine", 2: "Ticket Portal"} {
		make("applications/", map[string]any{"name": name, "organization": organization, "client_type": "confidential", "authorization_grant_type": "password"})
	}
	make("tokens/", map[string]any{"description": "of nobody's concern"})
	make("tokens/", map[string]any{"application": 1})
	return c
}

// TestImportConflicts: where ids or names are taken by others nothing is imported, and each is named.
func TestImportConflicts(t *testing.T) {
	t.Parallel()
	c := newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := crowd(t, database)
		before := tablesOf(t, database)
		stdout, stderr, code := p.importFrom(c, "--format", "json")
		if code != 1 || !strings.Contains(stderr, "nothing was imported") {
			t.Errorf("exit %d, stderr:\n%s", code, stderr)
		}
		r := readReport(t, stdout)
		var got []string
		for _, conflict := range r.Conflicts {
			if conflict.Problem == "" {
				t.Errorf("conflict without a word: %+v", conflict)
			}
			got = append(got, fmt.Sprintf("%s %d %s", conflict.Table, conflict.ID, conflict.Name))
		}
		applicationIDs := []string{"main_oauth2application 1 Terraform Runner", "main_oauth2application 2 Ticket Portal", "main_oauth2application 9 Ticket Portal"}
		want := append([]string{"auth_user 1 admin", "auth_user 2 svc-backup", "auth_user 3 mira.tellwood", "main_organization 1 Platform Engineering",
			"main_organization 3 Database Services", "main_organization 12 Default"}, applicationIDs...)
		want = append(want, "main_oauth2accesstoken 1 ", "main_oauth2accesstoken 2 ", "main_oauth2accesstoken 3 ", "oauth2_provider_refreshtoken 1 ")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("conflicts (-want +got):\n%s", diff)
		}
		stdout, stderr, code = p.importFrom(c)
		if !strings.Contains(stderr, "--renumber") || strings.Contains(stdout, `""`) {
			t.Errorf("no hint, or a name that is none:\n%s%s", stdout, stderr)
		}
		for _, words := range []string{"svc-backup", "Terraform Runner", "Default", "taken"} {
			if code != 1 || !strings.Contains(stdout, words) {
				t.Errorf("exit %d, the report in words does not say %q:\n%s", code, words, stdout)
			}
		}
		if _, _, code = p.importFrom(c, "--dry-run"); code != 1 {
			t.Errorf("a dry run: exit %d", code)
		}
		sameTables(t, before, tablesOf(t, database))
	})
}

// TestImportRenumbers: asked to, the import gives other ids to what has no place, and tells which; what is here stays, people and organizations of
// the same name are taken for the same, and all relations follow.
func TestImportRenumbers(t *testing.T) {
	t.Parallel()
	f, c := mustFacts(t), newController(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := crowd(t, database)
		stays := p.rowsHere()
		dry := readReport(t, p.mustImport(c, "--renumber", "--dry-run", "--format", "json"))
		if diff := cmp.Diff(stays, p.rowsHere()); diff != "" {
			t.Errorf("a dry run changes (-want +got):\n%s", diff)
		}
		r := readReport(t, p.mustImport(c, "--renumber", "--format", "json"))
		if diff := cmp.Diff(dry.Renumbered, r.Renumbered); diff != "" {
			t.Errorf("what a dry run says of ids differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(stays, p.rowsHere()); diff != "" {
			t.Errorf("what was here has changed (-want +got):\n%s", diff)
		}
		ids := map[string]int{}
		for _, row := range r.Renumbered {
			ids[fmt.Sprintf("%s %d", row.Table, row.From)] = row.To
		}
		want := []string{"auth_user 1", "auth_user 2", "auth_user 3", "main_oauth2accesstoken 1", "main_oauth2accesstoken 2", "main_oauth2accesstoken 3",
			"main_oauth2application 1", "main_oauth2application 2", "main_oauth2application 9", "main_organization 1", "main_organization 12",
			"main_organization 3", "oauth2_provider_refreshtoken 1"}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(ids))); diff != "" {
			t.Errorf("renumbered (-want +got):\n%s", diff)
		}
		p.isRenumbered(t, f, ids)
		again, _, code := p.importFrom(c)
		if code != 0 || strings.Contains(again, "imported 1") || !strings.Contains(again, "auth_user: read 400, imported 0, skipped 400 (already imported 400)") {
			t.Errorf("once more: exit %d, %s", code, again)
		}
	})
}

// rowsHere are the rows that were made before the import.
func (c *crowded) rowsHere() map[string]string {
	c.t.Helper()
	db, rows := c.target(), map[string]string{}
	for table, query := range map[string]string{
		"users":          "SELECT id, username, password, is_superuser FROM users WHERE username IN ('root', 'mira.tellwood')",
		"organizations":  "SELECT id, name, description, created FROM organizations WHERE name IN ('Elsewhere', 'Network Operations', 'Default')",
		"applications":   "SELECT id, name, client_id, organization_id FROM applications WHERE platform = 'gateway'",
		"client_secrets": "SELECT s.id, hex(s.digest) FROM client_secrets s JOIN applications a ON a.id = application_id WHERE platform = 'gateway'",
		"access_tokens":  "SELECT id, hex(digest), user_id, application_id FROM access_tokens WHERE platform = 'gateway'",
		"refresh_tokens": "SELECT id, hex(digest), access_token_id, revoked FROM refresh_tokens WHERE platform = 'gateway'",
	} {
		if !strings.HasPrefix(c.database(), "sqlite:") {
			query = strings.NewReplacer("hex(s.digest)", "encode(s.digest, 'hex')", "hex(digest)", "encode(digest, 'hex')").Replace(query)
		}
		if rows[table] = rowsOf(c.t, db, query+" ORDER BY 1"); rows[table] == "" {
			c.t.Errorf("nothing is in %s", table)
		}
	}
	return rows
}

// isRenumbered looks at what hangs on renumbered rows.
func (c *crowded) isRenumbered(t *testing.T, f *facts, ids map[string]int) {
	t.Helper()
	for id, user := range map[int]int{1: ids["auth_user 3"], 3: ids["auth_user 2"], 4: ids["auth_user 1"]} {
		token := f.accessToken(t, id)
		me := c.api(http.MethodGet, "/api/v2/me/", token.Token, nil).want(t, http.StatusOK)
		if person := me.json["results"].([]any)[0].(map[string]any); person["username"] != *token.User || int(person["id"].(float64)) != user {
			t.Errorf("token %d is of %v, want %s with the id %d", id, person, *token.User, user)
		}
	}
	if ids["auth_user 3"] != 2 || ids["main_organization 12"] != 3 {
		t.Errorf("the same name is another: %v", ids)
	}
	runner, portal := f.application(t, 1), f.application(t, 9)
	at := c.api(http.MethodGet, fmt.Sprintf("/api/v2/applications/%d/", ids["main_oauth2application 1"]), c.root, nil).want(t, http.StatusOK)
	if at.string("client_id") != runner.ClientID || int(at.json["organization"].(float64)) != ids["main_organization 1"] {
		t.Errorf("application 1 is %s", at.text)
	}
	at = c.api(http.MethodGet, fmt.Sprintf("/api/v2/applications/%d/", ids["main_oauth2application 9"]), c.root, nil).want(t, http.StatusOK)
	if at.string("client_id") != portal.ClientID || at.string("name") == portal.Name || at.json["organization"] != 2.0 {
		t.Errorf("application 9 is %s", at.text)
	}
	refresh := f.refreshToken(t, 1)
	pair := c.form("/api/o/token/", runner.ClientID, runner.ClientSecret, "grant_type", "refresh_token", "refresh_token", refresh.Token).want(t, http.StatusOK)
	if me := c.api(http.MethodGet, "/api/v2/me/", pair.string("access_token"), nil).want(t, http.StatusOK); !strings.Contains(me.text, `"mira.tellwood"`) {
		t.Errorf("refreshed for another: %s", me.text)
	}
	c.api(http.MethodGet, "/api/gateway/v1/me/", c.root, nil).want(t, http.StatusOK)
	if status := c.basic("/api/v2/me/", "mira.tellwood", *f.user(t, "mira.tellwood").Password); status != http.StatusUnauthorized {
		t.Errorf("who was here has the password of there: %d", status)
	}
}
