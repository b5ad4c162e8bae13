package console_test

import (
	"net/http"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

func storedUser(t testing.TB, s *webtest.Site, id int64) *models.User {
	t.Helper()
	user, err := s.DB.Read(t.Context()).User(id)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// TestCreateUser: who is made can sign in; to make an administrator one's own password is asked for.
func TestCreateUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		fill := func(pairs ...string) *answer {
			all := append([]string{"username", "carol", "first_name", "Carol", "last_name", "Kay", "email", "c@example.org", "password", newPassword,
				"password_confirm", newPassword, "organization", itoa(s.Organization.ID)}, pairs...)
			return b.submit(b.get("/users/new"), "main form", all...)
		}
		before := count(t, s)
		fill("password_confirm", "x").wrong("password_confirm", "not the same", "username", "carol", "organization", itoa(s.Organization.ID))
		fill("password", "short", "password_confirm", "short").wrong("password", "too short", "email", "c@example.org")
		fill("username", "alice").wrong("username", "already exists", "first_name", "Carol")
		fill("email", "nonsense").wrong("email", "valid email", "email", "nonsense")
		fill("is_superuser", "true").wrong("your_password", "This is not your password.", "username", "carol", "is_superuser", "true")
		fill("is_superuser", "true", "your_password", newPassword).wrong("your_password", "This is not your password.")
		fill("is_platform_auditor", "true").wrong("your_password", "This is not your password.", "is_platform_auditor", "true")
		if after := count(t, s); after != before {
			t.Errorf("%s, before %s", after, before)
		}
		made := b.follow(fill("is_superuser", "true", "your_password", webtest.Password)).is(200)
		made.says(".flash-good", "created").says("h1", "carol").says(".details", "Carol Kay").says(".details", "System administrator").says(".details", "O · Member")
		in := stranger(t, s)
		in.submit(in.get("/login"), "main form", "username", "carol", "password", newPassword).goesTo("/")
	})
}

// TestOrganizationAdministratorCreatesUser: in an organization of their own only, without rights to give.
func TestOrganizationAdministratorCreatesUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "oa")
		page := b.get("/users/new").is(200).lacks(`[name="is_superuser"]`).lacks(`#f-organization option[value=""]`)
		page.lacks(`#f-organization option[value="` + itoa(s.Other.ID) + `"]`)
		made := b.submit(page, "main form", "username", "dave", "password", newPassword, "password_confirm", newPassword)
		b.follow(made).is(200).says(".details", "O · Member").has("section form")
		b.post("/users/new", "username", "eve", "password", newPassword, "password_confirm", newPassword, "organization", itoa(s.Other.ID)).is(http.StatusForbidden)
	})
}

// TestUpdateUser: a form changes what it shows and nothing else; nobody gives rights without the own password, or takes the last ones.
func TestUpdateUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		alice := "/users/" + itoa(s.ID("alice"))
		b := as(t, s, "alice")
		page := b.get(alice).is(200).says(".chips", "You").lacks(`[name="username"]`).lacks(`[name="is_active"]`).lacks(`[name="is_superuser"]`)
		b.follow(b.submit(page, "section:has(#edit-heading) form", "first_name", "Alicia").goesTo(alice)).says(".details", "Alicia")
		if kept := storedUser(t, s, s.ID("alice")); !kept.IsActive || kept.IsSuperuser || kept.Username != "alice" || kept.FirstName != "Alicia" {
			t.Errorf("kept is %+v", kept)
		}
		b.post(alice, "is_superuser", "true").is(http.StatusForbidden).says("main", "Cannot change is_superuser.")
		b.post(alice, "username", "root").is(http.StatusForbidden)
		admin := as(t, s, "admin")
		form := "section:has(#edit-heading) form"
		admin.submit(admin.get(alice), form, "is_superuser", "true").wrong("your_password", "not your password", "is_superuser", "true")
		admin.submit(admin.get(alice), form, "is_platform_auditor", "true").wrong("your_password", "not your password", "is_platform_auditor", "true")
		admin.submit(admin.get(alice), form, "is_platform_auditor", "true", "your_password", webtest.Password).goesTo(alice)
		admin.submit(admin.get(alice), form, "is_platform_auditor", "-").goesTo(alice) // to take it away needs none
		admin.submit(admin.get(alice), form, "email", "broken").wrong("email", "valid email", "first_name", "Alicia", "is_active", "true")
		admin.submit(admin.get(alice), form, "is_superuser", "true", "your_password", webtest.Password, "username", "alicia").goesTo(alice)
		admin.submit(admin.get(alice), form, "is_active", "-", "is_superuser", "-").goesTo(alice)
		b.get("/tokens").is(http.StatusFound)
		if kept := storedUser(t, s, s.ID("alice")); kept.IsActive || kept.IsSuperuser || kept.Username != "alicia" {
			t.Errorf("kept is %+v", kept)
		}
		self := "/users/" + itoa(s.ID("admin"))
		admin.submit(admin.get(self), form, "is_superuser", "-").is(http.StatusForbidden).says("main", "last active superuser")
	})
}

// TestChangePassword: with the own password only; the user's other sessions end, this one stays.
func TestChangePassword(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		path := "/users/" + itoa(s.ID("alice"))
		b, other := as(t, s, "alice"), as(t, s, "alice")
		fill := func(b *browser, current, password, again string) *answer {
			return b.submit(b.get(path), `form[action$="/password"]`, "current_password", current, "password", password, "password_confirm", again)
		}
		fill(b, "wrong", newPassword, newPassword).wrong("current_password", "This is not your password.")
		fill(b, webtest.Password, newPassword, "x").wrong("password_confirm", "not the same")
		fill(b, webtest.Password, "short", "short").wrong("password", "too short")
		other.get("/tokens").is(200)
		b.follow(fill(b, webtest.Password, newPassword, newPassword).goesTo(path)).is(200).says(".flash-good", "password was changed")
		other.get("/tokens").is(http.StatusFound)
		in := stranger(t, s)
		in.submit(in.get("/login"), "main form", "username", "alice", "password", webtest.Password).is(http.StatusUnauthorized)
		in.submit(in.get("/login"), "main form", "username", "alice", "password", newPassword).goesTo("/")
		admin := as(t, s, "admin")
		fill(admin, newPassword, "another pass phrase", "another pass phrase").wrong("current_password", "not your password")
		fill(admin, webtest.Password, "another pass phrase", "another pass phrase").goesTo(path)
		b.get("/tokens").is(http.StatusFound)
	})
}

// TestExternalUser: who signs in elsewhere has no password to change, and gets no tokens here, with the reason.
func TestExternalUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		change(t, s, func(tx *store.Tx) error {
			bob, err := tx.LockUser(s.ID("bob"))
			if err != nil {
				return err
			}
			bob.ExternalAccount, bob.ExternalSource = "ldap", "corporate directory"
			return tx.UpdateUser(bob)
		})
		b := as(t, s, "bob")
		b.get("/users/"+itoa(s.ID("bob"))).is(200).lacks(`form[action$="/password"]`).says(".details", "corporate directory")
		b.get("/tokens").is(200).says(".flash", models.ReasonExternalUser).lacks(`a[href="/tokens/new"]`)
		b.get("/tokens/new").is(http.StatusForbidden).says("main", models.ReasonExternalUser)
		b.post("/tokens/new", "scope", "read").is(http.StatusForbidden).says("main", "(corporate directory)")
	})
}

// TestDeleteUser: the page says what goes; oneself cannot go.
func TestDeleteUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		path := "/users/" + itoa(s.ID("alice"))
		b := as(t, s, "admin")
		asks := b.get(path+"/delete").is(200).says("main", "1 token dies with it").says("main", "alice cannot sign in")
		b.follow(b.submit(asks, "main form").goesTo("/users")).says(".flash-good", "deleted")
		b.get(path).is(http.StatusNotFound)
		self := "/users/" + itoa(s.ID("admin"))
		b.get(self).lacks(`a[href="` + self + `/delete"]`)
		b.post(self+"/delete").is(http.StatusForbidden).says("main", "You can't delete yourself")
	})
}

// TestOrganization: created, edited, deleted, with what goes along.
func TestOrganization(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		b.submit(b.get("/organizations/new"), "main form", "name", "O", "description", "kept").wrong("name", "of this name already", "name", "O", "description", "kept")
		b.submit(b.get("/organizations/new"), "main form", "name", " ").wrong("name", "Name is required.")
		made := b.submit(b.get("/organizations/new"), "main form", "name", "Operations", "description", "day and night")
		page := b.follow(made).is(200).says(".flash-good", "created").says("h1", "Operations").says(".lede", "day and night").says("main", "Nobody belongs")
		b.submit(page, "section:has(#edit-heading) form", "name", "P").wrong("name", "of this name already", "description", "day and night")
		path := made.leadsTo()
		b.follow(b.submit(page, "section:has(#edit-heading) form", "name", "Ops").goesTo(path)).says("h1", "Ops")
		b.get("/organizations").says("tbody", "Ops")
		token(t, s, "om", models.FaceConsole, s.App.ID)
		asks := b.get("/organizations/"+itoa(s.Organization.ID)+"/delete").is(200).says("main", "Its 2 applications are deleted").says("main", "1 token dies")
		b.submit(asks, "main form").goesTo("/organizations")
		b.get("/applications").is(200).says("main", "No applications yet")
		b.get("/users/" + itoa(s.ID("om"))).is(200)
	})
}

// TestPeople: an administrator of an organization adds and removes people; names that they may not see are not there.
func TestPeople(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		path := "/organizations/" + itoa(s.Organization.ID)
		add := `form[action$="/add"]`
		b := as(t, s, "oa")
		page := b.get(path).is(200)
		if got := page.column("main tbody tr th"); len(got) != 2 || got[0] != "oa" || got[1] != "om" {
			t.Errorf("people %v, want the administrator first", got)
		}
		b.submit(page, add, "username", "nobody", "role", "admin").wrong("username", "There is no user of this name.", "username", "nobody", "role", "admin")
		b.submit(page, add, "username", "alice").is(http.StatusForbidden).says("main", "Only a superuser may add")
		b.submit(page, add, "username", "om", "role", "owner").wrong("role", "Choose a role.", "username", "om")
		for _, password := range []string{"", "wrong"} {
			b.submit(page, add, "username", "om", "role", "admin", "your_password", password).wrong("your_password", "This is not your password.", "username", "om", "role", "admin")
		}
		if storedUser(t, s, s.ID("om")).Has(s.Organization.ID, models.RoleAdmin) {
			t.Error("om is an administrator without anybody's password")
		}
		b.follow(b.submit(page, add, "username", "om", "role", "admin", "your_password", webtest.Password).goesTo(path)).says(".flash-good", "belongs").says("main tbody", "Administrator")
		if !storedUser(t, s, s.ID("om")).Has(s.Organization.ID, models.RoleAdmin) {
			t.Error("om is no administrator")
		}
		removed := b.submit(b.get(path), `form[action$="/remove"]:has([name="user"][value="`+itoa(s.ID("om"))+`"]):has([name="role"][value="admin"])`).goesTo(path)
		b.follow(removed).says(".flash-good", "no longer")
		if user := storedUser(t, s, s.ID("om")); user.Has(s.Organization.ID, models.RoleAdmin) || !user.Has(s.Organization.ID, models.RoleMember) {
			t.Error("not exactly the one role is gone")
		}
		b.follow(b.submit(b.get(path), add, "username", "om", "role", "auditor").goesTo(path)).says("main tbody", "Auditor")
		if !storedUser(t, s, s.ID("om")).Has(s.Organization.ID, models.RoleAuditor) {
			t.Error("om is no auditor")
		}
		b.submit(b.get(path), `form[action$="/remove"]:has([name="role"][value="auditor"])`).goesTo(path)
		if storedUser(t, s, s.ID("om")).Has(s.Organization.ID, models.RoleAuditor) {
			t.Error("om is an auditor still")
		}
		b.post(path+"/remove", "role", "member").is(http.StatusBadRequest)
		b.post(path+"/remove", "role", "member", "user", "999999").is(http.StatusUnprocessableEntity)
		b.post(path+"/remove", "role", "x", "user", "1").is(http.StatusUnprocessableEntity)
		as(t, s, "om").get(path).is(200).lacks(add).lacks(`form[action$="/remove"]`).lacks("section:has(#edit-heading)")
	})
}
