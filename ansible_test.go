package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// TestCase76Collection runs the playbook of clients/ansible, whose tasks say themselves what has to change, with the collection awx.awx of
// Debian's ansible; then it looks at what the server was asked and what it keeps.
func TestCase76Collection(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := withAdmin(t, database)
		p.run("ansible-playbook", []string{"--inventory", "localhost,", "clients/ansible/awx.yml"},
			"CONTROLLER_HOST="+p.url, "CONTROLLER_USERNAME=admin", "CONTROLLER_PASSWORD="+adminPassword, "LC_ALL=C.UTF-8",
			"ANSIBLE_PIPELINING=true", "ANSIBLE_RETRY_FILES_ENABLED=false")
		requests := p.requests()
		for request, want := range map[string]int{
			"POST /api/v2/tokens/ 201":                9, // of these the tasks ask for three
			"POST /api/v2/organizations/ 201":         2,
			"POST /api/v2/organizations/ 403":         1,
			"GET /api/v2/organizations/ 401":          1,
			"PATCH /api/v2/organizations/N/ 200":      2,
			"DELETE /api/v2/organizations/N/ 204":     1,
			"POST /api/v2/applications/ 201":          2,
			"PATCH /api/v2/applications/N/ 200":       2,
			"DELETE /api/v2/applications/N/ 204":      1,
			"POST /api/v2/organizations/N/users/ 201": 1,
			"POST /api/v2/users/ 201":                 1,
			"PATCH /api/v2/users/N/ 200":              3,
			"DELETE /api/v2/users/N/ 204":             1,
			"DELETE /api/v2/tokens/N/ 204":            7,
		} {
			if requests[request] != want {
				t.Errorf("%s: %d times, want %d", request, requests[request], want)
			}
		}
		p.keptByThePlaybook()
	})
}

// keptByThePlaybook checks what is there afterwards, as the tasks of the playbook masked much of it.
func (p *program) keptByThePlaybook() {
	t := p.t
	t.Helper()
	admin := p.newToken("admin")
	type fields = map[string]any
	for path, want := range map[string][]fields{
		"organizations/": {{"name": "kept", "description": "Changed by a playbook"}},
		"applications/": {{"name": "kept", "redirect_uris": "https://tower.example.org/callback https://tower.example.org/api/v2/teams",
			"client_type": "confidential", "authorization_grant_type": "authorization-code", "platform": "controller"}},
		"organizations/1/users/": {{"username": "kept", "first_name": "Joe", "last_name": "User", "email": "joe@example.org", "is_system_auditor": false}},
		"tokens/": {{"description": "kept", "scope": "read", "application": 1.0, "platform": "controller"},
			{"description": "Automation Platform Controller Module Token", "scope": "write", "application": nil, "platform": "controller"}},
	} {
		var got []fields
		for n, row := range p.rows("/api/v2/"+path, admin) {
			seen := fields{}
			for key := range want[min(n, len(want)-1)] {
				seen[key] = row[key]
			}
			got = append(got, seen)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s after the playbook:\n%s", path, diff)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v2/me/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("kept", "A-long-passphrase-3")
	send(t, request).want(t, http.StatusOK)
}

// withAdmin is the serving program with a superuser.
func withAdmin(t *testing.T, database string) *program {
	t.Helper()
	p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
	p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
	p.serve()
	return p
}

// run runs a client with the environment and returns what it wrote; it has to succeed.
func (p *program) run(name string, args []string, env ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	var problems strings.Builder
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.folder, "PYTHONDONTWRITEBYTECODE=1"}, env...)
	command.Stderr = &problems
	out, err := command.Output()
	if errors.Is(err, exec.ErrNotFound) {
		p.t.Fatalf("%v: run the tests with `make test`, which installs it", err)
	}
	if err != nil {
		p.t.Fatalf("%s: %v:\n%s%s", name, err, out, problems.String())
	}
	return string(out)
}

// requests counts what the server was asked, as its log tells: method, path with N for numbers, and status.
func (p *program) requests() map[string]int {
	p.t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(p.log.String()) {
		var entry struct {
			Msg, Method, Path string
			Status            int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			p.t.Fatalf("a line of the log: %v: %s", err, line)
		}
		parts := strings.Split(entry.Path, "/")
		for n, part := range parts {
			if part != "" && strings.Trim(part, "0123456789") == "" {
				parts[n] = "N"
			}
		}
		if entry.Msg == "request" {
			counts[fmt.Sprint(entry.Method, " ", strings.Join(parts, "/"), " ", entry.Status)]++
		}
	}
	return counts
}

// rows are the objects of a list, which has to be one page.
func (p *program) rows(path, token string) []map[string]any {
	p.t.Helper()
	var page struct {
		Next    *string
		Results []map[string]any
	}
	list := p.api(http.MethodGet, path, token, nil).want(p.t, http.StatusOK)
	if err := json.Unmarshal([]byte(list.text), &page); err != nil || page.Next != nil {
		p.t.Fatalf("%s: %v: %s", path, err, list.text)
	}
	return page.Results
}
