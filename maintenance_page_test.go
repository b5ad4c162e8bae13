package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestMaintenanceWalk revokes one user's tokens and then everybody's in the browser, clears, and signs everybody out; each time the database
// and the programs' answers agree with the page.
func TestMaintenanceWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		b := openBrowser(t, p.url)
		admin := p.newToken("admin")
		p.api(http.MethodPost, "/api/gateway/v1/users/", admin, map[string]any{"username": "alice", "password": alicePassword}).want(t, http.StatusCreated)
		alice := p.newToken("alice")
		b.signIn("admin", adminPassword)
		b.click(`.side-bar a[href="/maintenance"]`)
		b.see("2 access tokens")

		b.click(`main a[href="/maintenance/revoke-tokens"]`)
		b.fill("user", "alice")
		b.click(`main form[method="get"] button`)
		b.see("I want to revoke 1 access token of alice.")
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.click(`main .button-danger`)
		b.see("Done: revoked 1 access tokens, 0 refresh tokens of alice.")
		p.api(http.MethodGet, "/api/gateway/v1/me/", alice, nil).want(t, http.StatusUnauthorized)
		p.api(http.MethodGet, "/api/gateway/v1/me/", admin, nil).want(t, http.StatusOK)

		b.visit("/maintenance/revoke-tokens")
		b.do("choose refresh tokens too", chromedp.Click(chromedp.CSS(`#f-refresh`)))
		b.click(`main form[method="get"] button`)
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.fill("your_password", "not the password")
		b.click(`main .button-danger`)
		b.see("This is not your password.")
		p.api(http.MethodGet, "/api/gateway/v1/me/", admin, nil).want(t, http.StatusOK)
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.fill("your_password", adminPassword)
		b.click(`main .button-danger`)
		b.see("Done: revoked 1 access tokens")
		p.api(http.MethodGet, "/api/gateway/v1/me/", admin, nil).want(t, http.StatusUnauthorized)

		b.visit("/maintenance/clear-tokens")
		b.see("There is nothing to do.")
		b.do("a narrow screen", chromedp.EmulateViewport(360, 740))
		b.visit("/maintenance/expire-sessions")
		b.see("Everybody has to sign in again, you too.")
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.fill("your_password", adminPassword)
		b.click(`main .button-danger`)
		b.see("Sign in")
		b.fill("username", "admin", "password", adminPassword)
		b.submit()
		b.see("Done: ended 1 sessions of 1 users.")
		if tokens := rowsOf(t, p.target(), "SELECT id FROM access_tokens"); tokens != "" {
			t.Errorf("there are tokens left: %s", tokens)
		}
		notes := rowsOf(t, p.target(), "SELECT note FROM activity WHERE object_id = 0 ORDER BY id")
		for _, want := range []string{"revoked 1 access tokens, 0 refresh tokens of alice", "ended 1 sessions of 1 users"} {
			if !strings.Contains(notes, want) {
				t.Errorf("the runs are %q, want %q", notes, want)
			}
		}
	})
}

// TestProgressOfATask clears token by token with a second between two: the page tells how far it is, and what it did, without being loaded again.
func TestProgressOfATask(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword, "CLEAR_EXPIRED_TOKENS_BATCH_SIZE=1", "CLEAR_EXPIRED_TOKENS_BATCH_INTERVAL=1")
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		for range 7 {
			p.newToken("admin")
		}
		if _, err := p.target().ExecContext(t.Context(), "UPDATE access_tokens SET expires = created"); err != nil {
			t.Fatal(err)
		}
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		b.visit("/maintenance/clear-tokens")
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.click(`main form[method="post"] button`)
		b.see("is under way")
		b.do("stay on this page", chromedp.Evaluate[chromedp.Void](`void (window.stayed = true)`))
		for _, text := range []string{"so far", "cleared 7 access tokens"} {
			b.do("wait for: "+text, chromedp.Poll[chromedp.Void](`document.querySelector("main").innerText.includes("`+text+`")`, chromedp.WithPollingTimeout(30*time.Second)))
		}
		b.do("look", chromedp.Poll[chromedp.Void](`window.stayed && !document.querySelector("[data-progress]")`, chromedp.WithPollingTimeout(time.Second)))
		if tokens := rowsOf(t, p.target(), "SELECT id FROM access_tokens"); tokens != "" {
			t.Errorf("there are tokens left: %s", tokens)
		}
	})
}

// TestProgressWhenSignedOut: who is signed out while a task goes on comes to the sign-in page, instead of looking at what stands still.
func TestProgressWhenSignedOut(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword, "CLEAR_EXPIRED_TOKENS_BATCH_SIZE=1", "CLEAR_EXPIRED_TOKENS_BATCH_INTERVAL=20")
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		p.newToken("admin")
		if _, err := p.target().ExecContext(t.Context(), "UPDATE access_tokens SET expires = created"); err != nil {
			t.Fatal(err)
		}
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		b.visit("/maintenance/clear-tokens")
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.click(`main form[method="post"] button`)
		b.see("1 so far")
		p.mustCommand("expire_sessions")
		for range 100 {
			if strings.Contains(b.address(), "/login") {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("the page stays at %s", b.address())
	})
}
