package importer

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What an independent implementation made of the secret, and what a controller's database holds of two of its applications.
const (
	vectorKey    = "not-a-real-secret-key"
	vectorSecret = "S3cretClientValue0123456789"
	vectorStored = "$encrypted$UTF8$AESCBC$Z0FBQUFBQmxVX0VBQUFFQ0F3UUZCZ2NJQ1FvTERBME9ENmJvMDdaOGRGRml0UnZnX3U1N3BrMXFKSW9xYi1OUkMyWVgxR1I2VmlUNlhiYS1rMjViQXdBR181anFNRlNXakdnMlpGTFhXbHMxR3d2RjNka251WEk9"

	siteKey   = "gq7Zt-fixture-key-0aV4mC9pLw2Xe"
	newSecret = "1k7GDoFcTN1iNMnfJU0uS3bUK9Qg9C4htmVEv87Y8tkzzEFoNOQ1KokShT9fxHkeTIkuyNAuRzpD7JbXa2hwFS3CbgsVGnr7DCNXDqKkc92A3XfLFrITbUANueeQeNi2"
	newStored = "$encrypted$UTF8$AESCBC$Z0FBQUFBQm5CUjdBbTJqdEp1TDBZQndZODNkR29Ycy1qdFpTVGxTaGdIaDd5OElmRXdPcnNwWG0zTm1RZTBzZ0hyd1FXZjFuclo4aDZoeURKekRYVTdQdmF4aWhsV0JBY0ppVGROYmVZQkE1a0JoTjJJaUlxWUJ4TWZpWHpfaVJwRXJ2S0ROY2JSTjdXbnVMV0JWY21GVm1nUm5RZEctN0NQNm82cXRHc3FDZlkzUjdfWDN0dWFmSVZ1a3ItVGI3M1lYXzB5cy1yRm5XOGlfc2NQQm5JZncwdnBxeVNoWHprMTEtZDI1VmhZb3hEdnNYS3pBMFc3bHM2UlFpRndUTWREVFJVUGJCQWZ4eQ=="
	oldSecret = "Ja2cRbXSeUa5gy1az2pkBxdBnjkQDl11l4aoHJCnrjgDcxwvBqSgAngMMNxYBBSKnGdTqWjAYY0w9CkWXwg4KLDSsROsFH9jLvNW64nbZw0p7R6vf7xhdRd00abbJchQ"
	oldStored = "$encrypted$AESCBC$Z0FBQUFBQm8wOTFBX1V3SXZLc29jTzVPb081aGNrNkZVSzZKb2VjZjRjb3R1WkNiOS1tQnJpV2tPYWFKUkhRTlNydVkxOVRlcTg0RGtkY3hfMmVZOWxVd01ZOHFGdUtIV3N5LWxuTnFSVUFuOWpiSGl3dVhWNVlwdjZHMk1xU250WnFmdlluNm0tdGVWSGVDbzZlYkYzN19VOGZrNVVURUpHVm5CUk9TZjJhbG9YTlZzalF6WXYtdTg5TzZWdTZGeUlESE92UGx6WFlVUzBoSFFlYUlZcHMyNzhZWHEtS2UtWFgydlhwYTVrOEFUYm5wRV94Y2pYMVZ4MGZMU3ZHVDU3SFlEOUhkZ29NaA=="
)

func secretKey(t testing.TB, content string) SecretKey {
	t.Helper()
	key, err := NewSecretKey([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// decrypts expects the secret want, or the error and no secret.
func decrypts(t testing.TB, key SecretKey, stored, want string, wrong error) {
	t.Helper()
	secret, err := key.Decrypt(stored)
	if !errors.Is(err, wrong) || secret.Reveal() != want {
		t.Errorf("%.40q decrypts to %q, %v; want %q, %v", stored, secret.Reveal(), err, want, wrong)
	}
}

// TestCase72ClientSecret: both forms of a controller's encrypted secrets come out as they went in.
func TestCase72ClientSecret(t *testing.T) {
	for _, test := range []struct{ name, key, stored, want string }{
		{"an independent implementation's", vectorKey, vectorStored, vectorSecret},
		{"a controller's", siteKey, newStored, newSecret},
		{"a controller's older row", siteKey, oldStored, oldSecret},
		{"the key file ends in a line break", siteKey + "\n", newStored, newSecret},
		{"white space around the key", " \t\r\n\v\f" + siteKey + "\f\v\n\r\t ", oldStored, oldSecret},
	} {
		t.Run(test.name, func(t *testing.T) {
			decrypts(t, secretKey(t, test.key), test.stored, test.want, nil)
		})
	}
}

// TestCase72WrongKey: what another key encrypted is told apart from what is broken.
func TestCase72WrongKey(t *testing.T) {
	for _, key := range []SecretKey{secretKey(t, vectorKey), secretKey(t, siteKey+"x"), secretKey(t, "x "+siteKey), secretKey(t, siteKey+"\xc2\xa0"), {}} {
		decrypts(t, key, newStored, "", ErrWrongKey)
		decrypts(t, key, oldStored, "", ErrWrongKey)
	}
}

// sealed is the text as a controller stores it. change is asked for the token before it is signed, spoil afterwards; both may be nil.
func sealed(key string, padded []byte, change, spoil func([]byte) []byte) string {
	material := sha512.Sum512([]byte(key + "value"))
	block, err := aes.NewCipher(material[32:])
	if err != nil {
		panic(err)
	}
	token := append([]byte{0x80, 0, 0, 0, 0, 0x65, 0, 0, 0}, bytes.Repeat([]byte{7}, 16)...)
	ciphertext := make([]byte, len(padded))
	cipher.NewCBCEncrypter(block, bytes.Repeat([]byte{7}, 16)).CryptBlocks(ciphertext, padded)
	token = append(token, ciphertext...)
	if change != nil {
		token = change(token)
	}
	signature := hmac.New(sha256.New, material[:32])
	signature.Write(token)
	token = signature.Sum(token)
	if spoil != nil {
		token = spoil(token)
	}
	return "$encrypted$UTF8$AESCBC$" + base64.StdEncoding.EncodeToString([]byte(base64.URLEncoding.EncodeToString(token)))
}

func padded(text string) []byte {
	length := 16 - len(text)%16
	return append([]byte(text), bytes.Repeat([]byte{byte(length)}, length)...)
}

// TestDecrypt: all that a column can hold, and nothing but a whole token gives a secret.
func TestDecrypt(t *testing.T) {
	key := secretKey(t, siteKey)
	inner := func(token string) string {
		return "$encrypted$AESCBC$" + base64.StdEncoding.EncodeToString([]byte(token))
	}
	cut := func(to int) func([]byte) []byte { return func(b []byte) []byte { return b[:to] } }
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b = bytes.Clone(b); b[(at+len(b))%len(b)] ^= 1; return b }
	}
	block := strings.Repeat("a", 15)
	for _, test := range []struct {
		name, stored, want string
		wrong              error
	}{
		{"nothing", "", "", ErrNoSecret},
		{"plain", "plain $encrypted$ text", "plain $encrypted$ text", nil},
		{"plain of one character", "x", "x", nil},
		{"plain, the marker in capitals", "$ENCRYPTED$x", "$ENCRYPTED$x", nil},
		{"empty text", sealed(siteKey, padded(""), nil, nil), "", ErrNoSecret},
		{"text of one block", sealed(siteKey, padded(strings.Repeat("b", 16)), nil, nil), strings.Repeat("b", 16), nil},
		{"text of one block less one", sealed(siteKey, padded(block), nil, nil), block, nil},
		{"text beyond ASCII", sealed(siteKey, padded("Schlüssel 鍵 🔑"), nil, nil), "Schlüssel 鍵 🔑", nil},
		{"text that looks encrypted", sealed(siteKey, padded("$encrypted$x"), nil, nil), "$encrypted$x", nil},

		{"the marker alone", "$encrypted$", "", ErrMalformedSecret},
		{"no algorithm", "$encrypted$UTF8$", "", ErrMalformedSecret},
		{"no token", "$encrypted$UTF8$AESCBC$", "", ErrMalformedSecret},
		{"another algorithm", strings.Replace(newStored, "AESCBC", "AESGCM", 1), "", ErrMalformedSecret},
		{"the algorithm in lower case", strings.Replace(newStored, "AESCBC", "aescbc", 1), "", ErrMalformedSecret},
		{"the mark of UTF-8 twice", strings.Replace(newStored, "UTF8$", "UTF8$UTF8$", 1), "", ErrMalformedSecret},
		{"no base64", "$encrypted$AESCBC$%%%%", "", ErrMalformedSecret},
		{"base64 cut off", newStored[:len(newStored)-3], "", ErrMalformedSecret},
		{"something after the token", newStored + "$x", "", ErrMalformedSecret},
		{"one layer of base64", inner("%%%%"), "", ErrMalformedSecret},
		{"the inner layer of the other alphabet", inner("gAAAAAB+/+8="), "", ErrMalformedSecret},
		{"the inner layer without padding", inner("gAAAAAA"), "", ErrMalformedSecret},
		{"the inner layer is empty", inner(""), "", ErrMalformedSecret},
		{"a version alone", inner(base64.URLEncoding.EncodeToString([]byte{0x80})), "", ErrMalformedSecret},
		{"no ciphertext", sealed(siteKey, nil, nil, nil), "", ErrMalformedSecret},
		{"half a block", sealed(siteKey, padded(block), cut(9+16+8), nil), "", ErrMalformedSecret},
		{"no IV", sealed(siteKey, padded(block), cut(9), nil), "", ErrMalformedSecret},
		{"no HMAC", sealed(siteKey, padded(block), nil, cut(9+16+16)), "", ErrMalformedSecret},
		{"half an HMAC", sealed(siteKey, padded(block), nil, cut(9+16+16+16)), "", ErrMalformedSecret},
		{"another version, signed", sealed(siteKey, padded(block), flip(0), nil), "", ErrMalformedSecret},
		{"padding of nothing", sealed(siteKey, []byte(block+"\x00"), nil, nil), "", ErrMalformedSecret},
		{"padding of more than a block", sealed(siteKey, []byte(block+"\x11"), nil, nil), "", ErrMalformedSecret},
		{"padding of more than there is", sealed(siteKey, []byte(block+"\xff"), nil, nil), "", ErrMalformedSecret},
		{"padding of unequal bytes", sealed(siteKey, []byte(block[:13]+"\x01\x02\x03"), nil, nil), "", ErrMalformedSecret},
		{"no UTF-8", sealed(siteKey, padded("caf\xe9"), nil, nil), "", ErrMalformedSecret},

		{"the time changed", sealed(siteKey, padded(block), nil, flip(5)), "", ErrWrongKey},
		{"the IV changed", sealed(siteKey, padded(block), nil, flip(9)), "", ErrWrongKey},
		{"the ciphertext changed", sealed(siteKey, padded(block), nil, flip(9+16)), "", ErrWrongKey},
		{"the HMAC changed", sealed(siteKey, padded(block), nil, flip(-1)), "", ErrWrongKey},
		{"the HMAC of another key", sealed(vectorKey, padded(block), nil, nil), "", ErrWrongKey},
	} {
		t.Run(test.name, func(t *testing.T) { decrypts(t, key, test.stored, test.want, test.wrong) })
	}
}

// TestKeyOfBytes: a key need not be text, and only the white space of ASCII is none of it.
func TestKeyOfBytes(t *testing.T) {
	for _, key := range []string{"\x00", "\xff\xfe\x00\x01", "Schlüssel 鍵", "\xc2\xa0key\xc2\x85", "\x1ckey\x1f", "in the \n middle"} {
		decrypts(t, secretKey(t, "\r\n"+key+"\n"), sealed(key, padded("text"), nil, nil), "text", nil)
	}
}

// TestReadSecretKey: what is no key file is refused, without its content.
func TestReadSecretKey(t *testing.T) {
	folder := t.TempDir()
	long := strings.Repeat("k", keyFileLongest)
	for _, test := range []struct {
		name, content string
		allowed       bool
	}{
		{"key", siteKey + "\n", true},
		{"longest", long, true},
		{"longer", long + "k", false},
		{"empty", "", false},
		{"white space", " \r\n\t\v\f\n", false},
	} {
		path := filepath.Join(folder, test.name)
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := ReadSecretKey(path)
		switch {
		case (err == nil) != test.allowed:
			t.Errorf("%s: %v", test.name, err)
		case err == nil:
			decrypts(t, key, sealed(strings.TrimSpace(test.content), padded("text"), nil, nil), "text", nil)
		case !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "kkkk") || key != (SecretKey{}):
			t.Errorf("%s: the error is %.200v", test.name, err)
		}
	}
	for _, path := range []string{folder, filepath.Join(folder, "missing")} {
		if key, err := ReadSecretKey(path); err == nil || !strings.Contains(err.Error(), path) || key != (SecretKey{}) {
			t.Errorf("%s is read: %v", path, err)
		}
	}
}

// TestSecretKeyRedacts: neither a key, nor what was made of it, nor a secret is in anything printed or in an error.
func TestSecretKeyRedacts(t *testing.T) {
	key := secretKey(t, siteKey)
	secret, err := key.Decrypt(newStored)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("key", "key", key, "pointer", &key, "secret", secret, "in", struct{ Key SecretKey }{key})
	}
	held := struct {
		key  SecretKey
		keys []SecretKey
	}{key, []SecretKey{key}}
	printed := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, key), fmt.Sprintf(verb, &key), fmt.Sprintf(verb, held))
	}
	for _, stored := range []string{vectorStored, newStored + "$", sealed(siteKey, []byte(siteKey[:15]+"\x00"), nil, nil), sealed(siteKey, padded(siteKey+"\xff"), nil, nil)} {
		if _, err := key.Decrypt(stored); err != nil {
			printed = append(printed, err.Error())
		}
	}
	material := key.material.Reveal()
	for _, leak := range []string{siteKey[:8], newSecret[:8], material[:4], material[32:36], fmt.Sprintf("%x", material[:4]), fmt.Sprintf("%d", []byte(material[:4]))} {
		if at := slices.IndexFunc(printed, func(text string) bool { return strings.Contains(text, strings.Trim(leak, "[]")) }); at >= 0 {
			t.Errorf("%q is in %q", leak, printed[at])
		}
	}
	if len(printed) != 1+3*7+4 {
		t.Errorf("%d texts were looked at", len(printed))
	}
}

// FuzzDecrypt: whatever a column and a key file hold, one of the four outcomes; and every text comes back as it was encrypted.
func FuzzDecrypt(f *testing.F) {
	for _, stored := range []string{"", "plain", "$encrypted$", "$encrypted$AESCBC$", vectorStored, newStored, oldStored} {
		f.Add([]byte(siteKey), stored, "text")
	}
	f.Add([]byte(vectorKey), vectorStored, vectorSecret)
	f.Add([]byte("\xff"), sealed("\xff", padded("\xff"), nil, nil), "")
	f.Fuzz(func(t *testing.T, content []byte, stored, text string) {
		key, err := NewSecretKey(content)
		if err != nil {
			return
		}
		secret, err := key.Decrypt(stored)
		known := errors.Is(err, ErrNoSecret) || errors.Is(err, ErrWrongKey) || errors.Is(err, ErrMalformedSecret)
		if (err == nil) == secret.Empty() || err != nil && !known {
			t.Errorf("%q: %v, a secret: %v", stored, err, !secret.Empty())
		}
		trimmed := string(bytes.Trim(content, " \t\n\v\f\r"))
		got, err := key.Decrypt(sealed(trimmed, padded(text), nil, nil))
		if valid := strings.ToValidUTF8(text, "") == text && text != ""; valid != (err == nil) || valid && got.Reveal() != text {
			t.Errorf("%q comes back as %q, %v", text, got.Reveal(), err)
		}
	})
}
