package store

import (
	"context"
	"errors"
)

// ErrRehearsed says that a change was carried out and rolled back, as Rehearse asked: it would have been stored.
var ErrRehearsed = errors.New("rehearsed")

type rehearsalKey struct{}

// Rehearse makes a context under which every Write ends with ErrRehearsed, unless the change itself fails, and stores nothing.
func Rehearse(ctx context.Context) context.Context {
	return context.WithValue(ctx, rehearsalKey{}, true)
}

// rehearsed is how a change ends whose function returned err.
func rehearsed(ctx context.Context, err error) error {
	if err == nil && ctx.Value(rehearsalKey{}) != nil {
		return ErrRehearsed
	}
	return err
}
