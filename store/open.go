package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib" // driver "pgx" as well
	"gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// Open connects to the database and makes sure that it answers; it does not migrate. A SQLite file is made if it is missing, in a
// folder that is made if it is missing, readable by its owner only.
func Open(ctx context.Context, options Options) (*Store, error) {
	clock := options.Clock
	if clock == nil {
		clock = time.Now
	}
	s := &Store{clock: clock}
	var err error
	if path, ok := sqlitePath(options.URL); ok {
		err = s.openSQLite(path)
	} else {
		err = s.openPostgres(options.URL)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func sqlitePath(address string) (string, bool) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	return strings.TrimPrefix(path, "//"), ok
}

// sqliteParameters hold for every connection: write-ahead log, fsync at each commit, times as whole microseconds.
const sqliteParameters = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
	"&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_time_integer_format=unix_micro&_inttotime=1"

func (s *Store) openSQLite(path string) error {
	if err := createPrivately(path); err != nil {
		return err
	}
	s.dialect, s.path = SQLite, path
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqliteParameters
	var err error
	if s.write, err = sqlitePool(dsn+"&_txlock=immediate", 1); err != nil {
		return err
	}
	s.read, err = sqlitePool(dsn, 8)
	return err
}

// createPrivately makes the file before SQLite does, since SQLite would make it for everybody to read; the log beside it gets the
// same permissions.
func createPrivately(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create the folder of the database: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return file.Close()
}

func sqlitePool(dsn string, connections int) (*gorm.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return pool(gormsqlite.New(gormsqlite.Config{Conn: db}), true)
}

func (s *Store) openPostgres(address string) error {
	s.dialect = PostgreSQL
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(readTimesAsUTC))
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.write, err = pool(postgres.New(postgres.Config{Conn: db}), false)
	s.read = s.write
	return err
}

// readTimesAsUTC makes times come back in UTC; the driver's default is the zone of the machine.
func readTimesAsUTC(_ context.Context, connection *pgx.Conn) error {
	codec := &pgtype.TimestamptzCodec{ScanLocation: time.UTC}
	connection.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: codec})
	return nil
}

func pool(dialector gorm.Dialector, prepare bool) (*gorm.DB, error) {
	db, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true, // Write is the transaction
		PrepareStmt:            prepare,
		Logger:                 logger.Discard, // errors are returned, and logged once where they are answered
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", translate(err))
	}
	return db, nil
}
