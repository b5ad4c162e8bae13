package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Every lookup on every field of every list, and its negation, against what it means.
func TestEveryLookup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		db.SetLimit(time.Hour) // a busy machine is no slow query
		r, tried := db.Read(t.Context()), 0
		for _, list := range growLists(t, db) {
			for field, kind := range store.Lists()[list.name] {
				if kind == "secret" {
					continue // TestSecretFields
				}
				for lookup, values := range filtersOf(field, kind) {
					for n, value := range values {
						filter := store.Filter{Field: field, Lookup: lookup, Value: value, Not: n%2 == 1}
						want := []int64{}
						for _, row := range list.rows {
							is, known := row.fields[field]
							if !known {
								t.Fatalf("%s.%s is not in the test", list.name, field)
							}
							if matches(is, lookup, value) != filter.Not {
								want = append(want, row.id)
							}
						}
						got, counted, err := list.ask(r, store.Query{Filters: []store.Filter{filter}})
						if err != nil {
							t.Fatalf("%s %+v: %v", list.name, filter, err)
						}
						if tried++; !slices.Equal(sorted(got), want) || counted != int64(len(want)) {
							t.Errorf("%s %+v: %v, count %d, want %v", list.name, filter, sorted(got), counted, want)
						}
					}
				}
			}
		}
		if tried < 2500 {
			t.Errorf("only %d filters were tried", tried)
		}
	})
}

// Every field of every list in both directions: texts by code point, null last, ties by id.
func TestEveryOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		r := db.Read(t.Context())
		for _, list := range growLists(t, db) {
			for field, kind := range store.Lists()[list.name] {
				if kind == "secret" {
					continue
				}
				if _, known := list.rows[0].fields[field]; !known {
					t.Fatalf("%s.%s is not in the test", list.name, field)
				}
				for _, descending := range []bool{false, true} {
					want := slices.SortedFunc(slices.Values(list.rows), func(a, b row) int {
						return cmp.Or(byValue(a.fields[field], b.fields[field], descending), cmp.Compare(a.id, b.id))
					})
					got, _, err := list.ask(r, store.Query{Order: []store.Order{{Field: field, Descending: descending}}, SkipCount: true})
					if err != nil {
						t.Fatalf("%s by %s: %v", list.name, field, err)
					}
					equal(t, fmt.Sprintf("%s by %s, descending %v", list.name, field, descending), got, rowIDs(want))
				}
			}
		}
	})
}

func byValue(a, b any, descending bool) int {
	if a == nil || b == nil {
		return number(a == nil) - number(b == nil) // null is last both ways
	}
	var order int
	switch a := a.(type) {
	case int64:
		order = cmp.Compare(a, b.(int64))
	case bool:
		order = number(a) - number(b.(bool))
	case time.Time:
		order = a.Compare(b.(time.Time))
	case string:
		order = cmp.Compare(a, b.(string))
	}
	if descending {
		return -order
	}
	return order
}

func rowIDs(rows []row) []int64 {
	ids := []int64{}
	for _, row := range rows {
		ids = append(ids, row.id)
	}
	return ids
}

func TestDefaultAndCombinedOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		r := db.Read(t.Context())
		for _, list := range growLists(t, db) {
			own := map[string][]store.Order{"users": {{Field: "id"}}, "organizations": {{Field: "name"}}, "access_tokens": {{Field: "id"}},
				"applications": {{Field: "organization"}, {Field: "name"}}, "activity": {{Field: "id", Descending: true}}}[list.name]
			combined := []store.Order{{Field: "created", Descending: true}, {Field: "modified"}}
			if list.name == "activity" {
				combined = []store.Order{{Field: "object_id", Descending: true}, {Field: "origin"}}
			}
			for _, test := range []struct{ asked, want []store.Order }{{nil, own}, {combined, combined}, {append(combined[:1:1], combined[0]), combined[:1]}} {
				want := slices.SortedFunc(slices.Values(list.rows), func(a, b row) int {
					for _, o := range test.want {
						if order := byValue(a.fields[o.Field], b.fields[o.Field], o.Descending); order != 0 {
							return order
						}
					}
					return cmp.Compare(a.id, b.id)
				})
				got, _, err := list.ask(r, store.Query{Order: test.asked})
				check(t, err)
				equal(t, fmt.Sprintf("%s by %v", list.name, test.asked), got, rowIDs(want))
			}
		}
	})
}

// Pages follow each other without gap or overlap, and the count is that of the whole list.
func TestPaging(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		r := db.Read(t.Context())
		for _, list := range growLists(t, db) {
			q := store.Query{Order: []store.Order{{Field: "created"}}}
			whole, all, err := list.ask(r, q)
			check(t, err)
			paged := []int64{}
			for q.Limit = 7; q.Offset <= len(whole); q.Offset += q.Limit {
				page, counted, err := list.ask(r, q)
				check(t, err)
				if counted != all || len(page) > q.Limit {
					t.Errorf("%s from %d: %d rows, count %d of %d", list.name, q.Offset, len(page), counted, all)
				}
				paged = append(paged, page...)
			}
			equal(t, list.name, paged, whole)
			got, counted, err := list.ask(r, store.Query{Limit: 5, Offset: 1_000_000, SkipCount: true})
			if err != nil || len(got) != 0 || counted != -1 {
				t.Errorf("%s: %v, %d, %v beyond the end, without a count", list.name, got, counted, err)
			}
		}
	})
}
