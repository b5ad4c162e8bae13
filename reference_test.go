package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// TestReferenceOfTheAPI opens the page of the API and tries it there, as somebody who is signed in: reading needs the session alone, and
// writing its CSRF token. The page loads nothing from elsewhere, and nothing that the policy of pages refuses (the browser would say so).
func TestReferenceOfTheAPI(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		b := openBrowser(t, p.url)
		b.signIn("admin", adminPassword)
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.do("resize", chromedp.EmulateViewport(size[0], size[1]))
			b.visit("/docs")
			b.try("Gateway", "showGatewayMe", "200", `"username": "admin"`)
			b.try("Gateway tokens", "createGatewayToken", "201", `"type": "o_auth2_access_token"`)
			b.fits()
			b.loadsOnlyOurs(p.url)
		}
	})
}

// try opens an operation and sends the request that its example makes.
func (b *browser) try(tag, operation, status, shown string) {
	b.t.Helper()
	block := fmt.Sprintf(`[id$="-%s"]`, operation)
	section := fmt.Sprintf(`.opblock-tag[data-tag=%q]`, tag)
	b.do("try "+operation, press(section), press(block+" .opblock-summary-control"), press(block+" .try-out__btn"), press(block+" .execute"),
		chromedp.WaitReady(chromedp.CSS(block+" .live-responses-table")))
	if text := b.text(block + " .live-responses-table"); !strings.Contains(text, status) || !strings.Contains(text, shown) {
		b.t.Errorf("%s: the answer is shown as %q, want %s and %q", operation, text, status, shown)
	}
}

// press waits for an element and clicks it by script, wherever it is on the page.
func press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := chromedp.WaitReady(chromedp.CSS(selector))(ctx, target); err != nil {
			return err
		}
		_, err := chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, selector))(ctx, target)
		return err
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
	if err != nil || len(loaded) < 4 {
		b.t.Errorf("%q were loaded, %v", loaded, err)
	}
	for _, each := range loaded {
		if !strings.HasPrefix(each, ours+"/") {
			b.t.Errorf("the page has loaded %s", each)
		}
	}
}
