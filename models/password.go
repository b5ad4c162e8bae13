package models

import (
	"database/sql/driver"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// PasswordDigest is a stored password in the encoding of its scheme: "$argon2id$…", which is the product's own, or what another system
// made (ADR 0022). Empty, "!…" and whatever else is none of these forms verify nothing. It redacts itself where it is printed or encoded.
type PasswordDigest string

// Usable reports whether any password can match.
func (p PasswordDigest) Usable() bool {
	_, usable := p.SlowHash()
	return usable
}

// Foreign reports whether another system made it. It is stored anew as soon as the password is known.
func (p PasswordDigest) Foreign() bool {
	return !strings.HasPrefix(string(p), "$argon2id$") && p.Usable()
}

// Format redacts under every verb of package fmt.
func (p PasswordDigest) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText redacts.
func (p PasswordDigest) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue redacts.
func (p PasswordDigest) LogValue() slog.Value { return slog.StringValue(redacted) }

// Value stores the encoding.
func (p PasswordDigest) Value() (driver.Value, error) { return string(p), nil }

// IterationsMost bounds the iterations of PBKDF2.
const IterationsMost = 5_000_000

// Bounds of what a digest may ask for. Parameters come from another system's rows: beyond these a digest verifies nothing.
const (
	digestLongest       = 512        // characters in all
	saltLongest         = 128        // bytes
	keyShortest         = 16         // bytes
	keyLongest          = 64         // bytes
	costLeast, costMost = 4, 15      // of bcrypt, the logarithm of its rounds
	memoryMost          = 128 * 1024 // KiB, of argon2 and scrypt
	memoryPassesMost    = 512 * 1024 // KiB, how much memory all passes or lanes together go through
	lanesMost           = 16         // of argon2 and scrypt
	blocksMost          = 64         // of scrypt, whose lanes are as large beside the memory
)

// SlowHash is a PasswordDigest as libraries read it, whose parameters are within bounds.
type SlowHash struct {
	Crypt      PasswordDigest // in the form of the PHC, or crypt(3)'s for bcrypt
	HexSHA256  bool           // made of the lower-case hexadecimal SHA-256 of the password
	Memory     int64          // in KiB, that computing it takes; 0 for next to none
	Iterations int64          // of PBKDF2, 0 for other functions
}

// SlowHash takes the digest apart, whoever made it. It reports false for what no password can match.
func (p PasswordDigest) SlowHash() (SlowHash, bool) {
	if len(p) > digestLongest {
		return SlowHash{}, false
	}
	crypt, hexSHA256, known := p.crypt()
	if !known {
		return SlowHash{}, false
	}
	for _, form := range cryptForms {
		if parts := form.pattern.FindStringSubmatch(crypt); parts != nil {
			memory, iterations, bounded := form.measure(parts[1:])
			return SlowHash{PasswordDigest(crypt), hexSHA256, memory, iterations}, bounded
		}
	}
	return SlowHash{}, false
}

// crypt is the digest in the form of the PHC or of crypt(3). Django's forms are those with a name before them, or the same parameters in
// another order.
func (p PasswordDigest) crypt() (crypt string, hexSHA256, known bool) {
	scheme, rest, _ := strings.Cut(string(p), "$")
	switch scheme {
	case "":
		return string(p), false, true
	case "argon2":
		return "$" + rest, false, strings.HasPrefix(rest, "argon2")
	case "bcrypt", "bcrypt_sha256":
		return rest, scheme == "bcrypt_sha256", strings.HasPrefix(rest, "$2")
	case "pbkdf2_sha256":
		crypt, known = djangoPBKDF2("$pbkdf2-sha256$", rest, 32)
	case "pbkdf2_sha1":
		crypt, known = djangoPBKDF2("$pbkdf2-sha1$", rest, 20)
	case "scrypt":
		crypt, known = djangoScrypt(rest)
	}
	return crypt, false, known
}

// djangoPBKDF2 reads ITERATIONS$SALT$KEY.
func djangoPBKDF2(prefix, rest string, length int) (string, bool) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 || !textSalt.MatchString(parts[1]) {
		return "", false
	}
	key, whole := djangoKey(parts[2], length)
	return prefix + parts[0] + "$" + adapted([]byte(parts[1])) + "$" + adapted(key), whole
}

// djangoScrypt reads N$SALT$R$P$KEY, where N is a power of two and the PHC has its logarithm.
func djangoScrypt(rest string) (string, bool) {
	parts := strings.Split(rest, "$")
	if len(parts) != 5 || !textSalt.MatchString(parts[1]) {
		return "", false
	}
	n, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil || bits.OnesCount64(n) != 1 {
		return "", false
	}
	key, whole := djangoKey(parts[4], 64)
	return fmt.Sprintf("$scrypt$ln=%d,r=%s,p=%s$%s$%s", bits.TrailingZeros64(n), parts[2], parts[3],
		base64.RawStdEncoding.EncodeToString([]byte(parts[1])), base64.RawStdEncoding.EncodeToString(key)), whole
}

// djangoKey reads a key, which Django compares as text: another text for the same bytes matches nothing.
func djangoKey(text string, length int) ([]byte, bool) {
	key, err := base64.StdEncoding.DecodeString(text)
	return key, err == nil && len(key) == length && base64.StdEncoding.EncodeToString(key) == text
}

// textSalt is a salt of Django: ASCII that is used as it is.
var textSalt = regexp.MustCompile(`^[!-#%-~]+$`)

// adapted is base64 as crypt(3)'s forms of PBKDF2 have it.
func adapted(bytes []byte) string {
	return strings.ReplaceAll(base64.RawStdEncoding.EncodeToString(bytes), "+", ".")
}

// cryptForms are the forms that are computed. What measure is given are the pattern's parts.
var cryptForms = []struct {
	pattern *regexp.Regexp
	measure func(parts []string) (memory, iterations int64, bounded bool)
}{
	{regexp.MustCompile(`^\$argon2(?:id|i|d)\$v=19\$m=(` + number + `),t=(` + number + `),p=(` + number + `)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`), measureArgon2},
	{regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[A-Za-z0-9./]{53}$`), measureBcrypt},
	{regexp.MustCompile(`^\$pbkdf2(?:-sha1|-sha256|-sha512)?\$(` + number + `)\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$`), measurePBKDF2},
	{regexp.MustCompile(`^\$scrypt\$ln=(` + number + `),r=(` + number + `),p=(` + number + `)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`), measureScrypt},
}

const number = "[1-9][0-9]{0,6}" // of which three fit an int64 when multiplied

func measureArgon2(parts []string) (memory, iterations int64, bounded bool) {
	m, t, p := parsed(parts[0]), parsed(parts[1]), parsed(parts[2])
	return m, 0, m >= 8*p && m <= memoryMost && m*t <= memoryPassesMost && p <= lanesMost && lengths(parts[3], parts[4])
}

func measureBcrypt(parts []string) (memory, iterations int64, bounded bool) {
	cost := parsed(parts[0])
	return 0, 0, cost >= costLeast && cost <= costMost
}

func measurePBKDF2(parts []string) (memory, iterations int64, bounded bool) {
	iterations = parsed(parts[0])
	return 0, iterations, iterations <= IterationsMost && lengths(strings.ReplaceAll(parts[1], ".", "+"), strings.ReplaceAll(parts[2], ".", "+"))
}

func measureScrypt(parts []string) (memory, iterations int64, bounded bool) {
	ln, r, p := parsed(parts[0]), parsed(parts[1]), parsed(parts[2])
	if ln > 20 { // more than the memory of the smallest blocks
		return 0, 0, false
	}
	memory = max(1, (int64(128)<<ln)*r/1024)
	return memory, 0, memory <= memoryMost && memory*p <= memoryPassesMost && p <= lanesMost && r <= blocksMost && lengths(parts[3], parts[4])
}

// parsed reads what a pattern has found to be a number.
func parsed(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// lengths reports whether salt and key are base64 of lengths that are within bounds.
func lengths(salt, key string) bool {
	s, errSalt := base64.RawStdEncoding.DecodeString(salt)
	k, errKey := base64.RawStdEncoding.DecodeString(key)
	return errSalt == nil && errKey == nil && len(s) >= 1 && len(s) <= saltLongest && len(k) >= keyShortest && len(k) <= keyLongest
}
