package models

import (
	"testing"
	"time"
)

func TestBoundWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration, failures int64) LoginAttempt {
		return LoginAttempt{At: now.Add(-d), Failures: failures}
	}
	bound := Bound{Failures: 3, Seconds: 600}
	for _, test := range []struct {
		name     string
		attempts []LoginAttempt
		want     int64
	}{
		{"none", nil, 0},
		{"fewer", []LoginAttempt{ago(0, 2)}, 0},
		{"as many at once", []LoginAttempt{ago(0, 3)}, 600},
		{"more at once", []LoginAttempt{ago(0, 1000)}, 600},
		{"the third newest ends it", []LoginAttempt{ago(time.Second, 1), ago(time.Minute, 1), ago(2*time.Minute, 1), ago(9*time.Minute, 5)}, 480},
		{"a part of a second is a whole one", []LoginAttempt{ago(599*time.Second+999*time.Millisecond, 3)}, 1},
		{"just over", []LoginAttempt{ago(600*time.Second, 3)}, 0},
		{"partly over", []LoginAttempt{ago(0, 2), ago(601*time.Second, 1)}, 0},
		{"of a clock that is ahead", []LoginAttempt{ago(-time.Second, 3)}, 601},
	} {
		if got := bound.Wait(test.attempts, now); got != test.want {
			t.Errorf("%s: %d seconds, want %d", test.name, got, test.want)
		}
	}
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1":              "192.0.2.1",
		"::ffff:192.0.2.1":       "192.0.2.1",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":    "2001:db8:1:2::/64",
		"2001:db8:1:3::1":        "2001:db8:1:3::/64",
		"fe80::1%eth0":           "fe80::/64",
		"::1":                    "::/64",
		"@":                      "@",
		"":                       "",
		"192.0.2.1, 192.0.2.2":   "192.0.2.1, 192.0.2.2",
		"192.0.2.256":            "192.0.2.256",
		"::ffff:192.0.2.1%zone1": "192.0.2.1",
	} {
		if got := NetworkOf(address); got != want {
			t.Errorf("%q is in %q, want %q", address, got, want)
		}
	}
}

// TestSubjectsAreApart: whatever a caller sends as a name, it cannot count for something of another kind.
func TestSubjectsAreApart(t *testing.T) {
	t.Parallel()
	device := SecretOf("x").Digest()
	seen := map[Digest]string{}
	for what, subject := range map[string]Digest{
		"account": AccountSubject("a"), "account in another case": AccountSubject("A"), "account with a NUL": AccountSubject("a\x00"),
		"device": DeviceSubject("a", device), "another's device": DeviceSubject("b", device), "name like a device": AccountSubject(device.String() + "a"),
		"address": AddressSubject("a"), "guess": GuessSubject("a"), "name like an address": AccountSubject("address:a"),
	} {
		if other, found := seen[subject]; found {
			t.Errorf("%s counts as %s", what, other)
		}
		seen[subject] = what
	}
}
