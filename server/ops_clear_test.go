package server_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

var clearing = server.Command("cleartokens")

// perishable stores access tokens, the first few of them with a refresh token, and as many codes, all made and expiring at these times.
func (b *bed) perishable(t testing.TB, number, withRefresh int, made, expires time.Time) {
	t.Helper()
	b.change(t, func(tx *store.Tx) error {
		for n := range number {
			access := &models.AccessToken{Digest: models.NewSecret(30).Digest(), UserID: &b.alice.ID, ApplicationID: &b.web.ID, Scope: models.ScopeRead,
				Expires: expires, Platform: models.Gateway, FamilyID: models.RandomText(22)}
			code := &models.AuthorizationCode{Digest: models.NewSecret(30).Digest(), ApplicationID: b.web.ID, UserID: b.alice.ID,
				Scope: models.ScopeRead, FamilyID: models.RandomText(22), Created: made, Expires: expires}
			if err := firstError(tx.CreateAccessToken(access), tx.CreateAuthorizationCode(code)); err != nil {
				return err
			}
			if n >= withRefresh {
				continue
			}
			refresh := &models.RefreshToken{Digest: models.NewSecret(30).Digest(), ApplicationID: b.web.ID, UserID: &b.alice.ID, AccessTokenID: &access.ID,
				Scope: models.ScopeRead, Platform: models.Gateway, FamilyID: access.FamilyID, Created: made, Expires: made.Add(time.Hour)}
			if err := tx.CreateRefreshToken(refresh); err != nil {
				return err
			}
		}
		return nil
	})
}

// shortLived makes refresh tokens live an hour, and clears ten rows at once.
func shortLived(o *server.Options) {
	o.Lifetimes.RefreshToken, o.ClearBatchSize = 3600, 10
}

// TestClearTokens: case 60, with the batch size of the product and with 10; one entry for a run, none for a run without work.
func TestClearTokens(t *testing.T) {
	for name, options := range map[string]func(*server.Options){"batches of 10": shortLived, "one batch": func(o *server.Options) { o.Lifetimes.RefreshToken = 3600 }} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				now := b.db.Now()
				b.perishable(t, 100, 25, now.Add(-3*time.Hour), now.Add(-2*time.Hour))
				b.perishable(t, 100, 25, now, now.Add(time.Hour))
				live := b.query(t, "SELECT id FROM access_tokens WHERE id > 100")
				for _, actor := range []server.Actor{as(b.alice), as(b.auditor), {}} {
					b.refuses(t, "forbidden", "", func() error {
						_, err := b.ClearTokens(t.Context(), actor)
						return err
					})
				}
				b.records(t, func() {
					cleared, err := b.ClearTokens(t.Context(), clearing)
					check(t, err)
					if diff := cmp.Diff(server.Cleared{AccessTokens: 100, RefreshTokens: 25, AuthorizationCodes: 100}, cleared); diff != "" {
						t.Errorf("cleared (-want +got):\n%s", diff)
					}
				}, "delete oauth2accesstoken 0 by nobody, command:cleartokens (cleared 100 access tokens, 25 refresh tokens, 100 authorization codes, 0 sessions)")
				if diff := cmp.Diff(live, b.query(t, "SELECT id FROM access_tokens")); diff != "" {
					t.Errorf("access tokens left (-want +got):\n%s", diff)
				}
				b.counted(t, map[string]int{"refresh_tokens WHERE access_token_id > 100": 25, "refresh_tokens": 25,
					"authorization_codes": 100, "authorization_codes WHERE id > 100": 100})
				b.unchanged(t, func() {
					cleared, err := b.ClearTokens(t.Context(), clearing)
					check(t, err)
					if cleared != (server.Cleared{}) {
						t.Errorf("the second run cleared %+v", cleared)
					}
				})
			}, options)
		})
	}
}

// TestClearTokensKeeps: case 61 and contract §6: what a refresh token of use may still need, or a reuse be detected by, stays.
func TestClearTokensKeeps(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		now := b.db.Now()
		b.perishable(t, 20, 5, now.Add(-30*time.Minute), now.Add(-20*time.Minute)) // R is longer than this age
		alone := func(created time.Time, revoked *time.Time) {
			b.change(t, func(tx *store.Tx) error {
				return tx.CreateRefreshToken(&models.RefreshToken{Digest: models.NewSecret(30).Digest(), Hint: "solo", ApplicationID: b.web.ID, UserID: &b.alice.ID,
					Scope: models.ScopeRead, Platform: models.Gateway, FamilyID: "f", Created: created, Expires: created.Add(time.Hour), Revoked: revoked})
			})
		}
		hour := now.Add(-time.Hour)
		alone(hour, nil)                                       // at its end: kept
		alone(hour.Add(-time.Microsecond), nil)                // past it: cleared
		alone(now.AddDate(-1, 0, 0), &hour)                    // revoked as long ago as R: kept
		alone(now.AddDate(-1, 0, 0), pointer(hour.Add(-1000))) // longer: cleared
		alone(now.AddDate(-1, 0, 0), &now)                     // revoked just now: kept
		b.perishable(t, 1, 0, now, now)                        // expires at this moment
		cleared, err := b.ClearTokens(t.Context(), clearing)
		check(t, err)
		if diff := cmp.Diff(server.Cleared{AccessTokens: 15, RefreshTokens: 2, AuthorizationCodes: 20}, cleared); diff != "" {
			t.Errorf("cleared (-want +got):\n%s", diff)
		}
		b.counted(t, map[string]int{"refresh_tokens WHERE access_token_id IS NOT NULL": 5, "refresh_tokens WHERE hint = 'solo'": 3})
		b.db.Clock.Advance(time.Microsecond)
		cleared, err = b.ClearTokens(t.Context(), clearing)
		check(t, err)
		if diff := cmp.Diff(server.Cleared{AccessTokens: 1, RefreshTokens: 2, AuthorizationCodes: 1}, cleared); diff != "" {
			t.Errorf("cleared a moment later (-want +got):\n%s", diff)
		}
	}, shortLived)
}

// TestClearTokensStopped: a run that is stopped has told of what it did, and the next one does the rest.
func TestClearTokensStopped(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		now := b.db.Now()
		b.perishable(t, 25, 0, now.Add(-3*time.Hour), now.Add(-2*time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		waiting := newServer(t, b.db, shortLived, func(o *server.Options) { o.ClearInterval = time.Hour })
		done := make(chan error)
		var cleared server.Cleared
		go func() {
			var err error
			cleared, err = waiting.ClearTokens(ctx, clearing)
			done <- err
		}()
		for b.count(t, "access_tokens") == 25 { // until the first batch is durable
			check(t, t.Context().Err())
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the stopped run ends with %v", err)
		}
		if cleared.AccessTokens != 10 || b.noted(t, "cleared 10 access tokens, 0 refresh tokens, 0 authorization codes, 0 sessions (stopped before the end)") != 1 {
			t.Errorf("the stopped run cleared %+v and did not tell", cleared)
		}
		rest, err := b.ClearTokens(t.Context(), clearing)
		check(t, err)
		if diff := cmp.Diff(server.Cleared{AccessTokens: 15, AuthorizationCodes: 25}, rest); diff != "" {
			t.Errorf("the next run cleared (-want +got):\n%s", diff)
		}
	}, shortLived)
}

// TestClearSessions: case 62, in batches, with one entry.
func TestClearSessions(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var ids []string
		for n := range 25 {
			_, err := b.StartSession(t.Context(), as(b.alice), b.alice, fmt.Sprint("browser ", n))
			check(t, err)
		}
		b.db.Clock.Advance(1799 * time.Second)
		for range 2 {
			_, err := b.StartSession(t.Context(), as(b.bob), b.bob, "later")
			check(t, err)
		}
		ids = b.query(t, "SELECT id FROM sessions WHERE agent = 'later'")
		cleared, err := b.ClearSessions(t.Context(), server.Command("clearsessions"))
		check(t, err)
		if cleared.Sessions != 0 {
			t.Errorf("cleared %d sessions a second before they end", cleared.Sessions)
		}
		b.db.Clock.Advance(time.Second)
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.ClearSessions(t.Context(), as(b.alice))
			return err
		})
		b.records(t, func() {
			cleared, err := b.ClearSessions(t.Context(), server.Command("clearsessions"))
			check(t, err)
			if diff := cmp.Diff(server.Cleared{Sessions: 25}, cleared); diff != "" {
				t.Errorf("cleared (-want +got):\n%s", diff)
			}
		}, "delete session 0 by nobody, command:clearsessions (cleared 0 access tokens, 0 refresh tokens, 0 authorization codes, 25 sessions)")
		if diff := cmp.Diff(ids, b.query(t, "SELECT id FROM sessions")); diff != "" {
			t.Errorf("sessions left (-want +got):\n%s", diff)
		}
	}, shortLived)
}
