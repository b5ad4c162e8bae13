package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/models"
)

const (
	controllerDump = "importer/testdata/controller-2.4.sql.gz"
	controllerJSON = "importer/testdata/controller-2.4.json"
)

// controller is the database of an automation controller, which the test may change.
type controller struct {
	*sql.DB
	t       *testing.T
	address string
}

// leftovers are what several tests share; TestMain removes them.
var leftovers struct {
	mu     sync.Mutex
	remove []func()
}

func leave(remove func()) {
	leftovers.mu.Lock()
	defer leftovers.mu.Unlock()
	leftovers.remove = append(leftovers.remove, remove)
}

func removeLeftovers() {
	leftovers.mu.Lock()
	defer leftovers.mu.Unlock()
	for _, remove := range leftovers.remove {
		remove()
	}
}

// restored is the name of the database that the dump is restored into, once, with its ages moved to the present.
var restored = sync.OnceValues(func() (string, error) {
	name, address, err := createDatabase(context.Background(), "")
	if err != nil {
		return "", err
	}
	leave(func() { _ = onServer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	facts, err := readFacts()
	if err != nil {
		return "", err
	}
	return name, restore(context.Background(), address, facts.ShiftSQL)
})

// newController is a fresh copy of the restored database.
func newController(t *testing.T) *controller {
	t.Helper()
	from, err := restored()
	if err != nil {
		t.Fatalf("restore %s: %v", controllerDump, err)
	}
	name, address, err := createDatabase(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = onServer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return openController(t, address)
}

func openController(t *testing.T, address string) *controller {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &controller{db, t, address}
}

// change runs statements on the controller's database, such as make it another one.
func (c *controller) change(statements ...string) {
	c.t.Helper()
	for _, statement := range statements {
		if _, err := c.ExecContext(c.t.Context(), statement); err != nil {
			c.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// value is the one value that the query has.
func value[T any](t *testing.T, db *sql.DB, query string, arguments ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRowContext(t.Context(), query, arguments...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// onServer runs a statement on the server of TEST_POSTGRES_DSN.
func onServer(ctx context.Context, statement string) error {
	dsn := os.Getenv("TEST_POSTGRES_DSN")
	if dsn == "" {
		return errors.New("TEST_POSTGRES_DSN is not set: run the tests with `make test`")
	}
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement).ReadAll()
	return err
}

// createDatabase makes a database as a copy of the one named, or an empty one.
func createDatabase(ctx context.Context, from string) (name, address string, err error) {
	name = "gatehouse_test_" + strings.ToLower(models.RandomText(16))
	statement := "CREATE DATABASE " + name
	if from != "" {
		statement += " TEMPLATE " + from
	}
	if err := onServer(ctx, statement); err != nil {
		return "", "", err
	}
	server, err := url.Parse(os.Getenv("TEST_POSTGRES_DSN"))
	if err != nil {
		return "", "", err
	}
	server.Path = "/" + name
	return name, server.String(), nil
}

// restore reads the plain dump into an empty database, then runs the statement on it.
func restore(ctx context.Context, address, then string) error {
	file, err := os.Open(controllerDump)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	dump, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	conn, err := pgconn.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	lines := bufio.NewReader(dump)
	for {
		statements, copying, err := untilCopy(lines)
		if _, failed := conn.Exec(ctx, statements).ReadAll(); failed != nil {
			return failed
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		rows, err := copiedRows(lines)
		if err != nil {
			return err
		}
		if _, err := conn.CopyFrom(ctx, strings.NewReader(rows), copying); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "RESET search_path; "+then+"; ANALYZE").ReadAll()
	return err
}

// untilCopy reads statements up to one that says that rows follow; io.EOF at the end of the dump.
func untilCopy(lines *bufio.Reader) (statements, copying string, err error) {
	var text strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "COPY ") {
			return text.String(), line, err
		}
		text.WriteString(line)
	}
}

// copiedRows reads the rows that follow COPY.
func copiedRows(lines *bufio.Reader) (string, error) {
	var rows strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil || line == "\\.\n" {
			return rows.String(), err
		}
		rows.WriteString(line)
	}
}

// TestControllerFixture: the dump is restored as its description says, which all tests of the import rest on.
func TestControllerFixture(t *testing.T) {
	t.Parallel()
	c, facts := newController(t), mustFacts(t)
	for table, want := range facts.Counts {
		if got := value[int](t, c.DB, "SELECT count(*) FROM "+table); got != want {
			t.Errorf("%s has %d rows, want %d", table, got, want)
		}
	}
	if age := value[float64](t, c.DB, "SELECT min(extract(epoch FROM now() - created)) FROM oauth2_provider_refreshtoken"); age < 0 {
		t.Errorf("the youngest refresh token is %v seconds old", age)
	}
	if len(facts.Users) < 10 || len(facts.Applications) < 10 || len(facts.AccessTokens) < 10 || len(facts.RefreshTokens) < 10 || len(facts.Organizations) < 10 {
		t.Errorf("%s was not read whole", controllerJSON)
	}
}
