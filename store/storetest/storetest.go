// Package storetest gives each test a fresh, migrated database on SQLite and on PostgreSQL, and a clock that the test moves.
// PostgreSQL is the server named by TEST_POSTGRES_DSN; without it a test fails, it is never skipped (see CONTRIBUTING).
package storetest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// DB is a test's database.
type DB struct {
	*store.Store
	Clock *Clock
	URL   string // what GATEHOUSE_DATABASE_URL would be
}

// Clock is a time that moves only when a test says so.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Each runs test on every database, in parallel. The clock starts at 2026-03-01 12:00 UTC.
func Each(t *testing.T, test func(t *testing.T, db DB)) {
	t.Helper()
	t.Parallel()
	EachMigrated(t, func(t *testing.T, address string) {
		clock := &Clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		s, err := store.Open(t.Context(), store.Options{URL: address, Clock: clock.Now})
		if err != nil {
			t.Fatalf("open the database: %v", err)
		}
		t.Cleanup(func() { _ = s.Close() })
		test(t, DB{Store: s, Clock: clock, URL: address})
	})
}

// EachURL runs test with the address of an empty database of each kind, for tests that open it themselves or start the program.
func EachURL(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, PostgreSQL(t))
	})
}

// EachMigrated runs test with the address of a database of each kind that has the schema and nothing else.
func EachMigrated(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		content, err := migratedFile()
		if err != nil {
			t.Fatalf("migrate: %v", err)
		}
		path := filepath.Join(t.TempDir(), "gatehouse.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		test(t, "sqlite:"+path)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, postgreSQL(t, migratedDatabase))
	})
}

// PostgreSQL makes an empty database that is dropped after the test, and returns its address.
func PostgreSQL(t *testing.T) string {
	t.Helper()
	return postgreSQL(t, func() (string, error) { return "template1", nil })
}

// postgreSQL makes a copy of a database, likewise.
func postgreSQL(t *testing.T, template func() (string, error)) string {
	t.Helper()
	dsn := os.Getenv("TEST_POSTGRES_DSN")
	if dsn == "" {
		t.Fatal("TEST_POSTGRES_DSN is not set: run the tests with `make test`, or name a PostgreSQL server on which databases may be created")
	}
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("TEST_POSTGRES_DSN: %v", err)
	}
	from, err := template()
	if err != nil {
		t.Fatalf("migrate a database to copy: %v", err)
	}
	name := "gatehouse_test_" + strings.ToLower(models.RandomText(16))
	admin(t, t.Context(), dsn, "CREATE DATABASE "+name+" TEMPLATE "+from+asFiles())
	t.Cleanup(func() { admin(t, context.Background(), dsn, "DROP DATABASE "+name+" WITH (FORCE)") })
	address.Path = "/" + name
	return address.String()
}

func admin(t *testing.T, ctx context.Context, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatalf("open %s: %v", dsn, err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
