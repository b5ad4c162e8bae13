package server_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const clientFailed = "Client authentication failed."

func basic(text string) func(*http.Request) { return header(encoded(text)) }

// TestClientAuthentication is RFC 6749 §2.3.1 at the token endpoint; every client here is registered for the password grant.
func TestClientAuthentication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		web, job, desktop := b.web, b.job, b.desktop
		for _, c := range []struct {
			name    string
			body    []string
			headers []string // Authorization
			code    server.ErrorCode
			words   string
		}{
			{"basic", nil, []string{encoded(web.ClientID + ":" + web.Secret)}, "", ""},
			{"basic, scheme in another case", nil, []string{"bAsIc " + encoded(web.ClientID + ":" + web.Secret)[6:]}, "", ""},
			{"basic, form-encoded", nil, []string{encoded(percent(web.ClientID) + ":" + percent(web.Secret))}, "", ""},
			{"post", []string{"client_id", web.ClientID, "client_secret", web.Secret}, nil, "", ""},
			{"basic with the same id in the body", []string{"client_id", web.ClientID}, []string{encoded(web.ClientID + ":" + web.Secret)}, "", ""},
			{"public by id", []string{"client_id", desktop.ClientID}, nil, "", ""},
			{"public by basic with an empty secret", nil, []string{encoded(desktop.ClientID + ":")}, "", ""},

			{"basic with another id in the body", []string{"client_id", job.ClientID}, []string{encoded(web.ClientID + ":" + web.Secret)},
				server.InvalidRequest, "The client_id in the body is not the one in the Authorization header."},
			{"two secrets", []string{"client_id", web.ClientID, "client_secret", web.Secret}, []string{encoded(web.ClientID + ":" + web.Secret)},
				server.InvalidRequest, "Use one method of client authentication, not two."},
			{"a secret in the body beside basic", []string{"client_secret", web.Secret}, []string{encoded(web.ClientID + ":" + web.Secret)},
				server.InvalidRequest, "Use one method of client authentication, not two."},
			{"two headers", nil, []string{encoded(web.ClientID + ":" + web.Secret), encoded(web.ClientID + ":" + web.Secret)},
				server.InvalidRequest, "The Authorization header is repeated."},

			{"nobody", nil, nil, server.InvalidClient, clientFailed},
			{"wrong secret by basic", nil, []string{encoded(web.ClientID + ":" + job.Secret)}, server.InvalidClient, clientFailed},
			{"wrong secret by post", []string{"client_id", web.ClientID, "client_secret", "x"}, nil, server.InvalidClient, clientFailed},
			{"right secret and more", nil, []string{encoded(web.ClientID + ":" + web.Secret + "x")}, server.InvalidClient, clientFailed},
			{"a secret's beginning", nil, []string{encoded(web.ClientID + ":" + web.Secret[:127])}, server.InvalidClient, clientFailed},
			{"the digest as the secret", nil, []string{encoded(web.ClientID + ":" + models.SecretOf(web.Secret).Digest().String())}, server.InvalidClient, clientFailed},
			{"confidential without a secret", []string{"client_id", web.ClientID}, nil, server.InvalidClient, clientFailed},
			{"confidential with an empty one", nil, []string{encoded(web.ClientID + ":")}, server.InvalidClient, clientFailed},
			{"public with a secret", []string{"client_id", desktop.ClientID, "client_secret", "x"}, nil, server.InvalidClient, clientFailed},
			{"public with another's secret", nil, []string{encoded(desktop.ClientID + ":" + web.Secret)}, server.InvalidClient, clientFailed},
			{"unknown", []string{"client_id", "unknown", "client_secret", "x"}, nil, server.InvalidClient, clientFailed},
			{"unknown without a secret", []string{"client_id", "unknown"}, nil, server.InvalidClient, clientFailed},
			{"secret without an id", []string{"client_secret", web.Secret}, nil, server.InvalidClient, clientFailed},
			{"id in another case", nil, []string{encoded(swapCase(web.ClientID) + ":" + web.Secret)}, server.InvalidClient, clientFailed},
			{"basic without a colon", nil, []string{encoded(web.ClientID)}, server.InvalidClient, clientFailed},
			{"basic without an id", nil, []string{encoded(":" + web.Secret)}, server.InvalidClient, clientFailed},
			{"basic that is no base64", nil, []string{"Basic " + web.ClientID + ":" + web.Secret}, server.InvalidClient, clientFailed},
			{"basic alone", nil, []string{"Basic"}, server.InvalidClient, clientFailed},
			{"basic with a broken escape", nil, []string{encoded(web.ClientID + ":%zz")}, server.InvalidClient, clientFailed},
			{"basic with a NUL", nil, []string{encoded(web.ClientID + "%00:" + web.Secret)}, server.InvalidClient, clientFailed},
			{"basic that is no UTF-8", nil, []string{encoded("\xff:" + web.Secret)}, server.InvalidClient, clientFailed},
			{"bearer", nil, []string{"Bearer " + web.Secret}, server.InvalidClient, clientFailed},
			{"empty header", []string{"client_id", desktop.ClientID}, []string{""}, server.InvalidClient, clientFailed},
		} {
			t.Run(c.name, func(t *testing.T) {
				var options []func(*http.Request)
				for _, each := range c.headers {
					options = append(options, header(each))
				}
				request := passwordGrant(c.body...)
				if c.code == "" {
					b.token(request, options...).succeeded(t, "read write", true)
					return
				}
				b.unchanged(t, func() {
					a := b.token(request, options...)
					status, challenge := 400, []string(nil)
					if c.code == server.InvalidClient {
						status = 401
						if len(c.headers) > 0 { // RFC 6749 §5.2
							challenge = []string{`Basic realm="gatehouse"`}
						}
					}
					a.refused(t, status, c.code, c.words)
					if diff := cmp.Diff(challenge, a.Header().Values("WWW-Authenticate")); diff != "" {
						t.Errorf("WWW-Authenticate (-want +got):\n%s", diff)
					}
				})
			})
		}
	})
}

func encoded(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

// percent escapes every character, as RFC 6749 §2.3.1 permits.
func percent(text string) string {
	const digits = "0123456789ABCDEF"
	var escaped []byte
	for _, c := range []byte(text) {
		escaped = append(escaped, '%', digits[c>>4], digits[c&15])
	}
	return string(escaped)
}

func swapCase(text string) string {
	swapped := []byte(text)
	for n, c := range swapped {
		if c >= 'A' {
			swapped[n] = c ^ 0x20
		}
	}
	return string(swapped)
}

// TestUnknownClientAndWrongSecret are one answer, byte by byte, at each endpoint: nobody learns which clients there are.
func TestUnknownClientAndWrongSecret(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, endpoint := range map[string]func(url.Values, ...func(*http.Request)) answer{
			"token": b.token, "device authorization": b.device, "revoke": b.revoke, "introspect": b.introspect,
		} {
			request := passwordGrant("token", "t")
			wrong, unknown := endpoint(request, basic(b.web.ClientID+":x")), endpoint(request, basic("unknown:x"))
			sameAnswer(t, name+" by basic", wrong, unknown)
			wrong = endpoint(with(request, "client_id", b.web.ClientID, "client_secret", "x"))
			unknown = endpoint(with(request, "client_id", "unknown", "client_secret", "x"))
			sameAnswer(t, name+" by post", wrong, unknown)
			sameAnswer(t, name+" without a secret", endpoint(request, identified(b.web.ClientID)), endpoint(request, identified("unknown")))
		}
	})
}

func sameAnswer(t *testing.T, name string, a, other answer) {
	t.Helper()
	if a.Code != 401 || a.Code != other.Code || a.text != other.text {
		t.Errorf("%s: %d %s and %d %s", name, a.Code, a.text, other.Code, other.text)
	}
	if diff := cmp.Diff(a.Header(), other.Header()); diff != "" {
		t.Errorf("%s: headers (-wrong secret +unknown client):\n%s", name, diff)
	}
}

// TestFailedClientAuthenticationSpendsNothing: a client that tries one method after another still has its code, refresh token and device code.
func TestFailedClientAuthenticationSpendsNothing(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := redemption(b.web, b.code(t, b.web, b.alice))
		b.unchanged(t, func() { b.token(code, basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed) })
		got := b.token(with(code, "client_id", b.web.ClientID, "client_secret", b.web.Secret)).succeeded(t, "read write", true)
		refresh := refreshGrant(got.refresh)
		b.unchanged(t, func() {
			b.token(refresh, basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed)
		})
		b.token(refresh, by(b.web)).succeeded(t, "read write", true)
		device := poll(b.approved(t, b.web, b.alice))
		b.unchanged(t, func() {
			b.token(device, basic(b.web.ClientID+":x")).refused(t, 401, server.InvalidClient, clientFailed)
		})
		b.token(with(device, "client_id", b.web.ClientID, "client_secret", b.web.Secret)).succeeded(t, "read write", true)
	})
}

// TestOverlappingSecrets: while a rotated secret overlaps with its successor both authenticate, then the new one alone.
func TestOverlappingSecrets(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		next, end := models.NewSecret(models.ClientSecretLength), b.Now().Add(time.Hour)
		b.change(t, func(tx *store.Tx) error {
			return firstError(tx.ExpireClientSecrets(b.web.ID, end),
				tx.AddClientSecret(&models.ClientSecret{ApplicationID: b.web.ID, Digest: next.Digest(), Created: tx.Now()}))
		})
		b.db.Clock.Advance(time.Hour - time.Microsecond)
		b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.token(passwordGrant(), basic(b.web.ClientID+":"+next.Reveal())).succeeded(t, "read write", true)
		b.db.Clock.Advance(time.Microsecond)
		b.token(passwordGrant(), by(b.web)).refused(t, 401, server.InvalidClient, clientFailed)
		b.token(passwordGrant(), basic(b.web.ClientID+":"+next.Reveal())).succeeded(t, "read write", true)
	})
}
