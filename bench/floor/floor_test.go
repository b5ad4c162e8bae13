package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/web/webtest"
)

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
