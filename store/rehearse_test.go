package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A rehearsal finds every error that the change would meet, and keeps nothing of it, not even under a turn.
func TestRehearse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		put(t, db, &models.User{Username: "alice"})
		rehearsal := store.Rehearse(t.Context())
		for name, run := range map[string]func(context.Context, func(*store.Tx) error) error{"write": db.Write, "in turn": db.WriteInTurn} {
			for _, test := range []struct {
				username string
				want     error
			}{{"bob", store.ErrRehearsed}, {"alice", store.ErrConflict}} {
				err := run(rehearsal, func(tx *store.Tx) error { return putOne(tx, &models.User{Username: test.username}) })
				if !errors.Is(err, test.want) {
					t.Errorf("%s %s: %v, want %v", name, test.username, err, test.want)
				}
			}
			err := run(rehearsal, func(*store.Tx) error { return errStop })
			if !errors.Is(err, errStop) || errors.Is(err, store.ErrRehearsed) {
				t.Errorf("%s: %v, want the change's own error", name, err)
			}
		}
		if n := count(t, db, "users"); n != 1 {
			t.Errorf("%d users, want alice alone", n)
		}
		put(t, db, &models.User{Username: "bob"}) // the next one is meant
	})
}

// Changes of many rows pass one after the other, so that two that would take the same rows in opposite order never meet.
func TestWriteInTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, alice, bob)
		var mu sync.Mutex
		inside, most, runs := make(chan struct{}, racers), 0, 0
		ends := make(chan error)
		for n := range racers {
			go func() {
				ends <- db.WriteInTurn(t.Context(), func(tx *store.Tx) error {
					inside <- struct{}{}
					mu.Lock()
					runs, most = runs+1, max(most, len(inside))
					mu.Unlock()
					first, second := alice.ID, bob.ID
					if n%2 == 0 {
						first, second = second, first
					}
					_, err := tx.LockUser(first)
					if err == nil {
						_, err = tx.LockUser(second)
					}
					<-inside
					return err
				})
			}()
		}
		for range racers {
			check(t, <-ends)
		}
		if most != 1 || runs != racers {
			t.Errorf("%d ran at once, %d in all", most, runs)
		}
	})
}
