package importer

import (
	"encoding/hex"
	"errors"
	"strings"

	"gatehouse/models"
)

// presented is a token of the source. It is digested as it is read, and never kept.
type presented struct {
	digest models.Digest
	hint   string // "" where the source has the digest alone
}

// Scan digests a text. A gateway keeps a digest itself, as 64 hexadecimal digits, mostly behind the name of the algorithm.
func (p *presented) Scan(from any) error {
	text, ok := from.(string)
	if !ok {
		return errors.New("a token is no text")
	}
	if digits := strings.TrimPrefix(text, "$sha256$"); len(digits) == hex.EncodedLen(len(p.digest)) {
		if _, err := hex.Decode(p.digest[:], []byte(digits)); err == nil {
			p.hint = ""
			return nil
		}
	}
	characters := []rune(text)
	p.digest, p.hint = models.SecretOf(text).Digest(), string(characters[:min(4, len(characters))])
	return nil
}
