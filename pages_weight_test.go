package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a page may weigh on the wire: with everything that it loads, for who has never been here, and alone.
const (
	mostCold = 60 << 10
	mostWarm = 15 << 10
)

// light checks what the browser was sent: the page, and the files that it loads, which it keeps.
func (v *viewer) light() {
	v.t.Helper()
	loaded, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](`[...new Set([String(performance.getEntriesByType("navigation")[0].transferSize),
		...[...document.querySelectorAll("link[href], script[src], use")].map((each) => (each.getAttribute("href") ?? each.getAttribute("src")).split("#")[0])])]`))
	if err != nil || len(loaded) < 4 {
		v.t.Fatalf("the page loads %q, %v", loaded, err)
	}
	warm, err := strconv.Atoi(loaded[0])
	if err != nil {
		v.t.Fatal(err)
	}
	cold := warm
	for _, address := range loaded[1:] {
		if v.assets[address] == 0 {
			v.assets[address] = onTheWire(v.t, v.base+address, "")
		}
		cold += v.assets[address]
	}
	if warm >= mostWarm || cold >= mostCold {
		v.t.Errorf("the page weighs %d bytes, the first time %d with what it loads; at most %d and %d", warm, cold, mostWarm, mostCold)
	}
}

// largest checks that a list with the most rows that can be asked for, which are four times those of a page, weighs no more either.
func (v *viewer) largest() {
	for _, list := range []string{"tokens", "sessions", "applications", "users", "organizations", "activity"} {
		if weight := onTheWire(v.t, v.shown.url+"/"+list+"?page_size=200", v.shown.sessions[administrator]); weight >= mostWarm {
			v.t.Errorf("200 rows of %s weigh %d bytes, at most %d", list, weight, mostWarm)
		}
	}
}

// onTheWire is how many bytes come for an address, headers included, when a browser asks that takes gzip and has the session.
func onTheWire(t *testing.T, address, session string) int {
	t.Helper()
	var read atomic.Int64
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return &countingConn{conn, &read}, err
	}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	if session != "" {
		request.AddCookie(&http.Cookie{Name: "gatehouse_session", Value: session})
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", address, response.StatusCode, err)
	}
	if !strings.Contains(response.Header.Get("Content-Encoding"), "gzip") {
		t.Errorf("%s is not compressed", address)
	}
	return int(read.Load())
}

type countingConn struct {
	net.Conn
	read *atomic.Int64
}

func (c *countingConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.read.Add(int64(n))
	return n, err
}
