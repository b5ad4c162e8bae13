package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// newcomer describes a user.
func newcomer(username string) server.UserInput {
	return server.UserInput{Username: &username, Password: pointer("swordfish swordfish")}
}

// TestCreateUser: the row, the stamps, the entry, and the password kept as argon2id only.
func TestCreateUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			in := newcomer("carol-" + string(face))
			in.FirstName, in.LastName, in.Email = pointer("Carol"), pointer("C"), pointer("carol@example.org")
			in.IsPlatformAuditor = pointer(true)
			var user *models.User
			entries := b.recorded(t, func() {
				var err error
				user, err = b.CreateUser(t.Context(), as(b.admin), face, in, 0)
				check(t, err)
			})
			want := models.User{ID: user.ID, Username: *in.Username, Password: user.Password, FirstName: "Carol", LastName: "C", Email: "carol@example.org",
				IsPlatformAuditor: true, IsActive: true,
				Stamps: models.Stamps{Created: b.db.Now(), Modified: b.db.Now(), CreatedBy: &b.admin.ID, ModifiedBy: &b.admin.ID}}
			if diff := cmp.Diff(&want, user, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: user (-want +got):\n%s", face, diff)
			}
			if !strings.HasPrefix(string(user.Password), "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("the password is not kept by argon2id with its parameters")
			}
			wantEntry := fmt.Sprintf("create user %d by admin, console", user.ID)
			if len(entries) != 1 || line(entries[0]) != wantEntry || cmp.Diff(models.Added(user.ActivityFields()), entries[0].Changes) != "" {
				t.Errorf("activity %+v, want %s", entries, wantEntry)
			}
			if strings.Contains(fmt.Sprint(entries[0].Changes), "argon2") {
				t.Error("the entry holds the password's digest")
			}
			b.plain(t, models.SecretOf(*in.Password))
			_, err := b.Authenticate(t.Context(), *in.Username, *in.Password)
			check(t, err)
		}
	})
}

// TestCreateUserRefused: contract §1.3, §2.2 and §2.3; nothing is stored.
func TestCreateUserRefused(t *testing.T) {
	type inputs = server.UserInput
	onBed(t, func(t *testing.T, b *bed) {
		organization := b.organization.ID
		other := b.elsewhere(t).ID
		for _, test := range []struct {
			name   string
			actor  server.Actor
			face   models.Face
			into   int64
			change func(*inputs)
			want   string
			words  string
		}{
			{"anonymous", server.Actor{}, models.FaceGateway, 0, nil, "forbidden", ""},
			{"ordinary", as(b.alice), models.FaceGateway, 0, nil, "forbidden", ""},
			{"auditor", as(b.auditor), models.FaceConsole, 0, nil, "forbidden", ""},
			{"organization's administrator at the controller", as(b.orgAdmin), models.FaceController, 0, nil, "forbidden", ""},
			{"member into the organization", as(b.member), models.FaceController, organization, nil, "forbidden", ""},
			{"into another organization", as(b.orgAdmin), models.FaceGateway, other, nil, "forbidden", ""},
			{"into an unknown organization", as(b.admin), models.FaceGateway, 99_999, nil, "not found", ""},
			{"superuser by an administrator", as(b.orgAdmin), models.FaceGateway, 0, func(in *inputs) { in.IsSuperuser = pointer(true) }, "forbidden", "is_superuser"},
			{"auditor by an administrator", as(b.orgAdmin), models.FaceController, organization,
				func(in *inputs) { in.IsPlatformAuditor = pointer(true) }, "forbidden", "is_platform_auditor"},
			{"name taken", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Username = pointer("alice") }, "invalid username",
				"A user with that username already exists."},
			{"no name", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Username = nil }, "invalid username", "blank"},
			{"bad name", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Username = pointer("a b") }, "invalid username", "valid username"},
			{"bad e-mail", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Email = pointer("nobody") }, "invalid email", "valid email"},
			{"no password", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Password = nil }, "invalid password", "Password required for new User."},
			{"short password", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Password = pointer("seven77") }, "invalid password", "It must contain at least 8 characters: 1 is missing."},
			{"endless password", as(b.admin), models.FaceGateway, 0, func(in *inputs) { in.Password = pointer(strings.Repeat("x", 1025)) }, "invalid password", "at most 1024 bytes"},
			{"all at once", as(b.admin), models.FaceGateway, 0, func(in *inputs) { *in = inputs{Email: pointer("x"), Password: pointer("")} }, "invalid username,email,password", ""},
		} {
			t.Run(test.name, func(t *testing.T) {
				in := newcomer("dave")
				if test.change != nil {
					test.change(&in)
				}
				b.refuses(t, test.want, test.words, func() error {
					_, err := b.CreateUser(t.Context(), test.actor, test.face, in, test.into)
					return err
				})
			})
		}
		in := newcomer("erin")
		in.Password = pointer(strings.Repeat("y", 1024))
		_, err := b.CreateUser(t.Context(), as(b.orgAdmin), models.FaceGateway, in, 0)
		check(t, err)
		closed := newServer(t, b.db, func(o *server.Options) { o.Policy.ManageOrganizationAuth = false })
		for _, into := range []int64{0, organization} {
			b.refuses(t, "forbidden", "", func() error {
				_, err := closed.CreateUser(t.Context(), as(b.orgAdmin), models.FaceGateway, newcomer("dave"), into)
				return err
			})
		}
	})
}

// TestCreateMember: contract §1.4: an administrator makes a member of the organization in one step, at the controller as well.
func TestCreateMember(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			var user *models.User
			entries := b.recorded(t, func() {
				var err error
				user, err = b.CreateUser(t.Context(), as(b.orgAdmin), face, newcomer("carol-"+string(face)), b.organization.ID)
				check(t, err)
			})
			want := []string{fmt.Sprintf("create user %d by oa, console", user.ID),
				fmt.Sprintf("associate organization %d by oa, console with user %d (member)", b.organization.ID, user.ID)}
			if len(entries) != 2 || line(entries[0]) != want[0] || line(entries[1]) != want[1] {
				t.Errorf("activity %+v, want %v", entries, want)
			}
			if len(user.Memberships) != 1 || !user.Has(b.organization.ID, models.RoleMember) {
				t.Errorf("memberships %+v", user.Memberships)
			}
			_, err := b.UpdateUser(t.Context(), as(b.orgAdmin), face, user.ID, server.UserInput{FirstName: pointer("x")})
			check(t, err)
		}
	})
}

// TestUpdateUser: the entry, the stamps, and nothing where nothing changes (case 68).
func TestUpdateUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.db.Clock.Advance(time.Hour)
		in := server.UserInput{FirstName: pointer("Al"), Email: pointer("al@example.org"), IsPlatformAuditor: pointer(true), IsActive: pointer(false)}
		b.records(t, func() {
			user, err := b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID, in)
			check(t, err)
			want := *b.alice
			want.FirstName, want.Email, want.IsPlatformAuditor, want.IsActive = "Al", "al@example.org", true, false
			want.Modified, want.ModifiedBy = b.db.Now(), &b.admin.ID
			if diff := cmp.Diff(&want, user, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(user, b.user(t, b.alice.ID)); diff != "" {
				t.Errorf("the returned user is not the kept one (-returned +kept):\n%s", diff)
			}
		}, fmt.Sprintf(`update user %d by admin, console; email "" > "al@example.org"; first_name "" > "Al"; is_active "true" > "false"; `+
			`is_platform_auditor "false" > "true"`, b.alice.ID))
		b.db.Clock.Advance(time.Hour)
		b.unchanged(t, func() {
			_, err := b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID, in)
			check(t, err)
		})
		_, err := b.UpdateUser(t.Context(), as(b.bob), models.FaceController, b.bob.ID, server.UserInput{LastName: pointer("B")}) // oneself
		check(t, err)
	})
}

// TestUpdateUserRefused: contract §2.2, §2.3.
func TestUpdateUserRefused(t *testing.T) {
	type inputs = server.UserInput
	onBed(t, func(t *testing.T, b *bed) {
		elsewhere := b.elsewhere(t).ID
		both := b.stranger(t, models.User{Username: "both"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleMember},
			models.Membership{OrganizationID: elsewhere, Role: models.RoleMember})
		chief := b.stranger(t, models.User{Username: "chief", IsSuperuser: true}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleMember})
		watch := b.stranger(t, models.User{Username: "watch", IsPlatformAuditor: true}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleMember})
		harmless := inputs{FirstName: pointer("x")}
		for _, test := range []struct {
			name   string
			actor  server.Actor
			target *models.User
			in     inputs
			want   string
			words  string
		}{
			{"anonymous", server.Actor{}, b.alice, harmless, "forbidden", ""},
			{"another", as(b.bob), b.alice, harmless, "forbidden", ""},
			{"auditor", as(b.auditor), b.alice, harmless, "forbidden", ""},
			{"fellow member", as(b.member), b.orgAdmin, harmless, "forbidden", ""},
			{"one who is in no organization", as(b.orgAdmin), b.alice, harmless, "forbidden", ""},
			{"one who is elsewhere too", as(b.orgAdmin), both, harmless, "forbidden", ""},
			{"a superuser in the organization", as(b.orgAdmin), chief, inputs{Password: pointer("taken over!")}, "forbidden", ""},
			{"an auditor in the organization", as(b.orgAdmin), watch, harmless, "forbidden", ""},
			{"own name", as(b.alice), b.alice, inputs{Username: pointer("alicia")}, "forbidden", "Cannot change username."},
			{"own activity", as(b.alice), b.alice, inputs{IsActive: pointer(false)}, "forbidden", "Cannot change is_active."},
			{"own superuser", as(b.alice), b.alice, inputs{IsSuperuser: pointer(true)}, "forbidden", "Cannot change is_superuser."},
			{"own auditor", as(b.alice), b.alice, inputs{IsPlatformAuditor: pointer(true)}, "forbidden", "Cannot change is_platform_auditor."},
			{"a member's superuser", as(b.orgAdmin), b.member, inputs{IsSuperuser: pointer(true)}, "forbidden", "Cannot change is_superuser."},
			{"name taken", as(b.admin), b.alice, inputs{Username: pointer("bob")}, "invalid username", "already exists"},
			{"weak password", as(b.admin), b.alice, inputs{Password: pointer("short")}, "invalid password", "3 are missing"},
			{"bad e-mail", as(b.alice), b.alice, inputs{Email: pointer("x")}, "invalid email", ""},
			{"unknown", as(b.admin), &models.User{ID: 99_999}, harmless, "not found", ""},
		} {
			t.Run(test.name, func(t *testing.T) {
				for _, face := range faces {
					b.refuses(t, test.want, test.words, func() error {
						_, err := b.UpdateUser(t.Context(), test.actor, face, test.target.ID, test.in)
						return err
					})
				}
			})
		}
		_, err := b.UpdateUser(t.Context(), as(b.orgAdmin), models.FaceGateway, b.member.ID, inputs{Username: pointer("om2"), IsActive: pointer(false)})
		check(t, err)
	})
}

// TestDeleteUserRefused: contract §2.2: not oneself, and otherwise as changing.
func TestDeleteUserRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			b.refuses(t, "forbidden", "You can't delete yourself", func() error { return b.DeleteUser(t.Context(), as(b.admin), face, b.admin.ID) })
			for _, actor := range []server.Actor{as(b.bob), as(b.auditor), as(b.orgAdmin), as(b.member), {}} {
				b.refuses(t, "forbidden", "", func() error { return b.DeleteUser(t.Context(), actor, face, b.alice.ID) })
			}
			b.refuses(t, "not found", "", func() error { return b.DeleteUser(t.Context(), as(b.admin), face, 99_999) })
		}
		check(t, b.DeleteUser(t.Context(), as(b.orgAdmin), models.FaceController, b.member.ID))
	})
}

// TestLastSuperuser: somebody active who can administer the product always remains, also in a race.
func TestLastSuperuser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		sleeping := b.stranger(t, models.User{Username: "sleeping", IsSuperuser: true})
		b.change(t, func(tx *store.Tx) error {
			sleeping.IsActive = false
			return tx.UpdateUser(sleeping)
		})
		system := server.Command("test")
		for name, in := range map[string]server.UserInput{"demoted": {IsSuperuser: pointer(false)}, "disabled": {IsActive: pointer(false)}} {
			t.Run(name, func(t *testing.T) {
				b.refuses(t, "forbidden", "last active superuser", func() error {
					_, err := b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, b.admin.ID, in)
					return err
				})
			})
		}
		b.refuses(t, "forbidden", "last active superuser", func() error { return b.DeleteUser(t.Context(), system, models.FaceCommand, b.admin.ID) })
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, sleeping.ID))
		_, err := b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, b.admin.ID, server.UserInput{FirstName: pointer("A")})
		check(t, err)

		second := b.stranger(t, models.User{Username: "second", IsSuperuser: true})
		demoted := make(chan error, 1)
		b.change(t, func(tx *store.Tx) error { // while one of two is being demoted, so is the other
			b.admin.IsSuperuser = false
			if err := tx.UpdateUser(b.admin); err != nil {
				return err
			}
			if remains, err := tx.SuperuserBeside(b.admin.ID); err != nil || !remains {
				t.Errorf("a superuser remains: %v, %v", remains, err)
			}
			go func() {
				_, err := b.UpdateUser(t.Context(), as(second), models.FaceGateway, second.ID, server.UserInput{IsSuperuser: pointer(false)})
				demoted <- err
			}()
			b.awaitWaiting(t, demoted)
			return nil
		})
		if got := outcome(<-demoted); got != "forbidden" {
			t.Errorf("the other one's demotion is %q", got)
		}
		b.counted(t, map[string]int{"users WHERE is_superuser": 1})
	})
}
