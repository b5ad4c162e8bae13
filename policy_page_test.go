package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestTokenPolicyWalk sets a token policy in the browser, looks at what it would do before, and sees that the database and the programs go by it:
// a token that was not used for so long is refused at once, by another server on the database too, and works again without the policy.
func TestTokenPolicyWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		other := newProgram(t, database)
		other.serve()
		old, new := p.newToken("admin"), p.newToken("admin")
		me := func(token string, status int) {
			t.Helper()
			for _, each := range []*program{p, other} {
				each.api(http.MethodGet, "/api/gateway/v1/me/", token, nil).want(t, status)
			}
		}
		p.api(http.MethodGet, "/api/gateway/v1/me/", old, nil).want(t, http.StatusOK)
		age(t, p, "1")
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		b.click(`.side-bar a[href="/policy"]`)
		b.see("The environment")
		b.fill("default_days", "7", "longest_days", "30", "idle_days", "9000")
		b.do("lift the bounds that the browser knows", chromedp.Evaluate[chromedp.Void](`document.querySelector("main form").noValidate = true`))
		b.click(`main form[method="get"] button`)
		b.see("Enter a lifetime from 1 day to 3650 days, or nothing.")
		b.fill("idle_days", "14")
		b.click(`main form[method="get"] button`)
		b.see("1 personal token stops working at once")
		b.see("2 personal tokens expire more than 30 days from now")
		p.api(http.MethodGet, "/api/gateway/v1/me/", old, nil).want(t, http.StatusOK)
		age(t, p, "1") // which that was a use of

		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.fill("your_password", "not the password")
		b.click(`main form[method="post"] button`)
		b.see("This is not your password.")
		b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
		b.fill("your_password", adminPassword)
		b.click(`main form[method="post"] button`)
		b.see("The token policy is set")
		b.see("14 days")
		if kept := rowsOf(t, p.target(), "SELECT value FROM settings WHERE key = 'token_policy'"); !strings.Contains(kept, `{"default":604800,"longest":2592000,"idle":1209600}`) {
			t.Errorf("kept is %s", kept)
		}
		me(old, http.StatusUnauthorized)
		me(new, http.StatusOK)
		late := p.api(http.MethodPost, "/api/gateway/v1/tokens/", new, map[string]any{"expires": "2199-01-01T00:00:00Z"})
		late.want(t, http.StatusBadRequest)
		_, said, code := p.command("create_oauth2_token", "--user", "admin", "--days", "31")
		if code != 1 || said != "CommandError: expires: The expiry may be at most 30 days from now.\n" {
			t.Errorf("the command says %q, exit %d", said, code)
		}
		b.visit("/tokens?state=unused")
		b.see("Expired, not used for 14 days")
		b.visit("/tokens/new")
		b.see("The default: 7 days")

		b.visit("/policy")
		b.click(`main a[href*="idle_days=&"], main a[href$="idle_days="]`)
		b.see("1 personal token that is refused for want of use works again.")
		b.fill("your_password", adminPassword)
		b.click(`main form[method="post"] button`)
		b.see("The token policy is set")
		me(old, http.StatusOK)
		b.do("a narrow screen", chromedp.EmulateViewport(360, 740))
		b.visit("/activity?about=settings")
		b.see("Changed the token policy")
	})
}

// age makes the token with the id, whose use is being stored, one that was made twenty days earlier and never used.
func age(t *testing.T, p *program, id string) {
	t.Helper()
	p.waitForUse(id)
	twenty := "interval '20 days'"
	if strings.HasPrefix(p.database(), "sqlite:") {
		twenty = "20 * 86400000000"
	}
	if _, err := p.target().ExecContext(t.Context(), "UPDATE access_tokens SET last_used = NULL, created = created - "+twenty+" WHERE id = "+id); err != nil {
		t.Fatal(err)
	}
}
