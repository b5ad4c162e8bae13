package console_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// TestWithdrawConsent: a person sees what they consented to and takes it back: the tokens end, and the application has to ask again.
// What others consented to is neither shown nor touched.
func TestWithdrawConsent(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, "console", s.Organization.ID, public)
		desk := register(t, s, "controller", s.Organization.ID, func(in *server.ApplicationInput) { name := "Desk"; in.Name = &name })
		b, other := as(t, s, "alice"), as(t, s, "bob")
		b.get("/authorized").is(200).says("main", "No authorized applications")
		grant := func(b *browser, a *models.Application, pairs ...string) string {
			page := b.get(request(a, pairs...)).is(200)
			return b.send(http.MethodPost, "/o/authorize/", decide(page, "authorize")).atClient(http.StatusSeeOther).Get("code")
		}
		mine := redeem(t, s, app, grant(b, app)).Want(200)
		grant(b, app, "scope", "write")
		pending := b.get(request(app)).atClient(http.StatusFound).Get("code") // granted already
		grant(b, desk)
		theirs := redeem(t, s, app, grant(other, app)).Want(200)

		page := b.get("/authorized").is(200)
		if rows := page.Find("tbody tr").Length(); rows != 2 {
			t.Errorf("%d applications, want 2", rows)
		}
		page.says("tbody tr:first-child", "Desk").says("tbody tr:last-child", "Field <app>").says("tbody tr:last-child", "client.example.org").
			says("tbody tr:last-child", "Write")
		address := page.Find("tbody tr:last-child a").AttrOr("href", "")
		confirm := b.get(address).is(200).says("main", "Field <app>").says("main", "end at once")
		b.follow(b.submit(confirm, "main form").goesTo("/authorized")).says("main", "The consent was withdrawn").says("tbody tr", "Desk").lacks("tbody tr:nth-child(2)")

		me := func(token string) *webtest.Answer { return s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(token)) }
		me(mine.String("access_token")).Want(401)
		me(theirs.String("access_token")).Want(200)
		refresh := webtest.Form("grant_type", "refresh_token", "client_id", app.ClientID, "refresh_token", mine.String("refresh_token"))
		s.Post(t, "", "/o/token/", refresh).Want(400).Equal("error", "invalid_grant")
		redeem(t, s, app, pending).Want(400).Equal("error", "invalid_grant")
		b.get(request(app)).is(200).says("h1", "Authorize Field <app>?")
		if to := other.get(request(app)); to.status != http.StatusFound {
			t.Errorf("bob is asked again: %d", to.status)
		}
		b.send(http.MethodPost, address, form("", b.cookies["csrftoken"])).is(404) // withdrawn already
		b.get(strings.Replace(address, "/withdraw", "0/withdraw", 1)).is(404)
	})
}
