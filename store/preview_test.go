package store_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestPreviewOfClearing: whatever tokens there are, the preview tells what clearing removes; clearAll compares.
func TestPreviewOfClearing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := &grown{user: models.User{Username: "alice"}, application: models.Application{Name: "Deploy"}}
		put(t, db, &g.user, &g.application)
		random := rand.New(rand.NewPCG(1, 2)) // the same rows each time
		moment := func() time.Time { return start.Add(time.Duration(random.IntN(40)-30) * time.Hour) }
		var rows, refresh []any
		for range 300 {
			access := &models.AccessToken{UserID: &g.user.ID, ApplicationID: &g.application.ID, Expires: moment()}
			used := moment()
			code := &models.AuthorizationCode{UserID: g.user.ID, ApplicationID: g.application.ID, Expires: moment()}
			if random.IntN(2) == 0 {
				code.Used = &used
			}
			rows = append(rows, access, code, &models.DeviceCode{ApplicationID: g.application.ID, Expires: moment()})
			token := &models.RefreshToken{ApplicationID: g.application.ID, UserID: &g.user.ID, Created: moment(), Expires: moment()}
			if random.IntN(3) > 0 {
				token.AccessTokenID = &access.ID
			}
			if random.IntN(3) == 0 {
				token.Revoked = &used
			}
			if random.IntN(4) > 0 {
				refresh = append(refresh, token)
			}
		}
		put(t, db, append(rows, refresh...)...)
		preview, err := db.Read(t.Context()).PreviewClearing(start)
		if err != nil {
			t.Fatal(err)
		}
		if n := clearEach(t, db, store.ExpiredDeviceCodes(db.Now()), 1000); n == 0 || preview.DeviceCodes != (store.Amount{Number: n}) {
			t.Errorf("%d device codes were cleared, the preview says %+v", n, preview.DeviceCodes)
		}
		removed := clearAll(t, db, 12*time.Hour, 50)
		if removed[0] == 0 || removed[1] == 0 || removed[2] == 0 || removed[3] == 0 {
			t.Errorf("the rows do not try every step: %v", removed)
		}
	})
}

// TestPreviewOfRevocation: all, a user's, a platform's; with refresh tokens also what others hold through them.
func TestPreviewOfRevocation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := models.User{Username: "alice"}, models.User{Username: "bob"}
		here, there := models.Application{Name: "Desk"}, models.Application{Name: "Job", ClientID: "job", Platform: models.Controller}
		put(t, db, &alice, &bob, &here, &there)
		now := start
		for _, each := range []struct {
			user, requester *models.User
			application     *models.Application
			refresh         bool
			revoked         *time.Time
		}{
			{&alice, &alice, &here, true, nil}, {&alice, &alice, &there, true, nil}, {&alice, &alice, &here, true, &now}, {&alice, &alice, &here, false, nil},
			{&bob, &bob, &here, true, nil}, {&bob, &alice, &here, true, nil}, // a token that acts as bob, made for alice
		} {
			platform := models.Gateway
			if each.application == &there {
				platform = models.Controller
			}
			access := &models.AccessToken{UserID: &each.user.ID, ApplicationID: &each.application.ID, Platform: platform, Expires: start}
			put(t, db, access)
			if each.refresh {
				put(t, db, &models.RefreshToken{UserID: &each.requester.ID, SubjectUserID: &each.user.ID, ApplicationID: each.application.ID, AccessTokenID: &access.ID,
					Platform: platform, Revoked: each.revoked, Expires: start})
			}
		}
		for name, test := range map[string]struct {
			user              int64
			platform          models.Platform
			refresh           bool
			access, refreshed int64
		}{
			"everybody":                 {0, "", false, 6, 0},
			"everybody, refresh tokens": {0, "", true, 6, 4},
			"alice":                     {alice.ID, "", false, 4, 0},
			"alice, refresh tokens":     {alice.ID, "", true, 5, 3},
			"bob, refresh tokens":       {bob.ID, "", true, 2, 1},
			"controller":                {0, models.Controller, true, 1, 1},
			"alice at the gateway":      {alice.ID, models.Gateway, true, 4, 2},
			"bob at the controller":     {bob.ID, models.Controller, true, 0, 0},
		} {
			p, err := db.Read(t.Context()).PreviewRevocation(test.user, test.platform, test.refresh)
			want := store.Preview{AccessTokens: store.Amount{Number: test.access}, RefreshTokens: store.Amount{Number: test.refreshed}}
			if diff := cmp.Diff(want, p); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
		}
	})
}

// TestPreviewEnds: beyond what a preview reads it says that there is more.
func TestPreviewEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := models.User{Username: "alice"}, models.User{Username: "bob"}
		put(t, db, &alice, &bob)
		put(t, db, &models.Session{UserID: bob.ID, Expires: start.Add(time.Hour)}, &models.Session{UserID: alice.ID, Expires: start.Add(-time.Hour)})
		digest := map[string]string{store.SQLite: "randomblob(32)", store.PostgreSQL: "sha256(random()::text::bytea)"}[db.Dialect()]
		for range 14 { // each time twice as many
			write(t, db, func(tx *store.Tx) error {
				return tx.Exec("INSERT INTO sessions (digest, user_id, address, agent, created, last_seen, expires) SELECT " + digest +
					", user_id, address, agent, created, last_seen, expires FROM sessions WHERE user_id = (SELECT id FROM users WHERE username = 'alice')")
			})
		}
		r := db.Read(t.Context())
		for name, test := range map[string]struct {
			user    int64
			expired bool
			want    store.Amount
		}{
			"all": {0, false, store.Amount{Number: 10_000, More: true}}, "expired": {0, true, store.Amount{Number: 10_000, More: true}},
			"alice": {alice.ID, false, store.Amount{Number: 10_000, More: true}}, "bob": {bob.ID, false, store.Amount{Number: 1}},
		} {
			if p, err := r.PreviewSessions(test.user, test.expired); err != nil || p.Sessions != test.want {
				t.Errorf("%s: %+v, %v, want %+v", name, p.Sessions, err, test.want)
			}
		}
	})
}
