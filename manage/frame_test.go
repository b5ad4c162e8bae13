package manage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

var allCommands = []string{"changepassword", "check", "cleanup_sessions", "cleanup_tokens", "clearsessions", "cleartokens", "create_oauth2_token",
	"createsuperuser", "expire_sessions", "migrate", "revoke_oauth2_tokens", "serve", "settings", "version"}

// TestHelp asks each command for its help, under each name of the program.
func TestHelp(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "sqlite:none.db")
	for _, name := range names {
		for _, args := range [][]string{nil, {"--help"}, {"-h"}, {"help"}} {
			got := m.call("", name, args...)
			if got.Code != 0 || got.Err != "" || !strings.Contains(got.Out, "Usage:\n  "+name+" [command]") {
				t.Errorf("%s %v: %+v", name, args, got)
			}
			for _, command := range allCommands {
				if !strings.Contains(got.Out, "\n  "+command+" ") {
					t.Errorf("%s %v does not name %s", name, args, command)
				}
			}
		}
	}
	for _, command := range allCommands {
		got := m.run(command, "--help")
		if got.Code != 0 || got.Err != "" || !strings.Contains(got.Out, "Usage:\n  gatehouse "+command) {
			t.Errorf("%s --help: %+v", command, got)
		}
		if other := m.run("help", command); other != got {
			t.Errorf("help %s: %+v", command, other)
		}
	}
	if _, err := os.Stat(filepath.Join(m.folder, "none.db")); err == nil {
		t.Error("asking for help made a database")
	}
}

// TestUsage shows wrong usage: exit 2 and the usage on standard error, before anything is read or done.
func TestUsage(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "sqlite:none.db", "GATEHOUSE_LISTEN=wrong")
	for _, command := range allCommands {
		m.usage("unknown flag: --nope", command, "--nope")
		m.usage("unknown shorthand flag: 'x' in -x", command, "-x")
		m.usage("flag needs an argument: --verbosity", command, "--verbosity")
		m.usage("flag needs an argument: 'v' in -v", command, "-v")
		m.usage(`invalid argument "many" for "-v, --verbosity" flag: strconv.ParseInt: parsing "many": invalid syntax`, command, "-v", "many")
		m.usage("argument -v/--verbosity: invalid choice: 4 (choose from 0, 1, 2, 3)", command, "-v", "4")
		if command == "changepassword" {
			m.usage("unrecognized arguments: two three", command, "one", "two", "three")
		} else {
			m.usage("unrecognized arguments: one two", command, "one", "two")
		}
	}
	m.usage("unknown flag: --nope", "--nope")
	m.fails(`unknown command: "nope". Type 'gatehouse help' for the commands`, "nope")
	m.fails(`unknown command: "regenerate_secret_key". Type 'gatehouse help' for the commands`, "regenerate_secret_key", "--use-custom-key")
	m.fails(`unknown command: "nope". Type 'gatehouse help' for the commands`, "help", "nope")
	m.fails(`unknown command: "nope". Type 'gatehouse help' for the commands`, "help", "nope", "serve")
	if entries, err := os.ReadDir(m.folder); err != nil || len(entries) != 0 {
		t.Errorf("something was made: %v (%v)", entries, err)
	}
}

// TestNames runs commands through the symbolic links, with the options that scripts of the originals give.
func TestNames(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		for _, name := range names {
			made := w.call("", name, "create_oauth2_token", "--user", "alice", "--no-color", "-v", "3")
			if made.Code != 0 || made.Err != "" || newTokenLine.FindString(made.Out) == "" {
				t.Errorf("%s: %+v", name, made)
			}
			gone := w.call("", name, "--no-color", "-v0", "revoke_oauth2_tokens")
			if gone.Code != 0 || !strings.HasPrefix(gone.Out, "revoked OAuth2AccessToken ") || strings.Count(gone.Out, "\n") != 1 {
				t.Errorf("%s: %+v", name, gone)
			}
			want := result{Err: "CommandError: A user with that username does not exist.\n", Code: 1}
			if got := w.call("", name, "revoke_oauth2_tokens", "--user=nobody"); got != want {
				t.Errorf("%s: %+v", name, got)
			}
		}
	})
}

// TestBadSettings shows that a bad setting stops every command that would use it, in one line and with the password left out.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "postgres://u:hunter2@127.0.0.1:none/g")
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"check"}, {"cleartokens"}, {"changepassword"}, {"createsuperuser", "--noinput"},
		{"create_oauth2_token", "--user", "alice"}} {
		m.fails(`GATEHOUSE_DATABASE_URL="[redacted]" is not allowed: it must be sqlite:PATH, sqlite://PATH, postgres://… or postgresql://…`, args...)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "nothing")
	m.prints("gatehouse 1.2.3-test\n", "version")
	m.prints("gatehouse version 1.2.3-test\n", "--version")
	m.prints(settingsFile(), "settings")
}
