package server_test

import (
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestRedirectURI: a redirect URI is the registered one byte by byte, but for the port of a loopback address (RFC 6749 §3.1.2.3,
// RFC 8252 §7.3, RFC 9700 §4.1.3). Everything else is a page with an error, and there is no address to go to.
func TestRedirectURI(t *testing.T) {
	registered := models.Words{"https://client.example.org/callback", "https://client.example.org/cb?tenant=1", "http://127.0.0.1/callback",
		"http://[::1]:8000/callback", "http://localhost:9000/callback", "org.example.native:/callback"}
	cases := []struct {
		name string
		uri  string
		want bool
	}{
		{"registered", "https://client.example.org/callback", true},
		{"registered with a query", "https://client.example.org/cb?tenant=1", true},
		{"registered private-use scheme", "org.example.native:/callback", true},
		{"registered loopback", "http://127.0.0.1/callback", true},
		{"another loopback port", "http://127.0.0.1:51004/callback", true},
		{"another IPv6 loopback port", "http://[::1]:51004/callback", true},
		{"no IPv6 loopback port", "http://[::1]/callback", true},

		{"suffix on the path", "https://client.example.org/callback/more", false},
		{"final slash", "https://client.example.org/callback/", false},
		{"prefix of the path", "https://client.example.org/call", false},
		{"root", "https://client.example.org/", false},
		{"host as a suffix", "https://evilclient.example.org/callback", false},
		{"host as a subdomain", "https://evil.client.example.org/callback", false},
		{"host as a prefix", "https://client.example.org.evil.example/callback", false},
		{"user information", "https://client.example.org@evil.example/callback", false},
		{"user information before", "https://evil@client.example.org/callback", false},
		{"path traversal", "https://client.example.org/callback/../evil", false},
		{"path traversal to the same", "https://client.example.org/x/../callback", false},
		{"encoded slash", "https://client.example.org/callback%2f", false},
		{"encoded letter", "https://client.example.org/%63allback", false},
		{"backslash", `https://client.example.org\callback`, false},
		{"another case of the host", "https://CLIENT.example.org/callback", false},
		{"another case of the scheme", "HTTPS://client.example.org/callback", false},
		{"another case of the path", "https://client.example.org/Callback", false},
		{"extra query", "https://client.example.org/callback?x=1", false},
		{"empty query", "https://client.example.org/callback?", false},
		{"another query", "https://client.example.org/cb?tenant=2", false},
		{"more query", "https://client.example.org/cb?tenant=1&tenant=2", false},
		{"no query", "https://client.example.org/cb", false},
		{"fragment", "https://client.example.org/callback#x", false},
		{"default port", "https://client.example.org:443/callback", false},
		{"another port", "https://client.example.org:8443/callback", false},
		{"plain http", "http://client.example.org/callback", false},
		{"another scheme", "javascript:alert(1)", false},
		{"relative", "/callback", false},
		{"no scheme", "//client.example.org/callback", false},
		{"space before", " https://client.example.org/callback", false},
		{"space behind", "https://client.example.org/callback ", false},
		{"newline behind", "https://client.example.org/callback\n", false},
		{"NUL behind", "https://client.example.org/callback\x00", false},
		{"no UTF-8", "https://client.example.org/callback\xff", false},
		{"two at once", "https://client.example.org/callback https://evil.example/", false},
		{"all that are registered", registered.String(), false},
		{"localhost with another port", "http://localhost:9001/callback", false},
		{"localhost for an address", "http://localhost/callback", false},
		{"https on a loopback address", "https://127.0.0.1/callback", false},
		{"another loopback address", "http://127.0.0.2/callback", false},
		{"the address in other words", "http://2130706433/callback", false},
		{"loopback with another path", "http://127.0.0.1:51004/callback/x", false},
		{"loopback with a query", "http://127.0.0.1:51004/callback?x=1", false},
		{"loopback and user information", "http://127.0.0.1:51004@evil.example/callback", false},
		{"loopback as a prefix", "http://127.0.0.1.evil.example/callback", false},
		{"loopback port that is none", "http://127.0.0.1:/callback", false},
		{"loopback port with a sign", "http://127.0.0.1:+80/callback", false},
		{"loopback port that is too long", "http://127.0.0.1:080808/callback", false},
		{"port of a private-use scheme", "org.example.native://callback", false},
	}
	onBed(t, func(t *testing.T, b *bed) {
		b.web.RedirectURIs = registered
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if !c.want {
					_, err := b.ParseAuthorization(t.Context(), authorization(b.web, "redirect_uri", c.uri))
					forPage(t, err, 400, server.InvalidRequest, "Mismatching redirect URI.")
					return
				}
				request, err := b.ParseAuthorization(t.Context(), authorization(b.web, "redirect_uri", c.uri))
				check(t, err)
				separator := "?"
				if strings.Contains(c.uri, "?") {
					separator = "&"
				}
				want := c.uri + separator + "error=access_denied&error_description=The+resource+owner+denied+the+request.&iss=" +
					"https%3A%2F%2Fgatehouse.example.org&state=xyz"
				if got := b.Deny(request).Location(); got != want {
					t.Errorf("leads to %q, want %q", got, want)
				}
			})
		}
	})
}

// TestRedirectURIOmitted: it may be left out where one is registered, and goes there (RFC 6749 §3.1.2.3).
func TestRedirectURIOmitted(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		request := b.asked(t, b.web, "redirect_uri", "")
		if request.RedirectURI != b.web.RedirectURIs[0] {
			t.Errorf("leads to %q", request.RedirectURI)
		}
	})
}
