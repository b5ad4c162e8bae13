package server_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestConfirmActor: one's own password confirms who is there, and is throttled like a sign-in, so that nobody guesses it this way.
func TestConfirmActor(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		confirm := func(actor server.Actor, password string) error { return b.ConfirmActor(t.Context(), actor, password) }
		check(t, confirm(as(b.alice), testPassword))
		for _, password := range []string{"", "wrong", testPassword + " "} {
			if err := confirm(as(b.alice), password); !errors.Is(err, server.ErrWrongCredentials) {
				t.Errorf("%q: %v", password, err)
			}
		}
		if got := outcome(confirm(server.Actor{}, testPassword)); got != "unauthenticated" {
			t.Errorf("nobody: %s", got)
		}
		renamed := *b.bob
		renamed.Username = "alice" // as the actor of a request that began before a renaming
		if err := confirm(as(&renamed), testPassword); !errors.Is(err, server.ErrWrongCredentials) {
			t.Errorf("another's password: %v", err)
		}
		var throttled *server.Throttled
		for range 20 {
			if err := confirm(as(b.alice), "wrong"); errors.As(err, &throttled) {
				break
			}
		}
		if throttled == nil || !errors.As(confirm(as(b.alice), testPassword), &throttled) {
			t.Errorf("after many failures it goes on")
		}
	})
}

// TestConfirmActorWithoutPassword: who signs in elsewhere is not locked out: a sign-in of the last five minutes confirms, whatever is typed.
func TestConfirmActorWithoutPassword(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		ldap := &models.User{Username: "elsewhere", ExternalAccount: "ldap", IsActive: true, Stamps: models.Stamps{Created: b.db.Now(), Modified: b.db.Now()}}
		b.change(t, func(tx *store.Tx) error { return tx.CreateUser(ldap) })
		id, err := b.StartSession(t.Context(), server.Actor{Origin: "console"}, ldap, "a browser")
		check(t, err)
		confirm := func() error {
			session, user, err := b.AuthenticateSession(t.Context(), id)
			check(t, err)
			actor := as(user)
			actor.Session = session
			return b.ConfirmActor(t.Context(), actor, "")
		}
		check(t, confirm())
		b.db.Clock.Advance(server.RecentSignIn*time.Second - time.Microsecond)
		check(t, confirm())
		b.db.Clock.Advance(time.Microsecond)
		if err := confirm(); !errors.Is(err, server.ErrSignInAgain) {
			t.Errorf("after five minutes: %v", err)
		}
		if err := b.ConfirmActor(t.Context(), as(ldap), testPassword); !errors.Is(err, server.ErrSignInAgain) {
			t.Errorf("without a session: %v", err)
		}
	})
}
