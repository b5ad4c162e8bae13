package api_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatehouse/web/webtest"
)

// browserless signs in by form as command-line clients do: it keeps cookies, follows redirects and remembers them.
type browserless struct {
	t       *testing.T
	http    *http.Client
	root    *url.URL
	history []http.Header // of the redirects that led to the last answer
}

func newBrowserless(t *testing.T, s *webtest.Site) *browserless {
	t.Helper()
	serving := httptest.NewServer(s.Handler)
	t.Cleanup(serving.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := url.Parse(serving.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := &browserless{t: t, root: root, http: &http.Client{Jar: jar}}
	b.http.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.Response.StatusCode != http.StatusFound {
			t.Errorf("redirected by %s", next.Response.Status)
		}
		b.history = append(b.history, next.Response.Header)
		return nil
	}
	return b
}

func (b *browserless) cookie(name string) string {
	for _, each := range b.http.Jar.Cookies(b.root) {
		if each.Name == name {
			return each.Value
		}
	}
	return ""
}

// send sends a request, with the CSRF token of the cookie where guarded says so, wants the status in the end, and gives the headers.
func (b *browserless) send(method, path, contentType, body string, guarded bool, status int) http.Header {
	b.t.Helper()
	b.history = nil
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.root.String()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if guarded {
		request.Header.Set("X-CSRFToken", b.cookie("csrftoken"))
		request.Header.Set("Referer", b.root.String()+path)
	}
	answer, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != status {
		b.t.Fatalf("%s %s: status %d, want %d", method, path, answer.StatusCode, status)
	}
	return answer.Header
}

const formType, jsonType = "application/x-www-form-urlencoded", "application/json"

// signIn asks the root for its cookie and posts the form, and wants the status in the end.
func (b *browserless) signIn(base, password string, status int) {
	b.t.Helper()
	b.send("GET", base, "", "", false, 200)
	if b.cookie("csrftoken") == "" {
		b.t.Fatalf("%s hands out no csrftoken", base)
	}
	b.send("POST", base+"login/", formType, webtest.Form("username", "alice", "password", password, "next", base).Encode(), true, status)
}

// TestSignInAsClientsDo: cookie, form, redirect, session, and out again, at each place where there are forms (contract §2.4).
func TestSignInAsClientsDo(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for base, mount := range map[string]string{"/api/": short, "/api/controller/": C, G: G} {
			b := newBrowserless(t, s)
			b.signIn(base, webtest.Password, 200)
			if len(b.history) != 1 || b.history[0].Get("X-API-Session-Cookie-Name") != "gatehouse_session" || b.history[0].Get("Location") != base {
				t.Fatalf("%s: the way led over %v", base, b.history)
			}
			if b.cookie("gatehouse_session") == "" {
				t.Errorf("%s: no session", base)
			}
			if got := b.send("GET", mount+"me/", "", "", false, 200).Get("Session-Timeout"); got != "1800" {
				t.Errorf("Session-Timeout is %q", got)
			}
			b.send("POST", mount+"tokens/", jsonType, "{}", false, 403)
			made := b.send("POST", mount+"tokens/", jsonType, `{"description": "by session"}`, true, 201).Get("Location")
			b.send("PATCH", made, jsonType, `{"description": "changed"}`, true, 200)
			b.send("DELETE", made, "", "", true, 204)
			if got := b.send("GET", base, "", "", false, 200).Get("Session-Timeout"); got != "1800" {
				t.Errorf("%s: Session-Timeout is %q", base, got)
			}
			b.send("GET", base+"logout/", "", "", false, 200)
			if len(b.history) != 1 || b.history[0].Get("Location") != base || b.cookie("gatehouse_session") != "" {
				t.Errorf("%slogout/: the way led over %v", base, b.history)
			}
			if b.send("GET", mount+"me/", "", "", false, 401).Get("Session-Timeout") != "" {
				t.Error("a session that is over has a time-out")
			}
		}
	})
}

// TestFailedSignInAsClientsDo: no redirect and no session; the next call's 401 is what ends the client.
func TestFailedSignInAsClientsDo(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for base, mount := range map[string]string{"/api/": short, "/api/controller/": C, G: G} {
			b := newBrowserless(t, s)
			b.signIn(base, "wrong", 401)
			if len(b.history) != 0 || b.cookie("gatehouse_session") != "" {
				t.Errorf("%s: %v, session %q", base, b.history, b.cookie("gatehouse_session"))
			}
			b.send("GET", mount+"me/", "", "", false, 401)
			b.send("GET", base, "", "", false, 200)
		}
	})
}

// TestSessionCookieOverHTTPS: contract §12.25 and §12.32: one cookie for pages and APIs, bound to the host, which clients are told the name of.
func TestSessionCookieOverHTTPS(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, login := range []string{"/api/login/", "/api/controller/login/", G + "login/"} {
			a := s.Post(t, "", login, webtest.Form("username", "alice", "password", webtest.Password)).Want(302)
			session, csrf := cookies(a)["__Host-gatehouse_session"], cookies(a)["csrftoken"]
			if a.Header.Get("X-API-Session-Cookie-Name") != "__Host-gatehouse_session" || session == nil || csrf == nil {
				t.Fatalf("%s: %v", login, a.Header)
			}
			if !session.Secure || !session.HttpOnly || session.Path != "/" || session.Domain != "" || !csrf.Secure || csrf.HttpOnly {
				t.Errorf("%s: cookies %v", login, a.Header["Set-Cookie"])
			}
			kept := &webtest.Session{Cookies: []*http.Cookie{session, csrf}, CSRF: csrf.Value}
			s.Get(t, "", "/tokens", kept.Reads).Want(200) // the console's too
			s.Post(t, "", C+"tokens/", fields{}, kept.Writes, webtest.Header("Referer", "https://gatehouse.example.org/")).Want(201)
		}
	}, func(c *webtest.Config) { c.Server.Issuer = "https://gatehouse.example.org" })
}
