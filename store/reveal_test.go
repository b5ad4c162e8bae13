package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// probes are questions through every path of every list to every column behind it, to search and to sort.
func probes(list string) []store.Query {
	var queries []store.Query
	values := map[string]string{"text": "icontains=x", "id": "gt=0", "bool": "=true", "time": "gt=2026-03-01T12:00:00Z"}
	for path, leads := range store.Paths(list) {
		for column, kind := range store.Lists()[leads.Table] {
			if strings.Contains(column, "__") {
				continue
			}
			field := path + "__" + column
			queries = append(queries, store.Query{Filters: filters(field + " " + values[kind])}, store.Query{Filters: filters("not " + field + " isnull=false")})
			if !leads.Many {
				queries = append(queries, store.Query{Order: []store.Order{{Field: field}}})
			}
		}
		if leads.Table != "refresh_tokens" {
			queries = append(queries, store.Query{Filters: filters(path + " search=x")})
		}
		if leads.Many {
			queries = append(queries, store.Query{Filters: filters(path + " isnull=true")})
		}
	}
	return queries
}

// What somebody does not see changes no answer: in a world in which all of that is different, but for what they are shown of it beside
// things that they do see, every question has the same answer (ADR 0015).
func TestNothingUnseenIsRevealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		db.SetLimit(time.Hour) // a busy machine is no slow query
		s := growShown(t, db)
		write(t, db, func(tx *store.Tx) error {
			for _, table := range []string{"users", "organizations", "applications", "access_tokens"} { // all were made by somebody unseen
				if err := tx.Exec("UPDATE "+table+" SET created_by = ?, modified_by = ?", s.other.ID, s.other.ID); err != nil {
					return err
				}
			}
			return nil
		})
		policy, r := models.DefaultPolicy(), db.Read(t.Context())
		member, err := r.User(s.member.ID)
		check(t, err)
		sight := policy.Sight(models.Actor{User: member}, models.FaceGateway)
		seen := map[string][]int64{}
		for _, list := range []string{"users", "organizations", "applications", "access_tokens"} {
			seen[list], err = ask(t, db, list, sight, store.Query{})
			check(t, err)
		}
		if slices.Contains(seen["users"], s.other.ID) || slices.Contains(seen["applications"], s.theirs.ID) || !slices.Contains(seen["access_tokens"], s.tokens["member's theirs"].ID) {
			t.Fatalf("the member sees %v", seen)
		}
		answers := func() map[string]string {
			all := map[string]string{}
			for list := range seen {
				for _, q := range probes(list) {
					found, err := ask(t, db, list, sight, q)
					if err != nil {
						t.Fatalf("%s %+v: %v", list, q, err)
					}
					all[fmt.Sprintf("%s: %+v %+v", list, q.Filters, q.Order)] = fmt.Sprint(found)
				}
			}
			return all
		}
		before := answers()
		write(t, db, func(tx *store.Tx) error { return changeUnseen(tx, seen) })
		after := answers()
		if len(before) < 1000 || len(after) != len(before) {
			t.Errorf("%d questions, then %d", len(before), len(after))
		}
		for _, question := range slices.Sorted(maps.Keys(before)) {
			if before[question] != after[question] {
				t.Errorf("%s: was %s, is %s", question, before[question], after[question])
			}
		}
	})
}

// changeUnseen makes everything else of the rows that are not seen, and what hangs on them.
func changeUnseen(tx *store.Tx, seen map[string][]int64) error {
	for _, change := range []struct{ table, set string }{
		{"users", "email = 'x', is_platform_auditor = TRUE, is_active = NOT is_active, managed = NOT managed, last_login = created, created_by = 1"},
		{"organizations", "description = 'x', managed = NOT managed, modified_by = NULL"},
		{"applications", "description = 'x', client_type = 'public', client_id = 'x' || id, redirect_uris = 'x', organization_id = NULL, user_id = 1, skip_authorization = TRUE, require_pkce = TRUE, platform = 'controller'"},
		{"access_tokens", "description = 'x', scope = 'x', platform = 'controller', last_used = created, user_id = NULL, application_id = NULL"},
	} {
		if err := tx.Exec("UPDATE "+change.table+" SET "+change.set+" WHERE id NOT IN ?", seen[change.table]); err != nil {
			return err
		}
	}
	return tx.Exec("DELETE FROM organization_users WHERE organization_id NOT IN ?", seen["organizations"])
}

// What is asked about a row that is shown beside another: what is shown there, and nothing more unless the row itself is seen.
func TestWhatMayBeProbed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		s.other.Email, s.other.FirstName, s.member.Email = "other@example.org", "Odd", "member@example.org"
		token := s.tokens["member's ours"]
		token.CreatedBy, s.theirs.UserID = &s.other.ID, &s.other.ID
		write(t, db, func(tx *store.Tx) error {
			if err := tx.UpdateUser(&s.other); err != nil {
				return err
			}
			if err := tx.UpdateUser(&s.member); err != nil {
				return err
			}
			if err := tx.UpdateApplication(&s.theirs); err != nil {
				return err
			}
			return tx.UpdateAccessToken(token)
		})
		member, err := db.Read(t.Context()).User(s.member.ID)
		check(t, err)
		mine, sight := s.tokens["member's theirs"].ID, models.DefaultPolicy().Sight(models.Actor{User: member}, models.FaceGateway)
		for asks, want := range map[string]struct {
			list         string
			member, root []int64
		}{
			// Who made a token is named beside it.
			"created_by__username=other":           {"access_tokens", []int64{token.ID}, []int64{token.ID}},
			"created_by__first_name istartswith=o": {"access_tokens", []int64{token.ID}, []int64{token.ID}},
			"created_by search=odd":                {"access_tokens", []int64{token.ID}, []int64{token.ID}},
			// Their address is not.
			"created_by__email startswith=o":               {"access_tokens", nil, []int64{token.ID}},
			"created_by__email regex=^o":                   {"access_tokens", nil, []int64{token.ID}},
			"created_by search=example.org":                {"access_tokens", nil, []int64{token.ID}},
			"created_by__is_active isnull=false":           {"access_tokens", nil, []int64{token.ID}},
			"created_by__organizations__name=Second":       {"access_tokens", nil, []int64{token.ID}},
			"user__email startswith=member":                {"access_tokens", []int64{s.tokens["member's"].ID, s.tokens["member's old"].ID, token.ID, mine}, []int64{s.tokens["member's"].ID, s.tokens["member's old"].ID, token.ID, mine}},
			"application__name=Theirs":                     {"access_tokens", []int64{mine}, []int64{mine}},
			"application__client_id gt=":                   {"access_tokens", []int64{token.ID}, nil},
			"application__organization__name=Second":       {"access_tokens", nil, []int64{mine}},
			"application__organization=" + fmt.Sprint(2):   {"access_tokens", nil, []int64{mine}},
			"application__user__username=other":            {"access_tokens", nil, []int64{mine}},
			"tokens__user__username=admin":                 {"applications", nil, []int64{s.ours.ID}},
			"tokens__user__username=member":                {"applications", []int64{s.ours.ID}, []int64{s.ours.ID, s.theirs.ID}},
			"tokens=" + fmt.Sprint(s.tokens["admin's"].ID): {"users", nil, []int64{s.admin.ID}},
			"tokens isnull=false":                          {"users", []int64{s.member.ID}, []int64{s.admin.ID, s.member.ID, s.other.ID}},
			"applications__tokens__platform=gateway":       {"organizations", []int64{s.first.ID}, []int64{s.first.ID, s.second.ID}},
		} {
			got, err := ask(t, db, want.list, sight, store.Query{Filters: filters(asks)})
			check(t, err)
			equal(t, "member: "+asks, sorted(got), sorted(want.member))
			if want.root != nil {
				got, err = ask(t, db, want.list, seesAll, store.Query{Filters: filters(asks)})
				check(t, err)
				equal(t, "root: "+asks, sorted(got), sorted(want.root))
			}
		}
	})
}
