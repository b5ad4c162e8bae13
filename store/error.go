package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// What can go wrong, beside a context's own errors. Compare with errors.Is.
var (
	ErrNotFound      = errors.New("not found")
	ErrConflict      = errors.New("exists already")
	ErrReplayed      = errors.New("used already")
	ErrResourceTaken = errors.New("the resource is another application's")
	ErrInUse         = errors.New("other rows refer to it") // a mistake of the caller, who deletes those first
	ErrUnavailable   = errors.New("the database is not available")
)

// translate turns a driver's error into one of ours, unless it is one already. It is the only place that knows the drivers' codes.
func translate(err error) error {
	for _, ours := range []error{ErrNotFound, ErrConflict, ErrReplayed, ErrResourceTaken, ErrInUse, ErrUnavailable} {
		if errors.Is(err, ours) {
			return err
		}
	}
	var postgres *pgconn.PgError
	var lite *sqlite.Error
	var network net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return ErrNotFound
	case errors.As(err, &postgres):
		return translatePostgres(postgres)
	case errors.As(err, &lite):
		return translateSQLite(lite)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), isConnectError(err), broken(err),
		errors.Is(err, errClosed):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// errClosed is what package sql answers after Close; it has no name there.
var errClosed = func() error {
	db := sql.OpenDB(sqliteConnector(""))
	_ = db.Close()
	return db.PingContext(context.Background())
}()

func isConnectError(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err)
}

// broken reports whether a connection ended in the middle of an exchange.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html.
var (
	// connection, lost against other transactions (after the last attempt), resources, operator, system
	unavailableClasses = []string{"08", "40", "53", "57", "58"}
	// read-only, ended while idle, ended for its length, password, database missing, locked, corrupted
	unavailableCodes = []string{"25006", "25P03", "25P04", "28000", "28P01", "3D000", "55P03", "XX001", "XX002"}
)

func translatePostgres(err *pgconn.PgError) error {
	class := err.Code[:min(2, len(err.Code))]
	switch {
	case err.Code == "23505":
		return fmt.Errorf("%w: %s", ErrConflict, err.ConstraintName)
	case err.Code == "23503":
		return fmt.Errorf("%w: %s", ErrNotFound, err.ConstraintName)
	case slices.Contains(unavailableClasses, class), slices.Contains(unavailableCodes, err.Code):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Codes: https://www.sqlite.org/rescode.html.
func translateSQLite(err *sqlite.Error) error {
	switch err.Code() {
	case sqlitelib.SQLITE_CONSTRAINT_UNIQUE, sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrConflict
	case sqlitelib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrNotFound
	}
	switch err.Code() & 0xff {
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED, sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_CANTOPEN,
		sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_CORRUPT, sqlitelib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// outOfTime reports whether the deadline of a writing cut it off.
func outOfTime(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone)
}

// retryable reports whether the transaction lost against another and may be tried again.
func retryable(err error) bool {
	var postgres *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &postgres):
		return postgres.Code == "40001" || postgres.Code == "40P01"
	case errors.As(err, &lite):
		return lite.Code() == sqlitelib.SQLITE_BUSY_SNAPSHOT
	}
	return false
}
