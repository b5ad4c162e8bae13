package manage

import (
	"bytes"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serving is a running server.
type serving struct {
	*machine
	process *exec.Cmd
	log     *lockedBuffer
}

// lockedBuffer is what a program wrote so far.
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

// start starts the server.
func (m *machine) start() *serving {
	m.t.Helper()
	s := &serving{machine: m, process: exec.Command(filepath.Join(m.bin, "gatehouse"), "serve"), log: &lockedBuffer{}}
	s.process.Env, s.process.Dir, s.process.Stdout, s.process.Stderr = m.env, m.folder, s.log, s.log
	if err := s.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { s.end(syscall.SIGKILL) })
	return s
}

// serve starts the server and waits until it is ready.
func (m *machine) serve() *serving {
	m.t.Helper()
	s := m.start()
	s.waitReady()
	return s
}

func (s *serving) waitReady() {
	s.t.Helper()
	eventually(s.t, "the server is ready", func() bool {
		answer, err := http.Get("http://" + s.listen + "/healthz/ready")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// end sends the signal, waits for the server to end and returns its exit code.
func (s *serving) end(signal syscall.Signal) int {
	if s.process.ProcessState == nil {
		_ = s.process.Process.Signal(signal)
		_ = s.process.Wait()
	}
	return s.process.ProcessState.ExitCode()
}

// stop asks the server to stop, as a service manager does, and returns its exit code.
func (s *serving) stop() int { return s.end(syscall.SIGTERM) }
