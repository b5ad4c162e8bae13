package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestThingsWalk does in the browser what the other walks leave out: it changes, renews and deletes what is there already, and looks into the
// database after each step.
func TestThingsWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		v := openViewer(t, database)
		v.become(runner)
		v.renewsTokens()
		v.withdraws()
		v.deletesSeveral()
		v.become(administrator)
		v.endsSessions()
		v.changesApplication()
		v.changesUser()
		v.changesOrganization()
	})
}

// at visits an address with {words}.
func (v *viewer) at(path string) { v.t.Helper(); v.visit(v.shown.in(path)) }

// stored fails the test when the query's values are others; ids are {words}.
func (v *viewer) stored(query string, want ...string) {
	v.t.Helper()
	if got := strings.Fields(rowsOf(v.t, v.shown.target(), v.shown.in(query))); strings.Join(got, " ") != strings.Join(want, " ") {
		v.t.Errorf("%s: %q, want %q", query, got, want)
	}
}

// agree answers yes to the question that a button asks.
func (v *viewer) agree(button string) {
	v.t.Helper()
	v.do("press "+button, press(button), chromedp.WaitVisible(chromedp.CSS("dialog")))
	v.click("dialog .button-danger")
}

// opens fails the test when the API does not take the token.
func (v *viewer) opens(token string) {
	v.t.Helper()
	v.shown.api(http.MethodGet, "/api/gateway/v1/me/", token, nil).want(v.t, http.StatusOK)
}

// renewsTokens: a personal token gets another value, beside which the old one works on; an application's is refreshed, and the old one ends.
func (v *viewer) renewsTokens() {
	old := v.shown.newToken(runner)
	v.visit("/tokens")
	v.click(`.cell-main a`)
	page := strings.TrimPrefix(v.address(), v.base)
	v.click(fmt.Sprintf(`a[href="%s/regenerate"]`, page))
	v.choose("overlap_seconds", "3600")
	v.submit()
	v.see("works on for an hour")
	value := v.text("#token-value")
	v.opens(value)
	v.opens(old)
	v.stored("SELECT count(*) FROM replaced_tokens WHERE access_token_id = "+strings.TrimPrefix(page, "/tokens/"), "1")

	v.at("/tokens/{token-application}")
	v.agree(`form[action$="/refresh"] button`)
	v.see("Its previous value no longer works.")
	v.opens(v.text("#token-value"))
	v.stored("SELECT id FROM access_tokens WHERE id = {token-application}")
	v.at("/tokens/{token-application}")
	v.see("There is nothing here, or no longer.")
}

// withdraws takes a consent back, with the tokens that the application holds.
func (v *viewer) withdraws() {
	v.visit("/authorized")
	v.click(v.shown.in(`a[href="/authorized/{app-desk}/withdraw"]`))
	v.click(`main .button-danger`)
	v.see("The consent was withdrawn.")
	v.stored("SELECT count(*) FROM consents WHERE user_id = {ci-runner} AND application_id = {app-desk}", "0")
	v.stored("SELECT count(*) FROM access_tokens WHERE user_id = {ci-runner} AND application_id = {app-desk}", "0")
}

// deletesSeveral deletes two tokens at once, after they were ticked and confirmed.
func (v *viewer) deletesSeveral() {
	v.visit("/tokens?search=lab")
	v.do("tick", press(`tbody tr:nth-child(1) [data-select]`), press(`tbody tr:nth-child(2) [data-select]`))
	v.see("Delete selected tokens (2)")
	v.click(`[data-selected]`)
	v.see("2 of them at once.")
	ids, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('main [name="id"]')].map((each) => each.value)`))
	if err != nil || len(ids) != 2 {
		v.t.Fatalf("the form names %q, %v", ids, err)
	}
	v.do("confirm", press("#f-confirm"))
	v.click(`main .button-danger`)
	v.see("The tokens were deleted.")
	v.stored("SELECT id FROM access_tokens WHERE id IN (" + strings.Join(ids, ", ") + ")")
	v.stored("SELECT count(*) FROM access_tokens WHERE id = {token-other}", "1")
}

// endsSessions signs out one browser of another user, and all others of one's own.
func (v *viewer) endsSessions() {
	v.visit("/sessions?owner=" + runner)
	v.click(`tbody tr:nth-child(3) form button`)
	v.see("The session has ended.")
	v.stored("SELECT count(*) FROM sessions WHERE user_id = {ci-runner}", "2")
	v.visit("/sessions")
	v.agree(`form[action="/sessions/others"] button`)
	v.see("All your other sessions have ended.")
	v.stored("SELECT count(*) FROM sessions WHERE user_id = {admin}", "1")
}

func (v *viewer) changesApplication() {
	v.at("/applications/{app-desk}")
	v.fill("name", "Help desk")
	v.submit()
	v.see("The application was saved.")
	v.stored("SELECT name FROM applications WHERE id = {app-desk}", "Help", "desk")
	v.click(v.shown.in(`a[href="/applications/{app-desk}/rotate"]`))
	v.fill("current_password", adminPassword)
	v.submit()
	secret := v.text("#client-secret")
	v.shown.form("/o/introspect/", v.shown.clients["desk"], secret, "token", "x").want(v.t, http.StatusOK)
	v.at("/applications/{app-desk}/delete")
	v.click(`main .button-danger`)
	v.see("The application was deleted, and all its tokens.")
	v.stored("SELECT id FROM applications WHERE id = {app-desk}")
	v.stored("SELECT id FROM access_tokens WHERE application_id = {app-desk}")
	v.shown.form("/o/introspect/", v.shown.clients["desk"], secret, "token", "x").want(v.t, http.StatusUnauthorized)
}

func (v *viewer) changesUser() {
	v.at("/users/{svc-backup}")
	v.fill("current_password", adminPassword, "password", alicePassword, "password_confirm", alicePassword)
	v.click(`form[action$="/password"] button`)
	v.see("The password was changed.")
	v.fill("first_name", "Backup")
	v.click(v.shown.in(`form[action="/users/{svc-backup}"] button`))
	v.see("The user was saved.")
	v.stored("SELECT first_name FROM users WHERE id = {svc-backup}", "Backup")
	v.at("/users/{svc-metrics}/delete")
	v.click(`main .button-danger`)
	v.see("The user was deleted, and all their tokens.")
	v.stored("SELECT id FROM users WHERE id = {svc-metrics}")
	v.stored("SELECT id FROM access_tokens WHERE user_id = {svc-metrics}")
}

func (v *viewer) changesOrganization() {
	v.at("/organizations/{org-empty}")
	v.fill("description", "Kept for the audit")
	v.submit()
	v.see("The organization was saved.")
	v.stored("SELECT description FROM organizations WHERE id = {org-empty}", "Kept", "for", "the", "audit")
	v.fill("username", "svc-backup", "your_password", adminPassword)
	v.choose("role", "admin")
	v.click(`form[action$="/add"] button`)
	v.see("The user belongs to the organization now.")
	v.stored("SELECT user_id, role FROM organization_users WHERE organization_id = {org-empty}", v.shown.in("{svc-backup}"), "admin")
	v.agree(`form[action$="/remove"] button`)
	v.see("The user no longer holds that role in the organization.")
	v.stored("SELECT role FROM organization_users WHERE organization_id = {org-empty}")
	v.at("/organizations/{org-empty}/delete")
	v.click(`main .button-danger`)
	v.see("The organization was deleted")
	v.stored("SELECT id FROM organizations WHERE id = {org-empty}")
	v.become("")
	v.signIn("svc-backup", alicePassword) // set above
	v.see("Sign out")
}
