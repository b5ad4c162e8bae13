package server_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const notNow = "The server cannot answer right now. Try again shortly."

// unavailable checks the answer of a server that has lost its database.
func (a answer) unavailable(t testing.TB) {
	t.Helper()
	a.refused(t, 503, server.TemporarilyUnavailable, notNow)
	if got := a.Header().Get("Retry-After"); got != "5" {
		t.Errorf("Retry-After is %q, want 5", got)
	}
}

// TestDatabaseGone: while PostgreSQL cannot be reached every endpoint says so, and goes on by itself once it is back.
func TestDatabaseGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			lockedDatabase(t, newBed(t, db))
			return
		}
		c := seed(t, db)
		line := dial(t, db.URL)
		far, err := store.Open(t.Context(), store.Options{URL: line.address, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { _ = far.Close() })
		there := storetest.DB{Store: far, Clock: db.Clock, URL: db.URL}
		b := &bed{t: t, cast: c, Server: newServer(t, there), db: there, tables: openTables(t, db)}
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		personal := b.personal(t, b.admin, models.FaceGateway, "read")

		line.cut()
		b.unchanged(t, func() {
			for range 3 { // with a connection that breaks, and without any
				b.token(refreshGrant(token.refresh), by(b.web)).unavailable(t)
				b.token(passwordGrant(), by(b.desktop)).unavailable(t)
				b.device(form(), by(b.web)).unavailable(t)
				b.token(poll("d"), by(b.web)).unavailable(t)
				b.revoke(form("token", token.access), by(b.web)).unavailable(t)
				b.introspect(form("token", token.access), by(b.web)).unavailable(t)
				b.introspect(form("token", token.access), bearer(personal)).unavailable(t)
				b.shutsNobodyOut(t, token.access)
			}
		})
		line.mend(t)
		b.token(refreshGrant(token.refresh), by(b.web)).succeeded(t, "read write", true)
	})
}

// shutsNobodyOut: a lost database is no reason to call a token or an authorization request bad.
func (b *bed) shutsNobodyOut(t testing.TB, value string) {
	t.Helper()
	_, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, models.SecretOf(value), "")
	if !server.Unavailable(err) || errors.Is(err, server.ErrInvalidToken) {
		t.Errorf("authenticate bearer: %v, want unavailable", err)
	}
	_, err = b.ParseAuthorization(t.Context(), authorization(b.web))
	forPage(t, err, 503, server.TemporarilyUnavailable, notNow)
}

// lockedDatabase: another program holds SQLite's one lock for longer than we wait for it.
func lockedDatabase(t *testing.T, b *bed) {
	token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
	holder, err := b.tables.Conn(t.Context())
	check(t, err)
	t.Cleanup(func() { _ = holder.Close() })
	run(t, holder, "BEGIN IMMEDIATE")
	b.token(refreshGrant(token.refresh), by(b.web)).unavailable(t)
	if a := b.introspect(form("token", token.access), by(b.web)); a.body["active"] != true {
		t.Errorf("reading needs no lock: %d %s", a.Code, a.text)
	}
	run(t, holder, "ROLLBACK")
	b.token(refreshGrant(token.refresh), by(b.web)).succeeded(t, "read write", true)
}

func run(t testing.TB, connection *sql.Conn, statement string) {
	t.Helper()
	_, err := connection.ExecContext(t.Context(), statement)
	check(t, err)
}

// TestCallerGone: who went away before the work began leaves nothing behind.
func TestCallerGone(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		b.unchanged(t, func() {
			b.token(passwordGrant(), by(b.web), func(r *http.Request) { *r = *r.WithContext(gone) }).unavailable(t)
		})
	})
}

// wire is a connection to a server that a test can cut and mend.
type wire struct {
	address string // of the database by way of the wire
	listen  string
	target  string
	mu      sync.Mutex
	ln      net.Listener
	open    []net.Conn
}

func dial(t *testing.T, address string) *wire {
	t.Helper()
	target, err := url.Parse(address)
	check(t, err)
	w := &wire{target: target.Host, listen: "127.0.0.1:0"}
	w.mend(t)
	w.listen = w.ln.Addr().String()
	w.address = strings.Replace(address, target.Host, w.listen, 1)
	t.Cleanup(w.cut)
	return w
}

// mend lets connections through, at the same address as before.
func (w *wire) mend(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", w.listen)
	check(t, err)
	w.ln = ln
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			w.join(near)
		}
	}()
}

func (w *wire) join(near net.Conn) {
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = near.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, near, far)
	w.mu.Unlock()
	for _, ends := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			_, _ = io.Copy(ends[0], ends[1])
			_ = ends[0].Close()
		}()
	}
}

// cut ends all connections and refuses new ones.
func (w *wire) cut() {
	_ = w.ln.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, each := range w.open {
		_ = each.Close()
	}
	w.open = nil
}
