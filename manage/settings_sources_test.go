package manage

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatehouse.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSettingsSources is about where settings come from: environment, file, the file of the database's address. {file} stands for the
// path of a file that holds file.
func TestSettingsSources(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		environment []string
		file        string
		listen      string
		database    string
		err         string
	}{
		{name: "other programs' variables", environment: []string{"PATH=/bin", "OAUTH2_PROVIDERS=x", "MY_GATEHOUSE_X=1", "odd"}},
		{name: "unknown key", environment: []string{"GATEHOUSE_LISTN=secret"},
			err: "GATEHOUSE_LISTN is not a setting: `gatehouse settings` lists those there are"},
		{name: "unknown vendor key", environment: []string{"OAUTH2_PROVIDER__PKCE_REQUIRED=true"},
			err: "OAUTH2_PROVIDER__PKCE_REQUIRED is not a setting: `gatehouse settings` lists those there are"},
		{name: "wrong case", environment: []string{"GATEHOUSE_listen=:1"}, err: "GATEHOUSE_listen is not a setting: `gatehouse settings` lists those there are"},
		{name: "port", environment: []string{"GATEHOUSE_PORT=9090"}, err: "GATEHOUSE_PORT is not a setting: `gatehouse settings` lists those there are"},
		{name: "Kubernetes", environment: []string{"KUBERNETES_SERVICE_HOST=10.0.0.1", "GATEHOUSE_PORT=tcp://10.0.0.2:8080", "GATEHOUSE_SERVICE_HOST=10.0.0.2",
			"GATEHOUSE_SERVICE_PORT=8080", "GATEHOUSE_PORT_8080_TCP_ADDR=10.0.0.2"}},
		{name: "Kubernetes, mistaken port", environment: []string{"KUBERNETES_SERVICE_HOST=10.0.0.1", "GATEHOUSE_PORT=9090"},
			err: "GATEHOUSE_PORT is not a setting: `gatehouse settings` lists those there are"},
		{name: "file", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "# where\n\n GATEHOUSE_LISTEN = :1 \r\n", listen: ":1"},
		{name: "environment wins", environment: []string{"GATEHOUSE_LISTEN=:2", "GATEHOUSE_CONFIG={file}"}, file: "GATEHOUSE_LISTEN=:1\n", listen: ":2"},
		{name: "environment wins over a bad value", environment: []string{"GATEHOUSE_LISTEN=:2", "GATEHOUSE_CONFIG={file}"}, file: "GATEHOUSE_LISTEN=x\n", listen: ":2"},
		{name: "bad value in the file", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "#\nGATEHOUSE_LISTEN=x",
			err: `GATEHOUSE_LISTEN="x" ({file}, line 2) is not allowed: it must be an address and a port, such as 127.0.0.1:8080 or :8080`},
		{name: "unknown key in the file", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "LISTEN=:1",
			err: "LISTEN ({file}, line 1) is not a setting: `gatehouse settings` lists those there are"},
		{name: "twice in the file", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "GATEHOUSE_LISTEN=:1\nGATEHOUSE_LISTEN=:1",
			err: "GATEHOUSE_LISTEN ({file}, line 2) is set twice"},
		{name: "no assignment", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "GATEHOUSE_LISTEN",
			err: "{file}, line 1: a line must be KEY=value, or start with #"},
		{name: "file in the file", environment: []string{"GATEHOUSE_CONFIG={file}"}, file: "GATEHOUSE_CONFIG=x",
			err: "GATEHOUSE_CONFIG ({file}, line 1) is not allowed: it is set in the environment only"},
		{name: "file that is not there", environment: []string{"GATEHOUSE_CONFIG=/nowhere/x"},
			err: `GATEHOUSE_CONFIG="/nowhere/x" cannot be read: no such file or directory`},
		{name: "file without a name", environment: []string{"GATEHOUSE_CONFIG="}, err: `GATEHOUSE_CONFIG="" cannot be read: no such file or directory`},
		{name: "folder", environment: []string{"GATEHOUSE_CONFIG=/"}, err: `GATEHOUSE_CONFIG="/" cannot be read: is a directory`},
		{name: "database from a file", environment: []string{"GATEHOUSE_DATABASE_URL=", "GATEHOUSE_DATABASE_URL_FILE={file}"},
			file: "postgres://u:p@h/d\n", database: "postgres://u:p@h/d"},
		{name: "database twice", environment: []string{"GATEHOUSE_DATABASE_URL=sqlite:a", "GATEHOUSE_DATABASE_URL_FILE={file}"}, file: "sqlite:b",
			err: "GATEHOUSE_DATABASE_URL and GATEHOUSE_DATABASE_URL_FILE are both set: only one is allowed"},
		{name: "database beside an empty file name", environment: []string{"GATEHOUSE_DATABASE_URL=sqlite:a", "GATEHOUSE_DATABASE_URL_FILE="}, database: "sqlite:a"},
		{name: "database of the environment wins", environment: []string{"GATEHOUSE_DATABASE_URL=sqlite:a", "GATEHOUSE_CONFIG={file}"},
			file: "GATEHOUSE_DATABASE_URL_FILE=/nowhere", database: "sqlite:a"},
		{name: "database file of the environment wins", environment: []string{"GATEHOUSE_DATABASE_URL_FILE=/nowhere/x", "GATEHOUSE_CONFIG={file}"},
			file: "GATEHOUSE_DATABASE_URL=sqlite:a", err: `GATEHOUSE_DATABASE_URL_FILE="/nowhere/x" cannot be read: no such file or directory`},
		{name: "bad database in a file", environment: []string{"GATEHOUSE_DATABASE_URL_FILE={file}"}, file: "mysql://u:hunter2@h/d",
			err: `GATEHOUSE_DATABASE_URL="mysql://u:xxxxx@h/d" ({file}) is not allowed: it must be sqlite:PATH, sqlite://PATH, postgres://… or postgresql://…`},
		{name: "page sizes that contradict", environment: []string{"DEFAULT_PAGE_SIZE=50", "MAX_PAGE_SIZE=20"},
			err: `DEFAULT_PAGE_SIZE="50" is not allowed: it must be a whole number from 1 to 10000, and no more than MAX_PAGE_SIZE, which is 20`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, test.file)
			environment := slices.Clone(test.environment)
			for n := range environment {
				environment[n] = strings.ReplaceAll(environment[n], "{file}", path)
			}
			s, err := loadSettings(environment)
			if test.err != "" {
				want := strings.ReplaceAll(test.err, "{file}", path)
				if err == nil || err.Error() != want {
					t.Fatalf("got  %v\nwant %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if test.listen != "" && s.listen != test.listen || test.database != "" && s.databaseURL != test.database {
				t.Errorf("listen %q, database %q; want %q, %q", s.listen, s.databaseURL, test.listen, test.database)
			}
		})
	}
}

// TestRedactURL shows that no password leaves with an error or a log line, however the address is written.
func TestRedactURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"sqlite:data/gatehouse.db":                  "sqlite:data/gatehouse.db",
		"postgres://u@h/d":                          "postgres://u@h/d",
		"postgres://u:hunter2@h/d?sslmode=disable":  "postgres://u:xxxxx@h/d?sslmode=disable",
		"postgres:///d?user=u&password=hunter2":     "postgres:///d?xxxxx",
		"postgres:///d?PassWord=%zzhunter2":         "postgres:///d?xxxxx",
		"postgres://u:hunt%er2@h/d":                 redacted,
		"postgres:u:hunter2@h/d":                    redacted,
		"host=h user=u password=hunter2":            redacted,
		"u:hunter2@h/d":                             redacted,
		"gatehouse.db":                              "gatehouse.db",
		"mysql://u:hunter2@h/d":                     "mysql://u:xxxxx@h/d",
		"postgres://u:hunter2@h1:5432,h2:5432/d":    "postgres://u:xxxxx@h1:5432,h2:5432/d",
		"postgres://u:hun#ter2@h/d":                 redacted,
		"postgres://u:hun/ter2@h:5432/d":            redacted,
		"postgres://u:11/ter2@h:5432/d":             redacted,
		"postgres://u:11#ter2@h:5432/d":             redacted,
		"postgres://u:hunter2@h/d?sslpassword=more": "postgres://u:xxxxx@h/d?xxxxx",
	} {
		if got := redactURL(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}
