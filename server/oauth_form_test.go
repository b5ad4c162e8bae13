package server_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestTokenRequestForm: what the body of a request may look like (RFC 6749 §3.2, appendix B).
func TestTokenRequestForm(t *testing.T) {
	const typeNeeded = "The Content-Type must be application/x-www-form-urlencoded."
	const noQuery = "Parameters belong into the body of the request, not into the query."
	const bytes = "A parameter holds a NUL or is not valid UTF-8."
	good := passwordGrant().Encode()
	content := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Content-Type"] = strings.Fields(value) }
	}
	exactly := good + "&padding=" + strings.Repeat("x", 65536-len(good)-len("&padding="))
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []struct {
			name        string
			target      string
			body        string
			option      func(*http.Request)
			description string // "" for a success
		}{
			{"form", "/o/token/", good, nil, ""},
			{"form with a charset", "/o/token/", good, content("application/x-www-form-urlencoded;charset=UTF-8"), ""},
			{"media type in another case", "/o/token/", good, content("Application/X-WWW-Form-Urlencoded"), ""},
			{"parameter that nobody knows", "/o/token/", good + "&resourcex=1", nil, ""},
			{"empty value counts as left out", "/o/token/", good + "&scope=", nil, ""},
			{"64 KiB", "/o/token/", exactly, nil, ""},
			{"64 KiB and a byte", "/o/token/", exactly + "x", nil, "The body of the request is longer than 64 KiB."},
			{"no media type", "/o/token/", good, content(""), typeNeeded},
			{"media type that is none", "/o/token/", good, content(";;"), typeNeeded},
			{"JSON", "/o/token/", `{"grant_type":"password"}`, content("application/json"), typeNeeded},
			{"multipart", "/o/token/", good, content("multipart/form-data;boundary=x"), typeNeeded},
			{"parameters in the query", "/o/token/?" + good, "", nil, noQuery},
			{"parameters in both", "/o/token/?scope=read", good, nil, noQuery},
			{"repeated", "/o/token/", good + "&username=bob", nil, "The parameter username is repeated."},
			{"repeated alike", "/o/token/", good + "&grant_type=password", nil, "The parameter grant_type is repeated."},
			{"repeated with empty values", "/o/token/", good + "&scope=&scope=", nil, "The parameter scope is repeated."},
			{"repeated, with a name that does not fit into the answer", "/o/token/", good + "&%22%0A%C3%BC=1&%22%0A%C3%BC=2", nil,
				"The parameter ??? is repeated."},
			{"repeated, with a long name", "/o/token/", good + strings.Repeat("&"+strings.Repeat("n", 200)+"=", 2), nil,
				"The parameter " + strings.Repeat("n", 100) + " is repeated."},
			{"NUL in a value", "/o/token/", good + "&scope=read%00", nil, bytes},
			{"NUL in a name", "/o/token/", good + "&sc%00ope=read", nil, bytes},
			{"invalid UTF-8 in a value", "/o/token/", good + "&scope=%ff", nil, bytes},
			{"invalid UTF-8 in a name", "/o/token/", good + "&%c3%28=1", nil, bytes},
			{"broken escape", "/o/token/", good + "&scope=%zz", nil, "The body of the request is not a form."},
			{"semicolon", "/o/token/", good + ";scope=read", nil, "The body of the request is not a form."},
			{"body that breaks off", "/o/token/", "", func(r *http.Request) { r.Body = io.NopCloser(brokenBody{}) },
				"The body of the request could not be read."},
		} {
			t.Run(c.name, func(t *testing.T) {
				options := []func(*http.Request){by(b.web)}
				if c.option != nil {
					options = append(options, c.option)
				}
				answered := func() answer { return b.send(b.ServeToken(models.FaceGatewayOAuth), c.target, c.body, options...) }
				if c.description == "" {
					answered().succeeded(t, "read write", true)
					return
				}
				b.unchanged(t, func() { answered().refused(t, 400, server.InvalidRequest, c.description) })
			})
		}
	})
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// TestHostileParameters: no value of any parameter of any endpoint makes a server error, another header or a trace in the database.
func TestHostileParameters(t *testing.T) {
	hostile := []string{"\x00", "\xff\xfe", "a\r\nSet-Cookie: owned=1", "%00", "%", "_", "'; DROP TABLE users; --", "\u202e", strings.Repeat("a", 60_000)}
	onBed(t, func(t *testing.T, b *bed) {
		requests := []struct {
			send func(url.Values, ...func(*http.Request)) answer
			form url.Values
		}{
			{b.token, passwordGrant("scope", "read", "grant_type", "password")},
			{b.token, form("grant_type", "authorization_code", "code", "c", "redirect_uri", "https://client.example.org/callback", "code_verifier", codeVerifier)},
			{b.token, refreshGrant("r", "scope", "read")},
			{b.token, poll("d")},
			{b.device, form("scope", "read")},
			{b.revoke, form("token", "t", "token_type_hint", "access_token")},
			{b.introspect, form("token", "t", "token_type_hint", "access_token")},
		}
		b.unchanged(t, func() {
			for _, request := range requests {
				request.form = with(request.form, "client_id", b.web.ClientID, "client_secret", b.web.Secret)
				for name := range request.form {
					for _, value := range hostile {
						a := request.send(with(request.form, name, value))
						wellBehaved(t, name, value, a)
						repeated := with(request.form, name, value)
						repeated.Add(name, value)
						if a := request.send(repeated); a.Code != 400 {
							t.Errorf("repeated %s: status %d, want 400", name, a.Code)
						}
					}
				}
			}
		})
	})
}

// wellBehaved checks what holds for every answer to a request that is not in order.
func wellBehaved(t *testing.T, name, value string, a answer) {
	t.Helper()
	if _, issued := a.body["access_token"]; issued || a.Code >= 500 {
		t.Errorf("%s=%.40q: %d %s", name, value, a.Code, a.text)
	}
	if len(a.Header().Values("Set-Cookie")) > 0 || len(value) > 3 && strings.Contains(a.text, value) {
		t.Errorf("%s=%.40q comes back: %v %s", name, value, a.Header(), a.text)
	}
}
