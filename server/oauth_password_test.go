package server_test

import (
	"errors"
	"net/url"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestCase45PasswordGrant is case 45, and case 4 for a scope that is left out.
func TestCase45PasswordGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []struct {
			client client
			asked  string
			scope  string
		}{
			{b.web, "read", "read"},
			{b.web, "write", "write"},
			{b.web, "write read", "write read"},
			{b.web, "", "read write"},
			{b.job, "read", "read"},
			{b.desktop, "", "read write"},
		} {
			t.Run(c.client.Name+" "+c.asked, func(t *testing.T) {
				got := b.token(passwordGrant("scope", c.asked), by(c.client)).succeeded(t, c.scope, true)
				token := b.presented(t, got.access)
				if !token.OwnedBy(b.alice.ID) || *token.ApplicationID != c.client.ID || token.Platform != c.client.Platform {
					t.Errorf("kept user %v, application %v, platform %v", token.UserID, token.ApplicationID, token.Platform)
				}
			})
		}
	})
}

// TestCase46PasswordGrantRefused is case 46.
func TestCase46PasswordGrantRefused(t *testing.T) {
	const wrong = "Invalid credentials given."
	onBed(t, func(t *testing.T, b *bed) {
		disabled := &models.User{Username: "carol", Password: passwordDigest()}
		unusable := &models.User{Username: "dave", IsActive: true}
		b.change(t, func(tx *store.Tx) error { return firstError(tx.CreateUser(disabled), tx.CreateUser(unusable)) })
		needed := "The username and password parameters are needed."
		for _, c := range []struct {
			name        string
			request     url.Values
			client      client
			code        server.ErrorCode
			description string
		}{
			{"wrong password", passwordGrant("password", "wrong"), b.web, server.InvalidGrant, wrong},
			{"password of another case", passwordGrant("password", "Correct horse battery"), b.web, server.InvalidGrant, wrong},
			{"unknown user", passwordGrant("username", "nobody"), b.web, server.InvalidGrant, wrong},
			{"username of another case", passwordGrant("username", "Alice"), b.web, server.InvalidGrant, wrong},
			{"disabled user", passwordGrant("username", "carol"), b.web, server.InvalidGrant, wrong},
			{"user without a password", passwordGrant("username", "dave"), b.web, server.InvalidGrant, wrong},
			{"no username", passwordGrant("username", ""), b.web, server.InvalidRequest, needed},
			{"no password", passwordGrant("password", ""), b.web, server.InvalidRequest, needed},
			{"unknown scope", passwordGrant("scope", "foo"), b.web, server.InvalidScope, "The requested scope is invalid, unknown, or malformed."},
			{"scope in another case", passwordGrant("scope", "Read"), b.web, server.InvalidScope, "The requested scope is invalid, unknown, or malformed."},
			{"scope twice", passwordGrant("scope", "read read"), b.web, server.InvalidScope, "The requested scope is invalid, unknown, or malformed."},
			{"grant not registered", passwordGrant(), b.native, server.UnauthorizedClient, "This client may not use this grant type."},
			{"unknown grant", passwordGrant("grant_type", "UNKNOWN"), b.web, server.UnsupportedGrantType, "This grant type is not supported."},
			{"implicit grant", passwordGrant("grant_type", "implicit"), b.web, server.UnsupportedGrantType, "This grant type is not supported."},
			{"no grant", passwordGrant("grant_type", ""), b.web, server.InvalidRequest, "Missing grant_type parameter."},
		} {
			t.Run(c.name, func(t *testing.T) {
				b.unchanged(t, func() { b.token(c.request, by(c.client)).refused(t, 400, c.code, c.description) })
			})
		}
		b.unchanged(t, func() {
			b.token(passwordGrant(), basic(b.web.ClientID+":wrong")).refused(t, 401, server.InvalidClient, clientFailed)
			b.controllerToken(passwordGrant(), basic(b.job.ClientID+":wrong")).refused(t, 401, server.InvalidClient, clientFailed)
		})
	})
}

// TestCase49ExternalUserAtTheTokenEndpoint is case 49 at the token endpoint.
func TestCase49ExternalUserAtTheTokenEndpoint(t *testing.T) {
	const words = "OAuth2 Tokens cannot be created by users associated with an external authentication provider (ldap)"
	onBed(t, func(t *testing.T, b *bed) {
		b.alice.ExternalAccount = "ldap"
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		legacy := b.another(t, legacyTexts)
		b.unchanged(t, func() {
			b.token(passwordGrant(), by(b.web)).refused(t, 400, server.AccessDenied, words)
			legacy.token(passwordGrant(), by(b.web)).legacy(t, "(access_denied) "+words)
			b.token(passwordGrant("password", "wrong"), by(b.web)).refused(t, 400, server.InvalidGrant, "Invalid credentials given.")
		})
		allowing := b.another(t, func(o *server.Options) { o.Policy.AllowExternalUsers = true })
		token := allowing.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		if !b.accepts(t, models.FaceGateway, token.access) {
			t.Error("switched off again, the token that was made is refused")
		}
		b.token(refreshGrant(token.refresh), by(b.web)).refused(t, 400, server.AccessDenied, words)
	})
}

func TestClientCredentials(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		got := b.token(form("grant_type", "client_credentials", "scope", "read"), by(b.web)).succeeded(t, "read", false)
		token := b.presented(t, got.access)
		if token.UserID != nil || *token.ApplicationID != b.web.ID {
			t.Errorf("kept user %v, application %v; want none, and the client", token.UserID, token.ApplicationID)
		}
		b.token(form("grant_type", "client_credentials"), by(b.web)).succeeded(t, "read write", false)
		b.counted(t, map[string]int{"refresh_tokens": 0})
		var denied *models.Denied
		if err := b.Policy().Enter(models.Actor{Token: token}, false); !errors.As(err, &denied) || denied.Outcome != models.Forbidden {
			t.Errorf("a token without a user enters an API: %v", err)
		}
	})
}

func TestClientCredentialsRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.native.GrantTypes = append(b.native.GrantTypes, models.GrantClientCredentials) // as a broken import may leave it
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.native.Application) })
		request := form("grant_type", "client_credentials")
		b.unchanged(t, func() {
			b.token(request, by(b.native)).refused(t, 400, server.UnauthorizedClient, "Client credentials are for confidential clients only.")
			b.token(request, by(b.job)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
			b.token(with(request, "scope", "admin"), by(b.web)).refused(t, 400, server.InvalidScope,
				"The requested scope is invalid, unknown, or malformed.")
		})
	})
}

// TestClientCredentialsOfOwner: the token of an application that has an owner acts as the owner, while the owner may have tokens.
func TestClientCredentialsOfOwner(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.web.UserID = &b.alice.ID
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		request := form("grant_type", "client_credentials")
		got := b.token(request, by(b.web)).succeeded(t, "read write", false)
		if !b.presented(t, got.access).OwnedBy(b.alice.ID) {
			t.Error("the token does not act as the owner")
		}
		b.alice.ExternalAccount = "ldap"
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		b.unchanged(t, func() {
			b.token(request, by(b.web)).refused(t, 400, server.AccessDenied, models.ReasonExternalUser+" (ldap)")
		})
		b.alice.ExternalAccount, b.alice.IsActive = "", false
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		b.unchanged(t, func() {
			b.token(request, by(b.web)).refused(t, 400, server.InvalidGrant, "The owner of this client is disabled.")
		})
	})
}

// TestSuccessStatus: 201 only at the gateway's root, and only by the setting (contract §12.1).
func TestSuccessStatus(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		if got := b.token(passwordGrant(), by(b.web)).Code; got != 201 {
			t.Errorf("status %d at the gateway's root, want 201", got)
		}
		b.controllerToken(passwordGrant(), by(b.job)).succeeded(t, "read write", true)
		b.token(passwordGrant("password", "wrong"), by(b.web)).refused(t, 400, server.InvalidGrant, "Invalid credentials given.")
	}, func(o *server.Options) { o.TokenEndpointStatus = 201 })
}
