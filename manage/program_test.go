package manage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the program, built once for all tests, with the other names that it is called by beside it.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "gatehouse-manage-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "gatehouse")
	command := exec.Command("go", "build", "-ldflags", "-X main.version=1.2.3-test", "-o", binary, "gatehouse")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	for _, name := range names[1:] {
		if err := os.Symlink("gatehouse", filepath.Join(folder, name)); err != nil {
			return "", err
		}
	}
	return folder, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := built(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// machine is where the program is run: a folder, a database, an environment.
type machine struct {
	t      *testing.T
	bin    string
	folder string
	listen string
	env    []string
}

// newMachine prepares a machine for the database of the address; more are settings as KEY=value.
func newMachine(t *testing.T, address string, more ...string) *machine {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, bin: bin, folder: t.TempDir(), listen: freeAddress(t)}
	m.env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.folder, "GATEHOUSE_LISTEN=" + m.listen,
		"GATEHOUSE_PUBLIC_URL=http://" + m.listen, "GATEHOUSE_DATABASE_URL=" + address}, more...)
	return m
}

// sqliteAddress names a database of its own, for what is the same on both.
func sqliteAddress(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db")
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

// result is what a command left behind.
type result struct {
	Out, Err string
	Code     int
}

// call runs the program under one of its names.
func (m *machine) call(stdin, name string, args ...string) result {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(m.bin, name), args...)
	var out, problems bytes.Buffer
	command.Env, command.Dir, command.Stdin, command.Stdout, command.Stderr = m.env, m.folder, strings.NewReader(stdin), &out, &problems
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		m.t.Fatalf("%v: %v", args, err)
	}
	return result{out.String(), problems.String(), command.ProcessState.ExitCode()}
}

// run runs a command.
func (m *machine) run(args ...string) result {
	m.t.Helper()
	return m.call("", "gatehouse", args...)
}

// must runs a command that has to succeed without a word on standard error, and returns its output.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	got := m.run(args...)
	if got.Code != 0 || got.Err != "" {
		m.t.Fatalf("%v: exit %d: %s", args, got.Code, got.Err)
	}
	return got.Out
}

// fails runs a command that has to fail with the error, and nothing else.
func (m *machine) fails(want string, args ...string) {
	m.t.Helper()
	if got := m.run(args...); got != (result{Err: "CommandError: " + want + "\n", Code: 1}) {
		m.t.Errorf("%v: %+v, want CommandError: %s", args, got, want)
	}
}

// prints runs a command that has to succeed and print exactly this.
func (m *machine) prints(want string, args ...string) {
	m.t.Helper()
	if got := m.must(args...); got != want {
		m.t.Errorf("%v prints:\n%swant:\n%s", args, got, want)
	}
}

// usage runs a command that has to be refused with its usage and the message, on standard error.
func (m *machine) usage(want string, args ...string) {
	m.t.Helper()
	got := m.run(args...)
	if got.Code != 2 || got.Out != "" || !strings.HasPrefix(got.Err, "Usage:\n") || !strings.HasSuffix(got.Err, ": error: "+want+"\n") {
		m.t.Errorf("%v: %+v, want the usage and: %s", args, got, want)
	}
}

// runInto runs a command whose standard output is the file.
func (m *machine) runInto(out *os.File, args ...string) (code int, problems string) {
	m.t.Helper()
	command := exec.CommandContext(m.t.Context(), filepath.Join(m.bin, "gatehouse"), args...)
	var text strings.Builder
	command.Env, command.Dir, command.Stdout, command.Stderr = m.env, m.folder, out, &text
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		m.t.Fatalf("%v: %v", args, err)
	}
	return command.ProcessState.ExitCode(), text.String()
}
