package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

const codeRefused = "This code cannot be used."

func forDevices(in *server.ApplicationInput) {
	public(in)
	grant := models.GrantDeviceCode
	in.AuthorizationGrantType, in.RedirectURIs = &grant, nil
}

// device is one that waits for its user.
type device struct {
	client         *models.Application
	code, userCode string
	link           string // to the page, with the user code
}

func startDevice(t testing.TB, s *webtest.Site, client *models.Application) device {
	t.Helper()
	a := s.Post(t, "", "/o/device_authorization/", webtest.Form("client_id", client.ClientID, "scope", "read")).Want(http.StatusOK)
	return device{client, a.String("device_code"), a.String("user_code"), strings.TrimPrefix(a.String("verification_uri_complete"), "http://localhost:8080")}
}

// poll asks for the device's tokens.
func (d device) poll(t testing.TB, s *webtest.Site) *webtest.Answer {
	t.Helper()
	return s.Post(t, "", "/o/token/", webtest.Form("grant_type", models.GrantDeviceCode, "client_id", d.client.ClientID, "device_code", d.code))
}

// TestDevice: an anonymous browser that follows the link signs in, comes back to the code, is asked, and the device gets its token.
func TestDevice(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		d, b := startDevice(t, s, register(t, s, "console", s.Organization.ID, forDevices)), stranger(t, s)
		login := b.follow(b.get(d.link).goesTo("/login?" + url.Values{"next": {d.link}}.Encode()))
		page := b.follow(b.submit(login, "main form", "username", "alice", "password", webtest.Password).goesTo(d.link)).is(200)
		page.says("main", "signed in as alice")
		if got := fieldsOf(page.Find("main form")).Get("user_code"); got != d.userCode {
			t.Errorf("the link fills in %q, want %q", got, d.userCode)
		}
		d.poll(t, s).Want(400).Equal("error", "authorization_pending")

		question := b.submit(page, "main form").is(200)
		question.says("h1", "Authorize Field <app> on a device?").says(".lede", "An application of O").says("#user-code", d.userCode).
			says(".flash-warning", "only if the device is in front of you").says("main", "act as alice").says(".points", "Read: look at everything")
		s.DB.Clock.Advance(5 * time.Second)
		d.poll(t, s).Want(400).Equal("error", "authorization_pending")

		form := fieldsOf(question.Find("main form"))
		form.Set("decision", "authorize")
		done := b.follow(b.send(http.MethodPost, "/device/decide", form).goesTo("/device/done")).is(200)
		done.says(".flash", "The device is authorized.").says("h1", "You can go back to your device")
		token := d.poll(t, s).Want(200).Equal("scope", "read").String("access_token")
		s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(token)).Want(200).Contains(`"alice"`)

		again := startDevice(t, s, d.client) // a later device is asked about as well
		b.submit(b.get("/device"), "main form", "user_code", " "+strings.ToLower(strings.Replace(again.userCode, "-", " ", 1))).is(200).says("#user-code", again.userCode)
		again.poll(t, s).Want(400).Equal("error", "authorization_pending")
	})
}

// TestDeviceDenied: also by a form without a decision.
func TestDeviceDenied(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app, b := register(t, s, "console", s.Organization.ID, forDevices), as(t, s, "alice")
		for _, decision := range []string{"deny", "", "Authorize"} {
			d := startDevice(t, s, app)
			form := fieldsOf(b.submit(b.get(d.link), "main form").is(200).Find("main form"))
			form.Set("decision", decision)
			b.follow(b.send(http.MethodPost, "/device/decide", form).goesTo("/device/done")).is(200).says(".flash", "You refused.")
			d.poll(t, s).Want(400).Equal("error", "access_denied")
		}
	})
}

// TestDeviceCodeRefused: a code that cannot be used is said beside the field, in the same words whatever the reason.
func TestDeviceCodeRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app, alice, bob := register(t, s, "console", s.Organization.ID, forDevices), as(t, s, "alice"), as(t, s, "bob")
		expired := startDevice(t, s, app)
		s.DB.Clock.Advance(10 * time.Minute)
		used, theirs := startDevice(t, s, app), startDevice(t, s, app)
		alice.post("/device", "user_code", used.userCode).is(200)
		alice.post("/device/decide", "user_code", used.userCode, "decision", "authorize").is(303)
		bob.post("/device", "user_code", theirs.userCode).is(200)
		first := ""
		for name, typed := range map[string]string{"nothing": "", "unknown": "BCDF-BCDF", "markup": `"><b id=evil>`, "expired": expired.userCode,
			"used": used.userCode, "somebody else's": theirs.userCode, "long": strings.Repeat("x", 50_000)} {
			page := alice.post("/device", "user_code", typed).wrong("user_code", codeRefused, "user_code", typed).lacks("#evil")
			if message := page.read("#f-user_code-error"); first != "" && message != first {
				t.Errorf("%s: %q", name, message)
			} else {
				first = message
			}
		}
		used.poll(t, s).Want(200)
		theirs.poll(t, s).Want(400).Equal("error", "authorization_pending")
		for _, link := range []string{"/device", "/device?user_code=", "/device?user_code=%3Cb%20id%3Devil%3E", "/device?user_code=%00&user_code=x"} {
			page := alice.get(link).is(200).lacks("#evil")
			if got := fieldsOf(page.Find("main form")).Get("user_code"); got != "" {
				t.Errorf("%s fills in %q", link, got)
			}
		}
	})
}

// TestDeviceCannotBeForced: a link never decides; a code that was not entered here, or was entered by somebody else, cannot be decided by
// a form that is sent straight away.
func TestDeviceCannotBeForced(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		d := startDevice(t, s, register(t, s, "console", s.Organization.ID, forDevices))
		alice, bob, nobody := as(t, s, "alice"), as(t, s, "bob"), as(t, s, "")
		alice.get(d.link + "&decision=authorize").is(200)
		alice.get("/device/decide?user_code=" + d.userCode + "&decision=authorize").is(http.StatusMethodNotAllowed)
		alice.post("/device/decide", "user_code", d.userCode, "decision", "authorize").wrong("user_code", codeRefused, "user_code", d.userCode)
		bob.post("/device", "user_code", d.userCode, "decision", "authorize").is(200)
		alice.post("/device", "user_code", d.userCode).wrong("user_code", codeRefused)
		alice.post("/device/decide", "user_code", d.userCode, "decision", "authorize").wrong("user_code", codeRefused)
		bob.send(http.MethodPost, "/device/decide", webtest.Form("user_code", d.userCode, "decision", "authorize")).is(403).says("main", "from another session")
		bob.send(http.MethodPost, "/device/decide", webtest.Form("user_code", d.userCode, "decision", "authorize", "csrf_token", alice.cookies["csrftoken"])).is(403)
		nobody.post("/device/decide", "user_code", d.userCode, "decision", "authorize").goesTo("/login?next=%2Fdevice")
		nobody.post("/device", "user_code", d.userCode).goesTo("/login?next=%2Fdevice")
		d.poll(t, s).Want(400).Equal("error", "authorization_pending")
		bob.send(http.MethodPost, "/device/decide", webtest.Form("user_code", d.userCode, "decision", "authorize", "csrf_token", bob.cookies["csrftoken"]),
			webtest.Header("Origin", "null")).goesTo("/device/done") // as browsers send it from a page without Referer
		d.poll(t, s).Want(200)
	})
}

// TestDeviceOfExternalUser: who may not have tokens is told so before anything else.
func TestDeviceOfExternalUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		d, b := startDevice(t, s, register(t, s, "console", s.Organization.ID, forDevices)), as(t, s, "alice")
		change(t, s, func(tx *store.Tx) error {
			alice, err := tx.LockUser(s.ID("alice"))
			if err != nil {
				return err
			}
			alice.ExternalAccount = "ldap"
			return tx.UpdateUser(alice)
		})
		b.post("/device", "user_code", d.userCode).is(403).says("main", models.ReasonExternalUser)
		as(t, s, "bob").post("/device", "user_code", d.userCode).is(200)
	})
}

// TestDeviceApplication: an application for devices is made in the console without redirect URIs.
func TestDeviceApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		made := b.submit(b.get("/applications/new"), "main form", "name", "Display", "client_type", "public", "organization", itoa(s.Organization.ID),
			"authorization_grant_type", models.GrantDeviceCode).is(200)
		made.says(".card-head", "Public · Device code")
		if text := made.read("main"); strings.Contains(text, "PKCE") {
			t.Errorf("a client that has no redirects is told of PKCE: %s", text)
		}
		address, _ := made.Find("main .actions a").Attr("href")
		b.get(address).is(200).says("main", "Device code")
		a := s.Post(t, "", "/o/device_authorization/", webtest.Form("client_id", made.read("#client-id"))).Want(200)
		b.post("/device", "user_code", a.String("user_code")).is(200).says("h1", "Authorize Display on a device?")
	})
}
