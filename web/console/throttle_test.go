package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// elsewhere is a request from another address.
func elsewhere(r *http.Request) { r.RemoteAddr = "198.51.100.9:40000" }

// login fills in the sign-in page and sends it from another address.
func (b *browser) login(username, password string) *answer {
	b.t.Helper()
	form := fieldsOf(b.get("/login?next=/users", elsewhere).is(200).Find("main form"))
	form.Set("username", username)
	form.Set("password", password)
	return b.send(http.MethodPost, "/login", form, elsewhere)
}

// TestThrottledSignIn: after ten failures the page says when to try again, with a status and a header for programs; what was typed stays,
// but for the password; the right password and unknown names get the same page.
func TestThrottledSignIn(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		var first *answer
		for _, username := range []string{"alice", "nobody"} {
			for range 10 {
				stranger(t, s).login(username, "wrong").is(401)
			}
			for _, password := range []string{"wrong", webtest.Password} {
				a := stranger(t, s).login(username, password).is(http.StatusTooManyRequests)
				a.says("#login-message", "Too many attempts to sign in have failed. Try again in 10 minutes.")
				if got := fieldsOf(a.Find("main form")); got.Get("username") != username || got.Get("password") != "" || got.Get("next") != "/users" {
					t.Errorf("the form holds %v", got)
				}
				if a.header.Get("Retry-After") != "600" || a.cookies["gatehouse_session"] != nil || a.cookies["gatehouse_device"] != nil {
					t.Errorf("headers %v", a.header)
				}
				if first == nil {
					first = a
				}
				a.header.Del("X-Request-Id")
				a.header.Del("Set-Cookie")
				for name := range a.header {
					if first.header.Get(name) != a.header.Get(name) && name != "Content-Length" {
						t.Errorf("%s differs for %s: %q", name, username, a.header.Get(name))
					}
				}
			}
		}
		s.DB.Clock.Advance(599 * time.Second)
		stranger(t, s).login("alice", webtest.Password).is(429).says("#login-message", "Try again in 1 second.")
		s.DB.Clock.Advance(time.Second)
		stranger(t, s).login("alice", webtest.Password).goesTo("/users")
	})
}

// TestKnownBrowserSignsIn: the cookie of an earlier sign-in lets the person in while strangers are refused, from wherever.
func TestKnownBrowserSignsIn(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		own := stranger(t, s)
		own.submit(own.get("/login"), "main form", "username", "alice", "password", webtest.Password).goesTo("/")
		own.post("/logout").goesTo("/login")
		device := own.cookies["gatehouse_device"]
		if len(device) != models.TokenLength {
			t.Fatalf("the browser keeps %q when the person signs out", device)
		}
		for range 12 {
			stranger(t, s).login("alice", "wrong")
		}
		stranger(t, s).login("alice", webtest.Password).is(429)
		forged := stranger(t, s)
		forged.cookies["gatehouse_device"] = strings.Repeat("A", models.TokenLength)
		forged.login("alice", webtest.Password).is(429)
		own.login("alice", webtest.Password).goesTo("/users")
		if own.cookies["gatehouse_device"] != device {
			t.Error("the browser got another device cookie")
		}
	})
}

// TestDeviceCookie: it lasts a year, is for no script and no other site, and over https for this very host only; only its digest is kept.
func TestDeviceCookie(t *testing.T) {
	https := func(c *webtest.Config) { c.Server.Issuer = "https://gatehouse.example.org" }
	for name, change := range map[string]func(*webtest.Config){"gatehouse_device": func(*webtest.Config) {}, "__Host-gatehouse_device": https} {
		t.Run(name, func(t *testing.T) {
			webtest.Each(t, func(t *testing.T, s *webtest.Site) {
				b := stranger(t, s)
				cookie := b.submit(b.get("/login"), "main form", "username", "alice", "password", webtest.Password).goesTo("/").cookies[name]
				if cookie == nil || cookie.MaxAge != 365*24*60*60 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
					cookie.Domain != "" || cookie.Secure != strings.HasPrefix(name, "__Host-") || len(cookie.Value) != models.TokenLength {
					t.Fatalf("the cookie is %v", cookie)
				}
				known, err := s.DB.Read(t.Context()).KnownDevices(s.ID("alice"), []models.Digest{models.SecretOf(cookie.Value).Digest()})
				if err != nil || len(known) != 1 || known[0].Kind != models.DeviceBrowser {
					t.Errorf("kept %v, %v", known, err)
				}
			}, change)
		})
	}
}

// TestThrottledConfirmation: who finds a browser signed in cannot try out the password there for long.
func TestThrottledConfirmation(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		page := "/users/" + strconv.FormatInt(s.ID("alice"), 10)
		send := func() *answer {
			return b.post(page+"/password", "current_password", "wrong", "password", "a new password", "password_confirm", "a new password")
		}
		for range 2 {
			send().wrong("current_password", "This is not your password.")
		}
		a := send().is(http.StatusTooManyRequests).says("h1", "Too many attempts").says("main", "Try again in 10 minutes.")
		if a.header.Get("Retry-After") != "600" {
			t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Account.Failures = 2
	})
}
