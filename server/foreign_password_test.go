package server

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const (
	largeDigest = "argon2$argon2id$v=19$m=102400,t=1,p=1$SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ$oL/RRgA5mR2IWGhaYh+hng"
	smallDigest = "pbkdf2_sha256$1$seasalt$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc="
)

// TestPasswordGateLarge: of what takes much memory one is computed at a time, and those who wait for it keep no seat from the others.
func TestPasswordGateLarge(t *testing.T) {
	t.Parallel()
	g := gate(t, 3)
	leave, err := g.enter(t.Context(), 102400)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	for range 5 {
		go func() {
			_, err := g.matches(t.Context(), largeDigest, "x", admitted)
			waiting <- err
		}()
	}
	for _, digest := range []models.PasswordDigest{smallDigest, g.dummy, smallDigest} {
		if _, err := g.matches(t.Context(), digest, "x", admitted); err != nil {
			t.Error(err)
		}
	}
	if len(g.seats) != 1 || len(g.large) != 1 {
		t.Errorf("%d seats and %d large ones are taken, want those of the first", len(g.seats), len(g.large))
	}
	leave()
	for range 5 {
		if err := <-waiting; err != nil {
			t.Error(err)
		}
	}
	if len(g.seats) != 0 || len(g.large) != 0 {
		t.Errorf("%d seats and %d large ones stay taken", len(g.seats), len(g.large))
	}
}

// TestPasswordGateLargeGone: who goes while they wait for either gives back what they have.
func TestPasswordGateLargeGone(t *testing.T) {
	t.Parallel()
	g := gate(t, 1)
	gone := errors.New("gone")
	for _, taken := range []chan struct{}{g.large, g.seats} {
		taken <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error)
		go func() {
			_, err := g.matches(ctx, largeDigest, "x", admitted)
			waiting <- err
		}()
		for len(g.large) == 0 { // until it waits for the seat
			runtime.Gosched()
		}
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("who goes while they wait gets %v", err)
		}
		<-taken
	}
	if len(g.large) != 0 {
		t.Fatal("who went keeps the large seat")
	}
	if _, err := g.matches(t.Context(), largeDigest, "x", func() error { return gone }); !errors.Is(err, gone) {
		t.Errorf("who is not admitted gets %v", err)
	}
	if len(g.seats) != 0 || len(g.large) != 0 {
		t.Errorf("%d seats and %d large ones stay taken", len(g.seats), len(g.large))
	}
}

// TestVerifyNewer: a sign-in whose digest was replaced while it was verified is held to what is stored now.
func TestVerifyNewer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		same, another := digested(t, s.passwords, rightPassword), digested(t, s.passwords, "another password")
		for _, test := range []struct {
			name   string
			change func(*models.User)
			want   bool
		}{
			{"stored anew", func(u *models.User) { u.Password = same }, true},
			{"changed", func(u *models.User) { u.Password = another }, false},
			{"made unusable", func(u *models.User) { u.Password = "!" }, false},
			{"stored anew and disabled", func(u *models.User) { u.Password, u.IsActive = same, false }, false},
		} {
			user := &models.User{Username: test.name, IsActive: true, Password: smallDigest}
			write(t, db, func(tx *store.Tx) error { return tx.CreateUser(user) })
			newer := *user
			test.change(&newer)
			write(t, db, func(tx *store.Tx) error { return tx.UpdateUser(&newer) })
			ok, err := s.storeAnew(t.Context(), user, rightPassword)
			if err != nil || ok != test.want || ok != (user.Password == newer.Password) {
				t.Errorf("%s: %v, %v, want %v", test.name, ok, err, test.want)
			}
			if stored, err := db.Read(t.Context()).User(user.ID); err != nil || stored.Password != newer.Password {
				t.Errorf("%s: what was stored is replaced (%v)", test.name, err)
			}
		}
		if ok, err := s.storeAnew(t.Context(), &models.User{ID: 4711, Password: smallDigest}, rightPassword); ok || err != nil {
			t.Errorf("deleted: %v, %v", ok, err)
		}
	})
}

func write(t *testing.T, db storetest.DB, change func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// TestRemainder: what a failure costs in all is the same, whatever the password is kept as.
func TestRemainder(t *testing.T) {
	t.Parallel()
	kept := func(digest models.PasswordDigest) *models.User { return &models.User{Password: digest} }
	pbkdf2 := func(iterations string) *models.User {
		return kept(models.PasswordDigest("pbkdf2_sha256$" + iterations + strings.TrimPrefix(smallDigest, "pbkdf2_sha256$1")))
	}
	ours := kept("$argon2id$v=19$m=19456,t=2,p=1$SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ$oL/RRgA5mR2IWGhaYh+hng")
	for _, test := range []struct {
		name       string
		user       *models.User
		most       int64
		iterations int64
		ours       bool
	}{
		{"unknown", nil, 600_000, 600_000, false},
		{"ours", ours, 600_000, 600_000, false},
		{"unusable, like unknown", kept("!"), 600_000, 600_000, false},
		{"the dearest", pbkdf2("600000"), 600_000, 0, true},
		{"a cheaper one", pbkdf2("260000"), 600_000, 340_000, true},
		{"a dearer one, come since", pbkdf2("720000"), 600_000, 0, true},
		{"another function", kept(largeDigest), 600_000, 0, true},
		{"none is left, unknown", nil, 0, 0, false},
		{"none is left, ours", ours, 0, 0, false},
		{"none is left, another function", kept(largeDigest), 0, 0, false},
	} {
		if iterations, ours := remainder(test.user, test.most); iterations != test.iterations || ours != test.ours {
			t.Errorf("%s: %d, %t, want %d, %t", test.name, iterations, ours, test.iterations, test.ours)
		}
	}
}

// TestDummies: they can be computed, and nothing matches them.
func TestDummies(t *testing.T) {
	t.Parallel()
	g := gate(t, 1)
	for _, test := range []struct {
		iterations int64
		ours       bool
		want       int
	}{{0, false, 0}, {1, false, 1}, {0, true, 1}, {1, true, 2}} {
		digests := g.dummies(test.iterations, test.ours)
		if len(digests) != test.want {
			t.Errorf("%d iterations, ours %t: %d digests, want %d", test.iterations, test.ours, len(digests), test.want)
		}
		for _, each := range digests {
			if matches, err := each.MatchAdvanced(""); matches || err != nil {
				t.Errorf("%d iterations, ours %t: %t, %v", test.iterations, test.ours, matches, err)
			}
		}
	}
}

// TestFailureIsEvenedOut: a failure, whoever's, asks what the dearest one costs; a success does not.
func TestFailureIsEvenedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		ours := &models.User{Username: "ours", IsActive: true, Password: digested(t, s.passwords, rightPassword)}
		disabled := &models.User{Username: "disabled", Password: ours.Password}
		foreign := &models.User{Username: "foreign", IsActive: true, Password: smallDigest}
		for _, each := range []*models.User{ours, disabled, foreign} {
			write(t, db, func(tx *store.Tx) error { return tx.CreateUser(each) })
		}
		for _, test := range []struct {
			username, password string
			want               int64
		}{{"ours", rightPassword, 0}, {"ours", "wrong", 1}, {"foreign", "wrong", 1}, {"nobody", rightPassword, 1}, {"disabled", rightPassword, 1}} {
			s.foreign = foreignLeft{}
			if _, err := s.Authenticate(t.Context(), test.username, test.password); (err == nil) != (test.want == 0) {
				t.Errorf("%s with %s: %v", test.username, test.password, err)
			}
			if s.foreign.most != test.want {
				t.Errorf("%s with %s: made up to %d iterations, want %d", test.username, test.password, s.foreign.most, test.want)
			}
		}
	})
}

// TestForeignLeft: the dearest of what is left and can be verified, looked for once a minute.
func TestForeignLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		var left foreignLeft
		want := func(most int64) {
			t.Helper()
			if got, err := left.iterations(db.Read(t.Context())); got != most || err != nil {
				t.Errorf("%d, %v, want %d", got, err, most)
			}
		}
		want(0)
		for _, iterations := range []string{"260000", "870000", "600000", "20000", "9000000", "10000000", "2000000000", "99999999999999999999", "x", "-1", ""} {
			user := &models.User{Username: "of " + iterations, Password: models.PasswordDigest("pbkdf2_sha256$" + iterations + "$salt$key")}
			write(t, db, func(tx *store.Tx) error { return tx.CreateUser(user) })
		}
		other := &models.User{Username: "other", Password: "pbkdf2xsha256$900000$salt$key"}
		write(t, db, func(tx *store.Tx) error { return tx.CreateUser(other) })
		db.Clock.Advance(59 * time.Second)
		want(0)
		db.Clock.Advance(time.Second)
		want(870_000)
		dear, err := db.Read(t.Context()).UserByName("of 870000")
		if err != nil {
			t.Fatal(err)
		}
		dear.Password = "$argon2id$"
		write(t, db, func(tx *store.Tx) error { return tx.UpdateUser(dear) })
		want(870_000)
		db.Clock.Advance(time.Minute)
		want(600_000)
		db.Clock.Advance(time.Hour)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := left.iterations(db.Read(gone)); got != 600_000 || !errors.Is(err, context.Canceled) {
			t.Errorf("who goes meanwhile: %d, %v", got, err)
		}
	})
}

// FuzzForeignPassword: what is usable can be read by the library, and what is cheap can be computed.
func FuzzForeignPassword(f *testing.F) {
	g, err := newPasswordGate(1)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{smallDigest, largeDigest, string(g.dummy), "bcrypt$$2b$04$abcdefghijklmnopqrstuuDBWR2.a1GCaHGSCmMRPJq1oEPPQkyOy",
		"scrypt$2$salt$1$1$" + strings.Repeat("A", 86) + "==", "$pbkdf2$1$c2FsdA$oL/RRgA5mR2IWGhaYh.hng", "argon2$argon2d$v=19$m=8,t=1,p=1$c29tZXNhbHQ$oL/RRgA5mR2IWGhaYh+hng"} {
		f.Add(seed, "password")
	}
	f.Fuzz(func(t *testing.T, digest, password string) {
		hash, usable := models.PasswordDigest(digest).SlowHash()
		if !usable {
			return
		}
		read, err := g.decoder.Decode(string(hash.Crypt))
		if err != nil {
			t.Fatalf("%q is usable, but %v", digest, err)
		}
		if hash.Memory <= 256 && hash.Iterations <= 1000 && !strings.HasPrefix(string(hash.Crypt), "$argon2") && !strings.HasPrefix(string(hash.Crypt), "$2") {
			read.Match(password)
		}
	})
}
