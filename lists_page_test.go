package main

import (
	"context"
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"gatehouse/store/storetest"
)

// download presses a link and gives the name and the text of the file that the browser keeps.
func (b *browser) download(selector string) (name, text string) {
	b.t.Helper()
	folder, events := b.t.TempDir(), true
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	begun, progress := chromedp.Events(ctx, downloads.DownloadWillBegin), chromedp.Events(ctx, downloads.DownloadProgress)
	b.do("download "+selector, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{Behavior: downloads.SetDownloadBehaviorBehaviorAllowAndName,
			DownloadPath: folder, EventsEnabled: &events})
		return err
	}), chromedp.Click(chromedp.CSS(selector)))
	for event, err := range begun {
		if err != nil {
			b.t.Fatal(err)
		}
		name = event.SuggestedFilename
		break
	}
	for event, err := range progress {
		switch {
		case err != nil:
			b.t.Fatal(err)
		case event.State == downloads.DownloadProgressStateCanceled:
			b.t.Fatalf("the download of %s was broken off", name)
		case event.State == downloads.DownloadProgressStateCompleted:
			content, err := os.ReadFile(filepath.Join(folder, event.GUID)) // #nosec G304 -- a folder of the test
			if err != nil {
				b.t.Fatal(err)
			}
			return name, string(content)
		}
	}
	b.t.Fatal("the browser told nothing of a download")
	return "", ""
}

// tickRows ticks the boxes of rows of a list, by the names that they have there.
func (b *browser) tickRows(names ...string) {
	b.t.Helper()
	for _, name := range names {
		b.do("tick "+name, chromedp.Click(chromedp.CSS(`main input[data-select][aria-label="Select `+name+`"]`)))
	}
}

// press is click, and waits until the next page of the console is there to its end.
func (b *browser) press(selector string) {
	b.t.Helper()
	b.click(selector)
	b.do("wait for the end of the page", chromedp.WaitReady(chromedp.CSS(`[data-live]`)))
}

// disabled waits until the script has switched an element off.
func (b *browser) disabled(selector string) {
	b.t.Helper()
	b.do("see that "+selector+" is off", chromedp.WaitReady(chromedp.CSS(selector+":disabled")))
}

// confirm ticks the box of a page that asks, whose button does nothing before.
func (b *browser) confirm() {
	b.t.Helper()
	b.disabled(`main form[data-ticked] [type="submit"]`)
	b.do("confirm", chromedp.Click(chromedp.CSS(`#f-confirm`)))
	b.press(`main form[data-ticked] [type="submit"]`)
}

// listsProgram is a program with three users, of whom two have tokens, and an administrator's browser.
func listsProgram(t *testing.T, database string) (*program, *browser, map[string]string) {
	p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
	p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
	p.serve()
	b := openBrowser(t, p.url)
	admin, tokens := p.newToken("admin"), map[string]string{}
	for _, name := range []string{"svc-build", "svc-desk", "svc-idle"} {
		p.api(http.MethodPost, "/api/gateway/v1/users/", admin, map[string]any{"username": name, "password": alicePassword}).want(t, http.StatusCreated)
		if name != "svc-idle" {
			tokens[name] = p.newToken(name)
		}
	}
	b.signIn("admin", adminPassword)
	return p, b, tokens
}

// TestExportWalk filters a list in the browser and downloads it: the file holds what the database does, and no formula.
func TestExportWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p, b, _ := listsProgram(t, database)
		b.visit("/tokens/new")
		b.fill("description", "=1+2")
		b.submit()
		b.visit("/tokens?kind=personal")
		b.fill("search", "=1")
		b.press(`.filters button[type="submit"]`)
		name, text := b.download(`nav[aria-label="Export"] a[href*="/tokens/export.csv"]`)
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][1] != "'=1+2" || !strings.HasPrefix(name, "tokens-") || !strings.HasSuffix(name, ".csv") {
			t.Fatalf("%s: %v: %q", name, err, text)
		}
		if stored := rowsOf(t, p.target(), "SELECT id, hint FROM access_tokens WHERE description = '=1+2'"); !strings.Contains(stored, rows[1][0]) || !strings.Contains(stored, rows[1][2]) {
			t.Errorf("the file says %v, the database %q", rows[1], stored)
		}
		b.visit("/users?order_by=-username")
		_, text = b.download(`nav[aria-label="Export"] a[href*="/users/export.json"]`)
		if at, before := strings.Index(text, "admin"), strings.Index(text, "svc-idle"); at < before || before < 0 || strings.Count(text, `"username"`) != 4 {
			t.Errorf("the file is %q", text)
		}
	})
}

// TestSelectionWalk ticks users in the list, disables them, and deletes one of them and what is gone meanwhile: each time the page that asks
// names what stops, its button waits for the box, and the database and the programs' answers agree.
func TestSelectionWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p, b, tokens := listsProgram(t, database)
		b.press(`.side-bar a[href="/users"]`)
		b.disabled(`[formaction="/users/disable"]`) // nothing is ticked
		b.tickRows("svc-build", "svc-desk")
		b.see("Disable selected users (2)")
		b.press(`button[formaction="/users/disable"]`)
		b.see("Yes, I confirm that I want to disable these 2 users.")
		b.see("1 token stops working, at once.")
		b.confirm()
		b.see("The users are disabled.")
		for name := range tokens {
			p.api(http.MethodGet, "/api/gateway/v1/me/", tokens[name], nil).want(t, http.StatusUnauthorized)
		}
		if active := rowsOf(t, p.target(), "SELECT username FROM users WHERE is_active ORDER BY id"); strings.Contains(active, "svc-build") || !strings.Contains(active, "svc-idle") {
			t.Errorf("active are %q", active)
		}
		b.visit("/users")
		b.press(`main table tbody tr:nth-child(2) th a`)
		b.see("Enable user")
		b.press(`a[href$="/enable"]`)
		b.see("1 token works again")
		b.press(`main form .button-primary`)
		b.see("The user is active.")
		p.api(http.MethodGet, "/api/gateway/v1/me/", tokens["svc-build"], nil).want(t, http.StatusOK)

		b.visit("/users")
		b.do("a narrow screen", chromedp.EmulateViewport(390, 844))
		b.tickRows("svc-build", "svc-idle")
		b.press(`button[formaction="/users/delete"]`)
		b.see("1 token dies with it, at once.")
		b.confirm()
		b.see("The users were deleted")
		b.notSee("svc-idle")
		p.api(http.MethodGet, "/api/gateway/v1/me/", tokens["svc-build"], nil).want(t, http.StatusUnauthorized)
		if users := rowsOf(t, p.target(), "SELECT username FROM users ORDER BY id"); strings.Contains(users, "svc-build") || strings.Contains(users, "svc-idle") || !strings.Contains(users, "svc-desk") {
			t.Errorf("left are %q", users)
		}
	})
}

// TestRevokeAllWalk revokes all tokens of a user from their page, in the browser.
func TestRevokeAllWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p, b, tokens := listsProgram(t, database)
		b.visit("/users")
		b.press(`main table tbody tr:nth-child(3) th a`)
		b.see("Personal (1)")
		b.press(`a[href$="/revoke"]`)
		b.do("choose refresh tokens too", chromedp.Click(chromedp.CSS(`#f-refresh`)))
		b.press(`main form[method="get"] button`)
		b.see("I want to revoke 1 access token of svc-desk.")
		b.confirm()
		b.see("All access tokens and refresh tokens of the user were revoked.")
		b.see("No tokens yet.")
		b.see("Created user svc-desk")
		p.api(http.MethodGet, "/api/gateway/v1/me/", tokens["svc-desk"], nil).want(t, http.StatusUnauthorized)
		p.api(http.MethodGet, "/api/gateway/v1/me/", tokens["svc-build"], nil).want(t, http.StatusOK)
		if notes := rowsOf(t, p.target(), "SELECT note FROM activity WHERE object_id = 0"); !strings.Contains(notes, "revoked 1 access tokens, 0 refresh tokens of svc-desk") {
			t.Errorf("the runs are %q", notes)
		}
	})
}
