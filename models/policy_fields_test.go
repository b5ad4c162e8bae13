package models

import "testing"

// TestApplicationChange: the fields that an administrator of the organization may not set alone (contract §1.2).
func TestApplicationChange(t *testing.T) {
	t.Parallel()
	stored := func(owner int64) Application {
		return Application{ID: 7, OrganizationID: id(orgO), UserID: id(owner), ClientType: Confidential,
			AuthorizationGrantType: "password", GrantTypes: Words{GrantPassword, GrantRefreshToken}}
	}
	fresh := func(Application) Application { return Application{} }
	kept := func(a Application) Application { return a }
	skipping := func(a *Application) { a.SkipAuthorization = true }
	credentials := func(a *Application) { a.SetGrantTypes(Words{GrantClientCredentials}) }
	public := func(a *Application) { a.ClientType = Public }
	ownedBy := func(user int64) func(*Application) { return func(a *Application) { a.UserID = id(user) } }
	for _, test := range []struct {
		name   string
		owner  int64
		was    func(Application) Application
		change func(*Application)
		may    map[string]bool // of alice, who owns what has an owner, oa, and su
	}{
		{"creating", 0, fresh, func(*Application) {}, map[string]bool{"alice": true, "oa": true, "su": true}},
		{"creating for client credentials", 0, fresh, credentials, map[string]bool{"alice": true, "oa": true, "su": true}},
		{"creating with skip_authorization", 0, fresh, skipping, map[string]bool{"su": true}},
		{"creating as one's own", alice, fresh, func(*Application) {}, map[string]bool{"alice": true, "su": true}},
		{"creating as one's own for client credentials", alice, fresh, credentials, map[string]bool{"alice": true, "su": true}},
		{"switching skip_authorization on", 0, kept, skipping, map[string]bool{"su": true}},
		{"changing the name", alice, kept, func(a *Application) { a.Name = "x" }, map[string]bool{"alice": true, "oa": true, "su": true}},
		{"making alice the owner", 0, kept, ownedBy(alice), map[string]bool{"alice": true, "su": true}},
		{"making bob the owner", alice, kept, ownedBy(bob), map[string]bool{"su": true}},
		{"client_type without owner", 0, kept, public, map[string]bool{"alice": true, "oa": true, "su": true}},
		{"client_type of alice's", alice, kept, public, map[string]bool{"alice": true, "su": true}},
		{"client credentials without owner", 0, kept, credentials, map[string]bool{"alice": true, "oa": true, "su": true}},
		{"client credentials of alice's", alice, kept, credentials, map[string]bool{"alice": true, "su": true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"alice", "oa", "su"} {
				is := stored(test.owner)
				was := test.was(is)
				test.change(&is)
				got := DefaultPolicy().ApplicationChange(actor(name), &was, &is)
				if (got == nil) != test.may[name] {
					t.Errorf("by %s: got %v, want permitted %t", name, got, test.may[name])
				}
			}
		})
	}
	t.Run("skip_authorization that is on stays, and may be switched off", func(t *testing.T) {
		t.Parallel()
		was := Application{ID: 7, SkipAuthorization: true}
		for _, is := range []Application{{ID: 7, SkipAuthorization: true}, {ID: 7}} {
			if err := DefaultPolicy().ApplicationChange(actor("oa"), &was, &is); err != nil {
				t.Errorf("got %v", err)
			}
		}
	})
}

// TestGrantedApplicationIsNotHandedOver: what a superuser gave an application, nobody else may direct elsewhere: not by a new
// redirect URI, a new secret, other administrators, or a weaker proof.
func TestGrantedApplicationIsNotHandedOver(t *testing.T) {
	t.Parallel()
	o, other := int64(1), int64(2)
	plain := Application{ID: 7, ClientType: Confidential, RedirectURIs: Words{"https://c.example/cb"}, OrganizationID: &o, RequirePKCE: true}
	rights := map[string]func(*Application){
		"skip_authorization": func(a *Application) { a.SkipAuthorization = true },
		"introspect_all":     func(a *Application) { a.IntrospectAll = true },
		"resource_uris":      func(a *Application) { a.ResourceURIs = Words{"https://r.example/"} },
	}
	changes := map[string]func(*Application){
		"redirect_uris": func(a *Application) { a.RedirectURIs = Words{"https://evil.example/cb"} },
		"client_type":   func(a *Application) { a.ClientType = Public },
		"organization":  func(a *Application) { a.OrganizationID = &other },
		"require_pkce":  func(a *Application) { a.RequirePKCE = false },
	}
	for right, give := range rights {
		for field, change := range changes {
			t.Run(right+" and "+field, func(t *testing.T) {
				t.Parallel()
				was := plain
				give(&was)
				is := was
				change(&is)
				if err := DefaultPolicy().ApplicationChange(actor("oa"), &was, &is); err == nil {
					t.Error("an administrator of the organization may")
				}
				if err := DefaultPolicy().ApplicationChange(actor("su"), &was, &is); err != nil {
					t.Errorf("a superuser may not: %v", err)
				}
				free := plain
				change(&free)
				if err := DefaultPolicy().ApplicationChange(actor("oa"), &plain, &free); err != nil {
					t.Errorf("without the right nobody may: %v", err)
				}
			})
		}
	}
	t.Run("skip_authorization given up with the change", func(t *testing.T) {
		t.Parallel()
		was, is := plain, plain
		was.SkipAuthorization = true
		changes["redirect_uris"](&is)
		if err := DefaultPolicy().ApplicationChange(actor("oa"), &was, &is); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

// TestUserChange: the fields that one may not set about oneself, or that only a superuser sets (contract §1.3, §2.3).
func TestUserChange(t *testing.T) {
	t.Parallel()
	var (
		name      = func(u *User) { u.FirstName, u.Email, u.Password = "A", "a@example.org", "$argon2id$x" }
		username  = func(u *User) { u.Username = "renamed" }
		active    = func(u *User) { u.IsActive = !u.IsActive }
		superuser = func(u *User) { u.IsSuperuser = !u.IsSuperuser }
		auditor   = func(u *User) { u.IsPlatformAuditor = !u.IsPlatformAuditor }
	)
	const noUsername, noActive = "Cannot change username.", "Cannot change is_active."
	const noSuperuser, noAuditor = "Cannot change is_superuser.", "Cannot change is_platform_auditor."
	for _, test := range []struct {
		name   string
		change func(*User)
		self   string // the refusal, "" for none
		others string // by the administrator of om's organization
		made   string // by the same, of a new user
	}{
		{"names, e-mail, password", name, "", "", ""},
		{"username", username, noUsername, "", ""},
		{"is_active", active, noActive, "", ""},
		{"is_superuser", superuser, noSuperuser, noSuperuser, noSuperuser},
		{"auditor flag", auditor, noAuditor, noAuditor, noAuditor},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			was := User{ID: om, Username: "om", IsActive: true}
			is, unborn := was, User{IsActive: true}
			test.change(&is)
			made := unborn
			test.change(&made)
			for who, each := range map[string]struct {
				err  error
				want string
			}{
				"oneself":             {DefaultPolicy().UserChange(actor("om"), &was, &is), test.self},
				"the administrator":   {DefaultPolicy().UserChange(actor("oa"), &was, &is), test.others},
				"the maker":           {DefaultPolicy().UserChange(actor("oa"), &unborn, &made), test.made},
				"a superuser":         {DefaultPolicy().UserChange(actor("su"), &was, &is), ""},
				"a superuser, making": {DefaultPolicy().UserChange(actor("su"), &unborn, &made), ""},
				"the command line":    {DefaultPolicy().UserChange(actor("cli"), &unborn, &made), ""},
			} {
				got := ""
				if each.err != nil {
					got = each.err.Error()
				}
				if got != each.want {
					t.Errorf("by %s: got %q, want %q", who, got, each.want)
				}
			}
		})
	}
}
