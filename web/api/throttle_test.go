package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"gatehouse/server"
	"gatehouse/web/webtest"
)

// from sends a request from another address.
func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address + ":40000" }
}

func signedBy(username, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(username, password) }
}

// throttled checks the answer to one from whom too much has failed.
func throttled(t *testing.T, a *webtest.Answer, seconds int) {
	t.Helper()
	a.Want(http.StatusTooManyRequests).Equal("detail", fmt.Sprintf("Request was throttled. Expected available in %d seconds.", seconds))
	if a.Header.Get("Retry-After") != fmt.Sprint(seconds) || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("headers %v", a.Header)
	}
}

// TestThrottleCountsTogether: Basic, the forms of both platforms and of the console's users, and the password grant count for one account.
func TestThrottleCountsTogether(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		grant := func(address, password string) *webtest.Answer {
			return s.Post(t, "", "/o/token/", webtest.Form("grant_type", "password", "username", "alice", "password", password,
				"client_id", s.App.ClientID, "client_secret", s.App.Secret), from(address))
		}
		login := func(path, address, password string) *webtest.Answer {
			return s.Post(t, "", path, webtest.Form("username", "alice", "password", password), from(address), webtest.Header("Accept", "text/html"))
		}
		s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("192.0.2.1")).Want(200)
		for n := range 2 {
			address := fmt.Sprintf("203.0.113.%d", n)
			s.Get(t, "", G+"me/", signedBy("alice", "wrong"), from(address)).Want(401)
			s.Get(t, "", C+"me/", signedBy("alice", "wrong"), from(address)).Want(401)
			login("/api/login/", address, "wrong").Want(401)
			login(G+"login/", address, "wrong").Want(401)
			grant(address, "wrong").Want(400)
		}
		throttled(t, s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("198.51.100.1")), 600)
		throttled(t, s.Post(t, "", C+"tokens/", fields{}, signedBy("alice", webtest.Password), from("198.51.100.1")), 600)
		throttled(t, s.Get(t, "", G+"nothing/", signedBy("alice", webtest.Password), from("198.51.100.1")), 600)
		page := login("/api/login/", "198.51.100.1", webtest.Password).Want(429).Contains("Try again in 10 minutes.").Contains(`value="alice"`)
		if page.Header.Get("Retry-After") != "600" || cookies(page)["gatehouse_session"] != nil {
			t.Errorf("the page comes with %v", page.Header)
		}
		throttled(t, s.Post(t, "", G+"login/", webtest.Form("username", "alice", "password", webtest.Password), from("198.51.100.1"),
			webtest.Header("Accept", "application/json")), 600)
		grant("198.51.100.1", webtest.Password).Want(429).Equal("error", "temporarily_unavailable")
		s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("192.0.2.1")).Want(200) // known
		s.Get(t, "", G+"ping/", signedBy("alice", "wrong"), from("198.51.100.1")).Want(200)     // needs no credentials
		s.DB.Clock.Advance(10 * time.Minute)
		s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("198.51.100.1")).Want(200)
	})
}

// TestThrottleUnknownBasic: names that nobody has are answered like alice's, to the letter.
func TestThrottleUnknownBasic(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for n := range 12 {
			known := s.Get(t, "", G+"me/", signedBy("alice", "wrong"), from("198.51.100.1"))
			unknown := s.Get(t, "", G+"me/", signedBy("nobody", "wrong"), from("198.51.100.2"))
			if known.Status != unknown.Status || known.Text != unknown.Text || known.Header.Get("Retry-After") != unknown.Header.Get("Retry-After") ||
				known.Header.Get("WWW-Authenticate") != unknown.Header.Get("WWW-Authenticate") || len(known.Header) != len(unknown.Header) {
				t.Errorf("failure %d: %d %s %v, of an unknown name %d %s %v", n, known.Status, known.Text, known.Header, unknown.Status, unknown.Text, unknown.Header)
			}
		}
	})
}

// TestThrottledBearer: above the limit an unknown token is 429; other credentials in the request are looked at all the same, and a
// valid token is served.
func TestThrottledBearer(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token := s.Post(t, "alice", G+"tokens/", fields{}).Want(201).String("token")
		for range 3 {
			s.Get(t, "", G+"me/", webtest.Bearer("unknown")).Want(401)
		}
		for _, mount := range []string{G, C} {
			throttled(t, s.Get(t, "", mount+"me/", webtest.Bearer("unknown")), 60)
			throttled(t, s.Get(t, "", mount+"nothing/", webtest.Bearer("unknown")), 60)
			s.Get(t, "", mount+"me/", webtest.Bearer(token)).Want(200)
			s.Get(t, "", mount+"me/", webtest.Bearer("unknown"), s.SignIn(t, "alice").Reads).Want(200)
			s.Get(t, "alice", mount+"me/", webtest.Bearer("unknown")).Want(200)
			s.Get(t, "", mount+"ping/", webtest.Bearer("unknown")).Want(200)
			s.Get(t, "", mount+"me/", webtest.Bearer("unknown"), from("198.51.100.1")).Want(401)
		}
		s.Get(t, "", G+"me/").Want(401) // without credentials nothing has failed
		s.DB.Clock.Advance(time.Minute - time.Millisecond)
		s.Get(t, "", G+"me/", webtest.Bearer("unknown")).Want(429).Equal("detail", "Request was throttled. Expected available in 1 second.")
		s.DB.Clock.Advance(time.Millisecond)
		s.Get(t, "", G+"me/", webtest.Bearer("unknown")).Want(401)
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Guesses.Failures = 3
	})
}

// TestFormLoginHandsOutNoDevice: clients that sign in by form keep no cookie, and must not push out the browsers that an account knows; a
// browser that is known stays so.
func TestFormLoginHandsOutNoDevice(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		form := webtest.Form("username", "alice", "password", webtest.Password)
		if a := s.Post(t, "", "/api/login/", form).Want(302); cookies(a)["gatehouse_device"] != nil {
			t.Errorf("cookies %v", cookies(a))
		}
		device := "gatehouse_device=" + fmt.Sprintf("%030d", 7)
		if a := s.Post(t, "", "/api/login/", form, webtest.Header("Cookie", device)).Want(302); cookies(a)["gatehouse_device"] == nil {
			t.Errorf("cookies %v", cookies(a))
		}
		for range 10 {
			s.Get(t, "", G+"me/", signedBy("alice", "wrong"), from("198.51.100.1")).Want(401)
		}
		s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("198.51.100.1")).Want(429)
		s.Get(t, "", G+"me/", signedBy("alice", webtest.Password), from("198.51.100.1"), webtest.Header("Cookie", device)).Want(200)
	})
}
