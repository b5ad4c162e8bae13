package store_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Whoever sweeps does not keep others from issuing tokens, and takes what stands behind an id.
func TestSweep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		tokens := []*models.AccessToken{{UserID: &g.user.ID, ApplicationID: &g.application.ID}, {UserID: &g.user.ID, ApplicationID: &g.application.ID}, {UserID: &g.user.ID, ApplicationID: &g.application.ID}}
		refreshes := []*models.RefreshToken{}
		for _, each := range tokens {
			put(t, db, each)
			refreshes = append(refreshes, &models.RefreshToken{ApplicationID: g.application.ID, UserID: &g.user.ID, AccessTokenID: &each.ID})
			put(t, db, refreshes[len(refreshes)-1])
		}
		issued := make(chan error, 1)
		write(t, db, func(tx *store.Tx) error {
			revoked, err := tx.RevokeRefreshTokens(store.TokenSelection{Everything: true, After: refreshes[0].ID, Limit: 1, Unclaimed: true}, store.ReasonRevoked)
			check(t, err)
			equal(t, "revoked", ids(revoked), []int64{refreshes[1].ID})
			deleted, err := tx.DeleteAccessTokens(store.TokenSelection{Everything: true, After: tokens[1].ID, Limit: 9, Unclaimed: true})
			check(t, err)
			equal(t, "deleted", ids(deleted), []int64{tokens[2].ID})
			if db.Dialect() == store.SQLite {
				return nil // one writer
			}
			go func() {
				issued <- db.Write(t.Context(), func(tx *store.Tx) error {
					return tx.CreateAccessToken(&models.AccessToken{Digest: models.SecretOf("another").Digest(), UserID: &g.user.ID, ApplicationID: &g.application.ID,
						Scope: models.ScopeRead, Platform: models.Gateway, Expires: start.Add(time.Hour)})
				})
			}()
			select {
			case err := <-issued:
				return err
			case <-time.After(10 * time.Second):
				t.Error("a token that is issued waits for the sweep")
				return nil
			}
		})
		for _, kept := range []int64{tokens[0].ID, tokens[1].ID} {
			_, err := db.Read(t.Context()).AccessToken(kept)
			check(t, err)
		}
	})
}
