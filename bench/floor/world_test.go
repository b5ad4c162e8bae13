package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// world is Gatehouse and the floor on one database.
type world struct {
	*webtest.Site
	floors map[string]http.Handler // by how they commit
	db     *sql.DB
}

// each runs test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
			s.App.SetGrantTypes(models.Words{models.GrantClientCredentials})
			return tx.UpdateApplication(s.App.Application)
		})
		if err != nil {
			t.Fatal(err)
		}
		driver, source := "pgx", s.DB.URL
		if path, ok := strings.CutPrefix(s.DB.URL, "sqlite:"); ok {
			driver, source = "sqlite", "file:"+path+"?"+sqliteParameters
		}
		w := &world{Site: s, floors: map[string]http.Handler{}}
		for name, batched := range map[string]bool{"single": false, "batched": true} {
			f, err := open(t.Context(), options{address: s.DB.URL, issuer: "http://localhost:8080", batched: batched, now: s.DB.Clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(f.db.close)
			w.floors[name] = f.handler()
		}
		if w.db, err = sql.Open(driver, source); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.db.Close() })
		test(t, w)
	})
}

// send posts a form as the client, or with "Bearer VALUE" as who gets the path.
func (w *world) send(t *testing.T, to http.Handler, path, bearer string, form url.Values) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(w.App.ClientID, w.App.Secret)
	if bearer != "" {
		r = httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	r.RemoteAddr = webtest.Address + ":40000"
	recorder := httptest.NewRecorder()
	to.ServeHTTP(recorder, r)
	text, _ := io.ReadAll(recorder.Body)
	body := map[string]any{}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%s: %d %s", path, recorder.Code, text)
	}
	return recorder.Code, body
}

func (w *world) token(t *testing.T, to http.Handler, pairs ...string) map[string]any {
	t.Helper()
	form := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		form.Set(pair[0], pair[1])
	}
	status, body := w.send(t, to, "/o/token/", "", form)
	if status != http.StatusOK {
		t.Fatalf("%v: %d %v", pairs, status, body)
	}
	return body
}

func (w *world) password(t *testing.T) map[string]any {
	t.Helper()
	return w.token(t, w.Direct, "grant_type", "password", "username", "alice", "password", webtest.Password)
}

var tables = []string{"access_tokens", "refresh_tokens", "activity"}

// last is the highest id of each table.
func (w *world) last(t *testing.T) map[string]int64 {
	t.Helper()
	last := map[string]int64{}
	for _, table := range tables {
		var id int64
		if err := w.db.QueryRowContext(t.Context(), "SELECT COALESCE(max(id), 0) FROM "+table).Scan(&id); err != nil {
			t.Fatal(err)
		}
		last[table] = id
	}
	return last
}

// references are the columns that hold ids, with the table that these are of.
var references = map[string]string{"object_id": "access_tokens", "access_token_id": "access_tokens", "parent_id": "refresh_tokens"}

// since gives all columns of the rows that came after, with ids counted from there, and without digests and other random texts.
func (w *world) since(t *testing.T, last map[string]int64) []string {
	t.Helper()
	var all []string
	for _, table := range tables {
		rows, err := w.db.QueryContext(t.Context(), "SELECT * FROM "+table+" WHERE id > $1 ORDER BY id", last[table])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		columns, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for n := range values {
				into[n] = &values[n]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			all = append(all, plain(table, columns, values, last))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func plain(table string, columns []string, values []any, last map[string]int64) string {
	text := table
	for n, column := range columns {
		value := values[n]
		if moment, ok := value.(time.Time); ok {
			value = moment.UTC().Format(time.RFC3339Nano)
		}
		switch id, isID := value.(int64); {
		case column == "id":
			value = id - last[table]
		case isID && references[column] != "":
			value = id - last[references[column]]
		case column == "digest" || column == "hint" || column == "family_id":
			value = value != nil && value != ""
		}
		text += fmt.Sprintf(" %s=%v", column, value)
	}
	return text
}
