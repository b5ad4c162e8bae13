package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorization is a valid authorization request of the client, with what changes says.
func authorization(c client, changes ...string) url.Values {
	return with(form("response_type", "code", "client_id", c.ClientID, "redirect_uri", c.RedirectURIs[0], "state", "xyz",
		"code_challenge", codeChallenge, "code_challenge_method", "S256"), changes...)
}

// sentBack gives what a refusal tells the client; it is empty for no refusal, and any other error fails the test.
func sentBack(t testing.TB, err error) url.Values {
	t.Helper()
	var refused *server.RefusedAuthorization
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("%v, want an answer to the client", err)
	}
	if refused == nil {
		return url.Values{}
	}
	return refused.Response.Parameters
}

func TestAuthorizationRequest(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []struct {
			asked, scope string
		}{{"", "read write"}, {"read", "read"}, {"write read", "write read"}} {
			got, err := b.ParseAuthorization(t.Context(), authorization(b.web, "scope", c.asked, "response_mode", "query", "unknown", "x"))
			check(t, err)
			if got.Application.ID != b.web.ID || got.RedirectURI != b.web.RedirectURIs[0] || got.State != "xyz" || string(got.Scope) != c.scope {
				t.Errorf("scope %q: parsed as %+v", c.asked, got)
			}
		}
	})
}

// TestAuthorizationPageError: until client and redirect URI are certain, the error is for a page and nothing is sent anywhere
// (RFC 6749 §4.1.2.1, RFC 9700 §4.11).
func TestAuthorizationPageError(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.change(t, func(tx *store.Tx) error {
			return b.addClient(tx, &client{}, models.Application{Name: "none", ClientType: models.Public, Platform: models.Gateway})
		})
		for _, c := range []struct {
			name   string
			values url.Values
			want   string
		}{
			{"no client_id (case 51)", authorization(b.web, "client_id", ""), "Missing client_id parameter."},
			{"empty client_id", url.Values{"client_id": {""}}, "Missing client_id parameter."},
			{"unknown client", authorization(b.web, "client_id", "unknown"), "Invalid client_id parameter value."},
			{"client_id with NUL", authorization(b.web, "client_id", b.web.ClientID+"\x00"), "Invalid client_id parameter value."},
			{"client_id that is no UTF-8", authorization(b.web, "client_id", "\xff"), "Invalid client_id parameter value."},
			{"client_id twice", merged(authorization(b.web), "client_id", b.web.ClientID), "The parameter client_id is repeated."},
			{"redirect_uri twice", merged(authorization(b.web), "redirect_uri", b.web.RedirectURIs[0]), "The parameter redirect_uri is repeated."},
			{"redirect_uri that is not registered", authorization(b.web, "redirect_uri", "https://attacker.example.org/"), "Mismatching redirect URI."},
			{"redirect_uri of another client", authorization(b.web, "redirect_uri", b.native.RedirectURIs[0]), "Mismatching redirect URI."},
			{"no redirect_uri where two are registered", authorization(b.native, "redirect_uri", ""), "Missing redirect_uri parameter."},
			{"bad redirect_uri with every other fault", authorization(b.web, "redirect_uri", "https://a.example.org", "response_type", "token", "scope", "x"),
				"Mismatching redirect URI."},
		} {
			t.Run(c.name, func(t *testing.T) {
				_, err := b.ParseAuthorization(t.Context(), c.values)
				forPage(t, err, 400, server.InvalidRequest, c.want)
			})
		}
	})
}

// forPage checks an error that is for a page.
func forPage(t testing.TB, err error, status int, code server.ErrorCode, description string) {
	t.Helper()
	var problem *server.Error
	if !errors.As(err, &problem) {
		t.Fatalf("%T %v, want an error for a page", err, err)
	}
	if problem.Status() != status || problem.Code != code || problem.Description != description {
		t.Errorf("%d %v, want %d %s: %s", problem.Status(), problem, status, code, description)
	}
}

// merged gives the parameters with one more.
func merged(values url.Values, name, value string) url.Values {
	more := with(values)
	more[name] = append([]string{value}, more[name]...)
	return more
}

// TestAuthorizationRefused: what is told to the client, always with state as it came and the issuer (RFC 6749 §4.1.2.1, RFC 9207).
func TestAuthorizationRefused(t *testing.T) {
	const onlyCode = "The only response_type is code."
	const badScope = "The requested scope is invalid, unknown, or malformed."
	onBed(t, func(t *testing.T, b *bed) {
		b.desktop.GrantTypes = models.Words{models.GrantPassword}
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.desktop.Application) })
		for _, c := range []struct {
			name        string
			values      url.Values
			code        string
			description string
		}{
			{"no response_type", authorization(b.web, "response_type", ""), "invalid_request", "Missing response_type parameter."},
			{"implicit grant", authorization(b.web, "response_type", "token"), "unsupported_response_type", onlyCode},
			{"hybrid", authorization(b.web, "response_type", "code token"), "unsupported_response_type", onlyCode},
			{"response_type in another case", authorization(b.web, "response_type", "Code"), "unsupported_response_type", onlyCode},
			{"response_mode fragment", authorization(b.web, "response_mode", "fragment"), "invalid_request", "The response_mode must be query or form_post."},
			{"grant not registered", authorization(b.desktop), "unauthorized_client", "This client may not use the authorization code grant."},
			{"unknown scope", authorization(b.web, "scope", "read admin"), "invalid_scope", badScope},
			{"scope twice", authorization(b.web, "scope", "read read"), "invalid_scope", badScope},
			{"scope with two spaces", authorization(b.web, "scope", "read  write"), "invalid_scope", badScope},
			{"a parameter twice", merged(authorization(b.web, "scope", "read"), "scope", "read"), "invalid_request", "The parameter scope is repeated."},
			{"NUL", authorization(b.web, "scope", "read\x00"), "invalid_request", "A parameter holds a NUL or is not valid UTF-8."},
			{"no UTF-8", authorization(b.web, "nonce", "\xff"), "invalid_request", "A parameter holds a NUL or is not valid UTF-8."},
			{"PKCE", authorization(b.native, "code_challenge", ""), "invalid_request", "code_challenge_method needs a code_challenge."},
		} {
			t.Run(c.name, func(t *testing.T) {
				_, err := b.ParseAuthorization(t.Context(), c.values)
				want := form("error", c.code, "error_description", c.description, "state", "xyz", "iss", testIssuer)
				if diff := cmp.Diff(want, sentBack(t, err)); diff != "" {
					t.Errorf("refusal (-want +got):\n%s", diff)
				}
			})
		}
		_, err := b.ParseAuthorization(t.Context(), merged(authorization(b.web), "state", "abc"))
		want := form("error", "invalid_request", "error_description", "The parameter state is repeated.", "iss", testIssuer)
		if diff := cmp.Diff(want, sentBack(t, err)); diff != "" {
			t.Errorf("state twice (-want +got):\n%s", diff)
		}
	})
}

// TestState: whatever the state holds, the address keeps its one line and gives it back as it came; no header or parameter slips in.
func TestState(t *testing.T) {
	states := []string{"xyz", "a b+c&d=e%20#f", "\r\nSet-Cookie: owned=1\r\n\r\n<script>", "&code=stolen&iss=https://attacker.example.org",
		"\u202e\u2028ü", strings.Repeat("s", 4000)}
	onBed(t, func(t *testing.T, b *bed) {
		for _, state := range states {
			request, err := b.ParseAuthorization(t.Context(), authorization(b.web, "state", state))
			check(t, err)
			granted, err := b.Authorize(t.Context(), as(b.alice), request)
			check(t, err)
			for _, response := range []server.AuthorizationResponse{granted, b.Deny(request)} {
				location := response.Location()
				if strings.ContainsAny(location, "\r\n <>") {
					t.Errorf("the address holds what no header may: %q", location)
				}
				address, err := url.Parse(location)
				check(t, err)
				got := address.Query()
				if !cmp.Equal(got["state"], []string{state}) || !cmp.Equal(got["iss"], []string{testIssuer}) || len(got["code"]) > 1 {
					t.Errorf("state %q: sent back %v", state, got)
				}
				if address.Host != "client.example.org" || address.Path != "/callback" || address.Fragment != "" {
					t.Errorf("state %q leads to %q", state, location)
				}
			}
		}
		request, err := b.ParseAuthorization(t.Context(), authorization(b.web, "state", ""))
		check(t, err)
		if strings.Contains(b.Deny(request).Location(), "state") {
			t.Error("a state is sent back though none came")
		}
	})
}
