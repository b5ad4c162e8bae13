package store_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestOrganizationRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		want := &models.Organization{Name: "Größe 大きさ", Description: "line\nbreak", Managed: true,
			Stamps: models.Stamps{Created: start, Modified: start, CreatedBy: ref(int64(5))}}
		put(t, db, want, &models.Organization{Name: "Other"})
		r := db.Read(t.Context())
		got, err := r.Organization(want.ID)
		check(t, err)
		equal(t, "organization", got, want)
		got, err = r.OrganizationByName("Größe 大きさ")
		check(t, err)
		equal(t, "organization by name", got, want)

		want.Name, want.Description, want.Managed, want.CreatedBy = "Renamed", "", false, nil
		write(t, db, func(tx *store.Tx) error {
			locked, err := tx.LockOrganization(want.ID)
			check(t, err)
			if locked.Name != "Größe 大きさ" {
				t.Errorf("locked %v", locked)
			}
			return tx.UpdateOrganization(want)
		})
		got, err = r.Organization(want.ID)
		check(t, err)
		equal(t, "organization changed", got, want)
	})
}

func TestOrganizationErrors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		other := &models.Organization{Name: "Other"}
		put(t, db, other)
		put(t, db, models.Membership{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleAdmin},
			models.Membership{OrganizationID: other.ID, UserID: g.user.ID, Role: models.RoleAdmin})
		for _, test := range []struct {
			name   string
			change func(*store.Tx) error
			want   error
		}{
			{"taken at creation", func(tx *store.Tx) error { return tx.CreateOrganization(&models.Organization{Name: "Other"}) }, store.ErrConflict},
			{"taken at change", func(tx *store.Tx) error {
				return tx.UpdateOrganization(&models.Organization{ID: g.organization.ID, Name: "Other"})
			}, store.ErrConflict},
			{"change what is gone", func(tx *store.Tx) error { return tx.UpdateOrganization(&models.Organization{ID: 999, Name: "x"}) }, store.ErrNotFound},
			{"lock what is gone", func(tx *store.Tx) error { _, err := tx.LockOrganization(999); return err }, store.ErrNotFound},
			{"load what is gone", func(tx *store.Tx) error { _, err := tx.Organization(999); return err }, store.ErrNotFound},
			{"no such name", func(tx *store.Tx) error { _, err := tx.OrganizationByName("other"); return err }, store.ErrNotFound},
			{"broken name", func(tx *store.Tx) error { _, err := tx.OrganizationByName("\xff"); return err }, store.ErrNotFound},
			{"delete with applications", func(tx *store.Tx) error { return tx.DeleteOrganization(g.organization.ID) }, store.ErrInUse},
			{"delete what is gone", func(tx *store.Tx) error { return tx.DeleteOrganization(999) }, store.ErrNotFound},
			{"delete", func(tx *store.Tx) error { return tx.DeleteOrganization(other.ID) }, nil},
		} {
			if err := db.Write(t.Context(), test.change); !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			}
		}
		if n := count(t, db, "organization_users"); n != 1 {
			t.Errorf("%d memberships, want that of the organization that is left", n)
		}
	})
}

func fullApplication(g *grown) *models.Application {
	return &models.Application{Name: "Ansible", Description: "runs\nthings", OrganizationID: &g.organization.ID, UserID: &g.user.ID,
		ClientID: "client-1", ClientType: models.Public, AuthorizationGrantType: "authorization-code",
		GrantTypes: models.Words{"authorization_code", "refresh_token"}, RedirectURIs: models.Words{"https://a.example/cb", "https://b.example/cb?x=ü"},
		PostLogoutRedirectURIs: models.Words{"https://a.example/out"}, ResourceURIs: models.Words{"https://api.example"}, Algorithm: "RS256",
		SkipAuthorization: true, RequirePKCE: true, IntrospectAll: true, Platform: models.Controller,
		Stamps: models.Stamps{Created: start, Modified: start, CreatedBy: &g.user.ID, ModifiedBy: &g.user.ID}}
}

func TestApplicationRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		want := fullApplication(g)
		put(t, db, want)
		secret := models.ClientSecret{ApplicationID: want.ID, Digest: models.SecretOf("secret").Digest(), Created: start}
		put(t, db, &secret)
		want.Organization, want.User, want.ClientSecrets = &g.organization, &g.user, []models.ClientSecret{secret}
		r := db.Read(t.Context())
		for name, load := range map[string]func() (*models.Application, error){
			"by id":        func() (*models.Application, error) { return r.Application(want.ID) },
			"by client id": func() (*models.Application, error) { return r.ApplicationByClientID("client-1") },
			"by name":      func() (*models.Application, error) { return r.ApplicationByName("Ansible", "Engineering") },
			"locked": func() (got *models.Application, err error) {
				err = db.Write(t.Context(), func(tx *store.Tx) error { got, err = tx.LockApplication(want.ID); return err })
				return got, err
			},
		} {
			got, err := load()
			check(t, err)
			equal(t, name, got, want)
		}
		empty := &models.Application{ID: want.ID, Name: "Emptied", ClientID: "client-2", ClientType: models.Confidential, AuthorizationGrantType: "password",
			Platform: models.Gateway, Stamps: models.Stamps{Created: start, Modified: start}}
		write(t, db, func(tx *store.Tx) error { return tx.UpdateApplication(empty) })
		got, err := r.Application(want.ID)
		check(t, err)
		empty.ClientSecrets = []models.ClientSecret{secret}
		empty.GrantTypes, empty.RedirectURIs, empty.PostLogoutRedirectURIs, empty.ResourceURIs = models.Words{}, models.Words{}, models.Words{}, models.Words{}
		equal(t, "emptied", got, empty)
	})
}

func TestApplicationErrors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		elsewhere := &models.Organization{Name: "Elsewhere"}
		put(t, db, elsewhere)
		application := func(change func(*models.Application)) *models.Application {
			a := fullApplication(g)
			a.ClientID = models.RandomText(models.ClientIDLength)
			change(a)
			return a
		}
		for _, test := range []struct {
			name   string
			change func(*store.Tx) error
			want   error
		}{
			{"name taken", func(tx *store.Tx) error {
				return tx.CreateApplication(application(func(a *models.Application) { a.Name = "Deploy" }))
			}, store.ErrConflict},
			{"name in another organization", func(tx *store.Tx) error {
				return tx.CreateApplication(application(func(a *models.Application) { a.Name, a.OrganizationID = "Deploy", &elsewhere.ID }))
			}, nil},
			{"client id taken", func(tx *store.Tx) error {
				return tx.CreateApplication(application(func(a *models.Application) { a.ClientID = g.application.ClientID }))
			}, store.ErrConflict},
			{"no such organization", func(tx *store.Tx) error {
				return tx.CreateApplication(application(func(a *models.Application) { a.OrganizationID = ref(int64(999)) }))
			}, store.ErrNotFound},
			{"no such owner", func(tx *store.Tx) error {
				return tx.CreateApplication(application(func(a *models.Application) { a.UserID = ref(int64(999)) }))
			}, store.ErrNotFound},
			{"change what is gone", func(tx *store.Tx) error {
				return tx.UpdateApplication(application(func(a *models.Application) { a.ID = 999 }))
			}, store.ErrNotFound},
			{"load what is gone", func(tx *store.Tx) error { _, err := tx.Application(999); return err }, store.ErrNotFound},
			{"lock what is gone", func(tx *store.Tx) error { _, err := tx.LockApplication(999); return err }, store.ErrNotFound},
			{"no such client", func(tx *store.Tx) error { _, err := tx.ApplicationByClientID("\x00"); return err }, store.ErrNotFound},
			{"no such name", func(tx *store.Tx) error { _, err := tx.ApplicationByName("deploy", "Engineering"); return err }, store.ErrNotFound},
			{"no such organization's name", func(tx *store.Tx) error { _, err := tx.ApplicationByName("Deploy", "engineering"); return err }, store.ErrNotFound},
			{"delete with tokens", func(tx *store.Tx) error { return tx.DeleteApplication(g.application.ID) }, store.ErrInUse},
			{"delete what is gone", func(tx *store.Tx) error { return tx.DeleteApplication(999) }, store.ErrNotFound},
			{"secret of nothing", func(tx *store.Tx) error { return tx.AddClientSecret(&models.ClientSecret{ApplicationID: 999}) }, store.ErrNotFound},
		} {
			if err := db.Write(t.Context(), test.change); !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			}
		}
	})
}

func TestDeleteApplicationTakesWhatHangsOnIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		other := &models.Application{Name: "Other", OrganizationID: &g.organization.ID}
		put(t, db, other)
		for _, a := range []*models.Application{&g.application, other} {
			put(t, db, &models.ClientSecret{ApplicationID: a.ID}, &models.Consent{UserID: g.user.ID, ApplicationID: a.ID},
				&models.AuthorizationCode{UserID: g.user.ID, ApplicationID: a.ID})
		}
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.DeleteRefreshTokens(store.TokenSelection{ApplicationID: g.application.ID})
			check(t, err)
			_, err = tx.DeleteAccessTokens(store.TokenSelection{ApplicationID: g.application.ID})
			check(t, err)
			return tx.DeleteApplication(g.application.ID)
		})
		for _, table := range []string{"applications", "client_secrets", "consents", "authorization_codes", "users", "organizations"} {
			if n := count(t, db, table); n != 1 {
				t.Errorf("%s: %d rows, want 1", table, n)
			}
		}
	})
}

func TestLockApplicationsOf(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		elsewhere, bob := &models.Organization{Name: "Elsewhere"}, &models.User{Username: "bob"}
		put(t, db, elsewhere, bob)
		owned := &models.Application{Name: "Owned", OrganizationID: &elsewhere.ID, UserID: &bob.ID}
		put(t, db, owned, &models.Application{Name: "Nobody's", OrganizationID: &elsewhere.ID}, &models.Application{Name: "Homeless"})
		for _, test := range []struct {
			organization, owner int64
			want                []int64
		}{
			{g.organization.ID, 0, []int64{g.application.ID}}, {elsewhere.ID, 0, []int64{owned.ID, owned.ID + 1}},
			{0, bob.ID, []int64{owned.ID}}, {0, g.user.ID, nil}, {0, 0, nil}, {g.organization.ID, bob.ID, []int64{g.application.ID, owned.ID}},
		} {
			write(t, db, func(tx *store.Tx) error {
				got, err := tx.LockApplicationsOf(test.organization, test.owner)
				if len(got)+len(test.want) > 0 {
					equal(t, "applications", got, test.want)
				}
				return err
			})
		}
	})
}

// Two secrets live side by side while a rotated one overlaps.
func TestClientSecrets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		other := &models.Application{Name: "Other"}
		put(t, db, other)
		old, fresh := models.SecretOf("old"), models.SecretOf("fresh")
		put(t, db, &models.ClientSecret{ApplicationID: g.application.ID, Digest: old.Digest()}, &models.ClientSecret{ApplicationID: other.ID, Digest: old.Digest()})
		expire := func(at time.Time) {
			write(t, db, func(tx *store.Tx) error { return tx.ExpireClientSecrets(g.application.ID, at) })
		}
		verify := func(id int64, secret models.Secret, at time.Time) bool {
			application, err := db.Read(t.Context()).Application(id)
			check(t, err)
			return application.VerifySecret(secret, at)
		}
		overlap := start.Add(time.Hour)
		expire(overlap)
		put(t, db, &models.ClientSecret{ApplicationID: g.application.ID, Digest: fresh.Digest()})
		if !verify(g.application.ID, old, overlap.Add(-time.Microsecond)) || verify(g.application.ID, old, overlap) || !verify(g.application.ID, fresh, overlap) {
			t.Error("the overlap is not what was asked for")
		}
		expire(overlap.Add(time.Hour)) // a later end does not give the old one more time
		if verify(g.application.ID, old, overlap) || verify(g.application.ID, fresh, overlap.Add(time.Hour)) {
			t.Error("a secret outlives its end")
		}
		expire(start)
		if verify(g.application.ID, old, start) || verify(g.application.ID, fresh, start) || count(t, db, "client_secrets") != 1 {
			t.Error("secrets were not ended at once")
		}
		if !verify(other.ID, old, start) {
			t.Error("another application's secret ended")
		}
	})
}

func TestCounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		empty, bob := &models.Organization{Name: "Empty"}, &models.User{Username: "bob"}
		put(t, db, empty, bob)
		put(t, db, models.Membership{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleAdmin},
			models.Membership{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleMember},
			models.Membership{OrganizationID: g.organization.ID, UserID: bob.ID, Role: models.RoleMember},
			models.Membership{OrganizationID: empty.ID, UserID: bob.ID, Role: models.RoleAuditor},
			&models.AccessToken{UserID: &bob.ID}, &models.AccessToken{UserID: &bob.ID, ApplicationID: &g.application.ID},
			&models.Application{Name: "Bob's", UserID: &bob.ID})
		r := db.Read(t.Context())
		counts, err := r.OrganizationCounts([]int64{g.organization.ID, empty.ID})
		check(t, err)
		equal(t, "counts", counts, map[int64]store.OrganizationCounts{g.organization.ID: {Members: 2, Administrators: 1, Applications: 1}, empty.ID: {}})
		for _, test := range []struct {
			organization, user int64
			want               store.Dependents
		}{
			{g.organization.ID, 0, store.Dependents{Applications: 1, Tokens: 2}}, {0, g.user.ID, store.Dependents{Tokens: 1}},
			{0, bob.ID, store.Dependents{Applications: 1, Tokens: 2}}, {empty.ID, 0, store.Dependents{}},
		} {
			got, err := r.Dependents(test.organization, test.user)
			check(t, err)
			equal(t, "dependents", got, test.want)
		}
	})
}
