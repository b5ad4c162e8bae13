package api_test

import (
	"net/http"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// basic authenticates a client at the OAuth endpoints.
func basic(c webtest.Client) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(c.ClientID, c.Secret) }
}

func TestCase16DeletedTokenLeavesItsRefreshToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, client := range map[string]webtest.Client{G: s.App, C: s.Job} {
			a := s.Post(t, "om", mount+"tokens/", fields{"application": client.ID, "scope": "read"}).Want(201)
			s.Delete(t, "om", a.String("url")).Want(204)
			s.Get(t, "admin", a.String("url")).Want(404)
			row, err := s.DB.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(a.String("refresh_token")).Digest())
			if err != nil || row.Revoked != nil {
				t.Errorf("the refresh token's row: %+v, %v", row, err)
			}
			s.Get(t, "admin", path(mount, "applications", client.ID, "tokens")).Want(200).Equal("count", 0)
			s.Get(t, "admin", path(mount, "applications", client.ID)).Want(200).Equal("summary_fields.tokens.count", 0)
		}
	})
}

func TestCase17RefreshAfterItsTokenWasDeleted(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			a := s.Post(t, "om", mount+"tokens/", fields{"application": clientOf(s, mount).ID, "scope": "read"}).Want(201)
			s.Delete(t, "om", a.String("url")).Want(204)
			grant(t, s, mount, "grant_type", "refresh_token", "refresh_token", a.String("refresh_token")).Equal("scope", "read")
		}
	})
}

func TestCase42BearerTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, personal := newToken(t, s, "alice", G, nil)
		_, controller := newToken(t, s, "alice", C, nil)
		for _, mount := range []string{G, C, short} {
			s.Get(t, "", mount+"me/", webtest.Bearer(personal)).Want(200).Equal("count", 1).Equal("results.0.username", "alice")
			s.Get(t, "", mount+"me/", webtest.Bearer(controller)).Want(200).Equal("results.0.username", "alice")
			for _, wrong := range []string{"", "unknown", personal + "x", "\"' OR 1=1"} {
				s.Get(t, "", mount+"me/", webtest.Bearer(wrong)).Want(401)
			}
			s.Get(t, "", mount+"me/?access_token="+personal+"&token="+personal).Want(401)
			s.Get(t, "", mount+"me/", webtest.Header("Authorization", "bearer "+personal)).Want(200)
		}
		everywhere := func(status int) {
			t.Helper()
			for _, mount := range []string{G, C, short} {
				for _, value := range []string{personal, controller} {
					s.Get(t, "", mount+"me/", webtest.Bearer(value)).Want(status)
				}
			}
		}
		s.Patch(t, "admin", path(G, "users", s.ID("alice")), fields{"is_active": false}).Want(200)
		everywhere(401)
		s.Patch(t, "admin", path(G, "users", s.ID("alice")), fields{"is_active": true}).Want(200)
		everywhere(200)
		s.DB.Clock.Advance(366 * 24 * 3600 * 1e9)
		everywhere(401)
	})
}

func TestCase42ControllerApplicationToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, value := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		s.Get(t, "", C+"me/", webtest.Bearer(value)).Want(200)
		s.Get(t, "", short+"me/", webtest.Bearer(value)).Want(200)
		s.Get(t, "", G+"me/", webtest.Bearer(value)).Want(401)
		_, value = newToken(t, s, "om", G, fields{"application": s.App.ID})
		s.Get(t, "", C+"me/", webtest.Bearer(value)).Want(200)
	})
}

func TestCase43LastUsed(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			id, value := newToken(t, s, "alice", mount, nil)
			s.Get(t, "alice", path(mount, "tokens", id)).Want(200).Equal("last_used", nil)
			activity := entries(t, s)
			s.Get(t, "", mount+"me/", webtest.Bearer(value)).Want(200)
			used := s.Get(t, "alice", path(mount, "tokens", id)).Want(200).Equal("last_used", "2026-03-01T12:00:00.000000Z").
				Equal("modified", "2026-03-01T12:00:00.000000Z")
			if mount == G {
				used.Equal("modified_by", s.ID("alice"))
			}
			if after := entries(t, s); len(after) != len(activity) {
				t.Errorf("%d activity entries, want %d", len(after), len(activity))
			}
			after, err := s.DB.Read(t.Context()).AccessToken(id)
			if err != nil || after.LastUsedAddress != webtest.Address {
				t.Errorf("used from %q, %v", after.LastUsedAddress, err)
			}
		}
	})
}

func TestCase44ScopeAtTheDoor(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, read := newToken(t, s, "admin", G, fields{"scope": "read"})
		for _, mount := range []string{G, C} {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				for _, segment := range []string{"tokens/", "tokens/4711/", "nothing/here/"} {
					s.Do(t, "", method, mount+segment, fields{}, webtest.Bearer(read)).Want(403)
					s.Do(t, "", method, mount+segment, fields{}).Want(401)
				}
			}
			for _, scope := range []string{"write", "read write", "write read"} {
				_, value := newToken(t, s, "alice", G, fields{"scope": scope})
				s.Post(t, "", mount+"tokens/", fields{}, webtest.Bearer(value)).Want(201)
			}
			s.Post(t, "", mount+"tokens/", fields{}, s.SignIn(t, "alice").Writes).Want(201)
			s.Get(t, "", mount+"tokens/", webtest.Bearer(read)).Want(200)
			s.Do(t, "", "OPTIONS", mount+"tokens/", nil, webtest.Bearer(read)).Want(200)
			s.Do(t, "", "HEAD", mount+"tokens/", nil, webtest.Bearer(read)).Want(200)
		}
	})
}

func TestCase49ExternalUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, value := newToken(t, s, "alice", G, nil)
		makeExternal(t, s, "alice")
		for _, mount := range []string{G, C} {
			s.Post(t, "", mount+"tokens/", fields{}, webtest.Bearer(value)).Want(403).
				Equal("detail", "OAuth2 Tokens cannot be created by users associated with an external authentication provider (corporate directory)")
		}
		s.Get(t, "", G+"tokens/", webtest.Bearer(value)).Want(200).Equal("count", 1)
		s.Get(t, "", C+"me/", webtest.Bearer(value)).Want(200).Equal("results.0.external_account", "ldap")
		if s.Get(t, "", G+"me/", webtest.Bearer(value)).Has("results.0.password") {
			t.Error("an external user has a password")
		}
	})
}

func TestCase70RefreshOfAControllerTokenAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "om", C+"tokens/", fields{"application": s.Job.ID}).Want(201)
		refresh := webtest.Form("grant_type", "refresh_token", "refresh_token", a.String("refresh_token"))
		for _, address := range []string{"/o/token/", "/token", "/o/token", "/token/"} {
			s.Post(t, "", address, refresh, basic(s.Job)).Want(400).Equal("error", "invalid_grant").Contains("/api/o/token/")
		}
		s.Get(t, "", C+"me/", webtest.Bearer(a.String("token"))).Want(200)
		fresh := s.Post(t, "", "/api/o/token/", refresh, basic(s.Job)).Want(200)
		s.Get(t, "", C+"me/", webtest.Bearer(a.String("token"))).Want(401)
		for _, root := range []string{"/api/controller/o/token/", "/api/controller/o/token", "/api/o/token"} {
			refresh.Set("refresh_token", fresh.String("refresh_token"))
			fresh = s.Post(t, "", root, refresh, basic(s.Job)).Want(200)
		}
		s.Get(t, "", C+"tokens/", webtest.Bearer(fresh.String("access_token"))).Want(200).Equal("count", 1).Equal("results.0.platform", "controller")
	})
}

func TestCase71ControllerApplicationAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "om", G+"tokens/", fields{"application": s.Job.ID}).Want(400)
		a.Contains("belongs to the automation controller").Equal("application.0", models.ReasonControllerCreate)
		s.Get(t, "admin", G+"tokens/").Want(200).Equal("count", 0)
	})
}

func TestCase79OwnedApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "admin", G+"applications/", application(s, fields{"name": "alice's", "user": s.ID("alice")})).Want(201).Equal("user", s.ID("alice")).
			Equal("summary_fields.user.username", "alice")
		made := s.Post(t, "admin", G+"tokens/", fields{"application": a.Int("id")}).Want(201).Equal("user", s.ID("alice")).
			Equal("summary_fields.user.username", "alice")
		s.Get(t, "", G+"me/", webtest.Bearer(made.String("token"))).Want(200).Equal("results.0.username", "alice")
		s.Post(t, "om", G+"tokens/", fields{"application": a.Int("id")}).Want(403)
	})
}
