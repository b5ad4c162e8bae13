package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestUserRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		later := db.Now().Add(90*time.Second + 123456*time.Microsecond)
		want := &models.User{Username: "alice", Password: "$argon2id$x", Email: "alice@example.org", IsActive: true, LastLogin: &later,
			Stamps: models.Stamps{Created: db.Now(), Modified: time.Date(3024, 1, 2, 3, 4, 5, 6000, time.UTC)}}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.CreateUser(want); err != nil {
				return err
			}
			o := &models.Organization{Name: "O"}
			if err := tx.CreateOrganization(o); err != nil {
				return err
			}
			m := models.Membership{OrganizationID: o.ID, UserID: want.ID, Role: models.RoleAdmin, Created: tx.Now()}
			_, err := tx.AddMembership(m)
			want.Memberships = []models.Membership{m}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.Read(t.Context()).User(want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("user (-want +got):\n%s", diff)
		}
	})
}
