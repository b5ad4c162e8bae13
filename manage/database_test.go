package manage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

var databaseCommands = [][]string{{"create_oauth2_token", "--user", "alice"}, {"revoke_oauth2_tokens"}, {"cleartokens"}, {"clearsessions"},
	{"cleanup_tokens"}, {"cleanup_sessions"}, {"expire_sessions"}, {"changepassword", "alice"}}

// TestMigrate makes a schema; until then commands refuse and change nothing.
func TestMigrate(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		m := newMachine(t, address)
		if path, ok := sqlitePath(address); ok {
			for _, args := range databaseCommands {
				m.fails("there is no database at "+path+". Make it with `gatehouse migrate`, or set GATEHOUSE_DATABASE_URL", args...)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a command made the database")
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range databaseCommands {
			m.fails("the database is not up to date. Run `gatehouse migrate` first, or start the server", args...)
		}
		if out := m.must("migrate"); !strings.HasPrefix(out, "Applied migration 0001\n") {
			t.Errorf("migrate prints %q", out)
		}
		m.prints("No migrations to apply.\n", "migrate")
		m.prints("", "migrate", "-v", "0")
		m.fails("The user does not exist.", "create_oauth2_token", "--user", "alice")
	})
}

// TestDatabaseNotThere shows the one line, and exit 1, of a database that cannot be used.
func TestDatabaseNotThere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, address, want string }{
		{"no server", "postgres://u:hunter2@127.0.0.1:1/g?sslmode=disable", "connection refused"},
		{"no such database", strings.Replace(os.Getenv("TEST_POSTGRES_DSN"), "/postgres?", "/not_there?", 1), "not_there"},
		{"another file", "sqlite:" + file, "file is not a database"},
		{"a folder", "sqlite:" + filepath.Dir(file), "is a directory"},
		{"below a file", "sqlite:" + file + "/g.db", "not a directory"},
		{"where nothing can be written", "sqlite:/proc/gatehouse/g.db", "no such file or directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, test.address)
			for _, command := range []string{"serve", "migrate"} {
				got := m.run(command)
				want := "CommandError: cannot open the database " + redactURL(test.address) + ": "
				if got.Code != 1 || got.Out != "" || !strings.HasPrefix(got.Err, want) || strings.Count(got.Err, "\n") != 1 ||
					!strings.Contains(got.Err, test.want) || strings.Contains(got.Err, "hunter2") {
					t.Errorf("%s: %+v, want %s…%s", command, got, want, test.want)
				}
			}
		})
	}
}
