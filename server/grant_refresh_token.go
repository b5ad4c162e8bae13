package server

import (
	"context"
	"errors"

	"gatehouse/models"
	"gatehouse/store"
)

func prepareRefreshToken(_ *Server, _ context.Context, request *tokenRequest) error {
	if request.form["refresh_token"] == "" {
		return invalidRequest("Missing refresh_token parameter.")
	}
	return nil
}

// issueRefreshToken renews a token pair (RFC 6749 §6). The refresh token must be the client's own; one of the automation controller
// is refreshed at the controller's root only (contract §0).
func issueRefreshToken(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	scope, err := parseRequestedScope(request.form["scope"], "")
	if err != nil {
		return nil, err
	}
	issued, err := s.rotate(tx, request.actor, rotation{
		client: request.client.ID,
		digest: models.SecretOf(request.form["refresh_token"]).Digest(),
		scope:  scope, resources: request.resources(),
		permit: func(token *models.RefreshToken) error { return s.permitRefresh(tx, request, token) },
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &errUnknown{invalidGrant("The refresh token is invalid.")}
	}
	return issued, err
}

func (s *Server) permitRefresh(tx *store.Tx, request *tokenRequest, token *models.RefreshToken) error {
	if token.Platform == models.Controller && !request.face.OfController() {
		return invalidGrant(models.ReasonControllerRefresh)
	}
	return s.permitSubject(tx, token)
}

// permitSubject refuses to renew tokens of a user who is disabled or may not have new ones.
func (s *Server) permitSubject(tx *store.Tx, token *models.RefreshToken) error {
	if token.SubjectUserID == nil {
		return nil
	}
	user, err := tx.UserAlone(*token.SubjectUserID)
	if err != nil {
		return err
	}
	if !user.IsActive {
		return invalidGrant("The refresh token is invalid.")
	}
	return s.external(user)
}
