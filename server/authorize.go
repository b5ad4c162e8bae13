package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

// The response modes: where the response stands in what the browser sends to the client.
const (
	modeQuery    = "query"
	modeFormPost = "form_post"
)

// Authorization is a valid authorization request (RFC 6749 §4.1.1): its client and redirect URI are certain.
type Authorization struct {
	Application     *models.Application
	RedirectURI     string
	registeredURI   string // what RedirectURI stands for: it may differ in the port of a loopback address
	redirectURISent bool
	Silent          bool // nobody is asked now: what was granted before has to stand
	FormPost        bool // the response goes by a form that the browser posts, not in the query
	State           string
	Scope           models.Scope
	Audience        models.Words // the resources that are asked for; none: our own APIs
	challenge       string
	method          string
}

// AuthorizationResponse is what goes back to the client by way of the browser (RFC 6749 §4.1.2, RFC 9207): in the query of a redirect, or
// posted to the redirect URI by a form (OAuth 2.0 Form Post Response Mode).
type AuthorizationResponse struct {
	RedirectURI string
	Parameters  url.Values
	FormPost    bool
	Application string // the client's name
}

// Location is the address to redirect to: the redirect URI with the response added to its query.
func (r AuthorizationResponse) Location() string {
	separator := "?"
	if strings.Contains(r.RedirectURI, "?") {
		separator = "&"
	}
	return r.RedirectURI + separator + r.Parameters.Encode()
}

// RefusedAuthorization is an invalid request whose client and redirect URI are certain, so that the client may be told.
type RefusedAuthorization struct {
	Response AuthorizationResponse
	Reason   *Error
}

// Error is the reason.
func (r *RefusedAuthorization) Error() string { return r.Reason.Error() }

// ParseAuthorization validates an authorization request (RFC 6749 §4.1.1). Until client and redirect URI are certain an error is an
// *Error, for a page; from then on it is a *RefusedAuthorization, for the client.
func (s *Server) ParseAuthorization(ctx context.Context, values url.Values) (*Authorization, error) {
	client, err := s.authorizingClient(ctx, values["client_id"])
	if err != nil {
		return nil, err
	}
	request := &Authorization{Application: client}
	if err := request.setRedirectURI(values["redirect_uri"]); err != nil {
		return nil, err
	}
	if states := values["state"]; len(states) == 1 {
		request.State = states[0]
	}
	parameters, err := singleValues(values)
	if err == nil {
		err = request.parse(parameters)
	}
	if err == nil {
		request.Audience, err = s.requestedAudience(s.store.Read(ctx), parameters)
	}
	if err != nil {
		return nil, &RefusedAuthorization{Response: s.refusal(request, err), Reason: protocolError(err)}
	}
	return request, nil
}

func (s *Server) authorizingClient(ctx context.Context, ids []string) (*models.Application, error) {
	switch {
	case len(ids) == 0 || ids[0] == "":
		return nil, invalidRequest("Missing client_id parameter.")
	case len(ids) > 1:
		return nil, invalidRequest("The parameter client_id is repeated.")
	}
	unknown := invalidRequest("Invalid client_id parameter value.")
	if len(models.CheckText("client_id", ids[0], 0)) > 0 {
		return nil, unknown
	}
	client, err := s.store.Read(ctx).ApplicationByClientID(ids[0])
	if errors.Is(err, store.ErrNotFound) {
		return nil, unknown
	}
	if err != nil {
		return nil, protocolError(err)
	}
	return client, nil
}

// setRedirectURI accepts a registered URI only; where one is registered it may be left out (RFC 6749 §3.1.2.3).
func (a *Authorization) setRedirectURI(uris []string) error {
	switch {
	case len(uris) > 1:
		return invalidRequest("The parameter redirect_uri is repeated.")
	case len(uris) == 1 && uris[0] != "":
		a.RedirectURI, a.redirectURISent = uris[0], true
	case len(a.Application.RedirectURIs) == 1:
		a.RedirectURI = a.Application.RedirectURIs[0]
	default:
		return invalidRequest("Missing redirect_uri parameter.")
	}
	if a.registeredURI = a.Application.MatchRedirectURI(a.RedirectURI); a.registeredURI == "" {
		return invalidRequest("Mismatching redirect URI.")
	}
	return nil
}

// parse checks what is left once an error may go back to the client.
func (a *Authorization) parse(parameters form) error {
	mode := parameters["response_mode"]
	a.FormPost = mode == modeFormPost
	switch {
	case !a.Application.Allows(models.GrantAuthorizationCode):
		return &Error{Code: UnauthorizedClient, Description: "This client may not use the authorization code grant."}
	case parameters["response_type"] == "":
		return invalidRequest("Missing response_type parameter.")
	case parameters["response_type"] != "code":
		return &Error{Code: UnsupportedResponseType, Description: "The only response_type is code."}
	case mode != "" && mode != modeQuery && mode != modeFormPost:
		return invalidRequest("The response_mode must be query or form_post.")
	case a.FormPost && !strings.HasPrefix(a.RedirectURI, "https://") && !strings.HasPrefix(a.RedirectURI, "http://"):
		a.FormPost = false
		return invalidRequest("A form can be posted to an http or https redirect URI only.")
	}
	var err error
	if a.Scope, err = parseRequestedScope(parameters["scope"], models.ScopeAll); err != nil {
		return err
	}
	a.challenge, a.method = parameters["code_challenge"], parameters["code_challenge_method"]
	if problem := checkChallenge(a.challenge, a.method, a.Application.RequirePKCE); problem != "" {
		return invalidRequest(problem)
	}
	return nil
}

// Authorize issues an authorization code for the signed-in user and remembers the consent (RFC 6749 §4.1.2). What policy refuses
// comes back as a response too: access_denied.
func (s *Server) Authorize(ctx context.Context, actor Actor, a *Authorization) (AuthorizationResponse, error) {
	if actor.User == nil {
		return AuthorizationResponse{}, &models.Denied{Outcome: models.Unauthenticated}
	}
	if err := s.external(actor.User); err != nil {
		return s.refusal(a, err), nil
	}
	code := models.NewSecret(models.TokenLength)
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		row := &models.AuthorizationCode{Digest: code.Digest(), ApplicationID: a.Application.ID, UserID: actor.User.ID,
			RedirectURI: a.RedirectURI, RedirectURISent: a.redirectURISent, Scope: a.Scope, Audience: a.Audience, CodeChallenge: a.challenge,
			CodeChallengeMethod: a.method, FamilyID: newFamily(), Created: tx.Now(), Expires: after(tx.Now(), s.lifetimes.AuthorizationCode)}
		if err := tx.CreateAuthorizationCode(row); err != nil {
			return err
		}
		if a.Application.SkipAuthorization {
			return nil
		}
		if a.Silent {
			return s.standingConsent(tx, actor.User.ID, a)
		}
		return s.keepConsent(tx, models.Consent{UserID: actor.User.ID, ApplicationID: a.Application.ID, RedirectURI: a.registeredURI,
			Scope: a.Scope, Audience: a.Audience})
	})
	if errors.Is(err, errConsentGone) {
		return s.refusal(a, &Error{Code: AccessDenied, Description: "The resource owner has withdrawn the consent."}), nil
	}
	if err != nil {
		return AuthorizationResponse{}, fmt.Errorf("authorize: %w", err)
	}
	return s.response(a, url.Values{"code": {code.Reveal()}}), nil
}

// Deny is the response when the user refuses.
func (s *Server) Deny(a *Authorization) AuthorizationResponse {
	return s.refusal(a, &Error{Code: AccessDenied, Description: "The resource owner denied the request."})
}

func (s *Server) refusal(a *Authorization, err error) AuthorizationResponse {
	problem := protocolError(err)
	return s.response(a, url.Values{"error": {string(problem.Code)}, "error_description": {problem.Description}})
}

// response adds what every response carries: state as it was sent, and the issuer (RFC 9207).
func (s *Server) response(a *Authorization, parameters url.Values) AuthorizationResponse {
	parameters.Set("iss", s.Issuer())
	if a.State != "" {
		parameters.Set("state", a.State)
	}
	return AuthorizationResponse{RedirectURI: a.RedirectURI, Parameters: parameters, FormPost: a.FormPost, Application: a.Application.Name}
}
