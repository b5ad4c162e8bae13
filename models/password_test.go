package models

import (
	"strings"
	"testing"
)

// The forms as they are, with parameters that a test can vary.
const (
	key20     = "otXYMO4bCrhYNiIH/PeFWtCm8CY="
	key32     = "Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc="
	key64     = "93Zrmcs8rGME4OLSB2yQNOPLuH+NcUwtsDTMHGb5jzCJaI0xl3jKydDuMdHhn9FsuS9Iv2hawZNw6mnrxj698Q=="
	salt22    = "seasalt0123456789abcde"
	saltArgon = "SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ"
	keyArgon  = "oL/RRgA5mR2IWGhaYh+hng"
	blowfish  = "yBqygB/y/BM8ZyYY8apsuOdXu6jF3NMa53EgzsEDx8bumKKj2qWK6"
)

func TestPasswordDigestUsable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		digest string
		want   SlowHash
	}{
		{"argon2id, ours", "$argon2id$v=19$m=19456,t=2,p=1$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 19456}},
		{"argon2id, Django's", "argon2$argon2id$v=19$m=102400,t=2,p=8$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 102400}},
		{"argon2i", "argon2$argon2i$v=19$m=512,t=2,p=2$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 512}},
		{"argon2d", "argon2$argon2d$v=19$m=512,t=2,p=2$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 512}},
		{"argon2 of the most", "$argon2id$v=19$m=131072,t=4,p=16$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 131072}},
		{"bcrypt", "bcrypt$$2b$12$" + blowfish, SlowHash{}},
		{"bcrypt over SHA-256", "bcrypt_sha256$$2b$12$" + blowfish, SlowHash{HexSHA256: true}},
		{"bcrypt, alone", "$2y$04$" + blowfish, SlowHash{}},
		{"bcrypt of the most", "$2a$15$" + blowfish, SlowHash{}},
		{"PBKDF2 with SHA-256", "pbkdf2_sha256$600000$" + salt22 + "$" + key32, SlowHash{Iterations: 600000}},
		{"PBKDF2 with SHA-1", "pbkdf2_sha1$260000$" + salt22 + "$" + key20, SlowHash{Iterations: 260000}},
		{"PBKDF2 of one", "pbkdf2_sha256$1$x$" + key32, SlowHash{Iterations: 1}},
		{"PBKDF2 of the most", "pbkdf2_sha256$5000000$" + strings.Repeat("s", 128) + "$" + key32, SlowHash{Iterations: 5000000}},
		{"PBKDF2 of the PHC", "$pbkdf2-sha512$25000$" + saltArgon + "$" + strings.Repeat("A", 86), SlowHash{Iterations: 25000}},
		{"scrypt", "scrypt$16384$" + salt22 + "$8$1$" + key64, SlowHash{Memory: 16384}},
		{"scrypt, newer parameters", "scrypt$16384$" + salt22 + "$8$5$" + key64, SlowHash{Memory: 16384}},
		{"scrypt of the most", "scrypt$131072$" + salt22 + "$8$4$" + key64, SlowHash{Memory: 131072}},
		{"scrypt of the least", "scrypt$2$" + salt22 + "$1$1$" + key64, SlowHash{Memory: 1}},
		{"scrypt of the PHC", "$scrypt$ln=14,r=8,p=1$" + saltArgon + "$" + keyArgon, SlowHash{Memory: 16384}},
	} {
		got, usable := PasswordDigest(test.digest).SlowHash()
		if got.Crypt = ""; !usable || got != test.want {
			t.Errorf("%s: got %+v, %t, want %+v", test.name, got, usable, test.want)
		}
		if ours := strings.HasPrefix(test.digest, "$argon2id$"); PasswordDigest(test.digest).Foreign() == ours {
			t.Errorf("%s: foreign: %t", test.name, !ours)
		}
	}
}

// TestPasswordDigestUnusable: what cannot be read, or asks for too much, matches nothing.
func TestPasswordDigestUnusable(t *testing.T) {
	t.Parallel()
	argon := func(parameters string) string {
		return "argon2$argon2id$" + parameters + "$" + saltArgon + "$" + keyArgon
	}
	for name, digest := range map[string]string{
		"empty": "", "unusable": "!", "unusable, with Django's random text": "!bZlhTxsl6K99U1MOLABZhRJRsfZerp7ftmkX4mhc",
		"unusable, with a digest": "!pbkdf2_sha256$1$x$" + key32, "no form": "x", "a dollar": "$", "dollars": "$$$$$$",
		"a name": "pbkdf2_sha256", "a name in capitals": "PBKDF2_SHA256$1$x$" + key32,
		"plain text": "plain$correct horse", "MD5": "md5$salt$0123456789abcdef0123456789abcdef", "SHA-1": "sha1$salt$0123456789abcdef0123456789abcdef01234567",
		"crypt": "crypt$$1$salt$x", "SHA-512 of crypt": "$6$salt$key", "yescrypt": "$y$j9T$salt$key", "argon2 of argon2": "argon2$argon2$argon2id$v=19",
		"bcrypt as argon2": "argon2$2b$04$" + blowfish, "argon2 as bcrypt": "bcrypt$argon2id$v=19$m=64,t=1,p=1$" + saltArgon + "$" + keyArgon,
		"PBKDF2 as bcrypt": "bcrypt$$pbkdf2-sha256$1$c2FsdA$" + keyArgon, "white space": " pbkdf2_sha256$1$x$" + key32, "a line break": "pbkdf2_sha256$1$x$" + key32 + "\n",

		"PBKDF2 without key": "pbkdf2_sha256$1$x", "PBKDF2 with an empty key": "pbkdf2_sha256$1$x$", "PBKDF2 without salt": "pbkdf2_sha256$1$$" + key32,
		"PBKDF2 with more": "pbkdf2_sha256$1$x$" + key32 + "$x", "PBKDF2 with a short key": "pbkdf2_sha256$1$x$" + key20,
		"PBKDF2 with a long key": "pbkdf2_sha256$1$x$" + key64, "PBKDF2, SHA-1 with a long key": "pbkdf2_sha1$1$x$" + key32,
		"PBKDF2 without padding": "pbkdf2_sha256$1$x$" + strings.TrimRight(key32, "="), "PBKDF2 with a key of other text": "pbkdf2_sha256$1$x$" + key32[:42] + "l=", "PBKDF2, no base64": "pbkdf2_sha256$1$x$%%%%",
		"PBKDF2 of none": "pbkdf2_sha256$0$x$" + key32, "PBKDF2 of less": "pbkdf2_sha256$-1$x$" + key32, "PBKDF2 of a word": "pbkdf2_sha256$many$x$" + key32,
		"PBKDF2 of too many": "pbkdf2_sha256$5000001$x$" + key32, "PBKDF2 of far too many": "pbkdf2_sha256$99999999999999999999$x$" + key32,
		"PBKDF2 with a long salt": "pbkdf2_sha256$1$" + strings.Repeat("s", 129) + "$" + key32, "PBKDF2 with a salt beyond ASCII": "pbkdf2_sha256$1$sälz$" + key32,
		"PBKDF2 with a space in the salt": "pbkdf2_sha256$1$a b$" + key32, "PBKDF2 of the PHC with half a salt": "$pbkdf2-sha256$1$c2FsdAA==$" + keyArgon,

		"argon2 of version 16": argon("v=16$m=64,t=1,p=1"), "argon2 without version": argon("m=64,t=1,p=1"), "argon2, another order": argon("v=19$t=1,m=64,p=1"),
		"argon2 without memory": argon("v=19$m=0,t=1,p=1"), "argon2 of no pass": argon("v=19$m=64,t=0,p=1"), "argon2 of no lane": argon("v=19$m=64,t=1,p=0"),
		"argon2 of too much memory": argon("v=19$m=131073,t=1,p=1"), "argon2 of gigabytes": argon("v=19$m=4194304,t=1,p=1"), "argon2 beyond 32 bits": argon("v=19$m=4294967296,t=1,p=1"),
		"argon2 of too many passes": argon("v=19$m=131072,t=5,p=1"), "argon2 of very many passes": argon("v=19$m=8,t=9999999,p=1"), "argon2 of too many lanes": argon("v=19$m=1024,t=1,p=17"),
		"argon2 of more lanes than memory": argon("v=19$m=15,t=1,p=2"), "argon2 of another variant": "argon2$argon2ix$v=19$m=64,t=1,p=1$" + saltArgon + "$" + keyArgon,
		"argon2 without key": "argon2$argon2id$v=19$m=64,t=1,p=1$" + saltArgon + "$", "argon2 with a key of one byte": "argon2$argon2id$v=19$m=64,t=1,p=1$" + saltArgon + "$AA",
		"argon2 with a long key": "$argon2id$v=19$m=64,t=1,p=1$" + saltArgon + "$" + strings.Repeat("A", 87), "argon2 with a long salt": "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 172) + "$" + keyArgon,
		"argon2, half a byte": "$argon2id$v=19$m=64,t=1,p=1$A$" + keyArgon,

		"bcrypt of cost 3": "$2b$03$" + blowfish, "bcrypt of cost 16": "$2b$16$" + blowfish, "bcrypt of cost 31": "bcrypt_sha256$$2b$31$" + blowfish, "bcrypt of one digit": "$2b$4$" + blowfish,
		"bcrypt cut off": "bcrypt$$2b$12$" + blowfish[:52], "bcrypt with more": "bcrypt$$2b$12$" + blowfish + "x", "bcrypt of the faulty kind": "$2x$12$" + blowfish,
		"bcrypt of one dollar": "bcrypt$2b$12$" + blowfish, "bcrypt of another alphabet": "$2b$12$+" + blowfish[1:],

		"scrypt of no power of two": "scrypt$16383$x$8$1$" + key64, "scrypt of one": "scrypt$1$x$8$1$" + key64, "scrypt of none": "scrypt$0$x$8$1$" + key64, "scrypt of less": "scrypt$-2$x$8$1$" + key64,
		"scrypt of too much memory": "scrypt$262144$x$8$1$" + key64, "scrypt of gigabytes": "scrypt$2147483648$x$8$1$" + key64, "scrypt beyond 64 bits": "scrypt$18446744073709551616$x$8$1$" + key64,
		"scrypt of large blocks": "scrypt$2$x$65$1$" + key64, "scrypt of very large blocks": "scrypt$2$x$9999999$16$" + key64, "scrypt of too many lanes": "scrypt$2$x$8$17$" + key64, "scrypt of too much in all": "scrypt$131072$x$8$5$" + key64,
		"scrypt without salt": "scrypt$2$$8$1$" + key64, "scrypt with a short key": "scrypt$2$x$8$1$" + key32, "scrypt without key": "scrypt$2$x$8$1$", "scrypt, half of it": "scrypt$2$x$8$1", "scrypt with a word": "scrypt$2$x$r$1$" + key64,
		"scrypt of the PHC, too much": "$scrypt$ln=58,r=8,p=1$" + saltArgon + "$" + keyArgon, "scrypt of the PHC, no number": "$scrypt$ln=0,r=8,p=1$" + saltArgon + "$" + keyArgon,

		"longer than any": "pbkdf2_sha256$1$" + strings.Repeat("s", 128) + "$" + strings.Repeat("A", 512), "a megabyte": strings.Repeat("$argon2id", 1<<17),
	} {
		digest := PasswordDigest(digest)
		if hash, usable := digest.SlowHash(); usable || digest.Usable() || digest.Foreign() {
			t.Errorf("%s is usable: %s", name, string(hash.Crypt))
		}
	}
}

// FuzzPasswordDigest: whatever a row holds, it is unusable or asks for no more than the bounds.
func FuzzPasswordDigest(f *testing.F) {
	for _, seed := range []string{"", "!", "$", "pbkdf2_sha256$600000$" + salt22 + "$" + key32, "pbkdf2_sha1$1$x$" + key20, "argon2$argon2id$v=19$m=102400,t=2,p=8$" + saltArgon + "$" + keyArgon,
		"bcrypt_sha256$$2b$12$" + blowfish, "bcrypt$$2b$04$" + blowfish, "scrypt$16384$" + salt22 + "$8$1$" + key64, "$scrypt$ln=14,r=8,p=1$" + saltArgon + "$" + keyArgon,
		"$pbkdf2-sha512$25000$" + saltArgon + "$" + keyArgon, "$argon2d$v=19$m=64,t=1,p=1$" + saltArgon + "$" + keyArgon} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		digest := PasswordDigest(text)
		hash, usable := digest.SlowHash()
		if usable != digest.Usable() || !usable && digest.Foreign() {
			t.Fatalf("%q is usable and is not", text)
		}
		if !usable {
			return
		}
		if strings.HasPrefix(text, "!") || len(text) > 512 || hash.Memory > 128*1024 || hash.Iterations > 5_000_000 || min(hash.Memory, hash.Iterations) < 0 || !strings.HasPrefix(string(hash.Crypt), "$") {
			t.Errorf("%q takes %d KiB and %d iterations", text, hash.Memory, hash.Iterations)
		}
		if again, usable := hash.Crypt.SlowHash(); !usable || again.Crypt != hash.Crypt || again.Memory != hash.Memory || again.Iterations != hash.Iterations {
			t.Errorf("%q becomes %q, which is another", text, string(hash.Crypt))
		}
	})
}
