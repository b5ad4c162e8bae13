package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// proxy stands before a server and can be cut.
type proxy struct {
	listener    net.Listener
	server      string
	mu          sync.Mutex
	cut         bool
	connections map[net.Conn]bool
}

func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	p := &proxy{listener: listener, server: server, connections: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = listener.Close(); p.setCut(true) })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.carry(client)
		}
	}()
	return p
}

func (p *proxy) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	p.connections[client] = true
	cut := p.cut
	p.mu.Unlock()
	if cut {
		return
	}
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
	_, _ = io.Copy(client, server)
}

// setCut ends all connections and refuses new ones, or lets them pass again.
func (p *proxy) setCut(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for connection := range p.connections {
			_ = connection.Close()
		}
		clear(p.connections)
	}
}

func postgresAddress(t *testing.T) *url.URL {
	t.Helper()
	address, err := url.Parse(storetest.PostgreSQL(t))
	check(t, err)
	return address
}

func TestPostgresLostAndFound(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	p := newProxy(t, address.Host)
	address.Host = p.listener.Addr().String()
	s := open(t, address.String())
	check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "before") }))

	p.setCut(true)
	for range 3 { // the first ones meet what is left of old connections, the others no server
		if _, err := s.Read(t.Context()).Setting("key"); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("read: %v, want ErrUnavailable", err)
		}
		err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "meanwhile") })
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("write: %v, want ErrUnavailable", err)
		}
		if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("ping: %v, want ErrUnavailable", err)
		}
	}
	p.setCut(false)
	check(t, s.Ping(t.Context()))
	check(t, s.Write(t.Context(), func(tx *store.Tx) error {
		value, err := tx.Setting("key")
		if err != nil || value != "before" {
			t.Errorf("kept %q, %v", value, err)
		}
		return tx.SetSetting("key", "after")
	}))
}

// The connection goes away in the middle of a change: nothing of it is kept, and the caller is told to come back.
func TestPostgresLostInTheMiddle(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	p := newProxy(t, address.Host)
	direct := address.String()
	address.Host = p.listener.Addr().String()
	s := open(t, address.String())
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateUser(&models.User{Username: "alice"}); err != nil {
			return err
		}
		p.setCut(true)
		return tx.SetSetting("key", "value")
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error { return nil })
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if _, err := open(t, direct).Read(t.Context()).UserByName("alice"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half a change was kept: %v", err)
	}
}

// The server ends its connections, as for a restart. Idle ones must not fail whoever comes next more than once.
func TestPostgresEndsConnections(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	s := open(t, address.String())
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())")
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") }))
}

func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	s := open(t, address.String())
	for code, want := range map[string]error{
		"53100": store.ErrUnavailable, // disk full
		"53300": store.ErrUnavailable, // too many connections
		"57P01": store.ErrUnavailable, // shut down
		"58030": store.ErrUnavailable, // input or output
		"25006": store.ErrUnavailable, // read only: a standby
		"55P03": store.ErrUnavailable, // locked
		"23505": store.ErrConflict,
		"23503": store.ErrNotFound,
	} {
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Exec("DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '" + code + "'; END $$")
		})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
	address.Path += "_that_is_not_there"
	if _, err := store.Open(t.Context(), store.Options{URL: address.String()}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a database that is not there: %v", err)
	}
}

// A server that accepts and then says nothing is given up with its caller.
func TestPostgresSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = listener.Close() }()
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = store.Open(soon, store.Options{URL: "postgres://postgres@" + listener.Addr().String() + "/x?sslmode=disable"})
	if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// The file may not grow: changes are refused, reading goes on, and when there is room again all is well.
func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	_, pool := s.Pools()
	var pages int
	check(t, pool.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
	_, err := pool.ExecContext(t.Context(), "PRAGMA max_page_count = 1") // as few as there are
	check(t, err)
	big := strings.Repeat("x", 100_000)
	for range 3 {
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.SetSetting("small", "lost with the big one"); err != nil {
				return err
			}
			return tx.SetSetting("big", big)
		})
		if !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable", err)
		}
		if _, err := s.Read(t.Context()).Setting("small"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half a change was kept: %v", err)
		}
	}
	_, err = pool.ExecContext(t.Context(), "PRAGMA max_page_count = 100000")
	check(t, err)
	check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("big", big) }))
}

// The file cannot be written, as on a read-only file system: reading goes on.
func TestSQLiteReadOnly(t *testing.T) {
	t.Parallel()
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	_, pool := s.Pools()
	write := func() error {
		return s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") })
	}
	_, err := pool.ExecContext(t.Context(), "PRAGMA query_only = 1")
	check(t, err)
	if err := write(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if _, err := s.Read(t.Context()).Setting("key"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading: %v", err)
	}
	_, err = pool.ExecContext(t.Context(), "PRAGMA query_only = 0")
	check(t, err)
	check(t, write())
}

// What still runs while the program stops is told that the database is gone.
func TestClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		put(t, db, &models.User{Username: "alice"})
		r := db.Read(t.Context())
		_, err := r.UserByName("alice") // which may keep a prepared statement
		check(t, err)
		check(t, db.Close())
		_, list := r.Users(store.Query{}, everything)
		_, load := r.UserByName("alice")
		written := db.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") })
		for name, err := range map[string]error{"list": list, "load": load, "write": written, "ping": db.Ping(t.Context())} {
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v, want ErrUnavailable", name, err)
			}
		}
		check(t, db.Close()) // a second time
	})
}

// A file that rots under the server answers that it is not available.
func TestSQLiteDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, "sqlite:"+path)
	check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") }))
	check(t, s.Close())
	content, err := os.ReadFile(path)
	check(t, err)
	for n := 100; n < len(content); n++ { // the header stays
		content[n] = 0xA5
	}
	check(t, os.WriteFile(path, content, 0o600))
	s, err = store.Open(t.Context(), store.Options{URL: "sqlite:" + path})
	if err == nil {
		defer func() { _ = s.Close() }()
		_, err = s.Read(t.Context()).Setting("key")
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}
