package server_test

import (
	"fmt"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestDeletionMeetsBusyClients: what is deleted or revoked goes at the first try, however busily its tokens are being refreshed, and
// from then on every client is refused.
func TestDeletionMeetsBusyClients(t *testing.T) {
	for name, operation := range map[string]func(t *testing.T, b *bed) error{
		"application": func(t *testing.T, b *bed) error {
			return b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID)
		},
		"user": func(t *testing.T, b *bed) error {
			return b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID)
		},
		"organization": func(t *testing.T, b *bed) error {
			return b.DeleteOrganization(t.Context(), as(b.admin), models.FaceGateway, b.organization.ID)
		},
		"revocation": func(t *testing.T, b *bed) error {
			return b.RevokeTokens(t.Context(), revoking, server.Revocation{User: "alice", RefreshTokens: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				var clients, busy sync.WaitGroup
				for range 8 {
					token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
					busy.Add(1)
					clients.Go(func() { b.refreshUntilRefused(t, token.refresh, busy.Done) })
				}
				busy.Wait()
				if err := operation(t, b); err != nil {
					t.Error(err)
				}
				clients.Wait()
				of := fmt.Sprintf(" WHERE user_id = %d", b.alice.ID)
				b.counted(t, map[string]int{"access_tokens" + of: 0, "refresh_tokens" + of + " AND revoked IS NULL": 0})
			})
		})
	}
}

// refreshUntilRefused is a client that refreshes without a pause; it tells when it is at work.
func (b *bed) refreshUntilRefused(t *testing.T, refreshToken string, atWork func()) {
	for n := range 1000 {
		if n == 3 {
			atWork()
		}
		a := b.token(refreshGrant(refreshToken), by(b.web))
		if a.Code != 200 {
			expected(t, fmt.Sprintf("%d %v", a.Code, a.body["error"]), "400 invalid_grant", "401 invalid_client")
			return
		}
		refreshToken, _ = a.body["refresh_token"].(string)
	}
	t.Error("refreshed a thousand times and was never refused")
}
