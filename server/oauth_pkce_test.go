package server_test

import (
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
)

// TestChallenge: what an authorization request may say about PKCE, for each kind of client (RFC 7636 §4.3, RFC 9700 §2.1.1).
func TestChallenge(t *testing.T) {
	const required = "A code_challenge is required (PKCE, RFC 7636)."
	const method = "The code_challenge_method must be S256."
	const form = "The code_challenge is not a base64url-encoded SHA-256."
	const alone = "code_challenge_method needs a code_challenge."
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []struct {
			name              string
			challenge, method string
			public, others    string // the refusal for a public client of the gateway, and for the others; "" for none
		}{
			{"S256", codeChallenge, "S256", "", ""},
			{"nothing", "", "", required, ""},
			{"method alone", "", "S256", alone, alone},
			{"no method, which would mean plain", codeChallenge, "", method, method},
			{"plain", codeVerifier, "plain", method, method},
			{"method in another case", codeChallenge, "s256", method, method},
			{"unknown method", codeChallenge, "S512", method, method},
			{"too short", codeChallenge[1:], "S256", form, form},
			{"too long", codeChallenge + "x", "S256", form, form},
			{"padded", codeChallenge[:42] + "=", "S256", form, form},
			{"not URL-safe", codeChallenge[:42] + "+", "S256", form, form},
			{"newline behind", codeChallenge + "\n", "S256", form, form},
		} {
			t.Run(c.name, func(t *testing.T) {
				for _, each := range []client{b.web, b.native, b.job, b.desktop} {
					want := c.others
					if each.ClientID == b.native.ClientID {
						want = c.public
					}
					_, err := b.ParseAuthorization(t.Context(), authorization(each, "code_challenge", c.challenge, "code_challenge_method", c.method))
					if got := sentBack(t, err).Get("error_description"); got != want {
						t.Errorf("%s: refusal %q, want %q", each.Name, got, want)
					}
				}
			})
		}
	})
}

// TestChallengeOfApplication: whether PKCE is required is the application's own setting (contract §12.3).
func TestChallengeOfApplication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, each := range []client{b.web, b.native, b.job, b.desktop} {
			each.RequirePKCE = !each.RequirePKCE
			b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(each.Application) })
			_, err := b.ParseAuthorization(t.Context(), authorization(each, "code_challenge", "", "code_challenge_method", ""))
			if refused := err != nil; refused != each.RequirePKCE {
				t.Errorf("%s: without a challenge: %v, though required is %t", each.Name, err, each.RequirePKCE)
			}
		}
	})
}

// TestVerifier is RFC 7636 §4.6, with RFC 9700 §4.8.2: a verifier without a challenge is a downgrade and refused.
func TestVerifier(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		with, without := b.code(t, b.web, b.alice), b.code(t, b.web, b.alice, "code_challenge", "", "code_challenge_method", "")
		for _, c := range []struct {
			name, code, verifier string
		}{
			{"none", with, ""},
			{"the challenge", with, codeChallenge},
			{"another", with, strings.Repeat("a", 43)},
			{"another case", with, strings.ToUpper(codeVerifier)},
			{"42 characters", with, codeVerifier[:42]},
			{"and more", with, codeVerifier + "x"},
			{"129 characters", with, strings.Repeat("a", 129)},
			{"padded", with, codeVerifier + "="},
			{"a space before", with, " " + codeVerifier},
			{"no challenge", without, codeVerifier},
		} {
			t.Run(c.name, func(t *testing.T) {
				request := redemption(b.web, c.code)
				request["code_verifier"] = []string{c.verifier}
				b.unchanged(t, func() {
					b.token(request, by(b.web)).refused(t, 400, "invalid_grant",
						"The code_verifier does not belong to the code_challenge of the authorization request.")
				})
			})
		}
		b.token(redemption(b.web, with), by(b.web)).succeeded(t, "read write", true)
		request := redemption(b.web, without)
		delete(request, "code_verifier")
		b.token(request, by(b.web)).succeeded(t, "read write", true)
	})
}

// TestVerifierLengths: the shortest and the longest verifier, of every character there may be (RFC 7636 §4.1).
func TestVerifierLengths(t *testing.T) {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	onBed(t, func(t *testing.T, b *bed) {
		for _, verifier := range []string{unreserved[23:], unreserved + unreserved[:62]} {
			code := b.code(t, b.native, b.alice, "code_challenge", s256(verifier))
			request := with(redemption(b.native, code), "code_verifier", verifier)
			b.token(request, by(b.native)).succeeded(t, string(models.ScopeAll), true)
		}
	})
}
