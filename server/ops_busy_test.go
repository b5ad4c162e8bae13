package server_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestDeletionMeetsBusyClients: what is deleted or revoked goes at the first try, however busily its tokens are being issued and
// refreshed, and from then on every client is refused.
func TestDeletionMeetsBusyClients(t *testing.T) {
	for name, test := range map[string]struct {
		operation func(t *testing.T, b *bed) error
		issues    bool // the client gets new tokens afterwards
	}{
		"application": {operation: func(t *testing.T, b *bed) error {
			return b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID)
		}},
		"user": {issues: true, operation: func(t *testing.T, b *bed) error {
			return b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID)
		}},
		"organization": {operation: func(t *testing.T, b *bed) error {
			return b.DeleteOrganization(t.Context(), as(b.admin), models.FaceGateway, b.organization.ID)
		}},
		"revocation of a user's": {issues: true, operation: func(t *testing.T, b *bed) error {
			return b.RevokeTokens(t.Context(), revoking, server.Revocation{User: "alice", RefreshTokens: true})
		}},
		"revocation of all": {issues: true, operation: func(t *testing.T, b *bed) error {
			return b.RevokeTokens(t.Context(), revoking, server.Revocation{RefreshTokens: true})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				over := make(chan struct{})
				var clients, busy sync.WaitGroup
				for range 8 {
					refresh := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).refresh
					busy.Add(2)
					clients.Go(func() {
						b.busy(t, busy.Done, over, false, func(last answer) url.Values {
							if token, ok := last.body["refresh_token"].(string); ok {
								refresh = token
							}
							return refreshGrant(refresh)
						})
					})
					clients.Go(func() {
						b.busy(t, busy.Done, over, test.issues, func(answer) url.Values {
							return url.Values{"grant_type": {"client_credentials"}}
						})
					})
				}
				busy.Wait()
				if err := test.operation(t, b); err != nil {
					t.Error(err)
				}
				close(over)
				clients.Wait()
				of := fmt.Sprintf(" WHERE user_id = %d", b.alice.ID)
				b.counted(t, map[string]int{"access_tokens" + of: 0, "refresh_tokens" + of + " AND revoked IS NULL": 0})
			})
		})
	}
}

// busy is a client that asks for tokens without a pause, and tells when it is at work. A request that it makes when all is over is answered
// as served says; one before may be refused already, which ends it.
func (b *bed) busy(t *testing.T, atWork func(), over <-chan struct{}, served bool, request func(last answer) url.Values) {
	var last answer
	for n := 0; ; n++ {
		if n == 3 {
			atWork()
		}
		ended := false
		select {
		case <-over:
			ended = true
		default:
		}
		last = b.token(request(last), by(b.web))
		got := fmt.Sprintf("%d %v", last.Code, last.body["error"])
		if ended && served || last.Code == 200 && !ended {
			expected(t, got, "200 <nil>")
		} else {
			expected(t, got, "400 invalid_grant", "401 invalid_client")
		}
		if ended || last.Code != 200 {
			return
		}
	}
}
