package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// TestSignIn: the right password starts a session and leads to where the person was going.
func TestSignIn(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := stranger(t, s)
		page := b.follow(b.get("/tokens?platform=controller").goesTo("/login?next=%2Ftokens%3Fplatform%3Dcontroller"))
		signedIn := b.submit(page, "main form", "username", " alice ", "password", webtest.Password).goesTo("/tokens?platform=controller")
		cookie := signedIn.cookies["gatehouse_session"]
		if cookie == nil || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Secure {
			t.Errorf("the session cookie is %v", cookie)
		}
		b.follow(signedIn).is(200).says(".account", "alice").says(".account", "Normal user")
		b.get("/login?next=/users").goesTo("/users")
	})
}

// TestSignInRefused: every failure is 401 with the same words; what was typed stays, but for the password.
func TestSignInRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		change(t, s, func(tx *store.Tx) error {
			bob, err := tx.LockUser(s.ID("bob"))
			if err != nil {
				return err
			}
			bob.IsActive = false
			return tx.UpdateUser(bob)
		})
		b := stranger(t, s)
		var first string
		for _, each := range [][2]string{{"alice", "wrong"}, {"nobody", webtest.Password}, {"bob", webtest.Password}, {"", ""}, {"alice", ""},
			{"alice' OR 1=1 --", "x"}, {strings.Repeat("a", 5000), strings.Repeat("b", 5000)}, {"ALICE", webtest.Password}} {
			a := b.submit(b.get("/login?next=/users"), "main form", "username", each[0], "password", each[1]).is(http.StatusUnauthorized)
			a.says("#login-message", "The username or the password is wrong.")
			if got := fieldsOf(a.Find("main form")); got.Get("username") != each[0] || got.Get("password") != "" || got.Get("next") != "/users" {
				t.Errorf("after %q the form holds %v", each[0], got)
			}
			if message := a.read("#login-message"); first != "" && message != first {
				t.Errorf("%q gets another message: %q", each[0], message)
			} else {
				first = message
			}
			if a.cookies["gatehouse_session"] != nil {
				t.Errorf("%q got a session", each[0])
			}
		}
	})
}

// TestNextStaysHere: after signing in nobody is led to another site.
func TestNextStaysHere(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, next := range []string{"https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "\\\\evil.example.org", "javascript:alert(1)",
			"/\t/evil.example.org", "/\n/evil.example.org", " //evil.example.org", "http:evil.example.org", "evil.example.org", "///evil.example.org",
			"/..//evil.example.org/..\\", "data:text/html,x", "?x=//evil", ""} {
			b := stranger(t, s)
			page := b.get("/login?next=" + url.QueryEscape(next)).is(200)
			if got := fieldsOf(page.Find("main form")).Get("next"); got != "/" {
				t.Errorf("the form carries %q for %q", got, next)
			}
			b.post("/login", "username", "alice", "password", webtest.Password, "next", next).goesTo("/")
			b.get("/login?next=" + url.QueryEscape(next)).goesTo("/")
		}
	})
}

// TestSessionIsRenewed: signing in starts a session with an id of the server's, whatever the browser brought, and ends the one it had.
func TestSessionIsRenewed(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := stranger(t, s)
		planted := strings.Repeat("A", models.TokenLength)
		b.cookies["gatehouse_session"] = planted
		b.submit(b.get("/login"), "main form", "username", "alice", "password", webtest.Password).goesTo("/")
		first := b.cookies["gatehouse_session"]
		if first == planted || len(first) != models.TokenLength {
			t.Fatalf("the session is %q", first)
		}
		csrf := b.cookies["csrftoken"]
		b.post("/login", "username", "om", "password", webtest.Password).goesTo("/")
		if b.cookies["gatehouse_session"] == first || b.cookies["csrftoken"] == csrf {
			t.Error("signing in again kept the session or its token")
		}
		b.get("/users/" + itoa(s.ID("om"))).is(200)
		thief := stranger(t, s)
		for _, id := range []string{planted, first} {
			thief.cookies["gatehouse_session"] = id
			thief.get("/tokens").is(http.StatusFound)
		}
	})
}

// TestSignOut: the session is dead at the server, not only in the browser.
func TestSignOut(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		id := b.cookies["gatehouse_session"]
		out := b.submit(b.get("/tokens"), `.side-bar form[action="/logout"]`).goesTo("/login")
		if b.cookies["gatehouse_session"] != "" {
			t.Error("the browser kept the cookie")
		}
		b.follow(out).is(200).says(".flash-good", "You are signed out.")
		b.get("/login").lacks(".flash")
		b.cookies["gatehouse_session"] = id
		b.get("/tokens").is(http.StatusFound)
		b.get("/logout").is(http.StatusMethodNotAllowed)
	})
}

// TestSessionEnds: a form sent after the session has ended leads to the sign-in page and from there to the page of the form.
func TestSessionEnds(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := itoa(token(t, s, "alice", "console", 0))
		b := as(t, s, "alice")
		page := b.get("/tokens/" + id)
		s.DB.Clock.Advance(31 * time.Minute)
		b.submit(page, "section form", "description", "late").goesTo("/login?next=%2Ftokens%2F" + id)
		b.post("/tokens/" + id + "/refresh").goesTo("/login?next=%2Ftokens%2F" + id)
		b.post("/tokens/delete", "id", id).goesTo("/login?next=%2Ftokens")
		b.follow(b.post("/tokens/new").goesTo("/login?next=%2Ftokens%2Fnew")).says(".flash", "nothing was saved")
		b.get("/login").lacks(".flash")
	})
}

// TestSecureCookies: over https the session's cookie is bound to this very host, and no cookie travels in the clear.
func TestSecureCookies(t *testing.T) {
	https := func(c *webtest.Config) { c.Server.Issuer = "https://gatehouse.example.org" }
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := stranger(t, s)
		in := b.submit(b.get("/login"), "main form", "username", "alice", "password", webtest.Password).goesTo("/")
		if in.cookies["__Host-gatehouse_session"] == nil || in.cookies["gatehouse_session"] != nil {
			t.Errorf("cookies %v", in.cookies)
		}
		out := b.post("/logout").goesTo("/login")
		for _, cookies := range []map[string]*http.Cookie{in.cookies, out.cookies} {
			for name, cookie := range cookies {
				if !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" {
					t.Errorf("cookie %s: %v", name, cookie)
				}
			}
		}
		if out.cookies["gatehouse_flash"] == nil || !out.cookies["gatehouse_flash"].HttpOnly {
			t.Error("the message's cookie can be read by scripts")
		}
	}, https)
}

// TestFlashSaysOnlyOurs: a cookie cannot make a page say something else.
func TestFlashSaysOnlyOurs(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		b.cookies["gatehouse_flash"] = "Call-0900-EVIL"
		b.get("/tokens").is(200).lacks(".flash")
		if b.cookies["gatehouse_flash"] != "" {
			t.Error("the message is not taken")
		}
	})
}
