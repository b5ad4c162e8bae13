package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

// introspection is an answer of the introspection endpoint (RFC 7662 §2.2), with the platform and kind of the token.
type introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Username  string   `json:"username,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Expires   int64    `json:"exp,omitempty"` // seconds since 1970
	Issued    int64    `json:"iat,omitempty"` // likewise
	Issuer    string   `json:"iss,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Platform  string   `json:"platform,omitempty"`
	Kind      string   `json:"kind,omitempty"`
}

// introspector says which tokens a caller may ask about.
type introspector struct {
	client *models.Application // nil: a person who may ask about all
}

func (i introspector) sees(t *models.AccessToken) bool {
	if i.client == nil || i.client.IntrospectAll {
		return true
	}
	for _, resource := range t.Audience {
		if i.client.ResourceURIs.Has(resource) {
			return true
		}
	}
	return t.ApplicationID != nil && *t.ApplicationID == i.client.ID
}

// ServeIntrospection is the introspection endpoint (RFC 7662), for confidential clients and for bearers who are platform
// administrators or auditors. Whatever the caller may not see is not active.
func (s *Server) ServeIntrospection() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		parameters, err := parseForm(r)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		caller, err := s.introspector(r, parameters)
		if err == nil && parameters["token"] == "" {
			err = invalidRequest("Token parameter is missing.")
		}
		var answer introspection
		if err == nil {
			answer, err = s.introspect(r.Context(), caller, models.SecretOf(parameters["token"]).Digest())
		}
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

func (s *Server) introspector(r *http.Request, f form) (introspector, error) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && len(r.Header.Values("Authorization")) == 1 {
		return introspector{}, s.introspectingBearer(r, models.SecretOf(strings.TrimSpace(value)))
	}
	client, err := s.authenticateClient(r.Context(), r, f)
	if err != nil {
		return introspector{}, err
	}
	if client.ClientType != models.Confidential {
		return introspector{}, &Error{Code: InvalidClient, Description: "Introspection needs a client that authenticates itself."}
	}
	return introspector{client}, nil
}

func (s *Server) introspectingBearer(r *http.Request, value models.Secret) error {
	token, err := s.AuthenticateBearer(r.Context(), models.FaceGatewayOAuth, value, ActorFrom(r.Context()).Address)
	if errors.Is(err, ErrInvalidToken) {
		return &Error{Code: InvalidToken, Description: "The access token is invalid or has expired.",
			challenge: `Bearer realm="gatehouse", error="invalid_token"`}
	}
	if err != nil {
		return err
	}
	actor := models.Actor{User: token.User, Token: token}
	if s.policy.Enter(actor, false) != nil || s.policy.Introspect(actor) != nil {
		return &Error{Code: InsufficientScope, Description: "Only platform administrators and auditors may introspect.",
			challenge: `Bearer realm="gatehouse", error="insufficient_scope"`}
	}
	return nil
}

// introspect describes the access or refresh token with the digest, as far as the caller may see it and it is in force.
func (s *Server) introspect(ctx context.Context, caller introspector, digest models.Digest) (introspection, error) {
	read, inactive := s.store.Read(ctx), introspection{}
	access, err := s.store.PresentedToken(ctx, digest)
	if err == nil {
		spent, err := s.spent(read, access)
		if err != nil || spent || access.User != nil && !access.User.IsActive || !caller.sees(access) {
			return inactive, err
		}
		answer := s.describe(access)
		answer.TokenType = "Bearer"
		return answer, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return inactive, err
	}
	refresh, err := read.RefreshTokenByDigest(digest)
	if errors.Is(err, store.ErrNotFound) || err == nil && (refresh.Revoked != nil || refresh.Expired(s.Now())) {
		return inactive, nil
	}
	if err != nil {
		return inactive, err
	}
	answer, err := s.describeRefreshToken(read, caller, refresh)
	if errors.Is(err, store.ErrNotFound) { // its application or user went away meanwhile, and the token with it
		return inactive, nil
	}
	return answer, err
}

func (s *Server) describeRefreshToken(read store.Reader, caller introspector, refresh *models.RefreshToken) (introspection, error) {
	application, err := read.Application(refresh.ApplicationID)
	if err != nil {
		return introspection{}, err
	}
	like := &models.AccessToken{UserID: refresh.SubjectUserID, ApplicationID: &refresh.ApplicationID, Application: application,
		Scope: refresh.Scope, Expires: refresh.Expires, Platform: refresh.Platform, Audience: refresh.Audience,
		Stamps: models.Stamps{Created: refresh.Created}}
	if refresh.SubjectUserID != nil {
		if like.User, err = read.User(*refresh.SubjectUserID); err != nil {
			return introspection{}, err
		}
	}
	if !caller.sees(like) || like.User != nil && !like.User.IsActive {
		return introspection{}, nil
	}
	return s.describe(like), nil
}

func (s *Server) describe(t *models.AccessToken) introspection {
	answer := introspection{Active: true, Scope: string(t.Scope), Expires: t.Expires.Unix(), Issued: t.Created.Unix(), Issuer: s.Issuer(),
		Audience: s.policy.Audience(t.Audience), Platform: string(t.Platform), Kind: t.Kind()}
	if t.Application != nil {
		answer.ClientID = t.Application.ClientID
		answer.Subject = "client:" + t.Application.ClientID
	}
	if t.User != nil {
		answer.Username = t.User.Username
		answer.Subject = "user:" + strconv.FormatInt(t.User.ID, 10)
	}
	return answer
}
