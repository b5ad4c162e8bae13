package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard signs in, makes a token, copies it and deletes it with the keys alone; then the menu of narrow screens and a question.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	v := openViewer(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	v.skips()
	v.tokenByKeys()
	v.menuByKeys()
	v.questionByKeys()
}

// keys presses some, without waiting for anything.
func (b *browser) keys(keys string) {
	b.t.Helper()
	b.do("press keys", chromedp.KeyEvent(keys))
}

// enters presses Enter and waits for the page that it leads to.
func (b *browser) enters() {
	b.t.Helper()
	b.do("press Enter", evaluate(`document.documentElement.dataset.old = "yes"`), chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(chromedp.CSS(`html:not([data-old]) h1`)))
}

// holds reports whether the script's condition is true.
func (b *browser) holds(what, condition string) {
	b.t.Helper()
	so, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition))
	if err != nil || !so {
		b.t.Errorf("at %s it is not so that %s (%v)", b.address(), what, err)
	}
}

// tabTo goes on with Tab until the element has the focus. What has it on the way can be seen, and that it has it.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 80 {
		b.keys(kb.Tab)
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
			const focused = document.activeElement, style = getComputedStyle(focused), box = focused.getBoundingClientRect();
			if (focused === document.body) return "";
			const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
			if (!outlined || !focused.checkVisibility() || box.width < 1 || box.height < 1) return "unseen: " + focused.outerHTML;
			return focused.matches(%q) ? "found" : "";
		})()`, selector)))
		if err != nil || found != "" && found != "found" {
			b.t.Fatalf("on the way to %s at %s: %v %s", selector, b.address(), err, found)
		}
		if found == "found" {
			return
		}
	}
	b.t.Fatalf("no way leads to %s at %s", selector, b.address())
}

// skips: the first key leads to the link over the navigation, which can be seen then, and leads to the content.
func (v *viewer) skips() {
	v.become(runner)
	v.visit("/tokens")
	v.tabTo(".skip")
	v.holds("the skip link is within the window", `document.querySelector(".skip").getBoundingClientRect().top >= 0`)
	v.keys(kb.Enter)
	v.holds("the focus is on the content", `document.activeElement.id === "main"`)
	v.keys(kb.Tab)
	v.holds("the next key goes into the content", `document.activeElement.closest("main") !== null`)
}

func (v *viewer) tokenByKeys() {
	t := v.t
	v.become("")
	v.visit("/login?next=/tokens")
	v.tabTo("[name=username]")
	v.keys(runner + kb.Tab + adminPassword)
	v.enters()
	v.tabTo(`main a[href="/tokens/new"]`)
	v.enters()
	v.tabTo("[name=description]")
	v.keys("Made by keys")
	v.tabTo("[name=scope]")
	v.keys(kb.ArrowDown)
	v.holds("the arrow chooses the other scope", `document.querySelector("[name=scope]:checked").value === "write"`)
	v.tabTo(`main button[type="submit"]`)
	v.enters()
	v.see("Copy the value now.")
	v.tabTo(`[data-copy="token-value"]`)
	v.keys(" ")
	v.do("wait for the copy", chromedp.WaitReady(chromedp.CSS(`#token-value[data-secret="copied"]`)))
	v.holds("it is said that it was copied", `document.querySelector("[data-live]").textContent.includes("copied")`)
	if token := v.text("#token-value"); len(token) != 30 {
		t.Errorf("the token is %q", token)
	}
	v.tabTo(`main .actions a.button-primary`)
	v.enters()
	v.stored("SELECT scope FROM access_tokens WHERE description = 'Made by keys'", "write")
	v.tabTo(`main a[href$="/delete"]`)
	v.enters()
	v.tabTo(`main .button-danger`)
	v.enters()
	v.see("The token was deleted.")
	v.stored("SELECT id FROM access_tokens WHERE description = 'Made by keys'")
}

// menuByKeys: it opens, its first entry comes next, and Escape closes it and gives the focus back.
func (v *viewer) menuByKeys() {
	v.look("light", 390)
	v.visit("/tokens")
	v.tabTo(".menu > summary")
	v.keys(kb.Enter)
	v.holds("the menu is open", `document.querySelector(".menu").open`)
	v.tabTo(`.menu-body a[href="/sessions"]`)
	v.keys(kb.Escape)
	v.holds("Escape closes the menu", `!document.querySelector(".menu").open`)
	v.holds("the focus is on its button", `document.activeElement.matches(".menu > summary")`)
	v.keys(kb.Enter)
	v.tabTo(`.menu-body a[href="/sessions"]`)
	v.enters()
	v.see("Sign out all my other sessions")
}

// questionByKeys: the focus goes into the dialog, stays in it, and comes back to the button.
func (v *viewer) questionByKeys() {
	v.look("light", 1440)
	v.visit("/sessions")
	button := `form[action="/sessions/others"] button`
	v.tabTo(button)
	v.keys(kb.Enter)
	v.do("wait for the question", chromedp.WaitVisible(chromedp.CSS("dialog")))
	v.holds("the harmless answer has the focus", `document.activeElement.matches("dialog [value=no]")`)
	for range 6 {
		v.keys(kb.Tab)
		v.holds("the focus stays in the dialog", `document.activeElement === document.body || document.activeElement.closest("dialog") !== null`)
	}
	v.keys(kb.Escape)
	v.do("wait for its end", chromedp.WaitNotPresent(chromedp.CSS("dialog")))
	v.holds("the focus is back on the button", fmt.Sprintf(`document.activeElement.matches(%q)`, button))
	v.stored("SELECT count(*) > 1 FROM sessions WHERE user_id = {ci-runner}", "1")
	v.keys(kb.Enter)
	v.do("wait for the question", chromedp.WaitVisible(chromedp.CSS("dialog")))
	v.tabTo("dialog [value=yes]")
	v.enters()
	v.see("All your other sessions have ended.")
	v.stored("SELECT count(*) FROM sessions WHERE user_id = {ci-runner}", "1")
}
