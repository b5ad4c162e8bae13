package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// Limits are how many failures are borne before the throttle answers. They are counted in the database, for all servers on it.
type Limits struct {
	Account      models.Bound // sign-ins to an account, from where it is not known; to an account from each browser and address that it knows
	Address      models.Bound // sign-ins from an address that the accounts do not know, over all accounts
	Guesses      models.Bound // unknown tokens, codes and client secrets from an address
	Devices      models.Bound // device authorizations that an address begins: they are written without anybody's leave
	KnownDevices int          // of each kind an account remembers
}

// DefaultLimits are those of the product.
func DefaultLimits() Limits {
	return Limits{Account: models.Bound{Failures: 10, Seconds: 600}, Address: models.Bound{Failures: 30, Seconds: 600},
		Guesses: models.Bound{Failures: 200, Seconds: 60}, Devices: models.Bound{Failures: 300, Seconds: 60},
		KnownDevices: 20}
}

// longest is the time after which nothing of the throttle's counts matters any more, in seconds.
func (l Limits) longest() int64 {
	return max(l.Account.Seconds, l.Address.Seconds, l.Guesses.Seconds, l.Devices.Seconds)
}

// Throttled refuses after too many failures. Credentials were not verified, or are nobody's; whose they are it does not say.
type Throttled struct {
	Seconds int64 // to wait, at least one
}

// Error says how long to wait.
func (t *Throttled) Error() string {
	return fmt.Sprintf("too many failures: try again in %d seconds", t.Seconds)
}

// tally is what one failure counts for.
type tally struct {
	subjects []models.Digest
	bounds   []models.Bound // of the subject at the same place
}

func (t *tally) add(subject models.Digest, bound models.Bound) {
	t.subjects, t.bounds = append(t.subjects, subject), append(t.bounds, bound)
}

// standing reports how many failures there are of late, or *Throttled when one more is not borne.
func (t *tally) standing(read store.Reader) (failures int64, err error) {
	wait := int64(0)
	for n, subject := range t.subjects {
		attempts, err := read.LoginAttempts(subject, t.bounds[n].Since(read.Now()))
		if err != nil {
			return 0, err
		}
		for _, each := range attempts {
			failures += each.Failures
		}
		wait = max(wait, t.bounds[n].Wait(attempts, read.Now()))
	}
	if wait > 0 {
		return failures, &Throttled{wait}
	}
	return failures, nil
}

// count counts a failure, unless one more is not borne: then nothing is counted, and it is *Throttled. Of many at once no more are
// counted than may be. Who goes away meanwhile is counted all the same. at is the moment it is counted at.
func (s *Server) count(ctx context.Context, t *tally) (at time.Time, err error) {
	err = s.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		at = tx.Now()
		if err := tx.QueueAttempts(t.subjects); err != nil {
			return err
		}
		if _, err := t.standing(tx.Reader); err != nil {
			return err
		}
		for n, subject := range t.subjects {
			if err := tx.ForgetAttempts(subject, t.bounds[n].Since(tx.Now())); err != nil {
				return err
			}
		}
		return tx.CountAttempts(t.subjects)
	})
	if err != nil {
		return time.Time{}, err
	}
	return at, nil
}

// guessed counts a token, code or client secret that is nobody's, and gives the answer to it: the one given, or *Throttled when the
// address has presented too many. What is valid never comes here, so it is always served.
func (s *Server) guessed(ctx context.Context, address string, answer error) error {
	if err := s.guessing(ctx, address, nil); err != nil {
		return err // without waiting for others to be counted
	}
	if _, err := s.count(ctx, s.guesses(address)); err != nil {
		return unthrottled("count a guess", err)
	}
	return answer
}

// guessing gives the answer to what fails without being a guess, as an expired token: where too much was guessed it is *Throttled too,
// so that the difference does not tell what was there once.
func (s *Server) guessing(ctx context.Context, address string, answer error) error {
	if _, err := s.guesses(address).standing(s.store.Read(ctx)); err != nil {
		return unthrottled("look up guesses", err)
	}
	return answer
}

func (s *Server) guesses(address string) *tally {
	t := &tally{}
	t.add(models.GuessSubject(models.NetworkOf(address)), s.options.Limits.Guesses)
	return t
}

// deviceLife is after how many seconds without a sign-in an account forgets a browser or an address: as long as the browser keeps its
// cookie.
const deviceLife = 365 * secondsOfDay

// failuresKept is for how many seconds failed sign-ins are told of.
const failuresKept = 7 * secondsOfDay

// clearThrottle deletes what counts no more, and devices that were not used for long.
func (s *Server) clearThrottle(ctx context.Context) error {
	for _, each := range []struct {
		age  int64
		step func(*store.Tx, time.Time, int) (int64, error)
	}{
		{s.options.Limits.longest(), (*store.Tx).ClearLoginAttempts}, {failuresKept, (*store.Tx).ClearFailedSignIns}, {deviceLife, (*store.Tx).ClearKnownDevices},
	} {
		lapsed, pace := after(s.Now(), -each.age), s.newPace(s.options.ClearBatchSize, s.options.ClearBatchSize)
		for more := true; more; {
			most := pace.rows
			last, err := s.clearBatch(ctx, pace, advance, func(tx *store.Tx) (int64, error) { return each.step(tx, lapsed, most) })
			if err != nil {
				return err
			}
			more = last == int64(most)
		}
	}
	return nil
}

// unthrottled wraps what is none of the throttle's answers.
func unthrottled(what string, err error) error {
	var throttled *Throttled
	if errors.As(err, &throttled) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
