package main

import (
	"os/exec"
	"slices"
	"sync"
	"testing"

	"gatehouse/store/storetest"
)

// TestLaterCollections: what the modules of ansible.platform and of later releases of awx.awx send.
func TestLaterCollections(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := withAdmin(t, database)
		out := p.run(python(t), []string{"clients/ansible_modules.py"}, "HOST="+p.url, "USERNAME=admin", "PASSWORD="+adminPassword)
		if out != "done\n" {
			t.Errorf("it ended with %q", out)
		}
		requests := p.requests()
		for request, want := range map[string]int{
			"POST /api/gateway/v1/tokens/ 201":    5, // three by ansible.platform
			"POST /api/nowhere/ 404":              2,
			"GET /api/v2/me/ 200":                 1,
			"GET /api/controller/v2/me/ 200":      1,
			"GET /api/gateway/v1/me/ 401":         1,
			"POST /api/controller/v2/tokens/ 201": 4,

			"GET /api/gateway/v1/role_definitions/ 200":           8, // once for each user that is wanted
			"POST /api/gateway/v1/role_user_assignments/ 201":     1,
			"DELETE /api/gateway/v1/role_user_assignments/N/ 204": 1,
		} {
			if requests[request] != want {
				t.Errorf("%s: %d times, want %d", request, requests[request], want)
			}
		}
		var left []any
		for _, row := range p.rows("/api/gateway/v1/tokens/", p.newToken("admin")) {
			left = append(left, row["description"])
		}
		if slices.Contains(left, any("Automation Platform Controller Module Token")) {
			t.Errorf("a module left its token behind: %v", left)
		}
	})
}

// findPython looks for a Python that has what the clients are made of; one that was installed by hand may stand before it.
var findPython = sync.OnceValue(func() string {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import ansible, requests").Run() == nil {
			return name
		}
	}
	return ""
})

func python(t *testing.T) string {
	t.Helper()
	name := findPython()
	if name == "" {
		t.Fatal("there is no python3 with ansible and requests: run the tests with `make test`, which installs them")
	}
	return name
}
