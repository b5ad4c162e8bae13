package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// TestCase77AwxCommand does with clients/awx.py, which stands in for the awx command, what people do with that: below /api/ and below
// /api/controller/, as its releases up to 24 and as the later ones do.
func TestCase77AwxCommand(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := withAdmin(t, database)
		a := startAwx(p)
		a.must("organizations", "create", "--name", "Default")
		for n, mount := range []struct {
			name string
			env  []string
		}{
			{"later", nil},
			{"prefix", []string{"AWXKIT_API_BASE_PATH=/api/controller/"}},
			{"without a gateway", []string{"AWXKIT_GATEWAY_BASE_PATH=/api/nowhere/"}},
			{"to 24", []string{"OLDER=1"}},
			{"to 24, prefix", []string{"OLDER=1", "AWXKIT_API_BASE_PATH=/api/controller/"}},
		} {
			walk := &awxWalk{awx: a.with(mount.env...), name: mount.name, n: n}
			walk.users()
			walk.organizations()
			walk.applications()
			walk.tokens()
			walk.refused()
		}
		requests := p.requests()
		for _, request := range []string{
			"POST /api/gateway/v1/tokens/ 201", // awx login, where there is a gateway
			"POST /api/nowhere/v1/tokens/ 404",
			"POST /api/v2/users/admin/personal_tokens/ 201",
			"POST /api/controller/v2/users/admin/personal_tokens/ 201",
			"POST /o/token/ 200",
			"POST /api/o/token/ 200",
			"POST /api/controller/o/token/ 200",
			"POST /api/login/ 302",
			"POST /api/controller/login/ 302",
			"POST /api/controller/login/ 401",
			"OPTIONS /api/v2/users/N/ 200",
			"OPTIONS /api/v2/users/N 200", // as releases up to 24 ask
			"OPTIONS /api/controller/v2/workflow_job_templates/ 200",
			"GET /api/controller/v2/users/N/ 404",
			"POST /api/controller/v2/tokens/ 201",
			"DELETE /api/controller/v2/applications/N/ 204",
		} {
			if requests[request] == 0 {
				t.Errorf("nothing asked %s: %v", request, requests)
			}
		}
	})
}

// awx is the running stand-in and the environment of the next command.
type awx struct {
	*program
	commands io.Writer
	ends     *json.Decoder
	env      map[string]string
}

func startAwx(p *program) *awx {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), python(p.t), "clients/awx.py")
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1"}
	command.Stderr = p.log
	commands, err := command.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	ends, err := command.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = commands.Close()
		_ = command.Wait() // it ends with its input
	})
	return &awx{p, commands, json.NewDecoder(ends),
		map[string]string{"CONTROLLER_HOST": p.url, "CONTROLLER_USERNAME": "admin", "CONTROLLER_PASSWORD": adminPassword}}
}

// with is the same command with more in its environment, as KEY=value.
func (a *awx) with(env ...string) *awx {
	other := *a
	other.env = maps.Clone(a.env)
	for _, each := range env {
		key, value, _ := strings.Cut(each, "=")
		other.env[key] = value
	}
	return &other
}

// do runs a command and returns its exit status and what it wrote.
func (a *awx) do(args ...string) (int, string) {
	a.t.Helper()
	var end struct {
		Status int
		Stdout string
	}
	if err := json.NewEncoder(a.commands).Encode(map[string]any{"args": args, "env": a.env}); err != nil {
		a.t.Fatal(err)
	}
	if err := a.ends.Decode(&end); err != nil {
		a.t.Fatalf("awx %v: %v: %s", args, err, a.log)
	}
	return end.Status, end.Stdout
}

// must runs a command that has to succeed, and reads the object that it prints.
func (a *awx) must(args ...string) answer {
	a.t.Helper()
	status, out := a.do(args...)
	if status != 0 {
		a.t.Fatalf("awx %v: exit %d: %s", args, status, out)
	}
	made := answer{text: out}
	_ = json.Unmarshal([]byte(out), &made.json) // not every command prints one
	return made
}

// fails runs a command that has to end with the status and say so.
func (a *awx) fails(status int, says string, args ...string) {
	a.t.Helper()
	if got, out := a.do(args...); got != status || !strings.Contains(out, says) {
		a.t.Errorf("awx %v: exit %d, want %d with %q: %s", args, got, status, says, out)
	}
}

// awxWalk is one round of commands, with names of its own.
type awxWalk struct {
	*awx
	name string
	n    int
}

// token makes the commands use a token, which they get by logging in.
func (w *awxWalk) token(login ...string) *awx {
	w.t.Helper()
	line := w.must(append([]string{"login", "-f", "human"}, login...)...).text
	token, ok := strings.CutPrefix(strings.TrimSpace(line), "export CONTROLLER_OAUTH_TOKEN=")
	if !ok || len(token) != 30 {
		w.t.Fatalf("%s: awx login %v: %q", w.name, login, line)
	}
	return w.with("CONTROLLER_OAUTH_TOKEN=" + token)
}

// users: with a session, which sends a CSRF token; flags are numbers, and a filter stands twice in what follows the first page.
func (w *awxWalk) users() {
	t := w.t
	name := fmt.Sprintf("user%d", w.n)
	made := w.must("users", "create", "--username", name, "--password", "A-long-passphrase-1", "--is_superuser", "false", "--is_system_auditor", "true")
	if made.json["is_superuser"] != false || made.json["is_system_auditor"] != true || made.json["password"] != "$encrypted$" {
		t.Errorf("%s: users create: %s", w.name, made.text)
	}
	a := w.token()
	if got := a.must("users", "get", name, "-f", "human").text; got != fmt.Sprintf("%v %s\n", made.json["id"], name) {
		t.Errorf("%s: users get: %q", w.name, got)
	}
	if changed := a.must("user", "modify", name, "--first_name", "Jo", "--last_name", "Doe"); changed.string("first_name") != "Jo" {
		t.Errorf("%s: users modify: %s", w.name, changed.text)
	}
	if list := a.must("users", "list", "-f", "human").text; !strings.Contains(list, " admin\n") || !strings.Contains(list, " "+name+"\n") {
		t.Errorf("%s: users list: %s", w.name, list)
	}
	if all := a.must("users", "list", "--all", "--first_name", "Jo", "--is_superuser", "no"); all.json["count"] != 1.0 {
		t.Errorf("%s: users list --all: %s", w.name, all.text)
	}
	if me := a.must("me", "-f", "human").text; !strings.HasSuffix(me, " admin\n") {
		t.Errorf("%s: me: %q", w.name, me)
	}
	for _, args := range []string{"ping", "config", "users list --help", "users modify 1 --help"} {
		a.must(strings.Fields(args)...)
	}
	a.must("users", "delete", name)
	a.fails(2, "0 users are called that", "users", "get", name)
	w.pages(a)
}

// pages: a list of more than one page.
func (w *awxWalk) pages(a *awx) {
	for n := range 26 {
		a.api(http.MethodPost, "/api/v2/tokens/", a.env["CONTROLLER_OAUTH_TOKEN"], map[string]any{"description": w.name, "scope": "read", "n": n}).want(a.t, http.StatusCreated)
	}
	all := a.must("tokens", "list", "--all", "--description", w.name)
	if rows, _ := all.json["results"].([]any); len(rows) != 26 {
		a.t.Errorf("%s: tokens list --all: %d rows", w.name, len(rows))
	}
}

func (w *awxWalk) organizations() {
	a := w.token()
	name := fmt.Sprintf("Organization %d", w.n)
	a.must("organizations", "create", "--name", name, "--description", "d")
	if list := a.must("organizations", "list", "--description", "d", "-f", "human").text; !strings.HasSuffix(list, " "+name+"\n") {
		a.t.Errorf("%s: organizations list: %q", w.name, list)
	}
	if changed := a.must("organization", "modify", name, "--description", "e"); changed.string("description") != "e" {
		a.t.Errorf("%s: organizations modify: %s", w.name, changed.text)
	}
	if _, out := a.do("organizations", "create", "--name", name); !strings.Contains(out, "already exists") {
		a.t.Errorf("%s: the same organization: %s", w.name, out)
	}
	a.must("organizations", "delete", name)
}

// applications: an organization by its name, choices, and awx login with what was made.
func (w *awxWalk) applications() {
	t, a := w.t, w.token()
	create := func(name, clientType string) answer {
		return a.must("applications", "create", "--name", name, "--organization", "Default", "--authorization_grant_type", "password", "--client_type", clientType,
			"--redirect_uris", "http://tower.example.org/ https://tower.example.org/", "--skip_authorization", "true")
	}
	name := fmt.Sprintf("Application %d", w.n)
	made := create(name, "confidential")
	if len(made.string("client_secret")) != 128 || made.json["skip_authorization"] != true || made.json["organization"] != 1.0 {
		t.Errorf("%s: applications create: %s", w.name, made.text)
	}
	by := w.token("--conf.client_id", made.string("client_id"), "--conf.client_secret", made.string("client_secret"))
	if me := by.must("me", "-f", "human").text; !strings.HasSuffix(me, " admin\n") {
		t.Errorf("%s: me, by an application: %q", w.name, me)
	}
	public := create(name+" public", "public")
	w.token("--conf.client_id", public.string("client_id"), "--conf.scope", "read").must("applications", "get", name)
	if changed := a.must("application", "modify", name, "--description", "d"); changed.string("client_secret") != "************" {
		t.Errorf("%s: applications modify: %s", w.name, changed.text)
	}
	found := a.must("applications", "list", "--organization", "Default", "--client_type", "public", "--skip_authorization", "yes", "--name", name+" public")
	if found.json["count"] != 1.0 {
		t.Errorf("%s: applications list: %s", w.name, found.text)
	}
	a.fails(2, "invalid choice: 'implicit'", "applications", "create", "--name", "x", "--client_type", "public", "--authorization_grant_type", "implicit")
	a.fails(2, "required: --client_type", "applications", "create", "--name", "x", "--authorization_grant_type", "password", "--organization", "Default")
	a.must("applications", "delete", name+" public")
}

func (w *awxWalk) tokens() {
	t, a := w.t, w.token()
	personal := a.must("tokens", "create", "--description", "mine", "--scope", "read")
	application := a.must("tokens", "create", "--application", fmt.Sprintf("Application %d", w.n))
	if len(application.string("refresh_token")) != 30 || personal.json["refresh_token"] != nil || personal.string("scope") != "read" {
		t.Errorf("%s: tokens create: %s, %s", w.name, personal.text, application.text)
	}
	if list := a.must("tokens", "list", "--application", fmt.Sprintf("Application %d", w.n), "-f", "human", "--filter", "id,scope").text; !strings.Contains(
		list, fmt.Sprintf("%v write\n", application.json["id"])) {
		t.Errorf("%s: tokens list: %q", w.name, list)
	}
	reader := w.with("CONTROLLER_OAUTH_TOKEN=" + personal.string("token"))
	reader.fails(2, "invalid choice: 'create'", "tokens", "create")
	reader.fails(1, "You do not have permission", "tokens", "delete", fmt.Sprint(personal.json["id"]))
	if changed := a.must("tokens", "modify", fmt.Sprint(personal.json["id"]), "--scope", "write"); changed.string("scope") != "write" {
		t.Errorf("%s: tokens modify: %s", w.name, changed.text)
	}
	reader.must("tokens", "delete", fmt.Sprint(personal.json["id"]))
	reader.fails(1, "Valid credentials were not provided.", "tokens", "list")
	for _, key := range slices.Sorted(maps.Keys(a.api(http.MethodGet, "/api/v2/", "", nil).json)) {
		if slices.Contains([]string{"ping", "config", "me"}, key) {
			a.must(key)
		} else {
			a.must(key, "list")
		}
	}
}

// refused: few wrong passwords, as more of them would be throttled.
func (w *awxWalk) refused() {
	w.fails(1, "Not found.", "users", "get", "999")
	w.fails(2, "invalid choice: 'inventories'", "inventories", "list")
	if w.n < 2 {
		stranger := w.with("CONTROLLER_PASSWORD=wrong")
		stranger.fails(1, "Valid credentials were not provided.", "users", "list")
		stranger.fails(0, "Error retrieving an OAuth2.0 token (401).", "login")
	}
}
