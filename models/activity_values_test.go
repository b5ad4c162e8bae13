package models

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestObjectTypeNumbers: clients may have stored them.
func TestObjectTypeNumbers(t *testing.T) {
	t.Parallel()
	names := map[ObjectType]string{}
	for number, kind := range []ObjectType{ObjectAccessToken, ObjectRefreshToken, ObjectApplication, ObjectUser, ObjectOrganization, ObjectSession, ObjectSetting} {
		if got := kind.Number(); got != int64(number)+1 || NumberedObjectTypes()[number] != kind {
			t.Errorf("%s has number %d, want %d", kind, got, number+1)
		}
		names[kind] = kind.ControllerName()
	}
	want := map[ObjectType]string{ObjectAccessToken: "o_auth2_access_token", ObjectRefreshToken: "o_auth2_refresh_token", ObjectApplication: "o_auth2_application",
		ObjectUser: "user", ObjectOrganization: "organization", ObjectSession: "session", ObjectSetting: "setting"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names at the controller (-want +got):\n%s", diff)
	}
	if ObjectType("").Number() != 0 || ObjectType("x").Number() != 0 {
		t.Error("no type has a number")
	}
}

func TestActivitySecrets(t *testing.T) {
	t.Parallel()
	confidential, public := Fields{"client_type": text("confidential")}, Fields{"client_type": text("public")}
	for _, test := range []struct {
		name  string
		entry Activity
		want  []string
	}{
		{"token created", Activity{ObjectType: ObjectAccessToken, Changes: Added(Fields{})}, []string{"token"}},
		{"token deleted", Activity{ObjectType: ObjectAccessToken, Changes: Removed(Fields{})}, []string{"token"}},
		{"token changed", Activity{ObjectType: ObjectAccessToken, Changes: Difference(nil, Fields{"scope": text("read")})}, nil},
		{"refresh token created", Activity{ObjectType: ObjectRefreshToken, Changes: Added(Fields{})}, []string{"token"}},
		{"confidential application created", Activity{ObjectType: ObjectApplication, Changes: Added(confidential)}, []string{"client_secret"}},
		{"confidential application deleted", Activity{ObjectType: ObjectApplication, Changes: Removed(confidential)}, []string{"client_secret"}},
		{"public application created", Activity{ObjectType: ObjectApplication, Changes: Added(public)}, nil},
		{"application of an unknown type", Activity{ObjectType: ObjectApplication, Changes: Added(Fields{})}, nil},
		{"user created", Activity{ObjectType: ObjectUser, Changes: Added(Fields{})}, []string{"password"}},
		{"user signs in", Activity{ObjectType: ObjectUser}, nil},
		{"organization created", Activity{ObjectType: ObjectOrganization, Changes: Added(Fields{})}, nil},
	} {
		got := test.entry.Secrets()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		for _, name := range got {
			if !SecretField(name) {
				t.Errorf("%s: %s is not known as a secret", test.name, name)
			}
		}
	}
}

func TestConceal(t *testing.T) {
	t.Parallel()
	var changes Changes
	changes.Conceal("password")
	more := Difference(Fields{"name": text("a")}, Fields{"name": text("b")})
	more.Conceal("client_secret")
	if diff := cmp.Diff(Changes{Changed: map[string][2]*string{"password": {}}}, changes); diff != "" || changes.Empty() || len(more.Changed) != 2 {
		t.Errorf("got %+v and %+v", changes, more)
	}
}

// TestFieldValues: values are texts where they are stored, and of their own type where they are shown (contract §8).
func TestFieldValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
	for name, test := range map[string]struct {
		stored *string
		want   any
	}{
		"user": {text("7"), int64(7)}, "application": {nil, nil}, "organization": {text("x"), "x"}, "access_token": {text("9"), int64(9)},
		"is_superuser": {text("true"), true}, "is_active": {text("false"), false}, "require_pkce": {text("perhaps"), "perhaps"},
		"idle_lifetime": {text("86400"), int64(86_400)}, "longest_lifetime": {nil, nil}, "default_lifetime": {text("long"), "long"},
		"expires": {text("2026-01-02T03:04:05.000678Z"), at}, "revoked": {text("then"), "then"},
		"grant_types": {text("password refresh_token"), Words{"password", "refresh_token"}}, "resource_uris": {text(""), Words{}},
		"name": {text("7"), "7"}, "description": {text("true"), "true"}, "scope": {text("read write"), "read write"}, "unheard_of": {text("1"), "1"},
	} {
		if diff := cmp.Diff(test.want, FieldValue(name, test.stored)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestActivityFieldNames(t *testing.T) {
	t.Parallel()
	names := ActivityFieldNames()
	for _, name := range []string{"scope", "revoked", "redirect_uris", "email", "name", "platform", "idle_lifetime"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if !slices.IsSorted(names) || slices.ContainsFunc(names, SecretField) {
		t.Errorf("names %v", names)
	}
	for _, name := range names {
		for _, letter := range name {
			if (letter < 'a' || letter > 'z') && letter != '_' {
				t.Errorf("%q is no plain name, and stands in statements", name)
			}
		}
	}
}
