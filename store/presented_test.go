package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// presentable is a user's token of an application with all that comes along when it is presented.
type presentable struct {
	organization models.Organization
	user         models.User
	application  models.Application
	secret       models.ClientSecret
	token        models.AccessToken
}

func growPresentable(t testing.TB, db storetest.DB, name string) *presentable {
	t.Helper()
	p := &presentable{organization: models.Organization{Name: name}, user: models.User{Username: name}}
	put(t, db, &p.organization, &p.user)
	put(t, db, models.Membership{OrganizationID: p.organization.ID, UserID: p.user.ID, Role: models.RoleAdmin})
	p.application = models.Application{Name: name, OrganizationID: &p.organization.ID, UserID: &p.user.ID}
	put(t, db, &p.application)
	p.secret = models.ClientSecret{ApplicationID: p.application.ID, Digest: models.NewSecret(30).Digest()}
	p.token = models.AccessToken{UserID: &p.user.ID, ApplicationID: &p.application.ID}
	put(t, db, &p.secret, &p.token)
	return p
}

// presentedAsStored compares what a store says of a presented token and client with what is stored.
func presentedAsStored(t testing.TB, what string, db *store.Store, p *presentable) {
	t.Helper()
	token, err := db.PresentedToken(t.Context(), p.token.Digest)
	stored, storedErr := db.Read(t.Context()).AccessTokenByDigest(p.token.Digest)
	if !errors.Is(err, storedErr) {
		t.Errorf("%s: the token is %v, stored %v", what, err, storedErr)
	}
	equal(t, what, token, stored)
	client, err := db.PresentedClient(t.Context(), p.application.ClientID)
	is, storedErr := db.Read(t.Context()).Client(p.application.ClientID)
	if !errors.Is(err, storedErr) {
		t.Errorf("%s: the client is %v, stored %v", what, err, storedErr)
	}
	equal(t, what, client, is)
}

// presentedChanges are all that can change what is known of a caller.
var presentedChanges = map[string]func(tx *store.Tx, p *presentable) error{
	"token deleted": func(tx *store.Tx, p *presentable) error {
		_, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{p.token.ID}})
		return err
	},
	"token narrowed": func(tx *store.Tx, p *presentable) error {
		p.token.Scope = models.ScopeRead
		return tx.UpdateAccessToken(&p.token)
	},
	"token used": func(tx *store.Tx, p *presentable) error {
		return tx.SetLastUsed(store.Use{TokenID: p.token.ID, At: tx.Now(), Address: "192.0.2.1"})
	},
	"user disabled": func(tx *store.Tx, p *presentable) error {
		p.user.IsActive = !p.user.IsActive
		return tx.UpdateUser(&p.user)
	},
	"user deleted": func(tx *store.Tx, p *presentable) error {
		if _, err := tx.DeleteAccessTokens(store.TokenSelection{UserID: p.user.ID}); err != nil {
			return err
		}
		if err := tx.DeleteApplication(p.application.ID); err != nil {
			return err
		}
		return tx.DeleteUser(p.user.ID)
	},
	"signed in": func(tx *store.Tx, p *presentable) error { return tx.SetLastLogin(p.user.ID, tx.Now()) },
	"member": func(tx *store.Tx, p *presentable) error {
		_, err := tx.AddMembership(models.Membership{OrganizationID: p.organization.ID, UserID: p.user.ID, Role: models.RoleMember, Created: tx.Now()})
		return err
	},
	"no administrator": func(tx *store.Tx, p *presentable) error {
		_, err := tx.RemoveMembership(p.organization.ID, p.user.ID, models.RoleAdmin)
		return err
	},
	"organization deleted": func(tx *store.Tx, p *presentable) error {
		if _, err := tx.DeleteAccessTokens(store.TokenSelection{ApplicationID: p.application.ID}); err != nil {
			return err
		}
		if err := tx.DeleteApplication(p.application.ID); err != nil {
			return err
		}
		return tx.DeleteOrganization(p.organization.ID)
	},
	"application renamed": func(tx *store.Tx, p *presentable) error {
		p.application.Name += " renamed"
		return tx.UpdateApplication(&p.application)
	},
	"secret added": func(tx *store.Tx, p *presentable) error {
		return tx.AddClientSecret(&models.ClientSecret{ApplicationID: p.application.ID, Digest: models.NewSecret(30).Digest(), Created: tx.Now()})
	},
	"secret ends": func(tx *store.Tx, p *presentable) error {
		return tx.ExpireClientSecrets(p.application.ID, tx.Now().Add(time.Minute))
	},
}

// TestPresentedSeesChanges: a store that knows a token and its client knows what has changed as soon as the change is durable. Another server on the
// same SQLite file does too, one on PostgreSQL after a second.
func TestPresentedSeesChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		worlds := map[string]*presentable{}
		for name := range presentedChanges {
			worlds[name] = growPresentable(t, db, name)
		}
		for name, change := range presentedChanges {
			for _, each := range []*store.Store{db.Store, other} {
				presentedAsStored(t, name+", before", each, worlds[name])
			}
			write(t, db, func(tx *store.Tx) error { return change(tx, worlds[name]) })
			if name != "token used" && name != "signed in" { // are told a minute later at most
				presentedAsStored(t, name, db.Store, worlds[name])
			}
			if db.Dialect() == store.SQLite {
				presentedAsStored(t, name+", at another server", other, worlds[name])
			}
		}
		db.AwaitOthers(t.Context())
		for name := range presentedChanges {
			if name == "token used" || name == "signed in" {
				continue
			}
			presentedAsStored(t, name+", at another server after a second", other, worlds[name])
		}
	})
}

// TestPresentedIsKnown: what was presented and has not changed is not read again, and what a request does with it is its own.
func TestPresentedIsKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		p := growPresentable(t, db, "known")
		var statements []store.Statement
		check(t, db.Trace(func(each store.Statement) { statements = append(statements, each) }))
		known := false
		for range 10 { // PostgreSQL is asked again after each second, however slow the machine is
			presentedAsStored(t, "first", db.Store, p)
			before := len(statements)
			token, err := db.PresentedToken(t.Context(), p.token.Digest)
			check(t, err)
			client, err := db.PresentedClient(t.Context(), p.application.ClientID)
			check(t, err)
			known = known || len(statements) == before
			token.Scope, token.User.IsSuperuser, token.Application.Name, client.ClientID, client.User.Username = "none", true, "changed", "changed", "changed"
		}
		if !known {
			t.Errorf("it is read each time: %v", statements)
		}
	})
}

// TestPresentedAlong: whom and what tokens hang on is read once for all of them, and counts no longer for one of these than for the first.
func TestPresentedAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		p := growPresentable(t, db, "members")
		var statements []store.Statement
		check(t, other.Trace(func(each store.Statement) { statements = append(statements, each) }))
		first, fewest := p.token, 99
		for range 10 { // PostgreSQL is asked again after each second, however slow the machine is
			p.token = models.AccessToken{UserID: &p.user.ID, ApplicationID: &p.application.ID}
			put(t, db, &p.token)
			_, err := other.PresentedToken(t.Context(), first.Digest)
			check(t, err)
			before := len(statements)
			_, err = other.PresentedToken(t.Context(), p.token.Digest)
			check(t, err)
			fewest = min(fewest, len(statements)-before)
		}
		if fewest != 1 {
			t.Errorf("%d statements for another token, want 1", fewest)
		}
		write(t, db, func(tx *store.Tx) error { return presentedChanges["no administrator"](tx, p) })
		if db.Dialect() == store.PostgreSQL {
			time.Sleep(500 * time.Millisecond)
		}
		p.token = models.AccessToken{UserID: &p.user.ID, ApplicationID: &p.application.ID}
		put(t, db, &p.token)
		_, err = other.PresentedToken(t.Context(), p.token.Digest)
		check(t, err)
		db.AwaitOthers(t.Context())
		presentedAsStored(t, "a second later", other, p)
	})
}

// TestPresentedRaces: however many read a token while it is deleted, once that is durable nobody finds it any more.
func TestPresentedRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for round := range 40 {
			p := growPresentable(t, db, fmt.Sprint("race ", round))
			stop := make(chan struct{})
			var readers sync.WaitGroup
			for range 4 {
				readers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_, _ = db.PresentedToken(t.Context(), p.token.Digest)
						}
					}
				})
			}
			write(t, db, presentedDeletion(p))
			for range 20 {
				if _, err := db.PresentedToken(t.Context(), p.token.Digest); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("round %d: %v after it was deleted", round, err)
				}
			}
			close(stop)
			readers.Wait()
		}
	})
}

// TestPresentedRacesOfTwo: on SQLite what another process has made durable is seen at once, also while this one writes all the time.
func TestPresentedRacesOfTwo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() != store.SQLite {
			return // there it takes a second: TestNewsAreHeard
		}
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		busy := growPresentable(t, db, "busy")
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 3 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						check(t, db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{UserID: &busy.user.ID}) }))
					}
				}
			})
		}
		for round := range 60 {
			p := growPresentable(t, db, fmt.Sprint("race ", round))
			for range 5 {
				_, err := db.PresentedToken(t.Context(), p.token.Digest)
				check(t, err)
			}
			check(t, other.Write(t.Context(), presentedDeletion(p)))
			for range 20 {
				if _, err := db.PresentedToken(t.Context(), p.token.Digest); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("round %d: %v after it was deleted", round, err)
				}
			}
		}
		close(stop)
		writers.Wait()
	})
}

func presentedDeletion(p *presentable) func(*store.Tx) error {
	return func(tx *store.Tx) error { return presentedChanges["token deleted"](tx, p) }
}

// TestPresentedWithoutDatabase: what cannot be known to be so still is not said.
func TestPresentedWithoutDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		p := growPresentable(t, db, "gone")
		presentedAsStored(t, "before", db.Store, p)
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		_, err = other.PresentedToken(t.Context(), p.token.Digest)
		check(t, err)
		check(t, other.Close())
		if db.Dialect() != store.SQLite {
			time.Sleep(time.Second)
		}
		if _, err := other.PresentedToken(t.Context(), p.token.Digest); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("without a database: %v", err)
		}
	})
}
