package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// ErrInvalidToken is the one answer to a bearer token that does not authenticate: unknown, expired, unused for too long, of a disabled user, or not for
// this face or API (RFC 6750 §3.1, invalid_token).
var ErrInvalidToken = errors.New("the access token is not valid")

// AuthenticateBearer finds the token that is presented at a face, with its user, memberships and application, and notes its use.
// What is not valid is ErrInvalidToken, or *Throttled after too many unknown ones from the address. A database that is not there is an
// error of its own: nobody is let in or shut out by it.
func (s *Server) AuthenticateBearer(ctx context.Context, face models.Face, value models.Secret, address string) (*models.AccessToken, error) {
	token, err := s.store.PresentedToken(ctx, value.Digest())
	spent := false
	if err == nil {
		spent, err = s.spent(s.store.Read(ctx), token)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, s.guessed(ctx, address, ErrInvalidToken)
	case err != nil:
		return nil, fmt.Errorf("authenticate bearer: %w", err)
	case spent, token.User != nil && !token.User.IsActive, !s.policy.AcceptsBearer(token, face):
		return nil, s.guessing(ctx, address, ErrInvalidToken)
	}
	return token, s.noteUse(ctx, token, address)
}

// VerifyBearer finds the token of a request that a reverse proxy holds until it knows whether to let it pass (forward authentication). It
// does what AuthenticateBearer does, for a token without a user too, and asks the policy about the scope: *models.Denied.
func (s *Server) VerifyBearer(ctx context.Context, value models.Secret, write bool, address string) (*models.AccessToken, error) {
	token, err := s.AuthenticateBearer(ctx, models.FaceForward, value, address)
	if err != nil {
		return nil, err
	}
	if err := s.policy.Forward(token, write); err != nil {
		return nil, err
	}
	return token, nil
}
