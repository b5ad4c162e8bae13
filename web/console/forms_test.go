package console_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/web/caller"
	"gatehouse/web/console"
	"gatehouse/web/webtest"
)

type row struct{ method, path string }

// routes are all pages and forms that there are.
func routes(t testing.TB, s *webtest.Site) []row {
	t.Helper()
	callers, err := caller.New(caller.Options{Server: s.Server})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := console.New(console.Options{Server: s.Server, Callers: callers})
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, each := range append(pages.Routes(), pages.ProtocolRoutes()...) {
		rows = append(rows, row{each.Method, each.Path})
	}
	if len(rows) < 40 {
		t.Fatalf("only %d routes", len(rows))
	}
	return rows
}

// TestForms: every form is refused without its csrf_token, with a wrong one, with that of another session, and from another site,
// whoever sends it; nothing changes.
func TestForms(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		b, other := as(t, s, "admin"), as(t, s, "admin")
		right := b.cookies["csrftoken"]
		before := count(t, s)
		for _, each := range routes(t, s) {
			if each.method != http.MethodPost {
				continue
			}
			path := strings.NewReplacer("/tokens/:id", "/tokens/{personal}", "/applications/:id", "/applications/{application}",
				"/users/:id", "/users/{user}", "/organizations/:id", "/organizations/{organization}").Replace(each.path)
			for name, csrf := range map[string]string{"no": "", "a wrong": strings.Repeat("x", 64), "another session's": other.cookies["csrftoken"]} {
				a := b.send(http.MethodPost, x.in(path), webtest.Form("csrf_token", csrf, "description", "x", "name", "x"))
				a.is(http.StatusForbidden).says("main", "from another session")
				if t.Failed() {
					t.Fatalf("%s with %s token", each.path, name)
				}
			}
			for _, foreign := range []func(*http.Request){
				webtest.Header("Sec-Fetch-Site", "cross-site"), webtest.Header("Sec-Fetch-Site", "same-site"),
				webtest.Header("Origin", "https://evil.example.org")} {
				b.send(http.MethodPost, x.in(path), webtest.Form("csrf_token", right), foreign).is(http.StatusForbidden).says("main", "another site")
			}
		}
		if after := count(t, s); after != before {
			t.Errorf("refused forms changed something: %s before, %s after", before, after)
		}
	})
}
