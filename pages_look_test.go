package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// make screenshots draws every page in its whole length, make pictures the first screen of some.
var (
	screenshots = flag.String("screenshots", "", "a folder for pictures of every page, in both themes, narrow and wide")
	pictured    = flag.String("pictures", "", "of which only these are drawn, as far as a screen shows them: tokens-dark-1440 ...")
)

// viewer is a browser that looks at the pages of the registry one after another.
type viewer struct {
	*browser
	shown  *shown
	assets map[string]int // bytes on the wire, by address

	mu     sync.Mutex
	header network.Headers // of the last page
}

// TestEveryPage opens each page as its reader does, and looks at it in both themes and from a phone to a wall.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	v := openViewer(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	for _, each := range consolePages {
		if *pictured != "" && !strings.Contains(" "+*pictured, " "+each.name+"-") {
			continue
		}
		t.Run(each.name, func(t *testing.T) {
			v.t = t
			v.open(each)
			v.guarded()
			v.light()
			v.accessible()
			v.fitting()
			v.drawn(each.name)
		})
	}
	t.Run("the largest lists", func(t *testing.T) {
		v.t = t
		v.largest()
	})
}

// openViewer starts the programs that the pages are on, and a browser.
func openViewer(t *testing.T, database string) *viewer {
	t.Helper()
	x := seedPages(t, database)
	x.program, x.fresh = newProgram(t, database), newProgram(t, "sqlite:"+filepath.Join(t.TempDir(), "fresh.db"))
	x.serve()
	x.fresh.serve()
	v := &viewer{browser: openBrowser(t, x.url), shown: x, assets: map[string]int{}}
	v.watchHeaders()
	return v
}

// watchHeaders keeps those of the page that the browser has loaded.
func (v *viewer) watchHeaders() {
	err := chromedp.Listen(v.ctx, func(event any) {
		if got, ok := event.(*network.EventResponseReceived); ok && got.Type == network.ResourceTypeDocument {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.header = got.Response.Headers
		}
	})
	if err != nil {
		v.t.Fatalf("listen to the network: %v", err)
	}
}

// guarded checks the headers that keep others from running anything in the page, or from keeping it.
func (v *viewer) guarded() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	header := map[string]string{}
	for name, value := range v.header {
		header[strings.ToLower(name)] = fmt.Sprint(value)
	}
	policy := header["content-security-policy"]
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; ") || strings.Contains(policy, "unsafe-") {
		v.t.Errorf("the Content-Security-Policy is %q", policy)
	}
	if header["cache-control"] != "no-store" || header["x-content-type-options"] != "nosniff" {
		v.t.Errorf("the headers are %v", header)
	}
}

// fitting checks that the page is nowhere wider than the window, from a small phone to a wall.
func (v *viewer) fitting() {
	v.t.Helper()
	for _, width := range []int64{360, 390, 768, 1024, 1440, 2560} {
		v.look("light", width)
		wide, err := chromedp.Run(v.ctx, chromedp.Evaluate[int](`Math.max(...[document.scrollingElement, ...document.querySelectorAll(".table-box")].map((each) => each.scrollWidth - each.clientWidth))`))
		if err != nil || wide > 0 {
			v.t.Errorf("at %d px the page, or a table, is %d pixels too wide, %v", width, wide, err)
		}
	}
}

// open becomes the page's reader, goes there and checks the status.
func (v *viewer) open(p consolePage) {
	v.t.Helper()
	v.base = v.shown.url
	if p.who == firstRun {
		v.base = v.shown.fresh.url
	}
	v.become(p.who)
	v.look("light", 1440)
	v.visit(v.shown.in(p.path))
	if p.reach != nil {
		p.reach(v.browser, v.shown)
	}
	want := p.status
	if want == 0 {
		want = 200
	}
	if got := v.status(); got != want {
		v.t.Fatalf("status %d at %s, want %d:\n%s", got, v.address(), want, v.text("main"))
	}
}

// become changes the cookies to those of somebody, or of nobody.
func (v *viewer) become(who string) {
	v.t.Helper()
	v.do("become "+who, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.ClearBrowserCookies, cdp.Empty{})
		if err != nil || v.shown.sessions[who] == "" {
			return err
		}
		_, err = cdp.Call(ctx, target, network.SetCookies, network.SetCookiesParams{Cookies: []*network.CookieParam{{Name: "gatehouse_session", Value: v.shown.sessions[who], URL: v.base}}})
		return err
	}))
}

// look sets theme and width, without loading the page again.
func (v *viewer) look(theme string, width int64) {
	v.t.Helper()
	v.do("look", chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
}

// status is the page's, as the browser was answered.
func (b *browser) status() int {
	b.t.Helper()
	status, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`performance.getEntriesByType("navigation")[0].responseStatus`))
	if err != nil {
		b.t.Fatalf("read the status: %v", err)
	}
	return status
}

// finding is what axe-core says is wrong.
type finding struct {
	Rule    string
	Impact  string
	Help    string
	Targets []string
}

// accessible has axe-core look at the page in both themes, and on a phone. Between the themes only the colours differ.
func (v *viewer) accessible() {
	v.t.Helper()
	axe, err := os.ReadFile("clients/node_modules/axe-core/axe.min.js")
	if err != nil {
		v.t.Fatalf("axe-core is not there, .ci/prepare fetches it: %v", err)
	}
	v.do("load axe-core", evaluate(string(axe)))
	for _, look := range []struct {
		theme string
		width int64
		only  string
	}{{"light", 1440, ""}, {"dark", 1440, `, runOnly: ["color-contrast", "link-in-text-block"]`}, {"light", 390, ""}} {
		v.look(look.theme, look.width)
		for _, each := range v.findings(look.only) {
			v.t.Errorf("%s at %d px: %s (%s): %s\n  %s", look.theme, look.width, each.Rule, each.Impact, each.Help, strings.Join(each.Targets, "\n  "))
		}
	}
}

func (v *viewer) findings(only string) []finding {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, time.Minute)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}%s}).then((results) => JSON.stringify(
		results.violations.map((each) => ({Rule: each.id, Impact: each.impact, Help: each.help, Targets: each.nodes.map((node) => node.target.join(" ") + ": " + node.failureSummary)}))))`, only), chromedp.EvalAwaitPromise))
	var found []finding
	if err == nil {
		err = json.Unmarshal([]byte(text), &found)
	}
	if err != nil {
		v.t.Fatalf("axe-core: %v", err)
	}
	return found
}

// drawn makes the pictures of the page, if pictures are asked for.
func (v *viewer) drawn(name string) {
	v.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1440} {
			file, draw := fmt.Sprintf("%s-%s-%d", name, theme, width), chromedp.FullScreenshot(100)
			if *pictured != "" {
				draw = firstScreen
			}
			if *screenshots == "" || *pictured != "" && !slices.Contains(strings.Fields(*pictured), file) {
				continue
			}
			v.look(theme, width)
			picture, err := chromedp.Run(v.ctx, draw)
			if err == nil {
				err = os.WriteFile(filepath.Join(*screenshots, file+map[bool]string{true: ".png", false: ".webp"}[*pictured == ""]), picture, 0o600)
			}
			if err != nil {
				v.t.Fatalf("draw the page: %v", err)
			}
		}
	}
}

// firstScreen draws what the window shows, small enough for a document.
func firstScreen(ctx context.Context, target *chromedp.Target) ([]byte, error) {
	drawn, err := cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: new(int64(90))})
	if err != nil {
		return nil, err
	}
	return drawn.Data, nil
}

func evaluate(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script)
}
