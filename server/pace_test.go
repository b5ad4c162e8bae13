package server_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestPace: on SQLite, where others would wait for it, a run begins with a small batch, which grows while nobody else writes.
func TestPace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.many(t, 2000)
		var sizes []int
		check(t, b.RevokeTokens(t.Context(), revoking, server.Revocation{Report: func(_ []models.RefreshToken, access []models.AccessToken) error {
			sizes = append(sizes, len(access))
			return nil
		}}))
		if sizes[0] != firstBatch(b) || len(sizes) > 6 || b.db.Dialect() == store.PostgreSQL && len(sizes) > 2 {
			t.Errorf("batches of a run by itself: %v", sizes)
		}
	})
}
