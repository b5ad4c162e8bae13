package server

import (
	"context"
	"sync"

	"gatehouse/models"
	"gatehouse/store"
)

// revoked is what a batch revoked: the last id of what it selected, and whether there may be more.
type revoked struct {
	refresh []models.RefreshToken
	access  []models.AccessToken
	last    int64
	full    bool
}

// sweeping is one time through a selection. Its lanes take one stretch of ids after the other.
type sweeping struct {
	batch     func(*store.Tx, store.TokenSelection) (revoked, error)
	stretches chan store.TokenSelection
	mu        sync.Mutex // for the report
	report    func([]models.RefreshToken, []models.AccessToken) error
}

// sweep goes through the selection in batches, each in the order of ids, while others go on issuing tokens: twice, as many come while the first takes long. Then it does so once
// more for the few that came meanwhile, and others wait until these are revoked. Each stretch ends with a batch that is not full, so that what a busy server issues does not keep it going.
func (s *Server) sweep(ctx context.Context, r Revocation, selection store.TokenSelection, batch func(*store.Tx, store.TokenSelection) (revoked, error)) error {
	for _, selection.Unclaimed = range []bool{true, true, false} {
		stretches, err := s.stretches(ctx, selection)
		if err != nil {
			return err
		}
		sweeping := &sweeping{batch: batch, stretches: stretches, report: r.Report}
		if err := s.abreast(ctx, min(len(stretches), s.store.Lanes()), revokeBatch, quietBatch, sweeping.lane); err != nil {
			return err
		}
	}
	return nil
}

// manyStretches are more than lanes, so that all end at about the same time, though some stretches have more tokens than others.
const manyStretches = 32

// stretches divides a selection by ids, where these are many. One of a single user's tokens, which are few, and one that keeps others waiting are left in one piece.
func (s *Server) stretches(ctx context.Context, selection store.TokenSelection) (chan store.TokenSelection, error) {
	stretches := make(chan store.TokenSelection, manyStretches)
	defer close(stretches)
	if selection.Unclaimed && selection.UserID == 0 && s.store.Lanes() > 1 {
		first, last, err := s.tokenIDs(ctx)
		if err != nil {
			return nil, err
		}
		if each := (last - first) / manyStretches; each >= revokeBatch {
			for n := range int64(manyStretches - 1) {
				selection.UpTo = first + each*(n+1)
				stretches <- selection
				selection.After = selection.UpTo
			}
			selection.UpTo = 0 // and what comes meanwhile
		}
	}
	stretches <- selection
	return stretches, nil
}

// tokenIDs are the lowest and the highest id of a token.
func (s *Server) tokenIDs(ctx context.Context) (first, last int64, err error) {
	r := s.store.Read(ctx)
	refresh, access, err := r.LastTokens()
	if err == nil {
		first, err = r.FirstToken()
	}
	return first, max(refresh, access), err
}

func (w *sweeping) lane(ctx context.Context, pace *pace) error {
	begun := false
	for stretch := range w.stretches {
		if begun {
			if err := pace.rest(ctx); err != nil {
				return err
			}
		}
		if err := w.stretch(ctx, pace, stretch); err != nil {
			return err
		}
		begun = true
	}
	return nil
}

func (w *sweeping) stretch(ctx context.Context, pace *pace, selection store.TokenSelection) error {
	for more := true; more; {
		var done revoked
		selection.Limit = pace.rows
		err := pace.run(ctx, func(tx *store.Tx) (err error) {
			done, err = w.batch(tx, selection)
			return err
		})
		if err == nil {
			err = w.tell(done)
		}
		if err != nil {
			return err
		}
		if selection.After, more = done.last, done.full; more {
			if err := pace.rest(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *sweeping) tell(done revoked) error {
	if len(done.refresh)+len(done.access) == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.report(done.refresh, done.access)
}
