package server_test

import (
	"net/url"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const refreshInvalid = "The refresh token is invalid."

// passwordGrant is the token request with alice's password.
func passwordGrant(extra ...string) url.Values {
	return with(form("grant_type", "password", "username", "alice", "password", testPassword), extra...)
}

func refreshGrant(token string, extra ...string) url.Values {
	return with(form("grant_type", "refresh_token", "refresh_token", token), extra...)
}

// TestCase47Refresh is case 47.
func TestCase47Refresh(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		old := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		b.db.Clock.Advance(time.Hour)
		next := b.token(refreshGrant(old.refresh), by(b.web)).succeeded(t, "read", true)
		if b.accepts(t, models.FaceGateway, old.access) || !b.accepts(t, models.FaceGateway, next.access) {
			t.Error("the old access token lives, or the new one does not")
		}
		b.counted(t, map[string]int{"access_tokens": 1, "refresh_tokens": 2, "refresh_tokens WHERE reason = 'rotated'": 1,
			"refresh_tokens a JOIN refresh_tokens b ON a.family_id = b.family_id AND a.id < b.id":                                   1,
			"refresh_tokens r JOIN access_tokens t ON t.id = r.access_token_id AND t.family_id = r.family_id AND r.revoked IS NULL": 1})
		token, err := b.db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(next.refresh).Digest())
		check(t, err)
		if want := b.Now().Add(2_628_000 * time.Second); !token.Expires.Equal(want) {
			t.Errorf("the refresh token expires %v, want %v: its own lifetime, from its own creation", token.Expires, want)
		}
		b.token(refreshGrant(next.refresh), by(b.web)).succeeded(t, "read", true)
	})
}

func TestRefreshRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		mine := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		reading := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		ofJob := b.controllerToken(passwordGrant(), by(b.job)).succeeded(t, "read write", true)
		ofDesktop := b.controllerToken(passwordGrant(), by(b.desktop)).succeeded(t, "read write", true)
		personal, err := b.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{})
		check(t, err)
		for _, c := range []struct {
			name        string
			request     url.Values
			client      client
			code        server.ErrorCode
			description string
		}{
			{"no token", refreshGrant(""), b.web, server.InvalidRequest, "Missing refresh_token parameter."},
			{"unknown", refreshGrant("unknown"), b.web, server.InvalidGrant, refreshInvalid},
			{"an access token", refreshGrant(mine.access), b.web, server.InvalidGrant, refreshInvalid},
			{"a personal token", refreshGrant(personal.AccessTokenValue.Reveal()), b.web, server.InvalidGrant, refreshInvalid},
			{"of another client (RFC 6749 §6)", refreshGrant(ofJob.refresh), b.web, server.InvalidGrant, refreshInvalid},
			{"of a public client", refreshGrant(ofDesktop.refresh), b.web, server.InvalidGrant, refreshInvalid},
			{"of a confidential client by a public one", refreshGrant(mine.refresh), b.native, server.InvalidGrant, refreshInvalid},
			{"of the controller at the gateway's root (case 70)", refreshGrant(ofJob.refresh), b.job, server.InvalidGrant,
				"This token belongs to the automation controller. It can be refreshed only at the controller API (/api/o/token/)."},
			{"wider scope (RFC 6749 §6)", refreshGrant(reading.refresh, "scope", "read write"), b.web, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token."},
			{"other scope", refreshGrant(reading.refresh, "scope", "write"), b.web, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token."},
			{"unknown scope", refreshGrant(mine.refresh, "scope", "read admin"), b.web, server.InvalidScope,
				"The requested scope is invalid, unknown, or malformed."},
		} {
			t.Run(c.name, func(t *testing.T) {
				b.unchanged(t, func() { b.token(c.request, by(c.client)).refused(t, 400, c.code, c.description) })
			})
		}
		for c, token := range map[client]string{b.job: ofJob.refresh, b.desktop: ofDesktop.refresh} {
			next := b.controllerToken(refreshGrant(token), by(c)).succeeded(t, "read write", true) // case 70
			if got := b.presented(t, next.access).Platform; got != models.Controller {
				t.Errorf("refreshed to platform %q, want controller", got)
			}
		}
		b.controllerToken(refreshGrant(mine.refresh), by(b.web)).succeeded(t, "read write", true) // a gateway token: at any root
	})
}

// TestRefreshNarrows: the access token's scope may narrow; the refresh token's stays as it was granted (RFC 6749 §6).
func TestRefreshNarrows(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		all := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		narrow := b.token(refreshGrant(all.refresh, "scope", "read"), by(b.web)).succeeded(t, "read", true)
		if b.presented(t, narrow.access).Scope != models.ScopeRead {
			t.Error("the access token is not narrower")
		}
		again := b.token(refreshGrant(narrow.refresh), by(b.web)).succeeded(t, "read write", true)
		same := b.token(refreshGrant(again.refresh, "scope", "write read"), by(b.web)).succeeded(t, "write read", true)
		b.token(refreshGrant(same.refresh, "scope", "read write"), by(b.web)).succeeded(t, "read write", true)
	})
}

// TestCase48RefreshExpired is case 48.
func TestCase48RefreshExpired(t *testing.T) {
	short := func(o *server.Options) { o.Lifetimes.RefreshToken = 1 }
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Second)
		b.unchanged(t, func() {
			b.token(refreshGrant(token.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, "The refresh token has expired.")
		})
		legacy := b.another(t, short, legacyTexts)
		b.unchanged(t, func() {
			legacy.token(refreshGrant(token.refresh), by(b.web)).legacy(t, "The refresh token has expired.")
			legacy.token(refreshGrant("unknown"), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
			legacy.token(refreshGrant(token.refresh), by(b.job)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		})
	}, short)
}

func TestRefreshUntilExpiry(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Second - time.Microsecond)
		b.token(refreshGrant(token.refresh), by(b.web)).succeeded(t, "read write", true)
	}, func(o *server.Options) { o.Lifetimes.RefreshToken = 1 })
}

// TestRefreshAfterDeletion is cases 16 and 17.
func TestRefreshAfterDeletion(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceGateway, b.presented(t, token.access).ID))
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL AND access_token_id IS NULL": 1})
		next := b.token(refreshGrant(token.refresh), by(b.web)).succeeded(t, "read", true)
		if !b.accepts(t, models.FaceGateway, next.access) {
			t.Error("the new access token is refused")
		}
	})
}

// TestRefreshRestsOn: a refresh needs its user and its client as they were.
func TestRefreshRestsOn(t *testing.T) {
	external := models.ReasonExternalUser + " (Corporate directory)"
	for _, c := range []struct {
		name        string
		change      func(t *testing.T, b *bed)
		status      int
		code        server.ErrorCode
		description string
	}{
		{"disabled user", func(t *testing.T, b *bed) {
			b.alice.IsActive = false
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		}, 400, server.InvalidGrant, refreshInvalid},
		{"external user (case 49)", func(t *testing.T, b *bed) {
			b.alice.ExternalAccount, b.alice.ExternalSource = "ldap", "Corporate directory"
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		}, 400, server.AccessDenied, external},
		{"deleted user", func(t *testing.T, b *bed) {
			check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID))
		}, 400, server.InvalidGrant, refreshInvalid},
		{"deleted application (case 36)", func(t *testing.T, b *bed) {
			check(t, b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID))
		}, 401, server.InvalidClient, "Client authentication failed."},
		{"grant type taken away", func(t *testing.T, b *bed) {
			b.web.GrantTypes = models.Words{models.GrantPassword}
			b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		}, 400, server.UnauthorizedClient, "This client may not use this grant type."},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
				c.change(t, b)
				b.unchanged(t, func() { b.token(refreshGrant(token.refresh), by(b.web)).refused(t, c.status, c.code, c.description) })
			})
		})
	}
}
