package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// slowly tells what a handler does with the answer that it is writing.
type slowly struct {
	http.ResponseWriter
	wrote func()
}

func (w slowly) Write(text []byte) (int, error) {
	w.wrote()
	return w.ResponseWriter.Write(text)
}

// manyTokens makes more tokens than an export reads at once.
func manyTokens(t *testing.T, s *webtest.Site) {
	t.Helper()
	change(t, s, func(tx *store.Tx) error {
		for range 1200 {
			alice := s.ID("alice")
			err := tx.CreateAccessToken(&models.AccessToken{Digest: models.NewSecret(30).Digest(), Hint: "hint", UserID: &alice, Scope: models.ScopeRead, Platform: models.Gateway,
				Description: strings.Repeat("long ", 20), Expires: tx.Now(), Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TestExportCutShort: what fails half-way, or because the person has gone, ends the connection, in old HTTP too: nobody takes a part for the whole.
func TestExportCutShort(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
		for _, format := range []string{"csv", "json"} {
			t.Run(protocol+" "+format, func(t *testing.T) {
				webtest.Each(t, func(t *testing.T, s *webtest.Site) {
					manyTokens(t, s)
					b, handler, lost, ended := as(t, s, "admin"), s.Direct, false, make(chan bool)
					running := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						defer close(ended)
						r.Proto, r.ProtoMinor = protocol, int(protocol[len(protocol)-1]-'0')
						handler.ServeHTTP(struct {
							slowly
							http.Hijacker
						}{slowly{w, func() {
							if !lost {
								lost = true
								loseTable(t, s, "access_tokens")
							}
						}}, w.(http.Hijacker)}, r)
					}))
					defer running.Close()
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, running.URL+"/tokens/export."+format, nil)
					if err != nil {
						t.Fatal(err)
					}
					for name, value := range b.cookies {
						r.AddCookie(&http.Cookie{Name: name, Value: value})
					}
					answer, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = answer.Body.Close() }()
					text, err := io.ReadAll(answer.Body)
					if err == nil || answer.StatusCode != 200 {
						t.Errorf("status %d: a part came as a whole, of %d bytes", answer.StatusCode, len(text))
					}
					<-ended
					if log := s.Log.String(); !strings.Contains(log, "an export was cut short") || !strings.Contains(log, `"path":"/tokens/export.`+format+`","status":200`) {
						t.Errorf("the log says nothing of it: %s", log)
					}
				})
			})
		}
	}
}

// TestExportStops: somebody who has gone is not exported for any longer.
func TestExportStops(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		manyTokens(t, s)
		b := as(t, s, "admin")
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/tokens/export.csv", nil)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		recorder := httptest.NewRecorder()
		defer func() {
			if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("the export went on: %d bytes", recorder.Body.Len())
			}
			if lines := strings.Count(recorder.Body.String(), "\n"); lines > 700 {
				t.Errorf("%d lines", lines)
			}
		}()
		s.Direct.ServeHTTP(slowly{recorder, cancel}, r)
	})
}

// TestExportFailsAsAPage: what fails before the first row is a page with its status.
func TestExportFailsAsAPage(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		b.get("/tokens/export.csv?search=a%00").is(http.StatusBadRequest).says("h1", "makes no sense")
		b.get("/users/export.json?organization=999999").is(http.StatusNotFound)
		as(t, s, "alice").get("/users/export.json?organization=" + itoa(s.Organization.ID)).is(http.StatusForbidden)
		b.get("/tokens/export.xlsx").is(http.StatusNotFound)
		var busy func(int)
		busy = func(turns int) {
			if turns == 0 {
				a := b.get("/users/export.csv").is(http.StatusServiceUnavailable).says("main", "exported already")
				if a.header.Get("Content-Disposition") != "" || a.header.Get("Retry-After") == "" {
					t.Errorf("the headers are %v", a.header)
				}
				return
			}
			err := s.DB.Read(t.Context()).WalkUsers(0, store.Query{Order: []store.Order{{Field: "id"}}}, models.Visibility{UserID: s.ID("alice")}, func([]models.User) error {
				busy(turns - 1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		busy(map[string]int{store.SQLite: 2, store.PostgreSQL: 8}[s.DB.Dialect()])
		b.get("/users/export.csv").is(200)
		loseTable(t, s, "organizations")
		b.get("/organizations/export.csv").is(http.StatusInternalServerError).says("h1", "Something went wrong")
	})
}
