package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

const callback = "https://client.example.org/callback"

// request is the address of an authorization request of the client, with other parameters in their place; "-" leaves one out.
func request(a *models.Application, pairs ...string) string {
	digest := sha256.Sum256([]byte(strings.Repeat("v", 43)))
	values := webtest.Form("response_type", "code", "client_id", a.ClientID, "redirect_uri", callback, "scope", "read", "state", "st&te é",
		"code_challenge", base64.RawURLEncoding.EncodeToString(digest[:]), "code_challenge_method", "S256")
	for n := 0; n < len(pairs); n += 2 {
		values.Set(pairs[n], pairs[n+1])
		if pairs[n+1] == "-" {
			values.Del(pairs[n])
		}
	}
	return "/o/authorize/?" + values.Encode()
}

// atClient is what the client gets, by the status that a redirect has to have.
func (a *answer) atClient(status int) url.Values {
	a.t.Helper()
	a.is(status)
	rest, ok := strings.CutPrefix(a.leadsTo(), callback+"?")
	values, err := url.ParseQuery(rest)
	if !ok || err != nil {
		a.t.Fatalf("%s leads to %q", a.what, a.leadsTo())
	}
	if values.Get("state") != "st&te é" || values.Get("iss") != "http://localhost:8080" {
		a.t.Errorf("%s: the client gets %v", a.what, values)
	}
	return values
}

// redeem trades a code in, and gives the scope and user of the token.
func redeem(t testing.TB, s *webtest.Site, a *models.Application, code string) *webtest.Answer {
	t.Helper()
	return s.Post(t, "", "/o/token/", webtest.Form("grant_type", "authorization_code", "client_id", a.ClientID, "code", code,
		"redirect_uri", callback, "code_verifier", strings.Repeat("v", 43)))
}

func public(in *server.ApplicationInput) {
	kind, name := "public", "Field <app>"
	in.ClientType, in.Name = &kind, &name
}

func named(name string) func(*server.ApplicationInput) {
	return func(in *server.ApplicationInput) { in.Name = &name }
}

// TestConsent: an anonymous browser signs in and comes back to exactly the same request, is asked, and goes back to the client with a
// code; the next time it is not asked.
func TestConsent(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b, address := stranger(t, s), request(app)
		login := b.follow(b.get(address).goesTo("/login?" + url.Values{"next": {address}}.Encode()))
		login.is(200).says("main .lede", "to go on to Field <app>")
		page := b.follow(b.submit(login, "main form", "username", "alice", "password", webtest.Password).goesTo(address)).is(200)
		page.says("h1", "Authorize Field <app>?").says(".lede", "An application of O").says("main", "act as alice").
			says(".points", "Read: look at everything").says("main", "You are then sent to client.example.org")
		page.lacks(".flash-warning")
		code := b.submit(page, "main form").atClient(http.StatusSeeOther) // neither button: no
		if code.Get("error") != "access_denied" || code.Get("code") != "" {
			t.Errorf("a form without a decision gives the client %v", code)
		}
		got := b.send(http.MethodPost, "/o/authorize/", decide(b.get(address), "authorize")).atClient(http.StatusSeeOther)
		redeem(t, s, app, got.Get("code")).Want(200).Equal("scope", "read")
		again := b.get(address).atClient(http.StatusFound)
		redeem(t, s, app, again.Get("code")).Want(200)
		b.get(request(app, "scope", "write")).is(200).says(".points", "Write: do everything")
	})
}

// decide fills in the consent form of a page.
func decide(page *answer, decision string) url.Values {
	values := fieldsOf(page.Find("main form"))
	values.Set("decision", decision)
	return values
}

// TestConsentDenied: the client is told, and asking again asks again.
func TestConsentDenied(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b := as(t, s, "alice")
		got := b.send(http.MethodPost, "/o/authorize/", decide(b.get(request(app)), "deny")).atClient(http.StatusSeeOther)
		if got.Get("error") != "access_denied" || got.Get("code") != "" {
			t.Errorf("the client gets %v", got)
		}
		b.get(request(app)).is(200).has(`button[name="decision"][value="authorize"]`)
	})
}

// TestConsentSkipped: an application of the house does not ask. allow=… is what scripts of the originals send.
func TestConsentSkipped(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		skip := true
		app := register(t, s, "console", s.Organization.ID, public, func(in *server.ApplicationInput) { in.SkipAuthorization = &skip })
		if code := as(t, s, "alice").get(request(app)).atClient(http.StatusFound).Get("code"); code == "" {
			t.Error("the client gets no code")
		}
		asks := register(t, s, "console", s.Organization.ID)
		b := as(t, s, "om")
		values := fieldsOf(b.get(request(asks)).Find("main form"))
		values.Set("allow", "Authorize")
		if code := b.send(http.MethodPost, "/o/authorize/", values).atClient(http.StatusSeeOther).Get("code"); code == "" {
			t.Error("the client gets no code for allow")
		}
	})
}

// TestConsentCannotBeForced: an address decides nothing in the person's place, and a form without the session's token neither.
func TestConsentCannotBeForced(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b := as(t, s, "alice")
		page := b.get(request(app, "decision", "authorize", "allow", "yes", "csrf_token", "x")).is(200)
		for _, name := range []string{"decision", "allow"} {
			page.lacks(`input[name="` + name + `"]`)
		}
		if n := page.Find(`input[name="csrf_token"]`).Length(); n != 1 {
			t.Errorf("%d tokens in the form", n)
		}
		values := decide(page, "authorize")
		values.Set("csrf_token", as(t, s, "alice").cookies["csrftoken"])
		b.send(http.MethodPost, "/o/authorize/", values).is(http.StatusForbidden)
		null := webtest.Header("Origin", "null")
		b.send(http.MethodPost, "/o/authorize/", values, null).is(http.StatusForbidden)
		if code := b.send(http.MethodPost, "/o/authorize/", decide(page, "authorize"), null).atClient(303).Get("code"); code == "" {
			t.Error("the page's own form, which has no Referer, is refused over plain http")
		}
	})
}

// TestAuthorizeErrors: until the client and its redirect URI are certain an error is a page; then it goes to the client.
func TestAuthorizeErrors(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b := as(t, s, "alice")
		for _, row := range []struct{ address, says string }{
			{request(app, "client_id", "-"), "Missing client_id parameter."},
			{request(app, "client_id", "unknown"), "Invalid client_id parameter value."},
			{request(app) + "&client_id=" + app.ClientID, "repeated"},
			{request(app, "redirect_uri", "https://evil.example.org/callback"), "Mismatching redirect URI."},
			{request(app, "redirect_uri", callback+"/more"), "Mismatching redirect URI."},
		} {
			page := b.get(row.address).is(http.StatusBadRequest).says("main", row.says).says("main", "name this request")
			if page.leadsTo() != "" {
				t.Errorf("%s leads to %s", row.address, page.leadsTo())
			}
			values, _ := url.ParseQuery(strings.TrimPrefix(row.address, "/o/authorize/?"))
			values.Set("csrf_token", b.cookies["csrftoken"])
			values.Set("decision", "authorize")
			b.send(http.MethodPost, "/o/authorize/", values).is(http.StatusBadRequest).says("main", row.says)
		}
		for code, address := range map[string]string{
			"unsupported_response_type": request(app, "response_type", "token"),
			"invalid_scope":             request(app, "scope", "admin"),
			"invalid_request":           request(app, "code_challenge", "-", "code_challenge_method", "-"),
		} {
			if got := b.get(address).atClient(http.StatusFound); got.Get("error") != code {
				t.Errorf("%s: the client gets %v, want %s", address, got, code)
			}
		}
	})
}

// TestConsentHosts: the page names where the browser is sent, and warns where that is in the clear.
func TestConsentHosts(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		uris := models.Words{"http://127.0.0.1/cb", "org.example.app:/cb", callback}
		app := register(t, s, "console", s.Organization.ID, public, func(in *server.ApplicationInput) { in.RedirectURIs = &uris })
		for uri, host := range map[string]string{"http://127.0.0.1:4321/cb": "127.0.0.1:4321", "org.example.app:/cb": "org.example.app:", callback: "client.example.org"} {
			b.get(request(app, "redirect_uri", uri)).is(200).says("main", "sent to "+host+".").lacks(".flash-warning")
		}
		clear := models.Words{"http://jobs.example.org/cb"}
		old := register(t, s, "controller", s.Organization.ID, func(in *server.ApplicationInput) { in.RedirectURIs = &clear })
		b.get(request(old, "redirect_uri", clear[0])).is(200).says(".flash-warning", "plain http")
	})
}

// TestSessionEndsAtConsent: a decision without a session leads to sign in and back to the same request, undecided.
func TestSessionEndsAtConsent(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b := as(t, s, "alice")
		values := decide(b.get(request(app)), "authorize")
		delete(b.cookies, "gatehouse_session")
		a := b.send(http.MethodPost, "/o/authorize/", values).is(http.StatusSeeOther)
		next, err := url.Parse(a.leadsTo())
		if err != nil || next.Path != "/login" || next.Query().Get("next") != request(app) {
			t.Errorf("leads to %q, want the request %q as next", a.leadsTo(), request(app))
		}
	})
}
