package store_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A used code stays for a day, so that it is recognised when it comes again; one that nobody used goes when it expires.
func TestClearKeepsUsedCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		used, unused := &models.AuthorizationCode{ApplicationID: g.application.ID, UserID: g.user.ID}, &models.AuthorizationCode{ApplicationID: g.application.ID, UserID: g.user.ID}
		put(t, db, used, unused)
		write(t, db, func(tx *store.Tx) error { _, err := tx.RedeemAuthorizationCode(used.Digest); return err })
		cleared := func() int64 { return clearEach(t, db, store.ExpiredAuthorizationCodes(db.Now()), 10) }
		db.Clock.Advance(used.Expires.Sub(db.Now()) + time.Microsecond)
		if n := cleared(); n != 1 || count(t, db, "authorization_codes WHERE used IS NOT NULL") != 1 {
			t.Errorf("%d cleared at the expiry, want the unused one", n)
		}
		db.Clock.Advance(24 * time.Hour)
		if n := cleared(); n != 1 {
			t.Errorf("%d cleared a day later, want the used one", n)
		}
	})
}
