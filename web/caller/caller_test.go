package caller_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/caller"
	"gatehouse/web/webtest"
)

func callers(t *testing.T, s *webtest.Site) *caller.Callers {
	t.Helper()
	c, err := caller.New(caller.Options{Server: s.Server, BasicEnabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func request(options ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest("POST", "/", nil)
	for _, option := range options {
		option(r)
	}
	return r
}

func TestNewNeedsAServer(t *testing.T) {
	t.Parallel()
	if _, err := caller.New(caller.Options{}); err == nil {
		t.Error("callers without a server")
	}
}

func TestArrive(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		c := callers(t, s)
		for face, origin := range map[models.Face]string{models.FaceGateway: "api", models.FaceController: "api", models.FaceConsole: "console",
			models.FaceGatewayOAuth: "oauth", models.FaceControllerOAuth: "oauth"} {
			for from, address := range map[string]string{"192.0.2.7:1": "192.0.2.7", "[2001:db8::1]:1": "2001:db8::1", "[fe80::1%eth0]:1": "fe80::1", "@": "@"} {
				r := request()
				r.RemoteAddr = from
				actor := server.ActorFrom(c.Arrive(r, face).Context())
				if actor.Origin != origin || actor.Address != address || actor.User != nil {
					t.Errorf("%s from %s: %+v", face, from, actor)
				}
			}
		}
	})
}

// TestTheConsoleKnowsSessionsOnly: a page is never opened by a token or a password in a header.
func TestTheConsoleKnowsSessionsOnly(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		c := callers(t, s)
		actor := server.Actor{Actor: models.Actor{User: s.Users["alice"]}, Origin: "api"}
		issued, err := s.CreateToken(t.Context(), actor, models.FaceGateway, server.TokenInput{})
		if err != nil {
			t.Fatal(err)
		}
		bearer, basic := webtest.Bearer(issued.AccessTokenValue.Reveal()), func(r *http.Request) { r.SetBasicAuth("alice", webtest.Password) }
		for name, test := range map[string]struct {
			option  func(*http.Request)
			gateway string
			console string
		}{"bearer": {bearer, "alice", ""}, "Basic": {basic, "alice", ""}, "session": {s.SignIn(t, "bob").Reads, "bob", "bob"}} {
			for face, want := range map[models.Face]string{models.FaceGateway: test.gateway, models.FaceConsole: test.console} {
				r, err := c.Identify(request(test.option), face)
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if user := server.ActorFrom(r.Context()).User; user != nil {
					got = user.Username
				}
				if got != want {
					t.Errorf("%s at %s: got %q, want %q", name, face, got, want)
				}
			}
		}
	})
}

func TestRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		c := callers(t, s)
		encode := base64.StdEncoding.EncodeToString
		for header, want := range map[string]caller.Refused{
			"":                                    {},
			"Bearer unknown":                      {Bearer: true},
			"bearer":                              {Bearer: true},
			"Basic":                               {Basic: true},
			"BASIC " + encode([]byte("alice:no")): {Basic: true},
			"Basic " + encode([]byte("alice")):    {Basic: true},
			"Basic " + encode([]byte("a\x00:b")):  {Basic: true},
			"Basic " + encode([]byte("a\xff:b")):  {Basic: true},
			"Digest username=alice":               {},
		} {
			r, err := c.Identify(request(webtest.Header("Authorization", header)), models.FaceGateway)
			if err != nil || caller.RefusedFrom(r.Context()) != want {
				t.Errorf("%q: got %+v, %v, want %+v", header, caller.RefusedFrom(r.Context()), err, want)
			}
		}
	})
}

func TestAnonymousCSRFToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		c := callers(t, s)
		w := httptest.NewRecorder()
		token := c.CSRFToken(w, request())
		cookie := w.Result().Cookies()[0]
		if cookie.Name != "csrftoken" || cookie.Value != token || cookie.HttpOnly || cookie.Secure {
			t.Fatalf("the cookie is %v, the token %q", cookie, token)
		}
		again := request(func(r *http.Request) { r.AddCookie(cookie) })
		if w = httptest.NewRecorder(); c.CSRFToken(w, again) != token || len(w.Result().Cookies()) != 0 {
			t.Error("another token for the same browser")
		}
		for presented, want := range map[string]bool{token: true, "": false, token + "x": false, strings.ToUpper(token): false} {
			if got := c.CheckCSRF(again, presented); got != want {
				t.Errorf("%q: got %t", presented, got)
			}
		}
		if c.CheckCSRF(request(), "") || c.CheckCSRF(request(webtest.Header("Cookie", "csrftoken=")), "") || c.CheckCSRF(request(webtest.Header("Cookie", "csrftoken=x")), "x") {
			t.Error("a token that nobody here made is taken")
		}
		session := s.SignIn(t, "alice")
		planted := request(session.Reads, func(r *http.Request) { r.AddCookie(cookie) })
		planted, err := c.Identify(planted, models.FaceConsole)
		if err != nil {
			t.Fatal(err)
		}
		if c.CheckCSRF(planted, token) || !c.CheckCSRF(planted, session.CSRF) {
			t.Error("a planted cookie replaces the token of the session")
		}
	})
}

func TestCookiesOverHTTPS(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		c, w := callers(t, s), httptest.NewRecorder()
		if _, err := c.SignIn(w, request(), "alice", webtest.Password); err != nil {
			t.Fatal(err)
		}
		for _, cookie := range w.Result().Cookies() {
			if !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode || cookie.HttpOnly != (cookie.Name == c.SessionCookie()) {
				t.Errorf("%v", cookie)
			}
		}
		if c.SessionCookie() != "__Host-gatehouse_session" {
			t.Errorf("the cookie is %q", c.SessionCookie())
		}
	}, func(c *webtest.Config) { c.Server.Issuer = "https://gatehouse.example.org" })
}

func TestSafePath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{"/": "/", "/tokens?page=2#x": "/tokens?page=2#x", "/o/authorize/?redirect_uri=https%3A%2F%2Fa%2F": "/o/authorize/?redirect_uri=https%3A%2F%2Fa%2F",
		"": "-", "tokens": "-", "//evil": "-", "///evil": "-", "/\\evil": "-", "\\\\evil": "-", "https://evil/": "-", "javascript:x": "-", "/\nx": "-", "/\t/evil": "-",
		"/%zz": "-", "/a\x00b": "-", " /tokens": "-", "https:///tokens": "-"} {
		if got := caller.SafePath(next, "-"); got != want {
			t.Errorf("%q: got %q, want %q", next, got, want)
		}
	}
}

// FuzzSafePath: whatever comes, a browser that is sent there stays on this host.
func FuzzSafePath(f *testing.F) {
	for _, seed := range []string{"/", "//evil", "/\\evil", "/a/../b", "https://evil", "/%2F%2Fevil"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		path := caller.SafePath(next, "/")
		if path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') || strings.ContainsAny(path, "\r\n\t\\") {
			t.Errorf("%q leads to %q", next, path)
		}
	})
}
