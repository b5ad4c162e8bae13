package store_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// redeems is a change that issues a token for the code, as the server does.
func redeems(g *grown, secret string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		code, err := tx.RedeemAuthorizationCode(models.SecretOf(secret).Digest())
		if err != nil {
			return err
		}
		if code.Used == nil || code.FamilyID != secret {
			return errStop
		}
		return adds(g, secret)(tx)
	}
}

// code stores an authorization code.
func (i *issues) code(secret string) {
	i.Helper()
	put(i.T, i.DB, &models.AuthorizationCode{ApplicationID: i.application.ID, UserID: i.user.ID, Digest: models.SecretOf(secret).Digest(), FamilyID: secret, Expires: start.AddDate(1, 0, 0)})
}

// TestIssuesForCodes: codes that are redeemed at once are marked used, with a token for each, in one transaction.
func TestIssuesForCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		i := &issues{T: t, DB: db, grown: grow(t, db)}
		for n := range 10 {
			i.code(fmt.Sprint("code ", n))
		}
		i.code("left")
		i.begin()
		for n := range 10 {
			i.do(redeems(i.grown, fmt.Sprint("code ", n)), nil)
		}
		i.do(redeems(i.grown, "unknown"), store.ErrNotFound)
		i.do(func(tx *store.Tx) error { return errors.Join(redeems(i.grown, "left")(tx), errStop) }, errStop)
		i.end()
		if n := i.stored("t.family_id IN (SELECT family_id FROM authorization_codes WHERE used IS NOT NULL)"); n != 10 {
			t.Errorf("%d tokens for codes that are used, want 10", n)
		}
		if n := count(t, db, "authorization_codes WHERE family_id = 'left' AND used IS NULL"); n != 1 {
			t.Error("a code is used for which nothing was issued")
		}
		if db.Dialect() == store.PostgreSQL {
			if n := count(t, db, "(SELECT DISTINCT xmin::text FROM access_tokens WHERE family_id LIKE 'code %') AS commits"); n != 1 {
				t.Errorf("%d commits", n)
			}
		}
	})
}

// TestIssuesForCodesThatChanged: a code that was used or taken away after it was read, and before a token is stored for it, has none.
func TestIssuesForCodesThatChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // nothing can come between
		}
		i := &issues{T: t, DB: db, grown: grow(t, db)}
		for n, each := range []struct {
			change string
			want   error
		}{
			{"UPDATE authorization_codes SET used = created", store.ErrReplayed},
			{"DELETE FROM authorization_codes", store.ErrNotFound},
		} {
			secret := fmt.Sprint("code ", n)
			i.code(secret)
			i.begin()
			i.do(redeems(i.grown, secret), each.want)
			i.do(adds(i.grown, fmt.Sprint("beside ", n)), nil)
			write(t, db, func(tx *store.Tx) error { return tx.Exec(each.change) })
			i.end()
		}
		if n := i.stored("t.description LIKE 'code %'"); n != 0 {
			t.Errorf("%d tokens for such codes", n)
		}
		if n := i.stored("t.description LIKE 'beside %'"); n != 2 {
			t.Errorf("%d of 2 tokens that were issued beside these", n)
		}
	})
}

// TestIssuesForCodesOnce: of several who present a code at once one gets a token.
func TestIssuesForCodesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		i := &issues{T: t, DB: db, grown: grow(t, db)}
		i.code("twice")
		i.once(func(int) func(*store.Tx) error { return redeems(i.grown, "twice") })
		if n := count(t, db, "access_tokens WHERE family_id = 'twice'"); n != 1 {
			t.Errorf("%d tokens", n)
		}
	})
}
