package store_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestAccessTokenRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		put(t, db, models.Membership{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleMember})
		want := &models.AccessToken{Digest: models.SecretOf("value").Digest(), Hint: "valu", UserID: &g.user.ID, ApplicationID: &g.application.ID,
			Scope: models.ScopeAll, Description: "for \\ 'tests' %", Expires: time.Date(3024, 1, 2, 3, 4, 5, 6000, time.UTC), LastUsed: ref(start),
			LastUsedAddress: "192.0.2.1", Platform: models.Controller, FamilyID: "other", Audience: models.Words{"https://a.example", "https://b.example"},
			Stamps: models.Stamps{Created: start, Modified: start, CreatedBy: &g.user.ID, ModifiedBy: &g.user.ID}}
		put(t, db, want)
		refresh := &models.RefreshToken{ApplicationID: g.application.ID, AccessTokenID: &want.ID}
		put(t, db, refresh)
		r := db.Read(t.Context())

		presented, err := r.AccessTokenByDigest(models.SecretOf("value").Digest())
		check(t, err)
		if presented.User == nil || !presented.User.Has(g.organization.ID, models.RoleMember) || presented.Application == nil {
			t.Errorf("presented: user %v, application %v", presented.User, presented.Application)
		}
		works := &models.RefreshToken{ID: refresh.ID, Digest: refresh.Digest, ApplicationID: refresh.ApplicationID, Expires: refresh.Expires, Revoked: refresh.Revoked}
		want.User, want.Application, want.RefreshToken = &g.user, &g.application, works // read alone it has what says whether that works
		got, err := r.AccessToken(want.ID)
		check(t, err)
		equal(t, "token", got, want)
		want.RefreshToken = refresh
		write(t, db, func(tx *store.Tx) error {
			locked, err := tx.LockAccessToken(want.ID)
			equal(t, "locked", locked, want)
			return err
		})
		page, err := r.AccessTokens(store.Query{Filters: []store.Filter{{Field: "platform", Value: "controller"}}}, models.Visibility{All: true})
		check(t, err)
		equal(t, "listed", page, store.Page[models.AccessToken]{Rows: []models.AccessToken{*want}, Count: 1})

		empty := &models.AccessToken{ID: want.ID, Digest: want.Digest, Platform: models.Gateway, Expires: start, Stamps: models.Stamps{Created: start, Modified: start}}
		write(t, db, func(tx *store.Tx) error { return tx.UpdateAccessToken(empty) })
		got, err = r.AccessToken(want.ID)
		check(t, err)
		empty.Audience, empty.RefreshToken = models.Words{}, works
		equal(t, "emptied", got, empty)
	})
}

func TestAccessTokenErrors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		for _, test := range []struct {
			name   string
			change func(*store.Tx) error
			want   error
		}{
			{"digest taken", func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{Digest: g.access.Digest}) }, store.ErrConflict},
			{"no such user", func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{UserID: ref(int64(999))}) }, store.ErrNotFound},
			{"no such application", func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{ApplicationID: ref(int64(999))}) }, store.ErrNotFound},
			{"change what is gone", func(tx *store.Tx) error {
				return tx.UpdateAccessToken(&models.AccessToken{ID: 999, Platform: models.Gateway, Expires: start})
			}, store.ErrNotFound},
			{"load what is gone", func(tx *store.Tx) error { _, err := tx.AccessToken(999); return err }, store.ErrNotFound},
			{"lock what is gone", func(tx *store.Tx) error { _, err := tx.LockAccessToken(999); return err }, store.ErrNotFound},
			{"unknown value", func(tx *store.Tx) error { _, err := tx.AccessTokenByDigest(models.Digest{}); return err }, store.ErrNotFound},
		} {
			if err := db.Write(t.Context(), test.change); !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			}
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{Platform: "mainframe"}) })
		if err == nil {
			t.Error("a platform that does not exist was stored")
		}
	})
}

// What hangs on a row is loaded with it, and must not be stored with it again.
func TestAssociationsAreNeverStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		r := db.Read(t.Context())
		user := models.User{ID: g.user.ID, Username: "forged", Memberships: []models.Membership{{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleAdmin}}}
		application := models.Application{ID: g.application.ID, Name: "forged", Organization: &models.Organization{ID: g.organization.ID, Name: "forged"},
			User: &models.User{Username: "new"}, ClientSecrets: []models.ClientSecret{{Digest: models.SecretOf("forged").Digest()}}}
		token, err := r.AccessToken(g.access.ID)
		check(t, err)
		fresh := &models.AccessToken{UserID: &g.user.ID, User: &user, Application: &models.Application{Name: "new"},
			RefreshToken: &models.RefreshToken{ApplicationID: g.application.ID}}
		token.User, token.Application, token.RefreshToken = &user, &application, &models.RefreshToken{ID: g.refresh.ID, Reason: "forged"}
		refresh := &models.RefreshToken{ApplicationID: g.application.ID, Application: &application, AccessToken: &models.AccessToken{Description: "new"}}
		loaded, err := r.Application(g.application.ID)
		check(t, err)
		loaded.Organization, loaded.User, loaded.ClientSecrets = application.Organization, application.User, application.ClientSecrets
		person, err := r.User(g.user.ID)
		check(t, err)
		person.Memberships = user.Memberships
		put(t, db, fresh, refresh, &models.User{Username: "carol", Memberships: user.Memberships},
			&models.Application{Name: "Second", OrganizationID: &g.organization.ID, User: &models.User{Username: "new"}, ClientSecrets: application.ClientSecrets})
		write(t, db, func(tx *store.Tx) error {
			return errors.Join(tx.UpdateAccessToken(token), tx.UpdateApplication(loaded), tx.UpdateUser(person))
		})
		for from, want := range map[string]int{
			"users": 2, "organization_users": 0, "organizations": 1, "applications": 2, "client_secrets": 0, "access_tokens": 2, "refresh_tokens": 2,
			"users WHERE username = 'forged'": 0, "applications WHERE name = 'forged'": 0, "organizations WHERE name = 'forged'": 0,
			"refresh_tokens WHERE reason = 'forged'": 0,
		} {
			if n := count(t, db, from); n != want {
				t.Errorf("%s: %d rows, want %d", from, n, want)
			}
		}
	})
}

func TestAccessTokenHints(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		bare := &models.Application{Name: "Bare"}
		other := &models.Application{Name: "Other"}
		put(t, db, bare, other)
		want := []models.AccessToken{{ID: g.access.ID, ApplicationID: &g.application.ID, Scope: g.access.Scope}}
		for n := range 12 {
			token := &models.AccessToken{ApplicationID: &g.application.ID, Scope: []models.Scope{models.ScopeRead, models.ScopeWrite}[n%2]}
			put(t, db, &models.AccessToken{}, &models.AccessToken{ApplicationID: &other.ID}, token)
			want = append(want, models.AccessToken{ID: token.ID, ApplicationID: &g.application.ID, Scope: token.Scope})
		}
		r := db.Read(t.Context())
		hints, err := r.AccessTokenHints([]int64{g.application.ID, bare.ID, other.ID, 999}, 10)
		check(t, err)
		if len(hints) != 2 || hints[other.ID].Count != 12 || len(hints[other.ID].Rows) != 10 {
			t.Errorf("hints of %d applications, %d of %d of the other", len(hints), len(hints[other.ID].Rows), hints[other.ID].Count)
		}
		equal(t, "hints", hints[g.application.ID], store.Page[models.AccessToken]{Rows: want[:10], Count: 13})
		many := make([]int64, 450) // more than one statement takes
		for n := range many {
			many[n] = int64(n + 1)
		}
		all, err := r.AccessTokenHints(many, 10)
		check(t, err)
		equal(t, "hints among many", all, hints)
		none, err := r.AccessTokenHints(nil, 10)
		check(t, err)
		if len(none) != 0 {
			t.Errorf("hints of no application: %v", none)
		}
	})
}

// At most one write a minute for each token, and an older time never replaces a newer one.
func TestSetLastUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		token, other := &models.AccessToken{}, &models.AccessToken{}
		put(t, db, token, other)
		for _, test := range []struct {
			after   time.Duration
			address string
			want    time.Duration
			from    string
		}{
			{0, "192.0.2.1", 0, "192.0.2.1"}, {59 * time.Second, "192.0.2.2", 0, "192.0.2.1"}, {time.Minute, "192.0.2.3", time.Minute, "192.0.2.3"},
			{30 * time.Second, "192.0.2.4", time.Minute, "192.0.2.3"}, {time.Hour, "2001:db8::1", time.Hour, "2001:db8::1"},
		} {
			write(t, db, func(tx *store.Tx) error {
				return tx.SetLastUsed(store.Use{TokenID: token.ID, At: start.Add(test.after), Address: test.address})
			})
			got, err := db.Read(t.Context()).AccessToken(token.ID)
			check(t, err)
			if !got.LastUsed.Equal(start.Add(test.want)) || got.LastUsedAddress != test.from || !got.Modified.Equal(start) {
				t.Errorf("after %v: last used %v from %s, modified %v", test.after, got.LastUsed, got.LastUsedAddress, got.Modified)
			}
		}
		if n := count(t, db, "access_tokens WHERE last_used IS NULL"); n != 1 {
			t.Error("another token was marked")
		}
	})
}
