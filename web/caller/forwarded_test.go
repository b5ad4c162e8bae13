package caller

import "testing"

// TestForwardedMethod: a request reads only where a trusted proxy says so once, clearly, and asks with a method that reads itself.
func TestForwardedMethod(t *testing.T) {
	t.Parallel()
	c := behindProxies()
	const proxy, stranger = "192.0.2.1:5000", "203.0.113.9:5000"
	type headers map[string][]string
	both := func(forwarded, original string) headers {
		return headers{"X-Forwarded-Method": {forwarded}, "X-Original-Method": {original}}
	}
	forwarded := func(methods ...string) headers { return headers{"X-Forwarded-Method": methods} }
	for _, test := range []struct {
		name, peer, method string
		headers            headers
		read               bool
	}{
		{"GET", proxy, "GET", forwarded("GET"), true},
		{"HEAD", proxy, "GET", forwarded("HEAD"), true},
		{"OPTIONS", proxy, "GET", forwarded("OPTIONS"), true},
		{"the other header", proxy, "GET", headers{"X-Original-Method": {"GET"}}, true},
		{"both headers", proxy, "GET", both("HEAD", "HEAD"), true},
		{"asked with the method held", proxy, "HEAD", forwarded("HEAD"), true},
		{"POST", proxy, "GET", forwarded("POST"), false},
		{"PUT", proxy, "GET", forwarded("PUT"), false},
		{"PATCH", proxy, "GET", forwarded("PATCH"), false},
		{"DELETE", proxy, "GET", forwarded("DELETE"), false},
		{"TRACE", proxy, "GET", forwarded("TRACE"), false},
		{"CONNECT", proxy, "GET", forwarded("CONNECT"), false},
		{"PROPFIND", proxy, "GET", forwarded("PROPFIND"), false},
		{"POST asked with POST", proxy, "POST", forwarded("POST"), false},
		{"missing", proxy, "GET", nil, false},
		{"empty", proxy, "GET", forwarded(""), false},
		{"empty beside one", proxy, "GET", both("", "GET"), false},
		{"one beside empty", proxy, "GET", both("GET", ""), false},
		{"repeated", proxy, "GET", forwarded("GET", "GET"), false},
		{"repeated, of two kinds", proxy, "GET", forwarded("GET", "POST"), false},
		{"the other one repeated", proxy, "GET", headers{"X-Forwarded-Method": {"GET"}, "X-Original-Method": {"GET", "GET"}}, false},
		{"a list", proxy, "GET", forwarded("GET, POST"), false},
		{"contradictory", proxy, "GET", both("GET", "POST"), false},
		{"contradictory the other way", proxy, "GET", both("POST", "GET"), false},
		{"two that read, but differ", proxy, "GET", both("GET", "HEAD"), false},
		{"asked with another that writes", proxy, "POST", forwarded("GET"), false},
		{"asked with an unknown method", proxy, "UNKNOWN", forwarded("GET"), false},
		{"lower case", proxy, "GET", forwarded("get"), false},
		{"space within", proxy, "GET", forwarded("GET POST"), false},
		{"from a stranger", stranger, "GET", forwarded("GET"), false},
		{"from a stranger, both", stranger, "GET", both("GET", "GET"), false},
		{"from a Unix socket", "@", "GET", forwarded("GET"), false},
	} {
		r := from(test.peer, "192.0.2.1")
		r.Method = test.method
		for name, values := range test.headers {
			r.Header[name] = values
		}
		if got := c.Forwarded(r).Write; got == test.read {
			t.Errorf("%s: counts as a write: %t", test.name, got)
		}
	}
}

// TestForwardedCredentials: a bearer token that is alone.
func TestForwardedCredentials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		authorization []string
		bearer        string
		sent          bool
	}{
		{"none", nil, "", false},
		{"bearer", []string{"Bearer t"}, "t", true},
		{"whatever its case", []string{"bEARER  t "}, "t", true},
		{"bearer without a token", []string{"Bearer"}, "", true},
		{"Basic", []string{"Basic dDp0"}, "", false},
		{"empty", []string{""}, "", false},
		{"another scheme", []string{"Bearers t"}, "", false},
		{"two tokens", []string{"Bearer t", "Bearer u"}, "", true},
		{"the same twice", []string{"Bearer t", "Bearer t"}, "", true},
		{"Basic and bearer", []string{"Basic dDp0", "Bearer t"}, "", true},
		{"bearer and nothing", []string{"Bearer t", ""}, "", true},
		{"two of Basic", []string{"Basic dDp0", "Basic dDp0"}, "", true},
	} {
		r := from("192.0.2.1:5000")
		r.Header["Authorization"] = test.authorization
		r.Header.Set("Cookie", "gatehouse_session=t")
		r.Header.Set("Proxy-Authorization", "Bearer t")
		r.URL.RawQuery = "access_token=t"
		got := behindProxies().Forwarded(r)
		if got.Bearer.Reveal() != test.bearer || got.Sent != test.sent {
			t.Errorf("%s: got %q, sent %t", test.name, got.Bearer.Reveal(), got.Sent)
		}
	}
}
