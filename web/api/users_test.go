package api_test

import (
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

func TestCase19TokensOfAUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for n := range 6 {
			body := fields{"scope": "read"}
			if n > 1 {
				body["application"] = s.Job.ID
			}
			newToken(t, s, "om", C, body)
		}
		for _, mount := range []string{G, C, short} {
			for name, count := range map[string]int{"personal_tokens": 2, "authorized_tokens": 4, "tokens": 6} {
				s.Get(t, "om", path(mount, "users", s.ID("om"), name)).Want(200).Equal("count", count)
			}
		}
		newToken(t, s, "om", G, nil)
		s.Get(t, "om", path(G, "users", s.ID("om"), "personal_tokens")).Want(200).Equal("count", 3)
		s.Get(t, "om", path(C, "users", s.ID("om"), "personal_tokens")).Want(200).Equal("count", 2)
		s.Get(t, "alice", path(G, "users", s.ID("om"), "tokens")).Want(200).Equal("count", 0) // nothing that she sees
		s.Get(t, "alice", path(C, "users", s.ID("om"), "tokens")).Want(403)
	})
}

func TestCase20TokensOfAnUnknownUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		newToken(t, s, "alice", G, nil)
		for _, name := range []string{"personal_tokens", "authorized_tokens", "tokens"} {
			s.Get(t, "admin", path(G, "users/99999", name)).Want(200).Equal("count", 0)
			s.Get(t, "admin", path(C, "users/99999", name)).Want(404)
			s.Get(t, "admin", path(C, "users/nobody", name)).Want(404)
			s.Get(t, "", path(C, "users/nobody", name)).Want(401)
		}
	})
}

func TestCase21NoPostToListsOfTokensAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, list := range []string{path(G, "applications", s.App.ID, "tokens"), path(G, "users", s.ID("admin"), "tokens"),
			path(G, "users", s.ID("admin"), "personal_tokens"), path(G, "users", s.ID("admin"), "authorized_tokens")} {
			a := s.Post(t, "admin", list, fields{}).Want(405).Equal("detail", `Method "POST" not allowed.`)
			if allow := a.Header.Get("Allow"); allow != "GET, HEAD, OPTIONS" {
				t.Errorf("Allow is %q", allow)
			}
			s.Post(t, "", list, fields{}).Want(401)
		}
	})
}

func TestCase22OthersTokensAreNotListed(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for who, mount := range map[string]string{"bob": G, "om": G, "admin": C} {
			newToken(t, s, who, mount, nil)
		}
		newToken(t, s, "om", G, fields{"application": s.App.ID})
		own, _ := newToken(t, s, "alice", G, nil)
		for who, count := range map[string]int{"alice": 1, "bob": 1, "om": 2, "oa": 1, "pa": 0, "admin": 5, "aud": 5} {
			s.Get(t, who, G+"tokens/").Want(200).Equal("count", count)
		}
		s.Get(t, "alice", G+"tokens/").Want(200).Equal("results.0.id", own)
		for who, count := range map[string]int{"alice": 0, "admin": 1, "aud": 1} {
			s.Get(t, who, C+"tokens/").Want(200).Equal("count", count)
		}
	})
}

func TestCase23UsernameInThePath(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		body := fields{"description": "AWX CLI", "application": nil, "scope": "write"}
		for _, mount := range []string{C, short} {
			a := s.Post(t, "alice", mount+"users/alice/personal_tokens/", body).Want(201).Equal("description", "AWX CLI")
			s.Get(t, "", mount+"me/", webtest.Bearer(a.String("token"))).Want(200)
			s.Get(t, "alice", mount+"users/alice/").Want(200).Equal("id", s.ID("alice"))
			s.Get(t, "om", mount+"applications/app%20of%20the%20controller++O/").Want(200).Equal("id", s.Job.ID)
			s.Get(t, "om", mount+"applications/app%20of%20the%20controller%2B%2BO/").Want(200)
			s.Get(t, "bob", mount+"applications/app%20of%20the%20controller++O/").Want(404) // a name must not tell that it exists
			s.Get(t, "alice", mount+"users/bob/").Want(404)
			s.Get(t, "admin", mount+"users/%00/").Want(404)
			s.Get(t, "admin", mount+"applications/nothing++O/").Want(404)
			s.Get(t, "admin", mount+"applications/nothing/").Want(404)
			s.Get(t, "", mount+"users/nobody/").Want(401)
		}
		s.Get(t, "alice", G+"users/alice/").Want(404)
	})
}

func TestNamedApplicationWithPlusesAndSlashes(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		organization := s.Post(t, "admin", C+"organizations/", fields{"name": "C++"}).Want(201).Int("id")
		a := s.Post(t, "admin", C+"applications/", application(s, fields{"name": "a/b++c 100%", "organization": organization})).Want(201)
		named := a.String("related.named_url")
		if named != "/api/controller/v2/applications/a%2Fb++c%20100%25++C++/" {
			t.Errorf("named_url is %q", named)
		}
		s.Get(t, "admin", named).Want(200).Equal("id", a.Int("id"))
	})
}

func TestCase24AuthorizedTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		list := path(C, "users", s.ID("om"), "authorized_tokens")
		s.Post(t, "om", list, fields{}).Want(400).Equal("application.0", "This field is required.")
		s.Post(t, "om", list, fields{"application": nil}).Want(400).Equal("application.0", "This field may not be null.")
		a := s.Post(t, "om", list, fields{"application": s.Job.ID}).Want(201).Equal("application", s.Job.ID)
		if !tokenPattern.MatchString(a.String("refresh_token")) {
			t.Errorf("the refresh token is %q", a.String("refresh_token"))
		}
	})
}

func TestCase25PersonalTokensIgnoreTheApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Post(t, "om", path(C, "users", s.ID("om"), "personal_tokens"), fields{"application": s.Job.ID}).Want(201).Equal("application", nil).
			Equal("refresh_token", nil)
		s.Post(t, "om", path(C, "users", s.ID("om"), "tokens"), fields{"application": s.Job.ID}).Want(201).Equal("application", s.Job.ID)
		s.Post(t, "om", path(C, "users", s.ID("om"), "tokens"), fields{}).Want(201).Equal("application", nil)
	})
}

func TestCase26NoTokensForOthers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, name := range []string{"personal_tokens", "authorized_tokens", "tokens"} {
			for _, who := range []string{"alice", "admin"} {
				s.Post(t, who, path(C, "users", s.ID("bob"), name), fields{"application": s.Job.ID}).Want(403)
			}
			s.Post(t, "admin", path(C, "users/99999", name), fields{}).Want(404)
		}
		s.Get(t, "admin", G+"tokens/").Want(200).Equal("count", 0)
	})
}

func TestCase65UsersAtTheController(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		body := fields{"username": "carol", "password": "a long password"}
		url := s.Post(t, "admin", C+"users/", body).Want(201).Equal("password", "$encrypted$").Equal("is_system_auditor", false).
			Equal("ldap_dn", "").Equal("external_account", nil).String("url")
		s.Post(t, "admin", C+"users/", body).Want(400).Equal("username.0", "A user with that username already exists.")
		s.Delete(t, "admin", url).Want(204)
		again := s.Post(t, "admin", C+"users/", body).Want(201)
		url = again.String("url")
		s.Get(t, "admin", path(G, "users", again.Int("id"))).Want(200).Equal("username", "carol") // one row for both platforms
		s.Patch(t, "admin", url, fields{"last_login": "2020-01-01T00:00:00Z", "managed": true, "ldap_dn": "x"}).Want(200).
			Equal("last_login", nil).Equal("ldap_dn", "").Equal("password", "$encrypted$")
	})
}

func TestUserInput(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, auditor := range map[string]string{G: "is_platform_auditor", C: "is_system_auditor"} {
			name := "u" + strings.ToLower(models.RandomText(8))
			s.Post(t, "admin", mount+"users/", fields{"username": name}).Want(400).Equal("password.0", "Password required for new User.")
			s.Post(t, "admin", mount+"users/", fields{"password": "a long password"}).Want(400).Equal("username.0", "This field is required.")
			s.Post(t, "admin", mount+"users/", fields{"username": name, "password": "$encrypted$"}).Want(400)
			s.Post(t, "admin", mount+"users/", fields{"username": name, "password": "short"}).Want(400).Contains("too short")
			s.Post(t, "admin", mount+"users/", fields{"username": "a b", "password": "a long password", "email": "nonsense"}).Want(400).
				Contains("Enter a valid username").Equal("email.0", "Enter a valid email address.")
			s.Post(t, "admin", mount+"users/", fields{"username": name, "password": "a long password", "is_superuser": "perhaps"}).Want(400).
				Equal("is_superuser.0", "Must be a valid boolean.")
			a := s.Post(t, "admin", mount+"users/", fields{"username": " " + name + " ", "password": "a long password", auditor: true, "first_name": "F"}).Want(201).
				Equal("username", name).Equal(auditor, true).Equal("is_superuser", false)
			url := a.String("url")
			s.Patch(t, "admin", url, fields{"password": "$encrypted$", "last_name": "L"}).Want(200).Equal("last_name", "L").Equal("first_name", "F")
			signIn := webtest.Form("username", name, "password", "a long password")
			s.Post(t, "", "/api/login/", signIn).Want(302)
			s.Put(t, "admin", url, fields{"first_name": "G"}).Want(400).Equal("username.0", "This field is required.")
			s.Put(t, "admin", url, fields{"username": name}).Want(200).Equal("first_name", "").Equal("last_name", "").Equal(auditor, false).Equal("is_active", true)
			s.Post(t, "", "/api/login/", signIn).Want(302)
			s.Patch(t, "alice", path(mount, "users", s.ID("alice")), fields{auditor: true}).Want(403).Equal("detail", "Cannot change "+auditor+".")
			s.Patch(t, "admin", url, fields{"password": "another password"}).Want(200)
			s.Post(t, "", "/api/login/", signIn).Want(401)
		}
	})
}

func TestUserPermissions(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		carol := fields{"username": "carol", "password": "a long password"}
		for _, mount := range []string{G, C} {
			for _, who := range []string{"alice", "om", "aud"} {
				s.Post(t, who, mount+"users/", carol).Want(403)
			}
			s.Patch(t, "alice", path(mount, "users", s.ID("alice")), fields{"first_name": "A"}).Want(200)
			for _, forbidden := range []fields{{"is_superuser": true}, {"username": "alicia"}, {"is_active": false},
				{"is_platform_auditor": true, "is_system_auditor": true}} {
				s.Patch(t, "alice", path(mount, "users", s.ID("alice")), forbidden).Want(403)
			}
			s.Delete(t, "admin", path(mount, "users", s.ID("admin"))).Want(403).Equal("detail", "You can't delete yourself")
			s.Patch(t, "oa", path(mount, "users", s.ID("om")), fields{"first_name": "M"}).Want(200)
			s.Patch(t, "oa", path(mount, "users", s.ID("alice")), fields{"first_name": "M"}).Want(403)
			s.Patch(t, "aud", path(mount, "users", s.ID("alice")), fields{"first_name": "M"}).Want(403)
			s.Get(t, "alice", path(mount, "users", s.ID("om"))).Want(403)
			s.Get(t, "alice", path(mount, "users", s.ID("admin"))).Want(200)
			s.Get(t, "om", path(mount, "users", s.ID("oa"))).Want(200)
			s.Get(t, "alice", mount+"users/").Want(200).Equal("count", 2)
			s.Get(t, "oa", mount+"users/").Want(200).Equal("count", 7)
		}
		s.Post(t, "oa", C+"users/", carol).Want(403)
		s.Post(t, "oa", G+"users/", carol).Want(201)
		s.Delete(t, "oa", path(G, "users", s.ID("om"))).Want(204)
		s.Get(t, "admin", path(G, "users", s.ID("om"))).Want(404)
	})
}

func TestMe(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C, short} {
			s.Get(t, "oa", mount+"me/").Want(200).Equal("count", 1).Equal("next", nil).Equal("previous", nil).Equal("results.0.username", "oa").
				Equal("results.0.url", path(mount, "users", s.ID("oa"))).Equal("results.0.type", "user")
			s.Get(t, "", mount+"me/").Want(401)
		}
	})
}

func TestUserLists(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		created := s.Post(t, "oa", G+"applications/", application(s, fields{"user": s.ID("oa")})).Want(201)
		s.Get(t, "oa", path(G, "users", s.ID("oa"), "applications")).Want(200).Equal("count", 1).Equal("results.0.id", created.Int("id"))
		s.Get(t, "oa", path(C, "users", s.ID("oa"), "applications")).Want(200).Equal("count", 0)
		s.Post(t, "oa", path(C, "users", s.ID("oa"), "applications"), application(s, nil)).Want(201)
		for _, mount := range []string{G, C} {
			s.Get(t, "oa", path(mount, "users", s.ID("oa"), "organizations")).Want(200).Equal("count", 1).Equal("results.0.name", "O")
			s.Get(t, "admin", path(mount, "users", s.ID("alice"), "organizations")).Want(200).Equal("count", 0)
			s.Get(t, "bob", path(mount, "users", s.ID("oa"), "organizations")).Want(403)
		}
	})
}
