package server

import (
	"context"

	"gatehouse/models"
	"gatehouse/store"
)

// prepareClientCredentials: only a client that proves who it is acts for itself (RFC 6749 §4.4), and for its owner only as long as
// the owner may have tokens.
func prepareClientCredentials(s *Server, _ context.Context, request *tokenRequest) error {
	owner := request.client.User
	switch {
	case request.client.ClientType != models.Confidential:
		return &Error{Code: UnauthorizedClient, Description: "Client credentials are for confidential clients only."}
	case owner == nil:
		return nil
	case !owner.IsActive:
		return invalidGrant("The owner of this client is disabled.")
	}
	return s.external(owner)
}

// issueClientCredentials issues a token without a refresh token (RFC 6749 §4.4.3). It acts as the application's owner, or as nobody.
func issueClientCredentials(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	scope, err := request.requestedScope()
	if err != nil {
		return nil, err
	}
	audience, err := s.requestedAudience(tx.Reader, request.form)
	if err != nil {
		return nil, err
	}
	return s.issue(tx, request.actor, issuance{application: request.client, user: request.client.UserID, scope: scope,
		platform: request.client.Platform, audience: audience})
}
