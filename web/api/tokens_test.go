// Package api_test asks the REST faces over HTTP, on real databases. A test that shows a case of the contract has its number in its
// name. G is the gateway, C the controller.
package api_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

const (
	G     = "/api/gateway/v1/"
	C     = "/api/controller/v2/"
	short = "/api/v2/"

	gatewayMask    = "$encrypted$"
	controllerMask = "************"
)

type fields = map[string]any

// path joins a mount and segments: path(G, "tokens", 5).
func path(mount string, segments ...any) string {
	for _, each := range segments {
		mount += fmt.Sprint(each) + "/"
	}
	return mount
}

var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)

// newToken makes a token as who and returns its id and value.
func newToken(t *testing.T, s *webtest.Site, who, mount string, body fields) (id int64, value string) {
	t.Helper()
	if body == nil {
		body = fields{}
	}
	a := s.Post(t, who, mount+"tokens/", body).Want(201)
	return a.Int("id"), a.String("token")
}

func TestCase01PersonalToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "alice", G+"tokens/", fields{"scope": "read"}).Want(201).
			Equal("scope", "read").Equal("user", s.ID("alice")).Equal("refresh_token", nil).Equal("platform", "gateway")
		if !tokenPattern.MatchString(a.String("token")) {
			t.Errorf("the token is %q", a.String("token"))
		}
		if a.Header.Get("Location") != a.String("url") || a.String("url") != path(G, "tokens", a.Int("id")) {
			t.Errorf("Location %q, url %q", a.Header.Get("Location"), a.String("url"))
		}
	})
}

func TestCase02MaskedAfterwards(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "alice", G, nil)
		s.Get(t, "alice", path(G, "tokens", id)).Want(200).Equal("token", gatewayMask)
		s.Get(t, "alice", path(C, "tokens", id)).Want(404).Equal("detail", "Not found.")
		s.Get(t, "alice", path(short, "tokens", id)).Want(404)
		id, _ = newToken(t, s, "alice", C, nil)
		s.Get(t, "alice", path(C, "tokens", id)).Want(200).Equal("token", controllerMask).Equal("url", path(C, "tokens", id))
		s.Get(t, "alice", path(short, "tokens", id)).Want(200).Equal("url", path(short, "tokens", id))
		s.Get(t, "alice", path(G, "tokens", id)).Want(200).Equal("platform", "controller").Equal("token", gatewayMask)
	})
}

func TestCase03UserIsTheRequester(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C, short} {
			s.Post(t, "alice", mount+"tokens/", fields{"user": s.ID("bob")}).Want(201).Equal("user", s.ID("alice"))
		}
	})
}

func TestCase04DefaultScope(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			s.Post(t, "alice", mount+"tokens/", fields{}).Want(201).Equal("scope", "write")
		}
		for _, mount := range []string{G, C} {
			grant(t, s, mount, "grant_type", "password", "username", "alice", "password", webtest.Password).Equal("scope", "read write")
		}
	})
}

func TestCase05Scopes(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		const family = "must be a simple space-separated string with allowed scopes ['read', 'write']"
		for _, scope := range []string{"read write", "write read", "read", "write"} {
			for _, mount := range []string{G, C} {
				s.Post(t, "alice", mount+"tokens/", fields{"scope": scope}).Want(201).Equal("scope", scope)
			}
		}
		for _, test := range []struct {
			scope               any
			gateway, controller string
		}{
			{"read write foo", "Invalid scope: foo. Must be one of: read, write", family},
			{"foo", "Invalid scope: foo", family},
			{"Write", "Invalid scope: Write", family},
			{"read read", family, family},
			{"", "", ""},
			{" read", "", ""},
			{nil, "This field may not be null.", "This field may not be null."},
			{true, "Not a valid string.", "Not a valid string."},
			{[]string{"read"}, "Not a valid string.", "Not a valid string."},
		} {
			for mount, want := range map[string]string{G: test.gateway, C: test.controller} {
				a := s.Post(t, "alice", mount+"tokens/", fields{"scope": test.scope}).Want(400)
				if message := a.String("scope.0"); !strings.Contains(message, want) || message == "" {
					t.Errorf("%s, scope %q: got %q, want %q", mount, test.scope, message, want)
				}
			}
		}
		s.Get(t, "alice", G+"tokens/").Want(200).Equal("count", 8)
	})
}

func TestCase06ApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "admin", G+"tokens/", fields{"application": s.App.ID}).Want(201).Equal("application", s.App.ID)
		if !tokenPattern.MatchString(a.String("refresh_token")) {
			t.Errorf("the refresh token is %q", a.String("refresh_token"))
		}
		s.Get(t, "admin", a.String("url")).Want(200).Equal("application", s.App.ID).Equal("refresh_token", gatewayMask).
			Equal("summary_fields.application.name", s.App.Name).Equal("related.application", path(G, "applications", s.App.ID))
		row, err := s.DB.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(a.String("refresh_token")).Digest())
		if err != nil || row.ApplicationID != s.App.ID {
			t.Errorf("the refresh token's row: %+v, %v", row, err)
		}
		s.Post(t, "admin", G+"tokens/", fields{"application": fmt.Sprint(s.App.ID)}).Want(201).Equal("application", s.App.ID)
	})
}

func TestCase07OutsiderGetsNoApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, who := range []string{"admin", "bob"} {
			s.Get(t, who, G+"me/").Want(200) // from where they come is noted once
		}
		before := dump(t, s)
		s.Post(t, "bob", G+"tokens/", fields{"application": s.App.ID}).Want(403)
		s.Post(t, "bob", C+"tokens/", fields{"application": s.Job.ID}).Want(403)
		s.Get(t, "admin", G+"tokens/").Want(200).Equal("count", 0)
		if dump(t, s) != before {
			t.Error("something was stored")
		}
	})
}

func TestCase08TokensOfAnApplicationAtTheController(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{C, short} {
			tokens := path(mount, "applications", s.Job.ID, "tokens")
			for who, status := range map[string]int{"om": 201, "oa": 201, "admin": 201, "bob": 403, "": 401} {
				s.Post(t, who, tokens, fields{"scope": "read"}).Want(status)
			}
			s.Post(t, "om", tokens, fields{"scope": "read", "application": 4711}).Want(201).Equal("application", s.Job.ID).Equal("scope", "read")
		}
		s.Post(t, "admin", path(C, "applications", s.App.ID, "tokens"), fields{}).Want(404) // the gateway's
	})
}

// clientOf is the application of the mount's platform.
func clientOf(s *webtest.Site, mount string) webtest.Client {
	return map[string]webtest.Client{G: s.App, C: s.Job, short: s.Job}[mount]
}

// grant asks for tokens at the token endpoint of the mount's platform, as its application.
func grant(t *testing.T, s *webtest.Site, mount string, pairs ...string) *webtest.Answer {
	t.Helper()
	address := map[string]string{G: "/o/token/", C: "/api/o/token/", short: "/api/o/token/"}[mount]
	return s.Post(t, "", address, webtest.Form(pairs...), basic(clientOf(s, mount))).Want(200)
}

// applicationToken makes a token of the platform's application that acts as alice, who belongs to no organization, and gives its address.
func applicationToken(t *testing.T, s *webtest.Site, mount string) string {
	t.Helper()
	value := grant(t, s, mount, "grant_type", "password", "username", "alice", "password", webtest.Password).String("access_token")
	token, err := s.DB.Read(t.Context()).AccessTokenByDigest(models.SecretOf(value).Digest())
	if err != nil {
		t.Fatal(err)
	}
	return path(mount, "tokens", token.ID)
}

func TestCase09ReadApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			token := applicationToken(t, s, mount)
			for who, status := range map[string]int{"admin": 200, "oa": 200, "alice": 200, "aud": 200, "om": 403, "bob": 403, "pa": 403, "": 401} {
				s.Get(t, who, token).Want(status)
			}
			id, _ := newToken(t, s, "alice", mount, nil)
			s.Get(t, "om", path(mount, "tokens", id)).Want(403) // somebody else's
		}
	})
}

func TestCase10ChangeApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			token := applicationToken(t, s, mount)
			for who, status := range map[string]int{"admin": 200, "oa": 200, "alice": 200, "aud": 403, "om": 403, "bob": 403, "pa": 403, "": 401} {
				s.Patch(t, who, token, fields{"description": "by " + who}).Want(status)
				if got := s.Get(t, "admin", token).String("description"); (got == "by "+who) != (status == 200) {
					t.Errorf("%s: after %s it says %q", mount, who, got)
				}
			}
		}
	})
}

func TestCase11DeleteApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			for who, status := range map[string]int{"admin": 204, "oa": 204, "alice": 204, "aud": 403, "om": 403, "bob": 403, "pa": 403, "": 401} {
				token := applicationToken(t, s, mount)
				if a := s.Delete(t, who, token).Want(status); status == 204 && a.Text != "" {
					t.Errorf("204 with a body: %s", a.Text)
				}
				s.Get(t, "admin", token).Want(map[bool]int{true: 404, false: 200}[status == 204])
			}
		}
	})
}

func TestCase12PersonalTokenOfAMember(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			for _, who := range []string{"om", "admin"} {
				id, _ := newToken(t, s, "om", mount, nil)
				token := path(mount, "tokens", id)
				s.Get(t, "oa", token).Want(403)
				s.Patch(t, "oa", token, fields{"description": "x"}).Want(403)
				s.Delete(t, "oa", token).Want(403)
				s.Get(t, who, token).Want(200).Equal("description", "")
				s.Patch(t, who, token, fields{"description": "by " + who}).Want(200).Equal("description", "by "+who)
				s.Delete(t, who, token).Want(204)
			}
		}
	})
}

func TestCase13AuditorWhoAdministers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Post(t, "admin", path(C, "organizations", s.Organization.ID, "admins"), fields{"id": s.ID("aud")}).Want(204)
		for _, mount := range []string{G, C} {
			token := applicationToken(t, s, mount)
			s.Patch(t, "aud", token, fields{"description": "x"}).Want(200)
			s.Delete(t, "aud", token).Want(204)
		}
	})
}

func TestCase14NarrowedScopeTakesEffect(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			id, value := newToken(t, s, "alice", mount, fields{"scope": "write"})
			s.Patch(t, "", path(mount, "tokens", id), fields{"scope": "read"}, webtest.Bearer(value)).Want(200).Equal("scope", "read")
			a := s.Patch(t, "", path(mount, "tokens", id), fields{"scope": "write"}, webtest.Bearer(value)).Want(403)
			if challenge := a.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="write"`) {
				t.Errorf("the challenge is %q", challenge)
			}
			s.Get(t, "", mount+"me/", webtest.Bearer(value)).Want(200)
		}
	})
}

func TestCase15ReadOnlyFieldsOfAToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			created := s.Post(t, "alice", mount+"tokens/", fields{}).Want(201)
			changed := s.Patch(t, "alice", created.String("url"), fields{"application": s.App.ID, "user": s.ID("bob"), "expires": "2027-01-01T00:00:00Z",
				"token": "x", "refresh_token": "x", "id": 4711, "platform": "controller", "last_used": "2027-01-01T00:00:00Z", "nonsense": 1}).Want(200)
			for _, key := range []string{"id", "application", "user", "expires", "refresh_token", "platform", "last_used", "created"} {
				changed.Equal(key, created.At(key))
			}
			s.Get(t, "", mount+"me/", webtest.Bearer(created.String("token"))).Want(200)
		}
	})
}
