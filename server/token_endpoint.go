package server

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/models"
	"gatehouse/store"
)

// tokenRequest is a request to the token endpoint after its client was authenticated.
type tokenRequest struct {
	form
	face   models.Face
	actor  Actor
	client *models.Application
	user   *models.User // the resource owner, where the grant has found one
}

// ServeToken is the token endpoint (RFC 6749 §3.2) of one root: it parses, authenticates the client, lets the grant decide and
// issue in one transaction, and answers after that is durable.
func (s *Server) ServeToken(face models.Face) http.HandlerFunc {
	status := http.StatusOK
	if face == models.FaceGatewayOAuth {
		status = s.options.TokenEndpointStatus
	}
	return s.serveToken(face, status)
}

// ServeShortToken is the token endpoint at its short address: the gateway's, but for the status that only clients of /o/ expect.
func (s *Server) ServeShortToken() http.HandlerFunc {
	return s.serveToken(models.FaceGatewayOAuth, http.StatusOK)
}

func (s *Server) serveToken(face models.Face, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := s.parseTokenRequest(r, face)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		issued, err := s.grant(r.Context(), request)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		writeJSON(w, status, tokenAnswer(issued))
	}
}

func (s *Server) parseTokenRequest(r *http.Request, face models.Face) (*tokenRequest, error) {
	parameters, err := parseForm(r)
	if err != nil {
		return nil, err
	}
	client, err := s.authenticateClient(r.Context(), r, parameters)
	if err != nil {
		return nil, err
	}
	if parameters["grant_type"] == models.GrantPassword && s.origins.Check(r) != nil {
		// No page of another site may try passwords in its visitor's place: their failures would count as the visitor's.
		return nil, invalidRequest("The password grant is not for pages of other sites.")
	}
	actor := Actor{Origin: "oauth", Address: ActorFrom(r.Context()).Address}
	return &tokenRequest{form: parameters, face: face, actor: actor, client: client}, nil
}

// tokenBody is a success (RFC 6749 §5.1). What has no value is left out.
type tokenBody struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

func tokenAnswer(issued *Issued) tokenBody {
	token := issued.AccessToken
	body := tokenBody{AccessToken: issued.AccessTokenValue.Reveal(), ExpiresIn: token.Expires.Unix() - token.Created.Unix(),
		TokenType: "Bearer", Scope: string(token.Scope)}
	if issued.RefreshToken != nil {
		body.RefreshToken = issued.RefreshTokenValue.Reveal()
	}
	return body
}

// grant runs the grant that the request names: what takes time first, then all changes in one transaction. A code or refresh token
// that came again is punished, and one that is not the client's counted, after that transaction is rolled back.
func (s *Server) grant(ctx context.Context, request *tokenRequest) (*Issued, error) {
	if request.form["grant_type"] == "" {
		return nil, invalidRequest("Missing grant_type parameter.")
	}
	rules, known := grants[request.form["grant_type"]]
	if !known {
		return nil, &Error{Code: UnsupportedGrantType, Description: "This grant type is not supported."}
	}
	if err := rules.prepare(s, ctx, request); err != nil {
		return nil, err
	}
	var issued *Issued
	var noted *errNoted
	err := rules.write(s, ctx, func(tx *store.Tx) (err error) {
		issued, err = s.dispatch(ctx, tx, request)
		if noted = nil; errors.As(err, &noted) {
			return nil
		}
		return err
	})
	if err == nil && noted != nil {
		return nil, noted.answer
	}
	var reused *errReused
	var replayed *errReplayed
	var unknown *errUnknown
	switch {
	case errors.As(err, &unknown):
		err = s.guessed(ctx, request.actor.Address, unknown.answer)
	case errors.As(err, &reused):
		if err = s.punishReuse(ctx, request.actor, reused.token); err == nil {
			err = invalidGrant("The refresh token is invalid.")
		}
	case errors.As(err, &replayed):
		if err = s.punishReplay(ctx, request.actor, replayed.code); err == nil {
			err = invalidGrant("The authorization code is invalid.")
		}
	case errors.Is(err, store.ErrNotFound): // the client or the user went away meanwhile
		err = invalidGrant("What this grant rests on is no longer there.")
	}
	return issued, err
}

// errUnknown says that a code or refresh token is not one of the client's: a guess, which counts once the transaction is gone.
type errUnknown struct{ answer error }

func (*errUnknown) Error() string { return "unknown code or refresh token" }

// dispatch issues by way of go-oauth2 what that library knows, and the other grants itself (ADR 0001).
func (s *Server) dispatch(ctx context.Context, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	grantType := request.form["grant_type"]
	if _, known := libraryGrantTypes[grantType]; known {
		return s.issueByLibrary(ctx, tx, request)
	}
	if err := allowed(request.client, grantType); err != nil {
		return nil, err
	}
	return grants[grantType].issue(s, tx, request)
}

// grantRules are one grant. prepare checks what can be checked, and hashes, before the transaction; issue does the rest inside it.
type grantRules struct {
	prepare func(s *Server, ctx context.Context, request *tokenRequest) error
	issue   func(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error)
	adds    bool // issue does nothing but add tokens, for a code, in place of others or of nothing, with entries
}

// write runs the change in a transaction, which those that only add may share.
func (r grantRules) write(s *Server, ctx context.Context, change func(*store.Tx) error) error {
	if r.adds {
		return s.store.Issue(ctx, change)
	}
	return s.store.Write(ctx, change)
}

// grants are the grants that the token endpoint serves, by their grant_type.
var grants = map[string]grantRules{
	models.GrantAuthorizationCode: {prepare: prepareAuthorizationCode, issue: issueAuthorizationCode, adds: true},
	models.GrantClientCredentials: {prepare: prepareClientCredentials, issue: issueClientCredentials, adds: true},
	models.GrantPassword:          {prepare: preparePassword, issue: issuePassword, adds: true},
	models.GrantRefreshToken:      {prepare: prepareRefreshToken, issue: issueRefreshToken, adds: true},
	models.GrantDeviceCode:        {prepare: prepareDeviceCode, issue: issueDeviceCode},
}

// requestedScope is the scope that a request names, everything when it names none (contract §3); it must be known.
func (r *tokenRequest) requestedScope() (models.Scope, error) {
	return parseRequestedScope(r.form["scope"], models.ScopeAll)
}

func parseRequestedScope(text string, otherwise models.Scope) (models.Scope, error) {
	if text == "" {
		return otherwise, nil
	}
	scope, err := models.ParseScope(text)
	if err != nil {
		return "", &Error{Code: InvalidScope, Description: "The requested scope is invalid, unknown, or malformed."}
	}
	return scope, nil
}

// external refuses tokens to users who sign in elsewhere (contract §1.1).
func (s *Server) external(user *models.User) error {
	if err := s.policy.External(user); err != nil {
		return &Error{Code: AccessDenied, Description: describable(err.Error()), legacy: true}
	}
	return nil
}
