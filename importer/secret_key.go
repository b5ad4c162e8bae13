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
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"gatehouse/models"
)

// What a stored client secret can be instead of a secret. Compare with errors.Is; none of them holds a part of a key or a secret.
var (
	ErrNoSecret        = errors.New("no client secret is stored")
	ErrWrongKey        = errors.New("the client secret was not encrypted with this key")
	ErrMalformedSecret = errors.New("the client secret is not stored in a known form")
)

// keyFileLongest is in bytes. A controller's own key has 50 to 70.
const keyFileLongest = 64 << 10

// SecretKey decrypts what a controller has encrypted with the key of its site. It redacts itself where it is printed. The zero SecretKey
// is nobody's: all that is encrypted is ErrWrongKey to it.
type SecretKey struct {
	material models.Secret // the SHA-512 that both keys are halves of
}

// NewSecretKey takes the content of a controller's key file: bytes, not only ASCII, without the white space of ASCII at both ends.
func NewSecretKey(content []byte) (SecretKey, error) {
	key := bytes.Trim(content, " \t\n\v\f\r")
	if len(key) == 0 {
		return SecretKey{}, errors.New("the secret key is empty")
	}
	hash := sha512.New()
	_, _ = hash.Write(key) // never fails (package hash)
	_, _ = hash.Write([]byte("value"))
	return SecretKey{models.SecretOf(string(hash.Sum(nil)))}, nil
}

// ReadSecretKey takes the key from the file that a controller keeps it in.
func ReadSecretKey(file string) (SecretKey, error) {
	f, err := os.Open(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return SecretKey{}, fmt.Errorf("read the secret key: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, keyFileLongest+1))
	err = errors.Join(err, f.Close())
	switch {
	case err != nil:
		return SecretKey{}, fmt.Errorf("read the secret key: %w", err)
	case len(content) > keyFileLongest:
		return SecretKey{}, fmt.Errorf("read the secret key: %s has more than %d bytes", file, keyFileLongest)
	}
	key, err := NewSecretKey(content)
	if err != nil {
		return SecretKey{}, fmt.Errorf("read %s: %w", file, err)
	}
	return key, nil
}

// Format redacts under every verb of package fmt.
func (k SecretKey) Format(f fmt.State, verb rune) { k.material.Format(f, verb) }

// Decrypt gives the secret that a controller keeps of an application (contract §10). What is not encrypted is the secret itself.
// ErrNoSecret when nothing is stored or the text is empty, ErrWrongKey when another key encrypted it, ErrMalformedSecret.
func (k SecretKey) Decrypt(stored string) (models.Secret, error) {
	encrypted, found := strings.CutPrefix(stored, encryptedPrefix)
	if !found {
		return secretOf(stored)
	}
	encrypted = strings.TrimPrefix(encrypted, "UTF8$") // older rows have none, and are the same otherwise
	encoded, found := strings.CutPrefix(encrypted, "AESCBC$")
	if !found {
		return models.Secret{}, malformed("another algorithm than AES-CBC")
	}
	token, err := decodeToken(encoded)
	if err != nil {
		return models.Secret{}, err
	}
	text, err := k.open(token)
	if err != nil {
		return models.Secret{}, err
	}
	return secretOf(text)
}

func secretOf(text string) (models.Secret, error) {
	if text == "" {
		return models.Secret{}, ErrNoSecret
	}
	return models.SecretOf(text), nil
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformedSecret, what) }

// fernet is a token as Fernet has it (version, time, IV, ciphertext, HMAC), though of AES-256. What was signed includes the IV.
type fernet struct{ signed, iv, ciphertext, signature []byte }

const (
	fernetVersion = 0x80
	fernetHeader  = 1 + 8 // version, time
)

// decodeToken takes both layers of base64 off, and the token apart.
func decodeToken(encoded string) (fernet, error) {
	inner, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return fernet{}, malformed("no base64")
	}
	token, err := base64.URLEncoding.DecodeString(string(inner))
	if err != nil {
		return fernet{}, malformed("no base64 in base64")
	}
	ciphertextLength := len(token) - fernetHeader - aes.BlockSize - sha256.Size
	switch {
	case ciphertextLength < aes.BlockSize || ciphertextLength%aes.BlockSize != 0:
		return fernet{}, malformed("no token by its length")
	case token[0] != fernetVersion:
		return fernet{}, malformed("a token of another version")
	}
	signed, signature := token[:len(token)-sha256.Size], token[len(token)-sha256.Size:]
	return fernet{signed, signed[fernetHeader:][:aes.BlockSize], signed[fernetHeader+aes.BlockSize:], signature}, nil
}

// open verifies the token and gives its text. The padding is looked at only of what the key's owner has signed.
func (k SecretKey) open(token fernet) (string, error) {
	if k.material.Empty() {
		return "", ErrWrongKey
	}
	material := []byte(k.material.Reveal())
	signature := hmac.New(sha256.New, material[:32])
	_, _ = signature.Write(token.signed) // never fails (package hash)
	if !hmac.Equal(signature.Sum(nil), token.signature) {
		return "", ErrWrongKey
	}
	block, err := aes.NewCipher(material[32:])
	if err != nil {
		return "", fmt.Errorf("prepare AES-256: %w", err)
	}
	padded := make([]byte, len(token.ciphertext))
	cipher.NewCBCDecrypter(block, token.iv).CryptBlocks(padded, token.ciphertext)
	text, whole := unpad(padded)
	switch {
	case !whole:
		return "", malformed("its padding")
	case !utf8.Valid(text):
		return "", malformed("no UTF-8")
	}
	return string(text), nil
}

// unpad takes the padding of PKCS#7 off (RFC 5652 §6.3) and reports whether it was one.
func unpad(padded []byte) ([]byte, bool) {
	length := int(padded[len(padded)-1])
	if length == 0 || length > aes.BlockSize {
		return nil, false
	}
	text, padding := padded[:len(padded)-length], padded[len(padded)-length:]
	return text, bytes.Equal(padding, bytes.Repeat([]byte{byte(length)}, length))
}

// encryptedPrefix is what encrypted values begin with.
const encryptedPrefix = "$encrypted$"
