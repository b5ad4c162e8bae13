package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"gatehouse/models"
	"gatehouse/store"
)

// A schema takes a second to make and a moment to copy, so that each process makes it once on SQLite, and each server has one on PostgreSQL.

// migratedFile is what a migrated SQLite file holds.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "gatehouse-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "gatehouse.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // #nosec G304 -- made above
})

// migratedDatabase is the name of a migrated database on the server, to be copied. It is named by the migrations, so that it can stay there for
// other processes; it has the name only once it is whole.
var migratedDatabase = sync.OnceValues(func() (string, error) {
	dsn, ctx := os.Getenv("TEST_POSTGRES_DSN"), context.Background()
	address, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	digest, err := digestOfMigrations()
	if err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	one, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = one.Close() }()
	if _, err := one.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext('gatehouse template'))"); err != nil {
		return "", err
	}
	name, there := "gatehouse_template_"+digest, false
	if err := one.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	unready := "gatehouse_unready_" + strings.ToLower(models.RandomText(16))
	if _, err := one.ExecContext(ctx, "CREATE DATABASE "+unready); err != nil {
		return "", err
	}
	address.Path = "/" + unready
	if err := migrate(address.String()); err != nil {
		return "", err
	}
	_, err = one.ExecContext(ctx, "ALTER DATABASE "+unready+" RENAME TO "+name)
	return name, err
})

// asFiles has a database copied as files, which takes a tenth of the time. Before version 15 there was no other way, and no word for it.
var asFiles = sync.OnceValue(func() string {
	db, err := sql.Open("pgx", os.Getenv("TEST_POSTGRES_DSN"))
	if err != nil {
		return ""
	}
	defer func() { _ = db.Close() }()
	var version int
	if err := db.QueryRowContext(context.Background(), "SELECT current_setting('server_version_num')::integer").Scan(&version); err != nil || version < 150000 {
		return ""
	}
	return " STRATEGY FILE_COPY"
})

func digestOfMigrations() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "..", "migrations", "postgres", "*.sql"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("the migrations are not beside %s, %w", here, err)
	}
	digest := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of this repository
		if err != nil {
			return "", err
		}
		digest.Write(text)
	}
	return hex.EncodeToString(digest.Sum(nil)[:10]), nil
}

func migrate(address string) error {
	s, err := store.Open(context.Background(), store.Options{URL: address})
	if err != nil {
		return err
	}
	if _, err := s.Migrate(context.Background()); err != nil {
		return err
	}
	return s.Close()
}
