package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// code has the user grant a code to the client, for its first redirect URI and with PKCE unless extra says otherwise.
func (b *bed) code(t testing.TB, c client, user *models.User, extra ...string) string {
	t.Helper()
	values := form("client_id", c.ClientID, "response_type", "code", "redirect_uri", c.RedirectURIs[0],
		"code_challenge", codeChallenge, "code_challenge_method", "S256")
	request, err := b.ParseAuthorization(t.Context(), with(values, extra...))
	check(t, err)
	response, err := b.Authorize(t.Context(), as(user), request)
	check(t, err)
	code := response.Parameters.Get("code")
	if !tokenPattern.MatchString(code) {
		t.Fatalf("no code in %v", response.Parameters)
	}
	return code
}

// redemption is the token request for a code of the client's.
func redemption(c client, code string) map[string][]string {
	return form("grant_type", "authorization_code", "code", code, "redirect_uri", c.RedirectURIs[0], "code_verifier", codeVerifier)
}

func TestAuthorizationCodeGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []client{b.web, b.native, b.job, b.desktop} {
			t.Run(c.Name, func(t *testing.T) {
				code := b.code(t, c, b.alice, "scope", "read")
				got := b.token(redemption(c, code), by(c)).succeeded(t, "read", true)
				token := b.presented(t, got.access)
				want := &models.AccessToken{UserID: &b.alice.ID, ApplicationID: &c.ID, Scope: "read", Platform: c.Platform,
					Hint: got.access[:4], Expires: b.Now().Add(31_536_000 * time.Second)}
				kept := &models.AccessToken{UserID: token.UserID, ApplicationID: token.ApplicationID, Scope: token.Scope,
					Platform: token.Platform, Hint: token.Hint, Expires: token.Expires}
				if diff := cmp.Diff(want, kept); diff != "" {
					t.Errorf("kept (-want +got):\n%s", diff)
				}
				again := b.controllerToken(form("grant_type", "refresh_token", "refresh_token", got.refresh), by(c))
				again.succeeded(t, "read", true)
			})
		}
	})
}

// presented is the token whose value is presented at the controller, where every token counts.
func (b *bed) presented(t testing.TB, value string) *models.AccessToken {
	t.Helper()
	token, err := b.AuthenticateBearer(t.Context(), models.FaceController, models.SecretOf(value), "192.0.2.1")
	check(t, err)
	return token
}

func TestAuthorizationCodeRefused(t *testing.T) {
	const wrongURI = "The redirect_uri is not the one of the authorization request."
	const wrongVerifier = "The code_verifier does not belong to the code_challenge of the authorization request."
	const invalid = "The authorization code is invalid."
	onBed(t, func(t *testing.T, b *bed) {
		code := b.code(t, b.web, b.alice)
		good := redemption(b.web, code)
		for _, c := range []struct {
			name        string
			client      client
			change      []string
			code        server.ErrorCode
			description string
		}{
			{"no code", b.web, []string{"code", ""}, server.InvalidRequest, "Missing code parameter."},
			{"unknown code", b.web, []string{"code", "unknown"}, server.InvalidGrant, invalid},
			{"code of another client (RFC 6749 §4.1.3)", b.job, nil, server.InvalidGrant, invalid},
			{"code of another client, its redirect URI", b.job, []string{"redirect_uri", b.job.RedirectURIs[0]}, server.InvalidGrant, invalid},
			{"code of a confidential client by a public one", b.native, nil, server.InvalidGrant, invalid},
			{"other redirect URI (RFC 6749 §4.1.3)", b.web, []string{"redirect_uri", "https://client.example.org/callback/"}, server.InvalidGrant, wrongURI},
			{"redirect URI left out though it was sent", b.web, []string{"redirect_uri", ""}, server.InvalidGrant, wrongURI},
			{"wrong verifier (RFC 7636 §4.6)", b.web, []string{"code_verifier", codeChallenge}, server.InvalidGrant, wrongVerifier},
			{"verifier left out (RFC 9700 §4.8.2)", b.web, []string{"code_verifier", ""}, server.InvalidGrant, wrongVerifier},
		} {
			t.Run(c.name, func(t *testing.T) {
				b.unchanged(t, func() {
					b.token(with(good, c.change...), by(c.client)).refused(t, 400, c.code, c.description)
				})
			})
		}
		b.token(good, by(b.web)).succeeded(t, "read write", true) // nothing above has spent it
	})
}

func TestAuthorizationCodeExpires(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		early, late := b.code(t, b.web, b.alice), b.code(t, b.web, b.alice)
		b.db.Clock.Advance(60*time.Second - time.Microsecond)
		b.token(redemption(b.web, early), by(b.web)).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Microsecond)
		b.unchanged(t, func() {
			b.token(redemption(b.web, late), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code has expired.")
		})
	})
}

// TestAuthorizationCodeOfUser: what the user has become by the time of the redemption counts.
// TestLifetimesThatAreSet: a code and a session live as long as the settings say (contract §5).
func TestLifetimesThatAreSet(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		early, late := b.code(t, b.web, b.alice), b.code(t, b.web, b.alice)
		session, _, err := b.SignIn(t.Context(), browser, "alice", testPassword, "")
		check(t, err)
		b.db.Clock.Advance(300*time.Second - time.Microsecond)
		b.signedIn(t, map[string]models.Secret{"alice": session})
		b.db.Clock.Advance(300*time.Second - time.Microsecond)
		b.token(redemption(b.web, early), by(b.web)).succeeded(t, "read write", true)
		b.signedIn(t, map[string]models.Secret{"alice": session})
		b.db.Clock.Advance(300 * time.Second)
		b.token(redemption(b.web, late), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code has expired.")
		b.signedIn(t, map[string]models.Secret{"": session})
	}, func(o *server.Options) { o.Lifetimes.AuthorizationCode, o.Lifetimes.Session = 600, 300 })
}

func TestAuthorizationCodeOfUser(t *testing.T) {
	external := models.ReasonExternalUser + " (ldap)"
	for _, c := range []struct {
		name        string
		become      func(*models.User)
		code        server.ErrorCode
		description string
	}{
		{"disabled", func(u *models.User) { u.IsActive = false }, server.InvalidGrant, "The authorization code is invalid."},
		{"external (case 49)", func(u *models.User) { u.ExternalAccount = "ldap" }, server.AccessDenied, external},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBed(t, func(t *testing.T, b *bed) {
				code := b.code(t, b.web, b.alice)
				c.become(b.alice)
				b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
				b.unchanged(t, func() { b.token(redemption(b.web, code), by(b.web)).refused(t, 400, c.code, c.description) })
			})
		})
	}
}

func TestAuthorizationCodeOfDeletedUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.code(t, b.web, b.alice)
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID))
		b.unchanged(t, func() {
			b.token(redemption(b.web, code), by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		})
	})
}

// TestRedirectURILeftOut: who left it out of the authorization request may leave it out again, or send it (RFC 6749 §4.1.3).
func TestRedirectURILeftOut(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, sent := range []string{"", b.web.RedirectURIs[0]} {
			code := b.code(t, b.web, b.alice, "redirect_uri", "")
			b.token(with(redemption(b.web, code), "redirect_uri", sent), by(b.web)).succeeded(t, "read write", true)
		}
		code := b.code(t, b.web, b.alice, "redirect_uri", "")
		wrong := with(redemption(b.web, code), "redirect_uri", "https://attacker.example.org/")
		b.token(wrong, by(b.web)).refused(t, 400, server.InvalidGrant, "The redirect_uri is not the one of the authorization request.")
	})
}

// TestCodeLoopbackPort: the port that the authorization request was sent with binds the redemption (RFC 8252 §7.3).
func TestCodeLoopbackPort(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.code(t, b.native, b.alice, "redirect_uri", "http://127.0.0.1:51004/callback")
		other := with(redemption(b.native, code), "redirect_uri", "http://127.0.0.1:51005/callback")
		b.token(other, by(b.native)).refused(t, 400, server.InvalidGrant, "The redirect_uri is not the one of the authorization request.")
		same := with(redemption(b.native, code), "redirect_uri", "http://127.0.0.1:51004/callback")
		b.token(same, by(b.native)).succeeded(t, "read write", true)
	})
}

// TestCodeWithoutRefreshGrant: no refresh token for a client that could not use it.
func TestCodeWithoutRefreshGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.web.GrantTypes = models.Words{models.GrantAuthorizationCode, models.GrantPassword}
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		b.token(redemption(b.web, b.code(t, b.web, b.alice)), by(b.web)).succeeded(t, "read write", false)
		password := form("grant_type", "password", "username", "alice", "password", testPassword)
		b.token(password, by(b.web)).succeeded(t, "read write", false)
		b.counted(t, map[string]int{"refresh_tokens": 0, "access_tokens": 2})
	})
}
