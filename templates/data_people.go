package templates

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// User is one user as pages show it.
type User struct {
	ID                int64
	Username          string
	FirstName         string
	LastName          string
	Email             string
	IsSuperuser       bool
	IsPlatformAuditor bool
	IsActive          bool
	External          string // the source of a user who signs in elsewhere, "" for none
	LastLogin         time.Time
	Created           time.Time
	Modified          time.Time
	MayDelete         bool
	MayDisable        bool // change is_active of an active user
	MayEnable         bool
	Makers            // filled on the user's own page
}

// Name is the person's name, "" when nobody told it.
func (u User) Name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// Type says what kind of user it is.
func (u User) Type() string { return userType(u.IsSuperuser, u.IsPlatformAuditor) }

// UsersPage is filled into "users". Search covers username, names and e-mail address. The keys of its filters are type
// ("superuser", "auditor", "normal"), active ("true", "false") and organization (an id). The columns that can be sorted by are username, email,
// last_name, last_login and created.
type UsersPage struct {
	Page
	List         List
	Rows         []User
	Organization Link // the organization that the filter names
	MayCreate    bool
	Reason       string // why the viewer may not create users
}

// Select reports whether something can be done to rows that are ticked.
func (p UsersPage) Select() bool {
	return slices.ContainsFunc(p.Rows, func(u User) bool { return u.MayDelete || u.MayDisable })
}

// Selection is the form of the boxes.
func (p UsersPage) Selection() Selection {
	return p.selection(p.List, SelectionButton{"/users/disable", "Disable selected users", ""}, SelectionButton{"/users/delete", "Delete selected users", "trash"})
}

// UserForm is what the forms for users send: username, first_name, last_name, email, is_superuser, is_platform_auditor, is_active
// ("true" or absent), your_password where somebody is made a superuser or auditor, and on creation organization, password and
// password_confirm. Passwords are never written back.
type UserForm struct {
	Username          string
	FirstName         string
	LastName          string
	Email             string
	IsSuperuser       bool
	IsPlatformAuditor bool
	IsActive          bool
	Organization      string // an id, "" for none
}

// UserPage is filled into "user". The form posts to /users/ID, that of the password posts current_password
// (the viewer's own), password and password_confirm to /users/ID/password; /users/ID/delete leads to "confirm".
type UserPage struct {
	Page
	User           User
	Form           UserForm
	Errors         Errors
	PasswordErrors Errors
	Organizations  []Membership
	Tokens         []Token // the newest
	TokenCount     int64
	PersonalCount  int64           // of these
	Activity       ActivitySection // the zero one where the viewer sees none
	MayEdit        bool
	MayRename      bool // may change username and is_active
	MayGrant       bool // may change is_superuser and is_platform_auditor, with your_password when somebody becomes one
	MayRevoke      bool // may revoke all tokens of the user
	MayPassword    bool // may set the password; not of users who sign in elsewhere
}

// ApplicationCount is how many of the tokens are of applications.
func (p UserPage) ApplicationCount() int64 { return p.TokenCount - p.PersonalCount }

// TokensOf is the address of the user's tokens in the list, of one kind or of all for "".
func (p UserPage) TokensOf(kind string) string {
	owned := List{Path: "/tokens", Query: url.Values{"owner": {p.User.Username}}}
	return owned.With("kind", kind)
}

// Self reports whether the page is the viewer's own.
func (p UserPage) Self() bool { return p.Viewer.ID == p.User.ID }

// Table is the table of the user's tokens.
func (p UserPage) Table() TokenTable {
	return TokenTable{Now: p.Now, Rows: p.Tokens, Caption: "Tokens of this user", Application: true}
}

// UserNewPage is filled into "user_new". The form posts the fields of UserForm to /users/new.
type UserNewPage struct {
	Page
	Form                 UserForm
	Errors               Errors
	Organizations        []Choice // that the viewer may add the user to; the values are ids
	OrganizationRequired bool     // the viewer may create users in an organization only
	MayGrant             bool
}

// The words of Membership.Role and Person.Role.
var roles = []Choice{{"member", "Member"}, {"admin", "Administrator"}, {"auditor", "Auditor"}}

// Membership is one role of a user in one organization.
type Membership struct {
	Organization Link
	Role         string // "member", "admin" or "auditor"
}

// RoleName is the role in words.
func (m Membership) RoleName() string { return name(roles, m.Role) }

// Organization is one organization as pages show it.
type Organization struct {
	ID               int64
	Name             string
	Description      string
	UserCount        int64
	AdminCount       int64
	ApplicationCount int64
	Created          time.Time
	Modified         time.Time
	MayDelete        bool
	Makers           // filled on the organization's own page
}

// OrganizationsPage is filled into "organizations". Search covers name and description. The columns that can be sorted by are name
// and created.
type OrganizationsPage struct {
	Page
	List      List
	Rows      []Organization
	MayCreate bool
}

// Select reports whether there are rows that the viewer may delete.
func (p OrganizationsPage) Select() bool {
	return slices.ContainsFunc(p.Rows, func(o Organization) bool { return o.MayDelete })
}

// Selection is the form of the boxes.
func (p OrganizationsPage) Selection() Selection {
	return p.selection(p.List, SelectionButton{"/organizations/delete", "Delete selected organizations", "trash"})
}

// OrganizationForm is what the forms for organizations send: name and description.
type OrganizationForm struct {
	Name        string
	Description string
}

// Person is one role of one user in the organization of the page.
type Person struct {
	User User
	Role string
}

// RoleName is the role in words.
func (p Person) RoleName() string { return name(roles, p.Role) }

// OrganizationPage is filled into "organization". The form posts to /organizations/ID. Adding posts username, role and, for an administrator,
// your_password to /organizations/ID/add, removing posts user (an id) and role to /organizations/ID/remove; /organizations/ID/delete leads to
// "confirm".
type OrganizationPage struct {
	Page
	Organization Organization
	Form         OrganizationForm
	Errors       Errors
	People       []Person // administrators first; the first ones where there are many
	PeopleCount  int64    // of all roles
	Username     string   // as typed in the form that adds
	Role         string   // likewise
	PeopleErrors Errors
	Activity     ActivitySection // the zero one where the viewer sees none
	MayEdit      bool
	MayManage    bool // may add and remove people
	MayDelete    bool
}

// More reports whether only the first people are listed.
func (p OrganizationPage) More() bool { return p.PeopleCount > int64(len(p.People)) }

// Roles are the roles that can be given.
func (OrganizationPage) Roles() []Choice { return roles }

// OrganizationNewPage is filled into "organization_new". The form posts to /organizations/new.
type OrganizationNewPage struct {
	Page
	Form   OrganizationForm
	Errors Errors
}
