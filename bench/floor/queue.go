package main

import "sync"

// queue gathers changes that come while others are made durable. Whoever comes while nobody leads commits what waits, their own change first, and hands
// over to the next who waits: a change that comes alone waits for nobody.
type queue[T any] struct {
	commit func([]T) error // makes all durable, or none
	most   int             // changes in a commit

	mu      sync.Mutex
	waiting []*change[T]
	led     bool
}

type change[T any] struct {
	what T
	err  error
	turn chan bool // true: it is done; false: it is the caller's turn to lead
}

// do returns when the change is durable, or has failed with those that shared its commit.
func (q *queue[T]) do(what T) error {
	c := &change[T]{what: what, turn: make(chan bool, 1)}
	q.mu.Lock()
	if q.led {
		q.waiting = append(q.waiting, c)
		q.mu.Unlock()
		if <-c.turn {
			return c.err
		}
		q.mu.Lock()
	}
	q.led = true
	n := min(len(q.waiting), q.most-1)
	batch := append([]*change[T]{c}, q.waiting[:n]...)
	q.waiting = append(q.waiting[:0], q.waiting[n:]...)
	q.mu.Unlock()
	all := make([]T, len(batch))
	for n, each := range batch {
		all[n] = each.what
	}
	err := q.commit(all)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, each := range batch[1:] {
		each.err = err
		each.turn <- true
	}
	if q.led = len(q.waiting) > 0; q.led {
		q.waiting[0].turn <- false
		q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	}
	return err
}
