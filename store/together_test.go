package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// busy is a SQLite store of which a change is under way until it is let go.
type busy struct {
	storetest.DB
	t     *testing.T
	letGo func()
	ended sync.WaitGroup
}

func newBusy(t *testing.T) *busy {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db")})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	check(t, err)
	b := &busy{DB: storetest.DB{Store: s}, t: t}
	b.letGo = b.hold(nil)
	return b
}

// hold begins a change that lasts until the returned function is called, and ends as wanted.
func (b *busy) hold(want error) (letGo func()) {
	begun, end := make(chan bool), make(chan bool)
	b.do(func() error {
		return b.Write(b.t.Context(), func(*store.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}, want)
	<-begun
	return func() { close(end) }
}

// do calls in the background, and checks the error.
func (b *busy) do(call func() error, want error) {
	b.ended.Add(1)
	go func() {
		defer b.ended.Done()
		if err := call(); !errors.Is(err, want) {
			b.t.Errorf("got %v, want %v", err, want)
		}
	}()
}

// waiting waits until so many changes wait.
func (b *busy) waiting(n int) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); b.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%d changes wait, want %d", b.Waiting(), n)
		}
	}
}

func (b *busy) makes(username string) func(*store.Tx) error {
	return func(tx *store.Tx) error { return tx.CreateUser(&models.User{Username: username}) }
}

// TestWritesTogether: changes that wait for one writer share a transaction. One that fails, or panics, leaves nothing and is its own caller's.
func TestWritesTogether(t *testing.T) {
	t.Parallel()
	b := newBusy(t)
	for n := range 20 {
		b.do(func() error { return b.Write(t.Context(), b.makes(fmt.Sprintf("user-%d", n))) }, nil)
	}
	b.waiting(20)
	b.do(func() error {
		return b.Write(t.Context(), func(tx *store.Tx) error { return errors.Join(b.makes("failed")(tx), errStop) })
	}, errStop)
	b.waiting(21)
	b.do(func() error { return b.Write(t.Context(), b.makes("user-0")) }, store.ErrConflict)
	b.waiting(22)
	b.do(func() (err error) {
		defer func() { err = recover().(error) }()
		return b.Write(t.Context(), func(tx *store.Tx) error { panic(errors.Join(b.makes("panicked")(tx), errStop)) })
	}, errStop)
	b.waiting(23)
	inside, end := make(chan bool), make(chan bool)
	b.do(func() error {
		return b.Write(t.Context(), func(tx *store.Tx) error {
			users, err := tx.Users(store.Query{}, models.Visibility{All: true})
			if err != nil || users.Count != 20 {
				t.Errorf("the last sees %d users in its transaction, %v", users.Count, err)
			}
			close(inside)
			<-end
			return nil
		})
	}, nil)
	b.waiting(24)
	b.letGo()
	<-inside
	if n := count(t, b.DB, "users"); n != 0 {
		t.Errorf("%d users are stored before the transaction ends", n)
	}
	close(end)
	b.ended.Wait()
	if n := count(t, b.DB, "users"); n != 20 {
		t.Errorf("%d users are stored", n)
	}
}

// TestWritesFailTogether: where the transaction of several cannot be stored, each is tried by itself.
func TestWritesFailTogether(t *testing.T) {
	t.Parallel()
	b := newBusy(t)
	for _, username := range []string{"alice", "bob"} {
		b.do(func() error { return b.Write(t.Context(), b.makes(username)) }, nil)
	}
	b.waiting(2)
	b.ended.Add(1)
	go func() {
		defer b.ended.Done()
		if err := b.Write(t.Context(), func(tx *store.Tx) error { return tx.Statement("ROLLBACK") }); err == nil { // as SQLite itself does where the disk is full
			t.Error("a change without a transaction is stored")
		}
	}()
	b.waiting(3)
	b.letGo()
	b.ended.Wait()
	if n := count(t, b.DB, "users"); n != 2 {
		t.Errorf("%d users are stored, want 2", n)
	}
}

// TestWritesWaitInBounds: no more changes wait than are held in memory, and none for longer than a change may take.
func TestWritesWaitInBounds(t *testing.T) {
	t.Parallel()
	b := newBusy(t)
	for range store.MostWaiting {
		b.do(func() error { return b.Write(t.Context(), func(*store.Tx) error { return nil }) }, nil)
	}
	b.waiting(store.MostWaiting)
	if err := b.Write(t.Context(), b.makes("alice")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("one too many: %v", err)
	}
	b.letGo()
	b.ended.Wait()

	b.SetTimeout(100 * time.Millisecond)
	letGo := b.hold(store.ErrUnavailable)
	b.do(func() error { return b.Write(t.Context(), b.makes("first")) }, store.ErrUnavailable)
	b.waiting(1)
	if err := b.Write(t.Context(), b.makes("second")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("too late: %v", err)
	}
	b.waiting(0)
	letGo()
	b.ended.Wait()
	b.SetTimeout(30 * time.Second)
	check(t, b.Write(t.Context(), b.makes("alice")))
	if n := count(t, b.DB, "users"); n != 1 {
		t.Errorf("%d users are stored", n)
	}
}
