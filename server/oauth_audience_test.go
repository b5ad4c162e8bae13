package server_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const (
	gatewayAPI    = testIssuer + models.ResourceGateway
	controllerAPI = testIssuer + models.ResourceController
	files         = "https://files.example.org/"
	queue         = "urn:example:queue"
	targetUnknown = "The requested resource is unknown or malformed."
	targetDenied  = "The requested resource was not granted."
)

// withResources makes job the resource server of files and queue.
func (b *bed) withResources(t testing.TB) {
	t.Helper()
	b.job.ResourceURIs = models.Words{files, queue}
	b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.job.Application) })
}

// audienceOf is what introspection says a token is for.
func (b *bed) audienceOf(t testing.TB, token string) []string {
	t.Helper()
	a := b.introspect(form("token", token), by(b.web))
	words, ok := a.body["aud"].([]any)
	if !ok {
		t.Fatalf("no aud in %s", a.text)
	}
	var audience []string
	for _, word := range words {
		audience = append(audience, word.(string))
	}
	return audience
}

// targeting gives the parameters with these resources.
func targeting(values url.Values, resources ...string) url.Values {
	values = with(values)
	values["resource"] = resources
	return values
}

// TestResource: a token is for what was asked, kept with it, seen by introspection, and only there accepted (RFC 8707 §2, §3).
func TestResource(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		machine := form("grant_type", "client_credentials")
		for _, c := range []struct {
			name                string
			resources, audience []string
			gateway, controller bool
		}{
			{"none: both our APIs", nil, []string{gatewayAPI, controllerAPI}, true, true},
			{"empty: as if left out (RFC 6749 §3.2)", []string{""}, []string{gatewayAPI, controllerAPI}, true, true},
			{"one of our own", []string{gatewayAPI}, []string{gatewayAPI}, true, false},
			{"the other", []string{controllerAPI}, []string{controllerAPI}, false, true},
			{"a registered one", []string{files}, []string{files}, false, false},
			{"several, one twice", []string{queue, controllerAPI, queue}, []string{queue, controllerAPI}, false, true},
		} {
			for grant, values := range map[string]url.Values{"machine": machine, "password": passwordGrant()} {
				t.Run(c.name+"/"+grant, func(t *testing.T) {
					token := b.token(targeting(values, c.resources...), by(b.web)).succeeded(t, "read write", grant == "password")
					if diff := cmp.Diff(c.audience, b.audienceOf(t, token.access)); diff != "" {
						t.Errorf("aud (-want +got):\n%s", diff)
					}
					if got := b.accepts(t, models.FaceGateway, token.access); got != c.gateway {
						t.Errorf("accepted at the gateway: %t", got)
					}
					if got := b.accepts(t, models.FaceController, token.access); got != c.controller {
						t.Errorf("accepted at the controller: %t", got)
					}
				})
			}
		}
	})
}

// TestResourceRefused: an unknown resource is invalid_target, everywhere, and nothing is stored (RFC 8707 §2).
func TestResourceRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		for _, resource := range []string{
			"https://elsewhere.example.org/", "https://files.example.org", files + "sub", files + "?x", files + "#part", "HTTPS://files.example.org/",
			"https://files.example.org:443/", testIssuer, testIssuer + "/", strings.TrimSuffix(gatewayAPI, "/"), "/api/gateway/v1/", gatewayAPI + " " + controllerAPI, " ", "files", "é", strings.Repeat("x", 5000),
		} {
			b.unchanged(t, func() {
				for _, values := range []url.Values{form("grant_type", "client_credentials"), passwordGrant()} {
					b.token(targeting(values, resource), by(b.web)).refused(t, 400, server.InvalidTarget, targetUnknown)
					b.token(targeting(values, files, resource), by(b.web)).refused(t, 400, server.InvalidTarget, targetUnknown)
				}
			})
			_, err := b.ParseAuthorization(t.Context(), targeting(authorization(b.web), resource))
			if got := sentBack(t, err); got.Get("error") != "invalid_target" || got.Get("iss") != testIssuer {
				t.Errorf("%.60s: the client is told %v", resource, got)
			}
		}
		b.token(targeting(form("grant_type", "client_credentials"), "a\x00"), by(b.web)).refused(t, 400, server.InvalidRequest,
			"A parameter holds a NUL or is not valid UTF-8.")
	})
}

// TestResourceOnlyNarrows: what was consented to bounds every token that comes of it; the refresh token keeps all of it (RFC 8707 §2.2).
func TestResourceOnlyNarrows(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		code := func(resources ...string) url.Values {
			request, err := b.ParseAuthorization(t.Context(), targeting(authorization(b.web), resources...))
			check(t, err)
			response, err := b.Authorize(t.Context(), as(b.alice), request)
			check(t, err)
			return redemption(b.web, response.Parameters.Get("code"))
		}
		granted := code(files, gatewayAPI)
		b.unchanged(t, func() {
			b.token(targeting(granted, queue), by(b.web)).refused(t, 400, server.InvalidTarget, targetDenied)
			b.token(targeting(granted, controllerAPI), by(b.web)).refused(t, 400, server.InvalidTarget, targetDenied)
		})
		narrow := b.token(targeting(granted, files), by(b.web)).succeeded(t, "read write", true)
		all := b.token(refreshGrant(narrow.refresh), by(b.web)).succeeded(t, "read write", true)
		b.unchanged(t, func() {
			b.token(targeting(refreshGrant(all.refresh), files, queue), by(b.web)).refused(t, 400, server.InvalidTarget, targetDenied)
		})
		again := b.token(targeting(refreshGrant(all.refresh), gatewayAPI), by(b.web)).succeeded(t, "read write", true)
		for token, want := range map[string][]string{again.access: {gatewayAPI}, again.refresh: {files, gatewayAPI}} {
			if got := b.audienceOf(t, token); !slices.Equal(got, want) {
				t.Errorf("aud %v, want %v", got, want)
			}
		}

		ours := b.token(targeting(code(), controllerAPI), by(b.web)).succeeded(t, "read write", true) // nothing named: both our APIs
		back := b.token(targeting(refreshGrant(ours.refresh), gatewayAPI), by(b.web)).succeeded(t, "read write", true)
		if !b.accepts(t, models.FaceGateway, back.access) || b.accepts(t, models.FaceController, back.access) {
			t.Error("the token is not for the gateway's API alone")
		}
		b.token(targeting(refreshGrant(back.refresh), files), by(b.web)).refused(t, 400, server.InvalidTarget, targetDenied)
	})
}

// TestResourceIntrospection: a resource server sees the tokens that are for it, and no others (RFC 7662 §4).
func TestResourceIntrospection(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		to := func(resources ...string) string {
			return b.token(targeting(form("grant_type", "client_credentials"), resources...), by(b.web)).succeeded(t, "read write", false).access
		}
		if a := b.introspect(form("token", to(files)), by(b.job)); a.body["active"] != true || a.body["client_id"] != b.web.ClientID {
			t.Errorf("the resource server is told %s", a.text)
		}
		b.introspect(form("token", to(gatewayAPI)), by(b.job)).inactive(t)
		b.introspect(form("token", to()), by(b.job)).inactive(t)
		// a token for another resource opens nothing of ours, not even this endpoint
		admin := b.token(targeting(form("grant_type", "password", "username", "admin", "password", testPassword), files), by(b.web)).succeeded(t, "read write", true)
		if a := b.introspect(form("token", to()), bearer(admin.access)); a.Code != 401 {
			t.Errorf("introspected with a token for files: %d %s", a.Code, a.text)
		}
	})
}

// TestResourceMetadata: our APIs say who issues tokens for them (RFC 9728 §2), and the authorization server names them (§4).
func TestResourceMetadata(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		metadata, _ := fetched[struct {
			Issuer    string   `json:"issuer"`
			Scopes    []string `json:"scopes_supported"`
			Resources []string `json:"protected_resources"`
		}](t, b.ServeMetadata())
		if !slices.Equal(metadata.Resources, []string{gatewayAPI, controllerAPI}) {
			t.Errorf("protected_resources %v", metadata.Resources)
		}
		for path, platform := range map[string]models.Platform{models.ResourceGateway: models.Gateway, models.ResourceController: models.Controller} {
			got, _ := fetched[map[string]any](t, b.ServeResourceMetadata(path, platform))
			want := map[string]any{"resource": testIssuer + path, "authorization_servers": []any{metadata.Issuer}, "scopes_supported": []any{"read", "write"},
				"bearer_methods_supported": []any{"header"}, "resource_name": platform.Label() + " API"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
			b.token(targeting(form("grant_type", "client_credentials"), got["resource"].(string)), by(b.web)).succeeded(t, "read write", false)
		}
	})
}
