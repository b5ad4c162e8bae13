package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatehouse/models"
	"gatehouse/store/storetest"
)

// TestSecretsAreKeptNowhere makes every kind of secret through every face, then looks for each of them in all rows of the database,
// in its files, in the log and in what the pages and APIs say afterwards.
func TestSecretsAreKeptNowhere(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		secrets := p.makeSecrets(t)
		for _, path := range []string{"/api/gateway/v1/tokens/", "/api/gateway/v1/applications/", "/api/gateway/v1/users/", "/api/gateway/v1/me/",
			"/api/controller/v2/tokens/", "/api/controller/v2/applications/", "/api/controller/v2/users/"} {
			secrets.absent(t, path, p.api(http.MethodGet, path, secrets["personal token"], nil).want(t, http.StatusOK).text)
		}
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("exit code %d after SIGTERM", code)
		}
		secrets.absent(t, "the log", p.log.String())
		for table, rows := range dump(t, database) {
			secrets.absent(t, "table "+table, rows)
		}
		if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
			secrets.absentInFiles(t, filepath.Dir(path))
		}
	})
}

// secrets are usable values by what they are.
type secrets map[string]string

func (s secrets) absent(t *testing.T, where, text string) {
	t.Helper()
	for name, value := range s {
		if value == "" {
			t.Errorf("no %s was made", name)
		} else if strings.Contains(text, value) {
			t.Errorf("%s holds the %s", where, name)
		}
	}
}

func (s secrets) absentInFiles(t *testing.T, folder string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatalf("read %s: %v", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		s.absent(t, file.Name(), string(text))
	}
}

func (p *program) makeSecrets(t *testing.T) secrets {
	t.Helper()
	made := secrets{"password": adminPassword, "personal token": p.newToken("admin"), "controller token": p.newToken("admin", "--platform", "controller")}
	admin := made["personal token"]
	organization := p.api(http.MethodPost, "/api/gateway/v1/organizations/", admin, map[string]any{"name": "O"}).want(t, 201)
	for platform, mount := range map[string]string{"gateway": "/api/gateway/v1/", "controller": "/api/controller/v2/"} {
		client := p.api(http.MethodPost, mount+"applications/", admin, map[string]any{"name": platform, "organization": organization.json["id"],
			"client_type": "confidential", "authorization_grant_type": "password"}).want(t, 201)
		made[platform+" client secret"] = client.string("client_secret")
		token := p.api(http.MethodPost, mount+"tokens/", admin, map[string]any{"application": client.json["id"]}).want(t, 201)
		made[platform+" application token"], made[platform+" refresh token"] = token.string("token"), token.string("refresh_token")
		pair := p.form("/api/o/token/", client.string("client_id"), client.string("client_secret"), "grant_type", "password",
			"username", "admin", "password", adminPassword).want(t, 200)
		made[platform+" granted token"], made[platform+" granted refresh token"] = pair.string("access_token"), pair.string("refresh_token")
		renewed := p.form("/api/o/token/", client.string("client_id"), client.string("client_secret"), "grant_type", "refresh_token",
			"refresh_token", pair.string("refresh_token")).want(t, 200)
		made[platform+" renewed token"] = renewed.string("access_token")
		p.form("/api/o/token/", client.string("client_id"), client.string("client_secret"), "grant_type", "refresh_token", "refresh_token", "x"+pair.string("refresh_token"))
	}
	made["name that was tried"] = "a-password-in-the-wrong-field"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/gateway/v1/me/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(made["name that was tried"], "x")
	send(t, request).want(t, 401)
	made["device"] = models.RandomText(models.TokenLength)
	made["session"] = p.startSession(t, made["device"])
	p.api(http.MethodGet, "/api/gateway/v1/me/?token="+made["gateway renewed token"], "", nil)
	return made
}

// startSession signs in by the API's form, in a browser that is recognised by device, and returns the session id.
func (p *program) startSession(t *testing.T, device string) string {
	t.Helper()
	first := p.api(http.MethodGet, "/api/", "", nil).want(t, http.StatusOK)
	csrf := cookie(first.header, "csrftoken")
	body := strings.NewReader("username=admin&next=/api/&password=" + strings.ReplaceAll(adminPassword, " ", "+"))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/login/", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-CSRFToken", csrf)
	request.Header.Set("Referer", p.url+"/api/login/")
	request.AddCookie(&http.Cookie{Name: "csrftoken", Value: csrf})
	request.AddCookie(&http.Cookie{Name: "gatehouse_device", Value: device})
	return cookie(send(t, request).want(t, http.StatusFound).header, "gatehouse_session")
}

func cookie(header http.Header, name string) string {
	for _, each := range (&http.Response{Header: header}).Cookies() {
		if each.Name == name {
			return each.Value
		}
	}
	return ""
}

// dump is the text of all rows of each table of a database that is in use.
func dump(t *testing.T, database string) map[string]string {
	t.Helper()
	tables := tablesOf(t, database)
	if tables["access_tokens"] == "" || tables["activity"] == "" {
		t.Fatalf("the dump misses tables: %d found", len(tables))
	}
	return tables
}

// tablesOf is the text of all rows of each table.
func tablesOf(t *testing.T, database string) map[string]string {
	t.Helper()
	driver, dsn, list := "pgx", database, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, dsn, list = "sqlite", path, "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables := map[string]string{}
	for _, name := range strings.Fields(rowsOf(t, db, list)) {
		tables[name] = rowsOf(t, db, "SELECT * FROM "+name)
	}
	return tables
}

func rowsOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for n := range values {
			targets[n] = &values[n]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for _, value := range values {
			if bytes, ok := value.([]byte); ok {
				value = string(bytes)
			}
			fmt.Fprintln(&text, value)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
