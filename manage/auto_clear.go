package manage

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/server"
)

// When the server clears by itself (contract §12.21).
const (
	firstClearing = time.Hour
	nextClearing  = 24 * time.Hour
)

// autoClear deletes what has expired, an hour after the start and then once a day, until ctx ends. Several servers may do so on one
// database.
func autoClear(ctx context.Context, enabled bool, s *server.Server, log *slog.Logger) {
	if !enabled {
		return
	}
	repeatDaily(ctx, func() { clearExpired(ctx, s, log) })
}

func clearExpired(ctx context.Context, s *server.Server, log *slog.Logger) {
	actor := server.Command("auto_clear")
	tokens, err := s.ClearTokens(ctx, actor)
	if err != nil {
		log.Error("expired tokens could not be deleted", "error", err)
	}
	sessions, err := s.ClearSessions(ctx, actor)
	if err != nil {
		log.Error("expired sessions could not be deleted", "error", err)
	}
	log.Info("deleted what had expired", "access_tokens", tokens.AccessTokens, "refresh_tokens", tokens.RefreshTokens,
		"authorization_codes", tokens.AuthorizationCodes, "device_codes", tokens.DeviceCodes, "sessions", sessions.Sessions)
}

func repeatDaily(ctx context.Context, job func()) {
	timer := time.NewTimer(firstClearing)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			job()
			timer.Reset(nextClearing)
		}
	}
}
