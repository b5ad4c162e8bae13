package store_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestCountTo: where no count is kept, counting ends where the query says and the rows go on; a count that is kept is exact.
func TestCountTo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		entries := make([]models.Activity, 12)
		for n := range entries {
			entries[n] = models.Activity{Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, ObjectID: int64(n), ObjectName: "one of them"}
		}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Record(entries...) }); err != nil {
			t.Fatal(err)
		}
		all := models.ActivityVisibility{All: true}
		for name, test := range map[string]struct {
			query store.Query
			count int64
			more  bool
			rows  int
		}{
			"more than that":          {store.Query{Search: []string{"them"}, CountTo: 10, Limit: 5}, 10, true, 5},
			"rows beyond it":          {store.Query{Search: []string{"them"}, CountTo: 10, Limit: 5, Offset: 10}, 10, true, 2},
			"nothing beyond the rows": {store.Query{Search: []string{"them"}, CountTo: 10, Limit: 5, Offset: 15}, 10, true, 0},
			"exactly that":            {store.Query{Search: []string{"them"}, CountTo: 12, Limit: 5}, 12, false, 5},
			"less":                    {store.Query{Search: []string{"nobody"}, CountTo: 10, Limit: 5}, 0, false, 0},
			"kept":                    {store.Query{Filters: []store.Filter{{Field: "operation", Value: "create"}}, CountTo: 10, Limit: 5}, 12, false, 5},
			"not asked for":           {store.Query{Search: []string{"them"}, CountTo: 10, Limit: 5, SkipCount: true}, -1, false, 5},
		} {
			page, err := db.Read(t.Context()).Activity(test.query, all)
			if err != nil || page.Count != test.count || page.More != test.more || len(page.Rows) != test.rows {
				t.Errorf("%s: %d rows of %d, more %v, %v", name, len(page.Rows), page.Count, page.More, err)
			}
		}
		own := models.ActivityVisibility{UserID: 7, Tokens: []int64{1}} // the way of administrators
		page, err := db.Read(t.Context()).Activity(store.Query{CountTo: 10}, own)
		if err != nil || page.Count != 0 || page.More {
			t.Errorf("another's: %d, more %v, %v", page.Count, page.More, err)
		}
	})
}
