package server

import (
	"context"
	"fmt"

	"github.com/go-crypt/crypt"
	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"

	"gatehouse/models"
	"gatehouse/store"
)

// verifyEncodedSecret reports whether the secret is a live one of the client that another system kept in a slow hash. It is verified with
// that hash once: from then on its digest is kept. Where too much was guessed from the address nothing is hashed.
func (s *Server) verifyEncodedSecret(ctx context.Context, client *models.Application, secret models.Secret) (bool, error) {
	for _, each := range client.ClientSecrets {
		if each.Encoded == "" || !each.Live(s.Now()) {
			continue
		}
		if err := s.guessing(ctx, ActorFrom(ctx).Address, nil); err != nil {
			return false, err
		}
		matches, err := s.passwords.matches(ctx, each.Encoded, secret.Reveal())
		if err != nil {
			return false, fmt.Errorf("verify a client secret: %w", err)
		}
		if matches {
			return true, s.store.Write(ctx, func(tx *store.Tx) error { return tx.DigestClientSecret(each.ID, secret.Digest()) })
		}
	}
	return false, nil
}

// newDecoder reads the slow hashes of other systems, in the forms of the PHC and modular crypt formats.
func newDecoder() (*crypt.Decoder, error) {
	decoder := crypt.NewDecoder()
	for _, register := range []func(algorithm.DecoderRegister) error{argon2.RegisterDecoder, bcrypt.RegisterDecoder, pbkdf2.RegisterDecoder,
		scrypt.RegisterDecoder} {
		if err := register(decoder); err != nil {
			return nil, fmt.Errorf("prepare slow hashes: %w", err)
		}
	}
	return decoder, nil
}

// matches reports whether the text is what the slow hash was made of, when the turn has come: no more are computed at once than passwords
// are. A hash that cannot be read matches nothing.
func (g *passwordGate) matches(ctx context.Context, encoded models.PasswordDigest, text string) (bool, error) {
	digest, err := g.foreign.Decode(string(encoded))
	if err != nil || len(text) > passwordLongest {
		return false, nil
	}
	leave, err := g.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return digest.Match(text), nil
}
