package store_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// rotates is a change that renews by the refresh token, as the server does.
func rotates(g *grown, secret, next string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		old, err := tx.RotateRefreshToken(models.SecretOf(secret).Digest())
		if err != nil {
			return err
		}
		if old.AccessToken == nil {
			return errStop
		}
		if deleted, err := tx.DeleteRotated(old.AccessToken); err != nil || !deleted {
			return errors.Join(errStop, err)
		}
		token := &models.AccessToken{ApplicationID: &g.application.ID, UserID: &g.user.ID, Digest: models.SecretOf("access " + next).Digest(), Scope: old.Scope, Description: old.AccessToken.Description,
			Expires: old.Expires, Platform: models.Gateway, FamilyID: old.FamilyID, Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}}
		if err := tx.CreateAccessToken(token); err != nil {
			return err
		}
		started := old.FamilyStarted()
		err = tx.CreateRefreshToken(&models.RefreshToken{Digest: models.SecretOf(next).Digest(), ApplicationID: g.application.ID, UserID: &g.user.ID, SubjectUserID: &g.user.ID, AccessTokenID: &token.ID,
			Scope: old.Scope, Audience: models.Words{"https://a.example"}, Platform: models.Gateway, FamilyID: old.FamilyID, Created: tx.Now(), Expires: old.Expires, ParentID: &old.ID, Started: &started})
		return errors.Join(err, tx.Record(models.Activity{Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, ObjectID: token.ID, ObjectName: next}))
	}
}

// pair stores a token pair.
func (i *issues) pair(secret string) {
	i.Helper()
	access := &models.AccessToken{ApplicationID: &i.application.ID, UserID: &i.user.ID, Digest: models.SecretOf("access " + secret).Digest(), FamilyID: secret, Scope: models.ScopeAll, Description: secret}
	put(i.T, i.DB, access)
	put(i.T, i.DB, &models.RefreshToken{ApplicationID: i.application.ID, UserID: &i.user.ID, SubjectUserID: &i.user.ID, Digest: models.SecretOf(secret).Digest(), FamilyID: secret, Scope: models.ScopeAll,
		AccessTokenID: &access.ID, Expires: start.AddDate(1, 0, 0)})
}

// TestIssuesInPlace: pairs that are renewed at once are renewed once each, whatever happened to others, and to them, since they were read.
func TestIssuesInPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		i := &issues{T: t, DB: db, grown: grow(t, db)}
		for n := range 10 {
			i.pair(fmt.Sprint("old ", n))
		}
		i.begin()
		for n := range 10 {
			i.do(rotates(i.grown, fmt.Sprint("old ", n), fmt.Sprint("new ", n)), nil)
		}
		i.do(rotates(i.grown, "unknown", "never"), store.ErrNotFound)
		i.end()
		renewed := "SELECT r.id FROM refresh_tokens AS r JOIN access_tokens AS t ON t.id = r.access_token_id JOIN refresh_tokens AS o ON o.id = r.parent_id JOIN activity AS a ON a.object_id = t.id"
		if n := count(t, db, "("+renewed+" WHERE r.revoked IS NULL AND r.started = o.created AND o.reason = 'rotated' AND o.revoked IS NOT NULL AND o.access_token_id IS NULL AND a.object_name LIKE 'new %') AS renewed"); n != 10 {
			t.Errorf("%d pairs are renewed, want 10", n)
		}
		if n := count(t, db, "access_tokens WHERE description LIKE 'old %'"); n != 10 {
			t.Errorf("%d access tokens of these, want 10", n)
		}

		checkCounts(t, db, "renewing")
	})
}

// TestIssuesInPlaceOfWhatChanged: what somebody does to a pair after it was read for renewing, and before it is renewed, is not lost.
func TestIssuesInPlaceOfWhatChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // nothing can come between
		}
		for _, each := range []struct {
			change, want string
			err          error
		}{
			{"UPDATE refresh_tokens SET revoked = created, reason = 'revoked' WHERE family_id = 'pair'", "access_tokens WHERE family_id = 'pair' AND description = 'pair'", store.ErrReplayed},
			{"UPDATE refresh_tokens SET scope = 'read' WHERE family_id = 'pair'", "access_tokens WHERE family_id = 'pair' AND scope = 'read'", nil},
			{"UPDATE access_tokens SET description = 'renamed', modified = modified + interval '1 second' WHERE family_id = 'pair'", "access_tokens WHERE description = 'renamed'", nil},
			{"DELETE FROM access_tokens WHERE family_id = 'pair'", "refresh_tokens WHERE family_id = 'pair' AND revoked IS NULL AND access_token_id IS NULL", errStop},
		} {
			i := &issues{T: t, DB: db, grown: grow(t, db)}
			i.pair("pair")
			i.begin()
			i.do(rotates(i.grown, "pair", "renewed"), each.err)
			write(t, db, func(tx *store.Tx) error { return tx.Exec(each.change) })
			i.end()
			if n := count(t, db, each.want); n != 1 {
				t.Errorf("%s: %d of %s", each.change, n, each.want)
			}
			write(t, db, func(tx *store.Tx) error {
				return errors.Join(tx.Exec("DELETE FROM refresh_tokens"), tx.Exec("DELETE FROM access_tokens"), tx.Exec("DELETE FROM device_codes"), tx.Exec("DELETE FROM authorization_codes"),
					tx.Exec("DELETE FROM applications"), tx.Exec("DELETE FROM users"), tx.Exec("DELETE FROM organizations"))
			})
		}
	})
}

// TestIssuesInPlaceOnce: of several who present a refresh token at once one gets another.
func TestIssuesInPlaceOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		i := &issues{T: t, DB: db, grown: grow(t, db)}
		i.pair("twice")
		i.once(func(n int) func(*store.Tx) error { return rotates(i.grown, "twice", fmt.Sprint("next ", n)) })
		if n := count(t, db, "refresh_tokens WHERE family_id = 'twice' AND revoked IS NULL"); n != 1 {
			t.Errorf("%d live refresh tokens", n)
		}
	})
}
