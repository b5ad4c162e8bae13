package store_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestUserRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		organization := &models.Organization{Name: "Engineering"}
		put(t, db, organization)
		want := &models.User{Username: "älice", Password: "$argon2id$x", FirstName: "Älice", LastName: "O'Brien \\ %", Email: "alice@example.org",
			IsSuperuser: true, IsPlatformAuditor: true, IsActive: true, Managed: true, LDAPDN: "cn=alice", ExternalAccount: "ldap", ExternalSource: "directory",
			LastLogin: ref(start.Add(123456 * time.Microsecond)),
			Stamps:    models.Stamps{Created: start, Modified: time.Date(3024, 1, 2, 3, 4, 5, 6000, time.UTC), CreatedBy: ref(int64(77)), ModifiedBy: ref(int64(78))}}
		member := models.Membership{OrganizationID: organization.ID, Role: models.RoleAdmin, Created: start}
		write(t, db, func(tx *store.Tx) error {
			if err := tx.CreateUser(want); err != nil {
				return err
			}
			member.UserID = want.ID
			_, err := tx.AddMembership(member)
			return err
		})
		if want.ID == 0 {
			t.Fatal("the id was not filled in")
		}
		want.Memberships = []models.Membership{member}
		got, err := db.Read(t.Context()).User(want.ID)
		check(t, err)
		equal(t, "user", got, want)
		got, err = db.Read(t.Context()).UserByName("älice")
		check(t, err)
		equal(t, "user by name", got, want)

		*want = models.User{ID: want.ID, Username: "alice", Memberships: want.Memberships, Stamps: models.Stamps{Created: start, Modified: start}}
		write(t, db, func(tx *store.Tx) error { return tx.UpdateUser(want) })
		got, err = db.Read(t.Context()).User(want.ID)
		check(t, err)
		equal(t, "user emptied", got, want)
		if got.Password != want.Password {
			t.Error("the password's digest stayed")
		}
	})
}

func TestUserErrors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, alice, bob)
		for _, test := range []struct {
			name   string
			change func(*store.Tx) error
			want   error
		}{
			{"taken at creation", func(tx *store.Tx) error { return tx.CreateUser(&models.User{Username: "alice"}) }, store.ErrConflict},
			{"other case", func(tx *store.Tx) error { return tx.CreateUser(&models.User{Username: "Alice"}) }, nil},
			{"taken at change", func(tx *store.Tx) error { return tx.UpdateUser(&models.User{ID: bob.ID, Username: "alice"}) }, store.ErrConflict},
			{"change what is gone", func(tx *store.Tx) error { return tx.UpdateUser(&models.User{ID: 999, Username: "x"}) }, store.ErrNotFound},
			{"delete what is gone", func(tx *store.Tx) error { return tx.DeleteUser(999) }, store.ErrNotFound},
			{"lock what is gone", func(tx *store.Tx) error { _, err := tx.LockUser(999); return err }, store.ErrNotFound},
			{"load what is gone", func(tx *store.Tx) error { _, err := tx.User(999); return err }, store.ErrNotFound},
			{"load id 0", func(tx *store.Tx) error { _, err := tx.User(0); return err }, store.ErrNotFound},
			{"part of a name", func(tx *store.Tx) error { _, err := tx.UserByName("ali"); return err }, store.ErrNotFound},
			{"name in other case", func(tx *store.Tx) error { _, err := tx.UserByName("BOB"); return err }, store.ErrNotFound},
			{"wildcard", func(tx *store.Tx) error { _, err := tx.UserByName("%"); return err }, store.ErrNotFound},
			{"NUL", func(tx *store.Tx) error { _, err := tx.UserByName("alice\x00"); return err }, store.ErrNotFound},
			{"no UTF-8", func(tx *store.Tx) error { _, err := tx.UserByName("ali\xffce"); return err }, store.ErrNotFound},
		} {
			t.Run(test.name, func(t *testing.T) {
				if err := db.Write(t.Context(), test.change); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			})
		}
	})
}

func TestDeleteUserTakesWhatHangsOnIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		bob := &models.User{Username: "bob"}
		put(t, db, bob)
		for _, user := range []*models.User{&g.user, bob} {
			put(t, db, models.Membership{OrganizationID: g.organization.ID, UserID: user.ID, Role: models.RoleMember},
				&models.Session{UserID: user.ID}, &models.Consent{UserID: user.ID, ApplicationID: g.application.ID},
				&models.AuthorizationCode{UserID: user.ID, ApplicationID: g.application.ID})
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(g.user.ID) })
		if !errors.Is(err, store.ErrInUse) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted with tokens: %v", err)
		}
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.DeleteAccessTokens(store.TokenSelection{UserID: g.user.ID})
			check(t, err)
			_, err = tx.DeleteRefreshTokens(store.TokenSelection{UserID: g.user.ID})
			check(t, err)
			return tx.DeleteUser(g.user.ID)
		})
		for _, table := range []string{"users", "organization_users", "sessions", "consents", "authorization_codes"} {
			if n := count(t, db, table); n != 1 {
				t.Errorf("%s: %d rows, want bob's", table, n)
			}
		}
	})
}

func TestSignInMarks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice", Password: "old"}, &models.User{Username: "bob", Password: "old"}
		put(t, db, alice, bob)
		later := start.Add(time.Hour)
		write(t, db, func(tx *store.Tx) error {
			first, errFirst := tx.SetPassword(alice.ID, "old", "new")
			late, errLate := tx.SetPassword(alice.ID, "old", "late")
			if !first || late {
				t.Errorf("replaced first: %v, late: %v", first, late)
			}
			return errors.Join(tx.SetLastLogin(alice.ID, later), errFirst, errLate)
		})
		got, err := db.Read(t.Context()).User(alice.ID)
		check(t, err)
		if got.LastLogin == nil || !got.LastLogin.Equal(later) || got.Password != "new" || !got.Modified.Equal(start) {
			t.Errorf("last login %v, modified %v, password digest replaced: %v", got.LastLogin, got.Modified, got.Password == "new")
		}
		got, err = db.Read(t.Context()).User(bob.ID)
		check(t, err)
		if got.LastLogin != nil || got.Password != "old" {
			t.Error("another user was changed")
		}
	})
}

func TestSuperusers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for _, test := range []struct {
			user models.User
			want bool
		}{
			{models.User{Username: "alice", IsActive: true}, false},
			{models.User{Username: "auditor", IsActive: true, IsPlatformAuditor: true}, false},
			{models.User{Username: "disabled", IsSuperuser: true}, false},
			{models.User{Username: "root", IsActive: true, IsSuperuser: true}, true},
		} {
			put(t, db, &test.user)
			exists, err := db.Read(t.Context()).SuperuserExists()
			check(t, err)
			var other, beside bool
			write(t, db, func(tx *store.Tx) (err error) {
				if other, err = tx.SuperuserBeside(0); err == nil {
					beside, err = tx.SuperuserBeside(test.user.ID)
				}
				return err
			})
			if exists != test.want || other != test.want || beside {
				t.Errorf("with %s: exists %v, beside nobody %v, beside that one %v, want %v, the same and false", test.user.Username, exists, other, beside, test.want)
			}
		}
	})
}

func TestMemberships(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		a, b := &models.Organization{Name: "A"}, &models.Organization{Name: "B"}
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, a, b, alice, bob)
		add := func(organization, user int64, role models.Role) (added bool, err error) {
			err = db.Write(t.Context(), func(tx *store.Tx) (err error) {
				added, err = tx.AddMembership(models.Membership{OrganizationID: organization, UserID: user, Role: role, Created: tx.Now()})
				return err
			})
			return added, err
		}
		for n, test := range []struct {
			organization, user int64
			role               models.Role
			want               bool
			err                error
		}{
			{a.ID, alice.ID, models.RoleAdmin, true, nil},
			{a.ID, alice.ID, models.RoleAdmin, false, nil},
			{a.ID, alice.ID, models.RoleMember, true, nil},
			{a.ID, bob.ID, models.RoleAuditor, true, nil},
			{b.ID, alice.ID, models.RoleAuditor, true, nil},
			{999, alice.ID, models.RoleMember, false, store.ErrNotFound},
			{a.ID, 999, models.RoleMember, false, store.ErrNotFound},
		} {
			added, err := add(test.organization, test.user, test.role)
			if added && test.err == nil != test.want || !errors.Is(err, test.err) {
				t.Errorf("%d: added %v, %v", n, added, err)
			}
		}
		if _, err := add(a.ID, alice.ID, "owner"); err == nil {
			t.Error("a role that does not exist was stored")
		}
		r := db.Read(t.Context())
		for _, test := range []struct {
			organization int64
			role         models.Role
			want         []int64
		}{
			{a.ID, models.RoleAdmin, []int64{alice.ID}}, {a.ID, models.RoleMember, []int64{alice.ID}}, {a.ID, models.RoleAuditor, []int64{bob.ID}},
			{b.ID, models.RoleAuditor, []int64{alice.ID}}, {b.ID, models.RoleAdmin, []int64{}},
			{a.ID, "", []int64{alice.ID, bob.ID}}, {b.ID, "", []int64{alice.ID}}, {999, "", []int64{}},
		} {
			page, err := r.Members(test.organization, test.role, store.Query{}, models.Visibility{All: true})
			check(t, err)
			equal(t, string(test.role), ids(page.Rows), test.want)
			if page.Count != int64(len(test.want)) {
				t.Errorf("%s: count %d", test.role, page.Count)
			}
		}
		remove := func(role models.Role) (removed bool) {
			write(t, db, func(tx *store.Tx) (err error) { removed, err = tx.RemoveMembership(a.ID, alice.ID, role); return err })
			return removed
		}
		if !remove(models.RoleAdmin) || remove(models.RoleAdmin) || remove(models.RoleAuditor) {
			t.Error("what is removed is reported wrongly")
		}
		got, err := r.User(alice.ID)
		check(t, err)
		if len(got.Memberships) != 2 || !got.Has(a.ID, models.RoleMember) || !got.Has(b.ID, models.RoleAuditor) {
			t.Errorf("left: %v", got.Memberships)
		}
	})
}
