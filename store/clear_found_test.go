package store_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// clearing finds and deletes up to most rows.
func clearing(what store.Clearing, most int) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		ids, err := tx.Clearable(what, most)
		if err == nil {
			_, err = tx.Clear(what, ids)
		}
		return err
	}
}

// What is found is deleted only if it is still to be cleared.
func TestClearWhatWasFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		expired := start.Add(-time.Hour)
		prolonged, refreshed, gone, plain := &models.AccessToken{Expires: expired}, &models.AccessToken{ApplicationID: &g.application.ID, Expires: expired},
			&models.AccessToken{Expires: expired}, &models.AccessToken{Expires: expired}
		put(t, db, prolonged, refreshed, gone, plain)
		what := store.ExpiredAccessTokens(db.Now())
		found, err := db.Read(t.Context()).Clearable(what, 10)
		check(t, err)
		equal(t, "found", found, []int64{prolonged.ID, refreshed.ID, gone.ID, plain.ID})
		few, err := db.Read(t.Context()).Clearable(what, 2)
		check(t, err)
		equal(t, "found of at most two", len(few), 2)

		prolonged.Expires = start.Add(time.Hour)
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAccessToken(prolonged) })
		put(t, db, &models.RefreshToken{ApplicationID: g.application.ID, AccessTokenID: &refreshed.ID})
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{gone.ID}})
			return err
		})
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.Clear(what, found)
			equal(t, "cleared", n, int64(1))
			return err
		})
		_, err = db.Read(t.Context()).AccessToken(plain.ID)
		is(t, db, "the expired one", store.ErrNotFound, func(*store.Tx) error { return err })
		for _, kept := range []*models.AccessToken{prolonged, refreshed} {
			_, err := db.Read(t.Context()).AccessToken(kept.ID)
			check(t, err)
		}
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.Clear(what, nil)
			equal(t, "cleared of nothing", n, int64(0))
			return err
		})
	})
}
