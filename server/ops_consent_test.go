package server_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestWithdrawConsent: with the consent all that the application holds for the person ends, and nothing else (RFC 6749 §10.2).
func TestWithdrawConsent(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		mine := b.token(redemption(b.web, b.code(t, b.web, b.alice)), by(b.web)).succeeded(t, "read write", true)
		again := b.token(refreshGrant(mine.refresh), by(b.web)).succeeded(t, "read write", true)
		pending := b.code(t, b.web, b.alice)
		elsewhere := b.token(redemption(b.native, b.code(t, b.native, b.alice)), by(b.native)).succeeded(t, "read write", true)
		theirs := b.token(redemption(b.web, b.code(t, b.web, b.bob)), by(b.web)).succeeded(t, "read write", true)
		personal := b.personal(t, b.alice, models.FaceGateway, "read")
		consents, err := b.Consents(t.Context(), as(b.alice))
		check(t, err)
		if len(consents) != 2 || consents[0].Application.Name != "native" || consents[1].Application.Organization.Name != "O" {
			t.Errorf("consents %+v", consents)
		}
		refresh, err := b.db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(again.refresh).Digest())
		check(t, err)
		b.records(t, func() { check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID)) },
			fmt.Sprintf(`update oauth2refreshtoken %d by alice, console (consent withdrawn); revoked null > "2026-03-01T12:00:00Z"`, refresh.ID),
			fmt.Sprintf("delete oauth2accesstoken %d by alice, console (consent withdrawn)", *refresh.AccessTokenID),
			fmt.Sprintf("disassociate oauth2application %d by alice, console with user %d (consent)", b.web.ID, b.alice.ID))
		for token, alive := range map[string]bool{again.access: false, elsewhere.access: true, theirs.access: true, personal: true} {
			if b.accepts(t, models.FaceGateway, token) != alive {
				t.Errorf("a token is accepted: %t", !alive)
			}
		}
		b.unchanged(t, func() {
			b.token(redemption(b.web, pending), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
			b.token(refreshGrant(again.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
			for actor, want := range map[string]error{"again": b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID),
				"of nobody's": b.WithdrawConsent(t.Context(), as(b.alice), b.job.ID), "of nothing": b.WithdrawConsent(t.Context(), as(b.alice), 99_999)} {
				if !errors.Is(want, store.ErrNotFound) {
					t.Errorf("%s: %v", actor, want)
				}
			}
			b.refuses(t, "unauthenticated", "", func() error { return b.WithdrawConsent(t.Context(), server.Actor{}, b.web.ID) })
			b.refuses(t, "unauthenticated", "", func() error { _, err := b.Consents(t.Context(), server.Actor{}); return err })
		})
		if !b.needsConsent(t, b.alice, b.asked(t, b.web)) || b.needsConsent(t, b.bob, b.asked(t, b.web)) {
			t.Error("alice is not asked again, or bob is")
		}
	})
}
