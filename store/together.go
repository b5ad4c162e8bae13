package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"gorm.io/gorm"
)

// Changes that come while another is being made durable share the next transaction, and its fsync (ADR 0028). SQLite has one writer, who would
// otherwise wait for the disk once for each; PostgreSQL shares the fsync of transactions that end together by itself.
const (
	mostTogether = 64
	mostWaiting  = 4096 // whoever comes then is told to come again
)

// queue is the changes that wait for their turn. Whoever comes while nobody leads makes what waits durable, their own change first, and hands over
// to the first of those who came meanwhile; so a lone change waits for nobody.
type queue struct {
	mu      sync.Mutex
	waiting []*pending
	led     bool
}

// pending is a change with its outcome.
type pending struct {
	ctx    context.Context
	change func(*Tx) error
	added  *additions // of an issue, which has run
	err    error
	thrown any       // what change panicked with
	turn   chan bool // true: the outcome is there; false: it is the caller's turn to lead
}

// writeWith makes the change, alone or with those that wait in the queue, which commit makes durable.
func (s *Store) writeWith(q *queue, p *pending, commit func([]*pending)) error {
	p.turn = make(chan bool, 1)
	leads, err := q.join(p)
	if err != nil {
		return err
	}
	if leads || !q.await(p) {
		batch := q.take(p)
		defer q.pass(batch)
		defer s.writing(p.ctx)()
		commit(batch)
	}
	if p.thrown != nil {
		panic(p.thrown)
	}
	return p.err
}

// commitTogether makes the changes durable in one transaction; one alone as it would be elsewhere. A change that fails leaves nothing behind and fails for its own caller; where the
// transaction fails, each is tried by itself, so that each caller learns what became of their own.
func (s *Store) commitTogether(batch []*pending) {
	if len(batch) == 1 {
		s.tryAlone(batch[0])
		return
	}
	var by touched
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), touchedKey{}, &by), s.timeout)
	defer cancel()
	begun := false
	err := s.transaction(ctx, func(db *gorm.DB) error {
		begun = true
		for _, p := range batch {
			if err := s.attempt(db, p); err != nil {
				return err
			}
		}
		return s.settleNowAndThen(&Tx{Reader: Reader{db: db, now: s.Now()}})
	})
	s.presented.note(by) // also where nobody can say whether it was committed
	for _, p := range batch {
		switch {
		case err == nil:
			p.err = translate(p.err)
		case begun:
			p.thrown = nil
			s.tryAlone(p)
		case ctx.Err() != nil:
			p.err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		default:
			p.err = translate(err)
		}
	}
}

// attempt carries out one change of several, and undoes what it did if it fails. Its error is that of undoing.
func (s *Store) attempt(db *gorm.DB, p *pending) error {
	if err := db.SavePoint("change").Error; err != nil {
		return err
	}
	s.run(&Tx{Reader: Reader{db: db, now: s.Now()}}, p)
	if p.err != nil || p.thrown != nil {
		if err := db.RollbackTo("change").Error; err != nil {
			return err
		}
	}
	return db.Exec("RELEASE change").Error
}

// run keeps what the change returns, or panics with: the callers of others are not to go down with it.
func (s *Store) run(tx *Tx, p *pending) {
	defer func() { p.thrown = recover() }()
	p.err = p.change(tx)
}

func (s *Store) tryAlone(p *pending) {
	defer func() { p.thrown = recover() }()
	p.err = s.writeAlone(p.ctx, p.change)
}

// join puts a change at the end, unless its caller leads now.
func (q *queue) join(p *pending) (leads bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= mostWaiting {
		return false, fmt.Errorf("%w: too many changes are waiting", ErrUnavailable)
	}
	if !q.led {
		q.led = true
		return true, nil
	}
	q.waiting = append(q.waiting, p)
	return false, nil
}

// await reports whether somebody else made the change, or gave up on it because its time has gone by; otherwise it is the caller's turn to lead.
func (q *queue) await(p *pending) (done bool) {
	select {
	case done = <-p.turn:
		return done
	case <-p.ctx.Done():
	}
	q.mu.Lock()
	at := slices.Index(q.waiting, p)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	q.mu.Unlock()
	if at >= 0 {
		p.err = fmt.Errorf("%w: %w", ErrUnavailable, p.ctx.Err())
		return true
	}
	return <-p.turn
}

// take removes those who wait to be carried out after the leader's change.
func (q *queue) take(leader *pending) []*pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), mostTogether-1)
	batch := append([]*pending{leader}, q.waiting[:n]...)
	q.waiting = slices.Delete(q.waiting, 0, n)
	return batch
}

// pass tells those of the batch that it is done, and the next who waits to lead.
func (q *queue) pass(batch []*pending) {
	for _, p := range batch[1:] {
		p.turn <- true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.led = len(q.waiting) > 0; q.led {
		q.waiting[0].turn <- false
		q.waiting = slices.Delete(q.waiting, 0, 1)
	}
}
