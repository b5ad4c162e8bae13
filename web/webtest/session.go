package webtest

import (
	"net/http"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// Session is a signed-in browser: its cookies, and the CSRF token that belongs to them.
type Session struct {
	Cookies []*http.Cookie
	CSRF    string
}

// SignIn starts a session for a member of the cast, at the server, without a form.
func (s *Site) SignIn(t testing.TB, who string) *Session {
	t.Helper()
	actor := server.Actor{Origin: "console", Address: Address}
	id, err := s.StartSession(t.Context(), actor, s.Users[who], "webtest")
	if err != nil {
		t.Fatalf("sign in %s: %v", who, err)
	}
	session := &Session{CSRF: models.SecretOf("csrf:" + id.Reveal()).Digest().String()}
	//nolint:gosec // what a browser sends has a name and a value only
	session.Cookies = []*http.Cookie{{Name: "gatehouse_session", Value: id.Reveal()}, {Name: "csrftoken", Value: session.CSRF}}
	return session
}

// Reads sends the cookies along.
func (s *Session) Reads(r *http.Request) {
	for _, cookie := range s.Cookies {
		r.AddCookie(cookie)
	}
}

// Writes sends the cookies and the CSRF header along.
func (s *Session) Writes(r *http.Request) {
	s.Reads(r)
	r.Header.Set("X-CSRFToken", s.CSRF)
}
