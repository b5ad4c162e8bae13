package models

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestApplicationValidate starts from an application that is right and breaks one thing (contract §1.2).
func TestApplicationValidate(t *testing.T) {
	t.Parallel()
	const empty = "redirect_uris cannot be empty with grant_type authorization-code"
	const tooLong = "Ensure this field has no more than 10000 characters."
	nothing := Words{}
	uriOf := func(length int) Words {
		return Words{"https://a.example/" + strings.Repeat("x", length-len("https://a.example/"))}
	}
	for _, test := range []struct {
		name                string
		change              func(*Application)
		gateway, controller Invalid
	}{
		{"nothing wrong", func(*Application) {}, nil, nil},
		{"name of 255 characters", func(a *Application) { a.Name = strings.Repeat("ü", 255) }, nil, nil},
		{"name of 256 characters", func(a *Application) { a.Name = strings.Repeat("ü", 256) },
			Invalid{{"name", "Ensure this field has no more than 255 characters."}}, Invalid{{"name", "Ensure this field has no more than 255 characters."}}},
		{"no name", func(a *Application) { a.Name = "" }, Invalid{{"name", "This field may not be blank."}}, Invalid{{"name", "This field may not be blank."}}},
		{"blank name", func(a *Application) { a.Name = " \t" }, Invalid{{"name", "This field may not be blank."}}, Invalid{{"name", "This field may not be blank."}}},
		{"NUL in the name", func(a *Application) { a.Name = "a\x00" },
			Invalid{{"name", "Null characters are not allowed."}}, Invalid{{"name", "Null characters are not allowed."}}},
		{"description of 10000 characters", func(a *Application) { a.Description = strings.Repeat("ü", 10_000) }, nil, nil},
		{"description of 10001 characters", func(a *Application) { a.Description = strings.Repeat("x", 10_001) },
			Invalid{{"description", tooLong}}, Invalid{{"description", tooLong}}},
		{"URIs of 10000 characters", func(a *Application) {
			a.RedirectURIs, a.ResourceURIs, a.PostLogoutRedirectURIs = uriOf(10_000), uriOf(10_000), uriOf(10_000)
		}, nil, nil},
		{"URIs of 10001 characters", func(a *Application) {
			a.RedirectURIs, a.ResourceURIs, a.PostLogoutRedirectURIs = uriOf(10_001), uriOf(10_001), uriOf(10_001)
		}, Invalid{{"post_logout_redirect_uris", tooLong}, {"resource_uris", tooLong}, {"redirect_uris", tooLong}},
			Invalid{{"post_logout_redirect_uris", tooLong}, {"resource_uris", tooLong}, {NonField, tooLong}}},
		{"broken description", func(a *Application) { a.Description = "\xff" },
			Invalid{{"description", "This field is not valid UTF-8."}}, Invalid{{"description", "This field is not valid UTF-8."}}},
		{"public", func(a *Application) { a.ClientType = Public }, nil, nil},
		{"client_type in capitals", func(a *Application) { a.ClientType = "Public" },
			Invalid{{"client_type", `"Public" is not a valid choice.`}}, Invalid{{"client_type", `"Public" is not a valid choice.`}}},
		{"no client_type", func(a *Application) { a.ClientType = "" },
			Invalid{{"client_type", `"" is not a valid choice.`}}, Invalid{{"client_type", `"" is not a valid choice.`}}},
		{"case 31 no redirect URI", func(a *Application) { a.RedirectURIs = nothing }, Invalid{{"redirect_uris", empty}}, Invalid{{NonField, empty}}},
		{"case 31 password without redirect URI", func(a *Application) { a.AuthorizationGrantType, a.RedirectURIs = "password", nothing }, nil, nil},
		{"client credentials", func(a *Application) { a.AuthorizationGrantType, a.RedirectURIs = "client-credentials", nothing },
			nil, Invalid{{"authorization_grant_type", `"client-credentials" is not a valid choice.`}}},
		{"client credentials of a public client", func(a *Application) { a.AuthorizationGrantType, a.ClientType = "client-credentials", Public },
			Invalid{{"grant_types", "Client credentials are for confidential clients only."}},
			Invalid{{"authorization_grant_type", `"client-credentials" is not a valid choice.`}}},
		{"device code", func(a *Application) { a.AuthorizationGrantType, a.RedirectURIs = GrantDeviceCode, nothing },
			nil, Invalid{{"authorization_grant_type", `"` + GrantDeviceCode + `" is not a valid choice.`}}},
		{"implicit", func(a *Application) { a.AuthorizationGrantType = "implicit" },
			Invalid{{"authorization_grant_type", `"implicit" is not a valid choice.`}}, Invalid{{"authorization_grant_type", `"implicit" is not a valid choice.`}}},
		{"the token endpoint's word", func(a *Application) { a.AuthorizationGrantType = "authorization_code" },
			Invalid{{"authorization_grant_type", `"authorization_code" is not a valid choice.`}},
			Invalid{{"authorization_grant_type", `"authorization_code" is not a valid choice.`}}},
		{"§12.2 http", func(a *Application) { a.RedirectURIs = Words{"http://client.example/cb"} }, Invalid{{"redirect_uris", noHTTP}}, nil},
		{"§12.18 private-use scheme", func(a *Application) { a.RedirectURIs = Words{"com.example.app:/cb"} },
			nil, Invalid{{NonField, "Unauthorized redirect scheme: com.example.app"}}},
		{"each bad redirect URI has its message", func(a *Application) { a.RedirectURIs = Words{"/a", "https://client.example/cb", "ftp://b"} },
			Invalid{{"redirect_uris", noURL}, {"redirect_uris", noScheme + "ftp"}}, Invalid{{NonField, noURL}, {NonField, noScheme + "ftp"}}},
		{"algorithms", func(a *Application) { a.Algorithm = "RS256" }, nil, nil},
		{"no such algorithm", func(a *Application) { a.Algorithm = "none" },
			Invalid{{"algorithm", `"none" is not a valid choice.`}}, Invalid{{"algorithm", `"none" is not a valid choice.`}}},
		{"NUL in other URIs", func(a *Application) { a.PostLogoutRedirectURIs, a.ResourceURIs = Words{"a\x00"}, Words{"b\x00"} },
			Invalid{{"post_logout_redirect_uris", "Null characters are not allowed."}, {"resource_uris", "Enter an absolute URI."}},
			Invalid{{"post_logout_redirect_uris", "Null characters are not allowed."}, {"resource_uris", "Enter an absolute URI."}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for platform, want := range map[Platform]Invalid{Gateway: test.gateway, Controller: test.controller} {
				a := &Application{Name: "app", ClientType: Confidential, AuthorizationGrantType: "authorization-code",
					RedirectURIs: Words{"https://client.example/cb"}, Platform: platform}
				test.change(a)
				a.SetGrantTypes(nil)
				got := messages(t, a.Validate(ApplicationRules{}))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: want -, got +\n%s", platform, diff)
				}
			}
		})
	}
	t.Run("§12.2 ALLOW_HTTP_REDIRECT_URIS", func(t *testing.T) {
		t.Parallel()
		a := &Application{Name: "app", ClientType: Confidential, AuthorizationGrantType: "password",
			RedirectURIs: Words{"http://client.example/cb"}, Platform: Gateway}
		if err := a.Validate(ApplicationRules{AllowHTTPRedirectURIs: true}); err != nil {
			t.Error(err)
		}
	})
}

// TestSetGrantTypes: the platform's word decides, with refresh tokens but for client credentials; others by asking (contract §1.2).
func TestSetGrantTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, own string
		asked     Words
		want      Words
	}{
		{"authorization code", "authorization-code", nil, Words{GrantAuthorizationCode, GrantRefreshToken}},
		{"password", "password", nil, Words{GrantPassword, GrantRefreshToken}},
		{"client credentials", "client-credentials", nil, Words{GrantClientCredentials}},
		{"client credentials, refresh asked", "client-credentials", Words{GrantRefreshToken}, Words{GrantClientCredentials, GrantRefreshToken}},
		{"device code", GrantDeviceCode, nil, Words{GrantDeviceCode, GrantRefreshToken}},
		{"more by asking, in the fixed order", "password", Words{GrantClientCredentials, GrantAuthorizationCode},
			Words{GrantAuthorizationCode, GrantPassword, GrantClientCredentials, GrantRefreshToken}},
		{"its own word cannot be left out", "authorization-code", Words{GrantPassword},
			Words{GrantAuthorizationCode, GrantPassword, GrantRefreshToken}},
		{"twice is once", "password", Words{GrantPassword, GrantPassword}, Words{GrantPassword, GrantRefreshToken}},
		{"unknown words are not grants", "password", Words{"implicit", "token", ""}, Words{GrantPassword, GrantRefreshToken}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &Application{AuthorizationGrantType: test.own}
			a.SetGrantTypes(test.asked)
			if diff := cmp.Diff(test.want, a.GrantTypes); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
			for _, word := range []string{GrantAuthorizationCode, GrantPassword, GrantClientCredentials, GrantRefreshToken, GrantDeviceCode, "implicit", ""} {
				if got := a.Allows(word); got != test.want.Has(word) {
					t.Errorf("allows %q: got %t", word, got)
				}
			}
		})
	}
}

// TestVerifySecret: every live secret, an overlapping one included, and nothing else.
func TestVerifySecret(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(moment time.Time) *time.Time { return &moment }
	of := func(value string, expires *time.Time) ClientSecret {
		return ClientSecret{Digest: SecretOf(value).Digest(), Expires: expires}
	}
	rotated := []ClientSecret{of("old", at(now.Add(time.Microsecond))), of("new", nil), of("gone", at(now)), of("", nil)}
	for _, test := range []struct {
		name, presented string
		secrets         []ClientSecret
		want            bool
	}{
		{"the only one", "new", []ClientSecret{of("new", nil)}, true},
		{"the newer", "new", rotated, true},
		{"the older, while it overlaps", "old", rotated, true},
		{"one whose time has come", "gone", rotated, false},
		{"wrong", "no", rotated, false},
		{"in part", "ne", rotated, false},
		{"empty, although such a digest is stored", "", rotated, false},
		{"empty where there is none", "", nil, false},
		{"any where there is none", "new", nil, false},
		{"the digest itself", SecretOf("new").Digest().String(), rotated, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (&Application{ClientSecrets: test.secrets}).VerifySecret(SecretOf(test.presented), now); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestApplicationBelongs(t *testing.T) {
	t.Parallel()
	owned, free := &Application{UserID: id(alice), OrganizationID: id(orgO)}, &Application{}
	if !owned.OwnedBy(alice) || owned.OwnedBy(bob) || free.OwnedBy(0) || free.OwnedBy(alice) {
		t.Error("OwnedBy is not the owner's alone")
	}
	if owned.InOrganization() != orgO || free.InOrganization() != 0 {
		t.Error("InOrganization is not the organization")
	}
}
