package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
)

// place is from where somebody signs in: an address, and a browser where there is one.
type place struct{ address, browser string }

func (p place) actor() server.Actor {
	actor := server.Actor{Origin: "api", Address: p.address}
	if p.browser != "" {
		actor.Device = models.SecretOf(p.browser)
	}
	return actor
}

// signsIn tries a password and gives the outcome in a word: "in", "wrong", or the seconds to wait.
func (b *bed) signsIn(t testing.TB, from place, username, password string) string {
	t.Helper()
	user, err := b.Authenticate(server.WithActor(t.Context(), from.actor()), username, password)
	var throttled *server.Throttled
	switch {
	case err == nil && user.Username == username:
		return "in"
	case errors.As(err, &throttled):
		return fmt.Sprint(throttled.Seconds)
	case errors.Is(err, server.ErrWrongCredentials):
		return "wrong"
	}
	return fmt.Sprint(user, err)
}

// expect checks the outcome of a sign-in.
func (b *bed) expect(t testing.TB, want string, from place, username, password string) {
	t.Helper()
	if got := b.signsIn(t, from, username, password); got != want {
		t.Errorf("%s from %v: %s, want %s", username, from, got, want)
	}
}

// fail fails to sign in some times, each from another address, so that only the account counts.
func (b *bed) fail(t testing.TB, times int, username string) {
	t.Helper()
	for n := range times {
		b.expect(t, "wrong", place{address: fmt.Sprintf("203.0.113.%d", n)}, username, "wrong")
	}
}

var (
	stranger = place{address: "198.51.100.1"}
	office   = place{address: "192.0.2.10"}
	laptop   = place{address: "192.0.2.20", browser: strings.Repeat("L", models.TokenLength)}
	abroad   = place{address: "198.51.100.77", browser: laptop.browser}
)

// TestThrottleAccount: after ten failures strangers wait, whether or not they know the password, until the first failure is ten
// minutes old; unknown names and those of users who cannot sign in are treated alike.
func TestThrottleAccount(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, username := range []string{"alice", "nobody"} {
			b.fail(t, 1, username)
		}
		b.db.Clock.Advance(100*time.Second + 500*time.Millisecond)
		for _, username := range []string{"alice", "nobody"} {
			b.fail(t, 9, username)
			b.expect(t, "500", stranger, username, "wrong") // a part of a second is a whole one
			b.expect(t, "500", stranger, username, testPassword)
		}
		b.expect(t, "in", stranger, "bob", testPassword) // another account
		b.db.Clock.Advance(499 * time.Second)
		b.expect(t, "1", stranger, "alice", testPassword)
		b.db.Clock.Advance(500 * time.Millisecond)
		b.expect(t, "wrong", stranger, "alice", "wrong") // one failure is over, one more is borne
		b.expect(t, "101", stranger, "alice", testPassword)
		b.db.Clock.Advance(101 * time.Second)
		b.expect(t, "in", stranger, "alice", testPassword)
	})
}

// TestThrottleKnowsThePerson: a thousand failures of strangers lock nobody out of where they have signed in before.
func TestThrottleKnowsThePerson(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", office, "alice", testPassword)
		b.expect(t, "in", laptop, "alice", testPassword)
		for n := range 1000 {
			b.signsIn(t, place{address: fmt.Sprintf("2001:db8:%x::1", n)}, "alice", "wrong")
		}
		b.expect(t, "600", stranger, "alice", testPassword)
		b.expect(t, "600", place{address: stranger.address, browser: strings.Repeat("S", models.TokenLength)}, "alice", testPassword)
		for range 20 {
			b.expect(t, "in", office, "alice", testPassword)
			b.expect(t, "in", abroad, "alice", testPassword)
		}
		b.expect(t, "wrong", office, "bob", "wrong") // who is known to alice is no friend of bob
	})
}

// TestThrottleKnownCount: a browser and an address that an account knows have ten failures each, and take none from the others.
func TestThrottleKnownCount(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", office, "alice", testPassword)
		b.expect(t, "in", laptop, "alice", testPassword)
		for range 10 {
			b.expect(t, "wrong", abroad, "alice", "wrong")
		}
		b.expect(t, "600", abroad, "alice", testPassword)
		b.expect(t, "600", laptop, "alice", testPassword)
		for range 10 {
			b.expect(t, "wrong", office, "alice", "wrong")
		}
		b.expect(t, "600", office, "alice", testPassword)
		b.expect(t, "in", stranger, "alice", testPassword) // the account's own count is untouched
		b.db.Clock.Advance(600 * time.Second)
		b.expect(t, "in", laptop, "alice", testPassword)
	})
}

// TestThrottleNeighbour: who shares an address with a person cannot lock the person's browser, nor guess for longer by letting the
// person sign in between.
func TestThrottleNeighbour(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", laptop, "alice", testPassword)
		neighbour := place{address: laptop.address}
		for range 10 {
			b.expect(t, "wrong", neighbour, "alice", "wrong")
			b.expect(t, "in", laptop, "alice", testPassword)
		}
		b.expect(t, "600", neighbour, "alice", testPassword)
		b.expect(t, "in", laptop, "alice", testPassword)
	})
}

// TestThrottleSuccessDoesNotCount: what succeeds counts nothing, from wherever, and takes nothing of others' failures away.
func TestThrottleSuccessDoesNotCount(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for n := range 40 {
			b.expect(t, "in", place{address: fmt.Sprintf("198.51.100.%d", n)}, "alice", testPassword)
			b.expect(t, "in", place{address: stranger.address, browser: fmt.Sprint(n)}, "bob", testPassword)
		}
		b.counted(t, map[string]int{"login_attempts": 0})
		b.fail(t, 9, "alice")
		b.expect(t, "in", place{address: "203.0.113.100"}, "alice", testPassword)
		b.fail(t, 1, "alice")
		b.expect(t, "600", place{address: "203.0.113.101"}, "alice", testPassword)
	})
}

// TestThrottleSuccessIsCheap: who is known signs in without a writing, and is noted again after a day.
func TestThrottleSuccessIsCheap(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", laptop, "alice", testPassword)
		kept := b.rows(t)
		b.db.Clock.Advance(24*time.Hour - time.Microsecond)
		b.expect(t, "in", laptop, "alice", testPassword)
		if diff := cmp.Diff(kept, b.rows(t)); diff != "" {
			t.Errorf("rows changed (-before +after):\n%s", diff)
		}
		b.db.Clock.Advance(time.Microsecond)
		b.expect(t, "in", laptop, "alice", testPassword)
		now := b.db.Now()
		for _, kind := range []models.DeviceKind{models.DeviceBrowser, models.DeviceAddress} {
			b.counted(t, map[string]int{"known_devices WHERE kind = '" + string(kind) + "'": 1})
		}
		known, err := b.db.Read(t.Context()).KnownDevices(b.alice.ID, []models.Digest{models.SecretOf(laptop.browser).Digest()})
		check(t, err)
		if len(known) != 1 || !known[0].LastUsed.Equal(now) || !known[0].Created.Equal(now.Add(-24*time.Hour)) {
			t.Errorf("the browser is kept as %+v", known)
		}
	})
}

// TestThrottleAddress: thirty failures from an address over all accounts, an IPv6 address counting as its /64.
func TestThrottleAddress(t *testing.T) {
	for name, addresses := range map[string]struct{ same, other place }{
		"IPv4":         {stranger, place{address: "198.51.100.2"}},
		"IPv4 in IPv6": {place{address: "::ffff:198.51.100.1"}, place{address: "::ffff:198.51.100.2"}},
		"IPv6":         {place{address: "2001:db8:0:1:ffff::1"}, place{address: "2001:db8:0:2::1"}},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				b.expect(t, "in", addresses.same, "bob", testPassword) // an account that knows the address
				for n := range 30 {
					from := addresses.same
					if name == "IPv6" {
						from.address = fmt.Sprintf("2001:db8:0:1::%x", n)
					}
					b.expect(t, "wrong", from, fmt.Sprintf("user-%d", n), "wrong")
				}
				b.expect(t, "600", addresses.same, "alice", testPassword)
				b.expect(t, "600", addresses.same, "user-31", "wrong")
				b.expect(t, "wrong", addresses.other, "alice", "wrong")
				b.expect(t, "in", addresses.same, "bob", testPassword)
				b.expect(t, "wrong", addresses.same, "bob", "wrong") // with a count of its own
				b.db.Clock.Advance(600 * time.Second)
				b.expect(t, "in", addresses.same, "alice", testPassword)
			})
		})
	}
}

// TestThrottleRefusalsAreNotCounted: who keeps trying while throttled waits no longer for it, and fills no table.
func TestThrottleRefusalsAreNotCounted(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.fail(t, 10, "alice")
		kept := b.rows(t)
		for range 50 {
			b.db.Clock.Advance(time.Second)
			b.signsIn(t, stranger, "alice", "wrong")
		}
		if diff := cmp.Diff(kept, b.rows(t)); diff != "" {
			t.Errorf("rows changed (-before +after):\n%s", diff)
		}
		b.expect(t, "550", stranger, "alice", testPassword)
	})
}

// TestThrottleKeepsLittle: of a subject no more is kept than counts.
func TestThrottleKeepsLittle(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 50 {
			b.db.Clock.Advance(61 * time.Second)
			b.expect(t, "wrong", stranger, "alice", "wrong")
		}
		b.counted(t, map[string]int{"login_attempts": 20}) // ten of the account and ten of the address
	})
}

// TestKnownDevicesAreBounded: twenty browsers and twenty addresses; the one unused for longest is forgotten.
func TestKnownDevicesAreBounded(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for n := range 25 {
			b.db.Clock.Advance(time.Second)
			b.expect(t, "in", place{fmt.Sprintf("192.0.2.%d", n), fmt.Sprint(n)}, "alice", testPassword)
		}
		b.counted(t, map[string]int{"known_devices WHERE kind = 'browser'": 20, "known_devices WHERE kind = 'address'": 20})
		b.fail(t, 10, "alice")
		b.expect(t, "600", place{"198.51.100.1", "4"}, "alice", testPassword)
		b.expect(t, "in", place{"198.51.100.1", "5"}, "alice", testPassword)
	})
}

// TestSignInMakesKnown: a session that starts makes the browser known, also the first one, which no password opened.
func TestSignInMakesKnown(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		_, err := b.StartSession(t.Context(), laptop.actor(), b.alice, "")
		check(t, err)
		b.fail(t, 10, "alice")
		b.expect(t, "in", abroad, "alice", testPassword)
		b.expect(t, "600", stranger, "alice", testPassword)
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID))
		b.counted(t, map[string]int{"known_devices": 0})
	})
}

// TestClearThrottle: clearing sessions takes what the throttle needs no more, and tells nobody.
func TestClearThrottle(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", laptop, "alice", testPassword)
		b.fail(t, 10, "alice")
		clear := func() {
			b.records(t, func() {
				cleared, err := b.ClearSessions(t.Context(), server.Command("clearsessions"))
				check(t, err)
				if cleared != (server.Cleared{}) {
					t.Errorf("cleared %+v", cleared)
				}
			})
		}
		b.db.Clock.Advance(599 * time.Second)
		clear()
		b.expect(t, "1", stranger, "alice", testPassword)
		b.db.Clock.Advance(2 * time.Second)
		clear()
		b.counted(t, map[string]int{"login_attempts": 0, "known_devices": 2})
		b.db.Clock.Advance(365 * 24 * time.Hour)
		clear()
		b.counted(t, map[string]int{"known_devices": 0})
	})
}
