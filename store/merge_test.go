package store_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestApplicationsWithoutAny: of an application that has none, or none for long, of what is asked for, a page tries only as many tokens as it takes to be sure; and
// the pages are the list all the same.
func TestApplicationsWithoutAny(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		organization := &models.Organization{Name: "first"}
		other, early, middle, late := &models.User{Username: "other"}, &models.User{Username: "x-early"}, &models.User{Username: "x-middle"}, &models.User{Username: "x-late"}
		put(t, db, organization, other, early, middle, late)
		applications := []*models.Application{{Name: "first"}, {Name: "second"}, {Name: "third"}}
		for _, a := range applications {
			a.OrganizationID = &organization.ID
			put(t, db, a)
		}
		var tokens []any
		for i := range 600 {
			for n, a := range applications { // in turn
				token := &models.AccessToken{ApplicationID: &a.ID}
				switch {
				case i >= 300:
					token.UserID = &late.ID
				case i >= 60:
					token.UserID = &middle.ID
				case n == 0:
					token.UserID = &early.ID
				}
				tokens = append(tokens, token)
			}
		}
		for range 3500 { // that are not theirs
			tokens = append(tokens, &models.AccessToken{UserID: &other.ID})
		}
		put(t, db, tokens...)
		sees := models.Visibility{UserID: late.ID + 1, Organizations: []int64{organization.ID}}
		merged := 0
		check(t, db.Trace(func(s store.Statement) {
			if strings.HasPrefix(s.SQL, "WITH merged") {
				merged++
			}
		}))
		for _, each := range []struct {
			filter store.Filter
			times  int // that a page is read before it is sure
		}{
			{store.Filter{Field: "user", Lookup: "gte", Value: fmt.Sprint(early.ID)}, 1}, {store.Filter{Field: "user__username", Lookup: "startswith", Value: "x-"}, 1},
			{store.Filter{Field: "user", Lookup: "gte", Value: fmt.Sprint(middle.ID)}, 3}, {store.Filter{Field: "user", Lookup: "gte", Value: fmt.Sprint(late.ID)}, 3},
		} {
			q := store.Query{Filters: []store.Filter{each.filter}, Limit: 5, Sees: seesAll}
			merged = 0
			_, err := db.Read(t.Context()).AccessTokens(q, sees)
			check(t, err)
			if merged != each.times {
				t.Errorf("%v: merged %d times, want %d", each.filter, merged, each.times)
			}
			for _, descending := range []bool{false, true} {
				q.Order, q.Limit = []store.Order{{Field: "id", Descending: descending}}, 0
				checkPages(t, db.Read(t.Context()), fmt.Sprint(each.filter, descending), q, sees)
				first := q
				first.Limit = 12
				page, err := db.Read(t.Context()).AccessTokens(first, sees)
				check(t, err)
				list, err := db.Read(t.Context()).AccessTokens(q, sees)
				check(t, err)
				equal(t, fmt.Sprint(each.filter, descending), ids(page.Rows), ids(list.Rows[:12]))
			}
		}
	})
}
