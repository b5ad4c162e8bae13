package manage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store/storetest"
)

// setupFile is where a machine's server puts the setup code.
func (m *machine) setupFile() string {
	m.t.Helper()
	set, err := loadSettings(m.env)
	if err != nil {
		m.t.Fatal(err)
	}
	path := setupCodeFile(set)
	if !filepath.IsAbs(path) {
		path = filepath.Join(m.folder, path)
	}
	return path
}

// setupCode reads the code from its file, which only its owner can read.
func (m *machine) setupCode() models.Secret {
	m.t.Helper()
	path := m.setupFile()
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		m.t.Fatalf("the setup code's file: %v %v, want mode 0600", info, err)
	}
	code, err := readSetupCode(path)
	if err != nil || code.Empty() {
		m.t.Fatalf("no setup code in %s: %v", path, err)
	}
	return code
}

// sameSetupCode fails the test when another code took the place of one that is still needed.
func (w *world) sameSetupCode(code models.Secret) {
	w.t.Helper()
	if now := w.setupCode(); now.Digest() != code.Digest() {
		w.t.Error("the file holds another setup code")
	}
	if err := w.server().CheckSetupCode(w.t.Context(), code); err != nil {
		w.t.Errorf("the setup code is not good any more: %v", err)
	}
}

// TestSetupCode follows the code from the first start to the first administrator.
func TestSetupCode(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := &world{machine: newMachine(t, address)}
		server := w.serve()
		w.db = w.open()
		code := w.setupCode()
		if err := w.server().CheckSetupCode(t.Context(), code); err != nil {
			t.Errorf("the code in the file does not open the setup: %v", err)
		}
		if log := server.log.String(); strings.Contains(log, code.Reveal()) || !strings.Contains(log, `setup-code"`) {
			t.Errorf("the log must name the file and not the code:\n%s", log)
		}
		if kept, err := w.db.Read(t.Context()).Setting("setup_code_digest"); err != nil || kept != code.Digest().String() {
			t.Errorf("kept %q (%v), want the digest", kept, err)
		}
		w.user("root", true)
		eventually(t, "the file is removed", func() bool { _, err := os.Stat(w.setupFile()); return os.IsNotExist(err) })
		if code := server.stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
		w.serve()
		if _, err := os.Stat(w.setupFile()); err == nil {
			t.Error("there is an administrator, and yet a code")
		}
	})
}

// TestSetupCodeReplaced shows that a restart makes a new code when the one in the file is not good any more.
func TestSetupCodeReplaced(t *testing.T) {
	t.Parallel()
	w := &world{machine: newMachine(t, sqliteAddress(t))}
	w.must("migrate")
	w.db = w.open()
	old := models.NewSecret(models.TokenLength)
	if err := os.WriteFile(w.setupFile(), []byte(old.Reveal()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.serve()
	if code := w.setupCode(); code.Digest() == old.Digest() || w.server().CheckSetupCode(t.Context(), code) != nil {
		t.Error("the code in the file is not good")
	}
}

// TestSetupCodeFile is about the file that a setting names: one that cannot be written, or that is not ours.
func TestSetupCodeFile(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newMachine(t, address, "GATEHOUSE_SETUP_CODE_FILE=/proc/gatehouse/code")
		got := w.run("serve")
		last := got.Err[strings.LastIndex(strings.TrimSuffix(got.Err, "\n"), "\n")+1:]
		want := "CommandError: cannot use /proc/gatehouse/code for the setup code: no such file or directory. GATEHOUSE_SETUP_CODE_FILE names another file\n"
		if got.Code != 1 || last != want {
			t.Errorf("exit %d: %s", got.Code, got.Err)
		}
		foreign := filepath.Join(w.folder, "notes")
		if err := os.WriteFile(foreign, []byte("remember the milk\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.env = append(w.env, "GATEHOUSE_SETUP_CODE_FILE="+foreign)
		w.fails("cannot use "+foreign+" for the setup code: it is there already and holds something else. GATEHOUSE_SETUP_CODE_FILE names another file", "serve")
		w.env = append(w.env, "GATEHOUSE_SUPERUSER_PASSWORD="+somePassword)
		w.must("createsuperuser", "--noinput", "--username", "root")
		server := w.serve()
		if code := server.stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
		if text, err := os.ReadFile(foreign); err != nil || string(text) != "remember the milk\n" {
			t.Errorf("a file that is not ours now holds %q (%v)", text, err)
		}
	})
}

// TestSetupCodeByCommand shows that createsuperuser ends the setup, and removes the file when no server does.
func TestSetupCodeByCommand(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newMachine(t, address, "GATEHOUSE_SUPERUSER_PASSWORD="+somePassword)
		w.serve().stop()
		w.setupCode()
		w.must("createsuperuser", "--noinput", "--username", "root")
		if _, err := os.Stat(w.setupFile()); !os.IsNotExist(err) {
			t.Errorf("the file is there still: %v", err)
		}
	})
}
