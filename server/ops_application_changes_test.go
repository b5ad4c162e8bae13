package server_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestApplicationPermissions: case 34 on every face, and contract §0, rule 3.
func TestApplicationPermissions(t *testing.T) {
	allowed := map[string]string{"SU": "read change delete", "oa": "read change delete", "om": "read", "aud": "read"}
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			for name, actor := range b.parties() {
				made, _, err := b.CreateApplication(t.Context(), as(b.admin), face, b.registration(fmt.Sprint(face, name)))
				check(t, err)
				for _, action := range []string{"read", "change", "delete"} {
					operation := b.applicationOperations(t, face, made.ID)[action]
					if models.ParseWords(allowed[name]).Has(action) {
						check(t, operation(actor))
					} else {
						b.refuses(t, "forbidden", "", func() error { return operation(actor) })
					}
				}
			}
		}
		for action, operation := range b.applicationOperations(t, models.FaceController, b.web.ID) {
			t.Run(action, func(t *testing.T) { b.refuses(t, "hidden", "", func() error { return operation(as(b.admin)) }) })
		}
		for _, operation := range b.applicationOperations(t, models.FaceGateway, 99_999) {
			b.refuses(t, "not found", "", func() error { return operation(as(b.admin)) })
		}
		check(t, b.applicationOperations(t, models.FaceGateway, b.job.ID)["change"](as(b.orgAdmin)))
		_, err := b.ApplicationByName(t.Context(), as(b.member), models.FaceGateway, "web", "O")
		check(t, err)
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.ApplicationByName(t.Context(), as(b.bob), models.FaceGateway, "web", "O")
			return err
		})
	})
}

func (b *bed) applicationOperations(t testing.TB, face models.Face, id int64) map[string]func(server.Actor) error {
	return map[string]func(server.Actor) error{
		"read": func(actor server.Actor) error {
			_, err := b.Application(t.Context(), actor, face, id)
			return err
		},
		"change": func(actor server.Actor) error {
			_, _, err := b.UpdateApplication(t.Context(), actor, face, id, server.ApplicationInput{Description: pointer(models.RandomText(4))})
			return err
		},
		"delete": func(actor server.Actor) error { return b.DeleteApplication(t.Context(), actor, face, id) },
	}
}

// update changes an application and must succeed.
func (b *bed) update(t testing.TB, actor server.Actor, id int64, in server.ApplicationInput) (*models.Application, models.Secret) {
	t.Helper()
	changed, secret, err := b.UpdateApplication(t.Context(), actor, models.FaceGateway, id, in)
	check(t, err)
	return changed, secret
}

// TestUpdateApplication: the entry, the stamps, what is read-only (case 32), and no entry without a change (case 68).
func TestUpdateApplication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.consented(t, b.alice, b.web, models.ScopeRead)
		b.db.Clock.Advance(time.Minute)
		b.records(t, func() {
			changed, secret := b.update(t, as(b.orgAdmin), b.web.ID, server.ApplicationInput{Name: pointer("site"),
				AuthorizationGrantType: pointer("password"), UserID: pointer(&b.orgAdmin.ID)})
			if changed.AuthorizationGrantType != "authorization-code" || changed.UserID != nil || !secret.Empty() || changed.Name != "site" ||
				changed.ClientID != b.web.ClientID || changed.Platform != models.Gateway {
				t.Errorf("changed to %+v", changed)
			}
			if !changed.Modified.Equal(b.db.Now()) || !changed.Created.Equal(b.db.Now().Add(-time.Minute)) || *changed.ModifiedBy != b.orgAdmin.ID || changed.CreatedBy != nil {
				t.Errorf("stamps %+v", changed.Stamps)
			}
		}, fmt.Sprintf(`update oauth2application %d by oa, console; name "web" > "site"`, b.web.ID))
		b.db.Clock.Advance(time.Minute)
		b.unchanged(t, func() {
			b.update(t, as(b.orgAdmin), b.web.ID, server.ApplicationInput{Name: pointer("site"), ClientType: pointer("confidential"), RedirectURIs: &b.web.RedirectURIs})
		})
		b.counted(t, map[string]int{"consents": 1})
		b.records(t, func() {
			b.update(t, as(b.orgAdmin), b.web.ID, server.ApplicationInput{RedirectURIs: &models.Words{"https://b.example.org/"}})
		}, fmt.Sprintf(`update oauth2application %d by oa, console; redirect_uris "https://client.example.org/callback" > "https://b.example.org/"`, b.web.ID))
		b.counted(t, map[string]int{"consents WHERE scope <> ''": 0})
	})
}

// TestUpdateApplicationRefused: who may change what, and to what (contract §1.2, §2.2).
func TestUpdateApplicationRefused(t *testing.T) {
	type inputs = server.ApplicationInput
	onBed(t, func(t *testing.T, b *bed) {
		b.withResources(t)
		other := b.elsewhere(t)
		null, gone, toOther := (*int64)(nil), pointer(int64(99_999)), &other.ID
		b.change(t, func(tx *store.Tx) error {
			b.web.UserID, b.web.GrantTypes = &b.alice.ID, models.Words{models.GrantAuthorizationCode, models.GrantRefreshToken}
			return tx.UpdateApplication(b.web.Application)
		})
		for _, test := range []struct {
			name  string
			actor server.Actor
			in    inputs
			want  string
			words string
		}{
			{"moved where the actor is nobody", as(b.orgAdmin), inputs{OrganizationID: &toOther}, "forbidden", ""},
			{"to no organization", as(b.admin), inputs{OrganizationID: &null}, "invalid organization", "may not be null"},
			{"to an unknown organization", as(b.admin), inputs{OrganizationID: &gone}, "invalid organization", "object does not exist"},
			{"blank name", as(b.admin), inputs{Name: pointer(" ")}, "invalid name", "blank"},
			{"name taken", as(b.admin), inputs{Name: pointer("job")}, "invalid ", "unique set"},
			{"bad redirect URI", as(b.admin), inputs{RedirectURIs: &models.Words{"nonsense"}}, "invalid redirect_uris", "Enter a valid URL."},
			{"unknown client type", as(b.admin), inputs{ClientType: pointer("secret")}, "invalid client_type", "secret"},
			{"unknown grant type", as(b.admin), inputs{GrantTypes: &models.Words{"magic"}}, "invalid grant_types", "magic"},
			{"a resource of another application", as(b.admin), inputs{ResourceURIs: &models.Words{"https://a.example.org/", queue}}, "invalid resource_uris", "another application"},
			{"a resource of ours", as(b.admin), inputs{ResourceURIs: &models.Words{controllerAPI}}, "invalid resource_uris", "our own"},
			{"a resource that is none", as(b.admin), inputs{ResourceURIs: &models.Words{"files"}}, "invalid resource_uris", "absolute URI"},
			{"skipping consent", as(b.orgAdmin), inputs{SkipAuthorization: pointer(true)}, "forbidden", "skip_authorization"},
			{"client type of somebody's application", as(b.orgAdmin), inputs{ClientType: pointer("public")}, "forbidden", "client_type"},
			{"client credentials of somebody's application", as(b.orgAdmin), inputs{GrantTypes: &models.Words{models.GrantClientCredentials}}, "forbidden", "client credentials"},
		} {
			t.Run(test.name, func(t *testing.T) {
				b.refuses(t, test.want, test.words, func() error {
					_, _, err := b.UpdateApplication(t.Context(), test.actor, models.FaceGateway, b.web.ID, test.in)
					return err
				})
			})
		}
		changed, _ := b.update(t, as(b.orgAdmin), b.web.ID, inputs{IntrospectAll: pointer(true), ResourceURIs: &models.Words{"https://x/"}, Description: pointer("d")})
		if changed.IntrospectAll || len(changed.ResourceURIs) != 0 || changed.Description != "d" {
			t.Errorf("an administrator of the organization set a superuser's fields: %+v", changed)
		}
		changed, _ = b.update(t, as(b.admin), b.web.ID, inputs{OrganizationID: &toOther, IntrospectAll: pointer(true), SkipAuthorization: pointer(true)})
		if changed.Organization.Name != "P" || !changed.IntrospectAll || !changed.SkipAuthorization {
			t.Errorf("a superuser's change: %+v", changed)
		}
	})
}

// TestClientTypeChanges: case 28 and contract §1.2: a client that turns public loses its secret and needs PKCE; turned back it gets a
// new secret, shown once. Its tokens live on (contract §7).
func TestClientTypeChanges(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		issued := b.issued(t, b.member, models.FaceGateway, &b.web)
		toPublic := server.ApplicationInput{ClientType: pointer("public"), GrantTypes: &models.Words{}}
		b.records(t, func() {
			changed, secret := b.update(t, as(b.orgAdmin), b.web.ID, toPublic)
			b.hasSecret(t, changed, secret)
			if !changed.RequirePKCE {
				t.Error("the public client may do without PKCE")
			}
		}, fmt.Sprintf(`update oauth2application %d by oa, console; client_secret null > null; client_type "confidential" > "public"; `+
			`grant_types "authorization_code password urn:ietf:params:oauth:grant-type:device_code client_credentials refresh_token" > "authorization_code refresh_token"; require_pkce "false" > "true"`, b.web.ID))
		b.records(t, func() {
			changed, secret := b.update(t, as(b.orgAdmin), b.web.ID, server.ApplicationInput{ClientType: pointer("confidential")})
			b.hasSecret(t, changed, secret)
			if secret.Reveal() == b.web.Secret {
				t.Error("the old secret came back")
			}
		}, fmt.Sprintf(`update oauth2application %d by oa, console; client_secret null > null; client_type "public" > "confidential"`, b.web.ID))
		changed, _ := b.update(t, as(b.orgAdmin), b.web.ID, server.ApplicationInput{ClientType: pointer("public"), RequirePKCE: pointer(false)})
		if changed.RequirePKCE {
			t.Error("PKCE is required though it was switched off")
		}
		if !b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
			t.Error("the change of the client type ended a token")
		}
		changed, _, err := b.UpdateApplication(t.Context(), as(b.orgAdmin), models.FaceController, b.job.ID, server.ApplicationInput{ClientType: pointer("public")})
		check(t, err)
		if changed.RequirePKCE {
			t.Error("a controller client needs PKCE")
		}
	})
}
