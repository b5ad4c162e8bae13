package main

import (
	"context"
	"crypto/sha256"
)

// known is the tokens that there were at the start, for introspection: what a cache that always hits would give. Nobody tells it of changes.
type known struct {
	tokens map[[sha256.Size]byte]*token
}

func (f *floor) readKnown(ctx context.Context) (*known, error) {
	k := &known{tokens: map[[sha256.Size]byte]*token{}}
	err := f.db.each(ctx, allAccess, func(r row) error {
		t, digest := &token{}, []byte(nil)
		if err := t.scan(r, &digest); err != nil {
			return err
		}
		k.tokens[[sha256.Size]byte(digest)] = t
		return nil
	})
	return k, err
}

func (k *known) find(digest [sha256.Size]byte) (*token, error) {
	if t := k.tokens[digest]; t != nil {
		return t, nil
	}
	return nil, errNone
}
