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

// TestTokenFigures compares the numbers with the tokens one by one, for each viewer.
func TestTokenFigures(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		world := newCounting(t, db)
		for range 200 {
			token := world.token()
			token.Created = db.Now().Add(-time.Duration(world.random.IntN(24*60)) * time.Hour)
			check(t, db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, token) }))
		}
		for who, v := range map[int64]models.Visibility{0: {All: true}, world.ids("users")[0]: {UserID: world.ids("users")[0]}} {
			for _, until := range []time.Time{db.Now().AddDate(0, 0, 1), db.Now().AddDate(0, 0, 3).Truncate(24 * time.Hour), db.Now().AddDate(0, 0, 9)} {
				since := db.Now().AddDate(0, 0, -29).Unix() / 86400
				got, err := db.Read(t.Context()).TokenFigures(until, since, who)
				check(t, err)
				want := oneByOne(t, db, until, since, v)
				if diff := cmp.Diff(want, keyed(got)); diff != "" || len(want) < 4 {
					t.Errorf("%d until %v: want -, got +\n%s", who, until, diff)
				}
			}
		}
	})
}

// keyed names the numbers, those of 0 aside.
func keyed(f store.TokenFigures) map[string]int64 {
	found := map[string]int64{"ending": f.Ending}
	for _, each := range f.Active {
		if each.Number > 0 {
			found[fmt.Sprint("active ", each.Platform, each.Personal)] += each.Number
		}
	}
	for _, each := range f.Issued {
		found[fmt.Sprint(each.Day, each.Platform, each.Personal)] += each.Number
	}
	return found
}

func oneByOne(t *testing.T, db storetest.DB, until time.Time, since int64, v models.Visibility) map[string]int64 {
	t.Helper()
	tokens, err := db.Read(t.Context()).AccessTokens(store.Query{}, v)
	check(t, err)
	found := map[string]int64{"ending": 0}
	for _, each := range tokens.Rows {
		personal, active := each.ApplicationID == nil, each.Expires.After(db.Now())
		if active {
			found[fmt.Sprint("active ", each.Platform, personal)]++
		}
		if active && personal && !each.Expires.After(until) {
			found["ending"]++
		}
		if day := each.Created.Unix() / 86400; day >= since {
			found[fmt.Sprint(day, each.Platform, personal)]++
		}
	}
	return found
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
		amount, first, err := db.Read(t.Context()).NeverUsed(users[0])
		check(t, err)
		if amount != (store.Amount{Number: int64(len(want))}) || len(want) > 0 && (first == nil || first.ID != want[0] || first.User.ID != users[0]) {
			t.Errorf("%+v, the first %+v, want %v", amount, first, want)
		}
		all, _, err := db.Read(t.Context()).NeverUsed(0)
		if check(t, err); all.Number < amount.Number {
			t.Errorf("all are %+v", all)
		}
	})
}
