package console_test

import (
	"net/http"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// TestRegenerate: the token keeps its page and gets another value, shown once; the old one works for as long as was chosen.
func TestRegenerate(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		made := b.submit(b.get("/tokens/new"), "main form", "description", "deploys", "scope", "write", "expiry", "30").is(200)
		old, page := made.read("#token-value"), "/tokens/"+madeID(t, made, "/tokens")
		form := b.get(b.get(page).is(200).Find(`.page-head a[href$="/regenerate"]`).AttrOr("href", "")).is(200).says("h1", "Regenerate token").says(".lede", "deploys")
		renewed := b.submit(form, "main form", "overlap_seconds", "3600").is(200).says(".lede", "The old one works on for an hour.")
		value := renewed.read("#token-value")
		if value == old || !live(t, s, value) || !live(t, s, old) {
			t.Error("both values should work")
		}
		if "/tokens/"+madeID(t, renewed, "/tokens") != page {
			t.Error("the token is another")
		}
		b.follow(b.submit(form, "main form", "overlap_seconds", "3600").goesTo(page)).is(200).says(".flash-warning", "sent before").lacks("#token-value")
		if !live(t, s, value) {
			t.Error("the form that came again changed the value")
		}
		s.DB.Clock.Advance(time.Hour)
		if live(t, s, old) || !live(t, s, value) {
			t.Error("the old value should have ended")
		}
		b = as(t, s, "alice")
		b.submit(b.get(page+"/regenerate"), "main form", "overlap_seconds", "-1").is(422).says("#f-overlap_seconds-error", "from 0 to 2592000")
		b.submit(b.get(page+"/regenerate"), "main form", "overlap_seconds", "soon").is(422)
		at := b.submit(b.get(page+"/regenerate"), "main form", "overlap_seconds", "0").is(200).says(".lede", "The old one no longer works.")
		if live(t, s, value) || !live(t, s, at.read("#token-value")) {
			t.Error("the value should have been replaced at once")
		}
		s.DB.Clock.Advance(40 * 24 * time.Hour)
		b = as(t, s, "alice")
		b.get(page).is(200).lacks(`a[href$="/regenerate"]`)
	})
}

// TestRegenerateIsForTheGateway: a controller token has no such button, and the page says why; a form by hand is refused.
func TestRegenerateIsForTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		page := "/tokens/" + itoa(token(t, s, "alice", models.FaceController, 0))
		b.get(page).is(200).lacks(`a[href$="/regenerate"]`).says(".flash", "not regenerated: a new one is made through the controller’s API")
		b.post(page+"/regenerate", "overlap_seconds", "0").is(403).says("main", "belongs to the automation controller")
	})
}

// TestRotate: the application gets another secret after the administrator's own password, shown once; the old one works for as long as was
// chosen.
func TestRotate(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		made := b.submit(b.get("/applications/new"), "main form", "name", "rotating", "client_type", "confidential", "authorization_grant_type", "client-credentials",
			"organization", itoa(s.Organization.ID)).is(200)
		id, old, page := made.read("#client-id"), made.read("#client-secret"), "/applications/"+madeID(t, made, "/applications")
		works := func(secret string) bool {
			return s.Post(t, "", "/o/token/", webtest.Form("grant_type", "client_credentials"), func(r *http.Request) { r.SetBasicAuth(id, secret) }).Status == 200
		}
		form := b.get(b.get(page).is(200).Find(`.page-head a[href$="/rotate"]`).AttrOr("href", "")).is(200).says("h1", "Rotate secret")
		b.submit(form, "main form", "overlap_seconds", "86400", "current_password", "wrong").is(422).says("#f-current_password-error", "This is not your password.").
			lacks("#client-secret")
		rotated := b.submit(form, "main form", "overlap_seconds", "86400", "current_password", webtest.Password).is(200).says(".lede", "The old one works on for a day.")
		secret := rotated.read("#client-secret")
		if secret == old || !works(secret) || !works(old) {
			t.Error("both secrets should work")
		}
		b.follow(b.submit(form, "main form", "overlap_seconds", "0", "current_password", webtest.Password).goesTo(page)).says(".flash-warning", "sent before")
		if !works(old) {
			t.Error("the form that came again ended the old secret")
		}
		s.DB.Clock.Advance(24 * time.Hour)
		if works(old) || !works(secret) {
			t.Error("the old secret should have ended")
		}
	})
}
