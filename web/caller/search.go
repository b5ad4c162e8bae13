package caller

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// search tries the credentials of one request. Each step reports whether it found the actor.
type search struct {
	callers *Callers
	request *http.Request
	face    models.Face
	actor   server.Actor
	refused Refused
}

// bearer looks at the Authorization header only; a token in the query string is no credential (RFC 6750 §5.3).
func (s *search) bearer() (bool, error) {
	value, sent := credentials(s.request, "Bearer")
	if !sent {
		return false, nil
	}
	token, err := s.callers.server.AuthenticateBearer(s.request.Context(), s.face, models.SecretOf(value), s.actor.Address)
	if errors.Is(err, server.ErrInvalidToken) || s.throttled(err) {
		s.refused.Bearer = true
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.actor.User, s.actor.Token = token.User, token
	return true, nil
}

func (s *search) session() (bool, error) {
	id := s.callers.sessionID(s.request)
	if id.Empty() {
		return false, nil
	}
	session, user, err := s.callers.server.AuthenticateSession(s.request.Context(), id)
	if errors.Is(err, server.ErrWrongCredentials) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.actor.User, s.actor.Session = user, session
	return true, nil
}

func (s *search) basic() (bool, error) {
	value, sent := credentials(s.request, "Basic")
	if !sent || !s.callers.basic {
		return false, nil
	}
	username, password, ok := decodeBasic(value)
	if !ok {
		s.refused.Basic = true
		return false, nil
	}
	user, err := s.callers.server.Authenticate(s.request.Context(), username, password)
	if errors.Is(err, server.ErrWrongCredentials) || s.throttled(err) {
		s.refused.Basic = true
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.actor.User = user
	return true, nil
}

// throttled reports whether that is what err says, and keeps it: other credentials in the request are still looked at.
func (s *search) throttled(err error) bool {
	var throttled *server.Throttled
	if !errors.As(err, &throttled) {
		return false
	}
	if s.refused.Throttled == nil || s.refused.Throttled.Seconds < throttled.Seconds {
		s.refused.Throttled = throttled
	}
	return true
}

// credentials finds the first Authorization header of the scheme, which is compared whatever its case (RFC 9110 §11.1).
func credentials(r *http.Request, scheme string) (value string, sent bool) {
	for _, header := range r.Header.Values("Authorization") {
		name, rest, _ := strings.Cut(header, " ")
		if strings.EqualFold(name, scheme) {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// decodeBasic splits user-id and password (RFC 7617 §2). A NUL is in no username, and would be an error of the database.
func decodeBasic(value string) (username, password string, ok bool) {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil || strings.ContainsRune(string(plain), 0) || strings.ToValidUTF8(string(plain), "") != string(plain) {
		return "", "", false
	}
	return strings.Cut(string(plain), ":")
}
