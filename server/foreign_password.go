package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-crypt/crypt"
	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"

	"gatehouse/models"
	"gatehouse/store"
)

// newDecoder reads slow hashes in the forms of the PHC and of crypt(3), which models.SlowHash gives all of them.
func newDecoder() (*crypt.Decoder, error) {
	decoder := crypt.NewDecoder()
	for _, register := range []func(algorithm.DecoderRegister) error{argon2.RegisterDecoder, bcrypt.RegisterDecoderStandard,
		pbkdf2.RegisterDecoder, scrypt.RegisterDecoderScrypt} {
		if err := register(decoder); err != nil {
			return nil, fmt.Errorf("prepare slow hashes: %w", err)
		}
	}
	return decoder, nil
}

// matches reports whether the text is what the digest was made of, when the turn has come and admit does not refuse: no more are computed
// at once than there are seats. Only what is Usable may be asked for.
func (g *passwordGate) matches(ctx context.Context, encoded models.PasswordDigest, text string, admit func() error) (bool, error) {
	hash, usable := encoded.SlowHash()
	if !usable {
		return false, errors.New("read a password digest: not in a known form")
	}
	leave, err := g.enter(ctx, hash.Memory)
	if err != nil {
		return false, err
	}
	defer leave()
	if err := admit(); err != nil {
		return false, err
	}
	if len(text) > passwordLongest {
		return false, nil
	}
	digest, err := g.decoder.Decode(string(hash.Crypt))
	if err != nil {
		return false, errors.New("read a password digest: not as the library has it") // its error may hold a part of the digest
	}
	if hash.HexSHA256 {
		sum := sha256.Sum256([]byte(text))
		text = hex.EncodeToString(sum[:])
	}
	return digest.Match(text), nil
}

// storeAnew keeps a password that was verified against another system's digest as a digest of ours. Nothing else changes: it is the same
// password, so no session ends and no entry is written. It reports whether the password is still the user's. What cannot be written at
// the moment is no reason to refuse.
func (s *Server) storeAnew(ctx context.Context, user *models.User, password string) (bool, error) {
	stored := false
	digest, err := s.passwords.digest(ctx, password)
	if err == nil {
		err = s.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
			stored, err = tx.SetPassword(user.ID, user.Password, digest)
			return err
		})
	}
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "a password was not stored anew", "user", user.ID, "error", err)
		return true, nil
	case stored:
		user.Password = digest
		return true, nil
	}
	return s.verifyNewer(ctx, user, password)
}

// verifyNewer verifies against what was stored meanwhile: by another sign-in, or because the password was changed.
func (s *Server) verifyNewer(ctx context.Context, user *models.User, password string) (bool, error) {
	newer, err := s.store.Read(ctx).User(user.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	matches, err := s.passwords.verify(ctx, newer, password, func() error { return nil })
	if matches {
		*user = *newer
	}
	return matches, err
}

// evenOut lets a failure take as long whether the user's password came from another system or not, or there is no such user, while
// passwords from other systems are left (ADR 0022). Who goes away meanwhile learns nothing from it.
func (s *Server) evenOut(ctx context.Context, user *models.User, password string) {
	most, err := s.foreign.iterations(s.store.Read(ctx))
	if err != nil {
		s.log.WarnContext(ctx, "what is left of other systems' passwords was not found out", "error", err)
	}
	iterations, ours := remainder(user, most)
	digests := s.passwords.dummies(iterations, ours)
	if len(password) > passwordLongest || len(digests) == 0 {
		return
	}
	leave, err := s.passwords.enter(ctx, ownMemory)
	if err != nil {
		return
	}
	defer leave()
	for _, each := range digests {
		each.Match(password)
	}
}

// remainder is what the verification of the user has not yet cost of what the dearest one costs: iterations of PBKDF2, of which most are
// needed in all, and a digest of ours.
func remainder(user *models.User, most int64) (iterations int64, ours bool) {
	if most == 0 || user == nil || !user.Password.Foreign() {
		return most, false
	}
	hash, _ := user.Password.SlowHash()
	if hash.Iterations == 0 {
		return 0, true // of another function, which has cost about as much
	}
	return max(0, most-hash.Iterations), true
}

// dummies are what nothing matches: one of so many iterations of PBKDF2, and one of ours.
func (g *passwordGate) dummies(iterations int64, ours bool) (digests []algorithm.Digest) {
	var encoded []string
	if iterations > 0 {
		encoded = append(encoded, fmt.Sprintf("$pbkdf2-sha256$%d$c2FsdA$%s", iterations, strings.Repeat("A", 43)))
	}
	if ours {
		encoded = append(encoded, string(g.dummy))
	}
	for _, each := range encoded {
		if digest, err := g.decoder.Decode(each); err == nil {
			digests = append(digests, digest)
		}
	}
	return digests
}

// foreignLeft knows how dear the passwords from other systems are that are left. It looks once a minute.
type foreignLeft struct {
	turn   sync.Mutex
	looked time.Time
	most   int64
}

// iterations is the highest number of iterations of PBKDF2 that a user's password still has, 0 when none has it.
func (f *foreignLeft) iterations(read store.Reader) (int64, error) {
	f.turn.Lock()
	defer f.turn.Unlock()
	if !f.looked.IsZero() && read.Now().Before(f.looked.Add(time.Minute)) {
		return f.most, nil
	}
	found, err := read.PBKDF2Iterations()
	if err != nil {
		return f.most, err
	}
	f.looked, f.most = read.Now(), 0
	for _, each := range found {
		if each <= models.IterationsMost {
			f.most = max(f.most, each)
		}
	}
	return f.most, nil
}
