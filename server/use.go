package server

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// mostUses is how many uses are held in memory, some ten megabytes. Beyond it a use is not noted; the token's next one is.
const mostUses = 65_536

// uses are those of tokens that are not stored yet, by token. Its zero value is ready.
type uses struct {
	mu    sync.Mutex
	noted map[int64]store.Use
}

// note adds the use of a token, unless one waits already.
func (u *uses) note(use store.Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.noted == nil {
		u.noted = map[int64]store.Use{}
	}
	if _, there := u.noted[use.TokenID]; !there && len(u.noted) < mostUses {
		u.noted[use.TokenID] = use
	}
}

// take removes all, in the order of ids.
func (u *uses) take() []store.Use {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.noted
	u.noted = nil
	return slices.SortedFunc(maps.Values(taken), func(a, b store.Use) int { return int(a.TokenID - b.TokenID) })
}

// noteUse has it stored when and from where a token was used, at most once a minute (contract §1.1): with this request, or with the next
// StoreUses where Options.CollectUses says so. A read-only moment of the database is no reason to refuse a valid token.
func (s *Server) noteUse(ctx context.Context, token *models.AccessToken, address string) error {
	now := s.Now()
	if token.LastUsed != nil && now.Before(after(*token.LastUsed, 60)) {
		return nil
	}
	s.uses.note(store.Use{TokenID: token.ID, At: now, Address: address})
	if s.options.CollectUses {
		return nil
	}
	err := s.StoreUses(ctx)
	if errors.Is(err, store.ErrUnavailable) {
		s.log.WarnContext(ctx, "last use of a token was not stored", "token", token.ID, "error", err)
		return nil
	}
	return err
}

// StoreUses stores the uses of tokens that were noted since it was last called, many in one statement, in transactions of their own, on SQLite as many as others may wait for. Of a token that
// another change holds, and of what cannot be stored now, the next use counts. Those that are left when ctx ends are for the next call.
func (s *Server) StoreUses(ctx context.Context) error {
	left := s.uses.take()
	err := s.storeUses(ctx, &left)
	if ctx.Err() != nil {
		for _, use := range left {
			s.uses.note(use)
		}
	}
	return err
}

func (s *Server) storeUses(ctx context.Context, left *[]store.Use) error {
	pace := s.newPace(store.MostUses, store.MostUses)
	pace.write = s.store.Write // what is being revoked or cleared is passed over, not waited for
	for len(*left) > 0 {
		some := (*left)[:min(pace.rows, len(*left))]
		if err := pace.run(ctx, func(tx *store.Tx) error { return tx.SetLastUsed(some...) }); err != nil {
			return err
		}
		if *left = (*left)[len(some):]; len(*left) == 0 {
			return nil
		}
		if err := pace.rest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// KeepStoringUses calls StoreUses again and again, so often, until ctx ends, and says in the log what could not be stored.
func (s *Server) KeepStoringUses(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.StoreUses(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "last uses of tokens were not stored", "error", err)
			}
		}
	}
}
