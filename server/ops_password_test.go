package server

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const (
	rightPassword = "correct horse battery"
	parameters    = "$argon2id$v=19$m=19456,t=2,p=1$" // RFC 9106, OWASP's first choice
)

func gate(t *testing.T, seats int) *passwordGate {
	t.Helper()
	g, err := newPasswordGate(seats)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func digested(t *testing.T, g *passwordGate, password string) models.PasswordDigest {
	t.Helper()
	digest, err := g.digest(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// TestPasswordDigest: argon2id with its parameters, a salt of its own each time, 32 bytes.
func TestPasswordDigest(t *testing.T) {
	t.Parallel()
	g := gate(t, 2)
	first, second := string(digested(t, g, rightPassword)), string(digested(t, g, rightPassword))
	for _, digest := range []string{first, second, string(g.dummy)} {
		salt, key, found := strings.Cut(strings.TrimPrefix(digest, parameters), "$")
		if !strings.HasPrefix(digest, parameters) || !found || len(salt) < 22 || len(key) != 43 {
			t.Errorf("stored as %q", strings.ReplaceAll(digest, key, "…"))
		}
	}
	if first == second {
		t.Error("two digests of one password are equal: the salt is not random")
	}
}

// TestPasswordVerify: nobody but the active user with a usable digest is ever right, whatever the dummy is.
func TestPasswordVerify(t *testing.T) {
	t.Parallel()
	g := gate(t, 2)
	g.dummy = digested(t, g, rightPassword)
	alice := func(change func(*models.User)) *models.User {
		user := &models.User{IsActive: true, Password: g.dummy}
		change(user)
		return user
	}
	for _, test := range []struct {
		name     string
		user     *models.User
		password string
		want     bool
	}{
		{"right", alice(func(*models.User) {}), rightPassword, true},
		{"wrong", alice(func(*models.User) {}), rightPassword + "x", false},
		{"empty", alice(func(*models.User) {}), "", false},
		{"too long to be one", alice(func(u *models.User) { u.Password = digested(t, g, strings.Repeat("x", 1025)) }), strings.Repeat("x", 1025), false},
		{"the longest", alice(func(u *models.User) { u.Password = digested(t, g, strings.Repeat("x", 1024)) }), strings.Repeat("x", 1024), true},
		{"disabled", alice(func(u *models.User) { u.IsActive = false }), rightPassword, false},
		{"no password", alice(func(u *models.User) { u.Password = "" }), rightPassword, false},
		{"unusable password", alice(func(u *models.User) { u.Password = "!" + g.dummy }), rightPassword, false},
		{"unknown user", nil, rightPassword, false},
	} {
		got, err := g.verify(t.Context(), test.user, test.password, admitted)
		if err != nil || got != test.want {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

// TestPasswordGateBounds: no more at once than there are seats; who waits goes when its context ends, and does its work when a seat is free.
func TestPasswordGateBounds(t *testing.T) {
	t.Parallel()
	g := gate(t, 2)
	user := &models.User{IsActive: true, Password: digested(t, g, rightPassword)}
	var leave []func()
	for range 2 {
		next, err := g.enter(t.Context(), ownMemory)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, next)
	}
	gone, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := g.digest(ctx, rightPassword); return err },
		func(ctx context.Context) error { _, err := g.verify(ctx, user, rightPassword, admitted); return err },
		func(ctx context.Context) error { _, err := g.verify(ctx, nil, rightPassword, admitted); return err }, // an unknown user waits as well
	} {
		waiting.Go(func() {
			if err := step(gone); !errors.Is(err, context.Canceled) {
				t.Errorf("one who waits for a seat and goes gets %v", err)
			}
		})
	}
	cancel()
	waiting.Wait()
	done := make(chan bool)
	go func() {
		ok, err := g.verify(t.Context(), user, rightPassword, admitted)
		done <- ok && err == nil
	}()
	leave[0]()
	if !<-done {
		t.Error("one who waited for a seat was not verified")
	}
	leave[1]()
	if len(g.seats) != 0 {
		t.Errorf("%d seats stay taken", len(g.seats))
	}
}

// admitted lets everybody through.
func admitted() error { return nil }

// TestAuthenticateUnknownTakesASeat: an unknown name is verified like a known one, before it is refused.
func TestAuthenticateUnknownTakesASeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(t.Context(), "nobody", rightPassword); !errors.Is(err, ErrWrongCredentials) {
			t.Errorf("an unknown name gets %v", err)
		}
		s.passwords.dummy = "no digest"
		if _, err := s.Authenticate(t.Context(), "nobody", rightPassword); err == nil || errors.Is(err, ErrWrongCredentials) {
			t.Errorf("an unknown name is not verified against the dummy: %v", err)
		}
	})
}

// TestThrottledTakesNoSeat: after too many failures nothing is verified any more, of unknown names as of known ones.
func TestThrottledTakesNoSeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		once := DefaultLimits()
		once.Account.Failures = 1
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org", Policy: models.DefaultPolicy(), Limits: once})
		if err != nil {
			t.Fatal(err)
		}
		user := &models.User{Username: "alice", IsActive: true, Password: digested(t, s.passwords, rightPassword)}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUser(user) }); err != nil {
			t.Fatal(err)
		}
		for _, username := range []string{"alice", "nobody"} {
			if _, err := s.Authenticate(t.Context(), username, "wrong"); !errors.Is(err, ErrWrongCredentials) {
				t.Errorf("%s: %v", username, err)
			}
		}
		user.Password, s.passwords.dummy = "no digest", "no digest"
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateUser(user) }); err != nil {
			t.Fatal(err)
		}
		for _, username := range []string{"alice", "nobody"} {
			var throttled *Throttled
			if _, err := s.Authenticate(t.Context(), username, rightPassword); !errors.As(err, &throttled) {
				t.Errorf("%s: %v, want to be throttled", username, err)
			}
		}
	})
}

// TestRefusedIsNotCounted: whom others overtake on the way to be counted has no count that could be taken back.
func TestRefusedIsNotCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		try := &attempt{}
		try.add(models.AccountSubject("alice"), models.Bound{Failures: 1, Seconds: 60})
		if at, err := s.count(t.Context(), &try.tally); err != nil || !at.Equal(db.Now()) {
			t.Fatalf("counted at %v, %v", at, err)
		}
		var throttled *Throttled
		if at, err := s.count(t.Context(), &try.tally); !errors.As(err, &throttled) || !at.IsZero() {
			t.Errorf("one too many is counted at %v, %v", at, err)
		}
		if err := s.withdraw(t.Context(), try, nil); err != nil {
			t.Error(err)
		}
		if failures, err := try.standing(db.Read(t.Context())); failures != 1 || !errors.As(err, &throttled) {
			t.Errorf("%d failures are left, want 1 (%v)", failures, err)
		}
	})
}
