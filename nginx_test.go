package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

const forwardPage = "docs/forward-authentication.md"

// TestForwardAuthenticationByNginx protects a program by the configuration of docs/forward-authentication.md, in a real nginx.
func TestForwardAuthenticationByNginx(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_TRUSTED_PROXIES=127.0.0.1", "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "prüfer", "--email", "pruefer@example.org")
		p.serve()
		n := &protected{program: p, listen: freeAddress(t), reached: make(chan http.Header, 1)}
		n.start()
		reading, writing := n.make("read"), n.make("write")
		n.refuses("no token", http.MethodGet, "", 401, `Bearer realm="gatehouse"`)
		n.refuses("bad token", http.MethodGet, "Bearer unknown", 401, `Bearer realm="gatehouse", error="invalid_token"`)
		n.refuses("Basic", http.MethodGet, "Basic cHLDvGZlcjp4", 401, `Bearer realm="gatehouse"`)
		n.passes("reading reads", http.MethodGet, reading)
		n.passes("reading asks for the head", http.MethodHead, reading)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "PROPFIND"} {
			n.refuses("reading writes", method, "Bearer "+reading.value, 403, "")
			n.passes("writing writes", method, writing)
		}
		p.mustCommand("revoke_oauth2_tokens", "--user", "prüfer")
		n.refuses("revoked", http.MethodGet, "Bearer "+reading.value, 401, `Bearer realm="gatehouse", error="invalid_token"`)
		n.refuses("revoked", http.MethodPost, "Bearer "+writing.value, 401, `Bearer realm="gatehouse", error="invalid_token"`)
		n.passesMachine()
		p.end(syscall.SIGTERM)
		n.refuses("Gatehouse is away", http.MethodPost, "Bearer "+writing.value, 500, "")
	})
}

// TestForwardAuthenticationOfAnUnknownProxy: while Gatehouse does not know the proxy, a token that only reads does not pass.
func TestForwardAuthenticationOfAnUnknownProxy(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_TRUSTED_PROXIES=192.0.2.1", "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "prüfer", "--email", "pruefer@example.org")
		p.serve()
		n := &protected{program: p, listen: freeAddress(t), reached: make(chan http.Header, 1)}
		n.start()
		n.refuses("reading reads", http.MethodGet, "Bearer "+n.make("read").value, 403, "")
		n.passes("writing reads", http.MethodGet, n.make("write"))
	})
}

// protected is a program behind nginx, which asks Gatehouse.
type protected struct {
	*program
	listen  string
	reached chan http.Header // what the program behind was called with
}

// start runs nginx, as one process in the foreground, with the documented configuration.
func (n *protected) start() {
	t := n.t
	t.Helper()
	behind := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case n.reached <- r.Header:
		default: // one is enough to see that something got through
		}
	}))
	t.Cleanup(behind.Close)
	folder := t.TempDir()
	text := fmt.Sprintf("daemon off;\nmaster_process off;\npid %[1]s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n", folder)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += fmt.Sprintf("%s_temp_path %s/%[1]s;\n", kind, folder)
	}
	text += documented(t, "127.0.0.1:80;", n.listen+";", "http://127.0.0.1:9000", behind.URL, "http://127.0.0.1:8080", n.url) + "}\n"
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	command := exec.Command(nginx(t), "-p", folder, "-e", "stderr", "-c", file)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		answer, err := http.Get("http://" + n.listen)
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nginx does not answer:\n%s", log)
}

// nginx finds the server; without one the test fails, it is never skipped.
func nginx(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no nginx in the PATH or /usr/sbin: run the tests with `make test`, which installs it")
	return ""
}

// documented is the configuration of the page, with addresses replaced, given as old and new in turn.
func documented(t *testing.T, addresses ...string) string {
	t.Helper()
	page, err := os.ReadFile(forwardPage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)\n```nginx\n(.*?)```\n").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		t.Fatalf("%s holds %d configurations of nginx, want 1", forwardPage, len(blocks))
	}
	text := blocks[0][1]
	for at := 0; at < len(addresses); at += 2 {
		if strings.Count(text, addresses[at]) != 1 {
			t.Fatalf("%s: the configuration does not name %s once", forwardPage, addresses[at])
		}
		text = strings.Replace(text, addresses[at], addresses[at+1], 1)
	}
	return text
}

// call sends a request through nginx with everything forged that a caller may forge.
func (n *protected) call(method, authorization string) answer {
	n.t.Helper()
	request, err := http.NewRequestWithContext(n.t.Context(), method, "http://"+n.listen+"/page?access_token=x", strings.NewReader("body"))
	if err != nil {
		n.t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	for _, name := range []string{"X-Forwarded-User", "X_Forwarded_User", "X-Gatehouse-Scopes", "X-Gatehouse-Client", "X-Gatehouse-Token-Id", "X-Gatehouse-Token-Platform", "X_Gatehouse_Client"} {
		request.Header[name] = []string{"forged"}
	}
	for _, name := range []string{"X-Forwarded-Method", "X-Original-Method", "X-HTTP-Method-Override"} {
		request.Header.Set(name, http.MethodGet)
	}
	request.Header.Set("X-Forwarded-For", "127.0.0.1")
	return send(n.t, request)
}

func (n *protected) refuses(what, method, authorization string, status int, challenge string) {
	n.t.Helper()
	a := n.call(method, authorization)
	if a.status != status || a.header.Get("WWW-Authenticate") != challenge {
		n.t.Errorf("%s: %s: %d %q, want %d %q", what, method, a.status, a.header.Get("WWW-Authenticate"), status, challenge)
	}
	select {
	case header := <-n.reached:
		n.t.Errorf("%s: %s reached the program behind: %v", what, method, header)
	default:
	}
}

// personal is a personal token.
type personal struct{ value, id, scope string }

// make makes a personal token at the API.
func (n *protected) make(scope string) personal {
	n.t.Helper()
	made := n.api(http.MethodPost, "/api/gateway/v1/tokens/", n.newToken("prüfer"), map[string]any{"scope": scope}).want(n.t, 201)
	return personal{made.string("token"), fmt.Sprint(made.json["id"]), scope}
}

// passes checks that a user's personal token gets through, and what the program behind learns.
func (n *protected) passes(what, method string, token personal) {
	n.t.Helper()
	n.learns(what, method, token.value, map[string]string{"X-Forwarded-User": "pr%C3%BCfer", "X-Gatehouse-Scopes": token.scope,
		"X-Gatehouse-Token-Platform": "gateway", "X-Gatehouse-Token-Id": token.id})
}

// learns checks what the program behind is called with: exactly these of our headers, and neither the token nor what was forged.
func (n *protected) learns(what, method, token string, want map[string]string) {
	n.t.Helper()
	if a := n.call(method, "Bearer "+token); a.status != http.StatusOK {
		n.t.Fatalf("%s: %s: status %d: %s", what, method, a.status, a.text)
	}
	got := map[string]string{}
	for name, values := range <-n.reached {
		text := strings.Join(values, "|")
		if strings.HasPrefix(name, "X-Gatehouse-") || name == "X-Forwarded-User" {
			got[name] = text
		} else if strings.Contains(text, "forged") || strings.Contains(text, token) || name == "Authorization" || name == "X-Http-Method-Override" {
			n.t.Errorf("%s: the program behind sees %s: %s", what, name, text)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		n.t.Errorf("%s: %s: the program behind learns something else:\n%s", what, method, diff)
	}
}

// passesMachine gets a token that acts as no user through: a forged user does not arrive where none takes its place.
func (n *protected) passesMachine() {
	n.t.Helper()
	admin := n.newToken("prüfer")
	organization := n.api(http.MethodPost, "/api/gateway/v1/organizations/", admin, map[string]any{"name": "O"}).want(n.t, 201)
	client := n.api(http.MethodPost, "/api/gateway/v1/applications/", admin, map[string]any{"name": "Machine", "organization": organization.json["id"],
		"client_type": "confidential", "authorization_grant_type": "client-credentials"}).want(n.t, 201)
	token := n.form("/o/token/", client.string("client_id"), client.string("client_secret"), "grant_type", "client_credentials").want(n.t, 200).string("access_token")
	var newest struct{ Results []struct{ ID int64 } }
	list := n.api(http.MethodGet, "/api/gateway/v1/tokens/?order_by=-id&page_size=1", admin, nil).want(n.t, 200)
	if err := json.Unmarshal([]byte(list.text), &newest); err != nil || len(newest.Results) != 1 {
		n.t.Fatalf("the tokens: %s", list.text)
	}
	n.learns("a machine", http.MethodPost, token, map[string]string{"X-Gatehouse-Client": client.string("client_id"), "X-Gatehouse-Scopes": "read write",
		"X-Gatehouse-Token-Platform": "gateway", "X-Gatehouse-Token-Id": fmt.Sprint(newest.Results[0].ID)})
}
