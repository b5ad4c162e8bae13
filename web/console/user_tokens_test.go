package console_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// TestTokensOfAUser: the page of a user leads to all tokens of theirs, and to those of each kind, with their numbers.
func TestTokensOfAUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for range 2 {
			token(t, s, "om", models.FaceConsole, 0)
		}
		token(t, s, "om", models.FaceConsole, s.App.ID)
		page := "/users/" + itoa(s.ID("om"))
		for who, want := range map[string]string{"admin": "All tokens (3)|Personal (2)|Of applications (1)", "aud": "All tokens (3)|Personal (2)|Of applications (1)",
			"om": "All tokens (3)|Personal (2)|Of applications (1)", "oa": "All tokens (1)|Of applications (1)"} {
			b := as(t, s, who)
			links := b.get(page).is(200)
			if got := strings.Join(links.column(`nav[aria-label="Tokens of this user"] a`), "|"); got != want {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
			b.get(links.Find(`nav[aria-label="Tokens of this user"] a:last-child`).AttrOr("href", "")).is(200).says(".lede", "1 token")
		}
		as(t, s, "admin").get("/users/"+itoa(s.ID("bob"))).is(200).says("main", "No tokens yet.").lacks(`nav[aria-label="Tokens of this user"]`)
	})
}

// TestRevokeAllTokens: an administrator, or the user, sees the numbers, ticks the box, and all are revoked, with or without what gets others.
func TestRevokeAllTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, who := range []string{"admin", "om"} {
			page := "/users/" + itoa(s.ID("om"))
			refreshing, err := s.CreateToken(t.Context(), actor(t, s, "om"), models.FaceConsole, server.TokenInput{Application: &s.App.ID})
			if err != nil {
				t.Fatal(err)
			}
			token(t, s, "om", models.FaceController, 0)
			others := token(t, s, "alice", models.FaceConsole, 0)
			b := as(t, s, who)
			b.get(page).is(200).has(`a[href="` + page + `/revoke"]`)
			asks := b.get(page+"/revoke").is(200).says("h1", "Revoke all tokens").says(".amounts", "2 access tokens").says("main", "I want to revoke 2 access tokens of om.").
				says(".flash-warning", "can get another access token").has(`form[data-ticked] [name="confirm"]`).lacks(`[name="user"]`).lacks(`[name="platform"]`)
			b.submit(asks, `form[method="post"]:has([name="confirm"])`).is(http.StatusUnprocessableEntity).says("#f-confirm-error", "Tick the box")
			b.follow(b.submit(asks, `form[method="post"]:has([name="confirm"])`, "confirm", "yes").goesTo(page)).says(".flash-good", "All access tokens of the user were revoked.").says("main", "No tokens yet.")
			refresh := webtest.Form("grant_type", "refresh_token", "client_id", s.App.ClientID, "client_secret", s.App.Secret, "refresh_token", refreshing.RefreshTokenValue.Reveal())
			again := s.Post(t, "", "/o/token/", refresh).Want(200).String("refresh_token")
			asks = b.get(page+"/revoke?refresh=true").is(200).says(".amounts", "1 access token").says(".amounts", "1 refresh token").says(".flash-warning", "people have to authorize them again")
			b.follow(b.submit(asks, `form[method="post"]:has([name="confirm"])`, "confirm", "yes").goesTo(page)).says(".flash-good", "All access tokens and refresh tokens")
			refresh.Set("refresh_token", again)
			s.Post(t, "", "/o/token/", refresh).Want(400).Equal("error", "invalid_grant")
			stored(t, s, others)
			b.get(page+"/revoke?refresh=true").is(200).says("main", "There is nothing to do.").has(`a.button[href="` + page + `"]`)
			b.follow(b.post(page+"/revoke", "confirm", "yes").goesTo(page)).says(".flash-good", "nothing to do any more")
			if entry := newestEntry(t, s); entry.Note != "revoked 1 access tokens, 1 refresh tokens of om" || entry.ActorName != who || entry.Origin != "console" {
				t.Errorf("the entry is %+v", entry)
			}
		}
		for _, who := range []string{"oa", "aud"} {
			page := "/users/" + itoa(s.ID("om"))
			b := as(t, s, who)
			b.get(page).is(200).lacks(`a[href$="/revoke"]`)
			b.get(page + "/revoke").is(http.StatusForbidden)
			b.post(page+"/revoke", "confirm", "yes").is(http.StatusForbidden)
		}
		b := as(t, s, "admin")
		b.get("/users/99999/revoke").is(http.StatusNotFound)
		b.post("/users/99999/revoke", "confirm", "yes").is(http.StatusNotFound)
		b.post("/users/99999/revoke").is(http.StatusNotFound)
	})
}

// TestActivityOfPeople: the pages of users and organizations tell of the latest that was done, to those who see that in the stream.
func TestActivityOfPeople(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		if err := s.Associate(t.Context(), actor(t, s, "admin"), s.Organization.ID, s.ID("bob"), models.RoleMember); err != nil {
			t.Fatal(err)
		}
		description := "for field crews"
		if _, err := s.UpdateOrganization(t.Context(), actor(t, s, "oa"), models.FaceConsole, s.Organization.ID, server.OrganizationInput{Description: &description}); err != nil {
			t.Fatal(err)
		}
		section := `section[aria-labelledby="activity-heading"]`
		organization, user := itoa(s.Organization.ID), itoa(s.ID("bob"))
		for who, sees := range map[string][2]bool{"admin": {true, true}, "aud": {true, true}, "oa": {true, false}, "om": {false, false}, "bob": {false, true}} {
			b := as(t, s, who)
			page := b.get("/organizations/" + organization).is(200)
			if sees[0] {
				page.says(section+" tbody tr:first-child", "Changed organization O").says(section, "Added user bob to organization O").has(section + ` a[href="/activity?organization=` + organization + `"]`)
			} else {
				page.lacks(section)
			}
			page = b.get("/users/" + user).is(200)
			if sees[1] {
				page.says(section, "Added user bob to organization O").has(section + ` a[href="/activity?user=` + user + `"]`)
			} else {
				page.lacks(section)
			}
		}
	})
}

// TestDisableUser: a page says what stops; then nobody signs in as them and their tokens are refused, until they are enabled.
func TestDisableUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		issued, err := s.CreateToken(t.Context(), actor(t, s, "alice"), models.FaceConsole, server.TokenInput{})
		if err != nil {
			t.Fatal(err)
		}
		me := func(want int) {
			t.Helper()
			s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(issued.AccessTokenValue.Reveal())).Want(want)
		}
		alice, b, page := as(t, s, "alice"), as(t, s, "admin"), "/users/"+itoa(s.ID("alice"))
		alice.get(page).is(200).lacks(`a[href="` + page + `/disable"]`)
		me(200)
		asks := b.get(b.get(page).has(`a[href="`+page+`/disable"]`).lacks(`a[href="`+page+`/enable"]`).Find(`a[href$="/disable"]`).AttrOr("href", "")).is(200)
		asks.says("h1", "Disable user").says(".lede", "can be enabled again").says("main", "1 token stops working, at once.").says("main", "refused wherever they are signed in")
		b.follow(b.submit(asks, "main form").goesTo(page)).says(".flash-good", "The user is disabled.").says(".chips", "Disabled").has(`a[href="` + page + `/enable"]`)
		me(401)
		alice.get("/tokens").is(http.StatusFound)
		b.get(page+"/disable").is(200).says("main", "alice is disabled already.")
		asks = b.get(page+"/enable").is(200).says("main", "alice can sign in again.").says("main", "1 token works again")
		b.follow(b.submit(asks, "main form").goesTo(page)).says(".flash-good", "The user is active.").says(".chips", "Active")
		me(200)
		if entry := newestEntry(t, s); entry.Operation != models.OperationUpdate || entry.ObjectID != s.ID("alice") || entry.Changes.Changed["is_active"] == [2]*string{} {
			t.Errorf("the entry is %+v", entry)
		}
		self := "/users/" + itoa(s.ID("admin"))
		b.get(self).is(200).lacks(`a[href="` + self + `/disable"]`)
		b.get(self+"/disable").is(200).says("main", "This is you")
		b.post(self+"/disable").is(http.StatusForbidden).says("main", "last active superuser")
		b.post("/users/disable", "id", itoa(s.ID("admin")), "confirm", "yes").is(http.StatusForbidden).says("tbody", "admin Refused This is the last active superuser.")
	})
}
