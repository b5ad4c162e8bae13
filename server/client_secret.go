package server

import (
	"context"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// verifyEncodedSecret reports whether the secret is a live one of the client that another system kept in a slow hash. It is verified with
// that hash once: from then on its digest is kept. Where too much was guessed from the address nothing is hashed.
func (s *Server) verifyEncodedSecret(ctx context.Context, client *models.Application, secret models.Secret) (bool, error) {
	for _, each := range client.ClientSecrets {
		if !each.Encoded.Usable() || !each.Live(s.Now()) {
			continue
		}
		admit := func() error { return s.guessing(ctx, ActorFrom(ctx).Address, nil) }
		if err := admit(); err != nil { // before anybody waits for a turn
			return false, err
		}
		matches, err := s.passwords.matches(ctx, each.Encoded, secret.Reveal(), admit)
		if err != nil {
			return false, fmt.Errorf("verify a client secret: %w", err)
		}
		if matches {
			return true, s.store.Write(ctx, func(tx *store.Tx) error { return tx.DigestClientSecret(each.ID, secret.Digest()) })
		}
	}
	return false, nil
}
