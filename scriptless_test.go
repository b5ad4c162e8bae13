package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestWithoutScripts goes through the console in a browser that runs none.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	v := openViewer(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	v.scripts(false)
	v.signIn(administrator, adminPassword)
	v.holds("nothing that needs a script is shown", `[...document.querySelectorAll("[data-theme-switch], [data-copy], [data-select-all]")].every((each) => each.hidden)`)
	v.tokenWithoutScripts()
	v.listWithoutScripts()
	v.sessionsWithoutScripts()
	v.thingsWithoutScripts()
	v.look("light", 390)
	v.do("open the menu", chromedp.Click(chromedp.CSS(".menu > summary")))
	v.click(`.menu-body form[action="/logout"] button`)
	v.see("You are signed out.")
}

// scripts says whether pages that are loaded from now on may run any.
func (b *browser) scripts(run bool) {
	b.t.Helper()
	b.do("run scripts or not", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
		return err
	}))
}

func (v *viewer) tokenWithoutScripts() {
	v.visit("/tokens/new")
	v.fill("description", "Made without scripts")
	v.choose("expiry", "7")
	v.submit()
	v.see("Copy the value now.")
	v.opens(v.text("#token-value"))
	v.click(`main .actions a.button-primary`)
	v.fill("description", "Changed without scripts")
	v.submit()
	v.see("The token was saved.")
	v.stored("SELECT count(*) FROM access_tokens WHERE description = 'Changed without scripts'", "1")
	v.click(`main a[href$="/delete"]`)
	v.click(`main .button-danger`)
	v.see("The token was deleted.")
	v.stored("SELECT count(*) FROM access_tokens WHERE description = 'Changed without scripts'", "0")
}

// listWithoutScripts searches, filters and orders, goes on a page, and deletes what is ticked.
func (v *viewer) listWithoutScripts() {
	v.visit("/tokens")
	v.fill("search", "lab")
	v.choose("platform", "controller")
	v.click(`.filters button[type="submit"]`)
	v.see("for these filters")
	v.click(`.data-table th a.sort`)
	v.click(`.filters a.button`)
	v.click(`.pages a[rel="next"]`)
	v.see("Page 2")
	v.do("tick one", chromedp.Click(chromedp.CSS(`tbody tr:nth-child(1) [name="id"]`)))
	v.click(`[data-selected]`)
	v.see("This cannot be undone.")
	v.click(`main form a.button`)
	v.see("Tokens")
}

func (v *viewer) sessionsWithoutScripts() {
	v.visit("/sessions")
	v.click(`form[action="/sessions/others"] button`) // which nothing asks about
	v.see("All your other sessions have ended.")
	v.stored("SELECT count(*) FROM sessions WHERE user_id = {admin}", "1")
}

func (v *viewer) thingsWithoutScripts() {
	v.visit("/organizations/new")
	v.fill("name", "Scriptless")
	v.submit()
	v.see("The organization was created.")
	v.visit("/users/new")
	v.fill("username", "scriptless", "password", alicePassword, "password_confirm", alicePassword)
	v.submit()
	v.see("The user was created.")
	v.visit("/applications/new")
	register("Scriptless", "https://scriptless.example.com/callback")(v.browser, v.shown)
	v.see("Copy the client secret now.")
	v.stored("SELECT (SELECT count(*) FROM users WHERE username = 'scriptless') + (SELECT count(*) FROM applications WHERE name = 'Scriptless')", "2")
	v.at("/maintenance/revoke-tokens?user=ci-runner")
	v.do("tick", chromedp.Click(chromedp.CSS("#f-confirm")))
	v.click(`main .button-danger`)
	v.see("Done: revoked")
	v.stored("SELECT count(*) FROM access_tokens WHERE user_id = {ci-runner}", "0")
}
