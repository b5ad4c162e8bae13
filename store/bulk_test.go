package store_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// More tokens in one change than a statement takes parameters, and the same in batches.
func TestBulk(t *testing.T) {
	for _, test := range []struct {
		name          string
		tokens, limit int
	}{{"at once", 33_000, 0}, {"in batches", 3_500, 1000}, {"in full batches", 2_999, 1000}} {
		t.Run(test.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db storetest.DB) {
				growMany(t, db, test.tokens)
				all, live := count(t, db, "access_tokens"), count(t, db, "refresh_tokens WHERE revoked IS NULL")
				most := 0
				check(t, db.Trace(func(s store.Statement) { most = max(most, len(s.Vars)) }))
				revoked, deleted, batches := 0, 0, 0
				for full := true; full; batches++ {
					write(t, db, func(tx *store.Tx) error {
						selection := store.TokenSelection{Everything: true, Limit: test.limit}
						refresh, err := tx.RevokeRefreshTokens(selection, store.ReasonRevoked)
						check(t, err)
						access, err := tx.DeleteAccessTokens(selection)
						check(t, err)
						revoked, deleted, full = revoked+len(refresh), deleted+len(access), test.limit > 0 && len(access) == test.limit
						return tx.Record(make([]models.Activity, min(len(access), 1000))...)
					})
				}
				if revoked != live || deleted != all || test.limit > 0 && batches != all/test.limit+1 {
					t.Errorf("revoked %d of %d, deleted %d of %d, in %d batches", revoked, live, deleted, all, batches)
				}
				for _, from := range []string{"access_tokens", "refresh_tokens WHERE revoked IS NULL OR access_token_id IS NOT NULL"} {
					if n := count(t, db, from); n != 0 {
						t.Errorf("%d of %s are left", n, from)
					}
				}
				if most > 10_000 { // SQLite takes 32,766, PostgreSQL 65,535
					t.Errorf("a statement had %d parameters", most)
				}
			})
		})
	}
}

// A batch leaves everything else as it is, in the order of age, however the platforms are mixed.
func TestBatchesGoByAge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		var rows []any
		for n := range 25 {
			rows = append(rows, &models.AccessToken{Description: fmt.Sprint(n), Platform: []models.Platform{models.Gateway, models.Controller}[n%2]})
		}
		put(t, db, rows...)
		var got []string
		for full := true; full; {
			write(t, db, func(tx *store.Tx) error {
				tokens, err := tx.DeleteAccessTokens(store.TokenSelection{Platform: models.Controller, Limit: 5})
				for _, token := range tokens {
					got = append(got, token.Description)
				}
				full = len(tokens) == 5
				return err
			})
		}
		equal(t, "deleted", strings.Join(got, " "), "1 3 5 7 9 11 13 15 17 19 21 23")
		if n := count(t, db, "access_tokens WHERE platform = 'gateway'"); n != 13 {
			t.Errorf("%d tokens of the gateway are left, want 13", n)
		}
	})
}
