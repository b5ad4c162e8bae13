package server

import (
	"context"
	"errors"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// attempt is one try to sign in to an account, which may not exist: nothing here depends on that.
type attempt struct {
	tally
	known   bool                 // the browser or the address has signed in to the account before
	counted time.Time            // when it was counted, zero while it is not
	unnoted []models.KnownDevice // what to remember if it succeeds
	account int64                // 0 where there is none
	network string
}

// attempt finds out what a failure counts for: from a browser that the account knows for the account at that browser alone, likewise
// from an address that it knows, and from elsewhere for the account and for the address. So no stranger can lock a person out.
func (s *Server) attempt(ctx context.Context, actor Actor, user *models.User, username string) (*attempt, error) {
	devices, of := devicesOf(actor), int64(0)
	if user != nil {
		of = user.ID
	}
	read, limits := s.store.Read(ctx), s.options.Limits
	known, err := read.KnownDevices(of, digestsOf(devices))
	if err != nil {
		return nil, err
	}
	a := &attempt{unnoted: unnoted(devices, known, read.Now()), account: of, network: models.NetworkOf(actor.Address)}
	for _, each := range devices { // browsers come first
		if recognised(known, each) != nil {
			a.known = true
			a.add(models.DeviceSubject(username, each.Digest), limits.Account)
			return a, nil
		}
	}
	a.add(models.AccountSubject(username), limits.Account)
	a.add(models.AddressSubject(a.network), limits.Address)
	return a, nil
}

// admit refuses an attempt that is one too many, before a password is looked at. It counts the attempt in advance, so that of many at
// once no more are verified than may fail. Who is known and has not failed of late goes uncounted, which spares nearly all requests a
// writing; that is asked again when the turn has come to be verified.
func (s *Server) admit(ctx context.Context, a *attempt) error {
	if !a.counted.IsZero() {
		return nil
	}
	failures, err := a.standing(s.store.Read(ctx))
	if err != nil || a.known && failures == 0 {
		return err
	}
	a.counted, err = s.count(ctx, &a.tally)
	return err
}

// failed is the answer to a wrong password: ErrWrongCredentials, or *Throttled when too many others have failed meanwhile. Those who watch over
// sign-ins are told of it.
func (s *Server) failed(ctx context.Context, a *attempt) error {
	if a.counted.IsZero() {
		if _, err := s.count(ctx, &a.tally); err != nil {
			return err
		}
	}
	err := s.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.CountFailedSignIn(a.account, a.network) })
	if err != nil && !errors.Is(err, store.ErrUnavailable) {
		return err
	}
	return ErrWrongCredentials
}

// succeeded takes the count back and notes from where the user has signed in. Where neither is needed nothing is written, and what
// cannot be written at the moment is no reason to refuse.
func (s *Server) succeeded(ctx context.Context, a *attempt, user *models.User) error {
	if a.counted.IsZero() && len(a.unnoted) == 0 {
		return nil
	}
	err := s.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := a.takeBack(tx); err != nil {
			return err
		}
		return s.remember(tx, user.ID, a.unnoted)
	})
	switch {
	case errors.Is(err, store.ErrNotFound): // deleted meanwhile
		return ErrWrongCredentials
	case errors.Is(err, store.ErrUnavailable):
		s.log.WarnContext(ctx, "where a user signed in from was not stored", "user", user.ID, "error", err)
		return nil
	}
	return err
}

// withdraw takes the count of an attempt back that was not verified after all, for the reason given.
func (s *Server) withdraw(ctx context.Context, a *attempt, reason error) error {
	return errors.Join(reason, s.store.Write(context.WithoutCancel(ctx), a.takeBack))
}

func (a *attempt) takeBack(tx *store.Tx) error {
	if a.counted.IsZero() {
		return nil
	}
	if err := tx.QueueAttempts(a.subjects); err != nil {
		return err
	}
	return tx.TakeBackAttempts(a.subjects, a.counted)
}

// devicesOf are the browser and the address that the actor comes from.
func devicesOf(actor Actor) []models.KnownDevice {
	var devices []models.KnownDevice
	if !actor.Device.Empty() {
		devices = append(devices, models.KnownDevice{Kind: models.DeviceBrowser, Digest: actor.Device.Digest()})
	}
	network := models.SecretOf(models.NetworkOf(actor.Address))
	return append(devices, models.KnownDevice{Kind: models.DeviceAddress, Digest: network.Digest()})
}

func digestsOf(devices []models.KnownDevice) []models.Digest {
	digests := make([]models.Digest, len(devices))
	for n, each := range devices {
		digests[n] = each.Digest
	}
	return digests
}

// recognised is the one of the known devices that device is, nil when it is none.
func recognised(known []models.KnownDevice, device models.KnownDevice) *models.KnownDevice {
	for n, each := range known {
		if each.Kind == device.Kind && each.Digest.Equal(device.Digest) {
			return &known[n]
		}
	}
	return nil
}

// unnoted are those of the devices that are not known, or whose last use was noted a day ago.
func unnoted(devices, known []models.KnownDevice, now time.Time) []models.KnownDevice {
	var unnoted []models.KnownDevice
	for _, each := range devices {
		if noted := recognised(known, each); noted == nil || !now.Before(after(noted.LastUsed, secondsOfDay)) {
			unnoted = append(unnoted, each)
		}
	}
	return unnoted
}

const secondsOfDay = 24 * 60 * 60

// recognise makes the actor known where they are not.
func (s *Server) recognise(tx *store.Tx, actor Actor) error {
	devices := devicesOf(actor)
	known, err := tx.KnownDevices(actor.User.ID, digestsOf(devices))
	if err != nil {
		return err
	}
	return s.remember(tx, actor.User.ID, unnoted(devices, known, tx.Now()))
}

// remember notes that the user signed in from the devices.
func (s *Server) remember(tx *store.Tx, userID int64, devices []models.KnownDevice) error {
	for _, each := range devices {
		each.UserID = userID
		if err := tx.KeepKnownDevice(each, s.options.Limits.KnownDevices); err != nil {
			return err
		}
	}
	return nil
}
