package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// posted is what a page of the form_post response mode sends to the client.
func (a *answer) posted() url.Values {
	a.t.Helper()
	a.is(http.StatusOK)
	form := a.Find("form[data-submit-at-once]")
	if action, _ := form.Attr("action"); action != callback || form.AttrOr("method", "") != "post" || form.Find("button[type=submit]").Length() != 1 {
		a.t.Errorf("%s posts to %q", a.what, action)
	}
	values := fieldsOf(form)
	if values.Get("state") != "st&te é" || values.Get("iss") != "http://localhost:8080" {
		a.t.Errorf("%s: the client gets %v", a.what, values)
	}
	return values
}

// TestFormPost: the response goes to the client in a form, after the consent and without, errors too; the page tells nobody its address,
// lets the form leave, and is kept nowhere.
func TestFormPost(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		b, address := as(t, s, "alice"), request(app, "response_mode", "form_post")
		page := b.get(address).is(200)
		denied := b.send(http.MethodPost, "/o/authorize/", decide(page, "deny")).posted()
		if denied.Get("error") != "access_denied" || denied.Has("code") {
			t.Errorf("a refusal gives the client %v", denied)
		}
		given := b.send(http.MethodPost, "/o/authorize/", decide(b.get(address), "authorize"))
		redeem(t, s, app, given.posted().Get("code")).Want(200).Equal("scope", "read")
		given.says("h1", "Back to Field <app>").says("main", "sent to client.example.org")
		again := b.get(address)
		redeem(t, s, app, again.posted().Get("code")).Want(200)
		for _, a := range []*answer{given, again} {
			policy := a.header.Get("Content-Security-Policy")
			if strings.Contains(policy, "form-action") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("policy %q", policy)
			}
			if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Location") != "" {
				t.Errorf("headers %v", a.header)
			}
		}
		for name, refused := range map[string]string{"scope": "invalid_scope", "resource": "invalid_target", "response_type": "unsupported_response_type"} {
			if got := b.get(request(app, "response_mode", "form_post", name, "nonsense")).posted(); got.Get("error") != refused {
				t.Errorf("a wrong %s gives the client %v", name, got)
			}
		}
	})
}

// TestFormPostToADevice: no form can be posted to a program of the person's own device; the client is told by its address.
func TestFormPostToADevice(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public, func(in *server.ApplicationInput) {
			in.RedirectURIs = &models.Words{"org.example.field:/callback"}
		})
		a := as(t, s, "alice").get(request(app, "response_mode", "form_post", "redirect_uri", "org.example.field:/callback")).is(http.StatusFound)
		if to := a.header.Get("Location"); !strings.HasPrefix(to, "org.example.field:/callback?error=invalid_request&") {
			t.Errorf("leads to %q", to)
		}
	})
}
