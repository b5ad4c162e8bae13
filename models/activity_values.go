package models

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// numbered are the object types in the order of the numbers that the gateway's clients know them by. A new one goes to the end.
var numbered = []ObjectType{ObjectAccessToken, ObjectRefreshToken, ObjectApplication, ObjectUser, ObjectOrganization, ObjectSession, ObjectSetting}

// NumberedObjectTypes lists the object types, the one with number 1 first.
func NumberedObjectTypes() []ObjectType { return slices.Clone(numbered) }

// Number is the type's number at the gateway (its content type); 0 for none.
func (t ObjectType) Number() int64 { return int64(slices.Index(numbered, t)) + 1 }

// ControllerName is how the controller's clients spell the type.
func (t ObjectType) ControllerName() string {
	switch t {
	case ObjectAccessToken:
		return "o_auth2_access_token"
	case ObjectRefreshToken:
		return "o_auth2_refresh_token"
	case ObjectApplication:
		return "o_auth2_application"
	default:
		return string(t)
	}
}

// SignInOrOut reports whether the operation is of the kind that the originals do not keep.
func (o Operation) SignInOrOut() bool { return o == OperationSignIn || o == OperationSignOut }

var secretFields = []string{"token", "refresh_token", "client_secret", "password"}

// SecretField reports whether a field of changes is one of which no entry holds a value.
func SecretField(name string) bool { return slices.Contains(secretFields, name) }

// Secrets are the fields that the thing had beside those that the entry of its creation or deletion tells.
func (a *Activity) Secrets() []string {
	if a.Changes.Added == nil && a.Changes.Removed == nil {
		return nil
	}
	switch a.ObjectType {
	case ObjectAccessToken, ObjectRefreshToken:
		return []string{"token"}
	case ObjectUser:
		return []string{"password"}
	case ObjectApplication:
		for _, fields := range []Fields{a.Changes.Added, a.Changes.Removed} {
			if kind := fields["client_type"]; kind != nil && *kind == string(Confidential) {
				return []string{"client_secret"}
			}
		}
	}
	return nil
}

// ActivityFieldNames lists the fields that entries tell of, sorted.
func ActivityFieldNames() []string {
	all := Fields{}
	for _, fields := range []Fields{(&AccessToken{}).ActivityFields(), (&RefreshToken{}).ActivityFields(), (&Application{}).ActivityFields(),
		(&User{}).ActivityFields(), (&Organization{}).ActivityFields(), TokenPolicy{}.ActivityFields()} {
		maps.Copy(all, fields)
	}
	return slices.Sorted(maps.Keys(all))
}

// FieldValue is what a field of changes says, in the field's own type: int64 for an id or a number of seconds, bool, time.Time, Words for a list, else string;
// nil for null. A field has the same type in every kind of thing.
func FieldValue(name string, stored *string) any {
	if stored == nil {
		return nil
	}
	var value any = *stored
	var err error
	switch name {
	case "user", "application", "organization", "access_token", "default_lifetime", "longest_lifetime", "idle_lifetime":
		value, err = strconv.ParseInt(*stored, 10, 64)
	case "is_superuser", "is_platform_auditor", "is_active", "skip_authorization", "require_pkce", "introspect_all":
		value, err = strconv.ParseBool(*stored)
	case "expires", "revoked":
		value, err = time.Parse(time.RFC3339Nano, *stored)
	case "grant_types", "resource_uris":
		value = ParseWords(*stored)
	}
	if err != nil {
		return *stored
	}
	return value
}
