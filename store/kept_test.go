package store_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestKeptStatements: the connection that writes keeps its statements; each run of one is for itself, also where another of the same text is under way, after a
// failure, a rollback, a change of the schema, and when there are more than are kept.
func TestKeptStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		put(t, db, &models.User{Username: "first"}, &models.User{Username: "second"}, &models.User{Username: "third"})
		write(t, db, func(tx *store.Tx) error {
			if got, err := tx.Pairs("SELECT username FROM users WHERE id > ? ORDER BY id", 0); err != nil || got != "first(second(third()) third()) second(third()) third() " {
				t.Errorf("statements within one another: %q, %v", got, err)
			}
			return nil
		})
		undone := errors.New("undone")
		for round := range 3 {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				check(t, tx.CreateUser(&models.User{Username: fmt.Sprint("undone ", round)}))
				return undone
			})
			if !errors.Is(err, undone) {
				t.Errorf("round %d: %v", round, err)
			}
			if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUser(&models.User{Username: "first"}) }); !errors.Is(err, store.ErrConflict) {
				t.Errorf("round %d: a name that is taken: %v", round, err)
			}
			put(t, db, &models.User{Username: fmt.Sprint("kept ", round)})
			write(t, db, func(tx *store.Tx) error {
				for n := range 150 {
					if err := tx.Exec(fmt.Sprintf("UPDATE users SET first_name = 'round %d' WHERE id = ? AND %d = %d", round, n, n), 1); err != nil {
						return err
					}
				}
				return tx.Exec(fmt.Sprintf("CREATE TABLE other_%d (id bigint)", round))
			})
		}
		if n, err := db.Read(t.Context()).CountOf("users WHERE username NOT LIKE 'undone%'"); err != nil || n != 6 {
			t.Errorf("%d users, %v", n, err)
		}
		if n, err := db.Read(t.Context()).CountOf("users"); err != nil || n != 6 {
			t.Errorf("%d users with those that were undone, %v", n, err)
		}
	})
}
