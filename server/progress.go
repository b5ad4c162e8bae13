package server

import "context"

type progressKey struct{}

// WithProgress has report called while RevokeTokens, ClearTokens, ClearSessions and ExpireSessions go on under this context: after each batch
// that is durable, with the number of tokens, codes and sessions that were dealt with since the beginning; never twice at once.
func WithProgress(ctx context.Context, report func(done int64)) context.Context {
	var done int64
	return context.WithValue(ctx, progressKey{}, func(more int64) {
		done += more
		report(done)
	})
}

// advance says that a batch is durable.
func advance(ctx context.Context, more int64) {
	if report, wanted := ctx.Value(progressKey{}).(func(int64)); wanted && more > 0 {
		report(more)
	}
}
