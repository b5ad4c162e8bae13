package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestPagesInAnotherOrder: short pages of long lists, which are found by going along what they are sorted by, are the list as one query answers it, whether what is asked
// is spread evenly in this order, comes first or comes last.
func TestPagesInAnotherOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 2000)
		write(t, db, func(tx *store.Tx) error { return tx.Exec("UPDATE access_tokens SET user_id = NULL WHERE id % 7 = 0") })
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET last_used = created WHERE id % 3 = 0")
		})
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("UPDATE applications SET name = 'app-7' WHERE id % 10 = 0 AND organization_id IS NULL")
		})
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET description = 'late' WHERE user_id IN (SELECT id FROM users WHERE username >= 'user-8')")
		})
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET application_id = 2 WHERE id BETWEEN 200 AND 600 AND application_id IS NOT NULL")
		})
		middle := start.Add(-1000 * time.Second).Format(time.RFC3339)
		r := db.Read(t.Context())
		for who, sees := range map[string]models.Visibility{"all": everything, "administered": {UserID: 7, Organizations: []int64{2}}, "the controller's": {All: true, Platform: models.Controller},
			"nothing administered": {UserID: 7, Organizations: []int64{999}}} {
			for n, filters := range [][]string{{}, {"id__gt=1700"}, {"id__lt=300"}, {"user__lt=150"}, {"user__lt=150", "created__lt=" + middle}, {"user__gt=500", "platform=gateway"}, {"description__startswith=token 3"},
				{"user__username__startswith=user-9", "created__gt=" + middle}, {"user__username=user-3", "created__gt=" + middle}, {"platform=gateway"}, {"last_used__isnull=true"}, {"created__lt=" + middle, "id__gt=1700"},
				{"created__gt=" + middle, "created__lt=" + start.Format(time.RFC3339), "user__lt=300"}, {"application__isnull=false", "expires__gt=" + middle}, {"description=late", "created__lt=" + middle},
				{"not__id__gt=300", "created__gt=2001-01-01"}, {"not__created__lt=" + middle, "user__lt=300"}, {"or__created__gt=" + middle, "or__user__lt=100"}, {"or__id__lt=50", "or__user__lt=100"},
				{"not__last_used__gt=" + middle, "user__lt=200"}, {"description=late", "application__isnull=true"}, {"user__lt=700", "created__gt=" + middle}} {
				for i, order := range []string{"id", "created", "modified", "expires", "last_used", "description", "user__username", "application__name"} {
					if (n+i)%2 == 1 || n%3 > 0 && (sees.Platform != "" || who == "nothing administered") {
						continue // enough of each
					}
					q := store.Query{Order: []store.Order{{Field: order, Descending: (n+i)%4 == 0}}, Sees: seesAll}
					for _, f := range filters {
						each := filterOf(strings.TrimPrefix(strings.TrimPrefix(f, "not__"), "or__"))
						each.Not, each.Or = strings.HasPrefix(f, "not__"), strings.HasPrefix(f, "or__")
						q.Filters = append(q.Filters, each)
					}
					checkShortPages(t, r, fmt.Sprintf("%s, %v by %v", who, filters, q.Order), q, sees)
				}
			}
		}
	})
}

// checkShortPages compares some pages, among them the first and the last, with the list.
func checkShortPages(t *testing.T, r store.Reader, what string, q store.Query, sees models.Visibility) {
	t.Helper()
	whole, err := r.AccessTokens(q, sees)
	check(t, err)
	all := ids(whole.Rows)
	q.Limit = 7
	for _, offset := range []int{0, 7, 70, len(all) - 5} {
		if q.Offset = offset; offset < 0 {
			continue
		}
		page, err := r.AccessTokens(q, sees)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want := all[min(offset, len(all)):min(offset+q.Limit, len(all))]
		if page.Count != int64(len(all)) || !slices.Equal(ids(page.Rows), want) {
			t.Errorf("%s from %d: count %d and %v; want %d and %v", what, offset, page.Count, ids(page.Rows), len(all), want)
		}
	}
}

// TestWhatRangesRead: what lies in the days in which a range of times begins and ends is counted from one bound to the next, and the tokens of few users are read by their index, even where an
// administrator sees many.
func TestWhatRangesRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 4000)
		var seen []store.Statement
		check(t, db.Trace(func(s store.Statement) { seen = append(seen, s) }))
		of := func(sees models.Visibility, filters ...store.Filter) {
			seen = nil
			_, err := db.Read(t.Context()).AccessTokens(store.Query{Filters: filters, Limit: 5}, sees)
			check(t, err)
		}
		administrator := models.Visibility{UserID: 7, Organizations: []int64{2}}
		for _, sees := range []models.Visibility{everything, administrator} {
			of(sees, filterOf("created__gt=2026-02-20T05:00:00"), filterOf("created__lt=2026-03-05T11:30:00"))
			edges := 0
			for _, statement := range seen {
				for _, part := range strings.Split(statement.SQL, "(SELECT count(*)")[1:] {
					part, _, _ = strings.Cut(part, " + (SELECT")
					if strings.Contains(part, "user_id") { // the few of their own
						continue
					}
					edges++
					if upper, lower := strings.Count(part, "created <"), strings.Count(part, "created >"); upper != 1 || lower != 1 {
						t.Errorf("%v: %d bounds above and %d below: %s", sees, upper, lower, part)
					}
				}
			}
			if edges != 2 {
				t.Errorf("%v: %d parts are counted", sees, edges)
			}
		}
		of(administrator, filterOf("user__lt=5"))
		pages := 0
		for _, statement := range seen {
			if !strings.HasPrefix(statement.SQL, "WITH merged") {
				continue
			}
			pages++
			if plan := explain(t, db, statement); otherIndexPattern.MatchString(plan) || !strings.Contains(plan, "access_tokens_user") {
				t.Errorf("%s\n%s", statement.SQL, plan)
			}
		}
		if pages != 1 {
			t.Errorf("the page is read %d times", pages)
		}
	})
}
