package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the program, built once for all tests of this package.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "gatehouse-test-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "gatehouse")
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version=1.2.3-test", "-o", binary, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	removeLeftovers()
	if binary, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// program is the running program on a database of its own.
type program struct {
	t       *testing.T
	binary  string
	folder  string
	url     string
	listen  string
	env     []string
	serving *exec.Cmd
	log     *lockedBuffer
}

// lockedBuffer is what the program wrote so far.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newProgram prepares the program for the database; more are settings as KEY=value.
func newProgram(t *testing.T, database string, more ...string) *program {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, binary: binary, folder: t.TempDir(), listen: freeAddress(t), log: &lockedBuffer{}}
	p.url = "http://" + p.listen
	p.env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.folder, "GATEHOUSE_DATABASE_URL=" + database, "GATEHOUSE_LISTEN=" + p.listen,
		"GATEHOUSE_PUBLIC_URL=" + p.url, "GATEHOUSE_SETUP_CODE_FILE=" + filepath.Join(p.folder, "setup-code")}, more...)
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// serve starts the server and waits until it is ready.
func (p *program) serve() {
	p.t.Helper()
	p.serving = exec.Command(p.binary, "serve")
	p.serving.Env, p.serving.Dir, p.serving.Stdout, p.serving.Stderr = p.env, p.folder, p.log, p.log
	if err := p.serving.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.end(syscall.SIGKILL) })
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		answer, err := http.Get(p.url + "/healthz/ready")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("the program is not ready:\n%s", p.log)
}

// end sends the signal, waits, and returns the exit code; -1 for one that was killed or had ended.
func (p *program) end(signal syscall.Signal) int {
	if p.serving == nil {
		return -1
	}
	_ = p.serving.Process.Signal(signal)
	_ = p.serving.Wait()
	code := p.serving.ProcessState.ExitCode()
	p.serving = nil
	return code
}

// command runs a management command beside the server.
func (p *program) command(args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	stdout, stderr, code, err := run(p.t.Context(), p.binary, p.folder, p.env, args...)
	if err != nil {
		p.t.Fatalf("%v: %v", args, err)
	}
	return stdout, stderr, code
}

// run runs a command to its end, for two minutes at most.
func run(ctx context.Context, binary, folder string, env []string, args ...string) (stdout, stderr string, code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	var out, problems bytes.Buffer
	command.Env, command.Dir, command.Stdout, command.Stderr = env, folder, &out, &problems
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		return "", "", -1, err
	}
	return out.String(), problems.String(), command.ProcessState.ExitCode(), nil
}

// mustCommand runs a command that has to succeed and returns its output.
func (p *program) mustCommand(args ...string) string {
	p.t.Helper()
	out, problems, code := p.command(args...)
	if code != 0 {
		p.t.Fatalf("%v: exit %d: %s", args, code, problems)
	}
	return out
}

// newToken makes a personal token by command.
func (p *program) newToken(user string, args ...string) string {
	p.t.Helper()
	return strings.TrimSpace(p.mustCommand(append([]string{"create_oauth2_token", "--quiet", "--user", user}, args...)...))
}
