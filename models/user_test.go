package models

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	blank       = "This field may not be blank."
	notUsername = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
	notEmail    = "Enter a valid email address."
	nul         = "Null characters are not allowed."
	notUTF8     = "This field is not valid UTF-8."
)

func TestUserValidate(t *testing.T) {
	t.Parallel()
	named := func(name string) User { return User{Username: name} }
	mail := func(email string) User { return User{Username: "alice", Email: email} }
	for _, test := range []struct {
		name string
		user User
		want Invalid
	}{
		{"all characters", named("Alice.B+c@d-e_f9"), nil},
		{"letters of other scripts", named("Łukasz-阿丽"), nil},
		{"digits", named("007"), nil},
		{"150 characters", named(strings.Repeat("ü", 150)), nil},
		{"151 characters", named(strings.Repeat("a", 151)), Invalid{{"username", "Ensure this field has no more than 150 characters."}}},
		{"empty", named(""), Invalid{{"username", blank}}},
		{"blank", named(" "), Invalid{{"username", notUsername}}},
		{"space", named("a b"), Invalid{{"username", notUsername}}},
		{"space at the end", named("alice "), Invalid{{"username", notUsername}}},
		{"newline at the end", named("alice\n"), Invalid{{"username", notUsername}}},
		{"slash", named("a/b"), Invalid{{"username", notUsername}}},
		{"mark-up", named("<b>"), Invalid{{"username", notUsername}}},
		{"NUL", named("alice\x00"), Invalid{{"username", notUsername}}},
		{"broken UTF-8", named("alice\xff"), Invalid{{"username", notUsername}}},
		{"invisible character", named("alice\u200b"), Invalid{{"username", notUsername}}},
		{"text turned around", named("\u202ealice"), Invalid{{"username", notUsername}}},

		{"names", User{Username: "alice", FirstName: "Ann-Marie O'Neil", LastName: "<script>"}, nil},
		{"names too long", User{Username: "alice", FirstName: strings.Repeat("a", 151), LastName: strings.Repeat("é", 151)},
			Invalid{{"first_name", "Ensure this field has no more than 150 characters."}, {"last_name", "Ensure this field has no more than 150 characters."}}},
		{"names just long enough", User{Username: "alice", FirstName: strings.Repeat("a", 150), LastName: strings.Repeat("é", 150)}, nil},
		{"NUL and broken names", User{Username: "alice", FirstName: "a\x00", LastName: "\xff"}, Invalid{{"first_name", nul}, {"last_name", notUTF8}}},

		{"e-mail", mail("alice+x@sub.example.org"), nil},
		{"e-mail without domain", mail("alice"), Invalid{{"email", notEmail}}},
		{"e-mail without name", mail("@example.org"), Invalid{{"email", notEmail}}},
		{"e-mail with two names", mail("a@b@example.org"), Invalid{{"email", notEmail}}},
		{"e-mail with a display name", mail("Alice <alice@example.org>"), Invalid{{"email", notEmail}}},
		{"two e-mails", mail("a@example.org,b@example.org"), Invalid{{"email", notEmail}}},
		{"e-mail with a header", mail("alice@example.org\r\nBcc: bob@example.org"), Invalid{{"email", notEmail}}},
		{"e-mail too long", mail(strings.Repeat("a", 243) + "@example.org"), Invalid{{"email", "Ensure this field has no more than 254 characters."}}},
		{"e-mail with NUL", mail("a\x00@example.org"), Invalid{{"email", nul}, {"email", notEmail}}},

		{"all that is wrong, in order", User{FirstName: "\x00", Email: "x"}, Invalid{{"username", blank}, {"first_name", nul}, {"email", notEmail}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := messages(t, test.user.Validate())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func TestOrganizationValidate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		organization Organization
		want         Invalid
	}{
		{"any name", Organization{Name: "O'Neil & <b> 阿", Description: strings.Repeat("x", 10000)}, nil},
		{"description of 10001 characters", Organization{Name: "O", Description: strings.Repeat("x", 10001)},
			Invalid{{"description", "Ensure this field has no more than 10000 characters."}}},
		{"512 characters", Organization{Name: strings.Repeat("ü", 512)}, nil},
		{"513 characters", Organization{Name: strings.Repeat("a", 513)}, Invalid{{"name", "Ensure this field has no more than 512 characters."}}},
		{"empty", Organization{}, Invalid{{"name", blank}}},
		{"blank", Organization{Name: " \t\n"}, Invalid{{"name", blank}}},
		{"NUL", Organization{Name: "a\x00", Description: "b\x00"}, Invalid{{"name", nul}, {"description", nul}}},
		{"broken UTF-8", Organization{Name: "a\xff", Description: "b\xff"}, Invalid{{"name", notUTF8}, {"description", notUTF8}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := messages(t, test.organization.Validate())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	u := &User{Memberships: []Membership{{OrganizationID: 3, Role: RoleMember}, {OrganizationID: 1, Role: RoleAdmin},
		{OrganizationID: 3, Role: RoleAdmin}, {OrganizationID: 2, Role: RoleAuditor}}}
	for _, test := range []struct {
		name  string
		roles []Role
		want  []int64
	}{
		{"members", []Role{RoleMember}, []int64{3}},
		{"administrators, in the order of the memberships", []Role{RoleAdmin}, []int64{3, 1}},
		{"auditors", []Role{RoleAuditor}, []int64{2}},
		{"any role, each organization once", []Role{RoleMember, RoleAdmin, RoleAuditor}, []int64{3, 1, 2}},
		{"no role", nil, nil},
		{"a role that is none", []Role{"owner"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := u.Organizations(test.roles...); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			for organization := range int64(5) {
				if got, want := u.Has(organization, test.roles...), slices.Contains(test.want, organization); got != want {
					t.Errorf("in %d: got %t, want %t", organization, got, want)
				}
			}
		})
	}
	if u.Memberships[0].TableName() != "organization_users" {
		t.Error("memberships are not in organization_users")
	}
}

func TestExternal(t *testing.T) {
	t.Parallel()
	for account, want := range map[string]bool{"": false, "ldap": true, "social": true, "enterprise": true} {
		if got := (&User{ExternalAccount: account, LDAPDN: "cn=x"}).External(); got != want {
			t.Errorf("%q: got %t, want %t", account, got, want)
		}
	}
}
