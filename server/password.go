package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
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

// What a digest of ours takes (RFC 9106, OWASP's first choice of parameters).
const (
	ownMemory = 19 * 1024 // KiB
	ownPasses = 2
	ownSalt   = 16 // bytes
	ownKey    = 32 // bytes
)

// passwordGate hashes and verifies passwords with argon2id, a bounded number at once: each takes 19 MiB. What other systems made may take
// more, of which one is computed at a time (ADR 0022). Others wait their turn for as long as their context lives.
type passwordGate struct {
	seats   chan struct{}
	large   chan struct{} // taken beside a seat by what takes more memory than a digest of ours
	decoder *crypt.Decoder
	hasher  *argon2.Hasher
	dummy   models.PasswordDigest // what an unknown user is verified against, so that it takes as long
}

func newPasswordGate(seats int) (*passwordGate, error) {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(ownMemory), argon2.WithT(ownPasses), argon2.WithP(1), argon2.WithK(ownKey))
	if err != nil {
		return nil, fmt.Errorf("prepare argon2id: %w", err)
	}
	decoder, err := newDecoder()
	if err != nil {
		return nil, err
	}
	return &passwordGate{seats: make(chan struct{}, seats), large: make(chan struct{}, 1), decoder: decoder, hasher: hasher, dummy: dummyDigest()}, nil
}

// dummyDigest is like those that we make, but of no password: its key is random. So nothing is hashed before somebody signs in.
func dummyDigest() models.PasswordDigest {
	var random [ownSalt + ownKey]byte
	_, _ = rand.Read(random[:]) // never fails
	encode := base64.RawStdEncoding.EncodeToString
	return models.PasswordDigest(fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", ownMemory, ownPasses, encode(random[:ownSalt]), encode(random[ownSalt:])))
}

// enter waits for the turn of what takes that much memory, in KiB. Who waits for the turn of the large ones keeps no seat from the others.
func (g *passwordGate) enter(ctx context.Context, memory int64) (leave func(), err error) {
	if memory <= ownMemory {
		return take(ctx, g.seats)
	}
	leaveLarge, err := take(ctx, g.large)
	if err != nil {
		return nil, err
	}
	leaveSeat, err := take(ctx, g.seats)
	if err != nil {
		leaveLarge()
		return nil, err
	}
	return func() { leaveSeat(); leaveLarge() }, nil
}

func take(ctx context.Context, seats chan struct{}) (leave func(), err error) {
	select {
	case seats <- struct{}{}:
		return func() { <-seats }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// digest derives what is stored of a password.
func (g *passwordGate) digest(ctx context.Context, password string) (models.PasswordDigest, error) {
	leave, err := g.enter(ctx, ownMemory)
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

// verify reports whether the password is the user's; user may be nil, which takes the same time as a digest of ours and is never true.
// admit is asked once the turn has come, since those before may have used up what is permitted.
func (g *passwordGate) verify(ctx context.Context, user *models.User, password string, admit func() error) (bool, error) {
	usable, stored := user != nil && user.Password.Usable(), g.dummy
	if usable {
		stored = user.Password
	}
	matches, err := g.matches(ctx, stored, password, admit)
	return matches && usable && user.IsActive, err
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
