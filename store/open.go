package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib" // driver "pgx" as well
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Open connects to the database and makes sure that it answers; it does not migrate. A SQLite file is made if it is missing, in a
// folder that is made if it is missing, readable by its owner only.
func Open(ctx context.Context, options Options) (*Store, error) {
	clock := options.Clock
	if clock == nil {
		clock = time.Now
	}
	s := &Store{clock: clock, timeout: 30 * time.Second, limit: queryLimit, stretch: walkIDs}
	var err error
	if s.presented, err = newPresented(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if path, ok := sqlitePath(options.URL); ok {
		err = s.openSQLite(path, options.PageCache)
	} else if strings.HasPrefix(options.URL, "postgres://") || strings.HasPrefix(options.URL, "postgresql://") {
		err = s.openPostgres(options.URL)
	} else {
		err = errors.New("open the database: the address is neither sqlite:PATH nor postgres://…")
	}
	if err == nil {
		err = s.Ping(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) openPostgres(address string) error {
	s.dialect = PostgreSQL
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(prepareConnection))
	s.presented.news = newNews(*config)
	const connections = 32
	s.turns, s.walks = turnsOf(connections), turnsOf(connections)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.write, err = pool(db, postgres.New(postgres.Config{Conn: db}), false) // the driver keeps prepared statements itself
	s.read = s.write
	if err != nil {
		return err
	}
	return watch(s.write)
}

// prepareConnection makes times come back in UTC; the driver's default is the zone of the machine. Compiling a statement, or starting processes
// to share it, takes PostgreSQL longer than what is asked of it here; it is told not to.
func prepareConnection(ctx context.Context, connection *pgx.Conn) error {
	codec := &pgtype.TimestamptzCodec{ScanLocation: time.UTC}
	connection.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: codec})
	_, err := connection.Exec(ctx, "SET jit = off; SET max_parallel_workers_per_gather = 0")
	return err
}

// Bounds for the prepared statements that are kept: queries come in any shape, so the number must have a limit; and a statement that
// ends because of its age could end under the hands of who uses it, so the age must have none (ten years is GORM's word for that).
const (
	keptStatements = 100
	neverExpire    = 10 * 365 * 24 * time.Hour
)

func pool(db *sql.DB, dialector gorm.Dialector, prepare bool) (*gorm.DB, error) {
	opened, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true, // Write is the transaction
		PrepareStmt:            prepare,
		PrepareStmtMaxSize:     keptStatements,
		PrepareStmtTTL:         neverExpire,
		QueryFields:            true,           // a column that a later release adds does not disturb this one
		Logger:                 logger.Discard, // errors are returned, and logged once where they are answered
		DisableAutomaticPing:   true,
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open the database: %w", translate(err))
	}
	return opened, nil
}
