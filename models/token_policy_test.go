package models

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const hour = 3600

// TestTokenPolicyInForce: what is not set is the environment's to say, and the default is never longer than the longest.
func TestTokenPolicyInForce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		set         TokenPolicy
		environment int64
		want        TokenPolicy
	}{
		{"nothing set", TokenPolicy{}, 365 * Day, TokenPolicy{365 * Day, 365 * Day, 0}},
		{"everything set", TokenPolicy{7 * Day, 30 * Day, 14 * Day}, 365 * Day, TokenPolicy{7 * Day, 30 * Day, 14 * Day}},
		{"a longest below the environment's lifetime bounds the default", TokenPolicy{Longest: 30 * Day}, 365 * Day, TokenPolicy{30 * Day, 30 * Day, 0}},
		{"a longest above it does not raise the default", TokenPolicy{Longest: 800 * Day}, 365 * Day, TokenPolicy{365 * Day, 800 * Day, 0}},
		{"an environment that became shorter bounds a default", TokenPolicy{Default: 30 * Day}, hour, TokenPolicy{hour, hour, 0}},
		{"an idle lifetime alone", TokenPolicy{Idle: Day}, 1000 * 365 * Day, TokenPolicy{365_000 * Day, 365_000 * Day, Day}},
	} {
		if diff := cmp.Diff(test.want, test.set.InForce(test.environment)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestTokenPolicyValidate(t *testing.T) {
	t.Parallel()
	const lifetime, idle = "Enter a lifetime from 1 day to 365000 days, or nothing.", "Enter a lifetime from 1 day to 3650 days, or nothing."
	for _, test := range []struct {
		name string
		set  TokenPolicy
		want error
	}{
		{"nothing", TokenPolicy{}, nil},
		{"the least", TokenPolicy{Day, Day, Day}, nil},
		{"the most", TokenPolicy{LongestAllowed, LongestAllowed, LongestIdle}, nil},
		{"less than a day", TokenPolicy{Day - 1, 1, Day - 1}, Invalid{{"default_lifetime", lifetime}, {"longest_lifetime", lifetime}, {"idle_lifetime", idle}}},
		{"more than the most", TokenPolicy{LongestAllowed + 1, LongestAllowed + 1, LongestIdle + 1}, Invalid{{"default_lifetime", lifetime}, {"longest_lifetime", lifetime}, {"idle_lifetime", idle}}},
		{"negative", TokenPolicy{Idle: -1}, Invalid{{"idle_lifetime", idle}}},
		{"the default above the longest", TokenPolicy{Default: 31 * Day, Longest: 30 * Day},
			Invalid{{"default_lifetime", "The default cannot be longer than the longest lifetime, which is 30 days."}}},
		{"the default above the environment's", TokenPolicy{Default: 366 * Day},
			Invalid{{"default_lifetime", "The default cannot be longer than the longest lifetime, which is 365 days."}}},
		{"an idle lifetime above the longest is harmless", TokenPolicy{Longest: Day, Idle: 30 * Day}, nil},
	} {
		if diff := cmp.Diff(test.want, test.set.Validate(365*Day)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestUnused: an idle lifetime ends personal tokens of both platforms, from the last use on, or from the creation of one that was never used.
func TestUnused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 678000, time.UTC)
	ago := func(seconds int64) time.Time { return time.Unix(now.Unix()-seconds, int64(now.Nanosecond())).UTC() }
	token := func(created int64, used ...int64) *AccessToken {
		t := &AccessToken{Stamps: Stamps{Created: ago(created)}}
		for _, seconds := range used {
			at := ago(seconds)
			t.LastUsed = &at
		}
		return t
	}
	controllers, applications := token(30*Day), token(400*Day)
	controllers.Platform = Controller
	applications.ApplicationID = new(int64)
	for _, test := range []struct {
		name      string
		token     *AccessToken
		want, may bool
	}{
		{"never used, made a moment before", token(30*Day - 1), false, true},
		{"never used, made then", token(30 * Day), true, true},
		{"used a moment before", token(400*Day, 30*Day-1), false, true},
		{"used then", token(400*Day, 30*Day), true, true},
		{"used within the day", token(400*Day, Day-1), false, false},
		{"made within the day", token(Day - 1), false, false},
		{"a use before the creation, as of an imported row", token(Day-1, 400*Day), false, false},
		{"the controller's", controllers, true, true},
		{"an application's", applications, false, false},
	} {
		if got := (TokenPolicy{Idle: 30 * Day}).Unused(test.token, now); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
		if got := test.token.MayBeUnused(now); got != test.may {
			t.Errorf("%s: may be unused %t, want %t", test.name, got, test.may)
		}
		if (TokenPolicy{Default: Day, Longest: Day}).Unused(test.token, now) {
			t.Errorf("%s: unused without an idle lifetime", test.name)
		}
		if (TokenPolicy{Idle: Day}).Unused(test.token, now) && !test.token.MayBeUnused(now) {
			t.Errorf("%s: ended by the shortest idle lifetime, but nobody would look", test.name)
		}
	}
}

func TestTokenPolicyText(t *testing.T) {
	t.Parallel()
	for _, policy := range []TokenPolicy{{}, {Idle: Day}, {Day, LongestAllowed, LongestIdle}} {
		if got, err := ParseTokenPolicy(policy.String()); err != nil || got != policy {
			t.Errorf("%s came back as %+v, %v", policy, got, err)
		}
	}
	if got, err := ParseTokenPolicy("90 days"); err == nil || got != (TokenPolicy{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestLifetimeWords(t *testing.T) {
	t.Parallel()
	for lifetime, want := range map[int64]string{0: "", 1: "1 second", 90: "90 seconds", 60: "1 minute", 36_000: "10 hours", Day: "1 day", 31_536_000: "365 days", Day + 1: "86401 seconds"} {
		if got := LifetimeWords(lifetime); got != want {
			t.Errorf("%d: got %q, want %q", lifetime, got, want)
		}
	}
}

// TestTokenPolicyPermissions: superusers set it, auditors look at it, everybody else goes by it.
func TestTokenPolicyPermissions(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]struct{ read, set Outcome }{"su": {permitted, permitted}, "cli": {permitted, permitted}, "aud": {permitted, Forbidden},
		"oa": {Forbidden, Forbidden}, "alice": {Forbidden, Forbidden}, "": {Forbidden, Forbidden}} {
		if got := outcome(t, DefaultPolicy().ReadTokenPolicy(actor(who))); got != want.read {
			t.Errorf("%q reads: got %q, want %q", who, got, want.read)
		}
		if got := outcome(t, DefaultPolicy().SetTokenPolicy(actor(who))); got != want.set {
			t.Errorf("%q sets: got %q, want %q", who, got, want.set)
		}
	}
}
