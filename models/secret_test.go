package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

// TestRandomText: the alphabet, the lengths of the contract (§1.1, §1.2), and never the same twice.
func TestRandomText(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, length := range []int{TokenLength, ClientIDLength, ClientSecretLength, 8} {
		shape := regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9]{%d}$`, length))
		for range 200 {
			for _, text := range []string{RandomText(length), NewSecret(length).Reveal()} {
				if !shape.MatchString(text) {
					t.Fatalf("%q is not %d characters of [A-Za-z0-9]", text, length)
				}
				if seen[text] {
					t.Fatalf("%q was made twice", text)
				}
				seen[text] = true
			}
		}
	}
	if TokenLength != 30 || ClientIDLength != 40 || ClientSecretLength != 128 {
		t.Error("the lengths are not those of the contract")
	}
	if got := RandomText(0); got != "" {
		t.Errorf("no characters: got %q", got)
	}
}

// TestRandomTextIsUniform counts characters in all, and in the first place. Chi-square with 61 degrees of freedom exceeds 160 once in
// 10^10 runs when each is equally likely. Taking bytes modulo 62 would favour eight characters by a quarter and give about 850 here.
func TestRandomTextIsUniform(t *testing.T) {
	t.Parallel()
	const most, texts = 160.0, 5000
	all, first, total := map[rune]int{}, map[rune]int{}, 0
	for range texts {
		for n, character := range RandomText(TokenLength) {
			all[character]++
			total++
			if n == 0 {
				first[character]++
			}
		}
	}
	for name, got := range map[string]float64{"all": chiSquare(all, total), "first": chiSquare(first, texts)} {
		if got > most {
			t.Errorf("%s characters: chi-square %.0f is over %.0f", name, got, most)
		}
	}
	skewed := map[rune]int{}
	for n := range total { // the bound would see the bias that it is there for
		skewed[rune(alphabet[n%256%len(alphabet)])]++
	}
	if got := chiSquare(skewed, total); got < most {
		t.Errorf("bytes modulo 62: chi-square %.0f is not over %.0f", got, most)
	}
}

func chiSquare(counts map[rune]int, total int) float64 {
	expected, sum := float64(total)/float64(len(alphabet)), 0.0
	for _, character := range alphabet {
		difference := float64(counts[character]) - expected
		sum += difference * difference / expected
	}
	return sum
}

const plain = "PlainSecretThatNobodyMaySee123"

// holders are the ways in which a secret is carried about.
func holders(secret any) map[string]any {
	type exported struct{ Value any }
	return map[string]any{
		"alone":    secret,
		"slice":    []any{secret},
		"map":      map[string]any{"value": secret},
		"exported": exported{secret},
		"pointer":  &exported{secret},
	}
}

// TestSecretsRedactThemselves: printed, encoded, logged or put into an error, alone or inside something.
func TestSecretsRedactThemselves(t *testing.T) {
	t.Parallel()
	secret, digest := SecretOf(plain), PasswordDigest(plain)
	for kind, value := range map[string]any{"secret": secret, "pointer to secret": &secret, "password digest": digest, "pointer to password digest": &digest} {
		for holder, held := range holders(value) {
			for way, text := range renderings(t, held) {
				if leaks(text) {
					t.Errorf("%s, %s, by %s: %s", kind, holder, way, text)
				}
				if holder == "alone" && !strings.Contains(text, redacted) {
					t.Errorf("%s, %s, by %s: %q does not say that it is redacted", kind, holder, way, text)
				}
			}
		}
	}
	for name, err := range map[string]error{
		"wrapped": fmt.Errorf("issue %v: %w", secret, errors.New("no")),
		"joined":  errors.Join(fmt.Errorf("%s", secret), fmt.Errorf("%q", digest)),
		"invalid": Invalid{{"token", fmt.Sprint(secret)}},
		"denied":  &Denied{Forbidden, fmt.Sprintln(secret, digest)},
	} {
		if leaks(err.Error()) {
			t.Errorf("%s error: %v", name, err)
		}
	}
}

// TestSecretsInUnexportedFields: package fmt does not ask what stands in an unexported field, or under a verb that is wrong, so the
// value must not be there.
func TestSecretsInUnexportedFields(t *testing.T) {
	t.Parallel()
	type session struct{ secret Secret }
	for _, wrong := range []string{"%w", "%y"} {
		if text := fmt.Sprintf(wrong, SecretOf(plain)); leaks(text) {
			t.Errorf("by %s: %s", wrong, text)
		}
	}
	for way, text := range renderings(t, []any{session{SecretOf(plain)}, &session{SecretOf(plain)}, struct{ inner session }{session{SecretOf(plain)}}}) {
		if leaks(text) {
			t.Errorf("by %s: %s", way, text)
		}
	}
}

func renderings(t *testing.T, value any) map[string]string {
	t.Helper()
	all := map[string]string{"Sprint": fmt.Sprint(value), "Sprintln": fmt.Sprintln(value)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%40v", "%-40.3s", "% x", "%!"} {
		all[verb] = fmt.Sprintf(verb, value)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	all["json"] = string(encoded)
	var lines, objects bytes.Buffer
	slog.New(slog.NewTextHandler(&lines, nil)).Info("made", "value", value, slog.Group("of", "value", value))
	slog.New(slog.NewJSONHandler(&objects, nil)).Info("made", "value", value, slog.Group("of", "value", value))
	all["slog text"], all["slog JSON"] = lines.String(), objects.String()
	return all
}

// leaks looks for the plain value in the clear and in hexadecimal.
func leaks(text string) bool {
	hexadecimal := hex.EncodeToString([]byte(plain))
	return strings.Contains(text, plain) || strings.Contains(strings.ReplaceAll(strings.ToLower(text), " ", ""), hexadecimal) ||
		strings.Contains(text, plain[:3])
}

func TestSecretInXML(t *testing.T) {
	t.Parallel()
	type document struct{ Value Secret }
	if text, err := xml.Marshal(document{SecretOf(plain)}); err != nil || leaks(string(text)) || !strings.Contains(string(text), redacted) {
		t.Errorf("got %s, %v", text, err)
	}
}

// TestSecretIsNotStored: only its digest may go to a database.
func TestSecretIsNotStored(t *testing.T) {
	t.Parallel()
	for _, secret := range []Secret{SecretOf(plain), {}} {
		if value, err := secret.Value(); err == nil || value != nil || leaks(err.Error()) {
			t.Errorf("got %v, %v, want an error", value, err)
		}
	}
	if value, err := PasswordDigest("$argon2id$x").Value(); err != nil || value != "$argon2id$x" {
		t.Errorf("a password digest is stored as it is: got %v, %v", value, err)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, value, hint string
		secret            Secret
		empty             bool
	}{
		{"a token", plain, "Plai", SecretOf(plain), false},
		{"short", "abc", "abc", SecretOf("abc"), false},
		{"presented empty", "", "", SecretOf(""), true},
		{"zero", "", "", Secret{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := test.secret
			if s.Reveal() != test.value || s.Hint() != test.hint || s.Empty() != test.empty {
				t.Errorf("got %q, hint %q, empty %t", s.Reveal(), s.Hint(), s.Empty())
			}
			if s.Digest() != Digest(sha256.Sum256([]byte(test.value))) {
				t.Errorf("the digest is not SHA-256: %s", s.Digest())
			}
		})
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-4, of "abc"
	digest := SecretOf("abc").Digest()
	if digest.String() != abc {
		t.Errorf("got %s, want %s", digest, abc)
	}
	if !digest.Equal(SecretOf("abc").Digest()) || digest.Equal(SecretOf("abd").Digest()) || digest.Equal(Digest{}) {
		t.Error("Equal does not compare digests")
	}
	stored, err := digest.Value()
	if bytes, ok := stored.([]byte); err != nil || !ok || len(bytes) != 32 {
		t.Fatalf("got %T, %v, want 32 bytes", stored, err)
	}
	var back Digest
	if err := back.Scan(stored); err != nil || back != digest {
		t.Errorf("got %s, %v, want %s", back, err, digest)
	}
	for name, bad := range map[string]any{"null": nil, "hexadecimal": abc, "short": make([]byte, 31), "long": make([]byte, 33), "empty": []byte{}, "number": int64(1)} {
		kept := digest
		if err := kept.Scan(bad); err == nil || kept != digest {
			t.Errorf("%s: got %s, %v, want an error and no change", name, kept, err)
		}
	}
}
