package store

import (
	"slices"
	"sync"
)

// mostChanges is how many of the latest changes are remembered: what was read before all of these is read again.
const mostChanges = 1024

// changedTokens are the latest changes of access tokens, numbered from 1, as far as they are known here.
type changedTokens struct {
	mu     sync.RWMutex
	last   int64
	latest [mostChanges][]int64 // the ids by the number of the change, modulo; empty: any
}

// add takes down a change of some tokens, of any where none is named.
func (c *changedTokens) add(ids []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.latest[c.last%mostChanges] = ids
}

// number is that of the last change.
func (c *changedTokens) number() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.last
}

// spared reports whether none of the changes after one, up to another, was of the token.
func (c *changedTokens) spared(id, after, upTo int64) bool {
	if after == upTo {
		return true
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.last-after >= mostChanges {
		return false
	}
	for n := after + 1; n <= upTo; n++ {
		if ids := c.latest[n%mostChanges]; len(ids) == 0 || slices.Contains(ids, id) {
			return false
		}
	}
	return true
}
