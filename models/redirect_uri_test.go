package models

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	noURL      = "Enter a valid URL."
	noFragment = "Redirect URIs must not contain a fragment: "
	noWildcard = "Wildcards are not allowed in redirect URIs: "
	noScheme   = "Unauthorized redirect scheme: "
	noHTTP     = "Unauthorized redirect scheme: http. Use https, or http with a loopback address."
)

// TestCheckRedirectURI is what may be registered (RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, contract §1.2, §12.2, §12.18): by default,
// as the gateway does, and as the controller does, where plain http is accepted and a private-use scheme is not.
func TestCheckRedirectURI(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, uri, gateway, controller string }{
		{"https", "https://client.example/cb", "", ""},
		{"https with port and query", "https://client.example:8443/cb?a=1&b=%2F", "", ""},
		{"https without path", "https://client.example", "", ""},
		{"https in capitals", "HTTPS://client.example/cb", "", ""},
		{"https by address", "https://192.0.2.1/cb", "", ""},
		{"host in punycode", "https://xn--bcher-kva.example/cb", "", ""},
		{"§12.2 http", "http://client.example/cb", noHTTP, ""},
		{"http, 127.0.0.1", "http://127.0.0.1/cb", "", ""},
		{"http, 127.0.0.1 with port", "http://127.0.0.1:5000/cb", "", ""},
		{"http, ::1", "http://[::1]:5000/cb", "", ""},
		{"http, localhost", "http://localhost:5000/cb", "", ""},
		{"http, another loopback address", "http://127.8.8.8/cb", "", ""},
		{"http, localhost as a prefix", "http://localhost.evil.example/cb", noHTTP, ""},
		{"http, loopback address as a prefix", "http://127.0.0.1.evil.example/cb", noHTTP, ""},
		{"http, loopback address in short", "http://127.1/cb", noHTTP, ""},
		{"http, loopback address as a number", "http://2130706433/cb", noHTTP, ""},
		{"http, every address", "http://0.0.0.0/cb", noHTTP, ""},
		{"§12.18 private-use scheme", "com.example.app:/cb", "", noScheme + "com.example.app"},
		{"§12.18 private-use scheme with host", "com.example.app://host/cb", "", noScheme + "com.example.app"},
		{"private-use scheme without dot", "myapp:/cb", noScheme + "myapp", noScheme + "myapp"},
		{"script", "javascript:alert(1)", noScheme + "javascript", noScheme + "javascript"},
		{"script, in capitals", "JavaScript://client.example/%0aalert(1)", noScheme + "javascript", noScheme + "javascript"},
		{"data", "data:text/html,x", noScheme + "data", noScheme + "data"},
		{"file", "file:///etc/passwd", noScheme + "file", noScheme + "file"},
		{"out-of-band", "urn:ietf:wg:oauth:2.0:oob", noScheme + "urn", noScheme + "urn"},
		{"relative", "/cb", noURL, noURL},
		{"without scheme", "//client.example/cb", noURL, noURL},
		{"host alone", "client.example/cb", noURL, noURL},
		{"empty", "", noURL, noURL},
		{"no host", "https:///cb", noURL, noURL},
		{"no host but a port", "https://:443/cb", noURL, noURL},
		{"opaque", "https:client.example/cb", noURL, noURL},
		{"port that is none", "https://client.example:x/cb", noURL, noURL},
		{"fragment", "https://client.example/cb#f", noFragment + "https://client.example/cb#f", noFragment + "https://client.example/cb#f"},
		{"empty fragment", "https://client.example/cb#", noFragment + "https://client.example/cb#", noFragment + "https://client.example/cb#"},
		{"user-info", "https://user@client.example/cb", noURL, noURL},
		{"user-info with password", "https://client.example:x@evil.example/cb", noURL, noURL},
		{"empty user-info", "https://@client.example/cb", noURL, noURL},
		{"wildcard host", "https://*.client.example/cb", noWildcard + "https://*.client.example/cb", noWildcard + "https://*.client.example/cb"},
		{"wildcard path", "https://client.example/*", noWildcard + "https://client.example/*", noWildcard + "https://client.example/*"},
		{"wildcard query", "https://client.example/cb?*", noWildcard + "https://client.example/cb?*", noWildcard + "https://client.example/cb?*"},
		{"backslash", `https://client.example\@evil.example/cb`, noURL, noURL},
		{"backslash in the path", `https://client.example/\evil`, noURL, noURL},
		{"NUL", "https://client.example/\x00", noURL, noURL},
		{"newline", "https://client.example/\r\nSet-Cookie:a=b", noURL, noURL},
		{"delete", "https://client.example/\x7f", noURL, noURL},
		{"space", "https://client.example/a b", noURL, noURL},
		{"host with a dot of another script", "https://client\u3002example/cb", noURL, noURL},
		{"look-alike host", "https://\u0441lient.example/cb", noURL, noURL},
		{"path in Unicode", "https://client.example/caf\u00e9", noURL, noURL},
		{"text turned around", "https://client.example/\u202ecb", noURL, noURL},
		{"broken UTF-8", "https://client.example/\xff", noURL, noURL},
		{"broken escape", "https://client.example/%zz", noURL, noURL},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := CheckRedirectURI(test.uri, ApplicationRules{AllowCustomSchemes: true}); got != test.gateway {
				t.Errorf("gateway: got %q, want %q", got, test.gateway)
			}
			if got := CheckRedirectURI(test.uri, ApplicationRules{AllowHTTPRedirectURIs: true}); got != test.controller {
				t.Errorf("controller: got %q, want %q", got, test.controller)
			}
		})
	}
}

// TestMatchRedirectURI is what a client may present, for a client with these registered (RFC 6749 §3.1.2.3, RFC 8252 §7.3, RFC 9700 §2.1).
func TestMatchRedirectURI(t *testing.T) {
	t.Parallel()
	const web, native = "https://client.example/cb", "http://127.0.0.1:5000/cb"
	registered := &Application{RedirectURIs: Words{web, "https://client.example/cb2?a=1", native, "http://[::1]/cb", "http://localhost:5000/cb",
		"http://127.0.0.2:5000/cb", "https://127.0.0.1:5000/cb", "http://127.0.0.1?native", "com.example.app:/cb"}}
	for _, test := range []struct {
		name, presented string
		want            bool
	}{
		{"the same", web, true},
		{"the same, with query", "https://client.example/cb2?a=1", true},
		{"the same, private-use scheme", "com.example.app:/cb", true},
		{"nothing", "", false},
		{"suffix", web + "/more", false},
		{"suffix of the word", web + "x", false},
		{"slash at the end", web + "/", false},
		{"prefix", "https://client.example/c", false},
		{"host only", "https://client.example", false},
		{"host with a suffix", "https://client.example.evil.example/cb", false},
		{"host with a prefix", "https://evilclient.example/cb", false},
		{"subdomain", "https://sub.client.example/cb", false},
		{"host with a dot at the end", "https://client.example./cb", false},
		{"user-info", "https://client.example@evil.example/cb", false},
		{"user-info before the right host", "https://evil@client.example/cb", false},
		{"path traversal", "https://client.example/cb/../evil", false},
		{"path traversal back to it", "https://client.example/x/../cb", false},
		{"path traversal, encoded", "https://client.example/%2e%2e/cb", false},
		{"encoded slash", "https://client.example%2Fcb", false},
		{"encoded letter", "https://client.example/%63b", false},
		{"two slashes", "https://client.example//cb", false},
		{"other case of the host", "https://CLIENT.example/cb", false},
		{"other case of the scheme", "HTTPS://client.example/cb", false},
		{"other case of the path", "https://client.example/CB", false},
		{"other scheme", "http://client.example/cb", false},
		{"port of the scheme", "https://client.example:443/cb", false},
		{"other port", "https://client.example:8443/cb", false},
		{"extra query", web + "?x=1", false},
		{"empty query", web + "?", false},
		{"query with more", "https://client.example/cb2?a=1&b=2", false},
		{"query in part", "https://client.example/cb2", false},
		{"fragment", web + "#x", false},
		{"empty fragment", web + "#", false},
		{"wildcard", "https://*.example/cb", false},
		{"backslash", `https://client.example\cb`, false},
		{"backslash and at", `https://evil.example\@client.example/cb`, false},
		{"NUL", web + "\x00", false},
		{"NUL and suffix", web + "\x00.evil.example", false},
		{"newline", web + "\n", false},
		{"space before", " " + web, false},
		{"space after", web + " ", false},
		{"two of them", web + " " + native, false},
		{"look-alike letter", "https://\u0441lient.example/cb", false},
		{"dot of another script", "https://client\u3002example/cb", false},
		{"letter of double width", "https://client.example/\uff43b", false},
		{"invisible character", "https://client.example/c\u200bb", false},

		{"loopback, as registered", native, true},
		{"RFC 8252 §7.3 loopback, any port", "http://127.0.0.1:61234/cb", true},
		{"RFC 8252 §7.3 loopback, no port", "http://127.0.0.1/cb", true},
		{"RFC 8252 §7.3 IPv6 loopback, any port", "http://[::1]:61234/cb", true},
		{"RFC 8252 §7.3 IPv6 loopback, as registered", "http://[::1]/cb", true},
		{"RFC 8252 §7.3 loopback without path, any port", "http://127.0.0.1:61234?native", true},
		{"loopback, other path", "http://127.0.0.1:61234/other", false},
		{"loopback, extra query", "http://127.0.0.1:61234/cb?x=1", false},
		{"loopback, fragment", "http://127.0.0.1:61234/cb#x", false},
		{"loopback, no path", "http://127.0.0.1:61234", false},
		{"loopback, https has no free port", "https://127.0.0.1:61234/cb", false},
		{"loopback, another address has no free port", "http://127.0.0.2:61234/cb", false},
		{"RFC 8252 §8.3 localhost has no free port", "http://localhost:61234/cb", false},
		{"localhost, as registered", "http://localhost:5000/cb", true},
		{"localhost for the address", "http://localhost:61234/cb", false},
		{"loopback in short", "http://127.1:5000/cb", false},
		{"loopback as a number", "http://2130706433:5000/cb", false},
		{"loopback, mapped", "http://[::ffff:127.0.0.1]:5000/cb", false},
		{"loopback, in long", "http://[0:0:0:0:0:0:0:1]/cb", false},
		{"loopback, other case", "HTTP://127.0.0.1:5000/cb", false},
		{"loopback as a prefix", "http://127.0.0.1.evil.example/cb", false},
		{"loopback as a prefix, with port", "http://127.0.0.1.evil.example:5000/cb", false},
		{"loopback as user-info", "http://127.0.0.1@evil.example/cb", false},
		{"loopback and port as user-info", "http://127.0.0.1:5000@evil.example/cb", false},
		{"loopback, port with user-info", "http://127.0.0.1:5000:x@evil.example/cb", false},
		{"loopback, backslash", `http://127.0.0.1:5000\@evil.example/cb`, false},
		{"loopback, empty port", "http://127.0.0.1:/cb", false},
		{"loopback, port in words", "http://127.0.0.1:http/cb", false},
		{"loopback, port with a sign", "http://127.0.0.1:+80/cb", false},
		{"loopback, port below 0", "http://127.0.0.1:-1/cb", false},
		{"loopback, port too long", "http://127.0.0.1:000080/cb", false},
		{"loopback, port too high", "http://127.0.0.1:65536/cb", false},
		{"loopback, highest port", "http://127.0.0.1:65535/cb", true},
		{"loopback, port in other digits", "http://127.0.0.1:\u0668\u0660/cb", false},
		{"loopback, encoded port", "http://127.0.0.1:%35000/cb", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := registered.MatchRedirectURI(test.presented) != ""; got != test.want {
				t.Errorf("%q: got %t, want %t", test.presented, got, test.want)
			}
		})
	}
	if (&Application{}).MatchRedirectURI("") != "" || (&Application{RedirectURIs: Words{""}}).MatchRedirectURI("") != "" {
		t.Error("nothing matches where nothing is registered")
	}
}

// TestInsecureRedirects lists what people are warned of (contract §12.2).
func TestInsecureRedirects(t *testing.T) {
	t.Parallel()
	a := &Application{RedirectURIs: Words{"https://client.example/cb", "http://client.example/cb", "http://127.0.0.1/cb", "http://[::1]/cb",
		"http://localhost/cb", "HTTP://192.0.2.1/cb", "com.example.app:/cb"}}
	if got, want := a.InsecureRedirects(), []string{"http://client.example/cb", "HTTP://192.0.2.1/cb"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&Application{RedirectURIs: Words{"https://client.example/cb"}}).InsecureRedirects(); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
}

// FuzzMatchRedirectURI: whatever is presented, what matches is the registered text or goes to the same loopback host, path and query.
func FuzzMatchRedirectURI(f *testing.F) {
	const web, native = "https://client.example/cb", "http://127.0.0.1:5000/cb?a=1"
	for _, seed := range []string{web, native, "http://127.0.0.1:1/cb?a=1", "http://127.0.0.1:1@evil.example/cb?a=1", web + "#", ""} {
		f.Add(seed)
	}
	a := &Application{RedirectURIs: Words{web, native}}
	f.Fuzz(func(t *testing.T, presented string) {
		if a.MatchRedirectURI(presented) == "" || presented == web || presented == native {
			return
		}
		uri, err := url.Parse(presented)
		if err != nil || uri.Scheme != "http" || uri.Hostname() != "127.0.0.1" || uri.RequestURI() != "/cb?a=1" || uri.User != nil ||
			strings.Contains(presented, "#") {
			t.Errorf("%q matches", presented)
		}
	})
}
