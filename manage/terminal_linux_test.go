package manage

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"gatehouse/models"
)

// terminal is a person's terminal: a pseudo-terminal with the program on its other side.
type terminal struct {
	t       *testing.T
	screen  *lockedBuffer
	person  *os.File // the side at which keys are pressed
	device  *os.File // the side that the program sees
	process *exec.Cmd
	seen    int // how much of the screen has been read
}

// atTerminal runs the program at a terminal.
func (m *machine) atTerminal(args ...string) *terminal {
	m.t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		m.t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		m.t.Fatal(err)
	}
	device, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	x := &terminal{t: m.t, screen: &lockedBuffer{}, person: person, device: device, process: exec.Command(filepath.Join(m.bin, "gatehouse"), args...)}
	x.process.Env, x.process.Dir, x.process.Stdin, x.process.Stdout, x.process.Stderr = m.env, m.folder, device, device, device
	x.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			_, _ = x.screen.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	m.t.Cleanup(func() {
		_ = x.process.Process.Kill()
		_ = person.Close()
		_ = device.Close()
	})
	return x
}

// see waits until the text is on the screen, below what was seen before.
func (x *terminal) see(text string) {
	x.t.Helper()
	eventually(x.t, text+" on the screen", func() bool {
		at := strings.Index(x.screen.String()[x.seen:], text)
		if at >= 0 {
			x.seen += at + len(text)
		}
		return at >= 0
	})
}

// answer waits for the question and presses the keys.
func (x *terminal) answer(question, keys string) {
	x.t.Helper()
	x.see(question)
	if _, err := x.person.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// answerUnseen does so once the terminal does not echo any more.
func (x *terminal) answerUnseen(question, keys string) {
	x.t.Helper()
	x.see(question)
	eventually(x.t, "no echo", func() bool { return !x.echoes() })
	x.answer("", keys)
}

func (x *terminal) echoes() bool {
	x.t.Helper()
	state, err := unix.IoctlGetTermios(int(x.device.Fd()), unix.TCGETS)
	if err != nil {
		x.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// end waits for the program's end and returns its exit code, after everything that it wrote is on the screen.
func (x *terminal) end(last string) int {
	x.t.Helper()
	_ = x.process.Wait()
	eventually(x.t, "the last words "+last, func() bool { return strings.Contains(x.screen.String(), last) })
	return x.process.ProcessState.ExitCode()
}

// TestTerminalSuperuser answers the questions of createsuperuser; passwords are not shown.
func TestTerminalSuperuser(t *testing.T) {
	t.Parallel()
	w := &world{machine: newMachine(t, sqliteAddress(t))}
	x := w.atTerminal("createsuperuser")
	x.answer("Username: ", "root\n")
	x.answer("Email address: ", "root@example.org\n")
	x.answerUnseen("Password: ", somePassword+"\n")
	x.answerUnseen("Password (again): ", "something else\n")
	x.see("Error: Your passwords didn't match.")
	x.answerUnseen("Password: ", "   \n")
	x.answerUnseen("Password (again): ", "   \n")
	x.see("Error: Blank passwords aren't allowed.")
	x.answerUnseen("Password: ", somePassword+"\n")
	x.answerUnseen("Password (again): ", somePassword+"\n")
	if code := x.end("Superuser created successfully."); code != 0 || strings.Contains(x.screen.String(), somePassword) || !x.echoes() {
		t.Errorf("exit %d, screen:\n%s", code, x.screen)
	}
	w.db = w.open()
	if !w.signsIn("root", somePassword) {
		t.Error("root cannot sign in")
	}
	again := w.atTerminal("createsuperuser")
	again.answer("Username: ", "root\n")
	if code := again.end("CommandError: username: A user with that username already exists."); code != 1 || strings.Contains(again.screen.String(), "Password") {
		t.Errorf("the name of another, exit %d, screen:\n%s", code, again.screen)
	}
	wrong := w.atTerminal("createsuperuser", "--username", "a b", "--email", "nonsense")
	if code := wrong.end("; email: Enter a valid email address."); code != 1 || strings.Contains(wrong.screen.String(), "Password") {
		t.Errorf("a name that is none, exit %d, screen:\n%s", code, wrong.screen)
	}
}

// TestTerminalPassword changes a password at a terminal.
func TestTerminalPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteAddress(t))
	x := w.atTerminal("changepassword", "alice")
	x.see("Changing password for user 'alice'")
	x.answerUnseen("Password: ", somePassword+"\n")
	x.answerUnseen("Password (again): ", somePassword+"\n")
	if code := x.end("Password changed successfully for user 'alice'"); code != 0 || strings.Contains(x.screen.String(), somePassword) {
		t.Errorf("exit %d, screen:\n%s", code, x.screen)
	}
	if !w.signsIn("alice", somePassword) {
		t.Error("alice cannot sign in")
	}
}

// TestTerminalInterrupted presses Ctrl+C at the password: nothing is made, and the terminal echoes again.
func TestTerminalInterrupted(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sqliteAddress(t))
	x := m.atTerminal("createsuperuser", "--username", "root", "--email", "")
	x.answerUnseen("Password: ", "\x03")
	if code := x.end("CommandError: Interrupted."); code != 1 || !x.echoes() {
		t.Errorf("exit %d, echo %v, screen:\n%s", code, x.echoes(), x.screen)
	}
	if _, err := os.Stat(m.setupFile()); !os.IsNotExist(err) {
		t.Errorf("something was made: %v", err)
	}
}

// TestTerminalSetup reads the setup link at the terminal where the server was started; it is in no file and no line of the log.
func TestTerminalSetup(t *testing.T) {
	t.Parallel()
	w := &world{machine: newMachine(t, sqliteAddress(t))}
	x := w.atTerminal("serve")
	x.see("msg=serving")
	w.db = w.open()
	link := regexp.MustCompile(`http://` + regexp.QuoteMeta(w.listen) + `/setup#code=([A-Za-z0-9]{30})\r\n`).FindStringSubmatch(x.screen.String())
	if link == nil {
		t.Fatalf("no link:\n%s", x.screen)
	}
	if err := w.server().CheckSetupCode(t.Context(), models.SecretOf(link[1])); err != nil {
		t.Errorf("the link's code does not open the setup: %v", err)
	}
	if _, err := os.Stat(w.setupFile()); !os.IsNotExist(err) {
		t.Errorf("there is a file too: %v", err)
	}
	for line := range strings.Lines(x.screen.String()) {
		if strings.Contains(line, link[1]) && strings.Contains(line, "level=") {
			t.Errorf("the log holds the code: %s", line)
		}
	}
	if _, err := x.person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if code := x.end("msg=stopped"); code != 0 {
		t.Errorf("exit %d:\n%s", code, x.screen)
	}
}

// TestTerminalClearing: what clears token by token with a second between two counts on a terminal, and its lines stand alone there at the end.
func TestTerminalClearing(t *testing.T) {
	t.Parallel()
	address := sqliteAddress(t)
	m := newMachine(t, address, "GATEHOUSE_SUPERUSER_PASSWORD=correct horse battery", "CLEAR_EXPIRED_TOKENS_BATCH_SIZE=1", "CLEAR_EXPIRED_TOKENS_BATCH_INTERVAL=1")
	m.must("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
	for range 3 {
		m.must("create_oauth2_token", "--quiet", "--user", "admin")
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE access_tokens SET expires = created")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	x := m.atTerminal("cleartokens")
	x.see("clearing (1/-, ")
	x.see("clearing (3/-, ")
	if code := x.end("Deleted access tokens: 3\r\nDeleted refresh tokens: 0\r\nDeleted authorization codes: 0\r\n"); code != 0 {
		t.Errorf("exit %d, screen:\n%s", code, x.screen)
	}
}
