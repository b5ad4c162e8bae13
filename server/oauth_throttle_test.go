package server_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const tooMany = "Too many requests of this kind. Try again later."

// from makes a request come from a place.
func from(p place) func(*http.Request) {
	return func(r *http.Request) { *r = *r.WithContext(server.WithActor(r.Context(), p.actor())) }
}

// throttled checks the whole answer of an OAuth endpoint to one from whom too much has failed.
func (a answer) throttled(t testing.TB, seconds int) {
	t.Helper()
	a.refused(t, http.StatusTooManyRequests, server.TemporarilyUnavailable, tooMany)
	if got := a.Header().Get("Retry-After"); got != strconv.Itoa(seconds) {
		t.Errorf("Retry-After is %q, want %d", got, seconds)
	}
	if got := a.Header().Get("WWW-Authenticate"); got != "" {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

// TestThrottlePasswordGrant: the grant counts together with other sign-ins, and the answer is the same for unknown names.
func TestThrottlePasswordGrant(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, username := range []string{"alice", "nobody"} {
			wrong := passwordGrant("username", username, "password", "wrong")
			for n := range 5 {
				b.token(wrong, by(b.web), from(place{address: fmt.Sprintf("203.0.113.%d", 100+n)})).refused(t, 400, server.InvalidGrant, "Invalid credentials given.")
			}
			b.fail(t, 5, username)
			b.token(wrong, by(b.web), from(stranger)).throttled(t, 600)
			b.token(passwordGrant("username", username), by(b.web), from(stranger)).throttled(t, 600)
			b.controllerToken(wrong, by(b.job), from(stranger)).throttled(t, 600)
		}
		b.db.Clock.Advance(10 * time.Minute)
		b.token(passwordGrant(), by(b.web), from(stranger)).succeeded(t, "read write", true)
		b.fail(t, 10, "alice")
		b.token(passwordGrant(), by(b.web), from(stranger)).succeeded(t, "read write", true) // known by now
	})
}

// TestThrottlePasswordGrantOfOthers: a request that never came to a password counts for no account.
func TestThrottlePasswordGrantOfOthers(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 15 {
			b.token(passwordGrant(), identified("unknown"), from(stranger)).refused(t, 401, server.InvalidClient, clientFailed)
			b.token(passwordGrant(), by(b.native), from(stranger)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
			b.token(passwordGrant("password", ""), by(b.web), from(stranger)).refused(t, 400, server.InvalidRequest, "The username and password parameters are needed.")
		}
		b.token(passwordGrant(), by(b.web), from(stranger)).succeeded(t, "read write", true)
	})
}

// guessers are the ways to try out what one does not have.
func (b *bed) guessers() map[string]func() answer {
	return map[string]func() answer{
		"secret by basic": func() answer {
			return b.token(passwordGrant(), basic(b.web.ClientID+":wrong"), from(stranger))
		},
		"secret by post": func() answer {
			return b.token(passwordGrant("client_id", b.web.ClientID, "client_secret", "wrong"), from(stranger))
		},
		"unknown client":          func() answer { return b.token(passwordGrant(), basic("unknown:wrong"), from(stranger)) },
		"secret at revocation":    func() answer { return b.revoke(form("token", "x"), basic(b.web.ClientID+":wrong"), from(stranger)) },
		"secret at introspection": func() answer { return b.introspect(form("token", "x"), basic(b.web.ClientID+":wrong"), from(stranger)) },
		"bearer at introspection": func() answer { return b.introspect(form("token", "x"), bearer("unknown"), from(stranger)) },
		"code":                    func() answer { return b.token(redemption(b.web, "unknown"), by(b.web), from(stranger)) },
		"refresh token":           func() answer { return b.token(refreshGrant("unknown"), by(b.web), from(stranger)) },
	}
}

// few keeps the tests of guessing short; TestThrottleGuesses goes the whole way once.
func few(o *server.Options) {
	o.Limits = server.DefaultLimits()
	o.Limits.Guesses.Failures = 5
}

// TestThrottleGuesses: after two hundred unknown tokens, codes and secrets within a minute what fails is 429, from that address; what is
// valid is served.
func TestThrottleGuesses(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		valid := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		guessers := b.guessers()
		for n := 0; n < 200; {
			for _, guess := range guessers {
				if a := guess(); a.Code != 400 && a.Code != 401 {
					t.Fatalf("guess %d: %d %s", n, a.Code, a.text)
				}
				n++
			}
		}
		for name, guess := range guessers {
			t.Run(name, func(t *testing.T) { guess().throttled(t, 60) })
		}
		kept := b.count(t, "login_attempts")
		b.token(redemption(b.web, b.code(t, b.web, b.alice)), by(b.web), from(stranger)).succeeded(t, "read write", true)
		b.token(form("grant_type", "client_credentials"), by(b.web), from(stranger)).succeeded(t, "read write", false)
		renewed := b.token(refreshGrant(valid.refresh), by(b.web), from(stranger)).succeeded(t, "read write", true)
		if a := b.introspect(form("token", renewed.access), by(b.web), from(stranger)); a.body["active"] != true {
			t.Errorf("introspection: %d %s", a.Code, a.text)
		}
		if a := b.revoke(form("token", renewed.access), by(b.web), from(stranger)); a.Code != 200 {
			t.Errorf("revocation: %d %s", a.Code, a.text)
		}
		b.token(passwordGrant("username", "bob"), by(b.web), from(stranger)).succeeded(t, "read write", true) // sign-ins have a count of their own
		b.token(refreshGrant("unknown"), by(b.web), from(office)).refused(t, 400, server.InvalidGrant, "The refresh token is invalid.")
		if n := b.count(t, "login_attempts"); n != kept+1 { // the one from the office
			t.Errorf("%d rows of counts became %d", kept, n)
		}
		b.db.Clock.Advance(time.Minute)
		b.token(refreshGrant("unknown"), by(b.web), from(stranger)).refused(t, 400, server.InvalidGrant, "The refresh token is invalid.")
	})
}

// TestThrottleGuessedBearer: unknown bearer tokens count; once too many came, one that is refused for another reason
// gets the same answer, which does not tell that it is one.
func TestThrottleGuessedBearer(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		live := b.personal(t, b.alice, models.FaceGateway, "write")
		dead := b.personal(t, b.bob, models.FaceGateway, "write")
		b.bob.IsActive = false
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.bob) })
		outcome := func(value string) string {
			_, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, models.SecretOf(value), stranger.address)
			return fmt.Sprint(err)
		}
		for range 20 {
			if got := outcome(dead); got != server.ErrInvalidToken.Error() {
				t.Fatalf("of a disabled user: %s", got)
			}
		}
		for range 5 {
			if got := outcome("unknown"); got != server.ErrInvalidToken.Error() {
				t.Fatalf("unknown: %s", got)
			}
		}
		for _, value := range []string{"unknown", dead, ""} {
			if got := outcome(value); got != (&server.Throttled{Seconds: 60}).Error() {
				t.Errorf("%q: %s", value, got)
			}
		}
		if got := outcome(live); got != "<nil>" {
			t.Errorf("a live token: %s", got)
		}
		if !b.accepts(t, models.FaceGateway, live) || b.accepts(t, models.FaceGateway, "unknown") {
			t.Error("another address is refused along")
		}
	}, few)
}

// TestThrottleForeign: codes and refresh tokens of another client count like unknown ones, and cannot be told from them.
func TestThrottleForeign(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code, refresh := b.code(t, b.web, b.alice), b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).refresh
		redirect := redemption(b.web, code)
		for range 5 {
			b.token(redirect, by(b.job), from(stranger)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
		}
		b.token(redirect, by(b.job), from(stranger)).throttled(t, 60)
		b.controllerToken(refreshGrant(refresh), by(b.job), from(stranger)).throttled(t, 60)
		b.token(redirect, by(b.web), from(stranger)).succeeded(t, "read write", true) // spent by none of it
		b.token(refreshGrant(refresh), by(b.web), from(stranger)).succeeded(t, "read write", true)
	}, few)
}

// TestThrottleSparesClients: what an authenticated client asks about or revokes is no guess, and neither is a malformed request.
func TestThrottleSparesClients(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		auditor := b.personal(t, b.auditor, models.FaceGateway, "read")
		for n := range 1000 {
			token := form("token", fmt.Sprint("unknown ", n))
			if a := b.introspect(token, by(b.web), from(stranger)); a.Code != 200 || a.text != "{\"active\":false}\n" {
				t.Fatalf("introspection %d: %d %s", n, a.Code, a.text)
			}
			if n%50 != 0 {
				continue
			}
			b.introspect(token, bearer(auditor), from(stranger))
			b.revoke(token, by(b.web), from(stranger))
			b.token(form("grant_type", "refresh_token"), by(b.web), from(stranger))
			b.token(passwordGrant(), from(stranger)) // names no client
			b.token(passwordGrant(), header("Basic %%"), from(stranger))
		}
		b.counted(t, map[string]int{"login_attempts": 0})
	}, few)
}
