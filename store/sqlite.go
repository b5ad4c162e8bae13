package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// sqliteParameters hold for every connection: write-ahead log, fsync at each commit, times as whole microseconds, LIKE that tells upper
// from lower case as PostgreSQL's does.
const sqliteParameters = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
	"&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_pragma=case_sensitive_like(ON)&_time_integer_format=unix_micro&_inttotime=1"

// writing is what the address of the connection that writes has beside: it takes its lock when it begins.
const writing = "&_txlock=immediate"

func sqlitePath(address string) (string, bool) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	return strings.TrimPrefix(path, "//"), ok
}

// openSQLite opens one connection that writes and a pool that cannot.
func (s *Store) openSQLite(path string, pageCache int64) error {
	if path == "" {
		return fmt.Errorf("open the database: no file is named")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := createPrivately(path); err != nil {
		return err
	}
	s.dialect, s.path = SQLite, path
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqliteParameters
	writer := dsn + writing
	if pageCache > 0 {
		writer += fmt.Sprintf("&_pragma=cache_size(-%d)", pageCache/1024)
	}
	if s.write, err = sqlitePool(writer, 1, false); err != nil {
		return err
	}
	const connections = 8
	s.turns, s.walks = turnsOf(connections), turnsOf(connections)
	s.presented.file.open(dsn + "&_query_only=1")
	if s.read, err = sqlitePool(dsn+"&_query_only=1", connections, true); err != nil {
		return err
	}
	return watch(s.write)
}

// createPrivately makes the file before SQLite does, and keeps everybody else from it whatever the umask, since SQLite would make it for
// all to read. The log beside it gets the permissions of the file; one that was left behind may have others.
func createPrivately(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create the folder of the database: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	for _, each := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(each)
		if err == nil && info.Mode() != fs.FileMode(0o600) {
			_ = os.Chmod(each, 0o600) // a file system without permissions is no reason not to start
		}
	}
	return file.Close()
}

func sqlitePool(dsn string, connections int, prepare bool) (*gorm.DB, error) {
	db := sql.OpenDB(sqliteConnector(dsn))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return pool(db, gormsqlite.New(gormsqlite.Config{Conn: db}), prepare)
}

// sqliteConnector is a data source name for sqliteDriver.
type sqliteConnector string

// Connect opens a connection.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := sqliteDriver.Open(string(c))
	for attempt := 1; busy(err) && attempt < 50 && ctx.Err() == nil; attempt++ {
		time.Sleep(10 * time.Millisecond)
		opened, err = sqliteDriver.Open(string(c))
	}
	if err != nil || !strings.Contains(string(c), writing) {
		return opened, err
	}
	conn, ok := opened.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver of SQLite lacks what the program needs"), opened.Close())
	}
	return keeping(conn), nil
}

// busy reports whether others have the file to themselves. Of several that begin to write a log at once SQLite turns some away without waiting.
func busy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlitelib.SQLITE_BUSY
}

// Driver is the driver.
func (sqliteConnector) Driver() driver.Driver { return sqliteDriver }

// sqliteDriver is a driver of our own, since it knows two functions more than the one that every package shares.
var sqliteDriver = func() *sqlite.Driver {
	d := &sqlite.Driver{}
	d.MustRegisterDeterministicScalarFunction("fold", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if text, ok := args[0].(string); ok {
			return fold(text), nil
		}
		return args[0], nil
	})
	// a REGEXP b is regexp(b, a).
	d.MustRegisterDeterministicScalarFunction("regexp", 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		pattern, isPattern := args[0].(string)
		text, isText := args[1].(string)
		if !isPattern || !isText {
			return nil, nil
		}
		return matchesPattern(pattern, text, time.Now().Add(queryLimit))
	})
	return d
}()

// fold takes the differences of case out of a text. The function fold of each database does the same, so that both find the same rows.
func fold(text string) string {
	text = strings.ReplaceAll(text, "İ", "i\u0307") // the one letter that becomes two
	return strings.ReplaceAll(strings.ToLower(text), "ς", "σ")
}
