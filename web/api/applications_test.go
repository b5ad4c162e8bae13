package api_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

var (
	clientIDPattern     = regexp.MustCompile(`^[A-Za-z0-9]{40}$`)
	clientSecretPattern = regexp.MustCompile(`^[A-Za-z0-9]{128}$`)
)

func TestCase18TokensInTheSummary(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, client := range map[string]webtest.Client{G: s.App, C: s.Job} {
			for range 12 {
				newToken(t, s, "om", mount, fields{"application": client.ID})
			}
			mask := map[string]string{G: gatewayMask, C: controllerMask}[mount]
			a := s.Get(t, "om", path(mount, "applications", client.ID)).Want(200).Equal("summary_fields.tokens.count", 12)
			results, _ := a.At("summary_fields.tokens.results").([]any)
			if len(results) != 10 {
				t.Errorf("%d tokens, want 10", len(results))
			}
			for n := range results {
				a.Equal(fmt.Sprintf("summary_fields.tokens.results.%d.token", n), mask)
			}
			s.Get(t, "om", mount+"applications/?name="+strings.ReplaceAll(client.Name, " ", "+")).Want(200).
				Equal("results.0.summary_fields.tokens.count", 12).Equal("results.0.summary_fields.tokens.results.9.token", mask)
		}
	})
}

func TestCase27CreateApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, platform := range map[string]string{G: "gateway", C: "controller"} {
			a := s.Post(t, "admin", mount+"applications/", application(s, nil)).Want(201).Equal("skip_authorization", false).Equal("platform", platform)
			if !clientIDPattern.MatchString(a.String("client_id")) || !clientSecretPattern.MatchString(a.String("client_secret")) {
				t.Errorf("client_id %q, client_secret of %d characters", a.String("client_id"), len(a.String("client_secret")))
			}
			if a.Header.Get("Location") != a.String("url") {
				t.Errorf("Location is %q", a.Header.Get("Location"))
			}
			a.Equal("redirect_uris", "https://client.example.org/callback").Equal("summary_fields.user_capabilities.edit", true)
		}
	})
}

// TestDeviceApplication: an application for devices needs no redirect URIs; the controller does not know the grant.
func TestDeviceApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		body := application(s, fields{"authorization_grant_type": models.GrantDeviceCode, "redirect_uris": ""})
		made := s.Post(t, "admin", G+"applications/", body).Want(201).Equal("authorization_grant_type", models.GrantDeviceCode).Equal("redirect_uris", "")
		granted := fmt.Sprint(made.At("grant_types"))
		if granted != "["+models.GrantDeviceCode+" refresh_token]" {
			t.Errorf("grant_types %s", granted)
		}
		s.Post(t, "admin", C+"applications/", body).Want(400).Equal("authorization_grant_type.0", `"`+models.GrantDeviceCode+`" is not a valid choice.`)
		// Beside another grant it is one of grant_types.
		both := application(s, fields{"name": "both", "grant_types": []string{models.GrantDeviceCode}})
		added := s.Post(t, "admin", G+"applications/", both).Want(201)
		s.Post(t, "", "/o/device_authorization/", webtest.Form("client_id", added.String("client_id"), "client_secret", added.String("client_secret"))).Want(200)
	})
}

func TestCase28SecretShownOnce(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, mask := range map[string]string{G: gatewayMask, C: controllerMask} {
			url := s.Post(t, "admin", mount+"applications/", application(s, nil)).Want(201).String("url")
			s.Get(t, "admin", url).Want(200).Equal("client_secret", mask)
			s.Patch(t, "admin", url, fields{"description": "x"}).Want(200).Equal("client_secret", mask).Equal("description", "x")
			if s.Put(t, "admin", url, application(s, fields{"client_type": "public"})).Want(200).Equal("description", "").Has("client_secret") {
				t.Error("a public client has a secret")
			}
			again := s.Patch(t, "admin", url, fields{"client_type": "confidential"}).Want(200).String("client_secret")
			if !clientSecretPattern.MatchString(again) {
				t.Errorf("turned back to confidential, the secret is %q", again)
			}
			s.Get(t, "admin", url).Want(200).Equal("client_secret", mask)
			if a := s.Delete(t, "admin", url).Want(204); a.Text != "" {
				t.Errorf("204 with a body: %s", a.Text)
			}
		}
	})
}

func TestCase29PublicApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, pkce := range map[string]any{G: true, C: nil} {
			a := s.Post(t, "admin", mount+"applications/", application(s, fields{"client_type": "public"})).Want(201).Equal("require_pkce", pkce)
			if a.Has("client_secret") {
				t.Error("a public client has a secret")
			}
		}
	})
}

func TestCase30OrganizationIsRequired(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			s.Post(t, "admin", mount+"applications/", application(s, fields{"organization": absent})).Want(400).
				Equal("organization.0", "This field is required.")
			s.Post(t, "admin", mount+"applications/", application(s, fields{"organization": nil})).Want(400).
				Equal("organization.0", "This field may not be null.")
			s.Post(t, "admin", mount+"applications/", application(s, fields{"organization": 4711})).Want(400).
				Equal("organization.0", `Invalid pk "4711" - object does not exist.`)
			s.Post(t, "admin", mount+"applications/", fields{}).Want(400).Equal("name.0", "This field is required.").
				Equal("client_type.0", "This field is required.").Equal("authorization_grant_type.0", "This field is required.").
				Equal("organization.0", "This field is required.")
			s.Post(t, "admin", mount+"applications/", application(s, fields{"organization": true, "client_type": "private"})).Want(400).
				Equal("organization.0", "Incorrect type. Expected pk value, received bool.")
		}
		s.Post(t, "oa", C+"applications/", application(s, fields{"organization": absent})).Want(403)
		s.Post(t, "oa", C+"applications/", fields{}).Want(403)
		s.Post(t, "oa", G+"applications/", application(s, fields{"organization": absent})).Want(400)
	})
}

func TestCase31RedirectURIs(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, key := range map[string]string{G: "redirect_uris", C: "__all__"} {
			create := func(other fields) *webtest.Answer {
				return s.Post(t, "admin", mount+"applications/", application(s, other))
			}
			create(fields{"redirect_uris": absent}).Want(400).Equal(key+".0", "redirect_uris cannot be empty with grant_type authorization-code")
			create(fields{"redirect_uris": absent, "authorization_grant_type": "password"}).Want(201).Equal("redirect_uris", "")
			for _, wrong := range []string{"https://client.example.org/#fragment", "/callback", "ftp://client.example.org/", "https://*.example.org/"} {
				if a := create(fields{"redirect_uris": wrong}).Want(400); a.String(key+".0") == "" {
					t.Errorf("%s: %s", wrong, a.Text)
				}
			}
			create(fields{"redirect_uris": "https://a.example.org/  https://b.example.org/"}).Want(201).
				Equal("redirect_uris", "https://a.example.org/ https://b.example.org/")
			create(fields{"redirect_uris": []string{"https://a.example.org/"}}).Want(400).Equal("redirect_uris.0", "Not a valid string.")
			create(fields{"authorization_grant_type": "implicit"}).Want(400).
				Equal("authorization_grant_type.0", `"implicit" is not a valid choice.`)
			create(fields{"client_type": "private"}).Want(400).Equal("client_type.0", `"private" is not a valid choice.`)
		}
	})
}

func TestCase32GrantTypeStays(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, client := range map[string]webtest.Client{G: s.App, C: s.Job} {
			s.Patch(t, "admin", path(mount, "applications", client.ID), fields{"authorization_grant_type": "authorization-code", "client_id": "x",
				"client_secret": "x", "platform": "x", "id": 1, "user": s.ID("bob")}).Want(200).Equal("authorization_grant_type", "password").
				Equal("client_id", client.ClientID).Equal("id", client.ID)
		}
		s.Post(t, "", "/o/token/", webtest.Form("grant_type", "password", "username", "om", "password", webtest.Password), basic(s.App)).Want(200)
	})
}

func TestCase33NameIsUniqueInItsOrganization(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, want := range map[string][2]string{G: {"non_field_errors", "The fields name, organization must make a unique set."},
			C: {"__all__", "Application with this Name and Organization already exists."}} {
			name := "of " + want[0]
			s.Post(t, "admin", mount+"applications/", application(s, fields{"name": name})).Want(201)
			s.Post(t, "admin", mount+"applications/", application(s, fields{"name": name})).Want(400).Equal(want[0]+".0", want[1])
			s.Post(t, "admin", mount+"applications/", application(s, fields{"name": name, "organization": s.Other.ID})).Want(201)
		}
	})
}

func TestCase34OrganizationAdministrator(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, client := range map[string]webtest.Client{G: s.App, C: s.Job} {
			app := path(mount, "applications", client.ID)
			url := s.Post(t, "oa", mount+"applications/", application(s, nil)).Want(201).String("url")
			s.Patch(t, "oa", url, fields{"name": "renamed"}).Want(200).Equal("name", "renamed")
			s.Patch(t, "oa", url, fields{"organization": s.Other.ID}).Want(403)
			s.Delete(t, "oa", url).Want(204)
			s.Post(t, "oa", mount+"applications/", application(s, fields{"organization": s.Other.ID})).Want(403)
			s.Get(t, "om", app).Want(200).Equal("summary_fields.user_capabilities.edit", false).Equal("summary_fields.user_capabilities.delete", false)
			for _, who := range []string{"om", "bob", "pa", "aud"} {
				s.Post(t, who, mount+"applications/", application(s, nil)).Want(403)
				s.Patch(t, who, app, fields{"name": "x"}).Want(403)
				s.Patch(t, who, app, fields{"name": nil}).Want(403) // before anything is said about the input
				s.Delete(t, who, app).Want(403)
			}
			s.Get(t, "bob", app).Want(403)
			s.Get(t, "aud", app).Want(200)
			for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
				s.Do(t, "", method, app, nil).Want(401)
			}
			s.Post(t, "", mount+"applications/", application(s, nil)).Want(401)
			s.Patch(t, "pa", app, fields{"name": "x"}).Want(403) // oa of another organization
			s.Get(t, "bob", mount+"applications/").Want(200).Equal("count", 0)
			s.Get(t, "om", mount+"applications/").Want(200).Equal("count", map[string]int{G: 2, C: 1}[mount])
		}
	})
}

func TestCase35RelatedOfAnApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		var orphan models.Application
		err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
			orphan = models.Application{Name: "orphan", Platform: models.Controller, ClientID: "x", ClientType: models.Public, AuthorizationGrantType: "password"}
			return tx.CreateApplication(&orphan)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, mount := range []string{G, C, short} {
			a := s.Get(t, "admin", path(mount, "applications", orphan.ID)).Want(200).Equal("organization", nil)
			if a.At("related.organization") != nil || a.At("summary_fields.organization") != nil {
				t.Errorf("an application without organization: %s", a.Text)
			}
			tokens := path(mount, "applications", s.Job.ID, "tokens")
			s.Get(t, "admin", path(mount, "applications", s.Job.ID)).Want(200).Equal("related.organization", path(mount, "organizations", s.Organization.ID)).
				Equal("summary_fields.organization.name", "O").Equal("related.tokens", tokens).Equal("related.access_tokens", tokens)
		}
	})
}

func TestCase36DeletedApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			client := clientOf(s, mount)
			a := s.Post(t, "om", mount+"tokens/", fields{"application": client.ID}).Want(201)
			_, personal := newToken(t, s, "om", mount, nil)
			code := models.NewSecret(models.TokenLength)
			err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
				return tx.CreateAuthorizationCode(&models.AuthorizationCode{Digest: code.Digest(), ApplicationID: client.ID, UserID: s.ID("om"),
					Scope: models.ScopeRead, FamilyID: "f", Created: tx.Now(), Expires: tx.Now().Add(time.Minute)})
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Delete(t, "oa", path(mount, "applications", client.ID)).Want(204)
			s.Get(t, "", mount+"me/", webtest.Bearer(a.String("token"))).Want(401)
			s.Get(t, "", mount+"me/", webtest.Bearer(personal)).Want(200)
			s.Get(t, "admin", a.String("url")).Want(404)
			s.Get(t, "admin", path(mount, "applications", client.ID)).Want(404)
			read := s.DB.Read(t.Context())
			_, access := read.AccessTokenByDigest(models.SecretOf(a.String("token")).Digest())
			_, refresh := read.RefreshTokenByDigest(models.SecretOf(a.String("refresh_token")).Digest())
			_, authorization := read.AuthorizationCodeByDigest(code.Digest())
			for what, err := range map[string]error{"access token": access, "refresh token": refresh, "authorization code": authorization} {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s: the %s: %v", mount, what, err)
				}
			}
		}
	})
}

func TestApplicationOwnerAndGatewayFields(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		create := func(who string, other fields) *webtest.Answer {
			return s.Post(t, who, G+"applications/", application(s, other))
		}
		create("oa", fields{"user": s.ID("oa")}).Want(201).Equal("user", s.ID("oa"))
		create("oa", fields{"user": s.ID("bob")}).Want(403)
		create("admin", fields{"user": 4711}).Want(400).Equal("user.0", `Invalid pk "4711" - object does not exist.`)
		create("oa", fields{"skip_authorization": true}).Want(403)
		create("admin", fields{"skip_authorization": "true"}).Want(201).Equal("skip_authorization", true)
		create("oa", fields{"skip_authorization": nil}).Want(400)
		create("oa", fields{"skip_authorization": "perhaps"}).Want(400).Equal("skip_authorization.0", "Must be a valid boolean.")
		create("oa", fields{"introspect_all": true}).Want(201).Equal("introspect_all", false)
		create("admin", fields{"introspect_all": true, "resource_uris": []string{"https://r.example.org/"}}).Want(201).Equal("introspect_all", true).
			Equal("resource_uris.0", "https://r.example.org/")
		create("oa", fields{"grant_types": []string{"client_credentials"}}).Want(201).Equal("grant_types.0", "authorization_code").
			Equal("grant_types.1", "client_credentials").Equal("grant_types.2", "refresh_token")
		for _, wrong := range []any{[]string{"implicit"}, []any{1}, 7, []string{"a b"}, nil} {
			if a := create("oa", fields{"grant_types": wrong}).Want(400); !a.Has("grant_types") {
				t.Errorf("grant_types %v: %s", wrong, a.Text)
			}
		}
		create("oa", fields{"algorithm": "RS256", "post_logout_redirect_uris": "https://a.example.org/"}).Want(201).Equal("algorithm", "RS256")
		create("oa", fields{"algorithm": "none"}).Want(400).Equal("algorithm.0", `"none" is not a valid choice.`)
		for _, falsy := range []any{nil, "", false} {
			s.Post(t, "oa", C+"applications/", application(s, fields{"name": fmt.Sprint("falsy ", falsy), "skip_authorization": falsy})).Want(201).
				Equal("skip_authorization", false)
		}
	})
}

func TestApplicationFullUpdate(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		url := s.Post(t, "admin", G+"applications/", application(s, fields{"description": "before", "algorithm": "RS256"})).Want(201).String("url")
		s.Put(t, "admin", url, fields{}).Want(400).Equal("name.0", "This field is required.").Equal("client_type.0", "This field is required.").
			Equal("organization.0", "This field is required.")
		s.Put(t, "admin", url, application(s, fields{"name": " after "})).Want(200).Equal("name", "after").Equal("description", "").Equal("algorithm", "")
	})
}
