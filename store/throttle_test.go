package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func digest(text string) models.Digest { return models.SecretOf(text).Digest() }

func TestLoginAttempts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		a, b := digest("a"), digest("b")
		attempt := func(subjects ...models.Digest) {
			write(t, db, func(tx *store.Tx) error { return tx.CountAttempts(subjects) })
		}
		attempts := func(of models.Digest, after time.Time) []models.LoginAttempt {
			found, err := db.Read(t.Context()).LoginAttempts(of, after)
			check(t, err)
			return found
		}
		attempt(a, b)
		attempt(a)
		later := start.Add(time.Minute)
		db.Clock.Advance(time.Minute)
		attempt(a)
		equal(t, "newest first", attempts(a, start.Add(-1)), []models.LoginAttempt{{Subject: a, At: later, Failures: 1}, {Subject: a, At: start, Failures: 2}})
		equal(t, "after the first moment", attempts(a, start), []models.LoginAttempt{{Subject: a, At: later, Failures: 1}})
		equal(t, "another's", attempts(b, start.Add(-1)), []models.LoginAttempt{{Subject: b, At: start, Failures: 1}})
		equal(t, "nobody's", attempts(digest("c"), start.Add(-1)), []models.LoginAttempt{})

		write(t, db, func(tx *store.Tx) error { return tx.ForgetAttempts(b, start.Add(-1)) })
		equal(t, "nothing so old", attempts(b, start.Add(-1)), []models.LoginAttempt{{Subject: b, At: start, Failures: 1}})
		write(t, db, func(tx *store.Tx) error { return tx.ForgetAttempts(b, start) })
		equal(t, "forgotten", attempts(b, start.Add(-1)), []models.LoginAttempt{})
		if n := len(attempts(a, start.Add(-1))); n != 2 {
			t.Errorf("%d rows of another subject are left, want 2", n)
		}
		attempt(b)

		back := func(at time.Time) {
			write(t, db, func(tx *store.Tx) error { return tx.TakeBackAttempts([]models.Digest{a, b}, at) })
		}
		back(start)
		equal(t, "one taken back", attempts(a, start.Add(-1)), []models.LoginAttempt{{Subject: a, At: later, Failures: 1}, {Subject: a, At: start, Failures: 1}})
		back(start)
		back(start) // there is none left
		back(later)
		if n := count(t, db, "login_attempts"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// Of many who count at once each sees those before, so no more are counted than each permits.
func TestQueueAttempts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		subjects := []models.Digest{digest("account"), digest("address")}
		var together sync.WaitGroup
		problems := make([]error, 24)
		full := errors.New("full")
		for n := range problems {
			together.Go(func() {
				problems[n] = db.Write(t.Context(), func(tx *store.Tx) error {
					if err := tx.QueueAttempts(subjects); err != nil {
						return err
					}
					seen, err := tx.LoginAttempts(subjects[0], start.Add(-1))
					if err == nil && len(seen) > 0 && seen[0].Failures >= 5 {
						return full
					}
					return errors.Join(err, tx.CountAttempts(subjects))
				})
			})
		}
		together.Wait()
		counted := 0
		for _, err := range problems {
			if err == nil {
				counted++
			} else if !errors.Is(err, full) {
				t.Error(err)
			}
		}
		if counted != 5 {
			t.Errorf("%d were counted, want 5", counted)
		}
	})
}

func TestKnownDevices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice, bob := &models.User{Username: "alice"}, &models.User{Username: "bob"}
		put(t, db, alice, bob)
		keep := func(user *models.User, kind models.DeviceKind, name string) {
			device := models.KnownDevice{UserID: user.ID, Kind: kind, Digest: digest(name)}
			write(t, db, func(tx *store.Tx) error { return tx.KeepKnownDevice(device, 3) })
		}
		known := func(user *models.User, names ...string) []models.KnownDevice {
			digests := make([]models.Digest, len(names))
			for n, name := range names {
				digests[n] = digest(name)
			}
			found, err := db.Read(t.Context()).KnownDevices(user.ID, digests)
			check(t, err)
			return found
		}
		keep(alice, models.DeviceBrowser, "a")
		keep(bob, models.DeviceBrowser, "a")
		db.Clock.Advance(time.Hour)
		keep(alice, models.DeviceBrowser, "a")
		equal(t, "kept again", known(alice, "a", "z"), []models.KnownDevice{{UserID: alice.ID, Kind: models.DeviceBrowser, Digest: digest("a"),
			Created: start, LastUsed: start.Add(time.Hour)}})
		for n := range 5 {
			db.Clock.Advance(time.Second)
			keep(alice, models.DeviceAddress, fmt.Sprint(n))
		}
		if left := known(alice, "0", "1", "2", "3", "4"); len(left) != 3 || len(known(alice, "0", "1")) != 0 {
			t.Errorf("left %v, want the newest three", left)
		}
		keep(alice, models.DeviceAddress, "5")
		keep(alice, models.DeviceAddress, "6")
		keep(alice, models.DeviceAddress, "7") // at one moment all are equally new: the one that is kept stays
		if len(known(alice, "7")) != 1 || count(t, db, "known_devices WHERE kind = 'address'") != 3 {
			t.Error("the device that was just used is forgotten")
		}
		if len(known(alice, "a")) != 1 || len(known(bob, "a")) != 1 {
			t.Error("devices of another kind or user are forgotten")
		}
		gone := models.KnownDevice{UserID: 99, Kind: models.DeviceBrowser}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.KeepKnownDevice(gone, 3) }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a device of a user who is gone: %v", err)
		}
		write(t, db, func(tx *store.Tx) error { return tx.DeleteUser(alice.ID) })
		if n := count(t, db, "known_devices"); n != 1 {
			t.Errorf("%d devices are left when the user is deleted, want the other user's", n)
		}
	})
}

func TestClearThrottle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice := &models.User{Username: "alice"}
		put(t, db, alice)
		for n := range 5 {
			write(t, db, func(tx *store.Tx) error {
				device := models.KnownDevice{UserID: alice.ID, Kind: models.DeviceBrowser, Digest: digest(fmt.Sprint(n))}
				return errors.Join(tx.CountAttempts([]models.Digest{digest("a"), digest(fmt.Sprint(n))}), tx.KeepKnownDevice(device, 9))
			})
			db.Clock.Advance(time.Second)
		}
		lapsed := start.Add(4 * time.Second) // the last ones are just young enough
		for what, clear := range map[string]func(tx *store.Tx) (int64, error){
			"login_attempts": func(tx *store.Tx) (int64, error) { return tx.ClearLoginAttempts(lapsed, 3) },
			"known_devices":  func(tx *store.Tx) (int64, error) { return tx.ClearKnownDevices(lapsed, 3) },
		} {
			var removed []int64
			for range 4 {
				write(t, db, func(tx *store.Tx) error { n, err := clear(tx); removed = append(removed, n); return err })
			}
			want := map[string][]int64{"login_attempts": {3, 3, 2, 0}, "known_devices": {3, 1, 0, 0}}[what]
			equal(t, what+" removed", removed, want)
		}
		if attempts, devices := count(t, db, "login_attempts"), count(t, db, "known_devices"); attempts != 2 || devices != 1 {
			t.Errorf("%d attempts and %d devices are left, want 2 and 1", attempts, devices)
		}
	})
}
