package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// revokeBatch is how many tokens are revoked in one transaction (contract §6).
const revokeBatch = 1000

// Revocation says which tokens to revoke. The zero value means the access tokens of everybody.
type Revocation struct {
	User          string // the username, "" for everybody
	RefreshTokens bool   // revoke refresh tokens too, and first; codes that nobody has redeemed go with them
	Platform      models.Platform
	// Report is called after each batch that is durable, in order; either list may be empty. It may be nil.
	Report func(refresh []models.RefreshToken, access []models.AccessToken) error
}

// RevokeTokens revokes what r names, expired tokens included, in batches of 1000, each with its activity entries in a transaction of
// its own, so that it can be stopped and run again (contract §6, §7). At its end one more entry tells the numbers. An unknown user is
// store.ErrNotFound.
func (s *Server) RevokeTokens(ctx context.Context, actor Actor, r Revocation) error {
	_, err := s.revokeTokens(ctx, actor, r)
	return err
}

// revokeTokens gives the id of the last entry too, 0 where there was nothing to revoke.
func (s *Server) revokeTokens(ctx context.Context, actor Actor, r Revocation) (int64, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return 0, err
	}
	return s.revokeAndRecord(ctx, actor, r)
}

// RevokeUserTokens does what RevokeTokens does with the tokens of one user, for whom the policy lets do that. It ends with ctx after its
// present batch; what was revoked stays so, and the rest is revoked when it is run again. It reports whether there was anything to revoke.
func (s *Server) RevokeUserTokens(ctx context.Context, actor Actor, id int64, refreshTokens bool) (bool, error) {
	user, err := s.store.Read(ctx).User(id)
	if err != nil {
		return false, err
	}
	if err := s.policy.RevokeTokensOf(actor.Actor, user); err != nil {
		return false, err
	}
	entry, err := s.revokeAndRecord(ctx, actor, Revocation{User: user.Username, RefreshTokens: refreshTokens})
	return entry != 0, err
}

func (s *Server) revokeAndRecord(ctx context.Context, actor Actor, r Revocation) (int64, error) {
	var refreshTokens, accessTokens int64
	report := r.Report
	r.Report = func(refresh []models.RefreshToken, access []models.AccessToken) error {
		refreshTokens, accessTokens = refreshTokens+int64(len(refresh)), accessTokens+int64(len(access))
		advance(ctx, int64(len(refresh)+len(access)))
		if report == nil {
			return nil
		}
		return report(refresh, access)
	}
	err := s.revokeEach(ctx, actor, r)
	if refreshTokens+accessTokens == 0 {
		return 0, err
	}
	note := fmt.Sprintf("revoked %d access tokens, %d refresh tokens", accessTokens, refreshTokens)
	if r.User != "" {
		note += " of " + r.User
	}
	if r.Platform != "" {
		note += ", " + string(r.Platform) + " only"
	}
	return s.recordRun(ctx, actor, models.ObjectAccessToken, note, err)
}

// recordRun writes the entry that tells the numbers of a run over many things, also of one that problem stopped half-way, which comes back.
func (s *Server) recordRun(ctx context.Context, actor Actor, kind models.ObjectType, note string, problem error) (int64, error) {
	entries := []models.Activity{actor.did(models.OperationDelete, object{kind: kind}, models.Changes{})}
	entries[0].Note = note
	if problem != nil {
		entries[0].Note += " (stopped before the end)"
	}
	err := s.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		entries[0].ID = 0 // when it is run again
		return tx.Record(entries...)
	})
	return entries[0].ID, errors.Join(problem, err)
}

func (s *Server) revokeEach(ctx context.Context, actor Actor, r Revocation) error {
	selection := store.TokenSelection{Everything: true, Platform: r.Platform, Limit: revokeBatch}
	if r.User != "" {
		user, err := s.store.Read(ctx).UserByName(r.User)
		if err != nil {
			return fmt.Errorf("revoke tokens: %w", err)
		}
		selection.UserID = user.ID
	}
	if r.RefreshTokens {
		err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error { return tx.DeletePendingCodes(selection) })
		if err != nil {
			return fmt.Errorf("delete codes: %w", err)
		}
		if err := s.repeat(ctx, r, func(tx *store.Tx) ([]models.RefreshToken, []models.AccessToken, error) {
			return revokeRefreshTokens(tx, actor, selection)
		}); err != nil {
			return fmt.Errorf("revoke refresh tokens: %w", err)
		}
	}
	err := s.repeat(ctx, r, func(tx *store.Tx) ([]models.RefreshToken, []models.AccessToken, error) {
		tokens, err := tx.DeleteAccessTokens(selection)
		if err != nil {
			return nil, nil, err
		}
		return nil, tokens, tx.Record(deletions(actor, tokens, "revoked")...)
	})
	if err != nil {
		return fmt.Errorf("revoke access tokens: %w", err)
	}
	return nil
}

// repeat runs a batch until one comes back that was not full: then nothing was left, and what a busy server issues meanwhile does not
// keep it going.
func (s *Server) repeat(ctx context.Context, r Revocation, batch func(*store.Tx) ([]models.RefreshToken, []models.AccessToken, error)) error {
	for {
		var refresh []models.RefreshToken
		var access []models.AccessToken
		err := s.store.WriteInTurn(ctx, func(tx *store.Tx) (err error) {
			refresh, access, err = batch(tx)
			return err
		})
		if err != nil || len(refresh)+len(access) == 0 {
			return err
		}
		if err := r.Report(refresh, access); err != nil {
			return err
		}
		if len(refresh) < revokeBatch && len(access) < revokeBatch {
			return nil
		}
	}
}

// revokeRefreshTokens revokes the live refresh tokens selected and deletes the access tokens that came with them.
func revokeRefreshTokens(tx *store.Tx, actor Actor, selection store.TokenSelection) ([]models.RefreshToken, []models.AccessToken, error) {
	refresh, err := tx.RevokeRefreshTokens(selection, store.ReasonRevoked)
	if err != nil || len(refresh) == 0 {
		return nil, nil, err
	}
	ids := []int64{}
	for _, token := range refresh {
		if token.AccessTokenID != nil {
			ids = append(ids, *token.AccessTokenID)
		}
	}
	access, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: ids})
	if err != nil {
		return nil, nil, err
	}
	entries := append(revocations(actor, refresh, "revoked"), deletions(actor, access, "revoked")...)
	return refresh, access, tx.Record(entries...)
}

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

// clear deletes what is to be cleared, in batches.
func (s *Server) clear(ctx context.Context, count *int64, what store.Clearing) error {
	for {
		ids, err := s.store.Read(ctx).Clearable(what, clearableAtOnce)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(ids, s.options.ClearBatchSize) {
			_, err := s.clearBatch(ctx, count, func(tx *store.Tx) (int64, error) { return tx.Clear(what, some) })
			if err != nil {
				return err
			}
		}
		if len(ids) < clearableAtOnce {
			return nil
		}
	}
}

// clearFew deletes some of what is to be cleared along with another change.
func clearFew(tx *store.Tx, what store.Clearing) error {
	ids, err := tx.Clearable(what, 10)
	if err == nil {
		_, err = tx.Clear(what, ids)
	}
	return err
}

// clearBatch runs one transaction of clearing, and waits before the next one if this one was full.
func (s *Server) clearBatch(ctx context.Context, count *int64, batch func(*store.Tx) (int64, error)) (removed int64, err error) {
	err = s.store.WriteInTurn(ctx, func(tx *store.Tx) (err error) {
		removed, err = batch(tx)
		return err
	})
	if err != nil {
		return removed, err
	}
	*count += removed
	advance(ctx, removed)
	if removed < int64(s.options.ClearBatchSize) {
		return removed, nil
	}
	select {
	case <-ctx.Done():
		return removed, ctx.Err()
	case <-time.After(s.options.ClearInterval):
		return removed, nil
	}
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
