package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema to this release, one numbered file at a time, forward only. Several servers may start at once: one
// migrates, the others wait. It returns the numbers that were applied, none when the schema was current.
func (s *Store) Migrate(ctx context.Context) ([]int64, error) {
	db, err := s.write.DB()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	unlock, err := s.lockFile(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer unlock()
	provider, err := s.provider(db)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", translate(err))
	}
	if s.dialect == SQLite {
		if err := s.settleAll(ctx); err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
	}
	var applied []int64
	for _, result := range results {
		applied = append(applied, result.Source.Version)
	}
	return applied, nil
}

// Outdated reports whether migrations of this release are missing from the database, as all are from an empty one. It changes nothing.
func (s *Store) Outdated(ctx context.Context) (bool, error) {
	db, err := s.read.DB()
	if err != nil {
		return false, fmt.Errorf("read the schema's version: %w", err)
	}
	provider, err := s.provider(db)
	if err != nil {
		return false, fmt.Errorf("read the schema's version: %w", err)
	}
	if !s.read.WithContext(ctx).Migrator().HasTable(goose.DefaultTablename) {
		return true, translate(db.PingContext(ctx)) // a database that is lost has no table either
	}
	var applied []int64
	err = s.read.WithContext(ctx).Table(goose.DefaultTablename).Where("is_applied").Pluck("version_id", &applied).Error
	if err != nil {
		return false, fmt.Errorf("read the schema's version: %w", translate(err))
	}
	for _, source := range provider.ListSources() {
		if !slices.Contains(applied, source.Version) {
			return true, nil
		}
	}
	return false, nil
}

func (s *Store) provider(db *sql.DB) (*goose.Provider, error) {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler))}
	if s.dialect == PostgreSQL {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, err
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, "migrations/"+s.dialect)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files, options...)
}

// lockFile keeps other processes from migrating the same SQLite file; PostgreSQL has a lock of its own.
func (s *Store) lockFile(ctx context.Context) (unlock func(), err error) {
	if s.dialect == PostgreSQL {
		return func() {}, nil
	}
	file := flock.New(s.path+".lock", flock.SetPermissions(0o600))
	if _, err := file.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, fmt.Errorf("lock %s: %w", file.Path(), err)
	}
	return func() { _ = file.Unlock() }, nil
}
