package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

const setupKey = "setup_code_digest"

// SetupNeeded reports whether nobody can administer the product yet.
func (s *Server) SetupNeeded(ctx context.Context) (bool, error) {
	exists, err := s.store.Read(ctx).SuperuserExists()
	return !exists, err
}

// NewSetupCode makes the one-time code for first-run setup in place of an earlier one; only its digest is kept. It is empty when a
// superuser exists.
func (s *Server) NewSetupCode(ctx context.Context) (models.Secret, error) {
	needed, err := s.SetupNeeded(ctx)
	if err != nil || !needed {
		return models.Secret{}, err
	}
	code := models.NewSecret(models.TokenLength)
	err = s.store.Write(ctx, func(tx *store.Tx) error { return tx.SetSetting(setupKey, code.Digest().String()) })
	if err != nil {
		return models.Secret{}, fmt.Errorf("keep the setup code: %w", err)
	}
	return code, nil
}

// CheckSetupCode reports whether the code opens first-run setup; another one, or any once a superuser exists, is ErrWrongCredentials.
func (s *Server) CheckSetupCode(ctx context.Context, code models.Secret) error {
	needed, err := s.SetupNeeded(ctx)
	if err != nil {
		return err
	}
	kept, err := s.store.Read(ctx).Setting(setupKey)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!needed || subtle.ConstantTimeCompare([]byte(kept), []byte(code.Digest().String())) == 0) {
		return ErrWrongCredentials
	}
	return err
}

// CompleteSetup makes the first superuser and spends the code. Of two callers one succeeds, the other gets ErrWrongCredentials.
func (s *Server) CompleteSetup(ctx context.Context, actor Actor, code models.Secret, in UserInput) (*models.User, error) {
	if err := s.CheckSetupCode(ctx, code); err != nil {
		return nil, err
	}
	user := &models.User{}
	in.apply(user)
	user.IsActive, user.IsSuperuser, user.IsPlatformAuditor = true, true, false
	if err := s.digestPassword(ctx, user, in.Password, true); err != nil {
		return nil, err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		taken, err := tx.TakeSetting(setupKey, code.Digest().String())
		if err != nil {
			return err
		}
		exists, err := tx.SuperuserExists()
		if err != nil {
			return err
		}
		if !taken || exists {
			return ErrWrongCredentials
		}
		user.ID, user.Stamps = 0, actor.stamp(tx)
		if err := tx.CreateUser(user); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationCreate, userObject(user), models.Added(user.ActivityFields())))
	})
	if err != nil {
		return nil, fmt.Errorf("complete setup: %w", usernameConflict(err))
	}
	return user, nil
}
