package server_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// inactive checks that an answer says so, and not a word more (RFC 7662 §2.2).
func (a answer) inactive(t testing.TB) {
	t.Helper()
	if a.Code != http.StatusOK || a.text != "{\"active\":false}\n" {
		t.Errorf("%d %s, want inactive and nothing else", a.Code, a.text)
	}
	a.notKept(t)
}

// described checks a whole description.
func (a answer) described(t testing.TB, want map[string]any) {
	t.Helper()
	if a.Code != http.StatusOK {
		t.Errorf("status %d, want 200", a.Code)
	}
	want["active"], want["iss"] = true, testIssuer
	want["aud"] = []any{testIssuer + "/api/gateway/v1/", testIssuer + "/api/controller/v2/"}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	a.notKept(t)
}

func (b *bed) personal(t testing.TB, user *models.User, face models.Face, scope string) string {
	t.Helper()
	issued, err := b.CreateToken(t.Context(), as(user), face, server.TokenInput{Scope: &scope})
	check(t, err)
	return issued.AccessTokenValue.Reveal()
}

func TestIntrospection(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		issued := float64(b.Now().Unix())
		until, refreshUntil := issued+31_536_000, issued+2_628_000
		token := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		ofJob := b.token(passwordGrant(), by(b.job)).succeeded(t, "read write", true)
		alone := b.token(form("grant_type", "client_credentials"), by(b.web)).succeeded(t, "read write", false)
		personal := b.personal(t, b.alice, models.FaceController, "write")
		b.db.Clock.Advance(time.Minute)
		alice := fmt.Sprintf("user:%d", b.alice.ID)

		b.introspect(form("token", token.access), by(b.web)).described(t, map[string]any{"scope": "read", "client_id": b.web.ClientID,
			"username": "alice", "sub": alice, "token_type": "Bearer", "exp": until, "iat": issued, "platform": "gateway", "kind": "application"})
		b.introspect(form("token", ofJob.access), by(b.job)).described(t, map[string]any{"scope": "read write", "client_id": b.job.ClientID,
			"username": "alice", "sub": alice, "token_type": "Bearer", "exp": until, "iat": issued, "platform": "controller", "kind": "application"})
		b.introspect(form("token", token.refresh, "token_type_hint", "access_token"), by(b.web)).described(t, map[string]any{"scope": "read",
			"client_id": b.web.ClientID, "username": "alice", "sub": alice, "exp": refreshUntil, "iat": issued, "platform": "gateway",
			"kind": "application"})
		b.introspect(form("token", alone.access), by(b.web)).described(t, map[string]any{"scope": "read write", "client_id": b.web.ClientID,
			"sub": "client:" + b.web.ClientID, "token_type": "Bearer", "exp": until, "iat": issued, "platform": "gateway", "kind": "application"})
		admin := b.personal(t, b.admin, models.FaceGateway, "read")
		b.introspect(form("token", personal), bearer(admin)).described(t, map[string]any{"scope": "write", "username": "alice", "sub": alice,
			"token_type": "Bearer", "exp": until, "iat": issued, "platform": "controller", "kind": "personal"})
	})
}

// TestIntrospectionIsBlind: what the client may not see looks like what is not there.
func TestIntrospectionIsBlind(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		personal := b.personal(t, b.alice, models.FaceGateway, "write")
		code := b.code(t, b.job, b.alice)
		for name, value := range map[string]string{"unknown": "unknown", "foreign access token": token.access,
			"foreign refresh token": token.refresh, "personal token": personal, "authorization code": code, "client secret": b.job.Secret} {
			t.Run(name, func(t *testing.T) {
				b.unchanged(t, func() { b.introspect(form("token", value), by(b.job)).inactive(t) })
			})
		}
		b.job.IntrospectAll = true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.job.Application) })
		for _, value := range []string{token.access, token.refresh, personal} {
			if a := b.introspect(form("token", value), by(b.job)); a.body["active"] != true {
				t.Errorf("a resource server that may see all does not: %s", a.text)
			}
		}
	})
}

// TestIntrospectionForAudience: a client sees the tokens whose resource it is, and only those (RFC 8707).
func TestIntrospectionForAudience(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.job.ResourceURIs = models.Words{"https://jobs.example.org/api/"}
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.job.Application) })
		b.introspect(form("token", token.access), by(b.job)).inactive(t)
		b.change(t, func(tx *store.Tx) error {
			row, err := tx.AccessTokenByDigest(models.SecretOf(token.access).Digest())
			if err != nil {
				return err
			}
			row.Audience = b.job.ResourceURIs
			return tx.UpdateAccessToken(row)
		})
		got := b.introspect(form("token", token.access), by(b.job)).body
		if diff := cmp.Diff([]any{"https://jobs.example.org/api/"}, got["aud"]); diff != "" || got["active"] != true {
			t.Errorf("the audience's own view: %v", got)
		}
		if b.accepts(t, models.FaceGateway, token.access) {
			t.Error("our API accepts a token for another resource")
		}
	})
}

// TestIntrospectionOfDead: a token is not active once it has expired, was used up, revoked or deleted, or its user disabled.
func TestIntrospectionOfDead(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		rotated := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.token(refreshGrant(rotated.refresh), by(b.web)).succeeded(t, "read write", true)
		dead := func(token pair) {
			t.Helper()
			b.introspect(form("token", token.access), by(b.web)).inactive(t)
			b.introspect(form("token", token.refresh), by(b.web)).inactive(t)
		}
		dead(rotated)
		revoked := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.revoke(form("token", revoked.refresh), by(b.web)).revoked(t)
		dead(revoked)

		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.alice.IsActive = false
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		dead(token)
		b.alice.IsActive = true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		b.db.Clock.Advance(2_628_000*time.Second - time.Microsecond)
		if a := b.introspect(form("token", token.refresh), by(b.web)); a.body["active"] != true {
			t.Errorf("not active before its end: %s", a.text)
		}
		b.db.Clock.Advance(time.Microsecond)
		b.introspect(form("token", token.refresh), by(b.web)).inactive(t)
		b.db.Clock.Advance((31_536_000 - 2_628_000) * time.Second)
		dead(token)
	})
}
