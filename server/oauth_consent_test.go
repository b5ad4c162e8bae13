package server_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// asked parses a valid authorization request.
func (b *bed) asked(t testing.TB, c client, changes ...string) *server.Authorization {
	t.Helper()
	request, err := b.ParseAuthorization(t.Context(), authorization(c, changes...))
	check(t, err)
	return request
}

func (b *bed) needsConsent(t testing.TB, user *models.User, request *server.Authorization) bool {
	t.Helper()
	needed, err := b.NeedsConsent(t.Context(), as(user), request)
	check(t, err)
	return needed
}

func (b *bed) allow(t testing.TB, user *models.User, request *server.Authorization) url.Values {
	t.Helper()
	response, err := b.Authorize(t.Context(), as(user), request)
	check(t, err)
	return response.Parameters
}

func TestConsentIsRemembered(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		if !b.needsConsent(t, b.alice, b.asked(t, b.native, "scope", "read")) {
			t.Fatal("nobody was asked")
		}
		b.allow(t, b.alice, b.asked(t, b.native, "scope", "read"))
		beside, err := b.ParseAuthorization(t.Context(), targeting(authorization(b.native, "scope", "read"), gatewayAPI, files))
		check(t, err)
		for _, c := range []struct {
			name    string
			user    *models.User
			request *server.Authorization
			want    bool
		}{
			{"the same", b.alice, b.asked(t, b.native, "scope", "read"), false},
			{"wider scope", b.alice, b.asked(t, b.native, "scope", "read write"), true},
			{"other scope", b.alice, b.asked(t, b.native, "scope", "write"), true},
			{"other redirect URI", b.alice, b.asked(t, b.native, "scope", "read", "redirect_uri", b.native.RedirectURIs[1]), true},
			{"other port of a loopback address", b.alice, b.asked(t, b.native, "scope", "read", "redirect_uri", "http://127.0.0.1:5000/callback"), true},
			{"one of the two APIs that were meant", b.alice, b.asked(t, b.native, "scope", "read", "resource", gatewayAPI), false},
			{"another resource", b.alice, b.asked(t, b.native, "scope", "read", "resource", files), true},
			{"another resource beside", b.alice, beside, true},
			{"other user", b.bob, b.asked(t, b.native, "scope", "read"), true},
			{"other application", b.alice, b.asked(t, b.web, "scope", "read"), true},
		} {
			if got := b.needsConsent(t, c.user, c.request); got != c.want {
				t.Errorf("%s: needs consent %t, want %t", c.name, got, c.want)
			}
		}
		for _, port := range []string{"5000", "5001"} { // a port that was just opened is asked for each time, and leaves no consent of its own
			b.allow(t, b.alice, b.asked(t, b.native, "scope", "read", "redirect_uri", "http://127.0.0.1:"+port+"/callback"))
		}
		if !b.needsConsent(t, b.alice, b.asked(t, b.native, "scope", "read", "redirect_uri", "http://127.0.0.1:5000/callback")) {
			t.Error("nobody was asked about a port of the own machine")
		}
		b.allow(t, b.alice, b.asked(t, b.native, "scope", "read write"))
		b.allow(t, b.alice, b.asked(t, b.native, "scope", "read"))
		if b.needsConsent(t, b.alice, b.asked(t, b.native, "scope", "write")) {
			t.Error("asking for less took the wider consent away")
		}
		b.counted(t, map[string]int{"consents": 1, "authorization_codes": 5})
	})
}

// TestConsentIsDropped: a changed list of redirect URIs asks again.
func TestConsentIsDropped(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.allow(t, b.alice, b.asked(t, b.web))
		more := append(models.Words{}, append(b.web.RedirectURIs, "https://client.example.org/other")...)
		_, _, err := b.UpdateApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID, server.ApplicationInput{RedirectURIs: &more})
		check(t, err)
		if !b.needsConsent(t, b.alice, b.asked(t, b.web)) {
			t.Error("the consent outlives the change of the redirect URIs")
		}
	})
}

func TestConsentIsSkipped(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.web.SkipAuthorization = true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		if b.needsConsent(t, b.alice, b.asked(t, b.web)) {
			t.Error("asked though the application skips it")
		}
		b.allow(t, b.alice, b.asked(t, b.web))
		b.counted(t, map[string]int{"consents": 0, "authorization_codes": 1})
	})
}

func TestDeny(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.unchanged(t, func() {
			want := form("error", "access_denied", "error_description", "The resource owner denied the request.", "state", "xyz", "iss", testIssuer)
			if diff := cmp.Diff(want, b.Deny(b.asked(t, b.web)).Parameters); diff != "" {
				t.Errorf("denial (-want +got):\n%s", diff)
			}
		})
	})
}

// TestAuthorizeByExternalUser is case 49 at the authorization endpoint.
func TestAuthorizeByExternalUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.alice.ExternalAccount = "social"
		b.unchanged(t, func() {
			want := form("error", "access_denied", "error_description", models.ReasonExternalUser+" (social)", "state", "xyz", "iss", testIssuer)
			if diff := cmp.Diff(want, b.allow(t, b.alice, b.asked(t, b.web))); diff != "" {
				t.Errorf("refusal (-want +got):\n%s", diff)
			}
		})
	})
}

func TestAuthorizeByNobody(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.unchanged(t, func() {
			_, err := b.Authorize(t.Context(), server.Actor{}, b.asked(t, b.web))
			var denied *models.Denied
			if !errors.As(err, &denied) || denied.Outcome != models.Unauthenticated {
				t.Errorf("%v, want unauthenticated", err)
			}
		})
	})
}

// TestAuthorizeForDeletedApplication: a page that was open while the application went leads nowhere.
func TestAuthorizeForDeletedApplication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		request := b.asked(t, b.web)
		check(t, b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID))
		b.unchanged(t, func() {
			if _, err := b.Authorize(t.Context(), as(b.alice), request); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%v, want ErrNotFound", err)
			}
		})
	})
}
