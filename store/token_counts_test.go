package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestTokensByDay compares the counts with the tokens one by one: of each viewer, for bounds within a day, at midnight and far apart.
func TestTokensByDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		world := newCounting(t, db)
		for range 200 {
			token := world.token()
			token.Created = token.Created.Add(-time.Duration(world.random.IntN(24*60)) * time.Hour)
			check(t, db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, token) }))
		}
		now := db.Now()
		midnight := now.Truncate(24 * time.Hour)
		views := map[string]models.Visibility{"all": {All: true}, "all of the controller": {All: true, Platform: models.Controller}, "a user": {UserID: world.ids("users")[0]},
			"an administrator": {UserID: world.ids("users")[1], Organizations: world.ids("organizations")[:1]}}
		for who, v := range views {
			for _, bounds := range [][2]time.Time{{now, {}}, {now, now.Add(time.Hour)}, {now, now.AddDate(0, 0, 7)}, {midnight.Add(-1), {}}, {now.AddDate(-1, 0, 0), now}, {now.AddDate(0, 0, -3), midnight}, {{}, {}}} {
				for _, field := range []string{"created", "expires"} {
					got, err := db.Read(t.Context()).TokensByDay(field, bounds[0], bounds[1], v)
					check(t, err)
					if diff := cmp.Diff(oneByOne(t, db, field, bounds, v), keyed(got)); diff != "" {
						t.Errorf("%s, %s after %v until %v: want -, got +\n%s", who, field, bounds[0], bounds[1], diff)
					}
				}
			}
		}
	})
}

// newCounting has people, two organizations and applications in one of them.
func newCounting(t *testing.T, db storetest.DB) *counting {
	t.Helper()
	world := &counting{t: t, db: db, random: rand.New(rand.NewPCG(9, 10))} // #nosec G404 -- the same tokens each time
	check(t, db.Write(t.Context(), func(tx *store.Tx) error {
		organization := &models.Organization{Name: "one"}
		return errors.Join(putOne(tx, organization), putOne(tx, &models.Organization{Name: "two"}), putOne(tx, &models.User{Username: "alice"}), putOne(tx, &models.User{Username: "bob"}),
			putOne(tx, &models.Application{Name: "Deploy", OrganizationID: &organization.ID}), putOne(tx, &models.Application{Name: "Desk"}))
	}))
	return world
}

func keyed(counts []store.TokenCount) map[string]int64 {
	found := map[string]int64{}
	for _, each := range counts {
		found[fmt.Sprint(each.Day, each.Platform, each.Personal)] += each.Number
	}
	return found
}

// oneByOne counts the tokens of the list.
func oneByOne(t *testing.T, db storetest.DB, field string, bounds [2]time.Time, v models.Visibility) map[string]int64 {
	t.Helper()
	tokens, err := db.Read(t.Context()).AccessTokens(store.Query{}, v)
	check(t, err)
	found := map[string]int64{}
	for _, each := range tokens.Rows {
		at := each.Created
		if field == "expires" {
			at = each.Expires
		}
		if at.After(bounds[0]) && (bounds[1].IsZero() || !at.After(bounds[1])) {
			found[fmt.Sprint(at.Truncate(24*time.Hour).Unix()/86400, each.Platform, each.ApplicationID == nil)]++
		}
	}
	return found
}

// TestNeverUsed: personal tokens count that work and were never used; the first made is named.
func TestNeverUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		world := newCounting(t, db)
		users, applications := world.ids("users"), world.ids("applications")
		var want []int64 // of the first user, as they were made
		check(t, db.Write(t.Context(), func(tx *store.Tx) error {
			for n := range 40 {
				token := models.AccessToken{Digest: models.NewSecret(30).Digest(), UserID: &users[n%2], Scope: "read", Platform: models.Gateway,
					Expires: tx.Now().Add(time.Duration(world.random.IntN(3)-1) * time.Hour), Stamps: models.Stamps{Created: tx.Now().Add(time.Duration(n-100) * time.Minute)}}
				if n%5 == 0 {
					token.ApplicationID = &applications[0]
				}
				if n%3 == 0 {
					token.LastUsed = new(tx.Now())
				}
				if err := tx.CreateAccessToken(&token); err != nil {
					return err
				}
				if n%2 == 0 && n%5 != 0 && n%3 != 0 && token.Expires.After(tx.Now()) {
					want = append(want, token.ID)
				}
			}
			return nil
		}))
		amount, first, err := db.Read(t.Context()).NeverUsed(models.Visibility{UserID: users[0], Organizations: world.ids("organizations")})
		check(t, err)
		if amount != (store.Amount{Number: int64(len(want))}) || len(want) > 0 && (first == nil || first.ID != want[0] || first.User.ID != users[0]) {
			t.Errorf("%+v, the first %+v, want %v", amount, first, want)
		}
		all, _, err := db.Read(t.Context()).NeverUsed(models.Visibility{All: true})
		if check(t, err); all.Number < amount.Number {
			t.Errorf("all are %+v", all)
		}
	})
}
