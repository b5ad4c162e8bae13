package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tokenLength is the length of the stretches of [A-Za-z0-9] by which secrets are sought.
const tokenLength = 30

// TestImportKeepsNoSecret: after an import no access token, refresh token, code, client secret, encrypted value, session or key of the source is in the database
// or its files, in what was printed or logged, or in what the APIs show.
func TestImportKeepsNoSecret(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		db := i.source.DB
		sought := map[string]string{}
		for what, query := range map[string]string{"an access token": "SELECT token FROM main_oauth2accesstoken", "a refresh token": "SELECT token FROM oauth2_provider_refreshtoken",
			"a code": "SELECT code FROM oauth2_provider_grant", "a stored client secret": "SELECT right(client_secret, 60) FROM main_oauth2application",
			"a session": "SELECT session_key FROM django_session", "a setting": "SELECT right(value::text, 60) FROM conf_setting WHERE value::text LIKE '%$encrypted$%'"} {
			for line := range strings.Lines(rowsOf(t, db, query)) {
				sought[firstStretch(line)] = what
			}
		}
		for _, a := range i.Applications {
			sought[a.ClientSecret[:tokenLength]] = "a client secret"
		}
		if len(sought) < 7000 {
			t.Fatalf("only %d secrets are sought", len(sought))
		}
		i.api(http.MethodGet, "/api/v2/me/", i.accessToken(t, 1).Token, nil).want(t, http.StatusOK)
		for _, path := range []string{"tokens/", "applications/", "users/", "activitystream/"} {
			for _, row := range i.rows("/api/gateway/v1/" + path) {
				text, err := json.Marshal(row)
				if err != nil {
					t.Fatal(err)
				}
				absent(t, path, string(text), sought, i.SecretKey)
			}
		}
		if code := i.end(syscall.SIGTERM); code != 0 {
			t.Errorf("exit code %d after SIGTERM", code)
		}
		absent(t, "the report", i.first.stdout, sought, i.SecretKey)
		absent(t, "the progress", i.first.progress, sought, i.SecretKey)
		absent(t, "the log", i.log.String(), sought, i.SecretKey)
		for _, database := range []string{i.first.database, i.database()} {
			for table, rows := range dump(t, database) {
				absent(t, "table "+table, rows, sought, i.SecretKey)
			}
			if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
				files, err := filepath.Glob(path + "*")
				if err != nil || len(files) == 0 {
					t.Fatalf("no files of the database: %v", err)
				}
				for _, file := range files {
					text, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					absent(t, filepath.Base(file), string(text), sought, i.SecretKey)
				}
			}
		}
	})
}

// absent looks at each stretch of a text that could be one of the secrets.
func absent(t *testing.T, where, text string, sought map[string]string, key string) {
	t.Helper()
	if strings.Contains(text, key) {
		t.Errorf("%s holds the key", where)
	}
	run := 0
	for n := range len(text) {
		if !isTokenCharacter(text[n]) {
			run = 0
			continue
		}
		if run++; run < tokenLength {
			continue
		}
		if what := sought[text[n+1-tokenLength:n+1]]; what != "" {
			t.Errorf("%s holds %s", where, what)
			return
		}
	}
}

// firstStretch is the first part of a secret by which it is found.
func firstStretch(secret string) string {
	run := 0
	for n := range len(secret) {
		if !isTokenCharacter(secret[n]) {
			run = 0
		} else if run++; run == tokenLength {
			return secret[n+1-tokenLength : n+1]
		}
	}
	return strings.TrimSpace(secret)
}

func isTokenCharacter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}
