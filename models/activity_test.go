package models

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		old, new Fields
		want     map[string][2]*string
	}{
		{"case 68 nothing", Fields{"a": text("1"), "b": nil}, Fields{"a": text("1"), "b": nil}, map[string][2]*string{}},
		{"a value", Fields{"a": text("1"), "b": text("2")}, Fields{"a": text("1"), "b": text("3")}, map[string][2]*string{"b": {text("2"), text("3")}}},
		{"null to a value", Fields{"a": nil}, Fields{"a": text("1")}, map[string][2]*string{"a": {nil, text("1")}}},
		{"a value to null", Fields{"a": text("1")}, Fields{"a": nil}, map[string][2]*string{"a": {text("1"), nil}}},
		{"null to empty", Fields{"a": nil}, Fields{"a": text("")}, map[string][2]*string{"a": {nil, text("")}}},
		{"all", Fields{"a": text("1"), "b": nil}, Fields{"a": text("2"), "b": text("3")},
			map[string][2]*string{"a": {text("1"), text("2")}, "b": {nil, text("3")}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Difference(test.old, test.new)
			if diff := cmp.Diff(Changes{Changed: test.want}, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
			if got.Empty() != (len(test.want) == 0) {
				t.Errorf("empty: got %t", got.Empty())
			}
		})
	}
}

func TestChangesAreStored(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]Changes{
		"nothing": {},
		"added":   Added(Fields{"name": text("a \"b\" <c> é"), "user": nil}),
		"removed": Removed(Fields{"name": text("")}),
		"changed": Difference(Fields{"name": text("a"), "user": nil}, Fields{"name": text("b"), "user": text("1")}),
	} {
		stored, err := changes.Value()
		if err != nil {
			t.Fatal(err)
		}
		written, ok := stored.(string)
		if !ok || !json.Valid([]byte(written)) {
			t.Fatalf("%s: stored %v", name, stored)
		}
		for _, from := range []any{written, []byte(written)} {
			var back Changes
			if err := back.Scan(from); err != nil {
				t.Errorf("%s from %T: %v", name, from, err)
			}
			if diff := cmp.Diff(changes, back); diff != "" {
				t.Errorf("%s: want -, got +\n%s", name, diff)
			}
		}
		if changes.Empty() != (name == "nothing") {
			t.Errorf("%s: empty is %t", name, changes.Empty())
		}
	}
	for _, bad := range []any{nil, int64(1), "", "[]", "{", []byte("x")} {
		var back Changes
		if err := back.Scan(bad); err == nil {
			t.Errorf("%v is read as changes", bad)
		}
	}
}

// TestActivityFields: entries name every field that can be written, and hold no secret nor the digest of one (contract §8).
func TestActivityFields(t *testing.T) {
	t.Parallel()
	digest, now := SecretOf(plain).Digest(), time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
	for _, test := range []struct {
		name string
		got  Fields
		want string
	}{
		{"access token", (&AccessToken{ID: 1, Digest: digest, Hint: plain[:4], UserID: id(alice), Scope: ScopeAll, Description: "d", Expires: now, Platform: Controller}).ActivityFields(),
			`{"application":null,"description":"d","expires":"2026-01-02T03:04:05.000678Z","platform":"controller","scope":"read write","user":"11"}`},
		{"refresh token", (&RefreshToken{Digest: digest, Hint: plain[:4], ApplicationID: 7, UserID: id(alice)}).ActivityFields(),
			`{"access_token":null,"application":"7","revoked":null,"user":"11"}`},
		{"revoked refresh token", (&RefreshToken{Digest: digest, ApplicationID: 7, AccessTokenID: id(1), Revoked: &now}).ActivityFields(),
			`{"access_token":"1","application":"7","revoked":"2026-01-02T03:04:05.000678Z","user":null}`},
		{"application", (&Application{Name: "n", OrganizationID: id(orgO), ClientID: "c", ClientType: Public, AuthorizationGrantType: "password", GrantTypes: Words{"password", "refresh_token"},
			RedirectURIs: Words{"a", "b"}, RequirePKCE: true, Platform: Gateway, ClientSecrets: []ClientSecret{{Digest: digest}}}).ActivityFields(),
			`{"algorithm":"","authorization_grant_type":"password","client_id":"c","client_type":"public","description":"","grant_types":"password refresh_token",` +
				`"introspect_all":"false","name":"n","organization":"1","platform":"gateway","post_logout_redirect_uris":"","redirect_uris":"a b",` +
				`"require_pkce":"true","resource_uris":"","skip_authorization":"false","user":null}`},
		{"user", (&User{Username: "u", FirstName: "f", LastName: "l", Email: "e", Password: plain, IsActive: true, IsSuperuser: true}).ActivityFields(),
			`{"email":"e","first_name":"f","is_active":"true","is_platform_auditor":"false","is_superuser":"true","last_name":"l","username":"u"}`},
		{"organization", (&Organization{Name: "n", Description: "d"}).ActivityFields(), `{"description":"d","name":"n"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(test.got)
			if err != nil || string(encoded) != test.want {
				t.Errorf("got  %s, %v\nwant %s", encoded, err, test.want)
			}
			if leaks(string(encoded)) || strings.Contains(string(encoded), digest.String()) {
				t.Errorf("a secret or its digest is in %s", encoded)
			}
		})
	}
	if (Activity{}).TableName() != "activity" {
		t.Error("entries are not in activity")
	}
}
