package server

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/models"
	"gatehouse/store"
)

// RevokeImported revokes here what was revoked at the source of an import since: access tokens and refresh tokens by id, and whole
// families, where a refresh token was used here meanwhile. A refresh token counts as used, so that its coming again is noticed. It works in
// batches, each with its activity entries in a transaction of its own.
func (s *Server) RevokeImported(ctx context.Context, actor Actor, accessTokens, refreshTokens []int64, families []string) error {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return err
	}
	const note = "revoked at the source of the import"
	for ids := range slices.Chunk(refreshTokens, revokeBatch) {
		err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
			tokens, err := tx.RevokeRefreshTokens(store.TokenSelection{IDs: ids}, store.ReasonRotated)
			if err != nil {
				return err
			}
			return tx.Record(revocations(actor, tokens, note)...)
		})
		if err != nil {
			return fmt.Errorf("revoke refresh tokens: %w", err)
		}
	}
	for ids := range slices.Chunk(accessTokens, revokeBatch) {
		err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
			return deleteAccessTokens(tx, actor, store.TokenSelection{IDs: ids}, note)
		})
		if err != nil {
			return fmt.Errorf("revoke access tokens: %w", err)
		}
	}
	for _, family := range families {
		err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
			return revokeFamily(tx, actor, family, note, object{kind: models.ObjectRefreshToken})
		})
		if err != nil {
			return fmt.Errorf("revoke a family of tokens: %w", err)
		}
	}
	return nil
}
