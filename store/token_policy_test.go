package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestTokenPolicyIsKept: none is the zero policy, a later one takes the place of an earlier one, and what nobody can read is an error.
func TestTokenPolicyIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		kept := func(want models.TokenPolicy) {
			t.Helper()
			got, err := db.Read(t.Context()).TokenPolicy()
			if err != nil || got != want {
				t.Errorf("kept is %+v, %v, want %+v", got, err, want)
			}
		}
		kept(models.TokenPolicy{})
		for _, policy := range []models.TokenPolicy{{Default: models.Day, Longest: models.LongestAllowed, Idle: models.Day}, {Idle: models.LongestIdle}, {}} {
			write(t, db, func(tx *store.Tx) error {
				if _, err := tx.LockTokenPolicy(); err != nil {
					return err
				}
				return tx.SetTokenPolicy(policy)
			})
			kept(policy)
		}
		write(t, db, func(tx *store.Tx) error { return tx.SetSetting("token_policy", "x") })
		if got, err := db.Read(t.Context()).TokenPolicy(); err == nil {
			t.Errorf("read %+v from nonsense", got)
		}
	})
}

// usedWorld has tokens of every kind that were used and made at all kinds of times.
func usedWorld(t testing.TB, db storetest.DB) (*shown, []*models.AccessToken) {
	t.Helper()
	s := growShown(t, db)
	random := rand.New(rand.NewPCG(3, 4)) // the same rows each time
	moment := func() time.Time { return start.AddDate(0, 0, -random.IntN(60)) }
	var tokens []*models.AccessToken
	for n := range 200 {
		token := &models.AccessToken{UserID: []*int64{&s.member.ID, &s.other.ID, nil}[n%3], Expires: moment().AddDate(0, 0, 40), Stamps: models.Stamps{Created: moment()},
			Platform: []models.Platform{models.Gateway, models.Controller}[n%2]}
		if random.IntN(2) == 0 {
			used := moment()
			token.LastUsed = &used
		}
		if random.IntN(4) == 0 {
			token.ApplicationID = &s.ours.ID
		}
		put(t, db, token)
		tokens = append(tokens, token)
	}
	return s, tokens
}

// TestUnusedTokens: the numbers of the page of the token policy are those of the tokens that the rule ends.
func TestUnusedTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		_, tokens := usedWorld(t, db)
		read := db.Read(t.Context())
		unused := func(days int64) (n int64) {
			for _, token := range tokens {
				if !token.Expired(read.Now()) && (models.TokenPolicy{Idle: days * models.Day}).Unused(token, read.Now()) {
					n++
				}
			}
			return n
		}
		for _, days := range []int64{1, 10, 30, 59} {
			until := start.AddDate(0, 0, -int(days))
			amount, err := read.UnusedTokens(time.Time{}, until)
			check(t, err)
			if want := (store.Amount{Number: unused(days)}); amount != want || amount.Number == 0 {
				t.Errorf("unused for %d days: %+v, want %+v", days, amount, want)
			}
			between, err := read.UnusedTokens(start.AddDate(0, 0, -59), until)
			check(t, err)
			if want := (store.Amount{Number: unused(days) - unused(59)}); between != want {
				t.Errorf("unused for %d days and not for 59: %+v, want %+v", days, between, want)
			}
			beyond := int64(0)
			for _, token := range tokens {
				if token.Personal() && token.Expires.After(start.AddDate(0, 0, int(days))) {
					beyond++
				}
			}
			amount, err = read.TokensExpiringAfter(start.AddDate(0, 0, int(days)))
			check(t, err)
			if amount != (store.Amount{Number: beyond}) {
				t.Errorf("expiring after %d days: %+v, want %d", days, amount, beyond)
			}
		}
	})
}

// TestListsByLastUse: whoever looks, with whatever filters, order and page, sees the tokens that the rule ends and no others, or the others.
func TestListsByLastUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, _ := usedWorld(t, db)
		const days = 20
		read, until := db.Read(t.Context()), start.AddDate(0, 0, -days)
		filters := map[string][]store.Filter{"": nil, "personal": {filterOf("application__isnull=true")}, "of applications": {filterOf("application__isnull=false")},
			"live": {filterOf("expires__gt=2026-03-01T12:00:00Z")}, "live of one": {filterOf("expires__gt=2026-03-01T12:00:00Z"), filterOf("user__username=member")},
			"personal and live": {filterOf("application__isnull=true"), filterOf("expires__gt=2026-03-01T12:00:00Z")}, "platform": {filterOf("platform=controller")}}
		for who, sees := range map[string]models.Visibility{"all": everything, "own": {UserID: s.member.ID}, "an administrator": {UserID: s.admin.ID, Organizations: []int64{s.first.ID}}} {
			for name, each := range filters {
				for _, order := range []string{"-id", "last_used", "user__username"} {
					q := store.Query{Filters: each, Order: []store.Order{{Field: "id", Descending: true}}, Sees: models.Sight{Users: everything}}
					if order != "-id" {
						q.Order = []store.Order{{Field: order}}
					}
					whole, err := read.AccessTokens(q, sees)
					check(t, err)
					for _, unused := range []bool{true, false} {
						var want []int64
						for n := range whole.Rows {
							if (models.TokenPolicy{Idle: days * models.Day}).Unused(&whole.Rows[n], start) == unused {
								want = append(want, whole.Rows[n].ID)
							}
						}
						what := fmt.Sprintf("%s, %s, by %s, unused %t", who, name, order, unused)
						q.LastUse = store.LastUse{Until: until, Unused: unused}
						checkByUse(t, read, what, q, sees, want)
					}
				}
			}
		}
	})
}

// checkByUse asks for the pages one after the other; one of few rows is counted to its end, one of many is not.
func checkByUse(t *testing.T, read store.Reader, what string, q store.Query, sees models.Visibility, want []int64) {
	t.Helper()
	for _, countTo := range []int{0, 5} {
		q.Limit, q.CountTo = 7, countTo
		var got []int64
		for q.Offset = 0; q.Offset <= len(want); q.Offset += q.Limit {
			page, err := read.AccessTokens(q, sees)
			check(t, err)
			for _, row := range page.Rows {
				got = append(got, row.ID)
			}
			more := countTo > 0 && len(want) > countTo
			if page.More != more || !more && page.Count != int64(len(want)) {
				t.Errorf("%s: counted %d (more %t), want %d", what, page.Count, page.More, len(want))
			}
		}
		if diff := cmp.Diff(slices.Clip(want), slices.Clip(got)); diff != "" {
			t.Errorf("%s, counted to %s (-want +got):\n%s", what, strconv.Itoa(countTo), diff)
		}
	}
}
