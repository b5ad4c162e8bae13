package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// dataVersion tells whether somebody else has changed a SQLite file, by two connections: one that changes nothing and sees every change, and the writer's, which sees all but its own.
type dataVersion struct {
	mu         sync.Mutex
	db         *sql.DB
	connection *sql.Conn // made when it is first asked, and anew after a failure
	statement  *sql.Stmt

	epoch   int64 // how often others have changed the file, or may have
	seen    int64 // the version when that was known last
	theirs  writersVersion
	writing int // transactions of this process that are under way
}

// writersVersion is the version that the writer's connection has; another connection counts from the beginning.
type writersVersion struct {
	connection any
	version    int64
}

func (d *dataVersion) open(dsn string) { d.db = sql.OpenDB(sqliteConnector(dsn)) }

// read gives the number of changes by others. unknown: there is a change that may be one of this process, which has not said so yet.
func (d *dataVersion) read(ctx context.Context) (epoch int64, unknown bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	version, err := d.ask(ctx)
	switch {
	case err != nil:
		return 0, true, err
	case version == d.seen:
	case d.writing > 0:
		return 0, true, nil
	default:
		d.seen = version
		d.epoch++
	}
	return d.epoch, false, nil
}

// begins says that this process is about to write.
func (d *dataVersion) begins() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing++
}

// ended says that it has written, and taken down what it touched. What is new then is its own doing, unless the writer's connection, which is asked after the other one, has seen a
// change since it was asked last.
func (d *dataVersion) ended(ctx context.Context, writer func() (writersVersion, error)) {
	d.mu.Lock()
	version, err := d.ask(ctx)
	d.mu.Unlock()
	theirs, failed := writer()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing--
	if err != nil || failed != nil || theirs != d.theirs {
		d.epoch++
	}
	d.seen, d.theirs = version, theirs
}

// ask does not end with the request, which would cost the connection. After a failure it is another one, which counts from the beginning.
func (d *dataVersion) ask(ctx context.Context) (version int64, err error) {
	ctx = context.WithoutCancel(ctx)
	defer func() {
		if err == nil {
			return
		}
		d.release() // it is of no use any more
		d.epoch++
		err = fmt.Errorf("data version: %w", err)
	}()
	if d.connection == nil {
		if d.connection, err = d.db.Conn(ctx); err != nil {
			return 0, err
		}
		d.seen = -1
	}
	if d.statement == nil {
		if d.statement, err = d.connection.PrepareContext(ctx, "PRAGMA data_version"); err != nil {
			return 0, err
		}
	}
	err = d.statement.QueryRowContext(ctx).Scan(&version)
	return version, err
}

func (d *dataVersion) close() error {
	if d.db == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
	return d.db.Close()
}

// release closes the statement first: with one, the connection would stay open, and the log beside the file.
func (d *dataVersion) release() {
	if d.statement != nil {
		_ = d.statement.Close()
	}
	if d.connection != nil {
		_ = d.connection.Close()
	}
	d.connection, d.statement = nil, nil
}
