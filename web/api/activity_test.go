package api_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"

	_ "github.com/jackc/pgx/v5/stdlib" // for looking past the store at the rows
)

func TestCase66ApplicationActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C, short} {
			a := s.Post(t, "admin", mount+"applications/", application(s, nil)).Want(201)
			newest := entries(t, s)[0]
			if newest.Operation != models.OperationCreate || newest.ObjectType != models.ObjectApplication || newest.ObjectID != a.Int("id") ||
				newest.ActorName != "admin" || newest.Origin != "api" || newest.Address != webtest.Address {
				t.Errorf("the newest entry is %+v", newest)
			}
			for key, value := range newest.Changes.Added {
				if value != nil && strings.Contains(*value, a.String("client_secret")) {
					t.Errorf("%s holds the secret", key)
				}
			}
			shown := s.Get(t, "admin", newestAt(mount)).Want(200).Equal("results.0.operation", "create")
			one := s.Get(t, "admin", shown.String("results.0.url")).Want(200)
			if mount == G {
				one.Equal("content_type_model", "oauth2application").Equal("object_id", fmt.Sprint(a.Int("id"))).Equal("changes.added_fields.client_secret", "$encrypted$")
			} else {
				one.Equal("object1", "o_auth2_application").Equal("changes.id", a.Int("id")).Equal("changes.client_id", a.String("client_id"))
			}
			if changes, _ := one.At("changes").(map[string]any); mount != G && (changes["client_secret"] != nil || changes["name"] == nil) {
				t.Errorf("changes at the controller: %v", changes)
			}
			for who, may := range map[string]bool{"admin": true, "aud": true, "oa": true, "bob": false, "alice": false, "pa": false, "om": mount != G} {
				status, listed := 404, 0
				if may {
					status, listed = 200, 1
				}
				s.Get(t, who, one.String("url")).Want(status)
				s.Get(t, who, mount+stream(mount)+"?operation=create&changes__added_fields__name="+url.QueryEscape(a.String("name"))).Want(200).Equal("count", listed)
			}
			s.Get(t, "oa", a.String("related.activity_stream")).Want(200).Equal("count", 1).Equal("results.0.id", one.Int("id"))
			s.Get(t, "", one.String("url")).Want(401)
		}
	})
}

// stream is the resource of the activity stream at a mount.
func stream(mount string) string {
	if mount == G {
		return "activitystream/"
	}
	return "activity_stream/"
}

// newestAt is the stream of a mount, newest first.
func newestAt(mount string) string { return mount + stream(mount) + "?order_by=-id" }

func TestCase67TokenActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID, "description": "d"}).Want(201)
		s.Delete(t, "om", a.String("url")).Want(204)
		all := entries(t, s)
		for n, operation := range []models.Operation{models.OperationDelete, models.OperationCreate} {
			if all[n].Operation != operation || all[n].ObjectType != models.ObjectAccessToken || all[n].ObjectID != a.Int("id") || all[n].ActorName != "om" {
				t.Errorf("entry %d is %+v", n, all[n])
			}
		}
	})
}

// TestCase67TokenActivityShown: the entries of a token that is gone, as both platforms show them to who owned it.
func TestCase67TokenActivityShown(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID, "description": "d"}).Want(201)
		link := a.String("related.activity_stream")
		s.Delete(t, "om", a.String("url")).Want(204)
		gone := s.Get(t, "om", link).Want(200).Equal("count", 2).Equal("results.0.operation", "delete").Equal("results.1.operation", "create")
		gone.Equal("results.0.content_type_model", "oauth2accesstoken").Equal("results.0.object_id", fmt.Sprint(a.Int("id"))).
			Equal("results.0.changes.removed_fields.token", "$encrypted$").Equal("results.1.changes.added_fields.token", "$encrypted$").
			Equal("results.1.changes.added_fields.user", s.ID("om")).Equal("results.1.changes.added_fields.application", s.App.ID).
			Equal("results.1.related.content_object", nil).Equal("results.1.created_by", s.ID("om"))
		s.Get(t, "bob", link).Want(200).Equal("count", 0)
		for _, mount := range []string{C, short} {
			b := s.Post(t, "om", mount+"tokens/", fields{"application": s.Job.ID, "description": "d"}).Want(201)
			list := b.String("related.activity_stream")
			if want := path(mount, "tokens", b.Int("id"), "activity_stream"); list != want {
				t.Errorf("the entries are at %q, want %q", list, want)
			}
			s.Get(t, "om", list).Want(200).Equal("count", 1).Equal("results.0.object1", "o_auth2_access_token").Equal("results.0.changes.token", "************").
				Equal("results.0.changes.id", b.Int("id")).Equal("results.0.changes.user", s.ID("om")).Equal("results.0.summary_fields.o_auth2_access_token.0.scope", "write").
				Equal("results.0.related.o_auth2_access_token.0", b.String("url")).Equal("results.0.related.actor", path(mount, "users", s.ID("om")))
			s.Delete(t, "om", b.String("url")).Want(204)
			s.Get(t, "om", list).Want(404)
			gone := s.Get(t, "om", fmt.Sprintf("%sactivity_stream/?o_auth2_access_token__id=%d", mount, b.Int("id"))).Want(200).Equal("count", 2)
			gone.Equal("results.0.operation", "create").Equal("results.1.operation", "delete").Equal("results.1.changes.token", "************").
				Equal("results.1.changes.description", "d").Equal("results.1.summary_fields.o_auth2_access_token", nil)
		}
	})
}

// TestCase67SecretsAreNowhere looks for everything that was shown once in all rows, in the log, and in every other answer.
func TestCase67SecretsAreNowhere(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session := s.SignIn(t, "alice")
		made := s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID}).Want(201)
		app := s.Post(t, "admin", G+"applications/", application(s, nil)).Want(201)
		s.Post(t, "admin", G+"users/", fields{"username": "carol", "password": "Sesame open thyself"}).Want(201)
		secrets := []string{made.String("token"), made.String("refresh_token"), app.String("client_secret"), "Sesame open thyself", session.Cookies[0].Value, webtest.Password}
		answers := ""
		for _, address := range []string{"tokens/", "applications/", "users/", "tokens/?token=" + secrets[0], "activitystream/?page_size=200", "activity_stream/?page_size=200", made.String("url")[len(G):], app.String("url")[len(G):]} {
			answers += s.Get(t, "admin", G+address).Text + s.Get(t, "admin", C+address).Text
		}
		s.Get(t, "", G+"me/?token="+secrets[0], webtest.Bearer(secrets[0]))
		s.Get(t, "", G+"me/", session.Reads)
		rows := dump(t, s)
		for n, secret := range secrets {
			for where, text := range map[string]string{"an answer": answers, "the log": s.Log.String(), "a row": rows} {
				if secret == "" || strings.Contains(text, secret) {
					t.Errorf("secret %d is in %s", n, where)
				}
			}
		}
		if !strings.Contains(rows, "carol") || !strings.Contains(s.Log.String(), "/api/gateway/v1/me/") {
			t.Error("nothing was looked at")
		}
	})
}

// dump is every row of every table as text.
func dump(t *testing.T, s *webtest.Site) string {
	t.Helper()
	driver, source, tables := "pgx", s.DB.URL, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	if path, lite := strings.CutPrefix(s.DB.URL, "sqlite:"); lite {
		driver, source, tables = "sqlite", path, "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var text strings.Builder
	for _, table := range column(t, db, tables) {
		dumpTable(t, db, table, &text)
	}
	return text.String()
}

func dumpTable(t *testing.T, db *sql.DB, table string, to *strings.Builder) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, targets := make([]sql.NullString, len(names)), make([]any, len(names))
		for n := range cells {
			targets[n] = &cells[n]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells {
			to.WriteString(cell.String + "\n")
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var each string
		if err := rows.Scan(&each); err != nil {
			t.Fatal(err)
		}
		all = append(all, each)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCase68NothingChangedNoEntry(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "alice", G, fields{"description": "d"})
		before := len(entries(t, s))
		s.Patch(t, "alice", path(G, "tokens", id), fields{"description": "d", "scope": "write"}).Want(200)
		s.Patch(t, "alice", path(G, "tokens", id), fields{}).Want(200)
		s.Patch(t, "oa", path(G, "applications", s.App.ID), fields{"name": s.App.Name}).Want(200)
		s.Patch(t, "alice", path(G, "users", s.ID("alice")), fields{"first_name": "Alice"}).Want(200)
		s.Patch(t, "oa", path(G, "organizations", s.Organization.ID), fields{"name": "O"}).Want(200)
		if after := len(entries(t, s)); after != before {
			t.Errorf("%d new entries", after-before)
		}
		s.Patch(t, "alice", path(G, "tokens", id), fields{"description": "e"}).Want(200)
		if after := len(entries(t, s)); after != before+1 {
			t.Errorf("%d new entries, want 1", after-before)
		}
		s.Get(t, "alice", G+"activitystream/").Want(200).Equal("results.0.changes.changed_fields.description.1", "e").Equal("results.0.changes.changed_fields.scope", nil)
		if got := s.Get(t, "alice", G+"activitystream/?operation=update").Want(200).Int("count"); got != 1 {
			t.Errorf("%d updates are shown", got)
		}
	})
}
