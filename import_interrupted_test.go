package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// TestImportInterrupted: an import that is stopped, killed, or loses its source in the middle leaves nothing behind, and the next one
// brings everything along. A lock at the source holds it in the middle, when most has been stored already.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(t *testing.T, c *controller, command *exec.Cmd){
		"SIGINT":  signalled(syscall.SIGINT),
		"SIGKILL": signalled(syscall.SIGKILL),
		"connection cut": func(t *testing.T, c *controller, _ *exec.Cmd) {
			if !value[bool](t, c.DB, "SELECT pg_terminate_backend(pid) FROM ("+waiting+") w") {
				t.Error("nothing was cut")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, database string) {
				c, p := newController(t), newProgram(t, database)
				p.mustCommand("migrate")
				before := tablesOf(t, database)
				release := c.lock("oauth2_provider_grant") // read last
				command, out := p.startImport(c)
				c.awaitImporters(1)
				interrupt(t, c, command)
				code := ended(t, command)
				release()
				if code == 0 || strings.Contains(out.String(), "imported 400") || strings.Contains(out.String(), "goroutine") {
					t.Errorf("exit %d:\n%s", code, out)
				}
				sameTables(t, before, tablesOf(t, database))
				if text, f := p.mustImport(c), mustFacts(t); !strings.HasPrefix(text, f.lines()) {
					t.Errorf("afterwards (-want +got):\n%s", cmp.Diff(f.lines(), text))
				}
			})
		})
	}
}

// TestImportOnAFullDisk: an import that the disk has no room for says so and leaves nothing behind; with room the next one brings everything along. A
// limit on the size of files stands for the full disk.
func TestImportOnAFullDisk(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db")
	c, p := newController(t), newProgram(t, database)
	p.mustCommand("migrate")
	before := tablesOf(t, database)
	arguments := append([]string{"-c", `ulimit -f 1500 && exec "$0" "$@"`, p.binary}, p.importing(c)...)
	stdout, stderr, code, err := run(t.Context(), "/bin/sh", p.folder, p.env, arguments...)
	if err != nil || code != 1 || stdout != "" || !strings.Contains(stderr, "CommandError: the database is not available") || strings.Contains(stderr, "goroutine") {
		t.Errorf("exit %d, %v, stdout %q, stderr:\n%s", code, err, stdout, stderr)
	}
	sameTables(t, before, tablesOf(t, database))
	if text, f := p.mustImport(c), mustFacts(t); !strings.HasPrefix(text, f.lines()) {
		t.Errorf("afterwards (-want +got):\n%s", cmp.Diff(f.lines(), text))
	}
}

func signalled(signal syscall.Signal) func(*testing.T, *controller, *exec.Cmd) {
	return func(t *testing.T, _ *controller, command *exec.Cmd) {
		t.Helper()
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoImportsAtOnce: of two imports at the same time one brings everything along and the other finds it there.
func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	f := mustFacts(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		c, p := newController(t), newProgram(t, database)
		p.mustCommand("migrate")
		var commands [2]*exec.Cmd
		var outs [2]*lockedBuffer
		for n := range commands {
			commands[n], outs[n] = p.startImport(c)
		}
		first := 0
		for n := range commands {
			if code := ended(t, commands[n]); code != 0 {
				t.Fatalf("exit %d:\n%s", code, outs[n])
			}
			if strings.Contains(outs[n].String(), f.linesAgain()) {
				first = 1 - n
			}
		}
		if !strings.Contains(outs[first].String(), f.lines()) || !strings.Contains(outs[1-first].String(), f.linesAgain()) {
			t.Errorf("the two say\n%s\n%s", outs[0], outs[1])
		}
	})
}

// TestServerGoesOnWhileImporting: a server answers while an import is in the middle. On PostgreSQL it also writes meanwhile, with ids that the import
// does not need; SQLite has one writer at a time.
func TestServerGoesOnWhileImporting(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		c, p := newController(t), newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		token := p.newToken("admin")
		release := c.lock("oauth2_provider_grant") // read last
		command, out := p.startImport(c, "--renumber")
		c.awaitImporters(1)
		p.is(t, token, http.StatusOK)
		made := []string{token}
		if !strings.HasPrefix(database, "sqlite:") {
			made = append(made, p.api(http.MethodPost, "/api/v2/tokens/", token, map[string]any{}).want(t, http.StatusCreated).string("token"))
		}
		release()
		if code := ended(t, command); code != 0 {
			t.Fatalf("exit %d:\n%s", code, out)
		}
		made = append(made, p.api(http.MethodPost, "/api/v2/tokens/", token, map[string]any{}).want(t, http.StatusCreated).string("token"))
		for _, each := range append(made, mustFacts(t).accessToken(t, 4).Token) {
			p.is(t, each, http.StatusOK)
		}
	})
}

// startImport starts the command; what it prints is gathered.
func (p *program) startImport(c *controller, args ...string) (*exec.Cmd, *lockedBuffer) {
	p.t.Helper()
	out := &lockedBuffer{}
	command := exec.Command(p.binary, p.importing(c, args...)...)
	command.Env, command.Dir, command.Stdout, command.Stderr = p.env, p.folder, out, out
	if err := command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	return command, out
}

// ended waits for the end of a command, and returns its exit code.
func ended(t *testing.T, command *exec.Cmd) int {
	t.Helper()
	done := make(chan struct{})
	go func() { _ = command.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		_ = command.Process.Kill()
		t.Error("the command does not end")
		<-done
	}
	return command.ProcessState.ExitCode()
}

// waiting are the connections of the program that wait for a lock at the source.
const waiting = `SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE NOT l.granted AND a.datname = current_database() AND a.pid <> pg_backend_pid()`

// lock keeps everybody else from a table of the source.
func (c *controller) lock(table string) (release func()) {
	c.t.Helper()
	tx, err := c.BeginTx(c.t.Context(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := tx.ExecContext(c.t.Context(), "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = tx.Rollback() })
	return func() { _ = tx.Rollback() }
}

// awaitImporters waits until so many importers wait for a lock.
func (c *controller) awaitImporters(number int) {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); value[int](c.t, c.DB, "SELECT count(*) FROM ("+waiting+") w") < number; {
		if time.Now().After(deadline) {
			c.t.Fatal("no importer comes to the lock")
		}
		time.Sleep(10 * time.Millisecond)
	}
}
