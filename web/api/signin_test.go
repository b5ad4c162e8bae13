package api_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/web/webtest"
)

func cookies(a *webtest.Answer) map[string]*http.Cookie {
	set := map[string]*http.Cookie{}
	for _, cookie := range (&http.Response{Header: a.Header}).Cookies() {
		set[cookie.Name] = cookie
	}
	return set
}

func TestCase64SignInForms(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		accept := func(media string) func(*http.Request) { return webtest.Header("Accept", media) }
		for login, home := range map[string]string{"/api/login/": "/api/", "/api/controller/login/": "/api/controller/", G + "login/": G} {
			s.Get(t, "", login, accept("application/json")).Want(406)
			s.Get(t, "", login, accept("application/json, text/html;q=0")).Want(406)
			for _, html := range []string{"text/html", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "*/*", ""} {
				page := s.Get(t, "", login, accept(html)).Want(200).Contains("<form")
				if cookies(page)["csrftoken"] == nil || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
					t.Errorf("%s: %v", login, page.Header)
				}
			}
			right := webtest.Form("username", "alice", "password", webtest.Password, "next", home)
			for _, wrong := range [][]string{{"alice", "wrong"}, {"nobody", webtest.Password}, {"", ""}, {"alice", ""}} {
				a := s.Post(t, "", login, webtest.Form("username", wrong[0], "password", wrong[1]), accept("text/html")).Want(401)
				if cookies(a)["gatehouse_session"] != nil || strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic") {
					t.Errorf("a wrong sign-in: %v", a.Header)
				}
			}
			a := s.Post(t, "", login, right).Want(302)
			session, csrf := cookies(a)["gatehouse_session"], cookies(a)["csrftoken"]
			if a.Header.Get("X-API-Session-Cookie-Name") != "gatehouse_session" || a.Header.Get("Location") != home || cookies(a)["userLoggedIn"].Value != "true" {
				t.Fatalf("signed in: %v", a.Header)
			}
			if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" || csrf.HttpOnly {
				t.Fatalf("cookies: %v", a.Header["Set-Cookie"])
			}
			signedIn := &webtest.Session{Cookies: []*http.Cookie{session, csrf}, CSRF: csrf.Value}
			s.Post(t, "", C+"tokens/", fields{}, signedIn.Writes).Want(201).Equal("user", s.ID("alice"))
			again := cookies(s.Post(t, "", login, right, signedIn.Reads).Want(302))["gatehouse_session"]
			if again.Value == session.Value {
				t.Error("the session id is the same after another sign-in")
			}
			s.Get(t, "", C+"me/", signedIn.Reads).Want(401) // the session that the browser had is over
		}
	})
}

func TestSignInGoesOnlyToThisServer(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for next, want := range map[string]string{"/tokens?page=2": "/tokens?page=2", "//evil.example.org/": "/api/", "https://evil.example.org/": "/api/",
			"/\\evil.example.org": "/api/", "javascript:alert(1)": "/api/", "/x\r\nSet-Cookie: a=b": "/api/", "tokens": "/api/"} {
			a := s.Post(t, "", "/api/login/", webtest.Form("username", "alice", "password", webtest.Password, "next", next)).Want(302)
			if got := a.Header.Get("Location"); got != want {
				t.Errorf("next %q leads to %q, want %q", next, got, want)
			}
		}
	})
}

func TestSignInInput(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		right := webtest.Form("username", "alice", "password", webtest.Password)
		s.Post(t, "", "/api/login/", fields{"username": "alice", "password": webtest.Password}).Want(415)
		s.Post(t, "", "/api/login/?"+right.Encode(), webtest.Form()).Want(401) // not from the query
		s.Post(t, "", "/api/login/", webtest.Form("username", "ali\x00ce", "password", "x")).Want(400)
		s.Post(t, "", "/api/login/", "username=%zz", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }).Want(400)
		s.Post(t, "", "/api/login/", "x", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=b") }).Want(400)
		multipart := "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n" +
			webtest.Password + "\r\n--b--\r\n"
		s.Post(t, "", "/api/login/", multipart, func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=b") }).Want(302)
		s.Post(t, "", "/api/login/", right, webtest.Header("Origin", "https://evil.example.org")).Want(403)
		s.Post(t, "", "/api/login/", right, webtest.Header("Sec-Fetch-Site", "cross-site")).Want(403)
		s.Post(t, "", G+"login/", webtest.Form("username", "alice", "password", "no"), webtest.Header("Accept", "application/json")).Want(401).
			Equal("detail", "Wrong username or password.")
	})
}

func TestSignOut(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for logout, home := range map[string]string{"/api/logout/": "/api/", "/api/controller/logout/": "/api/controller/", G + "logout/": G} {
			for _, method := range []string{"GET", "POST"} {
				session := s.SignIn(t, "alice")
				s.Do(t, "", "POST", logout, nil, session.Reads, webtest.Header("Sec-Fetch-Site", "cross-site")).Want(403)
				s.Get(t, "", G+"me/", session.Reads).Want(200)
				a := s.Do(t, "", method, logout, nil, session.Reads).Want(302)
				if a.Header.Get("Location") != home || cookies(a)["userLoggedIn"].Value != "false" || cookies(a)["gatehouse_session"].MaxAge >= 0 {
					t.Errorf("%s %s: %v", method, logout, a.Header)
				}
				s.Get(t, "", G+"me/", session.Reads).Want(401) // dead at the server, whatever the browser keeps
			}
			s.Post(t, "", logout, nil).Want(302)
		}
	})
}

func TestSessionsExpire(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session := s.SignIn(t, "alice")
		for range 3 { // in use it lives on
			s.DB.Clock.Advance(1000 * 1e9)
			s.Get(t, "", G+"me/", session.Reads).Want(200)
		}
		s.DB.Clock.Advance(1801 * 1e9)
		s.Get(t, "", G+"me/", session.Reads).Want(401)
	})
}
