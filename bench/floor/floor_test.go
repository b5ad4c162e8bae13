package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// TestRowsAreGatehouses: what the floor stores is what Gatehouse stores, but for what is random. The clock stands still, so times are the same.
func TestRowsAreGatehouses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		issued := func(to http.Handler) []string {
			last := w.last(t)
			w.token(t, to, "grant_type", "client_credentials", "scope", "read")
			return w.since(t, last)
		}
		rotated := func(to http.Handler) []string {
			last := w.last(t)
			second := w.token(t, to, "grant_type", "refresh_token", "refresh_token", w.password(t)["refresh_token"].(string))
			w.token(t, to, "grant_type", "refresh_token", "refresh_token", second["refresh_token"].(string))
			return w.since(t, last)
		}
		wantIssued, wantRotated := issued(w.Direct), rotated(w.Direct)
		if len(wantIssued) != 2 || len(wantRotated) != 1+3+5 {
			t.Fatalf("Gatehouse stores\n%s\n%s", strings.Join(wantIssued, "\n"), strings.Join(wantRotated, "\n"))
		}
		for name, floor := range w.floors {
			if diff := cmp.Diff(wantIssued, issued(floor)); diff != "" {
				t.Errorf("%s, client_credentials: -Gatehouse +floor\n%s", name, diff)
			}
			if diff := cmp.Diff(wantRotated, rotated(floor)); diff != "" {
				t.Errorf("%s, refresh_token: -Gatehouse +floor\n%s", name, diff)
			}
		}
	})
}

// TestAnswersAreGatehouses: the floor answers alike, member by member, but for the values of tokens.
func TestAnswersAreGatehouses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		forget := func(body map[string]any) map[string]any {
			for _, member := range []string{"access_token", "refresh_token"} {
				if body[member] != nil {
					body[member] = "value"
				}
			}
			return body
		}
		job := w.token(t, w.Direct, "grant_type", "client_credentials", "scope", "read")["access_token"].(string)
		person, admin := w.password(t), w.token(t, w.Direct, "grant_type", "password", "username", "admin", "password", webtest.Password)["access_token"].(string)
		bearer, last := person["access_token"].(string), w.last(t)["access_tokens"]
		for _, request := range []struct {
			name, path, bearer string
			form               url.Values
		}{
			{"client_credentials", "/o/token/", "", url.Values{"grant_type": {"client_credentials"}, "scope": {"write read"}}},
			{"without a scope", "/o/token/", "", url.Values{"grant_type": {"client_credentials"}}},
			{"introspection of a job's token", "/o/introspect/", "", url.Values{"token": {job}}},
			{"introspection of a person's token", "/o/introspect/", "", url.Values{"token": {bearer}}},
			{"introspection of no token", "/o/introspect/", "", url.Values{"token": {"nothing"}}},
			{"a person's own token", fmt.Sprintf("%stokens/%d/", mount, last-1), bearer, nil},
			{"a job's token, to an administrator", fmt.Sprintf("%stokens/%d/", mount, last-2), admin, nil},
			{"a person's token, to an administrator", fmt.Sprintf("%stokens/%d/", mount, last-1), admin, nil},
		} {
			wantStatus, want := w.send(t, w.Direct, request.path, request.bearer, request.form)
			for name, floor := range w.floors {
				status, body := w.send(t, floor, request.path, request.bearer, request.form)
				if diff := cmp.Diff(forget(want), forget(body)); status != wantStatus || diff != "" {
					t.Errorf("%s, %s: status %d, Gatehouse's %d; -Gatehouse +floor\n%s", request.name, name, status, wantStatus, diff)
				}
			}
		}
		for _, floor := range w.floors {
			for path, want := range map[string]int{fmt.Sprintf("%stokens/%d/", mount, last-2): 404, mount + "tokens/999999/": 404} {
				if status, body := w.send(t, floor, path, bearer, nil); status != want {
					t.Errorf("%s: %d %v, want %d", path, status, body, want)
				}
			}
			if status, body := w.send(t, floor, mount+"tokens/1/", job, nil); status != 404 && status != 401 {
				t.Errorf("nobody's token opens the API: %d %v", status, body)
			}
			w.App.Secret += "x"
			if status, body := w.send(t, floor, "/o/token/", "", url.Values{"grant_type": {"client_credentials"}}); status != 401 {
				t.Errorf("a wrong secret: %d %v", status, body)
			}
			w.App.Secret = strings.TrimSuffix(w.App.Secret, "x")
		}
	})
}

// TestHeldTokens: the floor that holds tokens in memory answers as the one that asks the database.
func TestHeldTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		form := url.Values{"token": {w.password(t)["access_token"].(string)}}
		f, err := open(t.Context(), options{address: w.DB.URL, issuer: "http://localhost:8080", held: true, now: w.DB.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer f.db.close()
		_, want := w.send(t, w.floors["single"], "/o/introspect/", "", form)
		if _, got := w.send(t, f.handler(), "/o/introspect/", "", form); want["active"] != true || !cmp.Equal(want, got) {
			t.Errorf("from memory %v, from the database %v", got, want)
		}
	})
}

// TestManyAtOnce: each answered token is stored once, and of many who present a refresh token one gets another.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const callers = 40
		for name, floor := range w.floors {
			refresh := w.password(t)["refresh_token"].(string)
			last := w.last(t)
			var together sync.WaitGroup
			answers, winners := make([]string, callers), make([]bool, callers)
			for n := range callers {
				together.Go(func() {
					_, body := w.send(t, floor, "/o/token/", "", url.Values{"grant_type": {"client_credentials"}})
					answers[n], _ = body["access_token"].(string)
					status, _ := w.send(t, floor, "/o/token/", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
					winners[n] = status == http.StatusOK
				})
			}
			together.Wait()
			for _, answer := range answers {
				digest, stored := sha256.Sum256([]byte(answer)), 0
				query := "SELECT count(*) FROM access_tokens AS t JOIN activity AS a ON a.object_id = t.id AND a.operation = 'create' AND a.object_type = 'oauth2accesstoken' WHERE t.digest = $1"
				if err := w.db.QueryRowContext(t.Context(), query, digest[:]).Scan(&stored); err != nil || stored != 1 {
					t.Fatalf("%s: %q is stored %d times, %v", name, answer, stored, err)
				}
			}
			if won := len(slices.DeleteFunc(winners, func(won bool) bool { return !won })); won != 1 {
				t.Errorf("%s: %d of %d got a new refresh token", name, won, callers)
			}
			if now := w.last(t); now["access_tokens"] < last["access_tokens"]+callers+1 {
				t.Errorf("%s: %v tokens, before %v", name, now, last)
			}
		}
	})
}
