package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const racers = 32

// race runs attempt from many at once, each in a transaction, and returns how each ended.
func race(t testing.TB, db storetest.DB, attempt func(n int, tx *store.Tx) error) []error {
	t.Helper()
	var ready, together sync.WaitGroup
	begin := make(chan struct{})
	ends := make([]error, racers)
	ready.Add(racers)
	for n := range racers {
		together.Go(func() {
			ready.Done()
			<-begin
			ends[n] = db.Write(t.Context(), func(tx *store.Tx) error { return attempt(n, tx) })
		})
	}
	ready.Wait()
	close(begin)
	together.Wait()
	return ends
}

// oneWinner checks that one attempt succeeded and all others ended with lost.
func oneWinner(t testing.TB, what string, ends []error, lost error) {
	t.Helper()
	won := 0
	for _, err := range ends {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, lost):
			t.Errorf("%s: %v, want %v", what, err, lost)
		}
	}
	if won != 1 {
		t.Errorf("%s: %d succeeded of %d", what, won, len(ends))
	}
}

func TestRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		for round := range 3 {
			code := &models.AuthorizationCode{ApplicationID: g.application.ID, UserID: g.user.ID}
			refresh := &models.RefreshToken{ApplicationID: g.application.ID}
			put(t, db, code, refresh)
			write(t, db, func(tx *store.Tx) error { return tx.SetSetting("setup", "code") })

			oneWinner(t, "redeem", race(t, db, func(_ int, tx *store.Tx) error {
				if got, err := tx.RedeemAuthorizationCode(code.Digest); err != nil {
					if got == nil || got.ID != code.ID {
						t.Errorf("a loser got %v, and owes the revocation of the family", got)
					}
					return err
				}
				return putOne(tx, &models.AccessToken{Description: "redeemed"})
			}), store.ErrReplayed)
			oneWinner(t, "rotate", race(t, db, func(_ int, tx *store.Tx) error {
				if got, err := tx.RotateRefreshToken(refresh.Digest); err != nil {
					if got == nil || got.ID != refresh.ID {
						t.Errorf("a loser got %v, and owes the revocation of the family", got)
					}
					return err
				}
				return putOne(tx, &models.AccessToken{Description: "rotated"})
			}), store.ErrReplayed)
			oneWinner(t, "take", race(t, db, func(_ int, tx *store.Tx) error {
				taken, err := tx.TakeSetting("setup", "code")
				if err == nil && !taken {
					return store.ErrReplayed
				}
				return err
			}), store.ErrReplayed)
			oneWinner(t, "name a user", race(t, db, func(_ int, tx *store.Tx) error {
				return putOne(tx, &models.User{Username: "racer-" + string(rune('a'+round))})
			}), store.ErrConflict)
			for from, want := range map[string]int{"access_tokens WHERE description = 'redeemed'": round + 1, "access_tokens WHERE description = 'rotated'": round + 1} {
				if n := count(t, db, from); n != want {
					t.Errorf("%s: %d rows, want %d", from, n, want)
				}
			}
		}
	})
}

// Those who come while the winner may still be refused: its rollback gives the chance to one of them.
func TestRaceAfterRollback(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		code := &models.AuthorizationCode{ApplicationID: g.application.ID, UserID: g.user.ID}
		put(t, db, code)
		var refused sync.Once
		ends := race(t, db, func(_ int, tx *store.Tx) error {
			_, err := tx.RedeemAuthorizationCode(code.Digest)
			if err == nil {
				refused.Do(func() { err = errStop })
			}
			return err
		})
		stopped := slices.IndexFunc(ends, func(err error) bool { return errors.Is(err, errStop) })
		if stopped < 0 {
			t.Fatalf("nobody was refused: %v", ends)
		}
		oneWinner(t, "redeem after a refusal", slices.Delete(ends, stopped, stopped+1), store.ErrReplayed)
	})
}

// Many keep consents, sessions, memberships and settings for the same person at once: nothing fails, nothing is there twice.
func TestRacesWithoutLosers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		ends := race(t, db, func(n int, tx *store.Tx) error {
			_, member := tx.AddMembership(models.Membership{OrganizationID: g.organization.ID, UserID: g.user.ID, Role: models.RoleMember, Created: tx.Now()})
			return errors.Join(member, putOne(tx, &models.Consent{UserID: g.user.ID, ApplicationID: g.application.ID}), tx.SetSetting("key", "value"),
				tx.SetLastUsed(store.Use{TokenID: g.access.ID, At: start.Add(time.Duration(n) * time.Hour), Address: "192.0.2.1"}), tx.SetLastLogin(g.user.ID, start))
		})
		check(t, errors.Join(ends...))
		for _, table := range []string{"organization_users", "consents", "settings"} {
			if n := count(t, db, table); n != 1 {
				t.Errorf("%s: %d rows, want 1", table, n)
			}
		}
		got, err := db.Read(t.Context()).AccessToken(g.access.ID)
		check(t, err)
		if !got.LastUsed.Equal(start.Add((racers - 1) * time.Hour)) {
			t.Errorf("last used %v: an older time replaced the newest", got.LastUsed)
		}
	})
}

func TestRaceForTheNewestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		ends := race(t, db, func(_ int, tx *store.Tx) error {
			if _, err := tx.LockUser(g.user.ID); err != nil {
				return err
			}
			return errors.Join(putOne(tx, &models.Session{UserID: g.user.ID}), tx.KeepNewestSessions(g.user.ID, 3))
		})
		check(t, errors.Join(ends...))
		if n := count(t, db, "sessions"); n != 3 {
			t.Errorf("%d sessions, want 3", n)
		}
	})
}

// Two who take the last superusers' rights from each other: one sees that nobody would be left.
func TestRaceForTheLastSuperuser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		var users []*models.User
		for n := range racers {
			user := &models.User{Username: "root-" + string(rune('a'+n)), IsSuperuser: true, IsActive: true}
			put(t, db, user)
			users = append(users, user)
		}
		ends := race(t, db, func(n int, tx *store.Tx) error {
			user, err := tx.LockUser(users[n].ID)
			if err != nil {
				return err
			}
			user.IsSuperuser = false
			if err := tx.UpdateUser(user); err != nil {
				return err
			}
			left, err := tx.SuperuserBeside(user.ID)
			if err == nil && !left {
				return errStop
			}
			return err
		})
		refused := 0
		for _, err := range ends {
			if errors.Is(err, errStop) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if n := count(t, db, "users WHERE is_superuser"); n != 1 || refused != 1 {
			t.Errorf("%d superusers are left, %d changes were refused", n, refused)
		}
	})
}

// While one revokes a family, its live token is being rotated: whichever comes first, nothing of the family lives in the end.
func TestRevocationMeetsRotation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		for range 5 {
			var mu sync.Mutex
			access, refresh := &models.AccessToken{ApplicationID: &g.application.ID, FamilyID: "raced"}, &models.RefreshToken{ApplicationID: g.application.ID, FamilyID: "raced"}
			put(t, db, access)
			refresh.AccessTokenID = &access.ID
			put(t, db, refresh)
			live := refresh.Digest
			ends := race(t, db, func(n int, tx *store.Tx) error {
				if n == racers/2 {
					if _, err := tx.RevokeRefreshTokens(store.TokenSelection{FamilyID: "raced"}, store.ReasonRevoked); err != nil {
						return err
					}
					_, err := tx.DeleteAccessTokens(store.TokenSelection{FamilyID: "raced"})
					return err
				}
				mu.Lock()
				digest := live
				mu.Unlock()
				next, err := rotateTo(tx, g, digest)
				if err == nil {
					mu.Lock()
					live = next
					mu.Unlock()
				}
				return err
			})
			for _, err := range ends {
				if err != nil && !errors.Is(err, store.ErrReplayed) && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			}
			if n := count(t, db, "refresh_tokens WHERE family_id = 'raced' AND revoked IS NULL"); n != 0 {
				t.Errorf("%d refresh tokens outlived the revocation of their family", n)
			}
			if n := count(t, db, "access_tokens WHERE family_id = 'raced'"); n != 0 {
				t.Errorf("%d access tokens outlived the revocation of their family", n)
			}
		}
	})
}

func rotateTo(tx *store.Tx, g *grown, digest models.Digest) (models.Digest, error) {
	old, err := tx.RotateRefreshToken(digest)
	if err != nil {
		return digest, err
	}
	if old.AccessTokenID != nil {
		if _, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{*old.AccessTokenID}}); err != nil {
			return digest, err
		}
	}
	access := &models.AccessToken{ApplicationID: &g.application.ID, FamilyID: "raced"}
	if err := putOne(tx, access); err != nil {
		return digest, err
	}
	next := &models.RefreshToken{Digest: models.NewSecret(30).Digest(), ApplicationID: g.application.ID, FamilyID: "raced", AccessTokenID: &access.ID}
	return next.Digest, putOne(tx, next)
}
