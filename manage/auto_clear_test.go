package manage

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRepeatDaily watches three days of clearing on the bubble's clock: an hour after the start, then once a day.
func TestRepeatDaily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 72*time.Hour)
		defer stop()
		start := time.Now()
		var at []time.Duration
		repeatDaily(ctx, func() { at = append(at, time.Since(start)) })
		if diff := cmp.Diff([]time.Duration{time.Hour, 25 * time.Hour, 49 * time.Hour}, at); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAutoClear clears once what is expired, and nothing when it is switched off.
func TestAutoClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteAddress(t))
	w.token(tokenSpec{user: w.alice, lifetime: -time.Hour})
	w.session(w.alice, -time.Hour)
	autoClear(t.Context(), false, w.server(), slog.New(slog.DiscardHandler)) // returns: there is nothing to wait for
	if len(w.accessTokens()) != 1 {
		t.Fatal("switched off, yet it cleared")
	}
	var log bytes.Buffer
	clearExpired(t.Context(), w.server(), slog.New(slog.NewTextHandler(&log, nil)))
	w.expectSessions("cleared", 0, 0)
	if len(w.accessTokens()) != 0 || !strings.Contains(log.String(), "access_tokens=1 refresh_tokens=0 authorization_codes=0 device_codes=0 sessions=1") {
		t.Errorf("left %v, logged %s", w.accessTokens(), log.String())
	}
	if entry := w.activity()[0]; entry.Origin != "command:auto_clear" {
		t.Errorf("activity entry %+v", entry)
	}
}
