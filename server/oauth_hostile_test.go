package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestMintedTokenReachesNoFurther: a token that is made with another one opens nothing that this one does not open (contract §0 rule 4, §4.1).
func TestMintedTokenReachesNoFurther(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, c := range map[string]struct {
			token               string
			gateway, controller bool
		}{
			"for the gateway alone": {b.token(targeting(passwordGrant(), gatewayAPI), by(b.web)).succeeded(t, "read write", true).access, true, false},
			"for the controller alone": {b.token(targeting(passwordGrant(), controllerAPI), by(b.web)).succeeded(t, "read write", true).access,
				false, true},
			"of a controller application": {b.controllerToken(passwordGrant(), by(b.job)).succeeded(t, "read write", true).access, false, true},
			"of a controller application, for both": {b.controllerToken(targeting(passwordGrant(), gatewayAPI, controllerAPI), by(b.job)).succeeded(t, "read write",
				true).access, false, true},
			"for both": {b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).access, true, true},
		} {
			face := models.FaceController
			if c.gateway {
				face = models.FaceGateway
			}
			bearer, err := b.AuthenticateBearer(t.Context(), face, models.SecretOf(c.token), "192.0.2.1")
			check(t, err)
			actor := server.Actor{Actor: models.Actor{User: bearer.User, Token: bearer}, Origin: "api"}
			made, err := b.CreateToken(t.Context(), actor, face, server.TokenInput{})
			check(t, err)
			value := made.AccessTokenValue.Reveal()
			if b.accepts(t, models.FaceGateway, value) != c.gateway || b.accepts(t, models.FaceController, value) != c.controller ||
				b.accepts(t, models.FaceForward, value) != c.gateway {
				t.Errorf("%s: what was made with it is for %v", name, made.AccessToken.Audience)
			}
		}
	})
}

// TestTooManyResources: a request names so many at most; the rest is not even read.
func TestTooManyResources(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var many []string
		for n := range 3000 {
			many = append(many, fmt.Sprintf("x:%d", n))
		}
		b.unchanged(t, func() {
			b.token(targeting(form("grant_type", "client_credentials"), many...), by(b.web)).refused(t, 400, server.InvalidTarget,
				"The request names too many resources.")
		})
	})
}

// TestSilentAuthorizationNeedsItsConsent: between looking the consent up and issuing the code it may be withdrawn.
func TestSilentAuthorizationNeedsItsConsent(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.allow(t, b.alice, b.asked(t, b.web))
		request := b.asked(t, b.web)
		request.Silent = true
		if got := b.allow(t, b.alice, request); got.Get("code") == "" {
			t.Fatalf("with a consent: %v", got)
		}
		check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID))
		b.unchanged(t, func() {
			if got := b.allow(t, b.alice, request); got.Get("error") != "access_denied" || got.Get("code") != "" || got.Get("iss") != testIssuer {
				t.Errorf("without a consent: %v", got)
			}
		})
	})
}

// TestConsentAfterNewRedirectURIs: it is asked for anew, and until then bounds what tokens may become and can be withdrawn.
func TestConsentAfterNewRedirectURIs(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		pair := b.token(redemption(b.web, b.code(t, b.web, b.alice, "scope", "read")), by(b.web)).succeeded(t, "read", true)
		device := b.approved(t, b.web, b.alice)
		more := append(slices.Clone(b.web.RedirectURIs), "https://client.example.org/other")
		_, _, err := b.UpdateApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID, server.ApplicationInput{RedirectURIs: &more})
		check(t, err)
		if !b.needsConsent(t, b.alice, b.asked(t, b.web, "scope", "read")) {
			t.Error("nobody is asked again")
		}
		consents, err := b.Consents(t.Context(), as(b.alice))
		check(t, err)
		if len(consents) != 2 {
			t.Errorf("%d consents are shown, want that of the browser and that of the device", len(consents))
		}
		check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID))
		b.token(refreshGrant(pair.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		b.token(poll(device), by(b.web)).refused(t, 400, server.InvalidGrant, "The device code is invalid.")
	})
}

// TestScopeAfterNewRedirectURIs: what was consented to bounds a token also after the consent was dropped (contract §12.26).
func TestScopeAfterNewRedirectURIs(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		pair := b.token(redemption(b.web, b.code(t, b.web, b.alice, "scope", "read")), by(b.web)).succeeded(t, "read", true)
		b.change(t, func(tx *store.Tx) error { return tx.DropConsents(b.web.ID) })
		id := b.presented(t, pair.access).ID
		b.refuses(t, "invalid scope", "exceed what the user consented to", func() error {
			_, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, id, server.TokenInput{Scope: pointer("read write")})
			return err
		})
	})
}

// TestRevocationEndsPendingCodes: what could still be redeemed for tokens goes with --revoke_refresh, of the user or of everybody.
func TestRevocationEndsPendingCodes(t *testing.T) {
	for user, others := range map[string]int{"alice": 200, "": 400} {
		t.Run("of "+user, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				code, device := b.code(t, b.web, b.alice), b.approved(t, b.web, b.alice)
				theirs, waiting := b.code(t, b.web, b.bob), b.started(t, b.web)
				check(t, b.RevokeTokens(t.Context(), revoking, server.Revocation{User: user, RefreshTokens: true}))
				b.token(redemption(b.web, code), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
				b.token(poll(device), by(b.web)).refused(t, 400, server.InvalidGrant, "The device code is invalid.")
				if a := b.token(redemption(b.web, theirs), by(b.web)); a.Code != others {
					t.Errorf("bob's code: %d, want %d", a.Code, others)
				}
				if a := b.token(poll(waiting.device), by(b.web)); (a.body["error"] == "authorization_pending") != (others == 200) {
					t.Errorf("a device that nobody has decided about: %s", a.text)
				}
			})
		})
	}
}

// TestDevicesAreBounded: an address begins so many device authorizations in a minute, and those that have expired make room.
func TestDevicesAreBounded(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 3 {
			b.started(t, b.native)
		}
		if a := b.device(form(), by(b.native)); a.Code != http.StatusTooManyRequests || a.Header().Get("Retry-After") == "" {
			t.Errorf("the fourth: %d %s", a.Code, a.text)
		}
		b.counted(t, map[string]int{"device_codes": 3})
		b.db.Clock.Advance(601 * time.Second)
		b.started(t, b.native)
		b.counted(t, map[string]int{"device_codes": 1})
	}, func(o *server.Options) {
		o.Limits = server.DefaultLimits()
		o.Limits.Devices.Failures = 3
	})
}

// TestHastyPollsAreNotWritten: a device that goes on asking too often costs no writing in the end.
func TestHastyPollsAreNotWritten(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		device := b.started(t, b.native).device
		for n := range 60 {
			a, want := b.token(poll(device), by(b.native)), "slow_down"
			if n == 0 {
				want = "authorization_pending"
			}
			if a.body["error"] != want {
				t.Fatalf("poll %d: %s", n, a.text)
			}
		}
		b.counted(t, map[string]int{"device_codes WHERE interval_seconds = 300": 1})
		b.unchanged(t, func() {
			b.token(poll(device), by(b.native)).refused(t, 400, server.SlowDown, "The device asks too often.")
		})
	})
}

// TestPasswordGrantFromAnotherSite: a page that the victim has open does not try passwords in their place.
func TestPasswordGrantFromAnotherSite(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, values := range map[string][2]string{"fetch metadata": {"Sec-Fetch-Site", "cross-site"}, "origin": {"Origin", "https://evil.example"}} {
			foreign := func(r *http.Request) { r.Header.Set(values[0], values[1]) }
			b.unchanged(t, func() {
				b.token(passwordGrant("password", "wrong"), by(b.web), foreign).refused(t, 400, server.InvalidRequest, "The password grant is not for pages of other sites.")
			})
			if n := b.count(t, "login_attempts"); n != 0 {
				t.Errorf("%s: %d failures were counted", name, n)
			}
		}
		b.token(passwordGrant(), by(b.web), func(r *http.Request) { r.Header.Set("Origin", testIssuer) }).succeeded(t, "read write", true)
	})
}

// TestPasswordGrantIsNoOracle: a client without the grant learns nothing about passwords.
func TestPasswordGrantIsNoOracle(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, password := range []string{testPassword, "wrong"} {
			b.token(passwordGrant("password", password), by(b.native)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
		}
		if n := b.count(t, "login_attempts"); n != 0 {
			t.Errorf("%d passwords were tried", n)
		}
	})
}
