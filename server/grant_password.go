package server

import (
	"context"
	"errors"

	"gatehouse/models"
	"gatehouse/store"
)

// preparePassword verifies the resource owner's password before the transaction: that takes a while (RFC 6749 §4.3).
func preparePassword(s *Server, ctx context.Context, request *tokenRequest) error {
	username, password := request.form["username"], request.form["password"]
	if username == "" || password == "" {
		return invalidRequest("The username and password parameters are needed.")
	}
	if err := allowed(request.client, models.GrantPassword); err != nil {
		return err
	}
	user, err := s.Authenticate(ctx, username, password)
	if errors.Is(err, ErrWrongCredentials) {
		return invalidGrant("Invalid credentials given.")
	}
	if err != nil {
		return err
	}
	request.user = user
	return s.external(user)
}

func issuePassword(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	scope, err := request.requestedScope()
	if err != nil {
		return nil, err
	}
	audience, err := s.requestedAudience(tx.Reader, request.form)
	if err != nil {
		return nil, err
	}
	return s.issue(tx, request.actor, issuance{application: request.client, user: &request.user.ID, requester: &request.user.ID,
		scope: scope, audience: audience, resources: audience, platform: request.client.Platform, refresh: request.client.Allows(models.GrantRefreshToken)})
}
