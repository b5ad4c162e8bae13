package store_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// What the two databases would read in different ways, or one of them not at all, is refused by both.
func TestRefusedPatterns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for _, pattern := range []string{
			"(", ")", "[", "*", "a**", "a{2,1}", `\`, `\q`, "[z-a]", "[[:nothing:]]", `\p{Nothing}`, "(?P<a", // broken
			`(a)\1`, `\k<a>`, "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "a++", `\Z`, `\m`, `\y`, "(?#a)", "***:a", "(?x)a b", // others' words
			"(?m)^a", "(?m)a$", "a{256}", "a{1,256}", "a{256,}", "((a{100}){100}){100}", strings.Repeat("a{255}", 100), strings.Repeat(`\pL`, 300), // too much
		} {
			for _, lookup := range []string{"regex", "iregex"} {
				_, err := ask(t, db, "users", seesAll, store.Query{Filters: []store.Filter{{Field: "username", Lookup: lookup, Value: pattern}}})
				var refused *store.QueryError
				if !errors.As(err, &refused) || refused.Secret || !strings.Contains(refused.Message, "regular expression") && !strings.Contains(refused.Message, "username__"+lookup) {
					t.Errorf("%s %.50s: %v", lookup, pattern, err)
				}
			}
		}
	})
}

// FuzzRegularExpression: what is accepted for one database is accepted for the other, SQLite's is a pattern of Go, and PostgreSQL's
// consists of plain characters that are words there.
func FuzzRegularExpression(f *testing.F) {
	for _, pattern := range patterns {
		f.Add(pattern, true)
	}
	f.Fuzz(func(t *testing.T, pattern string, folded bool) {
		lite, err := store.RegularExpression(pattern, folded, store.SQLite)
		spelled, other := store.RegularExpression(pattern, folded, store.PostgreSQL)
		if (err == nil) != (other == nil) {
			t.Fatalf("%q: %v for SQLite, %v for PostgreSQL", pattern, err, other)
		}
		if err != nil {
			return
		}
		if _, err := regexp.Compile(lite); err != nil {
			t.Errorf("%q became %q: %v", pattern, lite, err)
		}
		if strings.IndexFunc(spelled, func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf }) >= 0 || strings.Contains(spelled, "[]") {
			t.Errorf("%q became %q", pattern, spelled)
		}
	})
}

// FuzzFilter: whatever is asked of a list, it is answered or refused, never an error of the database.
func FuzzFilter(f *testing.F) {
	db, err := store.Open(f.Context(), store.Options{URL: "sqlite:" + f.TempDir() + "/gatehouse.db"})
	check(f, err)
	f.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(f.Context())
	check(f, err)
	db.SetLimit(time.Hour)
	for n, key := range []string{"id", "user__username", "application__organization__name", "tokens", "users__tokens__description", "refresh_token__token", "user__user", "x"} {
		for _, lookup := range []string{"", "in", "isnull", "icontains", "regex", "search", "gt"} {
			f.Add(key, lookup, texts[n], uint8(n), "a")
		}
	}
	lists := []string{"users", "organizations", "applications", "access_tokens", "activity"}
	f.Fuzz(func(t *testing.T, field, lookup, value string, how uint8, order string) {
		one := store.Filter{Field: field, Lookup: lookup, Value: value, Not: how&1 > 0, Or: how&2 > 0, Chain: how&4 > 0}
		other := store.Filter{Field: field, Value: "1"}
		for _, list := range lists {
			for _, q := range []store.Query{{Filters: []store.Filter{one, other}}, {Order: []store.Order{{Field: order}, {Field: field}}}} {
				_, err := ask(t, storetest.DB{Store: db}, list, seesAll, q)
				var refused *store.QueryError
				if err != nil && !errors.As(err, &refused) {
					t.Errorf("%s %+v: %v", list, q, err)
				}
			}
		}
	})
}
