package server_test

import (
	"errors"
	"slices"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestDeviceResource: what a device asked for bounds its tokens, as with codes (RFC 8707 §2).
func TestDeviceResource(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		b.unchanged(t, func() {
			b.device(targeting(form(), "https://elsewhere.example.org/"), by(b.web)).refused(t, 400, server.InvalidTarget, targetUnknown)
		})
		device := b.approved(t, b.web, b.alice, "resource", files, "resource", gatewayAPI)
		b.unchanged(t, func() {
			b.token(targeting(poll(device), queue), by(b.web)).refused(t, 400, server.InvalidTarget, targetDenied)
		})
		got := b.token(targeting(poll(device), gatewayAPI), by(b.web)).succeeded(t, "read write", true)
		for token, want := range map[string][]string{got.access: {gatewayAPI}, got.refresh: {files, gatewayAPI}} {
			if audience := b.audienceOf(t, token); !slices.Equal(audience, want) {
				t.Errorf("aud %v, want %v", audience, want)
			}
		}
	})
}

// TestDeviceWithdrawn: a device that was approved, and has not asked since, gets nothing once the consent is withdrawn.
func TestDeviceWithdrawn(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		device, theirs := b.approved(t, b.web, b.alice), b.approved(t, b.web, b.bob)
		check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID))
		b.token(poll(device), by(b.web)).refused(t, 400, server.InvalidGrant, "The device code is invalid.")
		b.token(poll(theirs), by(b.web)).succeeded(t, "read write", true)
	})
}

// TestDeviceCodesGuessed: who tries many device codes or user codes is throttled, and a right one still counts at the token endpoint
// (RFC 8628 §5.1, §5.2).
func TestDeviceCodesGuessed(t *testing.T) {
	few := func(o *server.Options) {
		o.Limits = server.DefaultLimits()
		o.Limits.Guesses.Failures = 3
	}
	onBed(t, func(t *testing.T, b *bed) {
		device := b.approved(t, b.web, b.alice)
		for range 3 {
			b.token(poll("unknown"), by(b.web)).refused(t, 400, server.InvalidGrant, "The device code is invalid.")
		}
		if a := b.token(poll("unknown"), by(b.web)); a.Code != 429 || a.Header().Get("Retry-After") == "" {
			t.Errorf("the fourth guess: %d %s", a.Code, a.text)
		}
		b.token(poll(device), by(b.web)).succeeded(t, "read write", true)
	}, few)
}

func TestUserCodesGuessed(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		enter := func() error { _, err := b.EnterUserCode(t.Context(), as(b.alice), "BCDF-GHJK"); return err }
		for range 3 {
			if err := enter(); !errors.Is(err, server.ErrWrongUserCode) {
				t.Errorf("a guess: %v", err)
			}
		}
		var throttled *server.Throttled
		if err := enter(); !errors.As(err, &throttled) || throttled.Seconds < 1 {
			t.Errorf("the fourth guess: %v", err)
		}
	}, func(o *server.Options) {
		o.Limits = server.DefaultLimits()
		o.Limits.Guesses = models.Bound{Failures: 3, Seconds: 60}
	})
}
