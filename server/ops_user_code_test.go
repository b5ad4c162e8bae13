package server_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
)

// TestEnterUserCode: what cannot be used is one answer and changes nothing, whatever the reason; what is typed may be untidy.
func TestEnterUserCode(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		enter := func(user *models.User, typed string) error {
			_, err := b.EnterUserCode(t.Context(), as(user), typed)
			return err
		}
		started := b.started(t, b.web)
		approved, denied, ended := b.started(t, b.web), b.started(t, b.web), b.started(t, b.web)
		for n, each := range []codes{approved, denied} {
			check(t, enter(b.alice, each.user))
			check(t, b.DecideDevice(t.Context(), as(b.alice), each.user, n == 0))
		}
		check(t, enter(b.alice, " "+strings.ToLower(strings.ReplaceAll(started.user, "-", " "))))
		check(t, enter(b.alice, started.user)) // again, as when a page is loaded anew
		b.db.Clock.Advance(600 * time.Second)
		fresh := b.started(t, b.web)
		check(t, enter(b.alice, fresh.user))
		for name, c := range map[string]struct {
			user  *models.User
			typed string
		}{
			"nothing": {b.alice, ""}, "too short": {b.alice, "BCDF"}, "unknown": {b.alice, "BCDF-BCDF"}, "the device code": {b.alice, fresh.device},
			"expired": {b.alice, ended.user}, "approved": {b.alice, approved.user}, "denied": {b.alice, denied.user}, "somebody else's": {b.bob, fresh.user},
			"even for a superuser": {b.admin, fresh.user},
		} {
			b.unchanged(t, func() {
				if err := enter(c.user, c.typed); !errors.Is(err, server.ErrWrongUserCode) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	})
}

// TestDecideDevice: only who entered the code decides it, once; nobody learns more.
func TestDecideDevice(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started := b.started(t, b.web, "scope", "read")
		decide := func(user *models.User, approve bool) error {
			return b.DecideDevice(t.Context(), as(user), started.user, approve)
		}
		refused := func(name string, user *models.User) {
			t.Helper()
			for _, approve := range []bool{true, false} {
				b.unchanged(t, func() {
					if err := decide(user, approve); !errors.Is(err, server.ErrWrongUserCode) {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
		}
		refused("before it is entered", b.alice)
		_, err := b.EnterUserCode(t.Context(), as(b.alice), started.user)
		check(t, err)
		refused("by another", b.bob)
		refused("by a superuser", b.admin)
		check(t, decide(b.alice, true))
		refused("a second time", b.alice)
		b.token(poll(started.device), by(b.web)).succeeded(t, "read", true)
		refused("after it was redeemed", b.alice)
	})
}

// TestDeviceIsForUsers: nobody, and users who may not have tokens, neither enter nor decide.
func TestDeviceIsForUsers(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started := b.started(t, b.web)
		external := *b.bob
		external.ExternalAccount = "ldap"
		for outcome, actor := range map[models.Outcome]server.Actor{models.Unauthenticated: {}, models.Forbidden: as(&external)} {
			b.unchanged(t, func() {
				_, entering := b.EnterUserCode(t.Context(), actor, started.user)
				for _, err := range []error{entering, b.DecideDevice(t.Context(), actor, started.user, true), b.DecideDevice(t.Context(), actor, started.user, false)} {
					var denied *models.Denied
					if !errors.As(err, &denied) || denied.Outcome != outcome {
						t.Errorf("%v, want %s", err, outcome)
					}
				}
			})
		}
	})
}

// TestDeviceIsAlwaysAsked: an approval is no consent to an authorization request, but it bounds what the token can be raised to.
func TestDeviceIsAlwaysAsked(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice, "scope", "read")
		if !b.needsConsent(t, b.alice, b.asked(t, b.web, "scope", "read")) {
			t.Error("the approval of a device answered for an authorization request")
		}
		token := b.presented(t, b.token(poll(code), by(b.web)).succeeded(t, "read", true).access)
		wider := "write"
		b.refuses(t, "invalid scope", "The scope cannot exceed what the user consented to.", func() error {
			_, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, token.ID, server.TokenInput{Scope: &wider})
			return err
		})
		b.approved(t, b.web, b.alice, "scope", "write")
		b.approved(t, b.web, b.alice, "scope", "read") // takes nothing away from that
		_, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, token.ID, server.TokenInput{Scope: &wider})
		check(t, err)
	})
}

// TestUserCodeRace: of many people who enter one code at once, one is asked; of many decisions of theirs one counts.
func TestUserCodeRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		started, people := b.started(t, b.web), []*models.User{b.alice, b.bob, b.admin, b.member}
		var asked, decided atomic.Int64
		race(func(n int) {
			_, err := b.EnterUserCode(t.Context(), as(people[n%len(people)]), started.user)
			if err == nil {
				asked.Add(1)
			} else if !errors.Is(err, server.ErrWrongUserCode) {
				t.Error(err)
			}
		})
		if asked.Load() != racers/int64(len(people)) { // each came as often
			t.Errorf("%d were asked, want one person", asked.Load())
		}
		race(func(n int) {
			err := b.DecideDevice(t.Context(), as(people[n%len(people)]), started.user, n < racers/2)
			if err == nil {
				decided.Add(1)
			} else if !errors.Is(err, server.ErrWrongUserCode) {
				t.Error(err)
			}
		})
		if decided.Load() != 1 {
			t.Errorf("%d decisions counted, want 1", decided.Load())
		}
	})
}
