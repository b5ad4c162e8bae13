package server

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gatehouse/models"
	"gatehouse/store"
)

// Cleared counts what clearing removed.
type Cleared struct {
	AccessTokens       int64
	RefreshTokens      int64
	AuthorizationCodes int64
	DeviceCodes        int64
	Sessions           int64
}

// ClearTokens deletes what has expired and cannot be used or detected again (contract §6, cleartokens), in batches. Clearing writes
// one activity entry with the counts.
func (s *Server) ClearTokens(ctx context.Context, actor Actor) (Cleared, error) {
	done, _, err := s.clearTokens(ctx, actor)
	return done, err
}

// clearTokens gives the id of the entry too, 0 where there was nothing to clear.
func (s *Server) clearTokens(ctx context.Context, actor Actor) (done Cleared, entry int64, err error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return done, 0, err
	}
	now := s.Now()
	lapsed := after(now, -s.lifetimes.RefreshToken)
	for _, step := range []struct {
		count *int64
		clear store.Clearing
	}{
		{&done.RefreshTokens, store.RevokedRefreshTokens(lapsed)},
		{&done.RefreshTokens, store.ExpiredRefreshTokens(now, lapsed)},
		{&done.RefreshTokens, store.LoneRefreshTokens(now, lapsed)},
		{&done.AccessTokens, store.ExpiredAccessTokens(now)},
		{&done.AuthorizationCodes, store.ExpiredAuthorizationCodes(now)},
		{&done.DeviceCodes, store.ExpiredDeviceCodes(now)},
		{new(int64), store.ExpiredReplacedTokens(now)}, // which nobody counts
	} {
		if err = s.clear(ctx, step.count, step.clear); err != nil {
			break
		}
	}
	entry, err = s.recordClearing(ctx, actor, done, err)
	return done, entry, err
}

// ClearSessions deletes sessions that have expired, in batches, and what the throttle needs no more, which nobody counts.
func (s *Server) ClearSessions(ctx context.Context, actor Actor) (Cleared, error) {
	done, _, err := s.clearSessions(ctx, actor)
	return done, err
}

func (s *Server) clearSessions(ctx context.Context, actor Actor) (done Cleared, entry int64, err error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return done, 0, err
	}
	err = s.clear(ctx, &done.Sessions, store.ExpiredSessions(s.Now()))
	if err == nil {
		err = s.clearThrottle(ctx)
	}
	entry, err = s.recordClearing(ctx, actor, done, err)
	return done, entry, err
}

// clearableAtOnce is how many ids are found at once: 8 MiB of them.
const clearableAtOnce = 1 << 20

// clear deletes what is to be cleared, in batches, and one after the other where there is to be an interval between them.
func (s *Server) clear(ctx context.Context, count *int64, what store.Clearing) error {
	lanes := s.store.Lanes()
	if s.options.ClearInterval > 0 {
		lanes = 1
	}
	for {
		ids, err := s.store.Read(ctx).Clearable(what, clearableAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		clearing := &clearing{what: what, left: ids, count: count}
		if err := s.abreast(ctx, lanes, s.options.ClearBatchSize, s.options.ClearBatchSize, func(ctx context.Context, pace *pace) error {
			return s.clearLane(ctx, pace, clearing)
		}); err != nil {
			return err
		}
		if len(ids) < clearableAtOnce {
			return nil
		}
	}
}

// clearing is what lanes clear. Each takes the next ids that are left.
type clearing struct {
	what  store.Clearing
	mu    sync.Mutex
	left  []int64
	count *int64 // of what is cleared
}

func (c *clearing) take(most int) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	some := c.left[:min(most, len(c.left))]
	c.left = c.left[len(some):]
	return some
}

func (c *clearing) done(ctx context.Context, removed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.count += removed
	advance(ctx, removed)
}

func (s *Server) clearLane(ctx context.Context, pace *pace, c *clearing) error {
	for some := c.take(pace.rows); len(some) > 0; some = c.take(pace.rows) {
		if _, err := s.clearBatch(ctx, pace, c.done, func(tx *store.Tx) (int64, error) { return tx.Clear(c.what, some) }); err != nil {
			return err
		}
	}
	return nil
}

// clearFew deletes some of what is to be cleared along with another change.
func clearFew(tx *store.Tx, what store.Clearing) error {
	ids, err := tx.Clearable(what, 10)
	if err == nil {
		_, err = tx.Clear(what, ids)
	}
	return err
}

// clearBatch runs one transaction of clearing, calls done once it is durable, and waits before the next one if this one was full: the interval, after as many rows as a whole batch has.
func (s *Server) clearBatch(ctx context.Context, pace *pace, done func(context.Context, int64), batch func(*store.Tx) (int64, error)) (removed int64, err error) {
	full := int64(pace.rows)
	err = pace.run(ctx, func(tx *store.Tx) (err error) {
		removed, err = batch(tx)
		return err
	})
	if err != nil {
		return removed, err
	}
	done(ctx, removed)
	if removed < full {
		return removed, nil
	}
	if pace.since += removed; pace.since >= int64(pace.most) {
		pace.since = 0
		err = wait(ctx, s.options.ClearInterval)
	}
	return removed, errors.Join(err, pace.rest(ctx))
}

// recordClearing writes the entry of a run, also of one that was stopped half-way by problem, which comes back.
func (s *Server) recordClearing(ctx context.Context, actor Actor, done Cleared, problem error) (int64, error) {
	if problem != nil {
		problem = fmt.Errorf("clear: %w", problem)
	}
	if done == (Cleared{}) {
		return 0, problem
	}
	kind := models.ObjectAccessToken
	if done.Sessions > 0 {
		kind = models.ObjectSession
	}
	note := fmt.Sprintf("cleared %d access tokens, %d refresh tokens, %d authorization codes, %d sessions",
		done.AccessTokens, done.RefreshTokens, done.AuthorizationCodes, done.Sessions)
	if done.DeviceCodes > 0 {
		note += fmt.Sprintf(", %d device codes", done.DeviceCodes)
	}
	return s.recordRun(ctx, actor, kind, note, problem)
}
