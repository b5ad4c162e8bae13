package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Operation is what an activity entry says was done.
type Operation string

// The operations. OperationSignIn and its kin are of a kind of their own: the originals do not keep them.
const (
	OperationCreate       Operation = "create"
	OperationUpdate       Operation = "update"
	OperationDelete       Operation = "delete"
	OperationAssociate    Operation = "associate"
	OperationDisassociate Operation = "disassociate"
	OperationSignIn       Operation = "sign_in"
	OperationSignOut      Operation = "sign_out"
)

// ObjectType names what an activity entry is about.
type ObjectType string

// The object types, in the gateway's spelling.
const (
	ObjectAccessToken  ObjectType = "oauth2accesstoken"
	ObjectRefreshToken ObjectType = "oauth2refreshtoken"
	ObjectApplication  ObjectType = "oauth2application"
	ObjectUser         ObjectType = "user"
	ObjectOrganization ObjectType = "organization"
	ObjectSession      ObjectType = "session"
	ObjectSetting      ObjectType = "setting"
)

// Activity is one entry of the activity stream (contract §8). It is stored in the transaction of the change it tells of, keeps the
// names of what it mentions, and holds no secret.
type Activity struct {
	ID          int64
	Created     time.Time
	ActorID     *int64 // nil for commands and OAuth endpoints
	ActorName   string
	Origin      string // "api", "console", "oauth", "command:<name>"
	Address     string
	Operation   Operation
	ObjectType  ObjectType
	ObjectID    int64
	ObjectName  string
	RelatedType ObjectType // the other side of an association, or what the change came from
	RelatedID   int64
	RelatedName string
	Note        string // a remark in words: "refresh token reused"
	Changes     Changes
	Form        *string // the single-use number of the form that asked for it; no two entries have the same

	// What decides who may see the entry, as it was when the change was made: it holds also when the thing is gone.
	OwnerID        *int64   // whose token it was, or which user it is about
	OrganizationID *int64   // of the application, of the token's application, or the organization that it is about
	Platform       Platform // of the token or application; "" for what both platforms share
}

// TableName is the name of the table of entries.
func (Activity) TableName() string { return "activity" }

// Changes tells what an entry's change did to the object's fields. Values are texts; nil is null.
type Changes struct {
	Added   map[string]*string    `json:"added_fields"`
	Removed map[string]*string    `json:"removed_fields"`
	Changed map[string][2]*string `json:"changed_fields"` // old, new
}

// Empty reports whether nothing was added, removed or changed.
func (c Changes) Empty() bool { return len(c.Added)+len(c.Removed)+len(c.Changed) == 0 }

// Conceal notes that a secret was changed, with neither value.
func (c *Changes) Conceal(field string) {
	if c.Changed == nil {
		c.Changed = map[string][2]*string{}
	}
	c.Changed[field] = [2]*string{}
}

// Value stores the changes as JSON, its texts as they are read, so that a search finds them.
func (c Changes) Value() (driver.Value, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(c)
	return strings.TrimSuffix(text.String(), "\n"), err
}

// Scan reads what Value stored.
func (c *Changes) Scan(from any) error {
	switch from := from.(type) {
	case string:
		return json.Unmarshal([]byte(from), c)
	case []byte:
		return json.Unmarshal(from, c)
	default:
		return fmt.Errorf("changes: cannot read %T", from)
	}
}

// Fields is a thing as an activity entry sees it: its writable fields as texts, secrets left out.
type Fields map[string]*string

// Added is the entry of a creation.
func Added(f Fields) Changes { return Changes{Added: f} }

// Removed is the entry of a deletion.
func Removed(f Fields) Changes { return Changes{Removed: f} }

// Difference is the entry of an update from old to new; it is Empty when nothing changed.
func Difference(old, new Fields) Changes {
	changed := map[string][2]*string{}
	for name, is := range new {
		was := old[name]
		if (was == nil) != (is == nil) || was != nil && *was != *is {
			changed[name] = [2]*string{was, is}
		}
	}
	return Changes{Changed: changed}
}

// ActivityFields lists the token's fields for the activity stream.
func (t *AccessToken) ActivityFields() Fields {
	return Fields{
		"user": idText(t.UserID), "application": idText(t.ApplicationID), "scope": text(string(t.Scope)),
		"description": text(t.Description), "expires": text(t.Expires.UTC().Format(time.RFC3339Nano)), "platform": text(string(t.Platform)),
	}
}

// ActivityFields lists the refresh token's fields for the activity stream.
func (t *RefreshToken) ActivityFields() Fields {
	fields := Fields{"user": idText(t.UserID), "application": idText(&t.ApplicationID), "access_token": idText(t.AccessTokenID), "revoked": nil}
	if t.Revoked != nil {
		fields["revoked"] = text(t.Revoked.UTC().Format(time.RFC3339Nano))
	}
	return fields
}

// ActivityFields lists the application's fields for the activity stream.
func (a *Application) ActivityFields() Fields {
	return Fields{
		"name": text(a.Name), "description": text(a.Description), "organization": idText(a.OrganizationID), "user": idText(a.UserID),
		"client_id": text(a.ClientID), "client_type": text(string(a.ClientType)), "authorization_grant_type": text(a.AuthorizationGrantType),
		"grant_types": text(a.GrantTypes.String()), "redirect_uris": text(a.RedirectURIs.String()), "resource_uris": text(a.ResourceURIs.String()),
		"post_logout_redirect_uris": text(a.PostLogoutRedirectURIs.String()), "algorithm": text(a.Algorithm),
		"skip_authorization": flag(a.SkipAuthorization), "require_pkce": flag(a.RequirePKCE), "introspect_all": flag(a.IntrospectAll),
		"platform": text(string(a.Platform)),
	}
}

// ActivityFields lists the user's fields for the activity stream; the password is not among them.
func (u *User) ActivityFields() Fields {
	return Fields{
		"username": text(u.Username), "first_name": text(u.FirstName), "last_name": text(u.LastName), "email": text(u.Email),
		"is_superuser": flag(u.IsSuperuser), "is_platform_auditor": flag(u.IsPlatformAuditor), "is_active": flag(u.IsActive),
	}
}

// ActivityFields lists the organization's fields for the activity stream.
func (o *Organization) ActivityFields() Fields {
	return Fields{"name": text(o.Name), "description": text(o.Description)}
}

func text(value string) *string { return &value }

func flag(value bool) *string { return text(strconv.FormatBool(value)) }

func idText(id *int64) *string {
	if id == nil {
		return nil
	}
	return text(strconv.FormatInt(*id, 10))
}
