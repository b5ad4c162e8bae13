package models

import (
	"net/mail"
	"regexp"
	"time"
	"unicode/utf8"
)

// User is a person or a service account (the resource owner of RFC 6749 §1.1).
type User struct {
	ID                int64
	Username          string
	Password          PasswordDigest
	FirstName         string
	LastName          string
	Email             string
	IsSuperuser       bool
	IsPlatformAuditor bool // reads everything, changes nothing that is not their own; "is_system_auditor" on the controller API
	IsActive          bool
	Managed           bool   // made and kept by the product itself
	LDAPDN            string `gorm:"column:ldap_dn"`
	ExternalAccount   string // "", "ldap", "social" or "enterprise": how the user signs in elsewhere
	ExternalSource    string // the name of that source, shown in refusals
	LastLogin         *time.Time
	Stamps

	Memberships []Membership // filled where the store says so
}

// Role is what a member is in an organization.
type Role string

// The roles in an organization. An administrator counts as a member.
const (
	RoleMember  Role = "member"
	RoleAdmin   Role = "admin"
	RoleAuditor Role = "auditor"
)

// Membership is one role of one user in one organization.
type Membership struct {
	OrganizationID int64
	UserID         int64
	Role           Role
	Created        time.Time
}

// TableName is the name of the table of memberships.
func (Membership) TableName() string { return "organization_users" }

// Has reports whether u holds one of roles in the organization.
func (u *User) Has(organizationID int64, roles ...Role) bool {
	for _, m := range u.Memberships {
		for _, role := range roles {
			if m.OrganizationID == organizationID && m.Role == role {
				return true
			}
		}
	}
	return false
}

// Organizations lists the ids of the organizations in which u holds one of roles, each once, in the order of Memberships.
func (u *User) Organizations(roles ...Role) []int64 {
	var ids []int64
	seen := map[int64]bool{}
	for _, m := range u.Memberships {
		if !seen[m.OrganizationID] && u.Has(m.OrganizationID, roles...) {
			seen[m.OrganizationID] = true
			ids = append(ids, m.OrganizationID)
		}
	}
	return ids
}

// External reports whether the user signs in elsewhere and so may be refused OAuth2 tokens.
func (u *User) External() bool { return u.ExternalAccount != "" }

var usernamePattern = regexp.MustCompile(`^[\p{L}\p{N}_.@+-]+$`)

// Validate checks the user's own fields (contract §1.3); uniqueness is the store's to know. It returns nil or Invalid.
func (u *User) Validate() error {
	var invalid Invalid
	switch {
	case u.Username == "":
		invalid.Add("username", "This field may not be blank.")
	case utf8.RuneCountInString(u.Username) > 150:
		invalid.Add("username", "Ensure this field has no more than 150 characters.")
	case !usernamePattern.MatchString(u.Username):
		invalid.Add("username", "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.")
	}
	invalid.text("first_name", u.FirstName, 150)
	invalid.text("last_name", u.LastName, 150)
	invalid.text("email", u.Email, 254)
	if u.Email != "" && !validEmail(u.Email) {
		invalid.Add("email", "Enter a valid email address.")
	}
	return invalid.Err()
}

func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}
