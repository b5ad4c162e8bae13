package store_test

import (
	"errors"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// What a user consented to is listed by application, and forgotten with the codes of that application alone.
func TestConsentsOfAUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		bob, archive := &models.User{Username: "bob"}, &models.Application{Name: "Archive"}
		put(t, db, bob, archive)
		consent := func(user, application int64, uri string) *models.Consent {
			return &models.Consent{UserID: user, ApplicationID: application, RedirectURI: uri, Scope: models.ScopeRead, Created: start, Modified: start}
		}
		put(t, db, consent(g.user.ID, g.application.ID, "https://a.example/"), consent(g.user.ID, archive.ID, "https://b.example/"),
			consent(g.user.ID, g.application.ID, "https://c.example/"), consent(bob.ID, g.application.ID, "https://a.example/"))
		put(t, db, &models.AuthorizationCode{ApplicationID: g.application.ID, UserID: g.user.ID}, &models.AuthorizationCode{ApplicationID: archive.ID, UserID: g.user.ID},
			&models.AuthorizationCode{ApplicationID: g.application.ID, UserID: bob.ID})
		listed := func(want ...string) {
			t.Helper()
			consents, err := db.Read(t.Context()).Consents(g.user.ID)
			check(t, err)
			got := []string{}
			for _, each := range consents {
				got = append(got, each.Application.Name+" "+each.RedirectURI)
			}
			equal(t, "consents", got, append([]string{}, want...))
		}
		listed("Archive https://b.example/", "Deploy https://a.example/", "Deploy https://c.example/")
		write(t, db, func(tx *store.Tx) error {
			return errors.Join(tx.DropConsentsOf(g.user.ID, g.application.ID), tx.DeleteAuthorizationCodes(g.application.ID, g.user.ID))
		})
		listed("Archive https://b.example/")
		if consents, codes := count(t, db, "consents"), count(t, db, "authorization_codes"); consents != 2 || codes != 2 {
			t.Errorf("%d consents and %d codes are left, want 2 and 2", consents, codes)
		}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.DropConsentsOf(g.user.ID, g.application.ID) }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped twice: %v", err)
		}
	})
}
