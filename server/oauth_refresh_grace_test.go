package server_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestRefreshGrace: who lost the answer, or refreshes in several tabs, comes back with the token that was used last, and gets another pair
// beside the first: five times.
func TestRefreshGrace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		token := b.presented(t, first.access)
		token.Description = "Nightly job"
		b.change(t, func(tx *store.Tx) error { return tx.UpdateAccessToken(token) })
		pairs := []pair{b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)}
		b.db.Clock.Advance(10*time.Second - time.Microsecond)
		pairs = append(pairs, b.token(refreshGrant(first.refresh, "scope", "read"), by(b.web)).succeeded(t, "read", true))
		for range 4 {
			pairs = append(pairs, b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true))
		}
		b.unchanged(t, func() {
			b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		})
		for n, each := range pairs {
			if got := b.presented(t, each.access); !b.accepts(t, models.FaceGateway, each.access) || got.Description != "Nightly job" {
				t.Errorf("pair %d is refused, or is described as %q", n, got.Description)
			}
		}
		b.counted(t, map[string]int{"access_tokens": 6, "refresh_tokens WHERE revoked IS NULL": 6, "refresh_tokens WHERE repeats = 5": 1,
			"(SELECT DISTINCT family_id FROM refresh_tokens) AS families": 1})
		for _, each := range pairs { // each goes its own way
			b.token(refreshGrant(each.refresh), by(b.web)).succeeded(t, "read write", true)
		}
		b.counted(t, map[string]int{"access_tokens": 6, "refresh_tokens WHERE revoked IS NULL": 6})
	})
}

// TestRefreshGraceTogether: the pairs of one family die together.
func TestRefreshGraceTogether(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, b *bed, first, one, other pair){
		"revoked by the client": func(t *testing.T, b *bed, _, _, other pair) { b.revoke(form("token", other.refresh), by(b.web)) },
		"the used one again, too late": func(t *testing.T, b *bed, first, _, _ pair) {
			b.db.Clock.Advance(10 * time.Second)
			b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		},
		"the used one again, although its successor was used": func(t *testing.T, b *bed, first, one, _ pair) {
			b.token(refreshGrant(one.refresh), by(b.web)).succeeded(t, "read write", true)
			b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
				one := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
				other := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
				end(t, b, first, one, other)
				b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0})
				b.unchanged(t, func() {
					for _, each := range []pair{first, one, other} { // nothing that was revoked is revived
						b.token(refreshGrant(each.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
					}
				})
			})
		})
	}
}

// TestRefreshGraceRevivesNothing: what was revoked or disabled meanwhile stays so.
func TestRefreshGraceRevivesNothing(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, b *bed, next pair){
		"the successor revoked": func(_ *testing.T, b *bed, next pair) { b.revoke(form("token", next.refresh), by(b.web)) },
		"all tokens revoked": func(t *testing.T, b *bed, _ pair) {
			check(t, b.RevokeTokens(t.Context(), revoking, server.Revocation{RefreshTokens: true}))
		},
		"the user disabled": func(t *testing.T, b *bed, _ pair) {
			b.alice.IsActive = false
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		},
		"another client": func(_ *testing.T, b *bed, _ pair) { b.web, b.job = b.job, b.web },
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
				next := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
				end(t, b, next)
				b.unchanged(t, func() {
					b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
				})
			})
		})
	}
}

func TestRefreshGraceWidensNothing(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read", true)
		b.unchanged(t, func() {
			b.token(refreshGrant(first.refresh, "scope", "write"), by(b.web)).refused(t, 400, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token.")
		})
	})
}

// TestRefreshAbsolute: a family ends with its time, however often it is renewed (RFC 9700 §4.14.2), and its repeats with it.
func TestRefreshAbsolute(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		end := b.Now().Add(25 * time.Second)
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		for range 3 {
			b.db.Clock.Advance(8 * time.Second)
			token = b.token(refreshGrant(token.refresh), by(b.web)).succeeded(t, "read write", true)
		}
		kept, err := b.db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(token.refresh).Digest())
		check(t, err)
		if !kept.Expires.Equal(end) {
			t.Errorf("the last refresh token expires %v, want the family's end %v", kept.Expires, end)
		}
		b.db.Clock.Advance(time.Second)
		b.unchanged(t, func() {
			b.token(refreshGrant(token.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, "The refresh token has expired.")
		})
	}, func(o *server.Options) { o.Lifetimes.RefreshToken, o.Lifetimes.RefreshAbsolute = 10, 25 })
}

func TestRefreshAbsoluteIsNotShorterThanAToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		if got := b.Lifetimes().RefreshAbsolute; got != 100 {
			t.Errorf("a family lives %d seconds, want as long as one of its tokens", got)
		}
	}, func(o *server.Options) { o.Lifetimes.RefreshToken, o.Lifetimes.RefreshAbsolute = 100, 25 })
}

// TestRefreshGraceStaysNarrow: a scope that was taken away from the family is not given back by a repeat (contract §12.26).
func TestRefreshGraceStaysNarrow(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		next := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
		_, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, b.presented(t, next.access).ID, server.TokenInput{Scope: pointer("read")})
		check(t, err)
		b.unchanged(t, func() {
			b.token(refreshGrant(first.refresh, "scope", "read write"), by(b.web)).refused(t, 400, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token.")
		})
		again := b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read", true)
		b.token(refreshGrant(again.refresh), by(b.web)).succeeded(t, "read", true)
	})
}

// TestRefreshWithoutGrace: with no grace a repeat is reuse, also for a racer whose transaction began before the winner's.
func TestRefreshWithoutGrace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(-time.Second)
		b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0})
	}, func(o *server.Options) { o.Lifetimes.RefreshGrace = 0 })
}

// TestRefreshReusedWhateverElse: reuse revokes the family also where the client would have been refused for another reason.
func TestRefreshReusedWhateverElse(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, b *bed){
		"user disabled": func(t *testing.T, b *bed) {
			b.alice.IsActive = false
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		},
		"user external": func(t *testing.T, b *bed) {
			b.alice.ExternalAccount = "ldap"
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				first := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
				b.token(refreshGrant(first.refresh), by(b.web)).succeeded(t, "read write", true)
				b.db.Clock.Advance(time.Hour)
				change(t, b)
				b.token(refreshGrant(first.refresh), by(b.web)).refused(t, 400, server.InvalidGrant, refreshInvalid)
				b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0, "activity WHERE note = 'refresh token reused'": 3})
			})
		})
	}
	t.Run("at another root", func(t *testing.T) {
		onBed(t, func(t *testing.T, b *bed) {
			first := b.controllerToken(passwordGrant(), by(b.job)).succeeded(t, "read write", true)
			b.controllerToken(refreshGrant(first.refresh), by(b.job)).succeeded(t, "read write", true)
			b.db.Clock.Advance(time.Hour)
			b.token(refreshGrant(first.refresh), by(b.job)).refused(t, 400, server.InvalidGrant, refreshInvalid)
			b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL": 0})
		})
	})
}
