package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inUTC is a time of the source as the APIs show it.
func inUTC(column string) string {
	return "to_char(" + column + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

// usersOf makes of the source what the APIs have to show of its users; fields are those of one of them.
func usersOf(fields string) string {
	return `SELECT jsonb_build_object('id', u.id, 'username', username, 'first_name', first_name, 'last_name', last_name, 'email', email,
		'is_superuser', is_superuser, 'is_active', is_active, 'last_login', ` + inUTC("last_login") + `, 'created', ` + inUTC("date_joined") + fields + `)
		FROM auth_user u LEFT JOIN main_profile p ON p.user_id = u.id ORDER BY u.id`
}

const (
	isAuditor = `EXISTS (SELECT 1 FROM main_rbac_roles r JOIN main_rbac_roles_members m ON m.role_id = r.id
		WHERE r.singleton_name = 'system_auditor' AND m.user_id = u.id)`
	externalAccount = `CASE WHEN EXISTS (SELECT 1 FROM sso_userenterpriseauth e WHERE e.user_id = u.id) THEN 'enterprise'
		WHEN EXISTS (SELECT 1 FROM social_auth_usersocialauth s WHERE s.user_id = u.id) THEN 'social'
		WHEN ldap_dn <> '' AND password LIKE '!%' THEN 'ldap' END`
)

// TestImportedUsers: every user is there with all that was kept of them, at both mounts.
func TestImportedUsers(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		i.sameRows("/api/gateway/v1/users/", usersOf(", 'is_platform_auditor', "+isAuditor+", 'managed', false"))
		i.sameRows("/api/controller/v2/users/", usersOf(", 'is_system_auditor', "+isAuditor+", 'ldap_dn', coalesce(ldap_dn, ''), 'external_account', "+externalAccount))
		i.counts(map[string]int{
			"/api/gateway/v1/users/?is_superuser=true":         i.Totals.Superusers,
			"/api/gateway/v1/users/?is_platform_auditor=true":  i.Totals.SystemAuditors,
			"/api/controller/v2/users/?is_system_auditor=true": i.Totals.SystemAuditors,
			"/api/gateway/v1/users/?is_active=false":           i.Totals.InactiveUsers,
			"/api/v2/users/":                                   i.Expected["auth_user"].Imported,
		})
		external, named := map[string]int{}, 0
		for _, row := range i.rows("/api/controller/v2/users/") {
			if kind, ok := row["external_account"].(string); ok {
				external[kind]++
			}
			if row["ldap_dn"] != "" {
				named++
			}
		}
		if diff := cmp.Diff(i.Totals.UsersExternal, external); diff != "" || named != i.Totals.UsersWithLDAPDN {
			t.Errorf("%d users have a name in a directory, want %d; external accounts (-want +got):\n%s", named, i.Totals.UsersWithLDAPDN, diff)
		}
		for _, user := range i.Users {
			i.isPerson(user)
		}
	})
}

// isPerson checks all that is told of somebody.
func (i *imported) isPerson(want userFacts) {
	t := i.t
	t.Helper()
	path := fmt.Sprintf("users/%d/", want.ID)
	at := i.api(http.MethodGet, "/api/controller/v2/"+path, i.admin, nil).want(t, http.StatusOK).json
	expected := map[string]any{"username": want.Username, "first_name": want.FirstName, "last_name": want.LastName, "email": want.Email,
		"is_superuser": want.IsSuperuser, "is_system_auditor": want.IsSystemAuditor, "ldap_dn": want.LDAPDN, "external_account": any(nil)}
	if want.ExternalAccount != nil {
		expected["external_account"] = *want.ExternalAccount
	}
	for field, value := range expected {
		if at[field] != value {
			t.Errorf("%s: %s is %v, want %v", want.Username, field, at[field], value)
		}
	}
	at = i.api(http.MethodGet, "/api/gateway/v1/"+path, i.admin, nil).want(t, http.StatusOK).json
	if at["is_active"] != want.IsActive || at["is_platform_auditor"] != want.IsSystemAuditor {
		t.Errorf("%s at the gateway: %v", want.Username, at)
	}
	i.counts(map[string]int{"/api/controller/v2/" + path + "tokens/": want.TokensImported})
	for role, names := range map[string][]string{"admins": want.AdministratorOf, "users": want.MemberOf, "auditors": want.AuditorOf} {
		var got []string
		for _, organization := range i.Organizations {
			if i.count(fmt.Sprintf("/api/gateway/v1/organizations/%d/%s/?username=%s", organization.ID, role, url.QueryEscape(want.Username))) > 0 {
				got = append(got, organization.Name)
			}
		}
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(names))) {
			t.Errorf("%s is among the %s of %v, want %v", want.Username, role, got, names)
		}
	}
}

// TestImportedOrganizations: organizations with administrators, members and auditors as the source has them in its roles.
func TestImportedOrganizations(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		for _, mount := range mounts {
			i.sameRows(mount+"organizations/", `SELECT jsonb_build_object('id', id, 'name', name, 'description', description,
				'created', `+inUTC("created")+`, 'modified', `+inUTC("modified")+`) FROM main_organization ORDER BY id`)
		}
		for role, of := range map[string]string{"admins": "admin_role_id", "users": "member_role_id", "auditors": "auditor_role_id"} {
			for _, organization := range i.Organizations {
				i.sameRows(fmt.Sprintf("/api/gateway/v1/organizations/%d/%s/", organization.ID, role), fmt.Sprintf(
					`SELECT jsonb_build_object('id', user_id) FROM main_rbac_roles_members JOIN main_organization o ON o.%s = role_id
					WHERE o.id = %d ORDER BY user_id`, of, organization.ID))
			}
		}
		if len(i.Organizations) != i.Expected["main_organization"].Imported {
			t.Errorf("%d organizations are described", len(i.Organizations))
		}
		for _, organization := range i.Organizations {
			path := fmt.Sprintf("organizations/%d/", organization.ID)
			i.counts(map[string]int{"/api/gateway/v1/" + path + "admins/": organization.Administrators, "/api/gateway/v1/" + path + "users/": organization.MembersDirect,
				"/api/gateway/v1/" + path + "auditors/": organization.Auditors, "/api/controller/v2/" + path + "applications/": organization.Applications,
				"/api/controller/v2/" + path + "admins/": organization.Administrators})
			if got := i.api(http.MethodGet, "/api/v2/"+path, i.admin, nil).want(t, http.StatusOK).string("name"); got != organization.Name {
				t.Errorf("organization %d is named %q, want %q", organization.ID, got, organization.Name)
			}
		}
	})
}

// TestImportedPasswords: people sign in with the passwords that they have, whatever made the hash, which is replaced at the first sign-in, so
// that the next is by the new one; those who could not sign in at the controller cannot here.
func TestImportedPasswords(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		db := i.target()
		stored := func(id int) string { return value[string](t, db, "SELECT password FROM users WHERE id = $1", id) }
		for _, user := range i.Users {
			if !user.SignsIn {
				i.cannotSignIn(user)
				continue
			}
			if stored(user.ID) != user.Stored {
				t.Errorf("%s: the hash is not kept", user.Username)
			}
			if status := i.signInAt("/api/login/", user.Username, *user.Password); status != http.StatusFound {
				t.Errorf("%s signs in: %d", user.Username, status)
			}
			renewed := stored(user.ID)
			if !strings.HasPrefix(renewed, "$argon2id$") {
				t.Errorf("%s: after the first sign-in the password is still stored as %.12s", user.Username, renewed)
			}
			if status := i.basic("/api/gateway/v1/me/", user.Username, *user.Password); status != http.StatusOK {
				t.Errorf("%s signs in again: %d", user.Username, status)
			}
			if stored(user.ID) != renewed {
				t.Errorf("%s: the password was stored anew once more", user.Username)
			}
		}
		i.kinds(stored)
	})
}

// kinds counts the stored passwords that nobody has used yet by what made them.
func (i *imported) kinds(stored func(id int) string) {
	i.t.Helper()
	want, got := map[string]int{}, map[string]int{}
	for kind, n := range i.Totals.UsersByHash {
		algorithm, _, _ := strings.Cut(kind, " ")
		want[algorithm] += n
	}
	for _, row := range i.rows("/api/gateway/v1/users/") {
		kind, _, _ := strings.Cut(stored(int(row["id"].(float64))), "$")
		if strings.HasPrefix(kind, "!") {
			kind = "unusable"
		}
		got[kind]++
	}
	for _, user := range i.Users {
		if user.SignsIn {
			got[user.Hash]++
			got[""]-- // stored anew: $argon2id$…
		}
	}
	delete(got, "")
	if diff := cmp.Diff(want, got); diff != "" {
		i.t.Errorf("passwords by what made them (-want +got):\n%s", diff)
	}
}

// cannotSignIn tries what somebody without a usable password, or who is disabled, could try.
func (i *imported) cannotSignIn(user userFacts) {
	i.t.Helper()
	tried := user.Stored
	if user.Password != nil {
		tried = *user.Password
	}
	if status := i.signInAt("/api/login/", user.Username, tried); status != http.StatusUnauthorized {
		i.t.Errorf("%s signs in: %d", user.Username, status)
	}
	if status := i.basic("/api/gateway/v1/me/", user.Username, tried); status != http.StatusUnauthorized {
		i.t.Errorf("%s signs in by Basic: %d", user.Username, status)
	}
}

// signInAt posts the form as a client that is no browser does.
func (p *program) signInAt(path, username, password string) int {
	p.t.Helper()
	form := url.Values{"username": {username}, "password": {password}, "next": {"/api/"}}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(p.t, request).status
}

// basic asks with a name and password.
func (p *program) basic(path, username, password string) int {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.SetBasicAuth(username, password)
	return send(p.t, request).status
}
