package store_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// describedToken is what lists are compared with.
type describedToken struct {
	id                     int64
	description            string
	scope, platform        string
	user, application, org int64
}

func (w *describedWorld) tokens() []describedToken {
	var list []describedToken
	w.rows(`SELECT id, description, scope, platform, COALESCE(user_id, 0), COALESCE(application_id, 0),
		COALESCE((SELECT organization_id FROM applications AS a WHERE a.id = application_id), 0) FROM access_tokens ORDER BY id`, func(rows *sql.Rows) error {
		var t describedToken
		err := rows.Scan(&t.id, &t.description, &t.scope, &t.platform, &t.user, &t.application, &t.org)
		list = append(list, t)
		return err
	})
	return list
}

func (w *describedWorld) rows(query string, scan func(*sql.Rows) error) {
	w.t.Helper()
	read, _ := w.db.Pools()
	rows, err := read.QueryContext(w.t.Context(), query)
	check(w.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		check(w.t, scan(rows))
	}
	check(w.t, rows.Err())
}

// countedStretch is one of token_description_counts, with what it says of each platform.
type countedStretch struct {
	organization int64
	description  string
	number       map[string]int64
	alike        bool
}

func (s countedStretch) compare(t countedStretch) int {
	return cmp.Or(cmp.Compare(s.organization, t.organization), strings.Compare(s.description, t.description))
}

// checkStretches compares what is counted and noted of each stretch with the tokens in it. Of those that are settled, none is long but those of one description.
func (w *describedWorld) checkStretches(tokens []describedToken, settled bool, after string) {
	w.t.Helper()
	var stretches []countedStretch
	several := map[int64]map[string]map[string]bool{} // the descriptions of each stretch
	w.rows("SELECT organization_id, description, gateway, controller, alike FROM token_description_counts", func(rows *sql.Rows) error {
		s, gateway, controller := countedStretch{}, int64(0), int64(0)
		err := rows.Scan(&s.organization, &s.description, &gateway, &controller, &s.alike)
		s.number = map[string]int64{"gateway": gateway, "controller": controller}
		stretches = append(stretches, s)
		if settled && gateway+controller == 0 && s.description != "" {
			w.t.Fatalf("after %s: a stretch of no tokens from %.40q", after, s.description)
		}
		return err
	})
	slices.SortFunc(stretches, countedStretch.compare)
	find := func(organization int64, description string) *countedStretch {
		at, exact := slices.BinarySearchFunc(stretches, countedStretch{organization: organization, description: description}, countedStretch.compare)
		if !exact {
			at--
		}
		if at < 0 || stretches[at].organization != organization {
			return nil
		}
		return &stretches[at]
	}
	note := func(organization int64, description, platform string, n int64) {
		for _, of := range slices.Compact([]int64{0, organization}) {
			s := find(of, description)
			if s == nil && !settled && of > 0 {
				continue // nothing of it is settled
			}
			s.number[platform] += n
		}
	}
	w.rows("SELECT COALESCE(organization_id, 0), description, platform, tokens FROM access_token_changes", func(rows *sql.Rows) error {
		var description, platform string
		var organization, n int64
		err := rows.Scan(&organization, &description, &platform, &n)
		note(organization, description, platform, n)
		return err
	})
	for _, t := range tokens {
		letters := []rune(t.description)
		key := string(letters[:min(256, len(letters))])
		note(t.org, key, t.platform, -1)
		for _, of := range slices.Compact([]int64{0, t.org}) {
			s := find(of, key)
			if s == nil {
				continue
			}
			if several[of] == nil {
				several[of] = map[string]map[string]bool{}
			}
			if several[of][s.description] == nil {
				several[of][s.description] = map[string]bool{}
			}
			several[of][s.description][key] = true
		}
	}
	for _, s := range stretches {
		if s.number["gateway"] != 0 || s.number["controller"] != 0 {
			w.t.Fatalf("after %s: the stretch of %d from %.40q is wrong by %v", after, s.organization, s.description, s.number)
		}
	}
	if settled {
		w.checkLengths(tokens, find, several, after)
	}
}

// text begins a description that there is, or none, or all.
func (w *describedWorld) text(tokens []describedToken) string {
	text := []rune(tokens[w.random.IntN(len(tokens))].description)
	text = text[:w.random.IntN(len(text)+1)]
	if w.random.IntN(3) == 0 {
		text = append(text, []rune(letters[w.random.IntN(len(letters))])...)
	}
	return string(text)
}

// condition is a filter on descriptions with what it means.
func (w *describedWorld) condition(text string) (store.Filter, func(string) bool) {
	lookups := map[string]func(string) bool{
		"startswith": func(d string) bool { return strings.HasPrefix(d, text) }, "": func(d string) bool { return d == text }, "exact": func(d string) bool { return d == text },
		"gt": func(d string) bool { return d > text }, "gte": func(d string) bool { return d >= text }, "lt": func(d string) bool { return d < text },
		"lte": func(d string) bool { return d <= text }, "contains": func(d string) bool { return strings.Contains(d, text) },
		"istartswith": func(d string) bool { return strings.HasPrefix(store.Fold(d), store.Fold(text)) },
	}
	lookup := []string{"startswith", "startswith", "startswith", "startswith", "", "exact", "gt", "gte", "lt", "lte", "contains", "istartswith"}[w.random.IntN(12)]
	f := store.Filter{Field: "description", Lookup: lookup, Value: text}
	if w.random.IntN(8) == 0 {
		f.Not = true
		return f, func(d string) bool { return !lookups[lookup](d) }
	}
	return f, lookups[lookup]
}

// checkLists compares pages and counts of lists by descriptions, alone and with other conditions, with what they should show.
func (w *describedWorld) checkLists(tokens []describedToken, after string) {
	w.t.Helper()
	r := w.db.Read(w.t.Context())
	for who, v := range map[string]models.Visibility{
		"all": everything, "the controller's": {All: true, Platform: models.Controller}, "own": {UserID: w.users[1]},
		"own of the controller": {UserID: w.users[1], Platform: models.Controller}, "administered": {UserID: w.users[2], Organizations: w.organizations[:1]},
		"administered there": {UserID: w.users[2], Organizations: w.organizations[1:], Platform: models.Controller},
	} {
		for n := range 16 {
			f, meets := w.condition(w.text(tokens))
			also := []store.Filter{{Field: "platform", Value: "controller"}, {Field: "scope", Value: "read"}, {Field: "user", Value: fmt.Sprint(w.users[3])},
				{Field: "application", Lookup: "isnull", Value: "true"}}[n%4]
			q := store.Query{Filters: []store.Filter{f}, Limit: 10, Offset: n % 3 * 5}
			and, both := func(string) bool { return true }, n%2 == 1
			switch {
			case n%8 == 0:
				f, and = w.condition(w.text(tokens))
				q.Filters = append(q.Filters, f)
			case both:
				q.Filters = append(q.Filters, also)
			}
			var want []int64
			for _, t := range tokens {
				seen := v.All || t.user == v.UserID || slices.Contains(v.Organizations, t.org)
				other := map[string]bool{"platform": t.platform == "controller", "scope": t.scope == "read", "user": t.user == w.users[3], "application": t.application == 0}
				if seen && (v.Platform == "" || t.platform == string(v.Platform)) && meets(t.description) && and(t.description) && (!both || other[also.Field]) {
					want = append(want, t.id)
				}
			}
			page, err := r.AccessTokens(q, v)
			what := fmt.Sprintf("after %s: %s of %s", after, fmt.Sprintf("%.300v", q.Filters), who)
			if err != nil {
				w.t.Fatalf("%s: %v", what, err)
			}
			if page.Count != int64(len(want)) {
				w.t.Fatalf("%s: count %d, want %d", what, page.Count, len(want))
			}
			equal(w.t, what, ids(page.Rows), append([]int64{}, want[min(q.Offset, len(want)):min(q.Offset+10, len(want))]...))
		}
	}
}

// TestCountsOfDescriptions: whatever is done to descriptions, and however they are made, each stretch of them is counted as what it holds, none is
// long for long, and what is asked about descriptions is answered and counted as by looking at each.
func TestCountsOfDescriptions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		w := growDescribed(t, db)
		for n := range 30 {
			what, change := w.change()
			if n == 0 {
				what, change = "the first", func(tx *store.Tx) error { return tx.Exec(w.many(5000)) }
			}
			what = fmt.Sprintf("%d: %s", n, what)
			write(t, db, change)
			tokens := w.tokens()
			w.checkStretches(tokens, false, what)
			if n%3 == 0 {
				w.checkLists(tokens, what)
				write(t, db, (*store.Tx).Settle)
				w.checkStretches(tokens, true, what+", settled")
				w.checkLists(tokens, what+", settled")
			}
		}
		checkCounts(t, db, "all")
	})
}

// TestCountsOfDescriptionsUnderConcurrentWriters: stretches are split while others write to them.
func TestCountsOfDescriptionsUnderConcurrentWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		w := growDescribed(t, db)
		var group sync.WaitGroup
		for worker := range 6 {
			var statements []string
			for range 5 {
				statements = append(statements, w.many(30), w.many(600), fmt.Sprintf("DELETE FROM access_tokens WHERE id %% 6 = %d AND id %% 5 = 0", worker))
			}
			group.Go(func() {
				for n, statement := range statements {
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						err := tx.Exec(statement)
						if n%7 == 3 {
							err = errors.Join(err, tx.Settle())
						}
						if n%5 == 4 {
							err = errors.Join(err, errStop)
						}
						return err
					})
					if err != nil && !strings.HasSuffix(err.Error(), errStop.Error()) {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		w.checkStretches(w.tokens(), false, "concurrent writers")
		write(t, db, (*store.Tx).Settle)
		w.checkStretches(w.tokens(), true, "settling")
	})
}

// TestCountsOfDescriptionsThatWereThere: the migration counts descriptions while changes of the release before it are not settled.
func TestCountsOfDescriptionsThatWereThere(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		clock := &storetest.Clock{}
		s, err := store.Open(t.Context(), store.Options{URL: address, Clock: clock.Now})
		check(t, err)
		t.Cleanup(func() { _ = s.Close() })
		check(t, s.MigrateTo(t.Context(), 10))
		w := growDescribed(t, storetest.DB{Store: s, Clock: clock, URL: address})
		for _, n := range []int{2600, 40} {
			check(t, s.WriteWithoutSettling(t.Context(), func(tx *store.Tx) error { return tx.Exec(w.many(n)) }))
		}
		_, err = s.Migrate(t.Context())
		check(t, err)
		w.checkStretches(w.tokens(), true, "the migration")
		write(t, w.db, func(tx *store.Tx) error { return tx.Exec("DELETE FROM access_tokens WHERE id % 3 = 0") })
		w.checkStretches(w.tokens(), false, "deleting some")
		write(t, w.db, (*store.Tx).Settle)
		w.checkStretches(w.tokens(), true, "settling")
		w.checkLists(w.tokens(), "settling")
	})
}
