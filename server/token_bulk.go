package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// revokeBatch is how many tokens are revoked in one transaction (contract §6), but while nobody else is at work (ADR 0035).
const revokeBatch = 1000

// Revocation says which tokens to revoke. The zero value means the access tokens of everybody.
type Revocation struct {
	User          string // the username, "" for everybody
	RefreshTokens bool   // revoke refresh tokens too, and first; codes that nobody has redeemed go with them
	Platform      models.Platform
	// Report is called after each batch that is durable, never twice at once; either list may be empty. It may be nil.
	Report func(refresh []models.RefreshToken, access []models.AccessToken) error
}

// RevokeTokens revokes what r names, expired tokens included, in batches, each with its activity entries in a transaction of
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
	selection := store.TokenSelection{Everything: true, Platform: r.Platform}
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
		if err := s.sweep(ctx, r, selection, func(tx *store.Tx, some store.TokenSelection) (revoked, error) {
			return revokeRefreshTokens(tx, actor, some)
		}); err != nil {
			return fmt.Errorf("revoke refresh tokens: %w", err)
		}
	}
	err := s.sweep(ctx, r, selection, func(tx *store.Tx, some store.TokenSelection) (revoked, error) {
		tokens, err := tx.DeleteAccessTokens(some)
		if err != nil || len(tokens) == 0 {
			return revoked{}, err
		}
		return revoked{access: tokens, last: tokens[len(tokens)-1].ID, full: len(tokens) == some.Limit}, tx.Record(deletions(actor, tokens, "revoked")...)
	})
	if err != nil {
		return fmt.Errorf("revoke access tokens: %w", err)
	}
	return nil
}

// revokeRefreshTokens revokes the live refresh tokens selected and deletes the access tokens that came with them.
func revokeRefreshTokens(tx *store.Tx, actor Actor, selection store.TokenSelection) (revoked, error) {
	refresh, err := tx.RevokeRefreshTokens(selection, store.ReasonRevoked)
	if err != nil || len(refresh) == 0 {
		return revoked{}, err
	}
	ids := []int64{}
	for _, token := range refresh {
		if token.AccessTokenID != nil {
			ids = append(ids, *token.AccessTokenID)
		}
	}
	access, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: ids})
	if err != nil {
		return revoked{}, err
	}
	entries := append(revocations(actor, refresh, "revoked"), deletions(actor, access, "revoked")...)
	return revoked{refresh, access, refresh[len(refresh)-1].ID, len(refresh) == selection.Limit}, tx.Record(entries...)
}
