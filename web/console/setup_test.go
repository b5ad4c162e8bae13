package console_test

import (
	"net/http"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
	"gatehouse/web/webtest"
)

// eachNew runs test on sites that nobody administers yet; code opens their setup.
func eachNew(t *testing.T, test func(t *testing.T, s *webtest.Site, code string)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := webtest.New(t, db)
		change(t, s, func(tx *store.Tx) error { return tx.DeleteUser(s.ID("admin")) })
		code, err := s.NewSetupCode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		test(t, s, code.Reveal())
	})
}

const newPassword = "a new pass phrase"

// TestSetup: with the code the first administrator is made, once, and signed in; then it is closed.
func TestSetup(t *testing.T) {
	eachNew(t, func(t *testing.T, s *webtest.Site, code string) {
		b := stranger(t, s)
		b.get("/").goesTo("/setup")
		b.get("/login").goesTo("/setup")
		done := b.submit(b.get("/setup").is(200), "main form", "code", code, "username", "root", "email", "root@example.org", "password", newPassword, "password_confirm", newPassword).goesTo("/")
		if b.cookies["gatehouse_device"] == "" {
			t.Error("the browser is not recognised from now on")
		}
		b.follow(done).is(200).says("h1", "Overview").says(".flash-good", "first administrator").says(".account", "System administrator")
		user, err := s.DB.Read(t.Context()).UserByName("root")
		if err != nil || !user.IsSuperuser || !user.IsActive || user.Email != "root@example.org" {
			t.Errorf("the administrator is %+v (%v)", user, err)
		}
		other := stranger(t, s)
		closed := other.get("/setup").goesTo("/login")
		other.follow(closed).is(200).says(".flash-warning", "set up already")
		other.post("/setup", "code", code, "username", "second", "password", newPassword, "password_confirm", newPassword).goesTo("/login")
		if _, err := s.DB.Read(t.Context()).UserByName("second"); err == nil {
			t.Error("a second administrator was made")
		}
		other.submit(other.get("/login"), "main form", "username", "root", "password", newPassword).goesTo("/")
	})
}

// TestSetupRefused: a wrong code and bad input make nobody, keep what was typed, and leave the code usable.
func TestSetupRefused(t *testing.T) {
	eachNew(t, func(t *testing.T, s *webtest.Site, code string) {
		b := stranger(t, s)
		fill := func(pairs ...string) *answer {
			all := append([]string{"code", code, "username", "root", "email", "r@example.org", "password", newPassword, "password_confirm", newPassword}, pairs...)
			return b.submit(b.get("/setup"), "main form", all...)
		}
		before := count(t, s)
		fill("code", models.RandomText(30)).wrong("code", "This is not the code", "username", "root", "email", "r@example.org")
		fill("code", "").wrong("code", "This is not the code")
		fill("password_confirm", "another one").wrong("password_confirm", "not the same", "code", code, "username", "root")
		fill("password", "short", "password_confirm", "short").wrong("password", "too short", "code", code)
		fill("username", "").wrong("username", "Username is required.")
		fill("username", "a b").wrong("username", "Enter a valid username", "username", "a b")
		fill("username", "alice").wrong("username", "already exists")
		fill("email", "nonsense").wrong("email", "valid email")
		if after := count(t, s); after != before {
			t.Errorf("%s, before %s", after, before)
		}
		if b.cookies["gatehouse_session"] != "" {
			t.Error("somebody is signed in")
		}
		fill().goesTo("/")
	})
}

// TestSetupOverPlainHTTP: the page sends no Referer, so over plain http to another host its form comes with "Origin: null" and no
// word on where it comes from; it is taken there, and nowhere else.
func TestSetupOverPlainHTTP(t *testing.T) {
	eachNew(t, func(t *testing.T, s *webtest.Site, code string) {
		b := stranger(t, s)
		page := b.get("/setup").is(200)
		if got := page.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy: %s", got)
		}
		values := fieldsOf(page.Find("main form"))
		for name, value := range map[string]string{"code": code, "username": "root", "password": newPassword, "password_confirm": newPassword} {
			values.Set(name, value)
		}
		null := webtest.Header("Origin", "null")
		b.send(http.MethodPost, "/setup", values, null, webtest.Header("Sec-Fetch-Site", "cross-site")).is(http.StatusForbidden)
		b.send(http.MethodPost, "/login", values, null).is(http.StatusForbidden).says("main", "another site")
		b.send(http.MethodPost, "/setup", values, null).goesTo("/")
	})
}
