package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

var momentPattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)

// TestObjects: what all objects have in common, and that every link is a path under the mount that was asked and leads somewhere.
func TestObjects(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		newToken(t, s, "om", C, fields{"application": s.Job.ID})
		a := s.Post(t, "admin", G+"applications/", application(s, fields{"user": s.ID("om")})).Want(201)
		newToken(t, s, "admin", G, fields{"application": a.Int("id")})
		types := map[string]string{"tokens": "o_auth2_access_token", "applications": "o_auth2_application", "users": "user", "organizations": "organization"}
		for _, mount := range []string{G, C, short} {
			for name, kind := range types {
				list := s.Get(t, "admin", mount+name+"/").Want(200)
				results, _ := list.At("results").([]any)
				if len(results) == 0 {
					t.Errorf("%s%s is empty", mount, name)
				}
				for _, row := range results {
					object, _ := row.(map[string]any)
					url, _ := object["url"].(string)
					one := s.Get(t, "admin", url).Want(200).Equal("type", kind).Equal("id", object["id"]).Equal("url", path(mount, name, object["id"]))
					for _, key := range []string{"created", "modified"} {
						if !momentPattern.MatchString(one.String(key)) {
							t.Errorf("%s: %s is %q", url, key, one.String(key))
						}
					}
					if one.Has("created_by") != (mount == G) || one.Has("modified_by") != (mount == G) {
						t.Errorf("%s: created_by at the wrong platform", url)
					}
					if _, isObject := one.At("summary_fields").(map[string]any); !isObject {
						t.Errorf("%s has no summary_fields", url)
					}
					followLinks(t, s, mount, one)
				}
			}
		}
	})
}

func followLinks(t *testing.T, s *webtest.Site, mount string, one *webtest.Answer) {
	t.Helper()
	related, _ := one.At("related").(map[string]any)
	for key, link := range related {
		address, _ := link.(string)
		if path, _, _ := strings.Cut(address, "?"); !strings.HasPrefix(address, mount) || !strings.HasSuffix(path, "/") {
			t.Errorf("%s leads to %q", key, address)
			continue
		}
		s.Get(t, "admin", address).Want(200)
	}
	if len(related) == 0 {
		t.Errorf("%s is related to nothing", one.String("url"))
	}
}

func TestMakersAreNamedAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "oa", G+"applications/", application(s, nil)).Want(201).Equal("created_by", s.ID("oa")).Equal("summary_fields.created_by.username", "oa")
		s.Patch(t, "admin", a.String("url"), fields{"description": "x"}).Want(200).Equal("modified_by", s.ID("admin")).
			Equal("summary_fields.modified_by.username", "admin").Equal("summary_fields.created_by.username", "oa").
			Equal("related.modified_by", path(G, "users", s.ID("admin")))
		s.Patch(t, "admin", a.String("url"), fields{"user": s.ID("oa")}).Want(200)
		s.Delete(t, "admin", path(G, "users", s.ID("oa"))).Want(204)
		gone := s.Get(t, "admin", a.String("url")).Want(200).Equal("created_by", s.ID("oa"))
		if gone.At("summary_fields.created_by") != nil || gone.At("related.created_by") != nil {
			t.Errorf("who is gone has a name or a link: %s", gone.Text)
		}
	})
}

// TestRelatedIsReadable: who has left an organization is not led to what they no longer see there.
func TestRelatedIsReadable(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Patch(t, "oa", path(G, "users", s.ID("om")), fields{"first_name": "M"}).Want(200)
		om := s.Get(t, "om", path(G, "users", s.ID("om"))).Want(200).Equal("related.modified_by", path(G, "users", s.ID("oa")))
		token := s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID}).Want(201).Equal("related.application", path(G, "applications", s.App.ID))
		s.Post(t, "oa", path(G, "organizations", s.Organization.ID, "users/disassociate"), fields{"instances": []int64{s.ID("om")}}).Want(204)
		for _, address := range []string{om.String("url"), token.String("url")} {
			left := s.Get(t, "om", address).Want(200)
			related, _ := left.At("related").(map[string]any)
			for key := range related {
				s.Get(t, "om", left.String("related."+key)).Want(200)
			}
		}
		s.Get(t, "om", om.String("url")).Equal("modified_by", s.ID("oa")).Equal("related.modified_by", nil)
		s.Get(t, "om", token.String("url")).Equal("application", s.App.ID).Equal("related.application", nil).Equal("summary_fields.application.id", s.App.ID)
		s.Get(t, "admin", token.String("url")).Equal("related.application", path(G, "applications", s.App.ID))
	})
}

// TestTokenWithoutUser is a token of client credentials (RFC 6749 §4.4): it opens no REST path, and is seen by who administers its
// application.
func TestTokenWithoutUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "admin", G+"applications/", application(s, fields{"authorization_grant_type": "client-credentials", "redirect_uris": ""})).Want(201)
		issued := s.Post(t, "", "/o/token/", webtest.Form("grant_type", "client_credentials", "client_id", a.String("client_id"),
			"client_secret", a.String("client_secret"))).Want(200)
		for _, address := range []string{G + "me/", G + "tokens/", C + "me/", C + "nothing/"} {
			s.Get(t, "", address, webtest.Bearer(issued.String("access_token"))).Want(403)
		}
		for who, count := range map[string]int{"admin": 1, "aud": 1, "oa": 1, "om": 0} {
			s.Get(t, who, G+"tokens/").Want(200).Equal("count", count)
		}
		row := s.Get(t, "oa", G+"tokens/").Want(200).Equal("results.0.user", nil)
		if row.At("results.0.related.user") != nil || row.At("results.0.summary_fields.user") != nil {
			t.Errorf("a user: %s", row.Text)
		}
	})
}

func TestCase63SessionsPerUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		other := s.SignIn(t, "bob")
		var sessions []*webtest.Session
		for range 5 {
			s.DB.Clock.Advance(1e9)
			sessions = append(sessions, s.SignIn(t, "alice"))
		}
		for n, session := range sessions {
			s.Get(t, "", G+"me/", session.Reads).Want(map[bool]int{true: 200, false: 401}[n >= 2])
		}
		s.Get(t, "", G+"me/", other.Reads).Want(200)
	}, func(c *webtest.Config) { c.Server.SessionsPerUser = 3 })
}

func TestCase75AThousandYears(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "alice", 2, models.Controller)
		far := s.Post(t, "alice", C+"tokens/", fields{}).Want(201).Equal("expires", "3025-07-02T12:00:00.000000Z")
		for _, mount := range []string{G, C} {
			ids := s.Get(t, "alice", mount+"tokens/?order_by=-expires").Want(200).Equal("count", 3).Column("id")
			if ids[0] != far.At("id") {
				t.Errorf("sorted: %v", ids)
			}
			s.Get(t, "alice", mount+"tokens/?expires__gt=3000-01-01").Want(200).Equal("count", 1).Equal("results.0.expires", "3025-07-02T12:00:00.000000Z")
			s.Get(t, "alice", mount+"tokens/?expires__gt=3026-01-01T00:00:00Z").Want(200).Equal("count", 0)
			s.Get(t, "", mount+"me/", webtest.Bearer(far.String("token"))).Want(200)
		}
		s.Post(t, "alice", G+"tokens/", fields{"expires": "3024-12-31T23:59:59.999999Z"}).Want(201).Equal("expires", "3024-12-31T23:59:59.999999Z")
		s.Get(t, "alice", G+"tokens/?expires__gt=3000-01-01&order_by=expires").Want(200).Equal("count", 2).Equal("results.0.expires", "3024-12-31T23:59:59.999999Z")
	}, func(c *webtest.Config) {
		c.Server.Lifetimes.AccessToken, c.Server.Lifetimes.RefreshToken, c.Server.Lifetimes.Session = 31_536_000_000, 2_628_000, 1800
	})
}

func TestSwitches(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		carol := fields{"username": "carol", "password": "a long password"}
		s.Post(t, "oa", G+"users/", carol).Want(403)
		s.Post(t, "oa", path(C, "organizations", s.Organization.ID, "users"), carol).Want(403)
		s.Post(t, "oa", path(C, "organizations", s.Organization.ID, "users"), fields{"id": s.ID("om")}).Want(403)
		for _, mount := range []string{G, C} {
			member := path(mount, "users", s.ID("om"))
			for _, change := range []fields{{"first_name": "x"}, {"password": "another long password"}, {"is_active": false}} {
				s.Patch(t, "oa", member, change).Want(403)
			}
			s.Delete(t, "oa", member).Want(403)
			s.Get(t, "oa", member).Want(200).Equal("summary_fields.user_capabilities.edit", false).Equal("summary_fields.user_capabilities.delete", false)
			s.Patch(t, "om", member, fields{"first_name": "x"}).Want(200)
		}
		for _, role := range []string{"users", "admins", "auditors"} {
			s.Do(t, "oa", "OPTIONS", path(C, "organizations", s.Organization.ID, role), nil).Want(200).Equal("actions.POST", nil)
		}
		s.Get(t, "oa", path(G, "users", s.ID("alice"))).Want(403)
		names := s.Get(t, "oa", C+"users/").Want(200).Column("username")
		if !slices.Equal(names, []any{"admin", "oa", "om"}) {
			t.Errorf("oa sees %v", names)
		}
		s.Post(t, "alice", C+"tokens/", fields{}).Want(403).Contains("switched off")
		s.Post(t, "alice", C+"users/alice/personal_tokens/", fields{}).Want(404) // a name must not tell that it exists
		s.Post(t, "alice", G+"tokens/", fields{}).Want(201)
	}, func(c *webtest.Config) { c.Server.Policy = models.Policy{} })
}

func TestControllerTokensEverywhere(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, value := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		s.Get(t, "", G+"me/", webtest.Bearer(value)).Want(200)
	}, func(c *webtest.Config) { c.Server.Policy.ControllerTokensEverywhere = true })
}

// TestOrganizationAuditor reads its applications' tokens at the controller only.
func TestOrganizationAuditor(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddMembership(models.Membership{OrganizationID: s.Organization.ID, UserID: s.ID("bob"), Role: models.RoleAuditor, Created: tx.Now()})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		s.Get(t, "bob", C+"tokens/").Want(200).Equal("count", 1)
		s.Get(t, "bob", path(C, "tokens", id)).Want(200)
		s.Get(t, "bob", G+"tokens/").Want(200).Equal("count", 0)
		s.Get(t, "bob", path(G, "tokens", id)).Want(403)
		s.Patch(t, "bob", path(C, "tokens", id), fields{"description": "x"}).Want(403)
		s.Delete(t, "bob", path(C, "tokens", id)).Want(403)
	})
}
