package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
)

// methodS256 is the only challenge method served; "plain" gives no protection where the request leaks (RFC 7636 §7.2).
const methodS256 = "S256"

var (
	challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)       // RFC 7636 §4.2, of a SHA-256
	verifierPattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636 §4.1
)

// checkChallenge says what is wrong with the code challenge of an authorization request, "" when nothing is (RFC 7636 §4.3).
func checkChallenge(challenge, method string, required bool) string {
	switch {
	case challenge == "" && method != "":
		return "code_challenge_method needs a code_challenge."
	case challenge == "" && required:
		return "A code_challenge is required (PKCE, RFC 7636)."
	case challenge == "":
		return ""
	case method != methodS256:
		return "The code_challenge_method must be S256."
	case !challengePattern.MatchString(challenge):
		return "The code_challenge is not a base64url-encoded SHA-256."
	}
	return ""
}

// verifyChallenge reports whether the verifier belongs to the challenge; both empty belong together, one alone does not
// (RFC 7636 §4.6, RFC 9700 §2.1.1).
func verifyChallenge(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if !verifierPattern.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	derived := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(derived), []byte(challenge)) == 1
}
