package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// growTold stores entries of every kind about the things of a shown world, and gives the id of each by what it tells.
func growTold(t testing.TB, db storetest.DB, s *shown) map[string]int64 {
	t.Helper()
	entry := func(operation models.Operation, kind models.ObjectType, id int64, owner, organization *int64, platform models.Platform) models.Activity {
		return models.Activity{Operation: operation, ObjectType: kind, ObjectID: id, OwnerID: owner, OrganizationID: organization, Platform: platform}
	}
	create, gone := models.OperationCreate, int64(9999)
	first, second := &s.first.ID, &s.second.ID
	entries := map[string]models.Activity{
		"member's token":             entry(create, models.ObjectAccessToken, 1, &s.member.ID, nil, models.Gateway),
		"member's token, controller": entry(create, models.ObjectAccessToken, 2, &s.member.ID, nil, models.Controller),
		"member's token of first":    entry(models.OperationDelete, models.ObjectAccessToken, gone, &s.member.ID, first, models.Gateway),
		"nobody's token of first":    entry(create, models.ObjectAccessToken, 3, nil, first, models.Controller),
		"refresh token of first":     entry(models.OperationUpdate, models.ObjectRefreshToken, 3, &s.other.ID, first, models.Controller),
		"other's token of second":    entry(create, models.ObjectAccessToken, 4, &s.other.ID, second, models.Controller),
		"application of first":       entry(create, models.ObjectApplication, s.ours.ID, nil, first, models.Gateway),
		"old application of first":   entry(create, models.ObjectApplication, s.old.ID, nil, first, models.Controller),
		"gone application of second": entry(models.OperationDelete, models.ObjectApplication, gone, nil, second, models.Controller),
		"application of none":        entry(create, models.ObjectApplication, s.homeless.ID, nil, nil, models.Controller),
		"first":                      entry(create, models.ObjectOrganization, s.first.ID, nil, first, ""),
		"other joins first":          entry(models.OperationAssociate, models.ObjectOrganization, s.first.ID, &s.other.ID, first, ""),
		"consent of member":          entry(models.OperationDisassociate, models.ObjectApplication, s.ours.ID, &s.member.ID, nil, models.Gateway),
		"root":                       entry(create, models.ObjectUser, s.root.ID, &s.root.ID, nil, ""),
		"member":                     entry(create, models.ObjectUser, s.member.ID, &s.member.ID, nil, ""),
		"other":                      entry(create, models.ObjectUser, s.other.ID, &s.other.ID, nil, ""),
		"gone user":                  entry(models.OperationDelete, models.ObjectUser, gone, &gone, nil, ""),
		"member signs in":            entry(models.OperationSignIn, models.ObjectUser, s.member.ID, &s.member.ID, nil, ""),
		"other signs out":            entry(models.OperationSignOut, models.ObjectUser, s.other.ID, &s.other.ID, nil, ""),
		"a clearing":                 entry(models.OperationDelete, models.ObjectAccessToken, 0, nil, nil, ""),
	}
	placed := map[string]int64{}
	write(t, db, func(tx *store.Tx) error {
		for number, name := range sortedNames(entries) {
			placed[name] = int64(number) + 1
			each := entries[name]
			each.ObjectName = name
			if err := tx.Record(each); err != nil {
				return err
			}
		}
		return nil
	})
	return placed
}

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func namesOf(rows []models.Activity) []string {
	var names []string
	for _, row := range rows {
		names = append(names, row.ObjectName)
	}
	slices.Sort(names)
	return names
}

func TestVisibleActivity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		placed := growTold(t, db, s)
		first, all := []int64{s.first.ID}, sortedNames(placed)
		without := func(names []string, words ...string) []string {
			return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(words, name) })
		}
		for n, test := range []struct {
			sees models.ActivityVisibility
			want []string
		}{
			{models.ActivityVisibility{All: true, SignIns: true}, all},
			{models.ActivityVisibility{All: true}, without(all, "member signs in", "other signs out")},
			{models.ActivityVisibility{All: true, Platform: models.Controller}, without(all, "member signs in", "other signs out", "member's token",
				"member's token of first", "application of first", "consent of member")},
			{models.ActivityVisibility{}, nil},
			{models.ActivityVisibility{SignIns: true}, nil},
			{models.ActivityVisibility{UserID: s.member.ID}, []string{"consent of member", "member", "member's token", "member's token of first", "member's token, controller"}},
			{models.ActivityVisibility{UserID: s.member.ID, SignIns: true},
				[]string{"consent of member", "member", "member signs in", "member's token", "member's token of first", "member's token, controller"}},
			{models.ActivityVisibility{UserID: s.member.ID, Platform: models.Controller}, []string{"member", "member's token, controller"}},
			{models.ActivityVisibility{Tokens: first}, []string{"member's token of first", "nobody's token of first", "refresh token of first"}},
			{models.ActivityVisibility{Applications: first}, []string{"application of first", "old application of first"}},
			{models.ActivityVisibility{Organizations: first}, []string{"first", "other joins first"}},
			{models.ActivityVisibility{UserID: s.admin.ID, Tokens: first, Applications: []int64{s.second.ID, 999}}, []string{"gone application of second",
				"member's token of first", "nobody's token of first", "refresh token of first"}},
			{models.ActivityVisibility{Users: &models.Visibility{}}, []string{"root"}},
			{models.ActivityVisibility{Users: &models.Visibility{Organizations: first}, SignIns: true}, []string{"member", "root"}},
			{models.ActivityVisibility{Users: &models.Visibility{All: true}}, []string{"gone user", "member", "other", "root"}},
			{models.ActivityVisibility{UserID: s.member.ID, Tokens: first, Organizations: first, Users: &models.Visibility{All: true}, Platform: models.Controller},
				[]string{"first", "gone user", "member", "member's token, controller", "nobody's token of first", "other", "other joins first", "refresh token of first", "root"}},
		} {
			for _, q := range []store.Query{{}, {Filters: []store.Filter{{Field: "id", Lookup: "gt", Value: "0", Or: true}, {Field: "operation", Value: "sign_in", Or: true}}},
				{Filters: []store.Filter{{Field: "operation", Value: "x", Not: true}}, Order: []store.Order{{Field: "object_name"}}}} {
				page, err := db.Read(t.Context()).Activity(q, test.sees)
				check(t, err)
				equal(t, fmt.Sprintf("%d %+v", n, q), namesOf(page.Rows), test.want)
				if page.Count != int64(len(test.want)) {
					t.Errorf("%d: count %d", n, page.Count)
				}
			}
		}
	})
}

// A list shows exactly the entries that its actor may read one by one.
func TestActivityShowsWhatMayBeRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		growTold(t, db, s)
		r := db.Read(t.Context())
		auditor := &models.User{Username: "auditor", IsPlatformAuditor: true}
		put(t, db, auditor)
		whole, err := r.Activity(store.Query{}, everyEntry)
		check(t, err)
		seen := 0
		for _, policy := range []models.Policy{models.DefaultPolicy(), {}} {
			for _, who := range []int64{s.root.ID, s.admin.ID, s.member.ID, s.other.ID, auditor.ID} {
				user, err := r.User(who)
				check(t, err)
				actor := models.Actor{User: user}
				for _, face := range []models.Face{models.FaceGateway, models.FaceController, models.FaceConsole} {
					listed, err := r.Activity(store.Query{}, policy.VisibleActivity(actor, face))
					check(t, err)
					may := slices.DeleteFunc(slices.Clone(whole.Rows), func(entry models.Activity) bool {
						var about *models.User
						if entry.ObjectType == models.ObjectUser {
							about, _ = r.User(entry.ObjectID) // nil for who is gone
						}
						return policy.Activity(actor, &entry, about, face) != nil
					})
					equal(t, fmt.Sprintf("%s at %s", user.Username, face), namesOf(listed.Rows), namesOf(may))
					seen += len(may)
				}
			}
		}
		if seen < 100 {
			t.Errorf("only %d entries were seen", seen)
		}
	})
}

func TestActivityEntry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		placed := growTold(t, db, growShown(t, db))
		for name, id := range placed {
			entry, err := db.Read(t.Context()).ActivityEntry(id)
			if err != nil || entry.ObjectName != name {
				t.Errorf("%s: %+v, %v", name, entry, err)
			}
		}
		if _, err := db.Read(t.Context()).ActivityEntry(4711); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an entry that is not there: %v", err)
		}
	})
}

// TestActivityOfBefore: entries written before there were the columns that say who sees them get them from what they tell and from what
// is there.
func TestActivityOfBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		refresh := &models.RefreshToken{ApplicationID: s.old.ID, UserID: &s.other.ID, Platform: models.Controller}
		put(t, db, refresh)
		of := func(application int64) models.Fields {
			return models.Fields{"user": ref(fmt.Sprint(s.member.ID)), "application": ref(fmt.Sprint(application)), "platform": ref("controller")}
		}
		id := func(n int64) *int64 { return &n }
		before := []struct {
			name  string
			entry models.Activity
			want  models.Activity
		}{
			{"created", models.Activity{Operation: "create", ObjectType: models.ObjectAccessToken, ObjectID: 900, Changes: models.Added(of(s.ours.ID))},
				models.Activity{OwnerID: &s.member.ID, OrganizationID: &s.first.ID, Platform: models.Controller}},
			{"changed", models.Activity{Operation: "update", ObjectType: models.ObjectAccessToken, ObjectID: 900},
				models.Activity{OwnerID: &s.member.ID, OrganizationID: &s.first.ID, Platform: models.Controller}},
			{"personal", models.Activity{Operation: "delete", ObjectType: models.ObjectAccessToken, ObjectID: 901, Changes: models.Removed(models.Fields{"user": ref("12"), "application": nil, "platform": ref("gateway")})},
				models.Activity{OwnerID: id(12), Platform: models.Gateway}},
			{"of a gone application", models.Activity{Operation: "delete", ObjectType: models.ObjectAccessToken, ObjectID: 902, Changes: models.Removed(of(9000))},
				models.Activity{OwnerID: &s.member.ID, OrganizationID: id(77), Platform: models.Controller}},
			{"gone application", models.Activity{Operation: "delete", ObjectType: models.ObjectApplication, ObjectID: 9000, Changes: models.Removed(models.Fields{"organization": ref("77"), "platform": ref("controller")})},
				models.Activity{OrganizationID: id(77), Platform: models.Controller}},
			{"its change", models.Activity{Operation: "update", ObjectType: models.ObjectApplication, ObjectID: 9000},
				models.Activity{OrganizationID: id(77), Platform: models.Controller}},
			{"application", models.Activity{Operation: "update", ObjectType: models.ObjectApplication, ObjectID: s.ours.ID},
				models.Activity{OrganizationID: &s.first.ID, Platform: models.Gateway}},
			{"unknown token", models.Activity{Operation: "update", ObjectType: models.ObjectAccessToken, ObjectID: 903}, models.Activity{Platform: models.Gateway}},
			{"refresh token", models.Activity{Operation: "update", ObjectType: models.ObjectRefreshToken, ObjectID: refresh.ID},
				models.Activity{OwnerID: &s.other.ID, OrganizationID: &s.first.ID, Platform: models.Controller}},
			{"gone refresh token", models.Activity{Operation: "update", ObjectType: models.ObjectRefreshToken, ObjectID: 904}, models.Activity{Platform: models.Gateway}},
			{"user", models.Activity{Operation: "update", ObjectType: models.ObjectUser, ObjectID: 33}, models.Activity{OwnerID: id(33)}},
			{"organization", models.Activity{Operation: "update", ObjectType: models.ObjectOrganization, ObjectID: 44}, models.Activity{OrganizationID: id(44)}},
			{"membership", models.Activity{Operation: "associate", ObjectType: models.ObjectOrganization, ObjectID: 44, RelatedType: models.ObjectUser, RelatedID: 33}, models.Activity{OwnerID: id(33), OrganizationID: id(44)}},
			{"consent", models.Activity{Operation: "disassociate", ObjectType: models.ObjectApplication, ObjectID: s.ours.ID, RelatedType: models.ObjectUser, RelatedID: 33, Note: "consent"},
				models.Activity{OwnerID: id(33), Platform: models.Gateway}},
			{"clearing", models.Activity{Operation: "delete", ObjectType: models.ObjectAccessToken}, models.Activity{}},
		}
		write(t, db, func(tx *store.Tx) error {
			for _, each := range before {
				if err := tx.Record(each.entry); err != nil {
					return err
				}
			}
			return nil
		})
		file, err := os.ReadFile(filepath.Join("migrations", db.Dialect(), "0008_activity.sql"))
		check(t, err)
		for _, statement := range strings.Split(string(file), ";\n") {
			if at := strings.Index(statement, "UPDATE activity"); at >= 0 {
				write(t, db, func(tx *store.Tx) error { return tx.Exec(statement[at:]) })
			}
		}
		for n, each := range before {
			got, err := db.Read(context.Background()).ActivityEntry(int64(n) + 1)
			check(t, err)
			equal(t, each.name, models.Activity{OwnerID: got.OwnerID, OrganizationID: got.OrganizationID, Platform: got.Platform}, each.want)
		}
	})
}
