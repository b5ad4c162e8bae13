package models

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shows is the meaning of a Visibility, in the words of its comment.
func shows(v Visibility, thing any) bool {
	in := func(organization int64) bool { return slices.Contains(v.Organizations, organization) }
	of := func(platform Platform) bool { return v.Platform == "" || v.Platform == platform }
	switch thing := thing.(type) {
	case *AccessToken:
		return of(thing.Platform) && (v.All || v.UserID != 0 && thing.OwnedBy(v.UserID) ||
			thing.Application != nil && in(thing.Application.InOrganization()))
	case *Application:
		return of(thing.Platform) && (v.All || in(thing.InOrganization()))
	case *Organization:
		return v.All || in(thing.ID)
	case *User:
		member := slices.ContainsFunc(thing.Memberships, func(m Membership) bool { return in(m.OrganizationID) })
		return v.All || thing.ID == v.UserID || thing.IsSuperuser || member
	}
	return false
}

func visible(p Policy, thing any, a Actor, face Face) Visibility {
	switch thing.(type) {
	case *AccessToken:
		return p.VisibleTokens(a, face)
	case *Application:
		return p.VisibleApplications(a, face)
	case *Organization:
		return p.VisibleOrganizations(a, face)
	default:
		return p.VisibleUsers(a, face)
	}
}

// TestListsShowWhatMayBeRead: a row is in a list exactly for those who may read the thing by itself (contract §2.2, §2.3, case 22).
func TestListsShowWhatMayBeRead(t *testing.T) {
	t.Parallel()
	narrow := DefaultPolicy()
	narrow.OrgAdminsSeeAllUsers = false
	for _, policy := range []Policy{DefaultPolicy(), narrow} {
		for title, thing := range things {
			if title == "application token whose application was not loaded" {
				continue // a list joins it
			}
			for name := range people {
				for _, face := range []Face{FaceGateway, FaceController, FaceConsole, FaceCommand} {
					if user, ok := thing.(*User); ok && user.ID > 33 {
						continue // in the table for memberships only
					}
					read := askDirectly(policy, actor(name), ActionRead, title, thing, face) == nil
					if listed := shows(visible(policy, thing, actor(name), face), thing); listed != read {
						t.Errorf("%s at %s for %s: listed %t, readable %t", title, face, name, listed, read)
					}
				}
			}
		}
	}
}

// TestVisibilityOfNobody: who is nobody sees nothing, whatever a list holds.
func TestVisibilityOfNobody(t *testing.T) {
	t.Parallel()
	for _, nobody := range []Actor{{}, bearer("", ScopeAll)} {
		for title, thing := range things {
			if user, ok := thing.(*User); ok && user.IsSuperuser {
				continue // the door keeps nobody from the list of users, on which every user sees superusers
			}
			if v := visible(DefaultPolicy(), thing, nobody, FaceGateway); shows(v, thing) {
				t.Errorf("%s is shown to nobody by %+v", title, v)
			}
		}
	}
}

// TestVisibility spells out what the store is told.
func TestVisibility(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy()
	for _, test := range []struct {
		name      string
		got, want Visibility
	}{
		{"case 22 tokens of alice", p.VisibleTokens(actor("alice"), FaceGateway), Visibility{UserID: alice}},
		{"§0 rule 3 the controller's only", p.VisibleTokens(actor("alice"), FaceController), Visibility{UserID: alice, Platform: Controller}},
		{"tokens for an administrator", p.VisibleTokens(actor("oa"), FaceGateway), Visibility{UserID: oa, Organizations: []int64{orgO}}},
		{"not for an organization auditor", p.VisibleTokens(actor("oaud"), FaceGateway), Visibility{UserID: oaud}},
		{"§2.3 but at the controller", p.VisibleTokens(actor("oaud"), FaceController), Visibility{UserID: oaud, Organizations: []int64{orgO}, Platform: Controller}},
		{"all for a superuser", p.VisibleTokens(actor("su"), FaceGateway), Visibility{All: true, UserID: su}},
		{"all of the controller's for an auditor", p.VisibleTokens(actor("aud"), FaceController), Visibility{All: true, UserID: aud, Platform: Controller}},
		{"all for the command line", p.VisibleTokens(actor("cli"), FaceCommand), Visibility{All: true}},
		{"§0 rule 6 users are of both", p.VisibleUsers(actor("om"), FaceController), Visibility{UserID: om, Organizations: []int64{orgO}}},
		{"§0 rule 6 organizations are of both", p.VisibleOrganizations(actor("om"), FaceController), Visibility{UserID: om, Organizations: []int64{orgO}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}
