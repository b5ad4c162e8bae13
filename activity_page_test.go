package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestActivityWalk makes, changes and deletes a token in the browser, and finds all of it in the activity stream: by filters, with the
// details, on a narrow screen as well, and as it is stored.
func TestActivityWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		b.visit("/tokens/new")
		b.fill("description", "Nightly backup")
		b.submit()
		b.click(`main .actions a.button-primary`)
		page := strings.TrimPrefix(b.address(), b.base)
		b.fill("description", "Weekly backup")
		b.submit()
		b.see("Changed access token")
		b.click(`section[aria-labelledby="activity-heading"] .card-head a`)
		b.see("2 entries about the access token Weekly backup")
		b.visit(page + "/delete")
		b.click(`main form button[type="submit"]`)

		b.click(`.side-bar a[href="/activity"]`)
		b.see("Deleted personal token Weekly backup")
		b.do("choose the type", b.set(`select[name="about"]`, "access-tokens"))
		b.fill("search", "weekly", "actor", "admin")
		b.click(`.filters button[type="submit"]`)
		if address := b.address(); !strings.HasSuffix(address, "/activity?about=access-tokens&actor=admin&search=weekly") &&
			!strings.HasSuffix(address, "/activity?search=weekly&actor=admin&about=access-tokens") {
			t.Errorf("the filters lead to %s", address)
		}
		b.see("2 entries for these filters")
		b.notSee("Created personal token") // which was nightly then
		b.do("a narrow screen", chromedp.EmulateViewport(390, 844))
		b.click(`.activity tbody tr:nth-child(2)`) // anywhere in the row
		b.see("Changed access token")
		if changes := b.text(".changes"); !strings.Contains(changes, "Nightly backup") || !strings.Contains(changes, "Weekly backup") {
			t.Errorf("the changes are %q", changes)
		}
		b.visit("/activity?search=nothing-like-this")
		b.click(`main .empty a`)
		b.see("Signed in")
		stored := rowsOf(t, p.target(), "SELECT operation, actor_name, origin, object_name FROM activity WHERE object_type = 'oauth2accesstoken' ORDER BY id")
		for _, want := range []string{"create", "update", "delete", "admin", "console", "Weekly backup"} {
			if !strings.Contains(stored, want) {
				t.Errorf("the stored entries are %q, want %q", stored, want)
			}
		}
	})
}
