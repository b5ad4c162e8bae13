package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// stored is a token as it is kept.
func stored(t testing.TB, s *webtest.Site, id int64) *models.AccessToken {
	t.Helper()
	token, err := s.DB.Read(t.Context()).AccessToken(id)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// live reports whether a value authenticates at the gateway's API.
func live(t testing.TB, s *webtest.Site, value string) bool {
	t.Helper()
	return s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(value)).Status == http.StatusOK
}

// madeID is the id of the object that a page with a secret leads to.
func madeID(t testing.TB, page *answer, list string) string {
	t.Helper()
	id, ok := strings.CutPrefix(page.Find("main .actions a.button-primary").AttrOr("href", ""), list+"/")
	if !ok {
		t.Fatalf("%s leads nowhere: %s", page.what, page.text)
	}
	return id
}

// TestCreateToken: a personal token is made as the form says and its value shown; it works.
func TestCreateToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		page := b.get("/tokens/new").is(200)
		made := b.submit(page, "main form", "description", " nightly run ", "scope", "write", "expiry", "7").is(200)
		value := made.read("#token-value")
		if len(value) != models.TokenLength || !live(t, s, value) {
			t.Errorf("the token %q does not work", value)
		}
		made.lacks("#refresh-value").says("#curl", "curl -H 'Authorization: Bearer "+value+"' http://localhost:8080/api/gateway/v1/me/")
		shown := b.get("/tokens/" + madeID(t, made, "/tokens")).is(200)
		shown.says("h1", "nightly run").says(".details", "Personal access token").says(".details", "Write").says(".chips", "Platform gateway").says(".chips", "Expires soon")
		token := stored(t, s, ids(t, s, "alice")[0])
		if !token.Expires.Equal(s.DB.Now().AddDate(0, 0, 7)) || token.Description != "nightly run" || !token.OwnedBy(s.ID("alice")) {
			t.Errorf("kept is %+v", token)
		}
	})
}

// TestExpiry: every way to choose the end of a token.
func TestExpiry(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b, now := as(t, s, "alice"), s.DB.Now()
		for choice, want := range map[string]time.Time{"30": now.AddDate(0, 0, 30), "longest": now.Add(365 * 24 * time.Hour),
			"date": time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)} {
			made := b.submit(b.get("/tokens/new"), "main form", "scope", "read", "expiry", choice, "expires_on", "2026-04-15").is(200)
			id := madeID(t, made, "/tokens")
			b.get("/tokens/"+id).says(".details", want.Format("2 Jan 2006, 15:04:05 UTC"))
		}
		refused := func(field, message string, pairs ...string) {
			t.Helper()
			b.submit(b.get("/tokens/new"), "main form", append([]string{"description", "kept", "scope", "read"}, pairs...)...).
				wrong(field, message, "description", "kept", "scope", "read")
		}
		refused("expires_on", "Choose a date.", "expiry", "date", "expires_on", "")
		refused("expires_on", "Choose a date.", "expiry", "date", "expires_on", "2026-02-30")
		refused("expires_on", "must be in the future", "expiry", "date", "expires_on", "2026-02-01")
		refused("expires_on", "may be at most", "expiry", "date", "expires_on", "2028-01-01")
		refused("expiry", "may be at most", "expiry", "366")
		refused("expiry", "Choose when", "expiry", "-1")
		refused("expiry", "Choose when", "expiry", "99999999999999999999")
		if n := len(ids(t, s, "alice")); n != 3 {
			t.Errorf("alice has %d tokens, want 3", n)
		}
	}, func(c *webtest.Config) { c.Server.Lifetimes = server.DefaultLifetimes() })
}

// TestCreateTokenRefused: bad input keeps what was typed; nothing is made.
func TestCreateTokenRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "om")
		b.post("/tokens/new", "description", "x", "scope", "admin", "expiry", "7").wrong("scope", "Invalid scope: admin", "description", "x", "expiry", "7")
		b.post("/tokens/new", "description", "x", "scope", "").wrong("scope", "Invalid scope")
		b.get("/tokens/new").is(200).has(`#f-description[maxlength="10000"]`)
		b.post("/tokens/new", "description", strings.Repeat("x", 10_001), "scope", "read").wrong("description", "no more than 10000 characters")
		b.post("/tokens/new", "scope", "read", "application", "999999").wrong("application", "Choose another one.")
		b.post("/tokens/new", "scope", "read", "application", "nonsense").wrong("application", "Choose another one.")
		forged := b.post("/tokens/new", "scope", "read", "application", itoa(s.Job.ID), "description", "forged")
		forged.wrong("application", "belongs to the automation controller", "description", "forged")
		if n := len(ids(t, s, "om")); n != 0 {
			t.Errorf("%d tokens were made", n)
		}
	})
}

// TestCreateApplicationToken: it comes with a refresh token; the page offers the gateway's applications only.
func TestCreateApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "om")
		page := b.get("/tokens/new")
		page.has(`#f-application option[value="` + itoa(s.App.ID) + `"]`).lacks(`#f-application option[value="` + itoa(s.Job.ID) + `"]`)
		made := b.submit(page, "main form", "scope", "read", "application", itoa(s.App.ID)).is(200)
		if len(made.read("#refresh-value")) != models.TokenLength || !live(t, s, made.read("#token-value")) {
			t.Error("the pair is not shown or does not work")
		}
		as(t, s, "alice").get("/tokens/new").lacks(`#f-application option[value="` + itoa(s.App.ID) + `"]`)
	})
}

// TestRefreshToken: a gateway application's token is renewed by its user; the page of any other token does not offer it.
func TestRefreshToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "om")
		made := b.submit(b.get("/tokens/new"), "main form", "scope", "read", "description", "ci", "application", itoa(s.App.ID)).is(200)
		old := made.read("#token-value")
		page := b.get("/tokens/" + madeID(t, made, "/tokens"))
		renewed := b.submit(page, `form[action$="/refresh"]`).is(200).says("main .lede", "refreshed")
		if value := renewed.read("#token-value"); value == old || !live(t, s, value) || live(t, s, old) {
			t.Error("not exactly the new value works")
		}
		page = b.get("/tokens/"+madeID(t, renewed, "/tokens")).says("h1", "ci")
		b.submit(page, `form[action$="/refresh"]`).is(200)
		b.post(page.Find(`form[action$="/refresh"]`).AttrOr("action", "")).is(http.StatusNotFound)

		for _, id := range []int64{token(t, s, "om", models.FaceConsole, 0), token(t, s, "om", models.FaceController, 0), token(t, s, "om", models.FaceController, s.Job.ID)} {
			b.get("/tokens/" + itoa(id)).is(200).lacks(`form[action$="/refresh"]`)
		}
		as(t, s, "oa").get("/tokens/" + itoa(token(t, s, "om", models.FaceConsole, s.App.ID))).is(200).lacks(`form[action$="/refresh"]`)
	})
}

// TestControllerToken: it is labelled, edited and deleted here, and not refreshed; a forged refresh says why (contract §0, rule 2).
func TestControllerToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := token(t, s, "om", models.FaceController, s.Job.ID)
		path := "/tokens/" + itoa(id)
		for _, who := range []string{"om", "admin"} {
			b := as(t, s, who)
			page := b.get(path).is(200).says(".chip-controller", "Automation controller").says(".flash", "not refreshed")
			if title := page.Find(".chip-controller").AttrOr("title", ""); !strings.Contains(title, "can be edited or deleted here, not created or refreshed") {
				t.Errorf("the label's title is %q", title)
			}
			b.post(path+"/refresh").is(http.StatusForbidden).says("main", "It can be refreshed only at the controller API (/api/o/token/).")
			saved := b.submit(page, "section form", "description", "by "+who, "scope", "read").goesTo(path)
			b.follow(saved).says(".flash-good", "saved").says("h1", "by "+who)
		}
		b := as(t, s, "om")
		b.submit(b.get(path+"/delete").is(200), "main form").goesTo("/tokens")
		b.get(path).is(http.StatusNotFound)
	})
}

// TestUpdateToken: a scope that is wider than allowed is refused beside its field.
func TestUpdateToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := token(t, s, "om", models.FaceConsole, s.App.ID)
		path := "/tokens/" + itoa(id)
		as(t, s, "om").post(path, "scope", "read", "description", "narrow").goesTo(path)
		b := as(t, s, "oa")
		b.submit(b.get(path), "section form", "scope", "write", "description", "kept").wrong("scope", "only be narrowed", "description", "kept", "scope", "write")
		if token := stored(t, s, id); token.Scope != "read" || token.Description != "narrow" {
			t.Errorf("kept is %q %q", token.Scope, token.Description)
		}
	})
}
