package manage

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReachable(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		"0.0.0.0:8080":   "127.0.0.1:8080",
		":8080":          "127.0.0.1:8080",
		"[::]:8080":      "[::1]:8080",
		"[::1]:8080":     "[::1]:8080",
		"gatehouse:80":   "gatehouse:80",
		"10.0.0.1:80":    "10.0.0.1:80",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%s is reached at %s, want %s", listen, got, want)
		}
	}
}

// TestCheck asks a server that is ready, one that is not, and none.
func TestCheck(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "sqlite:gatehouse.db", "HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1")
	m.fails("no server answers at "+m.listen+": connect: connection refused", "check")
	server := m.serve()
	m.prints("", "check")
	_, port, err := net.SplitHostPort(m.listen)
	if err != nil {
		t.Fatal(err)
	}
	m.env = append(m.env, "GATEHOUSE_LISTEN=0.0.0.0:"+port)
	m.prints("", "check")
	if code := server.stop(); code != 0 {
		t.Errorf("the server's exit code is %d", code)
	}
	lost := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz/ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer lost.Close()
	address := strings.TrimPrefix(lost.URL, "http://")
	m.env = append(m.env, "GATEHOUSE_LISTEN="+address)
	m.fails(fmt.Sprintf("the server at %s is not ready: 503 Service Unavailable", address), "check")
}
