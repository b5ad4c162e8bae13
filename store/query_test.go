package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A filter that is refused says why, names its field, and is never an error of the database.
func TestRefusedQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		long := strings.Repeat("x", 10_001)
		for name, q := range map[string]store.Query{
			"unknown field":                {Filters: []store.Filter{{Field: "nothing", Value: "1"}}},
			"field by its column":          {Filters: []store.Filter{{Field: "user_id", Value: "1"}}},
			"field of another table":       {Filters: []store.Filter{{Field: "users.password", Value: "1"}}},
			"SQL":                          {Filters: []store.Filter{{Field: "id = 1 OR 1", Value: "1"}}},
			"unknown sort key":             {Order: []store.Order{{Field: "nothing"}}},
			"SQL sort key":                 {Order: []store.Order{{Field: "id; DROP TABLE users"}}},
			"unknown lookup":               {Filters: []store.Filter{{Field: "description", Lookup: "regexp", Value: "x"}}},
			"no number":                    {Filters: []store.Filter{{Field: "id", Value: "one"}}},
			"half a number":                {Filters: []store.Filter{{Field: "id", Value: "1.5"}}},
			"number too large":             {Filters: []store.Filter{{Field: "id", Value: "9223372036854775808"}}},
			"no number among some":         {Filters: []store.Filter{{Field: "id", Lookup: "in", Value: "1,,2"}}},
			"nothing in a list":            {Filters: []store.Filter{{Field: "id", Lookup: "in"}}},
			"no date":                      {Filters: []store.Filter{{Field: "created", Lookup: "gt", Value: "yesterday"}}},
			"no such day":                  {Filters: []store.Filter{{Field: "created", Value: "2026-02-30"}}},
			"neither true nor false":       {Filters: []store.Filter{{Field: "user", Lookup: "isnull", Value: "perhaps"}}},
			"contains on a number":         {Filters: []store.Filter{{Field: "id", Lookup: "contains", Value: "1"}}},
			"case on a date":               {Filters: []store.Filter{{Field: "created", Lookup: "iexact", Value: "2026-01-01"}}},
			"NUL":                          {Filters: []store.Filter{{Field: "description", Value: "a\x00b"}}},
			"NUL in part":                  {Filters: []store.Filter{{Field: "description", Lookup: "icontains", Value: "\x00"}}},
			"NUL in a list":                {Filters: []store.Filter{{Field: "description", Lookup: "in", Value: "a,\x00"}}},
			"no UTF-8":                     {Filters: []store.Filter{{Field: "description", Value: "\xff"}}},
			"no UTF-8 in part":             {Filters: []store.Filter{{Field: "description", Lookup: "endswith", Value: "\xff"}}},
			"too long":                     {Filters: []store.Filter{{Field: "description", Lookup: "contains", Value: long}}},
			"search with NUL":              {Search: []string{"\x00"}},
			"search without UTF-8":         {Search: []string{"\xc3"}},
			"search too long":              {Search: []string{long}},
			"too many filters":             {Filters: slices.Repeat([]store.Filter{{Field: "id", Value: "1", Or: true}}, 101)},
			"too many terms":               {Search: slices.Repeat([]string{"a"}, 101)},
			"too many sort keys":           {Order: slices.Repeat([]store.Order{{Field: "id"}}, 101)},
			"too many numbers":             {Filters: []store.Filter{{Field: "id", Lookup: "in", Value: "1" + strings.Repeat(",1", 10_000)}}},
			"too many numbers in some way": {Filters: slices.Repeat([]store.Filter{{Field: "id", Lookup: "in", Value: "1" + strings.Repeat(",1", 999)}}, 11)},
		} {
			_, err := db.Read(t.Context()).AccessTokens(q, everything)
			var refused *store.QueryError
			if !errors.As(err, &refused) || refused.Secret || refused.Message == "" || len(refused.Message) > 200 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// As much as is allowed is answered.
func TestLargeQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growLists(t, db)
		for name, q := range map[string]store.Query{
			"filters": {Filters: slices.Repeat([]store.Filter{{Field: "user__username", Lookup: "icontains", Value: "a", Or: true}}, 100)},
			"terms":   {Search: slices.Repeat([]string{"a"}, 100)},
			"orders":  {Order: slices.Repeat([]store.Order{{Field: "application__name", Descending: true}}, 100)},
			"numbers": {Filters: slices.Repeat([]store.Filter{{Field: "id", Lookup: "in", Value: "1" + strings.Repeat(",1", 99)}}, 100)},
			"text":    {Search: []string{strings.Repeat(`\%_`, 3333)}},
		} {
			if _, err := db.Read(t.Context()).AccessTokens(q, everything); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
