package server_test

import (
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const racers = 32

// race runs step so many times at once.
func race(step func(n int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for n := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			step(n)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// TestCodeUsedTwice: everything that the first use issued dies, what came of it by refresh included, and nothing else does
// (RFC 6749 §4.1.2).
func TestCodeUsedTwice(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.token(redemption(b.web, b.code(t, b.web, b.alice)), by(b.web)).succeeded(t, "read write", true)
		request := redemption(b.web, b.code(t, b.web, b.alice))
		first := b.token(request, by(b.web)).succeeded(t, "read write", true)
		second := b.token(form("grant_type", "refresh_token", "refresh_token", first.refresh), by(b.web)).succeeded(t, "read write", true)
		b.token(request, by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")

		if b.accepts(t, models.FaceGateway, second.access) {
			t.Error("the access token outlives the second use of its code")
		}
		if !b.accepts(t, models.FaceGateway, other.access) {
			t.Error("a token of another code died too")
		}
		b.counted(t, map[string]int{"access_tokens": 1, "refresh_tokens WHERE revoked IS NULL": 1, "refresh_tokens WHERE reason = 'rotated'": 1,
			"activity WHERE note = 'authorization code used twice'": 3}) // of the application, the access and the refresh token
		b.token(form("grant_type", "refresh_token", "refresh_token", second.refresh), by(b.web)).
			refused(t, 400, server.InvalidGrant, "The refresh token is invalid.")
		b.unchanged(t, func() {
			b.token(request, by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		})
	})
}

// TestCodeUsedTwiceByAnother: who is not the code's client can neither use it nor have its tokens revoked.
func TestCodeUsedTwiceByAnother(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		request := redemption(b.web, b.code(t, b.web, b.alice))
		first := b.token(request, by(b.web)).succeeded(t, "read write", true)
		b.unchanged(t, func() {
			b.token(request, by(b.job)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		})
		if !b.accepts(t, models.FaceGateway, first.access) {
			t.Error("another client's attempt revoked the token")
		}
	})
}

// TestCodeRace: of racing redemptions one wins, and the losers' second use revokes what it was issued.
func TestCodeRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		request := redemption(b.native, b.code(t, b.native, b.alice))
		answers := make([]answer, racers)
		race(func(n int) { answers[n] = b.token(request, by(b.native)) })
		winners := 0
		for _, a := range answers {
			if a.Code == 200 {
				winners++
				continue
			}
			a.refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		}
		if winners != 1 {
			t.Errorf("%d redemptions won, want 1", winners)
		}
		b.counted(t, map[string]int{"activity WHERE operation = 'create' AND object_type = 'oauth2accesstoken'": 1, "access_tokens": 0,
			"refresh_tokens": 1, "refresh_tokens WHERE revoked IS NULL": 0, "activity WHERE note = 'authorization code used twice'": 3})
	})
}

// TestRevocationMeetsRefresh: a family that is revoked while one of its tokens is being rotated dies as a whole, the successor that
// the revocation could not see yet included.
func TestRevocationMeetsRefresh(t *testing.T) {
	for _, c := range []struct {
		name   string
		revoke func(t *testing.T, b *bed, code string, token pair)
	}{
		{"code used twice", func(t *testing.T, b *bed, code string, _ pair) {
			b.token(redemption(b.web, code), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		}},
		{"bulk revocation", func(t *testing.T, b *bed, _ string, _ pair) {
			if err := b.RevokeTokens(t.Context(), server.Command("revoke_oauth2_tokens"), server.Revocation{RefreshTokens: true}); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				code := b.code(t, b.web, b.alice)
				first := b.token(redemption(b.web, code), by(b.web)).succeeded(t, "read write", true)
				var revocation sync.WaitGroup
				b.change(t, func(tx *store.Tx) error {
					old, err := tx.RotateRefreshToken(models.SecretOf(first.refresh).Digest())
					if err != nil {
						return err
					}
					revocation.Go(func() { c.revoke(t, b, code, first) })
					b.awaitBlockedWriter(t)
					next := *old
					next.ID, next.Digest, next.Revoked, next.Reason, next.AccessToken, next.AccessTokenID = 0, models.NewSecret(30).Digest(), nil, "", nil, nil
					return tx.CreateRefreshToken(&next)
				})
				revocation.Wait()
				b.counted(t, map[string]int{"refresh_tokens": 2, "refresh_tokens WHERE revoked IS NULL": 0, "access_tokens": 0})
			})
		})
	}
}

// awaitBlockedWriter returns once another transaction waits for a lock of this one. SQLite has one writer, so there the other one
// waits from its beginning and there is nothing to see.
func (b *bed) awaitBlockedWriter(t *testing.T) {
	t.Helper()
	if b.db.Dialect() == store.SQLite {
		return
	}
	const waiting = `pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	for b.count(t, waiting) == 0 {
		check(t, t.Context().Err())
	}
}
