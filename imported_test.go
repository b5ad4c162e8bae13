package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// imported is the running program on a database of its own, into which the controller was imported.
type imported struct {
	*program
	*facts
	source *controller // where it was imported from; not to be changed, other tests read it too
	first  firstImport
	admin  string // a token that the imported administrator made here, so that no imported one is used
}

// firstImport is an import into an empty database, made once for each kind of database. Tests get copies of it.
type firstImport struct {
	database         string // address; nothing has it open
	source           string // address of the controller's database
	stdout, progress string
}

var firstImports = map[string]func() (firstImport, error){
	"SQLite":     sync.OnceValues(func() (firstImport, error) { return importFirst(false) }),
	"PostgreSQL": sync.OnceValues(func() (firstImport, error) { return importFirst(true) }),
}

// afterImport runs test with the program on a copy of each first import, in parallel.
func afterImport(t *testing.T, test func(t *testing.T, i *imported)) {
	t.Helper()
	t.Parallel()
	for kind, first := range firstImports {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			made, err := first()
			if err != nil {
				t.Fatal(err)
			}
			i := &imported{program: newProgram(t, copyOf(t, made.database)), facts: mustFacts(t), source: openController(t, made.source), first: made}
			i.serve()
			i.admin = i.newToken("admin")
			test(t, i)
		})
	}
}

func importFirst(onPostgreSQL bool) (made firstImport, err error) {
	from, err := restored()
	if err != nil {
		return made, fmt.Errorf("restore %s: %w", controllerDump, err)
	}
	if made.source, err = lastingDatabase(from); err != nil {
		return made, err
	}
	folder, err := os.MkdirTemp("", "gatehouse-test-")
	if err != nil {
		return made, err
	}
	leave(func() { _ = os.RemoveAll(folder) })
	made.database = "sqlite:" + filepath.Join(folder, "gatehouse.db")
	if onPostgreSQL {
		if made.database, err = lastingDatabase(""); err != nil {
			return made, err
		}
	}
	facts, err := readFacts()
	if err != nil {
		return made, err
	}
	key := filepath.Join(folder, "secret-key")
	if err := os.WriteFile(key, []byte(facts.SecretKey), 0o600); err != nil {
		return made, err
	}
	binary, err := built()
	if err != nil {
		return made, err
	}
	code := 0
	made.stdout, made.progress, code, err = run(context.Background(), binary, folder,
		[]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "GATEHOUSE_DATABASE_URL=" + made.database},
		"import_controller", "--source", made.source, "--secret-key-file", key)
	if err == nil && code != 0 {
		err = fmt.Errorf("import_controller: exit %d:\n%s%s", code, made.stdout, made.progress)
	}
	return made, err
}

// lastingDatabase makes a PostgreSQL database that is there until all tests have ended.
func lastingDatabase(from string) (address string, err error) {
	name, address, err := createDatabase(context.Background(), from)
	if err == nil {
		leave(func() { _ = onServer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	}
	return address, err
}

// copyOf copies a database that nothing has open.
func copyOf(t *testing.T, database string) string {
	t.Helper()
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		to := filepath.Join(t.TempDir(), "gatehouse.db")
		for _, suffix := range []string{"", "-wal"} {
			text, err := os.ReadFile(path + suffix)
			if err == nil {
				err = os.WriteFile(to+suffix, text, 0o600)
			}
			if err != nil && (suffix == "" || !os.IsNotExist(err)) {
				t.Fatal(err)
			}
		}
		return "sqlite:" + to
	}
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	name, copied, err := createDatabase(t.Context(), strings.TrimPrefix(address.Path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = onServer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return copied
}

// importFrom runs the import of the controller with its own key.
func (p *program) importFrom(c *controller, args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	return p.command(p.importing(c, args...)...)
}

// importing are the arguments of an import.
func (p *program) importing(c *controller, args ...string) []string {
	p.t.Helper()
	key := p.file("secret-key", mustFacts(p.t).SecretKey)
	return append([]string{"import_controller", "--source", c.address, "--secret-key-file", key}, args...)
}

// mustImport runs an import that has to succeed.
func (p *program) mustImport(c *controller, args ...string) string {
	p.t.Helper()
	return p.mustCommand(p.importing(c, args...)...)
}

// file writes a file of the program's folder.
func (p *program) file(name, text string) (path string) {
	p.t.Helper()
	path = filepath.Join(p.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// mounts are those of the two APIs.
var mounts = map[string]string{"gateway": "/api/gateway/v1/", "controller": "/api/controller/v2/"}

// rows are all rows of a list, in the order of ids, as the administrator sees it.
func (i *imported) rows(path string) []map[string]any {
	i.t.Helper()
	var rows []map[string]any
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for next := path + join + "order_by=id&page_size=200"; next != ""; {
		page := i.api(http.MethodGet, next, i.admin, nil).want(i.t, http.StatusOK)
		for _, row := range page.json["results"].([]any) {
			rows = append(rows, row.(map[string]any))
		}
		next = page.string("next")
	}
	return rows
}

// count is how many rows a list has, by its own word.
func (i *imported) count(path string) int {
	i.t.Helper()
	counted, ok := i.api(http.MethodGet, path, i.admin, nil).want(i.t, http.StatusOK).json["count"].(float64)
	if !ok {
		i.t.Fatalf("%s has no count", path)
	}
	return int(counted)
}

// counts checks how many rows lists have.
func (i *imported) counts(want map[string]int) {
	i.t.Helper()
	for path, want := range want {
		if got := i.count(path); got != want {
			i.t.Errorf("%s has %d rows, want %d", path, got, want)
		}
	}
}

// sameRows checks that a list has exactly the rows that a query makes of the source: one JSON object each, in the order of ids. Fields that
// the query does not name are not compared.
func (i *imported) sameRows(path, query string) {
	i.t.Helper()
	got := i.rows(path)
	rows, err := i.source.QueryContext(i.t.Context(), query)
	if err != nil {
		i.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var text []byte
		var want map[string]any
		if err := errors.Join(rows.Scan(&text), json.Unmarshal(text, &want)); err != nil {
			i.t.Fatal(err)
		}
		if n >= len(got) {
			continue
		}
		maps.DeleteFunc(got[n], func(field string, _ any) bool { _, compared := want[field]; return !compared })
		if diff := cmp.Diff(want, got[n]); diff != "" {
			i.t.Fatalf("%s: row %d (-want +got):\n%s", path, n, diff)
		}
	}
	if err := rows.Err(); err != nil || n != len(got) {
		i.t.Errorf("%s has %d rows, want %d; %v", path, len(got), n, err)
	}
}

// database is the address of the program's database.
func (p *program) database() string {
	for _, each := range p.env {
		if address, ok := strings.CutPrefix(each, "GATEHOUSE_DATABASE_URL="); ok {
			return address
		}
	}
	return ""
}

// target opens the program's database beside it.
func (p *program) target() *sql.DB {
	p.t.Helper()
	driver, dsn := "pgx", p.database()
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = db.Close() })
	return db
}
