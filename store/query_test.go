package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

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
			"regex on a number":            {Filters: []store.Filter{{Field: "id", Lookup: "regex", Value: "1"}}},
			"regex on a date":              {Filters: []store.Filter{{Field: "created", Lookup: "iregex", Value: "1"}}},
			"regex on truth":               {Filters: []store.Filter{{Field: "application__skip_authorization", Lookup: "regex", Value: "t"}}},
			"regex with NUL":               {Filters: []store.Filter{{Field: "description", Lookup: "regex", Value: "\x00"}}},
			"regex without UTF-8":          {Filters: []store.Filter{{Field: "description", Lookup: "iregex", Value: "\xff"}}},
			"regex too long":               {Filters: []store.Filter{{Field: "description", Lookup: "regex", Value: long[:1001]}}},
			"megabyte":                     {Filters: []store.Filter{{Field: "description", Value: strings.Repeat(long, 100)}}},
			"megabyte of a number":         {Filters: []store.Filter{{Field: "id", Value: strings.Repeat("1", 1<<20)}}},
			"megabyte of a date":           {Filters: []store.Filter{{Field: "created", Lookup: "gt", Value: long}}},
			"megabyte of a field":          {Filters: []store.Filter{{Field: strings.Repeat("x", 1<<20), Value: "1"}}},
			"megabyte of relations":        {Filters: []store.Filter{{Field: strings.Repeat("user__", 1<<17), Value: "1"}}},
			"megabyte of numbers":          {Filters: []store.Filter{{Field: "id", Lookup: "in", Value: strings.Repeat("1,", 1<<19)}}},
			"megabyte of a regex":          {Filters: []store.Filter{{Field: "description", Lookup: "regex", Value: strings.Repeat("(", 1<<20)}}},
			"field of a relation":          {Filters: []store.Filter{{Field: "user__nothing", Value: "1"}}},
			"field of a field":             {Filters: []store.Filter{{Field: "description__id", Value: "1"}}},
			"relation of a relation":       {Filters: []store.Filter{{Field: "user__user", Value: "1"}}},
			"nothing in a path":            {Filters: []store.Filter{{Field: "user____username", Value: "1"}}},
			"refresh token by a field":     {Filters: []store.Filter{{Field: "refresh_token__revoked", Lookup: "isnull", Value: "true"}}},
			"loop":                         {Filters: []store.Filter{{Field: "application__tokens__id", Value: "1"}}},
			"loop that searches":           {Filters: []store.Filter{{Field: "user__tokens", Lookup: "search", Value: "1"}}},
			"loop of users":                {Filters: []store.Filter{{Field: "user__created_by__username", Value: "1"}}},
			"search of a field":            {Filters: []store.Filter{{Field: "description", Lookup: "search", Value: "x"}}},
			"search without texts":         {Filters: []store.Filter{{Field: "refresh_token", Lookup: "search", Value: "x"}}},
			"search of nothing":            {Filters: []store.Filter{{Field: "nothing", Lookup: "search", Value: "x"}}},
			"related search with NUL":      {Filters: []store.Filter{{Field: "user", Lookup: "search", Value: "\x00"}}},
			"related search too long":      {Filters: []store.Filter{{Field: "user", Lookup: "search", Value: long}}},
			"many related terms":           {Filters: []store.Filter{{Field: "user", Lookup: "search", Value: strings.Repeat("a ", 101)}}},
			"sorted by many":               {Order: []store.Order{{Field: "user__organizations__name"}}},
			"sorted by a relation to many": {Order: []store.Order{{Field: "user__organizations"}}},
			"many relations":               {Filters: slices.Repeat([]store.Filter{{Field: "user__organizations", Value: "1", Or: true}}, 26)},
			"thousand filters":             {Filters: slices.Repeat([]store.Filter{{Field: "description", Lookup: "regex", Value: "x", Chain: true}}, 1000)},
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
		db.SetLimit(time.Hour) // a busy machine is no slow query
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
