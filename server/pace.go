package server

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"gatehouse/store"
)

// Work over many rows goes on in transactions of a batch each. Where writers wait for one another, as on SQLite, a batch is no larger than others
// may well wait for, as long as there are others.
const (
	leastBatch  = 100
	quietBatch  = 16_000                // what one may grow to while nobody else writes,
	quietInLane = 4000                  // in each lane, where there are several,
	quietFor    = 10                    // and has not written for as many times as long as one of more than a thousand takes,
	quietWait   = time.Second           // which is no longer than this
	countAlone  = 4000                  // changes that are added up at once, where nobody waits; beside others it is those of each batch
	patientWait = 15 * time.Millisecond // how long a batch may take before it is committed
	breath      = 3 * time.Millisecond  // that they have between two
)

// pace is how much such work does at once.
type pace struct {
	store  *store.Store
	write  func(context.Context, func(*store.Tx) error) error
	most   int           // rows of a batch
	quiet  int           // of one while nobody else writes
	rows   int           // of the next one
	crowd  *store.Crowd  // nil where it does not matter
	beside bool          // whether others were at work during the last one
	since  int64         // rows that were cleared since the last interval
	took   time.Duration // by the last one, without what shared its commit
	others time.Time     // when they wrote last, at the latest
}

// newPace is that of work whose batches have at most so many rows; on SQLite, where it pays, so many while it is quiet.
func (s *Server) newPace(most, quiet int) *pace {
	p := &pace{store: s.store, write: s.store.WriteInTurn, most: most, quiet: most, rows: most}
	if s.store.WritersWait() {
		p.quiet, p.rows, p.others, p.crowd = quiet, min(leastBatch, quiet), time.Now(), new(store.Crowd) // until it is known whether there are others
	}
	return p
}

// run carries out a transaction, which is to have up to rows rows.
func (p *pace) run(ctx context.Context, change func(*store.Tx) error) error {
	return p.write(ctx, func(tx *store.Tx) error {
		begun := time.Now()
		defer func() { p.took = time.Since(begun) }()
		if err := change(tx); err != nil {
			return err
		}
		if p.beside {
			return tx.CountChanges(leastBatch)
		}
		return tx.CountChanges(countAlone)
	})
}

// rest decides how large the next transaction is, and gives others their turn before it.
func (p *pace) rest(ctx context.Context) error {
	if p.crowd == nil {
		return ctx.Err()
	}
	if p.beside = p.store.Crowded(ctx, p.crowd); !p.beside {
		p.rows = min(batchAlone(p.rows, p.took, time.Since(p.others)), p.quiet)
		return ctx.Err()
	}
	p.others = time.Now()
	if !p.store.WritersWait() {
		p.rows = p.most
		return ctx.Err()
	}
	p.rows = min(batchBeside(p.rows, p.took), p.most)
	return wait(ctx, breath)
}

// abreast has work done in so many lanes, each at its own pace, until all are done or one fails. They divide it among themselves, so that no two change the
// same rows: while nobody else is at work their transactions pass beside each other, else in turn (ADR 0035).
func (s *Server) abreast(ctx context.Context, number, most, quiet int, work func(context.Context, *pace) error) error {
	if number == 1 {
		return work(ctx, s.newPace(most, quiet))
	}
	lanes, ctx := errgroup.WithContext(ctx)
	crowd := new(store.Crowd)
	for lane := range number {
		pace := s.newPace(most, most)
		pace.quiet, pace.crowd, pace.others = min(quiet, max(most, quietInLane)), crowd, time.Now()
		pace.write = func(ctx context.Context, change func(*store.Tx) error) error {
			return s.store.WriteAbreast(ctx, crowd, lane, change)
		}
		lanes.Go(func() error { return work(ctx, pace) })
	}
	return lanes.Wait()
}

// batchBeside is how many rows follow a transaction of so many that took so long, beside others: what these may well wait for.
func batchBeside(rows int, took time.Duration) int {
	return max(int(int64(rows)*int64(patientWait)/int64(took+1)), leastBatch)
}

// batchAlone is how many follow while nobody else writes: twice as many, beyond a thousand as long as that is soon over.
func batchAlone(rows int, took, quiet time.Duration) int {
	if 2*rows <= revokeBatch || 2*took < min(quiet/quietFor, quietWait) {
		return 2 * rows
	}
	return rows
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
