package models

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestUserCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		code := NewUserCode()
		if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(ShowUserCode(code)) {
			t.Fatalf("made %q", ShowUserCode(code))
		}
		again, whole := ParseUserCode(ShowUserCode(code))
		if !whole || !again.Digest().Equal(code.Digest()) {
			t.Errorf("%s is not read as itself", ShowUserCode(code))
		}
		seen[code.Reveal()] = true
	}
	if len(seen) < 199 {
		t.Errorf("only %d of 200 codes differ", len(seen))
	}
}

// TestParseUserCode: what a person may type for WDJB-MJHT, and what is no code (RFC 8628 §6.1).
func TestParseUserCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"WDJB-MJHT": "WDJB-MJHT", "wdjbmjht": "WDJB-MJHT", " wdjb mjht ": "WDJB-MJHT", "W-D-J-B-M-J-H-T": "WDJB-MJHT", "WDJB–MJHT": "WDJB-MJHT",
		"wDjB_MJhT.\r\n": "WDJB-MJHT", "WDJB\x00MJHT": "WDJB-MJHT", "WDJB-MJHT1": "WDJB-MJHT",
		"": "", "WDJB-MJH": "", "WDJB-MJHTT": "", "12345678": "", "WDJB-MJH\xff": "", "ÄÖÜÄ-ÖÜÄÖ": "", "WDJB-MJH0": "",
		strings.Repeat("B", 100_000): "",
	} {
		code, whole := ParseUserCode(typed)
		if whole != (want != "") || whole && ShowUserCode(code) != want {
			t.Errorf("%.40q is a code: %t, want %q", typed, whole, want)
		}
	}
}

// TestTooSoon is RFC 8628 §3.5, with the half second that a network may take away.
func TestTooSoon(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		last     *time.Time
		interval int64
		after    time.Duration
		want     bool
	}{
		{"the first poll", nil, 5, 0, false},
		{"at once", &last, 5, 0, true},
		{"a second early", &last, 5, 4 * time.Second, true},
		{"a moment before the tolerance", &last, 5, 4500*time.Millisecond - 1, true},
		{"within the tolerance", &last, 5, 4500 * time.Millisecond, false},
		{"in time", &last, 5, 5 * time.Second, false},
		{"in time for the shorter interval", &last, 10, 5 * time.Second, true},
		{"in time for the longer one", &last, 10, 10 * time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code := DeviceCode{LastPolled: test.last, IntervalSeconds: test.interval}
			if got := code.TooSoon(last.Add(test.after)); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
