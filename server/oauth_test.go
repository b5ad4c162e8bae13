package server_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/openapi/openapitest"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// The example of RFC 7636, appendix B.
const (
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// bed is what a test of the OAuth endpoints stands on: a server with its cast, and a look past it at the rows.
type bed struct {
	t testing.TB
	*cast
	*server.Server
	db     storetest.DB
	tables *sql.DB
}

// onBed runs a test on a fresh bed on each database.
func onBed(t *testing.T, test func(t *testing.T, b *bed), change ...func(*server.Options)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) { test(t, newBed(t, db, change...)) })
}

func newBed(t testing.TB, db storetest.DB, change ...func(*server.Options)) *bed {
	t.Helper()
	return &bed{t: t, cast: seed(t, db), Server: newServer(t, db, change...), db: db, tables: openTables(t, db)}
}

// another is a server with other options on the same database.
func (b *bed) another(t testing.TB, change ...func(*server.Options)) *bed {
	t.Helper()
	return &bed{t: t, cast: b.cast, Server: newServer(t, b.db, change...), db: b.db, tables: b.tables}
}

// answer is a response of an OAuth endpoint; body is nil where it is no JSON object.
type answer struct {
	*httptest.ResponseRecorder
	text string
	body map[string]any
}

// send posts a body to an endpoint as the request options say, and holds what comes to the description in package openapi.
func (b *bed) send(handler http.Handler, target, body string, options ...func(*http.Request)) answer {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, option := range options {
		option(r)
	}
	w := httptest.NewRecorder()
	openapitest.Handler(b.t, handler).ServeHTTP(w, r)
	a := answer{ResponseRecorder: w, text: w.Body.String()}
	_ = json.Unmarshal([]byte(a.text), &a.body) // what is no object is seen as such by the checks
	return a
}

// token posts to the token endpoint of the gateway's root.
func (b *bed) token(values url.Values, options ...func(*http.Request)) answer {
	return b.send(b.ServeToken(models.FaceGatewayOAuth), "/o/token/", values.Encode(), options...)
}

// controllerToken posts to the token endpoint of the controller's root.
func (b *bed) controllerToken(values url.Values, options ...func(*http.Request)) answer {
	return b.send(b.ServeToken(models.FaceControllerOAuth), "/api/o/token/", values.Encode(), options...)
}

func (b *bed) revoke(values url.Values, options ...func(*http.Request)) answer {
	return b.send(b.ServeRevocation(), "/o/revoke_token/", values.Encode(), options...)
}

func (b *bed) introspect(values url.Values, options ...func(*http.Request)) answer {
	return b.send(b.ServeIntrospection(), "/o/introspect/", values.Encode(), options...)
}

// form makes parameters of names and values in turn.
func form(pairs ...string) url.Values {
	values := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		values.Add(pairs[n], pairs[n+1])
	}
	return values
}

// with gives the parameters with others set, or left out where the value is empty.
func with(values url.Values, pairs ...string) url.Values {
	changed := url.Values{}
	for name, each := range values {
		changed[name] = each
	}
	for n := 0; n < len(pairs); n += 2 {
		changed.Del(pairs[n])
		if pairs[n+1] != "" {
			changed.Set(pairs[n], pairs[n+1])
		}
	}
	return changed
}

// by authenticates as the client: in the header where it has a secret, else by its id in the body.
func by(c client) func(*http.Request) {
	if c.Secret == "" {
		return identified(c.ClientID)
	}
	return header("Basic " + base64.StdEncoding.EncodeToString([]byte(c.ClientID+":"+c.Secret)))
}

// header sends an Authorization header.
func header(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add("Authorization", value) }
}

func bearer(value string) func(*http.Request) { return header("Bearer " + value) }

// identified adds client_id to the body.
func identified(id string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(r.Body, strings.NewReader("&client_id="+url.QueryEscape(id))))
	}
}

// refused checks a whole error answer (RFC 6749 §5.2).
func (a answer) refused(t testing.TB, status int, code server.ErrorCode, description string) {
	t.Helper()
	if a.Code != status {
		t.Errorf("status %d, want %d; %s", a.Code, status, a.text)
	}
	want := map[string]any{"error": string(code), "error_description": description}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	a.notKept(t)
}

// notKept checks the headers of every answer in JSON (RFC 6749 §5.1).
func (a answer) notKept(t testing.TB) {
	t.Helper()
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"} {
		if got := a.Header().Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9]{30}$`) // case 1

// pair is what a client holds after a grant.
type pair struct{ access, refresh string }

// succeeded checks a whole success (RFC 6749 §5.1) and gives what was issued.
func (a answer) succeeded(t testing.TB, scope string, refreshed bool) pair {
	t.Helper()
	if a.Code != http.StatusOK {
		t.Fatalf("status %d, want 200; %s", a.Code, a.text)
	}
	a.notKept(t)
	var got pair
	got.access, _ = a.body["access_token"].(string)
	got.refresh, _ = a.body["refresh_token"].(string)
	want := map[string]any{"access_token": got.access, "token_type": "Bearer", "expires_in": 31_536_000.0, "scope": scope}
	secrets := []string{got.access}
	if refreshed {
		want["refresh_token"] = got.refresh
		secrets = append(secrets, got.refresh)
	}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("success (-want +got):\n%s", diff)
	}
	for _, secret := range secrets {
		if !tokenPattern.MatchString(secret) {
			t.Errorf("issued %q, want 30 letters and digits", secret)
		}
	}
	return got
}

// accepts reports whether the value is a live bearer token at the face.
func (b *bed) accepts(t testing.TB, face models.Face, value string) bool {
	t.Helper()
	_, err := b.AuthenticateBearer(t.Context(), face, models.SecretOf(value), "192.0.2.1")
	if err != nil && !errors.Is(err, server.ErrInvalidToken) {
		t.Fatalf("authenticate bearer: %v", err)
	}
	return err == nil
}

// change stores what a test needs to be otherwise.
func (b *bed) change(t testing.TB, change func(tx *store.Tx) error) {
	t.Helper()
	check(t, b.db.Write(t.Context(), change))
}

// legacyTexts switches the originals' plain texts on.
func legacyTexts(o *server.Options) { o.LegacyRefreshExpired = true }

// legacy checks an answer in the originals' form: 403 and a plain text (contract §3).
func (a answer) legacy(t testing.TB, text string) {
	t.Helper()
	if a.Code != http.StatusForbidden || a.text != text {
		t.Errorf("%d %q, want 403 %q", a.Code, a.text, text)
	}
	for name, want := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"} {
		if got := a.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
