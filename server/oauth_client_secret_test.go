package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const elsewhere = "the secret of another system"

// slowHash is a slow hash of the secret.
func slowHash(t testing.TB, hasher algorithm.Hash, err error) models.PasswordDigest {
	t.Helper()
	check(t, err)
	digest, err := hasher.Hash(elsewhere)
	check(t, err)
	return models.PasswordDigest(digest.Encode())
}

func slowHashes(t testing.TB) map[string]models.PasswordDigest {
	t.Helper()
	argon, errArgon := argon2.New(argon2.WithVariantID(), argon2.WithM(64), argon2.WithT(1), argon2.WithP(1))
	blowfish, errBlowfish := bcrypt.New(bcrypt.WithIterations(10))
	derived, errDerived := pbkdf2.New(pbkdf2.WithVariantName("sha256"), pbkdf2.WithIterations(100_000))
	salted, errSalted := scrypt.New(scrypt.WithLN(4))
	hashes := map[string]models.PasswordDigest{"argon2": slowHash(t, argon, errArgon), "bcrypt": slowHash(t, blowfish, errBlowfish),
		"pbkdf2": slowHash(t, derived, errDerived), "scrypt": slowHash(t, salted, errSalted)}
	sum := sha256.Sum256([]byte(elsewhere))
	over, err := blowfish.Hash(hex.EncodeToString(sum[:]))
	check(t, err)
	hashes["Django's argon2"], hashes["Django's bcrypt"] = "argon2"+hashes["argon2"], "bcrypt$"+hashes["bcrypt"]
	hashes["Django's pbkdf2"], hashes["Django's bcrypt over SHA-256"] = cheap(t, elsewhere), models.PasswordDigest("bcrypt_sha256$"+over.Encode())
	return hashes
}

// withEncoded gives web a further secret, of another system.
func (b *bed) withEncoded(t testing.TB, hash models.PasswordDigest, expires *time.Time) client {
	t.Helper()
	b.change(t, func(tx *store.Tx) error {
		return tx.AddClientSecret(&models.ClientSecret{ApplicationID: b.web.ID, Encoded: hash, Expires: expires, Created: tx.Now()})
	})
	return client{Application: b.web.Application, Secret: elsewhere}
}

// TestEncodedClientSecret: a secret that another system kept in a slow hash is verified with it once, then by its digest.
func TestEncodedClientSecret(t *testing.T) {
	machine := form("grant_type", "client_credentials")
	for name, hash := range slowHashes(t) {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				theirs := b.withEncoded(t, hash, nil)
				for _, wrong := range []string{"wrong", string(hash), elsewhere + " "} {
					a := b.token(machine, by(client{Application: b.web.Application, Secret: wrong}))
					if a.Code != http.StatusUnauthorized {
						t.Errorf("%q: %d %s", wrong, a.Code, a.text)
					}
				}
				b.counted(t, map[string]int{"client_secrets WHERE encoded <> ''": 1})
				b.token(machine, by(theirs)).succeeded(t, "read write", false)
				b.counted(t, map[string]int{"client_secrets WHERE encoded <> ''": 0, "client_secrets": 3})
				b.token(machine, by(theirs)).succeeded(t, "read write", false)
				b.token(machine, by(b.web)).succeeded(t, "read write", false) // its own secret is untouched
			})
		})
	}
}

// TestEncodedClientSecretRefused: what has expired, cannot be read or is guessed at too often is no way in.
func TestEncodedClientSecretRefused(t *testing.T) {
	hash := slowHashes(t)["argon2"]
	past := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		hash    models.PasswordDigest
		expires *time.Time
		guesses int
		status  int
	}{
		"expired":          {hash, &past, 0, 401},
		"unreadable":       {"pbkdf2_sha256$nonsense", nil, 0, 401},
		"of gigabytes":     {"$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$oL/RRgA5mR2IWGhaYh+hng", nil, 0, 401},
		"unusable":         {"!" + hash, nil, 0, 401},
		"guessed at often": {hash, nil, 3, 429},
		"right":            {hash, nil, 2, 200},
	} {
		t.Run(name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				theirs := b.withEncoded(t, c.hash, c.expires)
				for range c.guesses {
					b.token(form("grant_type", "client_credentials"), by(client{Application: b.job.Application, Secret: "wrong"}))
				}
				if a := b.token(form("grant_type", "client_credentials"), by(theirs)); a.Code != c.status {
					t.Errorf("%d %s, want %d", a.Code, a.text, c.status)
				}
			}, func(o *server.Options) {
				o.Limits = server.DefaultLimits()
				o.Limits.Guesses.Failures = 3
			})
		})
	}
}

// TestEncodedClientSecretRace: many first uses at once all succeed, and leave one digest.
func TestEncodedClientSecretRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		theirs := b.withEncoded(t, slowHashes(t)["argon2"], nil)
		answers := make([]answer, racers)
		race(func(n int) { answers[n] = b.token(form("grant_type", "client_credentials"), by(theirs)) })
		for _, a := range answers {
			a.succeeded(t, "read write", false)
		}
		b.counted(t, map[string]int{"client_secrets": 3, "client_secrets WHERE encoded <> ''": 0})
	})
}
