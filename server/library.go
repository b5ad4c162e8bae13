package server

import (
	"context"
	"errors"

	oauth2 "github.com/go-oauth2/oauth2/v4"
	libmodels "github.com/go-oauth2/oauth2/v4/models"
	libserver "github.com/go-oauth2/oauth2/v4/server"

	"gatehouse/models"
	"gatehouse/store"
)

// libraryGrantTypes are the library's names of the grants it dispatches.
var libraryGrantTypes = map[string]oauth2.GrantType{
	models.GrantAuthorizationCode: oauth2.AuthorizationCode,
	models.GrantClientCredentials: oauth2.ClientCredentials,
	models.GrantPassword:          oauth2.PasswordCredentials,
	models.GrantRefreshToken:      oauth2.Refreshing,
}

// issueByLibrary lets go-oauth2 dispatch the grant to a manager of ours that lives for this one request, inside the transaction.
// Parsing, client authentication and the answer are ours, and so is every rule: see ADR 0001 for where the library ends.
func (s *Server) issueByLibrary(ctx context.Context, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	grantType := libraryGrantTypes[request.form["grant_type"]]
	manager := &requestManager{server: s, tx: tx, request: request}
	library := libserver.NewServer(&libserver.Config{AllowedGrantTypes: []oauth2.GrantType{grantType}}, manager)
	library.SetClientAuthorizedHandler(func(string, oauth2.GrantType) (bool, error) {
		return true, allowed(request.client, request.form["grant_type"])
	})
	_, err := library.GetAccessToken(ctx, grantType, &oauth2.TokenGenerateRequest{
		ClientID: request.client.ClientID, RedirectURI: request.form["redirect_uri"], Scope: request.form["scope"],
		Code: request.form["code"], CodeVerifier: request.form["code_verifier"], Refresh: request.form["refresh_token"],
	})
	if err != nil {
		return nil, err
	}
	return manager.issued, nil
}

// allowed refuses a grant that the client was not registered for (RFC 6749 §5.2).
func allowed(client *models.Application, grantType string) error {
	if !client.Allows(grantType) {
		return &Error{Code: UnauthorizedClient, Description: "This client may not use this grant type."}
	}
	return nil
}

// requestManager is the library's Manager for one token request: it holds the authenticated client, the root and the transaction.
type requestManager struct {
	server  *Server
	tx      *store.Tx
	request *tokenRequest
	issued  *Issued
}

var _ oauth2.Manager = (*requestManager)(nil)

func (m *requestManager) issue() (oauth2.TokenInfo, error) {
	var err error
	m.issued, err = grants[m.request.form["grant_type"]].issue(m.server, m.tx, m.request)
	return libmodels.NewToken(), err
}

// GenerateAccessToken issues for the code, password and client credentials grants.
func (m *requestManager) GenerateAccessToken(context.Context, oauth2.GrantType, *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return m.issue()
}

// RefreshAccessToken issues for the refresh token grant.
func (m *requestManager) RefreshAccessToken(context.Context, *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return m.issue()
}

// errOutside is the answer to what the token endpoint never asks of a manager.
var errOutside = errors.New("the library asked for more than a token request needs")

// GetClient is not asked: the client is authenticated before the library is called.
func (m *requestManager) GetClient(context.Context, string) (oauth2.ClientInfo, error) {
	return nil, errOutside
}

// GenerateAuthToken is not asked: authorization codes are issued by Authorize.
func (m *requestManager) GenerateAuthToken(context.Context, oauth2.ResponseType, *oauth2.TokenGenerateRequest) (oauth2.TokenInfo, error) {
	return nil, errOutside
}

// RemoveAccessToken is not asked: revocation is ours.
func (m *requestManager) RemoveAccessToken(context.Context, string) error { return errOutside }

// RemoveRefreshToken is not asked: revocation is ours.
func (m *requestManager) RemoveRefreshToken(context.Context, string) error { return errOutside }

// LoadAccessToken is not asked: bearer tokens are authenticated by AuthenticateBearer.
func (m *requestManager) LoadAccessToken(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errOutside
}

// LoadRefreshToken is not asked: the scope is narrowed where the token is rotated.
func (m *requestManager) LoadRefreshToken(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, errOutside
}
