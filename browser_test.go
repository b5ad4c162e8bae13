package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a Chromium with an empty profile. Console errors and uncaught exceptions fail the test at its end.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
}

func openBrowser(t *testing.T, base string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1440, 900))
	allocator, stopAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	b := &browser{t: t, ctx: ctx, base: base}
	b.watchConsole()
	return b
}

// chromium finds the browser; without one the test fails, it is never skipped.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium in the PATH: run the tests with `make test`, which installs it")
	return ""
}

func (b *browser) watchConsole() {
	var mu sync.Mutex
	var problems []string
	err := chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			problems = append(problems, event.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			// A refused form answers 4xx, which the browser notes as an error of the network; that is no error of the page.
			if event.Entry.Level == log.EntryLevelError && event.Entry.Source != log.EntrySourceNetwork {
				problems = append(problems, event.Entry.Text)
			}
		case *page.EventJavascriptDialogOpening:
			go b.acceptDialog()
		}
	})
	if err != nil {
		b.t.Fatalf("listen to the browser's console: %v", err)
	}
	b.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(problems) > 0 {
			b.t.Errorf("the browser's console shows:\n%s", strings.Join(problems, "\n"))
		}
	})
}

// do runs actions within two minutes, since large pages take long on a busy machine; when they fail the page's text tells where the browser stood.
func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v\nat %s:\n%s", what, err, b.address(), b.text("body"))
	}
}

// acceptDialog answers "leave" where a page asks before a value that was not copied is lost.
func (b *browser) acceptDialog() {
	_ = chromedp.Do(b.ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		return err
	})) // a dialog that is gone needs no answer
}

func (b *browser) visit(path string) {
	b.t.Helper()
	b.do("visit "+path, chromedp.Navigate(b.base+path), chromedp.WaitReady(chromedp.CSS("h1")))
}

// fill types into the fields of the page's form, given as name and value pairs.
func (b *browser) fill(pairs ...string) {
	b.t.Helper()
	for n := 0; n < len(pairs); n += 2 {
		field := fmt.Sprintf(`main [name=%q]`, pairs[n])
		b.do("fill "+pairs[n], b.set(field, ""), chromedp.SendKeys(chromedp.CSS(field), pairs[n+1]))
	}
}

// choose picks options of select fields, given as name and value pairs.
func (b *browser) choose(pairs ...string) {
	b.t.Helper()
	for n := 0; n < len(pairs); n += 2 {
		b.do("choose "+pairs[n], b.set(fmt.Sprintf(`main select[name=%q]`, pairs[n]), pairs[n+1]))
	}
}

// set gives the first element a value at once; one that cannot take it fails.
func (b *browser) set(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.value = %q;
		if (element.value !== %[2]q) throw new Error("the field does not take the value");
	})()`, selector, value))
}

// click presses the first visible element and waits until another page has been loaded, whole.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.do("find "+selector, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const visible = [...document.querySelectorAll(%q)].find((element) => element.checkVisibility());
		if (!visible) throw new Error("nothing visible");
		visible.dataset.press = document.documentElement.dataset.old = "yes";
	})()`, selector)))
	b.do("click "+selector, chromedp.Click(chromedp.CSS(`[data-press]`), chromedp.NodeVisible),
		chromedp.WaitReady(chromedp.CSS(`html:not([data-old]) body`)), chromedp.Func(loaded))
}

// navigated reports whether the browser had left the page before it answered, as on a busy machine when it is sent on at once.
func navigated(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Inspected target navigated or closed")
}

// loaded waits until the page is there to its end. Its load event tells nothing where scripts do not run.
func loaded(ctx context.Context, target *chromedp.Target) error {
	for ctx.Err() == nil {
		complete, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete"`))
		if !navigated(err) && (err != nil || complete) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

// submit presses the main button of the page's form.
func (b *browser) submit() {
	b.t.Helper()
	b.click(`main form button.button-primary[type="submit"]`)
}

// text is the text of the first element, "" when there is none.
func (b *browser) text(selector string) string {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`(document.querySelector(%q) || {innerText: ""}).innerText`, selector)))
	return strings.TrimSpace(text)
}

// address is where the browser is.
func (b *browser) address() string {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	address, _ := chromedp.Run(ctx, chromedp.Location())
	return address
}

// see fails the test when the page does not hold the text.
func (b *browser) see(text string) {
	b.t.Helper()
	if shown := b.text("body"); !strings.Contains(shown, text) {
		b.t.Fatalf("the page at %s does not show %q:\n%s", b.address(), text, shown)
	}
}

// notSee fails the test when the page holds the text.
func (b *browser) notSee(text string) {
	b.t.Helper()
	if shown := b.text("body"); strings.Contains(shown, text) {
		b.t.Fatalf("the page at %s shows %q:\n%s", b.address(), text, shown)
	}
}

func (b *browser) signIn(username, password string) {
	b.t.Helper()
	b.visit("/login")
	b.fill("username", username, "password", password)
	b.submit()
}

// forge submits a form that the page does not offer, made by hand, with the session of the browser and the page's CSRF token. It
// returns the status of the page that answers.
func (b *browser) forge(action string, pairs ...string) int {
	b.t.Helper()
	b.do("forge "+action, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const values = %q.split("\n");
		values.push("csrf_token", document.querySelector("[name=csrf_token]").value);
		const form = Object.assign(document.createElement("form"), {method: "post", action: %q});
		for (let n = 0; n < values.length; n += 2) form.append(Object.assign(document.createElement("input"), {name: values[n], value: values[n + 1]}));
		const button = Object.assign(document.createElement("button"), {type: "submit", textContent: "Send"});
		button.dataset.forged = "yes";
		form.append(button);
		document.querySelector("main").prepend(form);
	})()`, strings.Join(pairs, "\n"), action)))
	b.click("[data-forged]")
	status, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`performance.getEntriesByType("navigation")[0].responseStatus`))
	if err != nil {
		b.t.Fatalf("read the status: %v", err)
	}
	return status
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
