package server

import (
	"context"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// LongestOverlap is how long, in seconds, an old secret or token works at most beside the new one (contract §12.33).
const LongestOverlap = 2_592_000

func checkOverlap(seconds int64) error {
	if seconds < 0 || seconds > LongestOverlap {
		return models.Invalid{{Field: "overlap_seconds", Message: fmt.Sprintf("Ensure this value is from 0 to %d.", LongestOverlap)}}
	}
	return nil
}

// RotateSecret gives a confidential client another secret, shown this once; the one before works for overlap seconds more, and none from
// before that (contract §12.33). Tokens are not touched. form is the single-use number of the form that asks, "" for none; one that comes again
// is *Repeated.
func (s *Server) RotateSecret(ctx context.Context, actor Actor, face models.Face, id, overlap int64, form string) (*models.Application, models.Secret, error) {
	var secret models.Secret
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		application, err := tx.LockApplication(id)
		if err != nil {
			return err
		}
		if err := s.policy.RotateSecret(actor.Actor, application, face); err != nil {
			return err
		}
		if err := checkOverlap(overlap); err != nil {
			return err
		}
		if application.ClientType == models.Public {
			return models.Invalid{{Field: models.NonField, Message: "A public client has no secret."}}
		}
		secret, err = rotateSecret(tx, application, overlap)
		if err != nil {
			return err
		}
		actor.touch(tx, &application.Stamps)
		if err := tx.UpdateApplication(application); err != nil {
			return err
		}
		entry := actor.did(models.OperationUpdate, applicationObject(application), models.Changes{})
		entry.Note, entry.Form = "secret rotated", formNumber(form)
		return tx.Record(entry)
	})
	if err != nil {
		return nil, models.Secret{}, s.repeated(ctx, actor, form, fmt.Errorf("rotate a client secret: %w", err))
	}
	application, err := s.store.Read(ctx).Application(id)
	return application, secret, err
}

func rotateSecret(tx *store.Tx, a *models.Application, overlap int64) (models.Secret, error) {
	if err := tx.DropReplacedSecrets(a.ID); err != nil {
		return models.Secret{}, err
	}
	if err := tx.ExpireClientSecrets(a.ID, after(tx.Now(), overlap)); err != nil {
		return models.Secret{}, err
	}
	secret := models.NewSecret(models.ClientSecretLength)
	return secret, tx.AddClientSecret(&models.ClientSecret{ApplicationID: a.ID, Digest: secret.Digest(), Created: tx.Now()})
}

// RegenerateToken gives a personal token of the gateway another value, shown this once; all else about it stays, its expiry too. The value
// before works for overlap seconds more, and none from before that (contract §12.33). form is the single-use number of the form that asks, "" for
// none; one that comes again is *Repeated.
func (s *Server) RegenerateToken(ctx context.Context, actor Actor, face models.Face, id, overlap int64, form string) (*Issued, error) {
	issued := &Issued{}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		token, err := tx.LockAccessToken(id)
		if err != nil {
			return err
		}
		if err := s.policy.Regenerate(actor.Actor, token, face); err != nil {
			return err
		}
		if err := checkOverlap(overlap); err != nil {
			return err
		}
		spent, err := s.spent(tx.Reader, token)
		if err != nil {
			return err
		}
		if spent {
			return models.Invalid{{Field: models.NonField, Message: "This token has expired. Create another one."}}
		}
		old := models.ReplacedToken{Digest: token.Digest, AccessTokenID: token.ID, Expires: after(tx.Now(), overlap)}
		issued.AccessToken, issued.AccessTokenValue = token, s.options.TokenFormat.New()
		token.Digest, token.Hint = issued.AccessTokenValue.Digest(), s.options.TokenFormat.Hint(issued.AccessTokenValue)
		actor.touch(tx, &token.Stamps)
		if err := tx.ReplaceToken(token, old); err != nil {
			return err
		}
		entry := actor.did(models.OperationUpdate, tokenObject(token), models.Changes{})
		entry.Note, entry.Form = "regenerated", formNumber(form)
		return tx.Record(entry)
	})
	if err != nil {
		return nil, s.repeated(ctx, actor, form, fmt.Errorf("regenerate a token: %w", err))
	}
	return issued, nil
}
