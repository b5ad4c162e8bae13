package server_test

import (
	"errors"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// submissions are the operations that a form with a single-use number asks for, once by alice, and give the id of what was made.
func (b *bed) submissions(t testing.TB) map[string]func(actor server.Actor, form string) (int64, error) {
	t.Helper()
	old := b.issued(t, b.admin, models.FaceGateway, &b.web).AccessToken.ID
	return map[string]func(server.Actor, string) (int64, error){
		"create token": func(actor server.Actor, form string) (int64, error) {
			issued, err := b.CreateToken(t.Context(), actor, models.FaceConsole, server.TokenInput{Form: form})
			return idOf(issued), err
		},
		"refresh token": func(actor server.Actor, form string) (int64, error) {
			issued, err := b.RefreshToken(t.Context(), actor, models.FaceConsole, old, form)
			return idOf(issued), err
		},
		"create application": func(actor server.Actor, form string) (int64, error) {
			made, _, err := b.CreateApplication(t.Context(), actor, models.FaceConsole,
				without(b.registration("twice"), func(in *server.ApplicationInput) { in.Form = form }))
			if err != nil {
				return 0, err
			}
			return made.ID, nil
		},
	}
}

func idOf(issued *server.Issued) int64 {
	if issued == nil {
		return 0
	}
	return issued.AccessToken.ID
}

// TestRepeatedForm: a form that comes again makes nothing, names what it made, and does so for the one who sent it only.
func TestRepeatedForm(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, submit := range b.submissions(t) {
			made, err := submit(as(b.admin), name)
			check(t, err)
			var repeated *server.Repeated
			b.unchanged(t, func() {
				if _, err := submit(as(b.admin), name); !errors.As(err, &repeated) || repeated.ObjectID != made {
					t.Errorf("%s again: %v, want it to name %d", name, err, made)
				}
			})
			b.unchanged(t, func() {
				if _, err := submit(as(b.orgAdmin), name); outcome(err) != "invalid " {
					t.Errorf("%s again by another: %v", name, err)
				}
			})
		}
	})
}

// TestRepeatedFormOfDeleted: what was made and deleted since is not made again.
func TestRepeatedFormOfDeleted(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		submit := b.submissions(t)["create token"]
		made, err := submit(as(b.alice), "form")
		check(t, err)
		check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceConsole, made))
		var repeated *server.Repeated
		b.unchanged(t, func() {
			if _, err := submit(as(b.alice), "form"); !errors.As(err, &repeated) || repeated.ObjectID != made {
				t.Errorf("again: %v, want it to name %d", err, made)
			}
		})
		if _, err := submit(as(b.alice), "another form"); err != nil {
			t.Errorf("another form: %v", err)
		}
	})
}

// TestRepeatedFormRace: of many equal forms at once one makes something, and all others name that.
func TestRepeatedFormRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, submit := range b.submissions(t) {
			made, errs := make([]int64, racers), make([]error, racers)
			race(func(n int) { made[n], errs[n] = submit(as(b.admin), name) })
			var winner, winners int64
			for n, err := range errs {
				if err == nil {
					winner, winners = made[n], winners+1
				}
			}
			for _, err := range errs {
				var repeated *server.Repeated
				if err != nil && (!errors.As(err, &repeated) || repeated.ObjectID != winner) {
					t.Errorf("%s: a racer got %v, want %d", name, err, winner)
				}
			}
			if winners != 1 {
				t.Errorf("%s: %d racers made something, want 1", name, winners)
			}
		}
	})
}

// TestDependents: whoever may delete a user or an organization learns how much goes with it.
func TestDependents(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.settle(t)
		user, err := b.UserDependents(t.Context(), as(b.orgAdmin), models.FaceConsole, b.alice.ID)
		if want := (store.Dependents{Tokens: 3}); err != nil || user != want {
			t.Errorf("with alice go %+v (%v), want %+v", user, err, want)
		}
		organization, err := b.OrganizationDependents(t.Context(), as(b.admin), models.FaceConsole, b.organization.ID)
		if want := (store.Dependents{Applications: 4, Tokens: 3}); err != nil || organization != want {
			t.Errorf("with the organization go %+v (%v), want %+v", organization, err, want)
		}
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.UserDependents(t.Context(), as(b.auditor), models.FaceConsole, b.alice.ID)
			return err
		})
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.OrganizationDependents(t.Context(), as(b.orgAdmin), models.FaceConsole, b.organization.ID)
			return err
		})
		b.refuses(t, "not found", "", func() error {
			_, err := b.UserDependents(t.Context(), as(b.admin), models.FaceConsole, 1<<40)
			return err
		})
	})
}

// TestOrganizationCounts: an administrator counts as a member, an auditor does not, somebody with two roles counts once.
func TestOrganizationCounts(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.stranger(t, models.User{Username: "both"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleAdmin},
			models.Membership{OrganizationID: b.organization.ID, Role: models.RoleMember})
		b.stranger(t, models.User{Username: "watcher"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleAuditor})
		empty, err := b.CreateOrganization(t.Context(), as(b.admin), models.FaceConsole, server.OrganizationInput{Name: pointer("empty")})
		check(t, err)
		counts, err := b.OrganizationCounts(t.Context(), []int64{b.organization.ID, empty.ID})
		check(t, err)
		if want := (store.OrganizationCounts{Members: 3, Administrators: 2, Applications: 4}); counts[b.organization.ID] != want {
			t.Errorf("counts %+v, want %+v", counts[b.organization.ID], want)
		}
		if counts[empty.ID] != (store.OrganizationCounts{}) {
			t.Errorf("an empty organization counts %+v", counts[empty.ID])
		}
		anybody, err := b.Members(t.Context(), as(b.admin), models.FaceConsole, b.organization.ID, "", store.Query{})
		if err != nil || anybody.Count != 4 {
			t.Errorf("%d people of any role (%v), want 4", anybody.Count, err)
		}
	})
}
