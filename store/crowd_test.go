package store_test

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// On SQLite a run sees whether others write between its transactions, in this program or another. (TestAbreast has PostgreSQL.)
func TestCrowded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		lite := db.Dialect() == store.SQLite
		equal(t, "writers wait", db.WritersWait(), lite)
		if !lite {
			return
		}
		other := openAgain(t, db)
		var seen store.Crowd
		for _, step := range []struct {
			name    string
			between func()
			want    bool
		}{
			{"the first time", func() {}, true},
			{"nobody else", func() {}, false},
			{"another of this program", func() { entry(t, db.Store) }, true},
			{"nobody else again", func() {}, false},
			{"another program", func() { entry(t, other) }, true},
			{"nobody else at last", func() {}, false},
		} {
			step.between()
			entry(t, db.Store)
			equal(t, step.name, db.Crowded(t.Context(), &seen), step.want)
		}
	})
}

func openAgain(t *testing.T, db storetest.DB) *store.Store {
	t.Helper()
	other, err := store.Open(t.Context(), store.Options{URL: db.URL, Clock: db.Clock.Now})
	check(t, err)
	t.Cleanup(func() { _ = other.Close() })
	return other
}

func entry(t *testing.T, db *store.Store) {
	t.Helper()
	check(t, db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.Record(models.Activity{Operation: models.OperationUpdate, ObjectType: models.ObjectUser, Note: "entry"})
	}))
}

// TestAbreast: the lanes of a work pass beside each other as long as nobody else is at work, and in turn otherwise; whoever wants a turn waits for them.
func TestAbreast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.WritersWait() {
			equal(t, "lanes", db.Lanes(), 1)
			return
		}
		equal(t, "lanes", db.Lanes(), 2)
		other := openAgain(t, db)
		var crowd store.Crowd
		nothing := func(*store.Tx) error { return nil }
		lane := func() error { return db.WriteAbreast(t.Context(), &crowd, 1, nothing) }
		turn := func() error { return other.WriteInTurn(t.Context(), nothing) }
		for _, step := range []struct {
			name    string
			before  func()
			second  func() error
			besides bool
		}{
			{"nobody has looked yet", func() {}, lane, false},
			{"nobody else", func() { untilQuiet(t, db, &crowd) }, lane, true},
			{"somebody who wants a turn", func() { untilQuiet(t, db, &crowd) }, turn, false},
			{"somebody else", func() {
				entry(t, other)
				equal(t, "crowded", db.Crowded(t.Context(), &crowd), true)
			}, lane, false},
		} {
			step.before()
			inside, end, first, second := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan error, 1)
			go func() {
				first <- db.WriteAbreast(t.Context(), &crowd, 0, func(*store.Tx) error {
					close(inside)
					<-end
					return nil
				})
			}()
			<-inside
			go func() { second <- step.second() }()
			equal(t, step.name, endsBesides(t, db, second), step.besides)
			close(end)
			check(t, <-first)
			check(t, <-second)
		}
	})
}

// untilQuiet waits until whoever was at work has been gone for long enough.
func untilQuiet(t *testing.T, db storetest.DB, crowd *store.Crowd) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); db.Crowded(t.Context(), crowd); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("somebody is always at work")
		}
	}
}

// endsBesides waits until either has happened: it ended, and says so again, or it waits for a lock.
func endsBesides(t *testing.T, db storetest.DB, done chan error) bool {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-done:
			done <- err
			return true
		default:
		}
		if count(t, db, advisory+" AND NOT granted") > 0 {
			return false
		}
	}
	t.Fatal("it neither ended nor waited")
	return false
}

// TestLanesCount: what one lane deletes is added up after the other's, however long that takes, and not left for somebody else.
func TestLanesCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.WritersWait() {
			return // one lane
		}
		growMany(t, db, 1500)
		selection := func(after int64) store.TokenSelection {
			return store.TokenSelection{Everything: true, Unclaimed: true, After: after, Limit: 600}
		}
		var crowd store.Crowd
		untilQuiet(t, db, &crowd)
		second := make(chan error, 1)
		check(t, db.WriteAbreast(t.Context(), &crowd, 0, func(tx *store.Tx) error {
			tokens, err := tx.DeleteAccessTokens(selection(0))
			if err != nil {
				return err
			}
			go func() {
				second <- db.WriteAbreast(t.Context(), &crowd, 1, func(tx *store.Tx) error {
					_, err := tx.DeleteAccessTokens(selection(tokens[len(tokens)-1].ID))
					return err
				})
			}()
			equal(t, "the second does not wait", endsBesides(t, db, second), false)
			return nil
		}))
		check(t, <-second)
		equal(t, "left to count", count(t, db, "access_token_changes WHERE tokens < 0"), 0)
		page, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 5, Sees: seesAll}, everything)
		check(t, err)
		equal(t, "count", page.Count, int64(count(t, db, "access_tokens")))
	})
}
