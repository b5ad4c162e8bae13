package models

import (
	"slices"
	"strings"
	"testing"
)

// activityTable says who sees an entry through which faces (contract §2.2, §2.3, §8, §12.19); everybody else gets Hidden, and so does
// everybody where there is no row.
var activityTable = []struct {
	title, cites string
	entry        Activity
	about        *User
	may          map[string]string // by faces
}{
	{"token of alice, gateway", "their own tokens", about(ObjectAccessToken, alice, 0, Gateway), nil,
		map[string]string{"G P M": "alice aud audoa su cli"}},
	{"token of alice, controller", "their own tokens", about(ObjectAccessToken, alice, 0, Controller), nil,
		map[string]string{"G P M C": "alice aud audoa su cli"}},
	{"token of O's application as alice, gateway", "its administrators", about(ObjectAccessToken, alice, orgO, Gateway), nil,
		map[string]string{"G P M": "alice oa aud audoa su cli"}},
	{"token of O's application as alice, controller", "and its auditors", about(ObjectAccessToken, alice, orgO, Controller), nil,
		map[string]string{"G P M": "alice oa aud audoa su cli", "C": "alice oa oaud aud audoa su cli"}},
	{"refresh token of O's application, controller", "as access tokens", about(ObjectRefreshToken, alice, orgO, Controller), nil,
		map[string]string{"G P M": "alice oa aud audoa su cli", "C": "alice oa oaud aud audoa su cli"}},
	{"token of O's application as nobody", "client credentials", about(ObjectAccessToken, 0, orgO, Gateway), nil,
		map[string]string{"G P M": "oa aud audoa su cli"}},
	{"application of O, gateway", "case 66", about(ObjectApplication, 0, orgO, Gateway), nil,
		map[string]string{"G P M": "oa aud audoa su cli"}},
	{"application of O, controller", "case 66, and what they can read", about(ObjectApplication, 0, orgO, Controller), nil,
		map[string]string{"G P M": "oa aud audoa su cli", "C": "om oa aud audoa su cli"}},
	{"application of no organization", "fails closed", about(ObjectApplication, 0, 0, Controller), nil,
		map[string]string{"G P M C": "aud audoa su cli"}},
	{"consent of alice", "themselves", about(ObjectApplication, alice, 0, Controller), nil,
		map[string]string{"G P M C": "alice aud audoa su cli"}},
	{"organization O", "what they can read", about(ObjectOrganization, 0, orgO, ""), nil,
		map[string]string{"G P M": "oa aud audoa su cli", "C": "om oa oaud aud audoa su cli"}},
	{"bob joins O", "themselves", about(ObjectOrganization, bob, orgO, ""), nil,
		map[string]string{"G P M": "bob oa aud audoa su cli", "C": "bob om oa oaud aud audoa su cli"}},
	{"user alice", "themselves, and whom they can read", about(ObjectUser, alice, 0, ""), people["alice"],
		map[string]string{"G P M": "alice aud audoa su cli", "C": "alice oa pa aud audoa su cli"}},
	{"user om", "people of one's organizations", about(ObjectUser, om, 0, ""), people["om"],
		map[string]string{"G P M": "om aud audoa su cli", "C": "om oa pa oaud aud audoa su cli"}},
	{"user su", "superusers are seen", about(ObjectUser, su, 0, ""), people["su"],
		map[string]string{"G P M": "aud audoa su cli", "C": everyone}},
	{"user who is gone", "by who sees all users", about(ObjectUser, 99, 0, ""), nil,
		map[string]string{"G P M": "aud audoa su cli", "C": "oa pa aud audoa su cli"}},
	{"alice signs in", "a kind of its own", signs(OperationSignIn, alice), people["alice"], map[string]string{"P M": "alice aud audoa su cli"}},
	{"om signs out", "a kind of its own", signs(OperationSignOut, om), people["om"], map[string]string{"P M": "om aud audoa su cli"}},
	{"clearing", "§12.30", about(ObjectAccessToken, 0, 0, ""), nil, map[string]string{"G P M C": "aud audoa su cli"}},
	{"clearing of sessions", "§12.30", about(ObjectSession, 0, 0, ""), nil, map[string]string{"G P M C": "aud audoa su cli"}},
	{"something unheard of in O", "fails closed", about("unheard of", 0, orgO, ""), nil,
		map[string]string{"G P M C": "aud audoa su cli"}},
}

func about(kind ObjectType, owner, organization int64, platform Platform) Activity {
	return Activity{Operation: OperationUpdate, ObjectType: kind, ObjectID: 5, OwnerID: id(owner), OrganizationID: id(organization), Platform: platform}
}

func signs(operation Operation, who int64) Activity {
	return Activity{Operation: operation, ObjectType: ObjectUser, ObjectID: who, OwnerID: id(who)}
}

// TestActivityPolicy asks about every entry for everybody, through every face.
func TestActivityPolicy(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	for _, row := range activityTable {
		for letter, face := range faces {
			var may []string
			for where, names := range row.may {
				if slices.Contains(strings.Fields(where), letter) {
					may = strings.Fields(names)
				}
			}
			if letter == "O" || letter == "A" {
				continue // nothing is read at the OAuth roots
			}
			for name := range people {
				want := Hidden
				if slices.Contains(may, name) {
					want = permitted
				}
				if got := outcome(t, policy.Activity(actor(name), &row.entry, row.about, face)); got != want {
					t.Errorf("%s (%s) through %s by %s: got %q, want %q", row.title, row.cites, face, name, got, want)
				}
			}
			for _, nobody := range []Actor{{}, bearer("", ScopeAll)} {
				if policy.Activity(nobody, &row.entry, row.about, face) == nil {
					t.Errorf("%s through %s is shown to nobody", row.title, face)
				}
			}
		}
	}
}

// showsEntry is the meaning of an ActivityVisibility, in the words of its comment.
func showsEntry(v ActivityVisibility, e *Activity, about *User) bool {
	signIn := e.Operation == OperationSignIn || e.Operation == OperationSignOut
	if signIn && !v.SignIns || v.Platform == Controller && e.Platform == Gateway {
		return false
	}
	in := func(organizations []int64, kinds ...ObjectType) bool {
		return e.OrganizationID != nil && slices.Contains(kinds, e.ObjectType) && slices.Contains(organizations, *e.OrganizationID)
	}
	users := v.Users != nil && e.ObjectType == ObjectUser && !signIn && (v.Users.All || about != nil && shows(*v.Users, about))
	return v.All || e.OwnerID != nil && *e.OwnerID == v.UserID || users || in(v.Tokens, ObjectAccessToken, ObjectRefreshToken) ||
		in(v.Applications, ObjectApplication) || in(v.Organizations, ObjectOrganization)
}

// TestActivityListsShowWhatMayBeRead: an entry is in a list exactly for those who may read it by itself.
func TestActivityListsShowWhatMayBeRead(t *testing.T) {
	t.Parallel()
	narrow := DefaultPolicy()
	narrow.OrgAdminsSeeAllUsers = false
	for _, policy := range []Policy{DefaultPolicy(), narrow} {
		for _, row := range activityTable {
			for name := range people {
				for _, face := range []Face{FaceGateway, FaceController, FaceConsole, FaceCommand} {
					read := policy.Activity(actor(name), &row.entry, row.about, face) == nil
					if listed := showsEntry(policy.VisibleActivity(actor(name), face), &row.entry, row.about); listed != read {
						t.Errorf("%s at %s for %s: listed %t, readable %t", row.title, face, name, listed, read)
					}
				}
			}
		}
	}
}

// TestReadActivityOf: who sees what is done to a user, or to an organization, sees it on the page of that.
func TestReadActivityOf(t *testing.T) {
	t.Parallel()
	users, organizations := map[string]bool{"su": true, "cli": true, "aud": true, "audoa": true, "om": true}, map[string]bool{"su": true, "cli": true, "aud": true, "audoa": true, "oa": true}
	for name := range people {
		if got := DefaultPolicy().ReadActivityOf(actor(name), ObjectUser, om, FaceConsole); got != users[name] {
			t.Errorf("of the user om for %s: %t", name, got)
		}
		if got := DefaultPolicy().ReadActivityOf(actor(name), ObjectOrganization, orgO, FaceConsole); got != organizations[name] {
			t.Errorf("of O for %s: %t", name, got)
		}
	}
}
