package console_test

import (
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// TestSentTwice: a form that makes a secret makes one, however often it is sent; again it leads to what it made, without the secret.
func TestSentTwice(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		issued := itoa(token(t, s, "admin", models.FaceConsole, s.App.ID))
		for _, each := range []struct{ page, form, list, secret string }{
			{"/tokens/new", "main form", "/tokens", "#token-value"},
			{"/tokens/" + issued, `form[action$="/refresh"]`, "/tokens", "#token-value"},
			{"/applications/new", "main form", "/applications", "#client-secret"},
		} {
			page := b.get(each.page).is(200)
			send := func() *answer {
				if each.list == "/tokens" {
					return b.submit(page, each.form)
				}
				return b.submit(page, each.form, "name", "twice", "redirect_uris", callback, "organization", itoa(s.Organization.ID))
			}
			first := send().is(200)
			id, secret := madeID(t, first, each.list), first.read(each.secret)
			if secret == "" {
				t.Fatalf("%s shows no secret", each.page)
			}
			before := count(t, s)
			again := b.follow(send().goesTo(each.list+"/"+id)).is(200).says(".flash-warning", "sent before")
			if after := count(t, s); after != before {
				t.Errorf("%s sent twice: %s, before %s", each.page, after, before)
			}
			if strings.Contains(again.text, secret) {
				t.Error("the secret is shown again")
			}
		}
	})
}

// TestSecretsAreShownOnce: no other page, of the same person or an administrator, holds a value that was shown, and no log line.
func TestSecretsAreShownOnce(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		made := b.post("/tokens/new", "scope", "write", "application", itoa(s.App.ID)).is(200)
		app := b.post("/applications/new", "name", "secretive", "client_type", "confidential", "authorization_grant_type", "password",
			"organization", itoa(s.Organization.ID)).is(200)
		secrets := []string{made.read("#token-value"), made.read("#refresh-value"), app.read("#client-secret"), b.cookies["gatehouse_session"], webtest.Password}
		if len(secrets[2]) != models.ClientSecretLength {
			t.Errorf("the client secret has %d characters", len(secrets[2]))
		}
		for _, path := range []string{"/tokens", "/tokens/" + madeID(t, made, "/tokens"), "/tokens/" + madeID(t, made, "/tokens") + "/delete", "/tokens/new",
			"/applications", "/applications/" + itoa(s.App.ID), "/applications/" + madeID(t, app, "/applications"), "/applications/new",
			"/users", "/users/" + itoa(s.ID("admin")), "/organizations", "/organizations/" + itoa(s.Organization.ID), "/nowhere"} {
			page := b.get(path)
			for _, secret := range secrets {
				if secret == "" || strings.Contains(page.text, secret) {
					t.Errorf("%s holds %q", path, secret)
				}
			}
		}
		for _, secret := range secrets {
			if strings.Contains(s.Log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}
