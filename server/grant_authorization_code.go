package server

import (
	"context"
	"errors"

	"gatehouse/models"
	"gatehouse/store"
)

// errReplayed says that an authorization code came again; the caller revokes what it was redeemed for once the transaction is gone.
type errReplayed struct{ code *models.AuthorizationCode }

func (*errReplayed) Error() string { return "authorization code used twice" }

func prepareAuthorizationCode(_ *Server, _ context.Context, request *tokenRequest) error {
	if request.form["code"] == "" {
		return invalidRequest("Missing code parameter.")
	}
	return nil
}

// issueAuthorizationCode redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.6). Any refusal rolls the redemption back: a wrong verifier,
// redirect URI or client spends nothing.
func issueAuthorizationCode(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	code, err := tx.RedeemAuthorizationCode(models.SecretOf(request.form["code"]).Digest())
	refused := invalidGrant("The authorization code is invalid.")
	if errors.Is(err, store.ErrNotFound) {
		return nil, &errUnknown{refused}
	}
	if err != nil && !errors.Is(err, store.ErrReplayed) {
		return nil, err
	}
	if code.ApplicationID != request.client.ID {
		return nil, &errUnknown{refused}
	}
	if err != nil {
		return nil, &errReplayed{code}
	}
	if !tx.Now().Before(code.Expires) {
		return nil, invalidGrant("The authorization code has expired.")
	}
	if err := checkRedemption(code, request); err != nil {
		return nil, err
	}
	return s.issueApproved(tx, request, approval{user: code.UserID, scope: code.Scope, audience: code.Audience, family: code.FamilyID}, refused)
}

// approval is what a user granted, in a browser or to a device.
type approval struct {
	user     int64
	scope    models.Scope
	audience models.Words
	family   string
}

// issueApproved issues what a user granted, or refuses where the user may have no tokens any more.
func (s *Server) issueApproved(tx *store.Tx, request *tokenRequest, granted approval, refused error) (*Issued, error) {
	user, err := tx.User(granted.user)
	if err != nil {
		return nil, err
	}
	if !user.IsActive {
		return nil, refused
	}
	if err := s.external(user); err != nil {
		return nil, err
	}
	audience, err := s.narrowAudience(granted.audience, request.resources())
	if err != nil {
		return nil, err
	}
	return s.issue(tx, request.actor, issuance{application: request.client, user: &user.ID, requester: &user.ID, scope: granted.scope,
		platform: request.client.Platform, family: granted.family, audience: audience, resources: granted.audience,
		refresh: request.client.Allows(models.GrantRefreshToken)})
}

func checkRedemption(code *models.AuthorizationCode, request *tokenRequest) error {
	redirect := request.form["redirect_uri"]
	if redirect != code.RedirectURI && (redirect != "" || code.RedirectURISent) {
		return invalidGrant("The redirect_uri is not the one of the authorization request.")
	}
	if !verifyChallenge(code.CodeChallenge, request.form["code_verifier"]) {
		return invalidGrant("The code_verifier does not belong to the code_challenge of the authorization request.")
	}
	return nil
}

// punishReplay revokes all that was issued for a code that came again (RFC 6749 §4.1.2).
func (s *Server) punishReplay(ctx context.Context, actor Actor, code *models.AuthorizationCode) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		application, err := tx.Application(code.ApplicationID)
		if err != nil {
			return err
		}
		return revokeFamily(tx, actor, code.FamilyID, "authorization code used twice", applicationObject(application))
	})
}
