package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestNoteUse: case 43 and contract §1.1: the use is kept, at most once a minute, without an entry and without moving any stamp.
func TestNoteUse(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		issued := b.issued(t, b.alice, models.FaceGateway, nil)
		use := func(address string, at time.Time, from string) {
			t.Helper()
			b.records(t, func() {
				_, err := b.AuthenticateBearer(t.Context(), models.FaceController, issued.AccessTokenValue, address)
				check(t, err)
			})
			want := *issued.AccessToken
			want.LastUsed, want.LastUsedAddress = &at, from
			b.stored(t, &want)
		}
		b.db.Clock.Advance(time.Hour)
		first := b.db.Now()
		use("192.0.2.1", first, "192.0.2.1")
		b.db.Clock.Advance(time.Minute - time.Microsecond)
		b.unchanged(t, func() { use("192.0.2.2", first, "192.0.2.1") })
		b.db.Clock.Advance(time.Microsecond)
		use("192.0.2.3", first.Add(time.Minute), "192.0.2.3")
		token, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, issued.AccessToken.ID, server.TokenInput{Description: pointer("x")})
		check(t, err)
		if token.LastUsed == nil || !token.LastUsed.Equal(first.Add(time.Minute)) {
			t.Errorf("a change of the token moved its last use to %v", token.LastUsed)
		}
		race(func(int) {
			if !b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
				t.Error("refused in a crowd")
			}
		})
	})
}

// TestNoteUseUnavailable: a database that cannot be written to at the moment is no reason to refuse a valid token; it is logged, without
// the token.
func TestNoteUseUnavailable(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		issued := b.issued(t, b.alice, models.FaceGateway, nil)
		readOnly := b.readOnly(t)
		var log bytes.Buffer
		s := newServer(t, b.db, func(o *server.Options) { o.Store, o.Log = readOnly, slog.New(slog.NewJSONHandler(&log, nil)) })
		token, err := s.AuthenticateBearer(t.Context(), models.FaceGateway, issued.AccessTokenValue, "192.0.2.1")
		check(t, err)
		if token.ID != issued.AccessToken.ID || !strings.Contains(log.String(), "last use of a token was not stored") {
			t.Errorf("token %d, log %s", token.ID, log.String())
		}
		if strings.Contains(log.String(), issued.AccessTokenValue.Reveal()[:8]) {
			t.Error("the log holds the token")
		}
	})
}

// readOnly opens the database again such that it can be read and not written to: PostgreSQL as a standby is, SQLite while another
// program holds its lock.
func (b *bed) readOnly(t testing.TB) *store.Store {
	t.Helper()
	if b.db.Dialect() == store.SQLite {
		lock, err := b.tables.Conn(t.Context())
		check(t, err)
		_, err = lock.ExecContext(t.Context(), "BEGIN IMMEDIATE")
		check(t, err)
		t.Cleanup(func() { _ = lock.Close() })
		return b.db.Store
	}
	var name string
	check(t, b.tables.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
	_, err := b.tables.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	check(t, err)
	again, err := store.Open(t.Context(), store.Options{URL: b.db.URL, Clock: b.db.Clock.Now})
	check(t, err)
	t.Cleanup(func() { _ = again.Close() })
	return again
}

// TestUsesAreCollected: where uses are collected, requests write nothing; then all are stored at once, as of the first, and a token that another
// change holds is not waited for.
func TestUsesAreCollected(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		first, second, gone := b.issued(t, b.alice, models.FaceGateway, nil), b.issued(t, b.alice, models.FaceGateway, nil), b.issued(t, b.alice, models.FaceGateway, nil)
		s := newServer(t, b.db, func(o *server.Options) { o.CollectUses = true })
		use := func(issued *server.Issued, address string) {
			t.Helper()
			_, err := s.AuthenticateBearer(t.Context(), models.FaceGateway, issued.AccessTokenValue, address)
			check(t, err)
		}
		at := b.db.Now()
		b.unchanged(t, func() {
			use(first, "192.0.2.1")
			use(second, "192.0.2.2")
			use(gone, "192.0.2.3")
			b.db.Clock.Advance(time.Second)
			use(first, "192.0.2.4")
		})
		check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceGateway, gone.AccessToken.ID))
		stopping, stop := context.WithCancel(t.Context())
		stop()
		b.unchanged(t, func() {
			if err := s.StoreUses(stopping); !errors.Is(err, context.Canceled) { // they are left for the next one
				t.Errorf("stopped: %v", err)
			}
		})
		b.records(t, func() { check(t, s.StoreUses(t.Context())) })
		for issued, address := range map[*server.Issued]string{first: "192.0.2.1", second: "192.0.2.2"} {
			want := *issued.AccessToken
			want.LastUsed, want.LastUsedAddress = &at, address
			b.stored(t, &want)
		}
		b.unchanged(t, func() {
			use(first, "192.0.2.5")
			check(t, s.StoreUses(t.Context()))
		})
	})
}
