package api_test

import (
	"database/sql"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"

	_ "github.com/jackc/pgx/v5/stdlib" // for looking past the store at the rows
)

func TestCase66ApplicationActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
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
		}
	})
}

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

// TestCase67SecretsAreNowhere looks for everything that was shown once in all rows, in the log, and in every other answer.
func TestCase67SecretsAreNowhere(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session := s.SignIn(t, "alice")
		made := s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID}).Want(201)
		app := s.Post(t, "admin", G+"applications/", application(s, nil)).Want(201)
		s.Post(t, "admin", G+"users/", fields{"username": "carol", "password": "Sesame open thyself"}).Want(201)
		secrets := []string{made.String("token"), made.String("refresh_token"), app.String("client_secret"), "Sesame open thyself", session.Cookies[0].Value, webtest.Password}
		answers := ""
		for _, address := range []string{"tokens/", "applications/", "users/", "tokens/?token=" + secrets[0], made.String("url")[len(G):], app.String("url")[len(G):]} {
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
	})
}
