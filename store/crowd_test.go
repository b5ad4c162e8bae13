package store_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// On SQLite a run sees whether others write between its transactions, in this program or another.
func TestCrowded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		lite := db.Dialect() == store.SQLite
		equal(t, "writers wait", db.WritersWait(), lite)
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { _ = other.Close() })
		entry := func(db *store.Store) {
			t.Helper()
			check(t, db.Write(t.Context(), func(tx *store.Tx) error {
				return tx.Record(models.Activity{Operation: models.OperationUpdate, ObjectType: models.ObjectUser, Note: "entry"})
			}))
		}
		var seen store.Crowd
		for _, step := range []struct {
			name    string
			between func()
			want    bool
		}{
			{"the first time", func() {}, true},
			{"nobody else", func() {}, false},
			{"another of this program", func() { entry(db.Store) }, true},
			{"nobody else again", func() {}, false},
			{"another program", func() { entry(other) }, true},
			{"nobody else at last", func() {}, false},
		} {
			step.between()
			entry(db.Store)
			equal(t, step.name, db.Crowded(t.Context(), &seen), step.want && lite)
		}
	})
}
