package server_test

import (
	"net/http"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
)

// revoked checks the answer of RFC 7009 §2.2: 200 and no body, whatever the token was.
func (a answer) revoked(t testing.TB) {
	t.Helper()
	if a.Code != http.StatusOK || a.text != "" || a.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %q %v, want 200 without a body", a.Code, a.text, a.Header())
	}
}

// TestCase53RevokeAccessToken is case 53.
func TestCase53RevokeAccessToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []client{b.web, b.job, b.desktop} {
			token := b.token(passwordGrant(), by(c)).succeeded(t, "read write", true)
			b.revoke(form("token", token.access), by(c)).revoked(t)
			if b.accepts(t, models.FaceController, token.access) {
				t.Errorf("%s: the revoked token is accepted", c.Name)
			}
			b.controllerToken(refreshGrant(token.refresh), by(c)).succeeded(t, "read write", true)
		}
		b.counted(t, map[string]int{"access_tokens": 3, "activity WHERE note = 'revoked by its client' AND operation = 'delete'": 3})
	})
}

// TestCase53RevokeChangesNothing: every token that is not the client's own live one is answered alike and stays as it was (case 53).
func TestCase53RevokeChangesNothing(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		foreign := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		rotated := b.controllerToken(passwordGrant(), by(b.job)).succeeded(t, "read write", true)
		b.controllerToken(refreshGrant(rotated.refresh), by(b.job)).succeeded(t, "read write", true)
		personal, err := b.CreateToken(t.Context(), as(b.alice), models.FaceController, server.TokenInput{})
		check(t, err)
		code := b.code(t, b.job, b.alice)
		for name, token := range map[string]string{
			"unknown": "unknown", "another client's access token": foreign.access, "another client's refresh token": foreign.refresh,
			"personal token": personal.AccessTokenValue.Reveal(), "rotated refresh token (case 54)": rotated.refresh,
			"deleted access token": rotated.access, "authorization code": code,
		} {
			t.Run(name, func(t *testing.T) {
				b.unchanged(t, func() { b.revoke(form("token", token), by(b.job)).revoked(t) })
			})
		}
	})
}

// TestCase54RevokeRefreshToken is case 54: the family dies with it, and nothing else.
func TestCase54RevokeRefreshToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		second := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Minute)
		b.revoke(form("token", second.refresh), by(b.web)).revoked(t)
		if b.accepts(t, models.FaceGateway, second.access) || !b.accepts(t, models.FaceGateway, other.access) {
			t.Error("the family's access token lives, or another's does not")
		}
		b.counted(t, map[string]int{"access_tokens": 1, "refresh_tokens": 3, "refresh_tokens WHERE revoked IS NULL": 1,
			"refresh_tokens WHERE reason = 'revoked'": 1, "refresh_tokens WHERE reason = 'rotated'": 1,
			"activity WHERE note = 'revoked by its client'": 2, "activity WHERE object_type = 'oauth2refreshtoken'": 1})
		b.unchanged(t, func() {
			b.revoke(form("token", second.refresh), by(b.web)).revoked(t)
			b.token(refreshGrant(second.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		})
	})
}

// TestRevokeHint: a wrong or unknown hint is ignored (RFC 7009 §2.1).
func TestRevokeHint(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, hint := range []string{"access_token", "refresh_token", "nonsense"} {
			token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
			b.revoke(form("token", token.access, "token_type_hint", hint), by(b.web)).revoked(t)
			b.revoke(form("token", token.refresh, "token_type_hint", hint), by(b.web)).revoked(t)
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0})
	})
}

// TestRevokeExpired: an expired token of the client's is removed all the same.
func TestRevokeExpired(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(2 * 365 * 24 * time.Hour)
		b.revoke(form("token", token.access), by(b.web)).revoked(t)
		b.revoke(form("token", token.refresh), by(b.web)).revoked(t)
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0})
	})
}

func TestCase53RevokeRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.unchanged(t, func() {
			b.revoke(form("token_type_hint", "access_token"), by(b.web)).refused(t, 400, server.InvalidRequest, "Missing token parameter.")
			b.revoke(form("token", token.access)).refused(t, 401, server.InvalidClient, clientFailed)
			b.revoke(form("token", token.access), basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed)
			b.revoke(form("token", token.access), bearer(token.access)).refused(t, 401, server.InvalidClient, clientFailed)
			b.send(b.ServeRevocation(), "/o/revoke_token/?token="+token.access, "", by(b.web)).
				refused(t, 400, server.InvalidRequest, "Parameters belong into the body of the request, not into the query.")
		})
	})
}

// TestRevokeRace: racing revocations of one token all succeed, and what they did is told once.
func TestRevokeRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		answers := make([]answer, racers)
		race(func(n int) {
			value := token.refresh
			if n%2 == 0 {
				value = token.access
			}
			answers[n] = b.revoke(form("token", value), by(b.web))
		})
		for _, a := range answers {
			a.revoked(t)
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0,
			"activity WHERE operation = 'delete' AND object_type = 'oauth2accesstoken'":  1,
			"activity WHERE operation = 'update' AND object_type = 'oauth2refreshtoken'": 1})
	})
}
