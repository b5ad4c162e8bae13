package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestCountsOfWhatWasThere: migrations count the tokens and entries of the release before them, settled or noted.
func TestCountsOfWhatWasThere(t *testing.T) {
	for _, level := range []int64{9, 15, 17, 23} {
		t.Run(fmt.Sprint(level), func(t *testing.T) { countsOfWhatWasThere(t, level) })
	}
}

func countsOfWhatWasThere(t *testing.T, level int64) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		clock := &storetest.Clock{}
		clock.Advance(start.Sub(clock.Now()))
		s, err := store.Open(t.Context(), store.Options{URL: address, Clock: clock.Now})
		check(t, err)
		t.Cleanup(func() { _ = s.Close() })
		check(t, s.MigrateTo(t.Context(), level))
		db := storetest.DB{Store: s, Clock: clock, URL: address}
		c := &counting{t: t, db: db, random: rand.New(rand.NewPCG(5, 6))} // #nosec G404 -- the same tokens each time
		old := func(change func(*store.Tx) error) { t.Helper(); check(t, s.WriteWithoutSettling(t.Context(), change)) }
		old(func(tx *store.Tx) error {
			return errors.Join(putOne(tx, &models.User{Username: "alice"}), putOne(tx, &models.User{Username: "bob"}),
				putOne(tx, &models.Application{Name: "Deploy"}))
		})
		for range 50 {
			token := c.token()
			old(func(tx *store.Tx) error { return putOne(tx, token) })
		}
		old(c.steps()["an entry"])
		_, err = s.Migrate(t.Context())
		check(t, err)
		checkCounts(t, db, "the migration")
		put(t, db, c.token())
		checkCounts(t, db, "the first token after it")
	})
}

// TestCountsAreSettledAtStart: what is there when a program starts does not wait for its first changes.
func TestCountsAreSettledAtStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 1000) // each kind in one statement
		_, err := db.Migrate(t.Context())
		check(t, err)
		checkCounts(t, db, "a start")
		if n := count(t, db, "access_token_changes"); n >= 256 {
			t.Errorf("%d changes are not settled", n)
		}
	})
}
