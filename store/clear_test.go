package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// clearAll runs the steps of clearing, each in batches of most until one comes back that is not full, and returns what each removed, which
// the preview has to tell.
func clearAll(t testing.TB, db storetest.DB, lifetime time.Duration, most int) [4]int64 {
	t.Helper()
	lapsed := db.Now().Add(-lifetime)
	preview, err := db.Read(t.Context()).PreviewClearing(lapsed)
	if err != nil {
		t.Fatal(err)
	}
	now := db.Now()
	var removed [4]int64
	for n, what := range [][]store.Clearing{{store.RevokedRefreshTokens(lapsed)}, {store.ExpiredRefreshTokens(now, lapsed), store.LoneRefreshTokens(now, lapsed)},
		{store.ExpiredAccessTokens(now)}, {store.ExpiredAuthorizationCodes(now)}} {
		for _, each := range what {
			removed[n] += clearEach(t, db, each, most)
		}
	}
	foretold := store.Preview{RefreshTokens: store.Amount{Number: removed[0] + removed[1]}, AccessTokens: store.Amount{Number: removed[2]}, AuthorizationCodes: store.Amount{Number: removed[3]}}
	if diff := cmp.Diff(foretold, preview); diff != "" {
		t.Errorf("the preview of clearing (-done +foretold):\n%s", diff)
	}
	return removed
}

// clearEach clears one kind in batches of most.
func clearEach(t testing.TB, db storetest.DB, what store.Clearing, most int) (removed int64) {
	t.Helper()
	for {
		var ids []int64
		write(t, db, func(tx *store.Tx) (err error) {
			if ids, err = tx.Clearable(what, most); err != nil {
				return err
			}
			n, err := tx.Clear(what, ids)
			if n != int64(len(ids)) {
				t.Errorf("%d of %d found were removed", n, len(ids))
			}
			removed += n
			return err
		})
		if len(ids) > most || !slices.IsSorted(ids) {
			t.Fatalf("%d of at most %d were found: %v", len(ids), most, ids)
		}
		if len(ids) < most {
			return removed
		}
	}
}

// growAged stores what contract cases 60 and 61 start from.
func growAged(t testing.TB, db storetest.DB) {
	t.Helper()
	g := &grown{user: models.User{Username: "alice"}, application: models.Application{Name: "Deploy"}}
	put(t, db, &g.user, &g.application)
	var rows, refresh []any
	for n := range 100 {
		for state, expires := range map[string]time.Time{"expired": start.Add(-time.Hour), "live": start.Add(time.Hour)} {
			access := &models.AccessToken{UserID: &g.user.ID, ApplicationID: &g.application.ID, Description: state, Expires: expires}
			rows = append(rows, access, &models.AuthorizationCode{UserID: g.user.ID, ApplicationID: g.application.ID, RedirectURI: state, Expires: expires})
			if n%4 == 0 {
				refresh = append(refresh, &models.RefreshToken{ApplicationID: g.application.ID, UserID: &g.user.ID, FamilyID: state, AccessTokenID: &access.ID, Expires: expires})
			}
		}
	}
	put(t, db, append(rows, refresh...)...)
}

// Contract cases 60 and 61.
func TestClear(t *testing.T) {
	for _, test := range []struct {
		name     string
		most     int
		lifetime time.Duration
		removed  [4]int64
		left     map[string]int
	}{
		{"case 60 in one batch", 10_000, 30 * time.Minute, [4]int64{0, 25, 100, 100},
			map[string]int{"access_tokens": 100, "refresh_tokens": 25, "authorization_codes": 100}},
		{"case 60 in batches of 10", 10, 30 * time.Minute, [4]int64{0, 25, 100, 100},
			map[string]int{"access_tokens": 100, "refresh_tokens": 25, "authorization_codes": 100}},
		{"case 60 in batches of 25, none left over", 25, 30 * time.Minute, [4]int64{0, 25, 100, 100},
			map[string]int{"access_tokens": 100, "refresh_tokens": 25, "authorization_codes": 100}},
		{"case 61", 10, 2 * time.Hour, [4]int64{0, 0, 75, 100},
			map[string]int{"access_tokens": 125, "access_tokens WHERE description = 'expired'": 25, "refresh_tokens": 50, "authorization_codes": 100}},
		{"case 61 at the very end of the lifetime", 10, time.Hour, [4]int64{0, 0, 75, 100},
			map[string]int{"access_tokens": 125, "refresh_tokens": 50, "authorization_codes": 100}},
	} {
		t.Run(test.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db storetest.DB) {
				growAged(t, db)
				equal(t, "removed", clearAll(t, db, test.lifetime, test.most), test.removed)
				for from, want := range test.left {
					if n := count(t, db, from); n != want {
						t.Errorf("%s: %d left, want %d", from, n, want)
					}
				}
				for _, from := range []string{"access_tokens WHERE description = 'live'", "authorization_codes WHERE redirect_uri = 'live'"} {
					if n := count(t, db, from); n != 100 {
						t.Errorf("%s: %d left, want 100", from, n)
					}
				}
				if n := count(t, db, "refresh_tokens WHERE family_id = 'live' AND access_token_id IS NOT NULL"); n != 25 {
					t.Errorf("%d live refresh tokens, want 25", n)
				}
				equal(t, "removed by a second run", clearAll(t, db, test.lifetime, test.most), [4]int64{})
			})
		})
	}
}

// Each rule of contract §6, cleartokens, on both sides of its edge.
func TestClearRefreshTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		application := &models.Application{Name: "Deploy"}
		put(t, db, application)
		const lifetime = 24 * time.Hour
		at := func(before time.Duration) *time.Time { return ref(start.Add(-lifetime - before)) }
		for _, test := range []struct {
			name    string
			access  *time.Time // when the access token expires, nil without one
			revoked *time.Time
			created time.Time
			stays   bool
		}{
			{name: "revoked a moment too long ago", revoked: at(1000), created: start},
			{name: "revoked just so long ago", revoked: at(0), created: start, stays: true},
			{name: "revoked lately, made long ago", revoked: at(-time.Hour), created: *at(time.Hour), stays: true},
			{name: "alone and made a moment too long ago", created: *at(1000)},
			{name: "alone and made just so long ago", created: *at(0), stays: true},
			{name: "its access token expired a moment too long ago", access: at(1000), created: *at(time.Hour)},
			{name: "its access token expired just so long ago", access: at(0), created: *at(time.Hour), stays: true},
			{name: "its access token lives, made long ago", access: ref(start.Add(time.Hour)), created: *at(time.Hour), stays: true},
			{name: "revoked lately, its access token expired long ago", access: at(time.Hour), revoked: at(-time.Hour), created: *at(2 * time.Hour)},
			{name: "revoked in the future", revoked: ref(start.Add(time.Hour)), created: start, stays: true},
		} {
			row := &models.RefreshToken{ApplicationID: application.ID, Revoked: test.revoked, Created: test.created, FamilyID: test.name, Expires: start.Add(-lifetime)}
			if test.access != nil {
				access := &models.AccessToken{ApplicationID: &application.ID, Expires: *test.access}
				put(t, db, access)
				row.AccessTokenID = &access.ID
			}
			put(t, db, row)
			clearAll(t, db, lifetime, 3)
			_, err := db.Read(t.Context()).RefreshTokenByDigest(row.Digest)
			if stayed := err == nil; stayed != test.stays {
				t.Errorf("%s: stayed %v", test.name, stayed)
			}
		}
	})
}

// The edges of expiry: what expires at this moment is expired for use, but cleared only after it.
func TestClearAtTheEdge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := &grown{user: models.User{Username: "alice"}, application: models.Application{Name: "Deploy"}}
		put(t, db, &g.user, &g.application)
		for _, expires := range []time.Time{start.Add(-time.Microsecond), start, start.Add(time.Microsecond)} {
			put(t, db, &models.AccessToken{Expires: expires}, &models.AuthorizationCode{UserID: g.user.ID, ApplicationID: g.application.ID, Expires: expires},
				&models.AuthorizationCode{UserID: g.user.ID, ApplicationID: g.application.ID, Expires: expires, Used: ref(start)})
		}
		equal(t, "removed", clearAll(t, db, 0, 100), [4]int64{0, 0, 1, 1}) // the used code stays for a day
		if _, err := db.Read(t.Context()).AccessToken(1); err == nil {
			t.Error("the expired token is still there")
		}
	})
}

func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, alice, bob)
		want := &models.Session{Digest: models.SecretOf("cookie").Digest(), UserID: alice.ID, Address: "2001:db8::1", Agent: "Mozilla/5.0 (ü)",
			Created: start, LastSeen: start, Expires: time.Date(3024, 1, 2, 3, 4, 5, 6000, time.UTC)}
		put(t, db, want)
		r := db.Read(t.Context())
		got, err := r.SessionByDigest(models.SecretOf("cookie").Digest())
		check(t, err)
		equal(t, "session", got, want)

		later := start.Add(time.Hour)
		write(t, db, func(tx *store.Tx) error { return tx.TouchSession(want.ID, start.Add(time.Minute), later) })
		got, err = r.SessionByDigest(want.Digest)
		check(t, err)
		want.LastSeen, want.Expires = start.Add(time.Minute), later
		equal(t, "touched", got, want)

		others := []*models.Session{{UserID: bob.ID}, {UserID: alice.ID, Created: later}, {UserID: alice.ID, Created: later}, {UserID: alice.ID, Created: start.Add(-time.Hour)}}
		for _, session := range others {
			put(t, db, session)
		}
		list := func(user int64) []int64 {
			sessions, err := r.Sessions(user)
			check(t, err)
			return ids(sessions)
		}
		equal(t, "alice's, newest first", list(alice.ID), []int64{others[2].ID, others[1].ID, want.ID, others[3].ID})
		equal(t, "everybody's", list(0), []int64{others[2].ID, others[1].ID, others[0].ID, want.ID, others[3].ID})

		write(t, db, func(tx *store.Tx) error { return tx.KeepNewestSessions(alice.ID, 3) })
		equal(t, "the newest three", list(alice.ID), []int64{others[2].ID, others[1].ID, want.ID})
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.DeleteSessions(alice.ID, want.ID)
			if n != 2 {
				t.Errorf("%d sessions ended, want 2", n)
			}
			return err
		})
		equal(t, "all but one", list(0), []int64{others[0].ID, want.ID})
		write(t, db, func(tx *store.Tx) error {
			check(t, tx.DeleteSession(want.ID))
			return tx.DeleteSession(want.ID) // gone already
		})
		equal(t, "without it", list(0), []int64{others[0].ID})
	})
}

// Contract case 62, and in batches.
func TestClearSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice := &models.User{Username: "alice"}
		put(t, db, alice)
		put(t, db, &models.Session{UserID: alice.ID, Agent: "live"}, &models.Session{UserID: alice.ID, Agent: "now", Expires: start},
			&models.Session{UserID: alice.ID, Agent: "live"})
		expire := func(most int) int64 { return clearEach(t, db, store.ExpiredSessions(db.Now()), most) }
		if n := expire(10); n != 1 || count(t, db, "sessions WHERE agent = 'live'") != 2 || count(t, db, "sessions") != 2 {
			t.Errorf("%d of 3 sessions removed, want the expired one", n)
		}
		for n := range 25 {
			put(t, db, &models.Session{UserID: alice.ID, Agent: fmt.Sprint(n), Expires: start.Add(-time.Duration(n+1) * time.Minute)})
		}
		if first, second := expire(10), expire(10); first != 25 || second != 0 || count(t, db, "sessions") != 2 {
			t.Errorf("removed %d and %d, %d left", first, second, count(t, db, "sessions"))
		}
	})
}

// What the endpoint still accepts is not cleared, though the lifetime of refresh tokens was lowered since it was made.
func TestClearKeepsWhatCanBeUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := &grown{user: models.User{Username: "alice"}, application: models.Application{Name: "Deploy"}}
		put(t, db, &g.user, &g.application)
		access := &models.AccessToken{ApplicationID: &g.application.ID, Expires: start.Add(-48 * time.Hour)}
		put(t, db, access)
		put(t, db, &models.RefreshToken{ApplicationID: g.application.ID, AccessTokenID: &access.ID, Expires: start.Add(time.Second)},
			&models.RefreshToken{ApplicationID: g.application.ID, Created: start.Add(-48 * time.Hour), Expires: start.Add(time.Second)})
		equal(t, "removed while they are live", clearAll(t, db, time.Hour, 10), [4]int64{})
		db.Clock.Advance(time.Second)
		equal(t, "removed when they have expired", clearAll(t, db, time.Hour, 10), [4]int64{0, 2, 1, 0})
	})
}
