package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// is runs a change that has to end with this error, nil included, and leaves the rest to the caller.
func is(t testing.TB, db storetest.DB, what string, want error, change func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), change); !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func claim(code *models.DeviceCode, user int64) func(*store.Tx) error {
	return func(tx *store.Tx) error { _, err := tx.ClaimDeviceCode(code.UserCodeDigest, user); return err }
}

func decide(code *models.DeviceCode, user int64, state models.DeviceState) func(*store.Tx) error {
	return func(tx *store.Tx) error { _, err := tx.DecideDeviceCode(code.UserCodeDigest, user, state); return err }
}

// TestDeviceCode takes a code through its life; at each step what belongs to another step or user finds nothing.
func TestDeviceCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		bob := &models.User{Username: "bob"}
		put(t, db, bob)
		code, alice := &g.device, g.user.ID
		is(t, db, "a user code twice", store.ErrConflict, func(tx *store.Tx) error {
			return putOne(tx, &models.DeviceCode{ApplicationID: g.application.ID, UserCodeDigest: code.UserCodeDigest})
		})
		is(t, db, "without an application", store.ErrNotFound, func(tx *store.Tx) error { return putOne(tx, &models.DeviceCode{ApplicationID: 999}) })
		is(t, db, "decided before it is entered", store.ErrNotFound, decide(code, alice, models.DeviceApproved))
		is(t, db, "redeemed before it is approved", store.ErrReplayed, func(tx *store.Tx) error { return tx.RedeemDeviceCode(code) })
		is(t, db, "entered by nobody", store.ErrNotFound, claim(code, 999))
		write(t, db, func(tx *store.Tx) error {
			entered, err := tx.ClaimDeviceCode(code.UserCodeDigest, alice)
			check(t, err)
			if entered.Application.Name != "Deploy" || entered.Application.Organization.Name != "Engineering" || *entered.UserID != alice {
				t.Errorf("entered %+v", entered)
			}
			return nil
		})
		is(t, db, "entered by another", store.ErrNotFound, claim(code, bob.ID))
		is(t, db, "entered again", nil, claim(code, alice))
		is(t, db, "decided by another", store.ErrNotFound, decide(code, bob.ID, models.DeviceDenied))

		write(t, db, func(tx *store.Tx) error {
			pending, err := tx.LockPendingDeviceCode(code.ID)
			check(t, err)
			return tx.NotePoll(pending.ID, pending.IntervalSeconds+5)
		})
		is(t, db, "approved", nil, decide(code, alice, models.DeviceApproved))
		is(t, db, "denied after that", store.ErrNotFound, decide(code, alice, models.DeviceDenied))
		is(t, db, "entered after that", store.ErrNotFound, claim(code, alice))
		is(t, db, "polled after that", store.ErrNotFound, func(tx *store.Tx) error { _, err := tx.LockPendingDeviceCode(code.ID); return err })
		got, err := db.Read(t.Context()).DeviceCodeByDigest(code.Digest)
		check(t, err)
		want := *code
		want.UserID, want.State, want.IntervalSeconds, want.LastPolled = &alice, models.DeviceApproved, 10, ref(start)
		equal(t, "approved", got, &want)
		is(t, db, "redeemed", nil, func(tx *store.Tx) error { return tx.RedeemDeviceCode(got) })
		is(t, db, "redeemed again", store.ErrReplayed, func(tx *store.Tx) error { return tx.RedeemDeviceCode(got) })
		write(t, db, func(tx *store.Tx) error { return tx.Exec("DELETE FROM device_codes") })
		is(t, db, "redeemed when it is gone", store.ErrNotFound, func(tx *store.Tx) error { return tx.RedeemDeviceCode(got) })
	})
}

// TestDeviceCodeAtItsEnd: a code is expired from its expiry on, and cleared after it, in whatever state; it goes with its application
// and with the user who entered it.
func TestDeviceCodeAtItsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		ended := &models.DeviceCode{ApplicationID: g.application.ID, Expires: start}
		entered := &models.DeviceCode{ApplicationID: g.application.ID, Expires: start, UserID: &g.user.ID}
		put(t, db, ended, entered)
		is(t, db, "entered at the end", store.ErrNotFound, claim(ended, g.user.ID))
		is(t, db, "decided at the end", store.ErrNotFound, decide(entered, g.user.ID, models.DeviceApproved))
		for _, state := range []models.DeviceState{models.DevicePending, models.DeviceApproved, models.DeviceDenied, models.DeviceRedeemed} {
			put(t, db, &models.DeviceCode{ApplicationID: g.application.ID, State: state, Expires: start.Add(-time.Microsecond)})
		}
		if n := clearEach(t, db, store.ExpiredDeviceCodes(start), 3); n != 4 {
			t.Errorf("%d cleared, want 4", n)
		}
		if n := count(t, db, "device_codes"); n != 3 {
			t.Errorf("%d left, want 3", n)
		}
		dora := &models.User{Username: "dora"}
		put(t, db, dora)
		put(t, db, &models.DeviceCode{ApplicationID: g.application.ID, UserID: &dora.ID})
		write(t, db, func(tx *store.Tx) error { return tx.DeleteUser(dora.ID) })
		if n := count(t, db, "device_codes"); n != 3 {
			t.Errorf("%d left without the user, want 3", n)
		}
		other := &models.Application{Name: "Other", OrganizationID: &g.organization.ID}
		put(t, db, other)
		put(t, db, &models.DeviceCode{ApplicationID: other.ID})
		write(t, db, func(tx *store.Tx) error { return tx.DeleteApplication(other.ID) })
		if n := count(t, db, "device_codes"); n != 3 {
			t.Errorf("%d left without the application, want 3", n)
		}
	})
}

// TestDeviceCodeRaces: of many people who enter a code at once one gets it, and of many polls one redeems it.
func TestDeviceCodeRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		const racers = 32
		g := grow(t, db)
		var people []*models.User
		for range racers {
			user := &models.User{Username: models.RandomText(10)}
			put(t, db, user)
			people = append(people, user)
		}
		won := func(step func(n int) error, lost error) int64 {
			var group sync.WaitGroup
			var winners atomic.Int64
			for n := range racers {
				group.Go(func() {
					switch err := step(n); {
					case err == nil:
						winners.Add(1)
					case !errors.Is(err, lost):
						t.Errorf("racer %d: %v", n, err)
					}
				})
			}
			group.Wait()
			return winners.Load()
		}
		if n := won(func(n int) error { return db.Write(t.Context(), claim(&g.device, people[n].ID)) }, store.ErrNotFound); n != 1 {
			t.Errorf("%d people entered the code", n)
		}
		write(t, db, func(tx *store.Tx) error { return tx.Exec("UPDATE device_codes SET state = 'approved'") })
		code, err := db.Read(t.Context()).DeviceCodeByDigest(g.device.Digest)
		check(t, err)
		redeem := func(int) error {
			return db.Write(t.Context(), func(tx *store.Tx) error { return tx.RedeemDeviceCode(code) })
		}
		if n := won(redeem, store.ErrReplayed); n != 1 {
			t.Errorf("%d polls redeemed the code", n)
		}
	})
}
