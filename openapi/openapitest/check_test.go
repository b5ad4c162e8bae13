package openapitest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const (
	aToken = `{"id":1,"type":"o_auth2_access_token","url":"/api/v2/tokens/1/","related":{"user":"/api/v2/users/1/","activity_stream":"/api/v2/tokens/1/activity_stream/"},` +
		`"summary_fields":{"user":{"id":1,"username":"a","first_name":"","last_name":""}},"created":"2026-03-18T14:05:09.120000Z",` +
		`"modified":"2026-03-18T14:05:09.120000Z","description":"","user":1,"token":"************","refresh_token":null,"application":null,` +
		`"expires":"2026-03-18T14:05:09.120000Z","scope":"read","last_used":null,"platform":"controller"}`
	aList = `{"count":1,"next":null,"previous":null,"results":[` + aToken + `]}`
)

// TestCheck: what differs from the description in any way is found, and what does not is let pass.
func TestCheck(t *testing.T) {
	t.Parallel()
	without := func(text, part string) string {
		if !strings.Contains(text, part) {
			t.Fatalf("%q is not in %s", part, text)
		}
		return strings.Replace(text, part, "", 1)
	}
	const tokens, form = "/api/v2/tokens/", "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name, method, path, sent string
		media                    string // of what was sent; "": JSON
		status                   int
		body                     string
		answered                 string // of the answer; "": JSON, "-": none
		drop                     string // a header that is missing
		fault                    string // "": none
	}{
		{name: "a token", method: "GET", path: tokens + "1/", status: 200, body: aToken},
		{name: "without a slash", method: "GET", path: tokens + "1", status: 200, body: aToken},
		{name: "a list", method: "GET", path: tokens, status: 200, body: aList},
		{name: "a list without its count", method: "GET", path: tokens, status: 200, body: `{"results":[]}`},
		{name: "half a count", method: "GET", path: tokens, status: 200, body: `{"count":1,"results":[]}`, fault: "next"},
		{name: "a made one", method: "POST", path: tokens, sent: `{"scope":"read","unknown":1}`, status: 201, body: aToken},
		{name: "HEAD", method: "HEAD", path: tokens, status: 200, body: ""},
		{name: "a member more", method: "GET", path: tokens + "1/", status: 200, body: strings.Replace(aToken, "{", `{"more":1,`, 1), fault: "more"},
		{name: "a member more in a list", method: "GET", path: tokens, status: 200, body: strings.Replace(aList, `{"id"`, `{"more":1,"id"`, 1), fault: "more"},
		{name: "a member more further inside", method: "GET", path: tokens, status: 200, body: strings.Replace(aList, `{"user":"/`, `{"more":1,"user":"/`, 1), fault: "more"},
		{name: "a member less", method: "GET", path: tokens + "1/", status: 200, body: without(aToken, `"scope":"read",`), fault: "scope"},
		{name: "a member less further inside", method: "GET", path: tokens + "1/", status: 200, body: without(aToken, `,"last_name":""`), fault: "last_name"},
		{name: "another type", method: "GET", path: tokens + "1/", status: 200, body: strings.Replace(aToken, `"user":1`, `"user":"1"`, 1), fault: "/user"},
		{name: "another word", method: "GET", path: tokens + "1/", status: 200, body: strings.Replace(aToken, `"read"`, `"all"`, 1), fault: "/scope"},
		{name: "no time", method: "GET", path: tokens + "1/", status: 200, body: strings.Replace(aToken, "2026-03-18T14", "18 March", 1), fault: "date-time"},
		{name: "no JSON", method: "GET", path: tokens + "1/", status: 200, body: "{", fault: "EOF"},
		{name: "a page", method: "GET", path: tokens + "1/", status: 200, body: "<p>", answered: "text/html", fault: `type "text/html"`},
		{name: "another status", method: "GET", path: tokens + "1/", status: 418, body: `{"detail":"x"}`, fault: "status"},
		{name: "an error with more", method: "GET", path: tokens + "1/", status: 404, body: `{"detail":"x","more":1}`, fault: "more"},
		{name: "a deletion", method: "DELETE", path: tokens + "1/", status: 204, answered: "-"},
		{name: "a deletion with a body", method: "DELETE", path: tokens + "1/", status: 204, body: "x", fault: "body"},
		{name: "no Location", method: "POST", path: tokens, status: 201, body: aToken, drop: "Location", fault: "Location"},
		{name: "no challenge", method: "GET", path: tokens, status: 401, body: `{"detail":"x"}`, drop: "WWW-Authenticate", fault: "WWW-Authenticate"},
		{name: "no hint when", method: "GET", path: tokens, status: 503, body: `{"detail":"x"}`, drop: "Retry-After", fault: "Retry-After"},
		{name: "an accepted body of another type", method: "POST", path: tokens, sent: `{"scope":1}`, status: 201, body: aToken, fault: "/scope"},
		{name: "a refused body", method: "POST", path: tokens, sent: `{"scope":1}`, status: 400, body: `{"scope":["x"]}`},
		{name: "an accepted form", method: "POST", path: tokens, sent: "scope=read", media: form, status: 201, body: aToken, fault: "type"},
		{name: "no body", method: "POST", path: "/api/v2/organizations/1/admins/", status: 204, answered: "-", fault: "required"},
		{name: "options", method: "OPTIONS", path: tokens, status: 200, body: `{"name":"x","description":"x","renders":[],"parses":[]}`},
		{name: "options with more", method: "OPTIONS", path: tokens, status: 200, body: `{"name":"x","description":"x","renders":[],"parses":[],"more":1}`, fault: "more"},
		{name: "options of an endpoint", method: "OPTIONS", path: "/o/token/", status: 204, answered: "-"},
		{name: "a refused method", method: "PUT", path: tokens, status: 405, body: `{"detail":"x"}`},
		{name: "a refused method without Allow", method: "PUT", path: tokens, status: 405, body: `{"detail":"x"}`, drop: "Allow", fault: "Allow"},
		{name: "another method", method: "PUT", path: tokens, status: 200, body: `{}`, fault: "method"},
		{name: "another address", method: "GET", path: "/api/v2/secrets/", status: 200, body: `{}`, fault: "address"},
		{name: "a page of the console", method: "GET", path: "/tokens", status: 200, body: "<p>", answered: "text/html"},
		{name: "an error at no address", method: "GET", path: "/api/v2/secrets/", status: 404, body: `{"detail":"x"}`},
		{name: "a grant", method: "POST", path: "/token", sent: "grant_type=client_credentials&resource=https://a&resource=https://b", media: form, status: 200,
			body: `{"access_token":"x","expires_in":1,"token_type":"Bearer","scope":"read"}`},
		{name: "a grant with null", method: "POST", path: "/token", sent: "grant_type=password", media: form, status: 200,
			body: `{"access_token":"x","expires_in":1,"token_type":"Bearer","scope":"read","refresh_token":null}`, fault: "refresh_token"},
		{name: "an unknown grant", method: "POST", path: "/token", sent: "grant_type=x", media: form, status: 200,
			body: `{"access_token":"x","expires_in":1,"token_type":"Bearer","scope":"read"}`, fault: "grant_type"},
		{name: "the status of older clients", method: "POST", path: "/api/o/token/", sent: "grant_type=password", media: form, status: 201, body: `{}`, fault: "status"},
		{name: "an inactive token that tells more", method: "POST", path: "/o/introspect/", sent: "token=x", media: form, status: 200, body: `{"active":false,"scope":"read"}`, fault: "maxProperties"},
		{name: "forward authentication below", method: "PURGE", path: "/auth/verify/a/b/c", status: 200, answered: "-"},
		{name: "forward authentication without the id", method: "GET", path: "/auth/verify", status: 200, answered: "-", drop: "X-Gatehouse-Token-Id", fault: "X-Gatehouse-Token-Id"},
	} {
		e := Exchange{Request: httptest.NewRequest(row.method, row.path, nil), Sent: []byte(row.sent), Status: row.status, Header: everyHeader(), Body: []byte(row.body)}
		e.Request.Header.Set("Content-Type", or(row.media, "application/json"))
		e.Header.Set("Content-Type", or(row.answered, "application/json"))
		if row.answered == "-" {
			e.Header.Del("Content-Type")
		}
		e.Header.Del(row.drop)
		err := Check(e)
		if row.fault == "" && err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)) {
			t.Errorf("%s: %v, want a fault about %s", row.name, err, row.fault)
		}
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func everyHeader() http.Header {
	header := http.Header{}
	for name, value := range map[string]string{"X-API-Product-Name": "x", "X-API-Node": "x", "X-API-Time": "0.001s", "Location": "/x", "WWW-Authenticate": "Bearer",
		"Retry-After": "5", "Allow": "GET", "Cache-Control": "no-store", "X-Gatehouse-Scopes": "read", "X-Gatehouse-Token-Id": "7", "X-Gatehouse-Token-Platform": "gateway"} {
		header.Set(name, value)
	}
	return header
}

// TestHandlerFailsTheTest: whoever stands behind it need not look.
func TestHandlerFailsTheTest(t *testing.T) {
	t.Parallel()
	other := &testing.T{}
	handler := Handler(other, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/healthz/live", nil))
	if !other.Failed() || w.Code != http.StatusTeapot {
		t.Errorf("failed: %v, status %d", other.Failed(), w.Code)
	}
}

// TestOdd: a body that is more lenient than the description is let pass where the test says so, and the answer is checked all the same.
func TestOdd(t *testing.T) {
	t.Parallel()
	e := Exchange{Request: httptest.NewRequest("POST", "/api/v2/tokens/", nil), Sent: []byte(`{"scope":1}`), Status: 201, Header: everyHeader(), Body: []byte(aToken)}
	e.Header.Set("Content-Type", "application/json")
	Odd(e.Request)
	if err := Check(e); err != nil {
		t.Error(err)
	}
	e.Body = []byte("{}")
	if err := Check(e); err == nil {
		t.Error("the answer was not checked")
	}
}

// TestCompare: a route too many and a description too many are both found.
func TestCompare(t *testing.T) {
	t.Parallel()
	unserved, undescribed, err := Compare([]Route{{"GET", "/api/v2/tokens/:id/"}, {"OPTIONS", "/api/v2/tokens/:id/"}, {"PURGE", "/auth/verify/*below"}, {"GET", "/api/v2/secrets/"},
		{"OPTIONS", "/api/v2/secrets/"}, {"POST", "/api/v2/me/"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"GET /api/v2/secrets", "OPTIONS /api/v2/secrets", "POST /api/v2/me"}; !slices.Equal(undescribed, want) {
		t.Errorf("not described: %q, want %q", undescribed, want)
	}
	if !slices.Contains(unserved, "GET /api/v2/tokens") || slices.Contains(unserved, "GET /api/v2/tokens/{id}") {
		t.Errorf("not served: %q", unserved)
	}
}
