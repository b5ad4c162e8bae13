package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestOrganization: made, changed and deleted, with entries and stamps.
func TestOrganization(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			var made *models.Organization
			entries := b.recorded(t, func() {
				var err error
				made, err = b.CreateOrganization(t.Context(), as(b.admin), face, server.OrganizationInput{Name: pointer("new"), Description: pointer("d")})
				check(t, err)
			})
			want := models.Organization{ID: made.ID, Name: "new", Description: "d",
				Stamps: models.Stamps{Created: b.db.Now(), Modified: b.db.Now(), CreatedBy: &b.admin.ID, ModifiedBy: &b.admin.ID}}
			b.keeps(t, face, &want)
			wantEntry := fmt.Sprintf("create organization %d by admin, console", made.ID)
			if len(entries) != 1 || line(entries[0]) != wantEntry || cmp.Diff(models.Added(models.Fields{"name": pointer("new"), "description": pointer("d")}), entries[0].Changes) != "" {
				t.Errorf("activity %+v, want %s", entries, wantEntry)
			}
			check(t, b.Associate(t.Context(), as(b.admin), made.ID, b.bob.ID, models.RoleAdmin))
			chief := as(b.user(t, b.bob.ID))
			b.db.Clock.Advance(time.Hour)
			want.Name, want.Modified, want.ModifiedBy = "newer", b.db.Now(), &b.bob.ID
			b.records(t, func() {
				_, err := b.UpdateOrganization(t.Context(), chief, face, made.ID, server.OrganizationInput{Name: pointer("newer")})
				check(t, err)
			}, fmt.Sprintf(`update organization %d by bob, console; name "new" > "newer"`, made.ID))
			b.keeps(t, face, &want)
			b.unchanged(t, func() {
				_, err := b.UpdateOrganization(t.Context(), chief, face, made.ID, server.OrganizationInput{Name: pointer("newer"), Description: pointer("d")})
				check(t, err)
			})
			b.refuses(t, "forbidden", "", func() error { return b.DeleteOrganization(t.Context(), chief, face, made.ID) })
			b.records(t, func() { check(t, b.DeleteOrganization(t.Context(), as(b.admin), face, made.ID)) },
				fmt.Sprintf("delete organization %d by admin, console", made.ID))
		}
	})
}

func (b *bed) keeps(t testing.TB, face models.Face, want *models.Organization) {
	t.Helper()
	got, err := b.Organization(t.Context(), as(b.auditor), face, want.ID)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("organization (-want +got):\n%s", diff)
	}
}

// TestOrganizationRefused: contract §1.4 and §2.2: nothing is stored.
func TestOrganizationRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		id := b.organization.ID
		b.elsewhere(t)
		create := func(actor server.Actor, name string) func() error {
			return func() error {
				_, err := b.CreateOrganization(t.Context(), actor, models.FaceGateway, server.OrganizationInput{Name: &name})
				return err
			}
		}
		update := func(actor server.Actor, id int64, name string) func() error {
			return func() error {
				_, err := b.UpdateOrganization(t.Context(), actor, models.FaceController, id, server.OrganizationInput{Name: &name})
				return err
			}
		}
		for _, actor := range []server.Actor{as(b.auditor), as(b.orgAdmin), as(b.member), as(b.bob), {}} {
			b.refuses(t, "forbidden", "", create(actor, "Q"))
		}
		for _, actor := range []server.Actor{as(b.auditor), as(b.member), as(b.bob), {}} {
			b.refuses(t, "forbidden", "", update(actor, id, "Q"))
		}
		for name, words := range map[string]string{"": "blank", " ": "blank", "O": "already exists", strings.Repeat("x", 513): "512 characters", "a\x00": "Null"} {
			b.refuses(t, "invalid name", words, create(as(b.admin), name))
		}
		b.refuses(t, "invalid name", "already exists", update(as(b.orgAdmin), id, "P"))
		b.refuses(t, "invalid name", "blank", update(as(b.orgAdmin), id, ""))
		b.refuses(t, "not found", "", update(as(b.admin), 99_999, "Q"))
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.Organization(t.Context(), as(b.bob), models.FaceGateway, id)
			return err
		})
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.Members(t.Context(), as(b.bob), models.FaceGateway, id, models.RoleMember, store.Query{})
			return err
		})
	})
}

// TestMembership: joined and left, told once, and no error a second time (contract §1.4).
func TestMembership(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		id := b.organization.ID
		for _, role := range []models.Role{models.RoleMember, models.RoleAdmin, models.RoleAuditor} {
			b.records(t, func() { check(t, b.Associate(t.Context(), as(b.admin), id, b.alice.ID, role)) },
				fmt.Sprintf("associate organization %d by admin, console with user %d (%s)", id, b.alice.ID, role))
			b.unchanged(t, func() { check(t, b.Associate(t.Context(), as(b.admin), id, b.alice.ID, role)) })
			page, err := b.Members(t.Context(), as(b.member), models.FaceGateway, id, role, store.Query{Filters: []store.Filter{{Field: "username", Value: "alice"}}})
			check(t, err)
			if page.Count != 1 {
				t.Errorf("%d members named alice as %s", page.Count, role)
			}
			b.records(t, func() { check(t, b.Disassociate(t.Context(), as(b.orgAdmin), id, b.alice.ID, role)) },
				fmt.Sprintf("disassociate organization %d by oa, console with user %d (%s)", id, b.alice.ID, role))
			b.unchanged(t, func() { check(t, b.Disassociate(t.Context(), as(b.orgAdmin), id, b.alice.ID, role)) })
		}
	})
}

// TestMembershipRefused: an administrator of an organization may not draw in somebody who belongs nowhere and whom they did not make:
// all organizations of that user would then be theirs, and with them the account.
func TestMembershipRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		id := b.organization.ID
		elsewhere := b.elsewhere(t).ID
		neighbour := b.stranger(t, models.User{Username: "neighbour"}, models.Membership{OrganizationID: elsewhere, Role: models.RoleMember})
		protege := b.stranger(t, models.User{Username: "protege", Stamps: models.Stamps{CreatedBy: &b.orgAdmin.ID}})
		join := func(actor server.Actor, organization, user int64) func() error {
			return func() error { return b.Associate(t.Context(), actor, organization, user, models.RoleMember) }
		}
		for _, actor := range []server.Actor{as(b.auditor), as(b.member), as(b.bob), {}} {
			b.refuses(t, "forbidden", "", join(actor, id, neighbour.ID))
			b.refuses(t, "forbidden", "", func() error { return b.Disassociate(t.Context(), actor, id, b.member.ID, models.RoleMember) })
		}
		b.refuses(t, "forbidden", "", join(as(b.orgAdmin), elsewhere, b.member.ID))
		b.refuses(t, "forbidden", "belongs to no organization", join(as(b.orgAdmin), id, b.alice.ID))
		b.refuses(t, "forbidden", "belongs to no organization", join(as(b.orgAdmin), id, b.admin.ID))
		b.refuses(t, "not found", "", join(as(b.admin), 99_999, b.alice.ID))
		b.refuses(t, "invalid id", `Invalid pk "99999" - object does not exist.`, join(as(b.admin), id, 99_999))
		check(t, join(as(b.orgAdmin), id, protege.ID)())
		check(t, join(as(b.orgAdmin), id, neighbour.ID)())
		b.refuses(t, "forbidden", "", func() error { // who is a member elsewhere too is out of their reach still
			_, err := b.UpdateUser(t.Context(), as(b.orgAdmin), models.FaceGateway, neighbour.ID, server.UserInput{Password: pointer("taken over!")})
			return err
		})
		closed := newServer(t, b.db, func(o *server.Options) { o.Policy.ManageOrganizationAuth = false })
		b.refuses(t, "forbidden", "", func() error {
			return closed.Associate(t.Context(), as(b.orgAdmin), id, neighbour.ID, models.RoleAdmin)
		})
		check(t, closed.Associate(t.Context(), as(b.admin), id, neighbour.ID, models.RoleAdmin))
	})
}

// TestLists: what the lists show to whom: cases 22 and 34, contract §0, rules 2 and 3, and §2.2.
func TestLists(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.issued(t, b.alice, models.FaceGateway, nil)
		b.issued(t, b.alice, models.FaceController, nil)
		b.issued(t, b.member, models.FaceGateway, &b.web)
		b.issued(t, b.member, models.FaceController, &b.job)
		auditor := b.stranger(t, models.User{Username: "oaud"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleAuditor})
		b.elsewhere(t)
		parties := b.parties()
		parties["oaud"] = as(auditor)
		// Numbers of tokens, applications, users and organizations at the gateway, and of tokens and applications at the controller.
		for name, want := range map[string][6]int64{"SU": {4, 4, 7, 2, 2, 2}, "aud": {4, 4, 7, 2, 2, 2}, "oa": {2, 4, 7, 1, 1, 2}, "om": {2, 4, 4, 1, 1, 2},
			"alice": {2, 0, 2, 0, 1, 0}, "bob": {0, 0, 2, 0, 0, 0}, "oaud": {0, 0, 4, 1, 1, 0}} {
			if got := b.listed(t, parties[name]); got != want {
				t.Errorf("%s sees %v, want %v", name, got, want)
			}
		}
	})
}

func (b *bed) listed(t testing.TB, actor server.Actor) [6]int64 {
	t.Helper()
	var seen [6]int64
	for n, face := range []models.Face{models.FaceGateway, models.FaceController} {
		tokens, err := b.Tokens(t.Context(), actor, face, store.Query{})
		check(t, err)
		applications, err := b.Applications(t.Context(), actor, face, store.Query{})
		check(t, err)
		seen[n*4], seen[n*4+1] = tokens.Count, applications.Count
	}
	users, err := b.Users(t.Context(), actor, models.FaceConsole, store.Query{})
	check(t, err)
	organizations, err := b.Organizations(t.Context(), actor, models.FaceConsole, store.Query{})
	check(t, err)
	seen[2], seen[3] = users.Count, organizations.Count
	return seen
}

// TestChangeMembers: all of them or none (contract §1.4): whoever may not be added stops the others too.
func TestChangeMembers(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		id, elsewhere := b.organization.ID, b.elsewhere(t).ID
		neighbour := b.stranger(t, models.User{Username: "neighbour"}, models.Membership{OrganizationID: elsewhere, Role: models.RoleMember})
		join := func(actor server.Actor, users ...int64) func() error {
			return func() error {
				return b.ChangeMembers(t.Context(), actor, models.ActionCreate, id, users, models.RoleMember)
			}
		}
		b.refuses(t, "forbidden", "belongs to no organization", join(as(b.orgAdmin), neighbour.ID, b.alice.ID))
		b.refuses(t, "invalid id", "99999", join(as(b.admin), neighbour.ID, 99_999))
		b.refuses(t, "forbidden", "", join(as(b.member), 99_999)) // and learns nothing about who is there
		b.records(t, func() { check(t, join(as(b.admin), neighbour.ID, b.alice.ID, neighbour.ID)()) },
			fmt.Sprintf("associate organization %d by admin, console with user %d (member)", id, b.alice.ID),
			fmt.Sprintf("associate organization %d by admin, console with user %d (member)", id, neighbour.ID))
		b.records(t, func() {
			check(t, b.ChangeMembers(t.Context(), as(b.orgAdmin), models.ActionDelete, id, []int64{b.alice.ID, b.bob.ID}, models.RoleMember))
		}, fmt.Sprintf("disassociate organization %d by oa, console with user %d (member)", id, b.alice.ID))
	})
}

// TestManyMembers: everybody who wants to write waits while an administrator changes members, so one request changes a bounded number.
func TestManyMembers(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		id := b.organization.ID
		users := make([]int64, 1_000)
		for n := range users {
			users[n] = b.bob.ID // the same one again and again is one
		}
		b.records(t, func() {
			check(t, b.ChangeMembers(t.Context(), as(b.admin), models.ActionCreate, id, append(users, users...), models.RoleAuditor))
		}, fmt.Sprintf("associate organization %d by admin, console with user %d (auditor)", id, b.bob.ID))
		for n := range users {
			users[n] = 1_000_000 + int64(n)
		}
		for _, action := range []models.Action{models.ActionCreate, models.ActionDelete} {
			change := func(actor server.Actor, users []int64) func() error {
				return func() error {
					return b.ChangeMembers(t.Context(), actor, action, id, users, models.RoleAuditor)
				}
			}
			b.refuses(t, "invalid id", "does not exist", change(as(b.orgAdmin), users))
			b.refuses(t, "invalid instances", "no more than 1000 elements", change(as(b.orgAdmin), append(users, b.bob.ID)))
			b.refuses(t, "forbidden", "", change(as(b.member), append(users, b.bob.ID)))
		}
	})
}
