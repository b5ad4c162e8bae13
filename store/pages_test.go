package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// growPages stores tokens of which many tie in every order: of nobody, of no application, never used, with long descriptions.
func growPages(t *testing.T, db storetest.DB) (organizations, users []int64) {
	random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- the same tokens each time
	for n := range 3 {
		o := &models.Organization{Name: fmt.Sprintf("o%d", n)}
		put(t, db, o)
		organizations = append(organizations, o.ID)
	}
	var applications []int64
	for n := range 12 {
		u := &models.User{ID: int64(60*n + 5), Username: fmt.Sprintf("user-%d", (n*7)%12), IsSuperuser: n%5 == 0, Email: fmt.Sprintf("%d@example.org", n)}
		a := &models.Application{Name: fmt.Sprintf("app-%d", n%4), OrganizationID: &organizations[n%3],
			Platform: []models.Platform{models.Gateway, models.Controller}[n%5%2]}
		if n%4 == n%3 && n > 3 {
			a.OrganizationID = nil
		}
		put(t, db, u, a)
		users, applications = append(users, u.ID), append(applications, a.ID)
	}
	maybe := func(ids []int64) *int64 {
		if random.IntN(4) == 0 {
			return nil
		}
		return &ids[random.IntN(len(ids)-2)] // some have none
	}
	long := strings.Repeat("long ", 60)
	for n := range 160 {
		token := &models.AccessToken{UserID: maybe(users), ApplicationID: maybe(applications), Platform: []models.Platform{models.Gateway, models.Controller}[n%3/2],
			Scope: []models.Scope{models.ScopeRead, models.ScopeWrite}[random.IntN(2)], Expires: start.AddDate(0, 0, random.IntN(4)),
			Description: []string{"", "", "b", "a" + fmt.Sprint(n%7), long, long + "er", "long long"}[random.IntN(7)]}
		token.CreatedBy, token.ModifiedBy = maybe(users), maybe(users[:3])
		token.Created = start.Add(-time.Duration(random.IntN(100)) * time.Hour)
		if random.IntN(3) == 0 {
			token.LastUsed = ref(start.Add(-time.Duration(random.IntN(5)) * time.Hour))
		}
		put(t, db, token)
	}
	put(t, db, &models.RefreshToken{ApplicationID: applications[0], AccessTokenID: ref(int64(3))}, &models.RefreshToken{ApplicationID: applications[1]},
		&models.RefreshToken{ApplicationID: applications[1], AccessTokenID: ref(int64(40))})
	return organizations, users
}

// TestPagesAreTheList: for whoever looks, whatever is asked and in every order, the pages one after the other are the list as one query
// answers it, and their count is its length.
func TestPagesAreTheList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		organizations, users := growPages(t, db)
		r := db.Read(t.Context())
		f := func(field, lookup, value string) store.Filter {
			return store.Filter{Field: field, Lookup: lookup, Value: value}
		}
		not := f("user", "", fmt.Sprint(users[0]))
		not.Not = true
		either := f("application", "isnull", "true")
		either.Or = true
		or := f("scope", "", "read")
		or.Or = true
		long := strings.Repeat("long ", 60)
		day := start.AddDate(0, 0, -2).Format(time.RFC3339)
		asked := map[string][]store.Filter{
			"everything": nil, "a user's": {f("user", "", fmt.Sprint(users[1]))}, "by username": {f("user__username", "", "user-3")},
			"of nobody": {f("user", "", "null")}, "not a user's": {not}, "personal": {f("application", "isnull", "true")},
			"of applications": {f("application", "isnull", "false")}, "by application": {f("application__name", "", "app-1")},
			"by organization": {f("application__organization", "", fmt.Sprint(organizations[0]))}, "by platform": {f("platform", "", "controller")},
			"by scope": {f("scope", "", "read")}, "a user's by scope": {f("scope", "", "read"), f("user", "in", fmt.Sprintf("%d,%d", users[1], users[2]))},
			"since": {f("created", "gt", day)}, "until": {f("created", "lte", day)}, "between": {f("created", "gte", day), f("created", "lt", "2026-03-01T06:00:00")},
			"within a day": {f("created", "gte", "2026-02-28T01:00:00"), f("created", "lt", "2026-02-28T20:00:00")},
			"since, twice": {f("created", "gt", day), f("created", "gt", "2026-02-26"), f("created", "lt", "2026-03-01"), f("created", "lte", "2026-02-28T23:00:00")},
			"expiring":     {f("expires", "lt", "2026-03-03T12:00:00"), f("platform", "", "gateway")}, "expiring here": {f("expires", "lte", "2026-03-03T12:00:00"), f("scope", "", "read")},
			"beginning": {f("description", "startswith", "long")}, "of long beginning": {f("description", "startswith", strings.Repeat("long ", 55))},
			"described": {f("description", "", "b")}, "by ids": {f("id", "in", "1,5,9,20,77,400")}, "either": {either, or},
			"by author": {f("created_by", "", fmt.Sprint(users[2]))}, "by authors": {f("created_by", "gt", fmt.Sprint(users[1])), f("platform", "", "gateway")},
			"changed by": {f("modified_by__username", "", "user-7")}, "by nobody": {f("created_by", "isnull", "true")}, "changed": {f("modified_by", "isnull", "false"), f("application", "isnull", "true")},
			"users' from": {f("user", "gt", fmt.Sprint(users[5]))}, "users' between": {f("user", "gte", fmt.Sprint(users[1])), f("user", "lt", fmt.Sprint(users[9]))},
			"users' of a block": {f("user", "gte", "128"), f("user", "lte", "255"), f("platform", "", "gateway")}, "users' before": {f("user", "lte", "384"), f("application", "isnull", "true")},
			"users' nearby": {f("user", "gt", "130"), f("user", "lt", "250")}, "users' by id and name": {f("user", "gt", "130"), f("user__username", "startswith", "user-1")},
			"users' by both keys": {f("user__id", "gte", "130"), f("user__is_superuser", "", "false")}, "most users'": {f("user__is_superuser", "", "false")},
			"most users' by platform": {f("user__email", "gt", "0"), f("platform", "", "controller")}, "by email": {f("user__email", "", "3@example.org")}, "superusers'": {f("user__is_superuser", "", "true")},
			"superusers' by scope": {f("user__is_superuser", "", "true"), f("scope", "", "read")}, "users' by name": {f("user__username", "startswith", "user-1"), f("application", "isnull", "false")},
			"somebody's": {f("user", "isnull", "false"), f("platform", "", "controller")}, "of a platform": {f("platform", "startswith", "gate")}, "never used": {f("last_used", "isnull", "true")},
			"used, personal": {f("last_used", "isnull", "false"), f("application", "isnull", "true")}, "of one of these": {f("description", "in", "b,a1,"+long+",no such")},
			"at a time": {f("expires", "", start.AddDate(0, 0, 1).Format(time.RFC3339))}, "of a refresh token": {f("refresh_token", "in", "1,3,99")}, "containing": {f("description", "icontains", "ER")},
		}
		for who, sees := range map[string]models.Visibility{
			"all": everything, "the controller's": {All: true, Platform: models.Controller}, "own": {UserID: users[1]},
			"own of the controller": {UserID: users[1], Platform: models.Controller},
			"administered":          {UserID: users[2], Organizations: organizations[:2]},
			"administered there":    {UserID: users[2], Organizations: organizations[1:], Platform: models.Controller},
			"nothing":               {UserID: 999, Organizations: []int64{999}},
		} {
			for what, filters := range asked {
				for _, order := range []string{"", "id", "created", "expires", "last_used", "description", "user__username", "application__name", "scope", "user"} {
					for _, descending := range []bool{false, true}[:min(2, 1+len(order))] {
						q := store.Query{Filters: filters, Order: []store.Order{{Field: order, Descending: descending}}, Sees: seesAll}
						if order == "" {
							q.Order = nil
						}
						checkPages(t, r, fmt.Sprintf("%s, %s by %s (%t)", who, what, order, descending), q, sees)
					}
				}
			}
		}
	})
}

// checkPages compares pages with the list. Their size makes some begin and end within what ties.
func checkPages(t *testing.T, r store.Reader, what string, q store.Query, sees models.Visibility) {
	t.Helper()
	whole, err := r.AccessTokens(q, sees)
	check(t, err)
	if whole.Count != int64(len(whole.Rows)) {
		t.Errorf("%s: count %d of %d", what, whole.Count, len(whole.Rows))
	}
	var got []int64
	q.Limit = max(7, (len(whole.Rows)+2)/3)
	for ; q.Offset <= len(whole.Rows); q.Offset += q.Limit {
		page, err := r.AccessTokens(q, sees)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if page.Count != whole.Count {
			t.Errorf("%s: count %d on a page, %d of the list", what, page.Count, whole.Count)
		}
		got = append(got, ids(page.Rows)...)
	}
	equal(t, what, got, ids(whole.Rows))
}

// TestAfterPrefix: the range of what begins with a prefix ends where its last letter is the next one.
func TestAfterPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "token 1": "token 2", "ä": "å", "\ud7ff": "\ue000", "a\U0010ffff": "b", "\U0010ffff": "", "": ""} {
		if got := store.After(prefix); got != want {
			t.Errorf("after %q: %q, want %q", prefix, got, want)
		}
	}
}

// TestConditionsOnOneOrganization: two conditions on organizations of a user are about the same one, for an administrator as well, of whose users one alone is looked up first.
func TestConditionsOnOneOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		first, second := &models.Organization{Name: "first", Description: "of tests"}, &models.Organization{Name: "second", Description: "of work"}
		admin, alice, bob := &models.User{Username: "admin"}, &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, first, second, admin, alice, bob)
		application := &models.Application{Name: "Deploy", OrganizationID: &first.ID}
		put(t, db, application)
		for _, m := range []models.Membership{{OrganizationID: first.ID, UserID: alice.ID, Role: models.RoleMember}, {OrganizationID: second.ID, UserID: alice.ID, Role: models.RoleMember},
			{OrganizationID: first.ID, UserID: bob.ID, Role: models.RoleMember}} {
			put(t, db, m)
		}
		put(t, db, &models.AccessToken{UserID: &alice.ID, ApplicationID: &application.ID}, &models.AccessToken{UserID: &bob.ID, ApplicationID: &application.ID})
		for who, sees := range map[string]models.Visibility{"all": everything, "administered": {UserID: admin.ID, Organizations: []int64{first.ID}}} {
			for description, want := range map[string]int64{"work": 0, "tests": 2} {
				page, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 5, Sees: seesAll, Filters: []store.Filter{{Field: "user__organizations__name", Value: "first"},
					{Field: "user__organizations__description", Lookup: "contains", Value: description}}}, sees)
				check(t, err)
				if page.Count != want || int64(len(page.Rows)) != want {
					t.Errorf("%s, %s: %d rows and count %d, want %d", who, description, len(page.Rows), page.Count, want)
				}
			}
		}
	})
}

// TestTwoAuthors: an administrator may ask who made and who changed, of which one alone says where to look.
func TestTwoAuthors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		organization, alice := &models.Organization{Name: "first"}, &models.User{Username: "alice"}
		put(t, db, organization, alice)
		application := &models.Application{Name: "Deploy", OrganizationID: &organization.ID}
		put(t, db, application)
		token := &models.AccessToken{ApplicationID: &application.ID}
		token.CreatedBy = &alice.ID
		put(t, db, token)
		for _, changed := range []store.Filter{{Field: "modified_by", Lookup: "isnull", Value: "true"}, {Field: "modified_by", Value: "77", Not: true}} {
			page, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 5, Filters: []store.Filter{{Field: "created_by", Value: fmt.Sprint(alice.ID)}, changed}},
				models.Visibility{UserID: 999, Organizations: []int64{organization.ID}})
			check(t, err)
			equal(t, fmt.Sprint(changed), ids(page.Rows), []int64{token.ID})
			if page.Count != 1 {
				t.Errorf("%v: count %d", changed, page.Count)
			}
		}
	})
}
