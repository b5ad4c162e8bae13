package store_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// wire is a way to PostgreSQL that can break.
type wire struct {
	listener net.Listener
	to       string
	down     atomic.Bool // no more connections
	holds    atomic.Bool // what comes from the server is not passed on
	mu       sync.Mutex
	ends     [][2]*net.TCPConn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	w := &wire{listener: listener, to: to}
	t.Cleanup(func() { w.cut(); check(t, listener.Close()) })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil || w.down.Load() {
				_ = near.Close()
				continue
			}
			pair := [2]*net.TCPConn{near.(*net.TCPConn), far.(*net.TCPConn)}
			w.mu.Lock()
			w.ends = append(w.ends, pair)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(pair[1], pair[0]) }()
			go w.back(pair)
		}
	}()
	return w
}

func (w *wire) back(pair [2]*net.TCPConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := pair[1].Read(buffer)
		for w.holds.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if _, failed := pair[0].Write(buffer[:n]); err != nil || failed != nil {
			_ = pair[0].CloseWrite()
			return
		}
	}
}

func (w *wire) each(do func(pair [2]*net.TCPConn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pair := range w.ends {
		do(pair)
	}
}

func (w *wire) cut() {
	w.down.Store(true)
	w.holds.Store(false)
	w.each(func(pair [2]*net.TCPConn) { _, _ = pair[0].Close(), pair[1].Close() })
}

// breaks are the ways in which it can.
var breaks = map[string]func(*wire){
	"cut":             (*wire).cut,
	"delayed":         func(w *wire) { w.holds.Store(true) },
	"half closed":     func(w *wire) { w.down.Store(true); w.each(func(pair [2]*net.TCPConn) { _ = pair[1].CloseWrite() }) },
	"no new ones":     func(w *wire) { w.down.Store(true) },
	"closed from far": func(w *wire) { w.down.Store(true); w.each(func(pair [2]*net.TCPConn) { _ = pair[1].Close() }) },
}

// TestNewsOfBrokenConnections: a server that does not hear any more what others change lets nobody in with what was revoked more than a second ago, however the connection breaks.
func TestNewsOfBrokenConnections(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // there is no connection
		}
		for name, break_ := range breaks {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				address, err := url.Parse(db.URL)
				check(t, err)
				w := newWire(t, address.Host)
				address.Host = w.listener.Addr().String()
				other, err := store.Open(t.Context(), store.Options{URL: address.String(), Clock: db.Clock.Now})
				check(t, err)
				t.Cleanup(func() { _ = other.Close() })
				p := growPresentable(t, db, name)
				for range 15 {
					_, err := other.PresentedToken(t.Context(), p.token.Digest)
					check(t, err)
					time.Sleep(100 * time.Millisecond)
				}
				break_(w)
				write(t, db, presentedDeletion(p))
				db.AwaitOthers(t.Context())
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				defer cancel()
				if _, err := other.PresentedToken(ctx, p.token.Digest); err == nil {
					t.Error("a token that was revoked a second ago is taken")
				}
			})
		}
	})
}

// TestNewsKeepWhatStays: what nobody changes is not read again, for longer than a second, whatever is done to other tokens, here or on PostgreSQL by another server.
func TestNewsKeepWhatStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		p := growPresentable(t, db, "stays")
		read := map[*store.Store]*atomic.Int64{db.Store: {}, other: {}}
		if db.Dialect() == store.SQLite {
			delete(read, other) // there any change by another process has all read again
		}
		for each, statements := range read {
			check(t, each.Trace(func(store.Statement) { statements.Add(1) }))
		}
		present := func() (was int64) {
			for each, statements := range read {
				before := statements.Load()
				_, err := each.PresentedToken(t.Context(), p.token.Digest)
				check(t, err)
				was += statements.Load() - before
			}
			return was
		}
		present()
		var again, times int64
		for end := time.Now().Add(3 * time.Second); time.Now().Before(end); times++ {
			gone := &models.AccessToken{UserID: &p.user.ID}
			put(t, db, gone)
			write(t, db, func(tx *store.Tx) error {
				_, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{gone.ID}})
				return err
			})
			again += present()
			time.Sleep(20 * time.Millisecond)
		}
		if again > times/4 {
			t.Errorf("it was read with %d statements in %d times", again, times)
		}
	})
}

// TestNewsAreHeard: a server that is asked all the time hears within a second of all that another one changes, and of what is changed by hand.
func TestNewsAreHeard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		changes := maps.Clone(presentedChanges)
		delete(changes, "token used") // is told a minute later at most
		delete(changes, "signed in")
		changes["by hand"] = func(tx *store.Tx, p *presentable) error {
			return tx.Exec("DELETE FROM access_tokens WHERE description = 'by hand'")
		}
		changes["many by hand"] = func(tx *store.Tx, p *presentable) error {
			return tx.Exec("UPDATE access_tokens SET scope = 'read' WHERE description = 'many by hand'")
		}
		worlds, stays := map[string]*presentable{}, growPresentable(t, db, "stays")
		for name := range changes {
			worlds[name] = growPresentable(t, db, name)
			worlds[name].token.Description = name
			write(t, db, func(tx *store.Tx) error { return tx.UpdateAccessToken(&worlds[name].token) })
		}
		listen := func() {
			for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
				_, err := other.PresentedToken(t.Context(), stays.token.Digest)
				check(t, err)
			}
		}
		listen()
		for name := range changes {
			presentedAsStored(t, name+", before", other, worlds[name])
		}
		listen()
		for name, change := range changes {
			write(t, db, func(tx *store.Tx) error { return change(tx, worlds[name]) })
		}
		listen()
		for name := range changes {
			presentedAsStored(t, name+", a second later", other, worlds[name])
		}
	})
}

// TestNewsAreForgotten: what servers tell one another does not stay, nor what was restored from another cluster, whose transactions had higher numbers.
func TestNewsAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // nothing is told
		}
		other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
		check(t, err)
		t.Cleanup(func() { check(t, other.Close()) })
		other.ForgetNewsAfter(time.Millisecond)
		p := growPresentable(t, db, "stays")
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("INSERT INTO caller_changes (xid, others) SELECT (1000000000000 + n)::text::xid8, true FROM generate_series(1, 2000) AS n")
		})
		if count(t, db, "caller_changes") <= 2000 {
			t.Error("nothing is told")
		}
		for end := time.Now().Add(10 * time.Second); count(t, db, "caller_changes") > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			_, err := other.PresentedToken(t.Context(), p.token.Digest)
			check(t, err)
		}
		if n := count(t, db, "caller_changes"); n != 0 {
			t.Errorf("%d changes are left", n)
		}
	})
}
