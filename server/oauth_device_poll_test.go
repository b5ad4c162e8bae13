package server_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const (
	noDeviceCode = "The device code is invalid."
	pendingYet   = "The user has not decided yet."
	tooOften     = "The device asks too often. Leave 5 seconds more between two requests from now on."
)

// TestDeviceGrant: a device asks until its user has approved, and gets tokens of that user with what was asked for.
func TestDeviceGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []client{b.web, b.native} {
			t.Run(c.Name, func(t *testing.T) {
				started := b.started(t, c, "scope", "read")
				b.token(poll(started.device), by(c)).refused(t, 400, server.AuthorizationPending, pendingYet)
				request, err := b.EnterUserCode(t.Context(), as(b.alice), started.user)
				check(t, err)
				if request.UserCode != started.user || request.Scope != "read" || request.Application.ID != c.ID || request.Application.Organization.Name != "O" {
					t.Errorf("the person is asked about %+v", request)
				}
				b.db.Clock.Advance(5 * time.Second)
				b.token(poll(started.device), by(c)).refused(t, 400, server.AuthorizationPending, pendingYet)
				check(t, b.DecideDevice(t.Context(), as(b.alice), started.user, true))

				var got pair
				entries := b.recorded(t, func() { // at once, by Basic with client_id beside it and the scope again, as golang.org/x/oauth2 asks
					got = b.token(with(poll(started.device), "scope", "read", "client_id", c.ClientID), basicOf(c)...).succeeded(t, "read", true)
				})
				token := b.presented(t, got.access)
				if *token.UserID != b.alice.ID || *token.ApplicationID != c.ID || token.Platform != models.Gateway || len(entries) != 1 ||
					entries[0].Operation != models.OperationCreate || entries[0].ObjectID != token.ID || entries[0].Origin != "oauth" {
					t.Errorf("issued %+v, noted %+v", token, entries)
				}
				b.token(refreshGrant(got.refresh), by(c)).succeeded(t, "read", true)
			})
		}
	})
}

// basicOf authenticates in the header where the client has a secret.
func basicOf(c client) []option {
	if c.Secret == "" {
		return nil
	}
	return []option{by(c)}
}

// TestDeviceGrantRefused: nobody but the client gets anything for the code, and nothing is spent.
func TestDeviceGrantRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice)
		for _, c := range []struct {
			name        string
			values      map[string][]string
			by          option
			status      int
			code        server.ErrorCode
			description string
		}{
			{"no code", poll(""), by(b.web), 400, server.InvalidRequest, "Missing device_code parameter."},
			{"an unknown code", poll(models.RandomText(30)), by(b.web), 400, server.InvalidGrant, noDeviceCode},
			{"bytes", poll("\u202e'\" OR 1=1 --\r\n"), by(b.web), 400, server.InvalidGrant, noDeviceCode},
			{"another client's code", poll(code), by(b.native), 400, server.InvalidGrant, noDeviceCode},
			{"by a client without the grant", poll(code), by(b.job), 400, server.UnauthorizedClient, "This client may not use this grant type."},
			{"a failed authentication", poll(code), basic(b.web.ClientID + ":x"), 401, server.InvalidClient, clientFailed},
			{"as an authorization code", form("grant_type", "authorization_code", "code", code), by(b.web), 400, server.InvalidGrant, "The authorization code is invalid."},
			{"as a refresh token", refreshGrant(code), by(b.web), 400, server.InvalidGrant, "The refresh token is invalid."},
			{"an authorization code", poll(b.code(t, b.web, b.alice)), by(b.web), 400, server.InvalidGrant, noDeviceCode},
		} {
			t.Run(c.name, func(t *testing.T) {
				b.unchanged(t, func() { b.token(c.values, c.by).refused(t, c.status, c.code, c.description) })
			})
		}
		b.token(poll(code), by(b.web)).succeeded(t, "read write", true)
	})
}

// TestDeviceCodeUsedTwice: the second use is refused and harms nothing: a device that lost the answer asks again.
func TestDeviceCodeUsedTwice(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice)
		got := b.token(poll(code), by(b.web)).succeeded(t, "read write", true)
		b.unchanged(t, func() {
			b.token(poll(code), by(b.web)).refused(t, 400, server.InvalidGrant, noDeviceCode)
			b.token(poll(code), by(b.native)).refused(t, 400, server.InvalidGrant, noDeviceCode)
		})
		b.db.Clock.Advance(time.Hour)
		b.unchanged(t, func() { b.token(poll(code), by(b.web)).refused(t, 400, server.InvalidGrant, noDeviceCode) })
		if !b.accepts(t, models.FaceGateway, got.access) {
			t.Error("the token died of the second use")
		}
	})
}

// TestDeviceCodeRace: of many polls at once exactly one gets tokens.
func TestDeviceCodeRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.native, b.alice)
		var won atomic.Int64
		race(func(int) {
			a := b.token(poll(code), by(b.native))
			if a.Code == 200 {
				won.Add(1)
				return
			}
			a.refused(t, 400, server.InvalidGrant, noDeviceCode)
		})
		if won.Load() != 1 {
			t.Errorf("%d polls got tokens, want 1", won.Load())
		}
		b.counted(t, map[string]int{"access_tokens": 1, "refresh_tokens": 1, "device_codes WHERE state = 'redeemed'": 1})
	})
}

// TestSlowDown: each poll that comes too soon adds 5 seconds, which stay although the answer is an error (RFC 8628 §3.5); racing polls
// each count.
func TestSlowDown(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started := b.started(t, b.web)
		ask := func(after time.Duration, code server.ErrorCode, description string, interval int) {
			t.Helper()
			b.db.Clock.Advance(after)
			b.token(poll(started.device), by(b.web)).refused(t, 400, code, description)
			var kept int
			check(t, b.tables.QueryRowContext(t.Context(), "SELECT interval_seconds FROM device_codes").Scan(&kept))
			if kept != interval {
				t.Errorf("the interval is %d, want %d", kept, interval)
			}
		}
		ask(0, server.AuthorizationPending, pendingYet, 5)
		ask(4*time.Second, server.SlowDown, tooOften, 10)
		ask(5*time.Second, server.SlowDown, tooOften, 15)
		ask(15*time.Second, server.AuthorizationPending, pendingYet, 15)
		ask(14*time.Second, server.SlowDown, tooOften, 20)
		race(func(int) { b.token(poll(started.device), by(b.web)).refused(t, 400, server.SlowDown, tooOften) })
		ask((20+5*racers)*time.Second, server.AuthorizationPending, pendingYet, 20+5*racers)
		b.unchanged(t, func() { // others do not slow it down
			b.token(poll(started.device), by(b.native)).refused(t, 400, server.InvalidGrant, noDeviceCode)
			b.token(poll(started.device), basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed)
		})
	})
}

// TestPollMeetsDecision: a poll that arrives while its user is deciding waits. It is answered as before the decision where it had looked
// before it (PostgreSQL), or after it, and the next poll gets the tokens in any case.
func TestPollMeetsDecision(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started := b.started(t, b.web)
		_, err := b.EnterUserCode(t.Context(), as(b.alice), started.user)
		check(t, err)
		userCode, _ := models.ParseUserCode(started.user)
		var device sync.WaitGroup
		var got answer
		b.change(t, func(tx *store.Tx) error {
			if _, err := tx.DecideDeviceCode(userCode.Digest(), b.alice.ID, models.DeviceApproved); err != nil {
				return err
			}
			device.Go(func() { got = b.token(poll(started.device), by(b.web)) })
			b.awaitBlockedWriter(t)
			return nil
		})
		device.Wait()
		if b.db.Dialect() == store.PostgreSQL {
			got.refused(t, 400, server.AuthorizationPending, pendingYet)
			got = b.token(poll(started.device), by(b.web))
		}
		got.succeeded(t, "read write", true)
	})
}

// TestDeviceDenied: the device is told, as often as it asks.
func TestDeviceDenied(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started := b.started(t, b.web)
		_, err := b.EnterUserCode(t.Context(), as(b.alice), started.user)
		check(t, err)
		check(t, b.DecideDevice(t.Context(), as(b.alice), started.user, false))
		b.unchanged(t, func() {
			for range 2 {
				b.token(poll(started.device), by(b.web)).refused(t, 400, server.AccessDenied, "The resource owner denied the request.")
			}
		})
		b.counted(t, map[string]int{"consents": 0, "access_tokens": 0})
	})
}

// TestDeviceExpires: also after approval, when the device did not fetch its tokens in time.
func TestDeviceExpires(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice)
		b.db.Clock.Advance(600 * time.Second)
		b.unchanged(t, func() {
			b.token(poll(code), by(b.web)).refused(t, 400, server.ExpiredToken, "The device code has expired.")
		})
	})
}

// TestDeviceOfUser: who approved may be disabled, or external, by the time the device asks; the code is not spent by that.
func TestDeviceOfUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice)
		become := func(change func(*models.User)) {
			change(b.alice)
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		}
		become(func(u *models.User) { u.IsActive = false })
		b.unchanged(t, func() { b.token(poll(code), by(b.web)).refused(t, 400, server.InvalidGrant, noDeviceCode) })
		become(func(u *models.User) { u.IsActive, u.ExternalAccount = true, "ldap" })
		b.unchanged(t, func() {
			b.token(poll(code), by(b.web)).refused(t, 400, server.AccessDenied, models.ReasonExternalUser+" (ldap)")
			b.another(t, legacyTexts).token(poll(code), by(b.web)).legacy(t, "(access_denied) "+models.ReasonExternalUser+" (ldap)")
		})
		become(func(u *models.User) { u.ExternalAccount = "" })
		b.token(poll(code), by(b.web)).succeeded(t, "read write", true)
	})
}

// TestDeviceWithoutRefreshGrant: a client that is not registered for refreshing gets no refresh token; one that lost the grant nothing.
func TestDeviceWithoutRefreshGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first, second := b.approved(t, b.web, b.alice), b.approved(t, b.web, b.alice)
		for _, grants := range []models.Words{{models.GrantDeviceCode}, {models.GrantPassword}} {
			b.web.GrantTypes = grants
			b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
			if grants[0] == models.GrantDeviceCode {
				b.token(poll(first), by(b.web)).succeeded(t, "read write", false)
			}
		}
		b.unchanged(t, func() {
			b.token(poll(second), by(b.web)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
		})
	})
}
