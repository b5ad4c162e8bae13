package store_test

import (
	"errors"
	"slices"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// several is a set of access tokens and refresh tokens that differ in all that a selection can name.
type several struct {
	alice, bob  models.User
	first, last models.Application
	access      [6]models.AccessToken
	refresh     [5]models.RefreshToken
}

func growSeveral(t testing.TB, db storetest.DB) *several {
	t.Helper()
	s := &several{alice: models.User{Username: "alice"}, bob: models.User{Username: "bob"},
		first: models.Application{Name: "First"}, last: models.Application{Name: "Last", Platform: models.Controller}}
	put(t, db, &s.alice, &s.bob, &s.first, &s.last)
	alice, bob, first, last := &s.alice.ID, &s.bob.ID, &s.first.ID, &s.last.ID
	s.access = [6]models.AccessToken{
		{UserID: alice}, {UserID: alice, ApplicationID: first, FamilyID: "one"}, {UserID: bob, ApplicationID: first, FamilyID: "two"},
		{UserID: bob, ApplicationID: last, FamilyID: "three", Platform: models.Controller}, {ApplicationID: first, FamilyID: "four"},
		{UserID: alice, ApplicationID: last, FamilyID: "five", Platform: models.Controller, Expires: start.Add(-1)},
	}
	for n := range s.access {
		put(t, db, &s.access[n])
	}
	s.refresh = [5]models.RefreshToken{
		{ApplicationID: *first, UserID: alice, SubjectUserID: alice, FamilyID: "one", AccessTokenID: &s.access[1].ID},
		{ApplicationID: *first, UserID: alice, SubjectUserID: bob, FamilyID: "two", AccessTokenID: &s.access[2].ID},
		{ApplicationID: *last, UserID: bob, SubjectUserID: bob, FamilyID: "three", Platform: models.Controller, AccessTokenID: &s.access[3].ID},
		{ApplicationID: *last, UserID: bob, SubjectUserID: bob, FamilyID: "three", Platform: models.Controller, Revoked: ref(start), Reason: "rotated"},
		{ApplicationID: *last, UserID: alice, SubjectUserID: alice, FamilyID: "five", Platform: models.Controller},
	}
	for n := range s.refresh {
		put(t, db, &s.refresh[n])
	}
	return s
}

func TestDeleteAccessTokens(t *testing.T) {
	var tests []func(*testing.T, *store.Tx, *several)
	for _, test := range []struct {
		name      string
		selection func(*several) store.TokenSelection
		want      []int // places in several.access
	}{
		{"everything", func(*several) store.TokenSelection { return store.TokenSelection{Everything: true} }, []int{0, 1, 2, 3, 4, 5}},
		{"three of everything", func(*several) store.TokenSelection { return store.TokenSelection{Everything: true, Limit: 3} }, []int{0, 1, 2}},
		{"user", func(s *several) store.TokenSelection { return store.TokenSelection{UserID: s.alice.ID} }, []int{0, 1, 5}},
		{"application", func(s *several) store.TokenSelection { return store.TokenSelection{ApplicationID: s.first.ID} }, []int{1, 2, 4}},
		{"platform", func(*several) store.TokenSelection { return store.TokenSelection{Platform: models.Controller} }, []int{3, 5}},
		{"family", func(*several) store.TokenSelection { return store.TokenSelection{FamilyID: "two"} }, []int{2}},
		{"user and platform", func(s *several) store.TokenSelection {
			return store.TokenSelection{UserID: s.alice.ID, Platform: models.Gateway}
		}, []int{0, 1}},
		{"ids", func(s *several) store.TokenSelection {
			return store.TokenSelection{IDs: []int64{s.access[4].ID, 999, s.access[1].ID}}
		}, []int{1, 4}},
		{"no ids", func(*several) store.TokenSelection { return store.TokenSelection{IDs: []int64{}} }, nil},
	} {
		tests = append(tests, func(t *testing.T, tx *store.Tx, s *several) {
			got, err := tx.DeleteAccessTokens(test.selection(s))
			check(t, err)
			want, left := []int64{}, []int64{}
			for n := range s.access {
				if slices.Contains(test.want, n) {
					want = append(want, s.access[n].ID)
				} else {
					left = append(left, s.access[n].ID)
				}
			}
			equal(t, test.name+": deleted", ids(got), want)
			page, err := tx.AccessTokens(store.Query{}, models.Visibility{All: true})
			check(t, err)
			equal(t, test.name+": left", ids(page.Rows), left)
			counted(t, tx, test.name, "refresh_tokens", len(s.refresh))
			counted(t, tx, test.name+": links to nothing", "refresh_tokens WHERE access_token_id IS NOT NULL AND access_token_id NOT IN (SELECT id FROM access_tokens)", 0)
		})
	}
	eachUndone(t, tests)
}

// eachUndone runs each test in a transaction of its own that is rolled back, over the same rows.
func eachUndone(t *testing.T, tests []func(*testing.T, *store.Tx, *several)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growSeveral(t, db)
		db.Clock.Advance(1)
		for _, test := range tests {
			err := db.Write(t.Context(), func(tx *store.Tx) error { test(t, tx, s); return errStop })
			if !errors.Is(err, errStop) {
				t.Fatal(err)
			}
		}
	})
}

func counted(t testing.TB, tx *store.Tx, name, from string, want int) {
	t.Helper()
	n, err := tx.CountOf(from)
	check(t, err)
	if n != int64(want) {
		t.Errorf("%s: %d of %s, want %d", name, n, from, want)
	}
}

func TestRevokeAndDeleteRefreshTokens(t *testing.T) {
	var tests []func(*testing.T, *store.Tx, *several)
	for _, test := range []struct {
		name            string
		selection       func(*several) store.TokenSelection
		revoked, delete []int // places in several.refresh
	}{
		{"everything", func(*several) store.TokenSelection { return store.TokenSelection{Everything: true} }, []int{0, 1, 2, 4}, []int{0, 1, 2, 3, 4}},
		{"two", func(*several) store.TokenSelection { return store.TokenSelection{Everything: true, Limit: 2} }, []int{0, 1}, []int{0, 1}},
		{"made for", func(s *several) store.TokenSelection { return store.TokenSelection{UserID: s.alice.ID} }, []int{0, 1, 4}, []int{0, 1, 4}},
		{"acting as", func(s *several) store.TokenSelection { return store.TokenSelection{SubjectUserID: s.bob.ID} }, []int{1, 2}, []int{1, 2, 3}},
		{"application", func(s *several) store.TokenSelection { return store.TokenSelection{ApplicationID: s.last.ID} }, []int{2, 4}, []int{2, 3, 4}},
		{"family", func(*several) store.TokenSelection { return store.TokenSelection{FamilyID: "three"} }, []int{2}, []int{2, 3}},
		{"platform", func(*several) store.TokenSelection { return store.TokenSelection{Platform: models.Gateway} }, []int{0, 1}, []int{0, 1}},
		{"ids", func(s *several) store.TokenSelection {
			return store.TokenSelection{IDs: []int64{s.refresh[3].ID, s.refresh[0].ID}}
		}, []int{0}, []int{0, 3}},
	} {
		tests = append(tests, func(t *testing.T, tx *store.Tx, s *several) {
			places := func(list []int) []int64 {
				found := []int64{}
				for _, n := range list {
					found = append(found, s.refresh[n].ID)
				}
				return found
			}
			revoked, err := tx.RevokeRefreshTokens(test.selection(s), store.ReasonRevoked)
			check(t, err)
			equal(t, test.name+": revoked", ids(revoked), places(test.revoked))
			for _, token := range revoked {
				if token.Revoked == nil || !token.Revoked.Equal(tx.Now()) || token.Reason != store.ReasonRevoked {
					t.Errorf("%s: returned %v, %q", test.name, token.Revoked, token.Reason)
				}
			}
			counted(t, tx, test.name, "refresh_tokens WHERE reason = 'revoked' AND revoked IS NOT NULL", len(test.revoked))
			if test.selection(s).Limit == 0 {
				again, err := tx.RevokeRefreshTokens(test.selection(s), store.ReasonRevoked)
				check(t, err)
				equal(t, test.name+": revoked again", ids(again), []int64{})
			}
			deleted, err := tx.DeleteRefreshTokens(test.selection(s))
			check(t, err)
			equal(t, test.name+": deleted", ids(deleted), places(test.delete))
			counted(t, tx, test.name, "refresh_tokens", len(s.refresh)-len(test.delete))
			counted(t, tx, test.name, "access_tokens", len(s.access))
		})
	}
	eachUndone(t, tests)
}

// A forgotten id must not mean all tokens.
func TestEmptySelection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growSeveral(t, db)
		for _, selection := range []store.TokenSelection{{}, {Limit: 10}} {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				_, deleted := tx.DeleteAccessTokens(selection)
				_, revoked := tx.RevokeRefreshTokens(selection, store.ReasonRevoked)
				_, removed := tx.DeleteRefreshTokens(selection)
				if deleted == nil || revoked == nil || removed == nil {
					t.Errorf("%+v: %v, %v, %v", selection, deleted, revoked, removed)
				}
				return nil
			})
			check(t, err)
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.DeleteAccessTokens(store.TokenSelection{FamilyID: s.access[0].FamilyID}) // a personal token has none
			return err
		})
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		if count(t, db, "access_tokens") != len(s.access) || count(t, db, "refresh_tokens WHERE revoked IS NULL") != 4 {
			t.Error("something was deleted or revoked")
		}
	})
}
