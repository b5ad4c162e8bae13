package store_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A used refresh token finds what was made from it, and counts how often it was used again.
func TestRepeats(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		access := &models.AccessToken{ApplicationID: &g.application.ID}
		put(t, db, access)
		first := &models.RefreshToken{ApplicationID: g.application.ID, ParentID: &g.refresh.ID, Started: ref(start), AccessTokenID: &access.ID}
		second := &models.RefreshToken{ApplicationID: g.application.ID, ParentID: &g.refresh.ID, Revoked: ref(start), Reason: store.ReasonRotated}
		put(t, db, first, second, &models.RefreshToken{ApplicationID: g.application.ID, ParentID: ref(int64(999))})
		got, err := db.Read(t.Context()).Successors(g.refresh.ID)
		check(t, err)
		want := []models.RefreshToken{*first, *second}
		want[0].AccessToken = access
		equal(t, "successors", got, want)
		if !got[0].FamilyStarted().Equal(start) || !g.refresh.FamilyStarted().Equal(g.refresh.Created) {
			t.Errorf("families started %v and %v", got[0].FamilyStarted(), g.refresh.FamilyStarted())
		}
		for n, want := range []bool{true, true, false, false} {
			write(t, db, func(tx *store.Tx) error {
				within, err := tx.CountRepeat(g.refresh.ID, 2)
				if within != want {
					t.Errorf("repeat %d: %v", n, within)
				}
				return err
			})
		}
		if n := count(t, db, "refresh_tokens WHERE repeats = 2"); n != 1 || count(t, db, "refresh_tokens WHERE repeats > 0") != 1 {
			t.Errorf("%d tokens counted 2", n)
		}
	})
}

// Of many repeats at once no more are counted than there may be.
func TestRepeatsRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		counted := make(chan bool, racers)
		for _, err := range race(t, db, func(_ int, tx *store.Tx) error {
			within, err := tx.CountRepeat(g.refresh.ID, 5)
			counted <- within
			return err
		}) {
			check(t, err)
		}
		n := 0
		for range racers {
			if <-counted {
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d repeats were counted, want 5", n)
		}
	})
}
