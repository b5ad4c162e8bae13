package main

import (
	"strings"
	"testing"

	"gatehouse/store/storetest"
	"gatehouse/web/caller"
	"gatehouse/web/console"
	"gatehouse/web/webtest"
)

// TestEveryPageIsKnown: each page of the console's table stands in consolePages, or in elsewhere, and nothing else does.
func TestEveryPageIsKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		known, names := map[string]bool{}, map[string]bool{}
		for _, each := range consolePages {
			path, _, _ := strings.Cut(each.path, "?")
			known[path], known[each.route] = true, true
			if names[each.name] {
				t.Errorf("two pages are called %s", each.name)
			}
			names[each.name] = true
		}
		for _, path := range addressesOfPages(t, db) {
			if _, none := elsewhere[path]; !none && !matches(path, known) {
				t.Errorf("%s is in the table of pages, and in no line of consolePages", path)
			}
		}
	})
}

// addressesOfPages are the patterns of all addresses that the console answers GET at, files aside.
func addressesOfPages(t *testing.T, db storetest.DB) (paths []string) {
	t.Helper()
	s := webtest.New(t, db)
	callers, err := caller.New(caller.Options{Server: s.Server})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := console.New(console.Options{Server: s.Server, Callers: callers})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range append(pages.Routes(), pages.ProtocolRoutes()...) {
		if each.Method == "GET" && !strings.Contains(each.Path, "/export.") {
			paths = append(paths, each.Path)
		}
	}
	if len(paths) < 35 {
		t.Fatalf("only %d pages", len(paths))
	}
	return paths
}

// matches reports whether one of the paths has the pattern.
func matches(pattern string, paths map[string]bool) bool {
	want := strings.Split(pattern, "/")
	for path := range paths {
		got := strings.Split(path, "/")
		same := len(got) == len(want)
		for n := range got {
			same = same && (got[n] == want[n] || strings.HasPrefix(want[n], ":") && strings.HasPrefix(got[n], "{"))
		}
		if same {
			return true
		}
	}
	return false
}
