package server_test

import (
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
)

// TestSubjectsCannotCollide: a client whose id looks like a user's is not taken for that user, in sub and at the APIs (RFC 9700 §4.15).
func TestSubjectsCannotCollide(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		user := fmt.Sprintf("user:%d", b.alice.ID)
		for _, id := range []string{"alice", fmt.Sprint(b.alice.ID), user} {
			b.web.ClientID = id
			b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
			secret := with(form("grant_type", "client_credentials"), "client_id", id, "client_secret", b.web.Secret)
			token := b.token(secret).succeeded(t, "read write", false)
			a := b.introspect(with(form("token", token.access), "client_id", id, "client_secret", b.web.Secret))
			if a.body["sub"] != "client:"+id || a.body["sub"] == user || a.body["username"] != nil {
				t.Errorf("client %q is described as %s", id, a.text)
			}
			kept, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, models.SecretOf(token.access), "192.0.2.1")
			check(t, err)
			if kept.User != nil || kept.UserID != nil {
				t.Errorf("client %q acts as %v", id, kept.User)
			}
		}
	})
}
