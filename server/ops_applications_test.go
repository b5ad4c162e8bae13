package server_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/models"
	"gatehouse/server"
)

// registration is a complete description of an application of the organization.
func (b *bed) registration(name string) server.ApplicationInput {
	id := &b.organization.ID
	return server.ApplicationInput{Name: &name, OrganizationID: &id, ClientType: pointer("confidential"),
		AuthorizationGrantType: pointer("authorization-code"), RedirectURIs: &models.Words{"https://a.example.org/cb"}}
}

// without leaves something out of a registration, or changes it.
func without(in server.ApplicationInput, change func(*server.ApplicationInput)) server.ApplicationInput {
	change(&in)
	return in
}

var (
	clientIDPattern     = regexp.MustCompile(`^[A-Za-z0-9]{40}$`)
	clientSecretPattern = regexp.MustCompile(`^[A-Za-z0-9]{128}$`)
)

// TestCreateApplication: cases 27, 29 and 66 on every face.
func TestCreateApplication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			for _, kind := range []models.ClientType{models.Confidential, models.Public} {
				in := b.registration(fmt.Sprint(face, " ", kind))
				in.ClientType = pointer(string(kind))
				var made *models.Application
				var secret models.Secret
				entries := b.recorded(t, func() {
					var err error
					made, secret, err = b.CreateApplication(t.Context(), as(b.orgAdmin), face, in)
					check(t, err)
				})
				want := models.Application{ID: made.ID, Name: *in.Name, OrganizationID: &b.organization.ID, ClientID: made.ClientID, ClientType: kind,
					AuthorizationGrantType: "authorization-code", GrantTypes: models.Words{"authorization_code", "refresh_token"},
					RedirectURIs: *in.RedirectURIs, Platform: face.Platform(),
					RequirePKCE:  kind == models.Public && face != models.FaceController,
					Stamps:       models.Stamps{Created: b.db.Now(), Modified: b.db.Now(), CreatedBy: &b.orgAdmin.ID, ModifiedBy: &b.orgAdmin.ID},
					Organization: b.organization, ClientSecrets: made.ClientSecrets}
				if diff := cmp.Diff(&want, made, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s, %s (-want +got):\n%s", face, kind, diff)
				}
				if !clientIDPattern.MatchString(made.ClientID) {
					t.Errorf("client id %q", made.ClientID)
				}
				b.hasSecret(t, made, secret)
				wantEntry := fmt.Sprintf("create oauth2application %d by oa, console", made.ID)
				if len(entries) != 1 || line(entries[0]) != wantEntry || entries[0].ObjectName != *in.Name ||
					cmp.Diff(models.Added(made.ActivityFields()), entries[0].Changes) != "" {
					t.Errorf("activity %+v, want %s", entries, wantEntry)
				}
			}
		}
	})
}

// hasSecret checks that the secret that was shown is the only one of the client, kept as a digest; a public client has none.
func (b *bed) hasSecret(t testing.TB, a *models.Application, shown models.Secret) {
	t.Helper()
	if a.ClientType == models.Public {
		if !shown.Empty() || len(a.ClientSecrets) != 0 {
			t.Errorf("a public client has a secret")
		}
		return
	}
	if !clientSecretPattern.MatchString(shown.Reveal()) || len(a.ClientSecrets) != 1 || !a.VerifySecret(shown, b.db.Now()) {
		t.Errorf("the secret shown is not the client's one secret of 128 letters and digits")
	}
	b.plain(t, shown)
}

// TestCreateApplicationRefused: cases 30, 31, 33 and 34 and contract §1.2: what is refused stores nothing.
func TestCreateApplicationRefused(t *testing.T) {
	type inputs = server.ApplicationInput
	onBed(t, func(t *testing.T, b *bed) {
		other := b.elsewhere(t)
		gone, null, toOther := pointer(int64(99_999)), (*int64)(nil), &other.ID
		gateway, controller := models.FaceGateway, models.FaceController
		for _, test := range []struct {
			name   string
			actor  server.Actor
			face   models.Face
			change func(*inputs)
			want   string
			words  string
		}{
			{"anonymous", server.Actor{}, gateway, func(*inputs) {}, "unauthenticated", ""},
			{"member", as(b.member), gateway, func(*inputs) {}, "forbidden", ""},
			{"outsider", as(b.bob), models.FaceConsole, func(*inputs) {}, "forbidden", ""},
			{"auditor", as(b.auditor), controller, func(*inputs) {}, "forbidden", ""},
			{"administrator elsewhere", as(b.orgAdmin), gateway, func(in *inputs) { in.OrganizationID = &toOther }, "forbidden", ""},
			{"no organization", as(b.admin), gateway, func(in *inputs) { in.OrganizationID = nil }, "invalid organization", "This field is required."},
			{"no organization at the controller", as(b.admin), controller, func(in *inputs) { in.OrganizationID = nil }, "invalid organization", "This field is required."},
			{"no organization, organization's administrator", as(b.orgAdmin), gateway, func(in *inputs) { in.OrganizationID = nil }, "invalid organization", ""},
			{"no organization at the controller, organization's administrator", as(b.orgAdmin), controller, func(in *inputs) { in.OrganizationID = nil }, "forbidden", ""},
			{"null organization", as(b.admin), gateway, func(in *inputs) { in.OrganizationID = &null }, "invalid organization", "may not be null"},
			{"unknown organization", as(b.admin), gateway, func(in *inputs) { in.OrganizationID = &gone }, "invalid organization", "object does not exist"},
			{"unknown owner", as(b.admin), gateway, func(in *inputs) { in.UserID = &gone }, "invalid user", "object does not exist"},
			{"no name", as(b.admin), gateway, func(in *inputs) { in.Name = nil }, "invalid name", "blank"},
			{"no client type", as(b.admin), gateway, func(in *inputs) { in.ClientType = nil }, "invalid client_type", "not a valid choice"},
			{"no grant type", as(b.admin), gateway, func(in *inputs) { in.AuthorizationGrantType = nil }, "invalid authorization_grant_type", ""},
			{"a grant type of the gateway at the controller", as(b.admin), controller,
				func(in *inputs) { in.AuthorizationGrantType = pointer("client-credentials") }, "invalid authorization_grant_type", ""},
			{"grant types that are none", as(b.admin), gateway, func(in *inputs) { in.GrantTypes = &models.Words{"implicit"} }, "invalid grant_types", "implicit"},
			{"client credentials of a public client", as(b.admin), gateway, func(in *inputs) {
				in.ClientType, in.GrantTypes = pointer("public"), &models.Words{models.GrantClientCredentials}
			}, "invalid grant_types", ""},
			{"no redirect URIs", as(b.admin), gateway, func(in *inputs) { in.RedirectURIs = nil }, "invalid redirect_uris", "cannot be empty"},
			{"no redirect URIs at the controller", as(b.admin), controller, func(in *inputs) { in.RedirectURIs = nil }, "invalid ", "cannot be empty"},
			{"plain http at the gateway", as(b.admin), gateway, func(in *inputs) { in.RedirectURIs = &models.Words{"http://a.example.org/"} }, "invalid redirect_uris", "http"},
			{"skipping consent, not by a superuser", as(b.orgAdmin), gateway, func(in *inputs) { in.SkipAuthorization = pointer(true) }, "forbidden", "skip_authorization"},
			{"another owner, not by a superuser", as(b.orgAdmin), gateway, func(in *inputs) { in.UserID = pointer(&b.alice.ID) }, "forbidden", "owner"},
			{"name taken", as(b.admin), gateway, func(in *inputs) { in.Name = pointer("web") }, "invalid ", "The fields name, organization must make a unique set."},
			{"name taken at the controller", as(b.admin), controller, func(in *inputs) { in.Name = pointer("web") }, "invalid ",
				"Application with this Name and Organization already exists."},
		} {
			t.Run(test.name, func(t *testing.T) {
				b.refuses(t, test.want, test.words, func() error {
					made, secret, err := b.CreateApplication(t.Context(), test.actor, test.face, without(b.registration("new"), test.change))
					if made != nil || !secret.Empty() {
						t.Errorf("a refusal returns %+v", made)
					}
					return err
				})
			})
		}
		in := b.registration("web") // case 33: the same name elsewhere
		in.OrganizationID = &toOther
		_, _, err := b.CreateApplication(t.Context(), as(b.admin), gateway, in)
		check(t, err)
	})
}

// TestApplicationFields: what each platform knows, and what only a superuser may set (contract §1.2).
func TestApplicationFields(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		full := b.registration("full")
		full.UserID, full.SkipAuthorization = pointer(&b.alice.ID), pointer(true)
		full.GrantTypes = &models.Words{models.GrantClientCredentials}
		full.PostLogoutRedirectURIs, full.ResourceURIs = &models.Words{"https://a.example.org/bye"}, &models.Words{"https://api.example.org/"}
		full.Algorithm, full.RequirePKCE, full.IntrospectAll = pointer("RS256"), pointer(true), pointer(true)
		made, _, err := b.CreateApplication(t.Context(), as(b.admin), models.FaceGateway, full)
		check(t, err)
		if !made.SkipAuthorization || !made.RequirePKCE || !made.IntrospectAll || made.Algorithm != "RS256" || !made.OwnedBy(b.alice.ID) ||
			made.PostLogoutRedirectURIs.String() != "https://a.example.org/bye" || made.ResourceURIs.String() != "https://api.example.org/" ||
			made.GrantTypes.String() != "authorization_code client_credentials refresh_token" {
			t.Errorf("by a superuser at the gateway: %+v", made)
		}
		full.Name = pointer("full at the controller")
		made, _, err = b.CreateApplication(t.Context(), as(b.admin), models.FaceController, full)
		check(t, err)
		if !made.SkipAuthorization || made.RequirePKCE || made.IntrospectAll || made.Algorithm != "" || made.UserID != nil ||
			len(made.PostLogoutRedirectURIs)+len(made.ResourceURIs) != 0 || made.GrantTypes.String() != "authorization_code refresh_token" {
			t.Errorf("at the controller: %+v", made)
		}
		full.Name, full.SkipAuthorization, full.UserID = pointer("full by oa"), nil, pointer(&b.orgAdmin.ID)
		made, _, err = b.CreateApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, full)
		check(t, err)
		if made.IntrospectAll || len(made.ResourceURIs) != 0 || !made.OwnedBy(b.orgAdmin.ID) || !made.Allows(models.GrantClientCredentials) {
			t.Errorf("by the organization's administrator: %+v", made)
		}
		password := b.registration("password") // case 31
		password.AuthorizationGrantType, password.RedirectURIs = pointer("password"), nil
		made, _, err = b.CreateApplication(t.Context(), as(b.admin), models.FaceController, password)
		check(t, err)
		if made.RedirectURIs.String() != "" || made.GrantTypes.String() != "password refresh_token" {
			t.Errorf("a password application: %+v", made)
		}
		plain := b.registration("plain")
		plain.RedirectURIs = &models.Words{"http://a.example.org/cb"}
		allowing := newServer(t, b.db, func(o *server.Options) { o.AllowHTTPRedirects = true })
		_, _, err = allowing.CreateApplication(t.Context(), as(b.admin), models.FaceGateway, plain)
		check(t, err)
	})
}
