package server

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"gatehouse/models"
	"gatehouse/store"
)

const basicChallenge = `Basic realm="gatehouse"`

// credentials are what a client presents, by whatever method (RFC 6749 §2.3).
type credentials struct {
	clientID string
	secret   models.Secret
	basic    bool // by the Authorization header
}

// authenticateClient finds the client that makes a request and makes sure that it is the one (RFC 6749 §2.3): client_secret_basic,
// client_secret_post, or none for a public client. A refusal spends nothing. An unknown client and a wrong secret are answered, and count as
// a guess, alike.
func (s *Server) authenticateClient(ctx context.Context, r *http.Request, f form) (*models.Application, error) {
	presented, err := readCredentials(r, f)
	if err != nil {
		return nil, err
	}
	refused := &Error{Code: InvalidClient, Description: "Client authentication failed."}
	if presented.basic {
		refused.challenge = basicChallenge
	}
	if presented.clientID == "" {
		return nil, refused
	}
	client, err := s.store.PresentedClient(ctx, presented.clientID)
	if errors.Is(err, store.ErrNotFound) {
		client, err = &models.Application{ClientType: models.Confidential}, nil
	}
	if err != nil {
		return nil, err
	}
	valid := client.VerifySecret(presented.secret, s.Now())
	if client.ClientType == models.Public { // one that came from elsewhere may have a secret all the same
		valid = valid || presented.secret.Empty()
	} else if !valid && !presented.secret.Empty() {
		if valid, err = s.verifyEncodedSecret(ctx, client, presented.secret); err != nil {
			return nil, err
		}
	}
	if !valid {
		return nil, s.guessed(ctx, ActorFrom(ctx).Address, refused)
	}
	return client, nil
}

// readCredentials takes the client's credentials from the header and the body: what agrees is accepted, two ids that differ and two
// secrets are not.
func readCredentials(r *http.Request, f form) (credentials, error) {
	posted := credentials{clientID: f["client_id"], secret: models.SecretOf(f["client_secret"])}
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return posted, nil
	}
	if len(headers) > 1 {
		return posted, invalidRequest("The Authorization header is repeated.")
	}
	given, err := parseBasic(headers[0])
	switch {
	case err != nil:
		return posted, err
	case posted.clientID != "" && posted.clientID != given.clientID:
		return posted, invalidRequest("The client_id in the body is not the one in the Authorization header.")
	case !posted.secret.Empty():
		return posted, invalidRequest("Use one method of client authentication, not two.")
	}
	return given, nil
}

// parseBasic reads an Authorization header whose id and secret are form-encoded before base64 (RFC 6749 §2.3.1).
func parseBasic(header string) (credentials, error) {
	refused := &Error{Code: InvalidClient, Description: "Client authentication failed.", challenge: basicChallenge}
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credentials{}, refused
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return credentials{}, refused
	}
	id, secret, found := strings.Cut(string(decoded), ":")
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	if !found || errID != nil || errSecret != nil || strings.ContainsRune(id, 0) || !utf8.ValidString(id) {
		return credentials{}, refused
	}
	return credentials{clientID: id, secret: models.SecretOf(secret), basic: true}, nil
}
