package server_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestIntrospectingClient: only a client that authenticates itself may ask (RFC 7662 §2.1).
func TestIntrospectingClient(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.desktop)).succeeded(t, "read write", true)
		request := form("token", token.access)
		b.unchanged(t, func() {
			b.introspect(request).refused(t, 401, server.InvalidClient, clientFailed)
			b.introspect(request, by(b.desktop)).refused(t, 401, server.InvalidClient, "Introspection needs a client that authenticates itself.")
			b.introspect(request, basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed)
			b.introspect(form(), by(b.web)).refused(t, 400, server.InvalidRequest, "Token parameter is missing.")
			b.introspect(with(request, "client_id", b.web.ClientID, "client_secret", b.web.Secret)).inactive(t)
			b.send(b.ServeIntrospection(), "/o/introspect/?token="+token.access, "", by(b.web)).
				refused(t, 400, server.InvalidRequest, "Parameters belong into the body of the request, not into the query.")
		})
	})
}

// TestIntrospectingBearer: administrators and auditors of the platform see every token, by a token of any scope that reads.
func TestIntrospectingBearer(t *testing.T) {
	const narrow = `Bearer realm="gatehouse", error="insufficient_scope"`
	const invalid = `Bearer realm="gatehouse", error="invalid_token"`
	onBed(t, func(t *testing.T, b *bed) {
		asked := b.personal(t, b.bob, models.FaceGateway, "write")
		b.alice.IsPlatformAuditor = true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		ofAlice := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		alone := b.token(form("grant_type", "client_credentials"), by(b.web)).succeeded(t, "read write", false)
		for _, c := range []struct {
			name, token, challenge string
			status                 int
		}{
			{"superuser", b.personal(t, b.admin, models.FaceGateway, "write"), "", 200},
			{"superuser reading, by the controller's token", b.personal(t, b.admin, models.FaceController, "read"), "", 200},
			{"auditor", b.personal(t, b.auditor, models.FaceGateway, "read"), "", 200},
			{"auditor by a token of an application", ofAlice.access, "", 200},
			{"ordinary user", b.personal(t, b.bob, models.FaceGateway, "write"), narrow, 403},
			{"administrator of an organization", b.personal(t, b.orgAdmin, models.FaceGateway, "write"), narrow, 403},
			{"token without a user", alone.access, narrow, 403},
			{"unknown", "unknown", invalid, 401},
			{"refresh token", ofAlice.refresh, invalid, 401},
			{"nothing", "", invalid, 401},
		} {
			t.Run(c.name, func(t *testing.T) {
				a := b.introspect(form("token", asked), bearer(c.token))
				var challenge []string
				switch c.status {
				case 200:
					if a.Code != 200 || a.body["active"] != true || a.body["username"] != "bob" {
						t.Errorf("%d %s, want bob's token", a.Code, a.text)
					}
				case 403:
					a.refused(t, 403, server.InsufficientScope, "Only platform administrators and auditors may introspect.")
					challenge = []string{c.challenge}
				default:
					a.refused(t, 401, server.InvalidToken, "The access token is invalid or has expired.")
					challenge = []string{c.challenge}
				}
				if diff := cmp.Diff(challenge, a.Header().Values("WWW-Authenticate")); diff != "" {
					t.Errorf("WWW-Authenticate (-want +got):\n%s", diff)
				}
			})
		}
	})
}

// TestIntrospectingTwice: one way of saying who asks, not two.
func TestIntrospectingTwice(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		admin := b.personal(t, b.admin, models.FaceGateway, "read")
		for _, options := range [][]func(*http.Request){{bearer(admin), by(b.web)}, {by(b.web), bearer(admin)}, {bearer(admin), bearer(admin)}} {
			b.introspect(form("token", admin), options...).refused(t, 400, server.InvalidRequest, "The Authorization header is repeated.")
		}
	})
}

// TestIntrospectionOfItself: a bearer may ask about the token that it presents.
func TestIntrospectionOfItself(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		auditor := b.personal(t, b.auditor, models.FaceGateway, "read")
		if a := b.introspect(form("token", auditor), bearer(auditor)); a.body["active"] != true || a.body["username"] != "auditor" {
			t.Errorf("%s", a.text)
		}
	})
}
