package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Who wants an application, a user or a family alone waits for those who are issuing its tokens, and goes before those who come later:
// however many clients are at work, a deletion or revocation gets its turn.
func TestClaimsGoBeforeLaterIssues(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // one writer: there are no rows that others could share meanwhile
		}
		g := grow(t, db)
		for name, claim := range map[string]func(tx *store.Tx) error{
			"application":               func(tx *store.Tx) error { _, err := tx.LockApplication(g.application.ID); return err },
			"applications of an owner":  func(tx *store.Tx) error { _, err := tx.LockApplicationsOf(g.organization.ID, 0); return err },
			"user":                      func(tx *store.Tx) error { _, err := tx.LockUser(g.user.ID); return err },
			"tokens of an application":  deleting(store.TokenSelection{ApplicationID: g.application.ID}),
			"tokens of a user":          deleting(store.TokenSelection{UserID: g.user.ID}),
			"refresh tokens of a user":  revoking(store.TokenSelection{SubjectUserID: g.user.ID}),
			"a family":                  revoking(store.TokenSelection{FamilyID: "family"}),
			"all tokens":                deleting(store.TokenSelection{Everything: true}),
			"all tokens of a platform":  deleting(store.TokenSelection{Platform: models.Gateway}),
			"all refresh tokens":        revoking(store.TokenSelection{Everything: true}),
			"everything of a platform":  revoking(store.TokenSelection{Everything: true, Platform: models.Gateway}),
			"everything of a user":      deleting(store.TokenSelection{Everything: true, UserID: g.user.ID}),
			"tokens of a user, in part": deleting(store.TokenSelection{UserID: g.user.ID, Limit: 1}),
		} {
			t.Run(name, func(t *testing.T) {
				refresh := &models.RefreshToken{ApplicationID: g.application.ID, UserID: &g.user.ID, SubjectUserID: &g.user.ID}
				put(t, db, refresh)
				issue := func(tx *store.Tx) error {
					_, err := tx.RotateRefreshToken(refresh.Digest)
					return err
				}
				if order := inOrder(t, db, issue, claim); !slices.Equal(order, []string{"first", "claim", "later"}) {
					t.Errorf("went in the order %v", order)
				}
			})
		}
	})
}

func deleting(selection store.TokenSelection) func(tx *store.Tx) error {
	return func(tx *store.Tx) error { _, err := tx.DeleteAccessTokens(selection); return err }
}

func revoking(selection store.TokenSelection) func(tx *store.Tx) error {
	return func(tx *store.Tx) error { _, err := tx.RevokeRefreshTokens(selection, store.ReasonRevoked); return err }
}

// inOrder begins to issue, to claim and to issue again, each when the one before has its locks or waits for them, and tells who went when.
func inOrder(t *testing.T, db storetest.DB, issue, claim func(*store.Tx) error) []string {
	t.Helper()
	passed, ends, goOn := make(chan string, 3), make(chan error, 3), make(chan struct{})
	begin := func(name string, work func(*store.Tx) error, until <-chan struct{}) {
		go func() {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				err := work(tx)
				if until != nil {
					<-until
				}
				passed <- name
				return err
			})
			if errors.Is(err, store.ErrReplayed) {
				err = nil // the later of two who rotate one token
			}
			ends <- err
		}()
	}
	begin("first", issue, goOn)
	eventually(t, db, advisory+" AND granted")
	begin("claim", claim, nil)
	eventually(t, db, advisory+" AND mode = 'ExclusiveLock' AND NOT granted")
	begin("later", issue, nil)
	eventually(t, db, advisory+" AND mode = 'ShareLock' AND NOT granted")
	close(goOn)
	for range 3 {
		check(t, <-ends)
	}
	return []string{<-passed, <-passed, <-passed}
}

// advisory finds the locks of PostgreSQL that transactions of this database have or wait for.
const advisory = "pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"

// eventually waits until there is a row.
func eventually(t *testing.T, db storetest.DB, from string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); count(t, db, from) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no row in %s", from)
		}
	}
}
