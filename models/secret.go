package models

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"log/slog"
)

// Lengths of what is generated, in characters of [A-Za-z0-9]: 30 characters hold 178 bits.
const (
	TokenLength        = 30
	ClientIDLength     = 40
	ClientSecretLength = 128
)

const redacted = "[redacted]"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// RandomText returns length characters of [A-Za-z0-9] from the operating system's random source, each equally likely.
func RandomText(length int) string { return randomText(alphabet, length) }

func randomText(from string, length int) string {
	usable := 256 - 256%len(from) // bytes at or above would favour some characters
	text := make([]byte, 0, length)
	buffer := make([]byte, length+length/4+8)
	for len(text) < length {
		_, _ = rand.Read(buffer) // never fails (crypto/rand)
		for _, b := range buffer {
			if int(b) < usable && len(text) < length {
				text = append(text, from[int(b)%len(from)])
			}
		}
	}
	return string(text)
}

// Secret is a usable token, code, client secret or session id. It redacts itself wherever it is printed, logged or encoded;
// only Reveal gives the value. The zero Secret is no secret. Two of them are compared by their digests, never by ==.
type Secret struct {
	value *string // a pointer, since fmt prints a string in an unexported field of another type without asking Format
}

// NewSecret makes a random secret of length characters of [A-Za-z0-9].
func NewSecret(length int) Secret { return SecretOf(RandomText(length)) }

// SecretOf wraps what a caller presented.
func SecretOf(value string) Secret { return Secret{&value} }

// Reveal returns the usable value, for the one answer that shows it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Digest is what is stored of the secret.
func (s Secret) Digest() Digest { return sha256.Sum256([]byte(s.Reveal())) }

// Hint is the first 4 characters, kept so that people recognise a token.
func (s Secret) Hint() string { return s.Reveal()[:min(4, len(s.Reveal()))] }

// Format redacts under every verb of package fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String redacts.
func (s Secret) String() string { return redacted }

// MarshalText redacts, in JSON as well.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue redacts.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Value refuses: a secret is never stored, its Digest is.
func (s Secret) Value() (driver.Value, error) {
	return nil, fmt.Errorf("a secret cannot be stored; store its digest")
}

// Digest is the SHA-256 of a secret. Machine secrets carry at least 178 random bits, so no slow hash is needed.
type Digest [sha256.Size]byte

// Equal compares in constant time.
func (d Digest) Equal(other Digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

// String is the lower-case hexadecimal form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Value stores the 32 bytes.
func (d Digest) Value() (driver.Value, error) { return d[:], nil }

// Scan reads the 32 bytes.
func (d *Digest) Scan(from any) error {
	bytes, ok := from.([]byte)
	if !ok || len(bytes) != len(d) {
		return fmt.Errorf("digest: cannot read %T of %d bytes", from, len(bytes))
	}
	copy(d[:], bytes)
	return nil
}
