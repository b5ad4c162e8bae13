package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"gatehouse/server"
)

// TestThrottleTogether: of many wrong passwords at once only as many are verified as may fail, from strangers and from who is known.
func TestThrottleTogether(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", office, "bob", testPassword)
		for username, from := range map[string]place{"alice": stranger, "nobody": {address: "198.51.100.3"}, "bob": office} {
			outcomes := make([]string, 32)
			var together sync.WaitGroup
			for n := range outcomes {
				together.Go(func() { outcomes[n] = b.signsIn(t, from, username, "wrong") })
			}
			together.Wait()
			wrong := 0
			for _, outcome := range outcomes {
				if outcome == "wrong" {
					wrong++
				} else if outcome != "600" {
					t.Errorf("%s: %s", username, outcome)
				}
			}
			if wrong != 10 {
				t.Errorf("%s: %d of 32 were answered, want 10", username, wrong)
			}
		}
	})
}

// TestThrottleTogetherRight: right passwords at once take no more than they give back, and the first failure after them counts.
func TestThrottleTogetherRight(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var together sync.WaitGroup
		for n := range 9 {
			together.Go(func() {
				b.expect(t, "in", place{address: stranger.address, browser: fmt.Sprint(n)}, "alice", testPassword)
			})
		}
		together.Wait()
		b.counted(t, map[string]int{"login_attempts": 0, "known_devices": 10})
	})
}

// TestThrottleIsShared: servers on one database count together.
func TestThrottleIsShared(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.another(t)
		b.fail(t, 5, "alice")
		other.fail(t, 5, "alice")
		for _, each := range []*bed{b, other} {
			each.expect(t, "600", stranger, "alice", testPassword)
		}
		other.expect(t, "in", laptop, "bob", testPassword)
		b.fail(t, 10, "bob")
		b.expect(t, "in", abroad, "bob", testPassword)
	})
}

// TestThrottleGivenUp: who goes away before the turn to be verified has not failed.
func TestThrottleGivenUp(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		gone, cancel := context.WithCancel(server.WithActor(t.Context(), stranger.actor()))
		cancel()
		if _, err := b.Authenticate(gone, "alice", testPassword); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		b.counted(t, map[string]int{"login_attempts": 0, "known_devices": 0})
	})
}

// TestThrottleUnavailable: while nothing can be counted strangers are neither let in nor called wrong, and who is known signs in.
func TestThrottleUnavailable(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.expect(t, "in", office, "alice", testPassword)
		readOnly := b.readOnly(t)
		var log bytes.Buffer
		cut := b.another(t, func(o *server.Options) { o.Store, o.Log = readOnly, slog.New(slog.NewJSONHandler(&log, nil)) })
		cut.expect(t, "in", office, "alice", testPassword)
		if log.Len() > 0 {
			t.Errorf("something was to be written: %s", log.String())
		}
		cut.expect(t, "in", place{office.address, laptop.browser}, "alice", testPassword)
		if !strings.Contains(log.String(), "where a user signed in from was not stored") || strings.Contains(log.String(), laptop.browser) {
			t.Errorf("the log says %s", log.String())
		}
		_, err := cut.Authenticate(server.WithActor(t.Context(), stranger.actor()), "alice", testPassword)
		if !server.Unavailable(err) || errors.Is(err, server.ErrWrongCredentials) {
			t.Errorf("a stranger gets %v", err)
		}
	})
}

// TestThrottleHostileNames: names that no user can have are counted like others, and nothing that was typed is kept.
func TestThrottleHostileNames(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for n, username := range []string{"ali\x00ce", "ali\xffce", strings.Repeat("a", 1<<20), "", "alice' OR 1=1 --", "account:alice"} {
			b.fail(t, 10, username)
			b.expect(t, "600", stranger, username, testPassword)
			if n == 0 {
				b.expect(t, "in", stranger, "alice", testPassword)
			}
		}
		b.fail(t, 1, "correct horse in the wrong field")
		for table, rows := range b.rows(t) {
			for _, name := range []string{"OR 1=1", "correct horse in the wrong field", "aaaaaaaa"} {
				if strings.Contains(strings.Join(rows, "\n"), name) {
					t.Errorf("table %s holds the name %q", table, name)
				}
			}
		}
		for _, row := range b.query(t, "SELECT * FROM known_devices") {
			if strings.Contains(row, stranger.address) {
				t.Errorf("the address stands in %s", row)
			}
		}
	})
}
