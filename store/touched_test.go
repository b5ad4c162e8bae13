package store_test

import (
	"path/filepath"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestAddingUpTouchesNobody: SQLite's program adds up what tokens were noted by reading them; those that were presented are known all the same, and so they are when others are added.
func TestAddingUpTouchesNobody(t *testing.T) {
	t.Parallel()
	db := storetest.DB{Store: open(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))}
	p := growPresentable(t, db, "known")
	_, err := db.PresentedToken(t.Context(), p.token.Digest)
	check(t, err)
	write(t, db, func(tx *store.Tx) error {
		if noted, err := tx.CountOf("access_token_changes"); err != nil || noted == 0 {
			t.Errorf("%d changes are noted, %v", noted, err)
		}
		return tx.CountChanges(1)
	})
	another := p.token
	another.ID, another.Digest = 0, [32]byte{1}
	put(t, db, &another)
	read := 0
	check(t, db.Trace(func(store.Statement) { read++ }))
	_, err = db.PresentedToken(t.Context(), p.token.Digest)
	check(t, err)
	if read > 0 {
		t.Errorf("%d statements for a token that was presented before", read)
	}
}
