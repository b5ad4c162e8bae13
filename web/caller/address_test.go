package caller

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// behindProxies recognises callers behind a proxy at 192.0.2.1 and others in 10.0.0.0/8 and fd00::/8.
func behindProxies() *Callers {
	return &Callers{proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
}

// from is a request over a connection from peer.
func from(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = forwarded
	r.Header.Set("Forwarded", "for=198.51.100.99")
	r.Header.Set("X-Real-IP", "198.51.100.99")
	return r
}

// TestAddressBehindProxies: from a trusted proxy the client's address is the last one of X-Forwarded-For that is no trusted proxy's;
// from anybody else the header says nothing.
func TestAddressBehindProxies(t *testing.T) {
	t.Parallel()
	c := behindProxies()
	const proxy, stranger = "192.0.2.1:5000", "203.0.113.9:5000"
	long := strings.Repeat("198.51.100.1,", 10_000)
	for _, test := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no header", proxy, nil, "192.0.2.1"},
		{"one client", proxy, []string{"198.51.100.7"}, "198.51.100.7"},
		{"beside the proxy", "192.0.2.2:5000", []string{"198.51.100.7"}, "192.0.2.2"},
		{"forged by a stranger", stranger, []string{"198.51.100.7"}, "203.0.113.9"},
		{"forged as a proxy by a stranger", stranger, []string{"10.0.0.1", "192.0.2.1"}, "203.0.113.9"},
		{"forged before the proxy wrote", proxy, []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"forged in a header of its own", proxy, []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		{"forged as a proxy before the proxy wrote", proxy, []string{"198.51.100.7, 10.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"a chain of proxies", proxy, []string{"127.0.0.1, 198.51.100.7, 10.0.0.3", "fd00::2,10.1.2.3"}, "198.51.100.7"},
		{"proxies only", proxy, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"many entries", proxy, []string{long + "203.0.113.9"}, "203.0.113.9"},
		{"many proxies", proxy, []string{"198.51.100.7," + strings.Repeat("10.0.0.1,", 10_000) + "10.0.0.2"}, "198.51.100.7"},
		{"spaces and tabs", proxy, []string{" \t198.51.100.7\t "}, "198.51.100.7"},
		{"port", proxy, []string{"198.51.100.7:567"}, "198.51.100.7"},
		{"IPv6", proxy, []string{"2001:DB8:0:0::1"}, "2001:db8::1"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::1]:567"}, "2001:db8::1"},
		{"zone", proxy, []string{"fe80::1%eth0"}, "fe80::1"},
		{"zone and port", proxy, []string{"[fe80::1%eth0]:567"}, "fe80::1"},
		{"proxy with a zone and a port", proxy, []string{"198.51.100.7, [fd00::1%eth0]:567"}, "198.51.100.7"},
		{"IPv4 as mapped IPv6", proxy, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"proxy as mapped IPv6", proxy, []string{"198.51.100.7, ::ffff:10.0.0.1"}, "198.51.100.7"},
		{"connection of a mapped address", "[::ffff:192.0.2.1]:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"stranger of a mapped address", "[::ffff:203.0.113.9]:5000", []string{"198.51.100.7"}, "203.0.113.9"},
		{"proxy over IPv6", "[fd00::1%eth0]:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"empty", proxy, []string{""}, "192.0.2.1"},
		{"garbage", proxy, []string{"garbage"}, "192.0.2.1"},
		{"garbage before the client", proxy, []string{"garbage, 198.51.100.7"}, "198.51.100.7"},
		{"garbage after the client", proxy, []string{"198.51.100.7, unknown"}, "192.0.2.1"},
		{"garbage between proxies", proxy, []string{"198.51.100.7, _hidden, 10.0.0.2"}, "10.0.0.2"},
		{"nothing after the client", proxy, []string{"198.51.100.7,"}, "192.0.2.1"},
		{"nothing between", proxy, []string{"198.51.100.7,,10.0.0.2"}, "10.0.0.2"},
		{"a name", proxy, []string{"localhost"}, "192.0.2.1"},
		{"a network", proxy, []string{"198.51.100.0/24"}, "192.0.2.1"},
		{"leading zeros", proxy, []string{"198.051.100.007"}, "192.0.2.1"},
		{"a number too large", proxy, []string{"198.51.100.256"}, "192.0.2.1"},
		{"a port too large", proxy, []string{"198.51.100.7:65536"}, "192.0.2.1"},
		{"port without a number", proxy, []string{"198.51.100.7:"}, "192.0.2.1"},
		{"half a bracket", proxy, []string{"[2001:db8::1"}, "192.0.2.1"},
		{"the other half", proxy, []string{"2001:db8::1]"}, "192.0.2.1"},
		{"IPv4 in brackets", proxy, []string{"[198.51.100.7]"}, "192.0.2.1"},
		{"quotes", proxy, []string{`"198.51.100.7"`}, "192.0.2.1"},
		{"as in Forwarded", proxy, []string{"for=198.51.100.7"}, "192.0.2.1"},
		{"semicolon", proxy, []string{"198.51.100.7; 198.51.100.8"}, "192.0.2.1"},
		{"NUL", proxy, []string{"198.51.100.7\x00"}, "192.0.2.1"},
		{"Unix socket", "@", []string{"198.51.100.7"}, "@"},
	} {
		if got := c.address(from(test.peer, test.forwarded...)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// TestFromProxy: what counts is the other end of the connection alone.
func TestFromProxy(t *testing.T) {
	t.Parallel()
	c := behindProxies()
	for peer, want := range map[string]bool{"192.0.2.1:1": true, "10.255.255.255:1": true, "[fd00::1]:1": true, "[::ffff:10.0.0.1]:1": true,
		"192.0.2.2:1": false, "11.0.0.0:1": false, "[fe80::1]:1": false, "[::ffff:192.0.2.2]:1": false, "@": false, "": false} {
		if c.FromProxy(from(peer, "192.0.2.1")) != want {
			t.Errorf("%q: got %t", peer, !want)
		}
	}
}

// FuzzForwardedFor: whatever stands in the header, the address is one, and a stranger's is that of the connection.
func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.7", "[::1]:567, 10.0.0.1", "a,,b", "fe80::1%25eth0", "::ffff:1.2.3.4:5"} {
		f.Add(seed)
	}
	c := behindProxies()
	f.Fuzz(func(t *testing.T, header string) {
		for _, peer := range []string{"192.0.2.1", "192.0.2.2"} {
			got := c.address(from(peer+":5000", header))
			address, err := netip.ParseAddr(got)
			if err != nil || address.Zone() != "" || address.Is4In6() || peer == "192.0.2.2" && got != peer {
				t.Errorf("%q from %s: %q", header, peer, got)
			}
		}
	})
}
