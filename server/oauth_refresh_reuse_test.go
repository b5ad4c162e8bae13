package server_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
)

// TestRefreshReused: outside of the grace, a used refresh token that comes again revokes its family, and nothing else (RFC 9700 §4.14.2).
func TestRefreshReused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		second := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(10 * time.Second)
		b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)

		if b.accepts(t, models.FaceGateway, second.access) || !b.accepts(t, models.FaceGateway, other.access) {
			t.Error("the family's access token lives, or another's does not")
		}
		b.counted(t, map[string]int{"access_tokens": 1, "refresh_tokens WHERE revoked IS NULL": 1, "refresh_tokens WHERE reason = 'rotated'": 1,
			"refresh_tokens WHERE reason = 'revoked'": 1, "activity WHERE note = 'refresh token reused'": 3,
			"activity WHERE note = 'refresh token reused' AND object_type = 'oauth2accesstoken' AND operation = 'delete'": 1})
		b.unchanged(t, func() {
			for _, token := range []string{first.refresh, second.refresh} {
				b.token(refreshGrant(token), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
			}
		})
	})
}

// TestRefreshReusedByAnother: only the token's own client can trigger the punishment.
func TestRefreshReusedByAnother(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Hour)
		b.unchanged(t, func() {
			b.token(refreshGrant(first.refresh), by(b.native)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		})
	})
}

// TestRefreshRevoked: a token that was revoked rather than used is refused, and nobody is punished for it.
func TestRefreshRevoked(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.revoke(form("token", token.refresh), by(b.web))
		b.db.Clock.Advance(time.Hour)
		b.unchanged(t, func() {
			b.token(refreshGrant(token.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		})
	})
}

// TestRefreshRace: of many who use one token at the same moment one rotates it. With the grace five more are answered beside it and the
// rest is refused, and nothing is revoked; without it the family is.
func TestRefreshRace(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers int
		live    int // access tokens and refresh tokens afterwards
		set     func(*server.Options)
	}{
		{"with grace", 6, 6, func(*server.Options) {}},
		{"without grace", 1, 0, func(o *server.Options) { o.Lifetimes.RefreshGrace = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
				answers := make([]answer, racers)
				race(func(n int) { answers[n] = b.token(refreshGrant(token.refresh), by(b.web)) })
				var won []pair
				for _, a := range answers {
					if a.Code == 200 {
						won = append(won, a.succeeded(t, "read write", true))
						continue
					}
					a.refused(t, 400, server.InvalidGrant, refreshInvalid)
				}
				if len(won) != c.answers {
					t.Fatalf("%d refreshes were answered, want %d", len(won), c.answers)
				}
				for _, each := range won {
					if alive := b.accepts(t, models.FaceGateway, each.access); alive != (c.live > 0) {
						t.Errorf("a token that was answered lives: %t", alive)
					}
				}
				b.counted(t, map[string]int{"refresh_tokens": 1 + c.answers, "access_tokens": c.live, "refresh_tokens WHERE revoked IS NULL": c.live,
					"refresh_tokens WHERE reason = 'rotated'": 1, "activity WHERE note = 'refresh token reused'": map[bool]int{true: 3}[c.live == 0]})
			}, c.set)
		})
	}
}
