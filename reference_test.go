package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestReferenceOfTheAPI goes through the page of the API as somebody who wants to make a token: searches, opens what was found, and copies the
// request, which is then sent as it stands. It does so without scripts as well, wide and narrow.
func TestReferenceOfTheAPI(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		token := p.newToken("admin")
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.scripts(size[0] > 1000)
			b.do("resize", chromedp.EmulateViewport(size[0], size[1]))
			b.visit("/docs")
			b.fill("search", "gateway make token")
			b.click(`form[role="search"] button`)
			if found := b.text(".operations"); !strings.Contains(found, "/api/gateway/v1/tokens/") || strings.Contains(found, "controller") {
				t.Errorf("the search finds %q", found)
			}
			b.fits()
			b.click(`.operations a[href="/docs/createGatewayToken"]`)
			if shown := b.text("main"); !strings.Contains(shown, "a bearer token with the scope write") || !strings.Contains(shown, "shownOnlyThisOnce") {
				t.Errorf("the operation is shown as %q", shown)
			}
			b.fits()
			b.loadsOnlyOurs(p.url)
		}
		b.scripts(true)
		made := p.run("sh", []string{"-c", b.text("#curl") + " -s"}, "TOKEN="+token)
		if !strings.Contains(made, `"type":"o_auth2_access_token"`) || !strings.Contains(made, "Nightly inventory sync") {
			t.Errorf("the request that is shown answers %s", made)
		}
	})
}

// fits fails the test when the page is wider than the window.
func (b *browser) fits() {
	b.t.Helper()
	over, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
	if err != nil || over > 0 {
		b.t.Errorf("the page is %d pixels wider than the window, %v", over, err)
	}
}

// loadsOnlyOurs fails the test when the page has loaded anything from another server.
func (b *browser) loadsOnlyOurs(ours string) {
	b.t.Helper()
	loaded, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`performance.getEntriesByType("resource").map((each) => each.name)`))
	if err != nil || len(loaded) < 2 {
		b.t.Errorf("%q were loaded, %v", loaded, err)
	}
	for _, each := range loaded {
		if !strings.HasPrefix(each, ours+"/") {
			b.t.Errorf("the page has loaded %s", each)
		}
	}
}
