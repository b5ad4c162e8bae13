// Package server_test tests the authorization server on real databases: the operations, and the OAuth endpoints over HTTP.
package server_test

import (
	"sync"
	"testing"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const (
	testIssuer   = "https://gatehouse.example.org"
	testPassword = "correct horse battery"
)

// newServer makes a server on a test's database, with the defaults of the product but for what change says.
func newServer(t testing.TB, db storetest.DB, change ...func(*server.Options)) *server.Server {
	t.Helper()
	options := server.Options{Store: db.Store, Issuer: testIssuer, Policy: models.DefaultPolicy(), Lifetimes: server.DefaultLifetimes()}
	for _, each := range change {
		each(&options)
	}
	s, err := server.New(options)
	if err != nil {
		t.Fatalf("make a server: %v", err)
	}
	return s
}

// cast are the people and clients of a test. Everybody's password is testPassword.
type cast struct {
	admin    *models.User // superuser
	auditor  *models.User // platform auditor
	alice    *models.User // ordinary, in no organization
	bob      *models.User // another one
	orgAdmin *models.User // administers organization
	member   *models.User // member of organization

	organization *models.Organization
	web          client // gateway, confidential, every grant, https://client.example.org/callback
	native       client // gateway, public, authorization code with PKCE and device code, loopback and private-use redirects
	job          client // controller, confidential, every grant of the controller, http://jobs.example.org/callback
	desktop      client // controller, public, authorization code without PKCE and password, http://127.0.0.1/callback
}

// client is an application with its secret, which is empty for a public one.
type client struct {
	*models.Application
	Secret string
}

// seed stores the cast.
func seed(t testing.TB, db storetest.DB) *cast {
	t.Helper()
	c := &cast{organization: &models.Organization{Name: "O"}}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateOrganization(c.organization); err != nil {
			return err
		}
		return firstError(
			c.addUser(tx, &c.admin, models.User{Username: "admin", IsSuperuser: true}, ""),
			c.addUser(tx, &c.auditor, models.User{Username: "auditor", IsPlatformAuditor: true}, ""),
			c.addUser(tx, &c.alice, models.User{Username: "alice"}, ""),
			c.addUser(tx, &c.bob, models.User{Username: "bob"}, ""),
			c.addUser(tx, &c.orgAdmin, models.User{Username: "oa"}, models.RoleAdmin),
			c.addUser(tx, &c.member, models.User{Username: "om"}, models.RoleMember),
			c.addClient(tx, &c.web, models.Application{Name: "web", ClientType: models.Confidential, Platform: models.Gateway,
				GrantTypes: models.Words{models.GrantAuthorizationCode, models.GrantPassword, models.GrantDeviceCode, models.GrantClientCredentials,
					models.GrantRefreshToken},
				RedirectURIs: models.Words{"https://client.example.org/callback"}}),
			c.addClient(tx, &c.native, models.Application{Name: "native", ClientType: models.Public, Platform: models.Gateway, RequirePKCE: true,
				GrantTypes:   models.Words{models.GrantAuthorizationCode, models.GrantDeviceCode, models.GrantRefreshToken},
				RedirectURIs: models.Words{"http://127.0.0.1/callback", "org.example.native:/callback"}}),
			c.addClient(tx, &c.job, models.Application{Name: "job", ClientType: models.Confidential, Platform: models.Controller,
				GrantTypes:   models.Words{models.GrantAuthorizationCode, models.GrantPassword, models.GrantRefreshToken},
				RedirectURIs: models.Words{"http://jobs.example.org/callback"}}),
			c.addClient(tx, &c.desktop, models.Application{Name: "desktop", ClientType: models.Public, Platform: models.Controller,
				GrantTypes:   models.Words{models.GrantAuthorizationCode, models.GrantPassword, models.GrantRefreshToken},
				RedirectURIs: models.Words{"http://127.0.0.1/callback"}}),
		)
	})
	if err != nil {
		t.Fatalf("seed: %v", err)
	}
	return c
}

func (c *cast) addUser(tx *store.Tx, to **models.User, user models.User, role models.Role) error {
	user.IsActive, user.Password = true, passwordDigest()
	user.Stamps = models.Stamps{Created: tx.Now(), Modified: tx.Now()}
	if err := tx.CreateUser(&user); err != nil {
		return err
	}
	*to = &user
	if role == "" {
		return nil
	}
	user.Memberships = []models.Membership{{OrganizationID: c.organization.ID, UserID: user.ID, Role: role, Created: tx.Now()}}
	_, err := tx.AddMembership(user.Memberships[0])
	return err
}

func (c *cast) addClient(tx *store.Tx, to *client, a models.Application) error {
	a.OrganizationID, a.ClientID, a.AuthorizationGrantType = &c.organization.ID, models.RandomText(models.ClientIDLength), "authorization-code"
	a.Stamps = models.Stamps{Created: tx.Now(), Modified: tx.Now()}
	if err := tx.CreateApplication(&a); err != nil {
		return err
	}
	*to = client{Application: &a}
	if a.ClientType == models.Public {
		return nil
	}
	secret := models.NewSecret(models.ClientSecretLength)
	to.Secret = secret.Reveal()
	return tx.AddClientSecret(&models.ClientSecret{ApplicationID: a.ID, Digest: secret.Digest(), Created: tx.Now()})
}

// passwordDigest is the digest of testPassword, with parameters that cost nothing: it is verified with those that it carries.
var passwordDigest = sync.OnceValue(func() models.PasswordDigest {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(64), argon2.WithT(1), argon2.WithP(1))
	if err != nil {
		panic(err)
	}
	digest, err := hasher.Hash(testPassword)
	if err != nil {
		panic(err)
	}
	return models.PasswordDigest(digest.Encode())
})

// as is the user, acting through a session of the console.
func as(user *models.User) server.Actor {
	return server.Actor{Actor: models.Actor{User: user}, Origin: "console", Address: "192.0.2.1"}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func pointer[T any](value T) *T { return &value }

// check stops the test when a step that it rests on fails.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
