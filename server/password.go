package server

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/go-crypt/crypt"
	"github.com/go-crypt/crypt/algorithm/argon2"

	"gatehouse/models"
)

// Bounds of a password, in bytes.
const (
	passwordShortest = 8
	passwordLongest  = 1024
)

// passwordGate hashes and verifies passwords with argon2id, a bounded number at once: each takes 19 MiB (RFC 9106, OWASP's first
// choice of parameters). Others wait their turn for as long as their context lives.
type passwordGate struct {
	seats   chan struct{}
	foreign *crypt.Decoder // of slow hashes that other systems made
	hasher  *argon2.Hasher
	dummy   models.PasswordDigest // what an unknown user is verified against, so that it takes as long
}

func newPasswordGate(seats int) (*passwordGate, error) {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(19*1024), argon2.WithT(2), argon2.WithP(1), argon2.WithK(32))
	if err != nil {
		return nil, fmt.Errorf("prepare argon2id: %w", err)
	}
	foreign, err := newDecoder()
	if err != nil {
		return nil, err
	}
	gate := &passwordGate{seats: make(chan struct{}, seats), foreign: foreign, hasher: hasher}
	gate.dummy, err = gate.digest(context.Background(), models.RandomText(16))
	return gate, err
}

func (g *passwordGate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.seats <- struct{}{}:
		return func() { <-g.seats }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// digest derives what is stored of a password.
func (g *passwordGate) digest(ctx context.Context, password string) (models.PasswordDigest, error) {
	leave, err := g.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	digest, err := g.hasher.Hash(password)
	if err != nil {
		return "", fmt.Errorf("digest a password: %w", err)
	}
	return models.PasswordDigest(digest.Encode()), nil
}

// verify reports whether the password is the user's; user may be nil, which takes the same time and is never true. admit is asked once
// the turn has come, since those before may have used up what is permitted.
func (g *passwordGate) verify(ctx context.Context, user *models.User, password string, admit func() error) (bool, error) {
	stored := g.dummy
	if user != nil && user.Password.Usable() {
		stored = user.Password
	}
	leave, err := g.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if err := admit(); err != nil {
		return false, err
	}
	if len(password) > passwordLongest {
		return false, nil
	}
	digest, err := argon2.Decode(string(stored))
	if err != nil {
		return false, fmt.Errorf("read a password digest: %w", err)
	}
	matches := digest.Match(password)
	return matches && user != nil && user.Password.Usable() && user.IsActive, nil
}

// checkPassword applies the password rules; field is what the messages are about, which say how much is missing (contract §1.3).
func checkPassword(field, password string) error {
	switch missing := passwordShortest - utf8.RuneCountInString(password); {
	case missing == 1:
		return models.Invalid{{Field: field, Message: fmt.Sprintf(
			"This password is too short. It must contain at least %d characters: 1 is missing.", passwordShortest)}}
	case missing > 1:
		return models.Invalid{{Field: field, Message: fmt.Sprintf(
			"This password is too short. It must contain at least %d characters: %d are missing.", passwordShortest, missing)}}
	case len(password) > passwordLongest:
		return models.Invalid{{Field: field, Message: fmt.Sprintf("This password is too long: at most %d bytes are allowed.", passwordLongest)}}
	}
	return nil
}
