package models

import "hash/crc32"

// TokenFormat says how access tokens and refresh tokens look. Without a prefix a token is TokenLength random characters, as the tools of the
// platforms show them. With one, it is the prefix, as many random characters, and a checksum, so that scanners of source code and
// logs tell a leaked token from other text without asking anybody.
type TokenFormat struct {
	Prefix string // letters and digits with "_" at the end, or ""
}

// checksumLength is that of a CRC-32 in base 62.
const checksumLength = 6

// New makes a token.
func (f TokenFormat) New() Secret {
	text := RandomText(TokenLength)
	if f.Prefix == "" {
		return SecretOf(text)
	}
	return SecretOf(f.Prefix + text + checksum(f.Prefix+text))
}

// Hint is what may be shown of a token to recognise it: the first 4 of its random characters.
func (f TokenFormat) Hint(token Secret) string {
	return SecretOf(token.Reveal()[len(f.Prefix):]).Hint()
}

// checksum is the CRC-32 (IEEE) of text in base 62, digits of alphabet, the most significant first.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	digits := make([]byte, checksumLength)
	for n := checksumLength - 1; n >= 0; n-- {
		digits[n] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(digits)
}
