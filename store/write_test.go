package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

var errStop = errors.New("stop")

func TestWriteRollsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			check(t, tx.CreateUser(&models.User{Username: "alice"}))
			check(t, tx.SetSetting("key", "value"))
			if _, err := tx.UserByName("alice"); err != nil {
				t.Errorf("a transaction does not read what it wrote: %v", err)
			}
			if _, err := db.Read(t.Context()).UserByName("alice"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("others read what is not committed: %v", err)
			}
			return errStop
		})
		if !errors.Is(err, errStop) {
			t.Errorf("got %v, want the change's own error", err)
		}
		if count(t, db, "users")+count(t, db, "settings") != 0 {
			t.Error("something was stored")
		}
	})
}

// What a statement refused stays refused, and the whole change with it, also where the change goes on.
func TestWriteIsWholeOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		put(t, db, &models.User{Username: "alice"})
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			check(t, tx.CreateUser(&models.User{Username: "bob"}))
			return tx.CreateUser(&models.User{Username: "alice"})
		})
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("got %v, want a conflict", err)
		}
		if n := count(t, db, "users"); n != 1 {
			t.Errorf("%d users, want 1", n)
		}
	})
}

func TestWriteAfterPanic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for _, leave := range map[string]func(){"panic": func() { panic("in the middle") }, "exit": runtime.Goexit} {
			done := make(chan any)
			go func() {
				defer close(done)
				defer func() { done <- recover() }()
				_ = db.Write(context.Background(), func(tx *store.Tx) error {
					if err := tx.CreateUser(&models.User{Username: "nobody"}); err != nil {
						return err
					}
					leave()
					return nil
				})
			}()
			<-done
			<-done
			soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			check(t, db.Write(soon, func(tx *store.Tx) error { return tx.SetSetting("key", "value") }))
			if n := count(t, db, "users"); n != 0 {
				t.Error("what came before the panic was stored")
			}
		}
		read, write := db.Pools()
		for _, pool := range []*sql.DB{read, write} {
			if n := pool.Stats().InUse; n != 0 {
				t.Errorf("%d connections were not given back", n)
			}
		}
	})
}

// A caller who goes away in the middle of a change leaves it whole; one who is gone before changes nothing.
func TestWriteAndItsCaller(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		check(t, db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.CreateUser(&models.User{Username: "alice"}); err != nil {
				return err
			}
			cancel()
			return tx.SetSetting("key", "value")
		}))
		if count(t, db, "users") != 1 || count(t, db, "settings") != 1 {
			t.Error("the change is not whole")
		}
		err := db.Write(ctx, func(*store.Tx) error { t.Error("ran for nobody"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the caller's end", err)
		}
		if _, err := db.Read(ctx).UserByName("alice"); !errors.Is(err, context.Canceled) {
			t.Errorf("read for nobody: %v", err)
		}
	})
}

// Two changes that lock the same rows in opposite order: the database ends one of them, which runs again.
func TestWriteRepeatsAfterDeadlock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, alice, bob)
		var runs atomic.Int32
		var met sync.WaitGroup
		met.Add(2)
		both := make(chan struct{})
		go func() { met.Wait(); close(both) }()
		change := func(first, second int64) error {
			var once sync.Once
			return db.Write(t.Context(), func(tx *store.Tx) error {
				runs.Add(1)
				one, err := tx.LockUser(first)
				if err != nil {
					return err
				}
				once.Do(met.Done)
				if db.Dialect() == store.PostgreSQL { // the one writer of SQLite would wait for ever
					<-both
				}
				other, err := tx.LockUser(second)
				if err != nil {
					return err
				}
				one.FirstName += "x"
				other.FirstName += "x"
				return errors.Join(tx.UpdateUser(one), tx.UpdateUser(other))
			})
		}
		result := make(chan error)
		go func() { result <- change(alice.ID, bob.ID) }()
		go func() { result <- change(bob.ID, alice.ID) }()
		check(t, errors.Join(<-result, <-result))
		// PostgreSQL may end both of them at once, or the same one twice: how often they run again is its choice.
		if got := runs.Load(); db.Dialect() == store.SQLite && got != 2 || db.Dialect() == store.PostgreSQL && got < 3 {
			t.Errorf("%d runs, want 2 on SQLite, at least 3 on PostgreSQL", got)
		}
		for _, id := range []int64{alice.ID, bob.ID} {
			if user, err := db.Read(t.Context()).User(id); err != nil || user.FirstName != "xx" {
				t.Errorf("user %v, %v: want each change once", user, err)
			}
		}
	})
}

// A change that loses against others again and again is given up with an error that says to come back later. One that fails for a
// reason of its own is not tried again.
func TestWriteGivesUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		runs := 0
		attempt := func(change func(*store.Tx) error) error {
			runs = 0
			return db.Write(t.Context(), func(tx *store.Tx) error { runs++; return change(tx) })
		}
		err := attempt(func(*store.Tx) error { return errStop })
		if !errors.Is(err, errStop) || runs != 1 {
			t.Errorf("%d runs, %v", runs, err)
		}
		if db.Dialect() == store.PostgreSQL { // the one writer of SQLite never loses
			err := attempt(func(tx *store.Tx) error {
				return tx.Exec("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")
			})
			if !errors.Is(err, store.ErrUnavailable) || runs != 8 {
				t.Errorf("%d runs, %v", runs, err)
			}
		}
	})
}

func TestWriteWaitsOnlySoLong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		user := &models.User{Username: "alice"}
		put(t, db, user)
		locked, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			done <- db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.LockUser(user.ID)
				close(locked)
				<-release
				return err
			})
		}()
		<-locked
		db.SetTimeout(200 * time.Millisecond)
		err := db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.LockUser(user.ID); return err })
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		close(release)
		check(t, <-done)
		db.SetTimeout(30 * time.Second)
		write(t, db, func(tx *store.Tx) error { _, err := tx.LockUser(user.ID); return err })
	})
}

// One moment for all that is done in a transaction, a new one when it runs again.
func TestWriteHasOneTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		write(t, db, func(tx *store.Tx) error {
			db.Clock.Advance(time.Hour)
			if tx.Now() != start {
				t.Errorf("the time moved to %v", tx.Now())
			}
			return tx.Record(models.Activity{ObjectName: "first"}, models.Activity{ObjectName: "second"})
		})
		page, err := db.Read(t.Context()).Activity(store.Query{}, everyEntry)
		check(t, err)
		for _, entry := range page.Rows {
			if !entry.Created.Equal(start) {
				t.Errorf("%s was recorded at %v", entry.ObjectName, entry.Created)
			}
		}
	})
}

// Another process writes for a while: the file is waited for, nothing fails.
func TestSQLiteWaitsForAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, "sqlite:"+path)
	other, err := sql.Open("sqlite", path)
	check(t, err)
	defer func() { _ = other.Close() }()
	connection, err := other.Conn(t.Context())
	check(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	done := make(chan error)
	go func() {
		done <- s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") })
	}()
	if _, err := s.Read(t.Context()).Setting("key"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading beside a writer: %v", err)
	}
	_, err = connection.ExecContext(t.Context(), "INSERT INTO settings VALUES ('other', 'value', 0); COMMIT")
	check(t, err)
	check(t, <-done)
	for _, key := range []string{"key", "other"} {
		if _, err := s.Read(t.Context()).Setting(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// Another process writes for too long: that is waited for ten seconds.
func TestSQLiteBlockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, "sqlite:"+path)
	other, err := sql.Open("sqlite", path)
	check(t, err)
	defer func() { _ = other.Close() }()
	connection, err := other.Conn(t.Context())
	check(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	s.SetTimeout(100 * time.Millisecond)
	write := func() error {
		return s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") })
	}
	if err := write(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	_, err = connection.ExecContext(t.Context(), "ROLLBACK")
	check(t, err)
	s.SetTimeout(30 * time.Second)
	check(t, write())
}

// An error that has nothing to do with the database's state is not taken for its absence.
func TestBrokenStatementIsNoOutage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Exec("SELECT missing FROM nowhere") })
		if err == nil || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("got %v", err)
		}
	})
}
