package server_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fetched is the JSON document that anybody gets.
func fetched[T any](t testing.TB, handler http.Handler) (document T, text string) {
	t.Helper()
	r, w := httptest.NewRequest(http.MethodGet, "http://another.example.org/", nil), httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("status %d, want 200", w.Code)
	}
	answer{ResponseRecorder: w}.notKept(t)
	check(t, json.Unmarshal(w.Body.Bytes(), &document))
	return document, w.Body.String()
}

// TestMetadata: the whole document (RFC 8414 §3.2). The issuer is the configured one, whatever host was asked.
func TestMetadata(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		document, _ := fetched[any](t, b.ServeMetadata())
		got, err := json.MarshalIndent(document, "", "  ")
		check(t, err)
		golden := filepath.Join("testdata", "metadata.json")
		if *update {
			check(t, os.WriteFile(golden, append(got, '\n'), 0o600))
		}
		want, err := os.ReadFile(golden)
		check(t, err)
		if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
	})
}

type asking func(url.Values, ...func(*http.Request)) answer

// TestMetadataIsServed: what the document lists works, and what it does not list is refused (RFC 8414 §2).
func TestMetadataIsServed(t *testing.T) {
	type lists struct {
		GrantTypes  []string `json:"grant_types_supported"`
		TokenAuth   []string `json:"token_endpoint_auth_methods_supported"`
		RevokeAuth  []string `json:"revocation_endpoint_auth_methods_supported"`
		IntroAuth   []string `json:"introspection_endpoint_auth_methods_supported"`
		Challenges  []string `json:"code_challenge_methods_supported"`
		Responses   []string `json:"response_types_supported"`
		Modes       []string `json:"response_modes_supported"`
		Scopes      []string `json:"scopes_supported"`
		IssReturned bool     `json:"authorization_response_iss_parameter_supported"`
	}
	onBed(t, func(t *testing.T, b *bed) {
		metadata, _ := fetched[lists](t, b.ServeMetadata())
		requests := map[string]map[string][]string{
			models.GrantAuthorizationCode: redemption(b.web, b.code(t, b.web, b.alice)),
			models.GrantClientCredentials: form(), models.GrantPassword: passwordGrant(),
			models.GrantDeviceCode:   poll(b.approved(t, b.web, b.alice)),
			models.GrantRefreshToken: refreshGrant(b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).refresh),
		}
		for _, grant := range metadata.GrantTypes {
			if a := b.token(with(requests[grant], "grant_type", grant), by(b.web)); a.Code != http.StatusOK {
				t.Errorf("grant %s: %d %s", grant, a.Code, a.text)
			}
		}
		if len(metadata.GrantTypes) != len(requests) {
			t.Errorf("grants %v, want %d", metadata.GrantTypes, len(requests))
		}
		methods := map[string]func(ask asking) answer{
			"client_secret_basic": func(ask asking) answer { return ask(passwordGrant("token", "t"), by(b.web)) },
			"client_secret_post": func(ask asking) answer {
				return ask(passwordGrant("token", "t", "client_id", b.web.ClientID, "client_secret", b.web.Secret))
			},
			"Bearer": func(ask asking) answer {
				return ask(form("token", "t", "grant_type", "client_credentials"), bearer(b.personal(t, b.admin, models.FaceGateway, "read")))
			},
			"none": func(ask asking) answer { return ask(passwordGrant("token", "t"), by(b.desktop)) },
		}
		for _, c := range []struct {
			listed []string
			ask    asking
		}{{metadata.TokenAuth, b.token}, {metadata.RevokeAuth, b.revoke}, {metadata.IntroAuth, b.introspect}} {
			for method, try := range methods {
				listed := strings.Contains(" "+strings.Join(c.listed, " ")+" ", " "+method+" ")
				if a := try(c.ask); (a.Code == http.StatusOK) != listed {
					t.Errorf("%s is listed: %t, but answered with %d %s", method, listed, a.Code, a.text)
				}
			}
		}
		for _, scope := range metadata.Scopes {
			b.token(passwordGrant("scope", scope), by(b.web)).succeeded(t, scope, true)
		}
		for _, challenge := range metadata.Challenges {
			for _, response := range metadata.Responses {
				for _, mode := range metadata.Modes {
					request := b.asked(t, b.native, "code_challenge_method", challenge, "response_type", response, "response_mode", mode)
					if got := b.Deny(request).Parameters.Has("iss"); got != metadata.IssReturned {
						t.Errorf("iss is sent: %t, said to be: %t", got, metadata.IssReturned)
					}
				}
			}
		}
	})
}

// TestCase52Root is case 52; below it are the endpoints of the metadata.
func TestCase52Root(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, root := range []string{"/o/", "/api/o/", "/api/controller/o/"} {
			got, _ := fetched[map[string]string](t, b.ServeRoot(root))
			want := map[string]string{"authorize": root + "authorize/", "token": root + "token/", "revoke_token": root + "revoke_token/",
				"introspect": root + "introspect/"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", root, diff)
			}
		}
		metadata, text := fetched[map[string]any](t, b.ServeMetadata())
		root, _ := fetched[map[string]string](t, b.ServeRoot("/o/"))
		for name, path := range root {
			if !strings.Contains(text, `"`+testIssuer+path+`"`) {
				t.Errorf("%s at %s is not in the metadata %v", name, path, metadata)
			}
		}
	})
}
