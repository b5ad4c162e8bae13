package store_test

import (
	"fmt"
	"slices"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// shown is a small world with two organizations, an administrator and a member of the first, and people elsewhere.
type shown struct {
	first, second               models.Organization
	root, admin, member, other  models.User
	ours, theirs, homeless, old models.Application
	tokens                      map[string]*models.AccessToken
}

func growShown(t testing.TB, db storetest.DB) *shown {
	t.Helper()
	s := &shown{first: models.Organization{Name: "First"}, second: models.Organization{Name: "Second"},
		root: models.User{Username: "root", IsSuperuser: true}, admin: models.User{Username: "admin"}, member: models.User{Username: "member"},
		other: models.User{Username: "other"}}
	put(t, db, &s.first, &s.second, &s.root, &s.admin, &s.member, &s.other)
	s.ours = models.Application{Name: "Ours", OrganizationID: &s.first.ID}
	s.theirs = models.Application{Name: "Theirs", OrganizationID: &s.second.ID}
	s.homeless = models.Application{Name: "Homeless"}
	s.old = models.Application{Name: "Old", OrganizationID: &s.first.ID, Platform: models.Controller}
	put(t, db, &s.ours, &s.theirs, &s.homeless, &s.old)
	put(t, db, models.Membership{OrganizationID: s.first.ID, UserID: s.admin.ID, Role: models.RoleAdmin},
		models.Membership{OrganizationID: s.first.ID, UserID: s.member.ID, Role: models.RoleMember},
		models.Membership{OrganizationID: s.first.ID, UserID: s.member.ID, Role: models.RoleAuditor},
		models.Membership{OrganizationID: s.second.ID, UserID: s.other.ID, Role: models.RoleMember})
	s.tokens = map[string]*models.AccessToken{
		"admin's":         {UserID: &s.admin.ID},
		"member's":        {UserID: &s.member.ID},
		"member's old":    {UserID: &s.member.ID, Platform: models.Controller},
		"member's ours":   {UserID: &s.member.ID, ApplicationID: &s.ours.ID},
		"admin's ours":    {UserID: &s.admin.ID, ApplicationID: &s.ours.ID},
		"other's old app": {UserID: &s.other.ID, ApplicationID: &s.old.ID, Platform: models.Controller},
		"member's theirs": {UserID: &s.member.ID, ApplicationID: &s.theirs.ID},
		"nobody's ours":   {ApplicationID: &s.ours.ID},
		"nobody's":        {},
		"of the homeless": {UserID: &s.other.ID, ApplicationID: &s.homeless.ID},
	}
	for _, token := range s.tokens {
		put(t, db, token)
	}
	return s
}

func TestVisibleTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		all := []string{"admin's", "admin's ours", "member's", "member's old", "member's ours", "member's theirs", "nobody's", "nobody's ours", "of the homeless", "other's old app"}
		everyToken := "0"
		for _, token := range s.tokens {
			everyToken += fmt.Sprintf(",%d", token.ID)
		}
		for n, test := range []struct {
			sees models.Visibility
			want []string
		}{
			{models.Visibility{All: true}, all},
			{models.Visibility{All: true, Platform: models.Controller}, []string{"member's old", "other's old app"}},
			{models.Visibility{}, nil},
			{models.Visibility{Platform: models.Controller}, nil},
			{models.Visibility{UserID: s.member.ID}, []string{"member's", "member's old", "member's ours", "member's theirs"}},
			{models.Visibility{UserID: s.member.ID, Platform: models.Controller}, []string{"member's old"}},
			{models.Visibility{UserID: s.admin.ID, Organizations: []int64{s.first.ID}},
				[]string{"admin's", "admin's ours", "member's ours", "nobody's ours", "other's old app"}},
			{models.Visibility{UserID: s.admin.ID, Organizations: []int64{s.first.ID}, Platform: models.Controller}, []string{"other's old app"}},
			{models.Visibility{UserID: s.admin.ID, Organizations: []int64{s.first.ID, s.second.ID, 999}},
				[]string{"admin's", "admin's ours", "member's ours", "member's theirs", "nobody's ours", "other's old app"}},
			{models.Visibility{Organizations: []int64{s.second.ID}}, []string{"member's theirs"}},
		} {
			names := func(q store.Query) []string {
				page, err := db.Read(t.Context()).AccessTokens(q, test.sees)
				check(t, err)
				var found []string
				for name, token := range s.tokens {
					if slices.Contains(ids(page.Rows), token.ID) {
						found = append(found, name)
					}
				}
				if len(page.Rows) != len(found) || page.Count != int64(len(found)) {
					t.Errorf("%d: %d rows, count %d, %d of them different", n, len(page.Rows), page.Count, len(found))
				}
				slices.Sort(found)
				return found
			}
			equal(t, fmt.Sprintf("%d", n), names(store.Query{}), test.want)
			// What is asked for never widens what is shown.
			alternatives := []store.Filter{{Field: "id", Lookup: "gt", Value: "0", Or: true}, {Field: "user__username", Value: "other", Or: true}}
			equal(t, fmt.Sprintf("%d with alternatives", n), names(store.Query{Filters: alternatives}), test.want)
			equal(t, fmt.Sprintf("%d by id", n), names(store.Query{Filters: []store.Filter{{Field: "id", Lookup: "in", Value: everyToken}}}), test.want)
			equal(t, fmt.Sprintf("%d with a negation", n), names(store.Query{Filters: []store.Filter{{Field: "id", Value: "0", Not: true}}, Order: []store.Order{{Field: "application__name"}}}), test.want)
		}
	})
}

func TestVisibleApplicationsUsersAndOrganizations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		r := db.Read(t.Context())
		first := []int64{s.first.ID}
		for n, test := range []struct {
			sees                               models.Visibility
			applications, users, organizations []int64
		}{
			{models.Visibility{All: true}, []int64{s.ours.ID, s.theirs.ID, s.homeless.ID, s.old.ID},
				[]int64{s.root.ID, s.admin.ID, s.member.ID, s.other.ID}, []int64{s.first.ID, s.second.ID}},
			{models.Visibility{}, nil, []int64{s.root.ID}, nil}, // superusers are seen by all
			{models.Visibility{UserID: s.other.ID}, nil, []int64{s.root.ID, s.other.ID}, nil},
			{models.Visibility{UserID: s.other.ID, Organizations: first}, []int64{s.ours.ID, s.old.ID},
				[]int64{s.root.ID, s.admin.ID, s.member.ID, s.other.ID}, first},
			{models.Visibility{UserID: s.admin.ID, Organizations: first}, []int64{s.ours.ID, s.old.ID}, []int64{s.root.ID, s.admin.ID, s.member.ID}, first},
			{models.Visibility{Organizations: []int64{s.second.ID, 999}}, []int64{s.theirs.ID}, []int64{s.root.ID, s.other.ID}, []int64{s.second.ID}},
		} {
			wide := store.Query{Filters: []store.Filter{{Field: "id", Lookup: "gt", Value: "0", Or: true}, {Field: "id", Value: "1", Or: true}}}
			for _, q := range []store.Query{{}, wide} {
				applications, err := r.Applications(q, test.sees)
				check(t, err)
				equal(t, fmt.Sprintf("%d: applications", n), sorted(ids(applications.Rows)), test.applications)
				users, err := r.Users(q, test.sees)
				check(t, err)
				equal(t, fmt.Sprintf("%d: users", n), sorted(ids(users.Rows)), test.users)
				organizations, err := r.Organizations(q, test.sees)
				check(t, err)
				equal(t, fmt.Sprintf("%d: organizations", n), sorted(ids(organizations.Rows)), test.organizations)
				if applications.Count != int64(len(test.applications)) || users.Count != int64(len(test.users)) || organizations.Count != int64(len(test.organizations)) {
					t.Errorf("%d: counts %d, %d, %d", n, applications.Count, users.Count, organizations.Count)
				}
			}
		}
		controller, err := r.Applications(store.Query{}, models.Visibility{All: true, Platform: models.Controller})
		check(t, err)
		equal(t, "the controller's applications", ids(controller.Rows), []int64{s.old.ID})
	})
}

// A list of members is narrowed twice, and each user comes once, with all memberships.
func TestVisibleMembers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		r := db.Read(t.Context())
		for n, test := range []struct {
			role models.Role
			sees models.Visibility
			want []int64
		}{
			{models.RoleMember, everything, []int64{s.member.ID}}, {models.RoleAdmin, everything, []int64{s.admin.ID}},
			{models.RoleMember, models.Visibility{UserID: s.other.ID}, nil}, {models.RoleMember, models.Visibility{UserID: s.member.ID}, []int64{s.member.ID}},
		} {
			page, err := r.Members(s.first.ID, test.role, store.Query{Search: []string{"m"}}, test.sees)
			check(t, err)
			equal(t, fmt.Sprint(n), ids(page.Rows), test.want)
			if page.Count != int64(len(test.want)) {
				t.Errorf("%d: count %d", n, page.Count)
			}
		}
		page, err := r.Users(store.Query{Filters: []store.Filter{{Field: "username", Value: "member"}}}, models.Visibility{Organizations: []int64{s.first.ID}})
		check(t, err)
		if len(page.Rows) != 1 || len(page.Rows[0].Memberships) != 2 {
			t.Errorf("listed %+v", page.Rows)
		}
	})
}

// A list shows exactly what its actor may read one by one.
func TestListsShowWhatMayBeRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		r := db.Read(t.Context())
		auditor := &models.User{Username: "auditor", IsPlatformAuditor: true}
		put(t, db, auditor)
		for _, policy := range []models.Policy{models.DefaultPolicy(), {}} {
			for _, who := range []int64{s.root.ID, s.admin.ID, s.member.ID, s.other.ID, auditor.ID} {
				user, err := r.User(who)
				check(t, err)
				actor := models.Actor{User: user}
				for _, face := range []models.Face{models.FaceGateway, models.FaceController, models.FaceConsole} {
					name := fmt.Sprintf("%s at %s", user.Username, face)
					tokens, err := r.AccessTokens(store.Query{}, policy.VisibleTokens(actor, face))
					check(t, err)
					may := readable(t, r.AccessTokens, func(row *models.AccessToken) error { return policy.Token(actor, models.ActionRead, row, face) })
					equal(t, name+": tokens", ids(tokens.Rows), may)
					applications, err := r.Applications(store.Query{}, policy.VisibleApplications(actor, face))
					check(t, err)
					may = readable(t, r.Applications, func(row *models.Application) error { return policy.Application(actor, models.ActionRead, row, face) })
					equal(t, name+": applications", ids(applications.Rows), may)
					users, err := r.Users(store.Query{}, policy.VisibleUsers(actor, face))
					check(t, err)
					may = readable(t, r.Users, func(row *models.User) error { return policy.User(actor, models.ActionRead, row, face) })
					equal(t, name+": users", ids(users.Rows), may)
					organizations, err := r.Organizations(store.Query{}, policy.VisibleOrganizations(actor, face))
					check(t, err)
					may = readable(t, r.Organizations, func(row *models.Organization) error { return policy.Organization(actor, models.ActionRead, row, face) })
					equal(t, name+": organizations", ids(organizations.Rows), may)
				}
			}
		}
	})
}

// readable are the ids of all rows that the policy permits to read.
func readable[T any](t testing.TB, list func(store.Query, models.Visibility) (store.Page[T], error), permit func(*T) error) []int64 {
	t.Helper()
	page, err := list(store.Query{}, everything)
	check(t, err)
	return ids(slices.DeleteFunc(page.Rows, func(row T) bool { return permit(&row) != nil }))
}
