// Package store keeps things, in SQLite or PostgreSQL, behind one set of operations. It is the only package that knows GORM and
// SQL. It decides nothing: who may do what is models.Policy, what an operation consists of is package server.
//
// Reads hang on a Reader, from Store.Read(ctx). Changes hang on a Tx and so exist only inside Store.Write, and Store.Issue for those
// that only issue tokens, which make all of them durable at once or none. A Tx reads like a Reader.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Options say where the database is. The zero Clock is the system's.
type Options struct {
	URL   string           // "sqlite:PATH", "sqlite://PATH", "postgres://…" or "postgresql://…"
	Clock func() time.Time // for tests

	// PageCache is how many bytes of pages of the file SQLite keeps for changing them; 0 is 16 MiB. Memory is taken as they are read.
	PageCache int64
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	read    *gorm.DB
	write   *gorm.DB
	clock   func() time.Time
	dialect string
	path    string        // of the SQLite file
	timeout time.Duration // bounds one Write, waiting for other writers included; for another process at SQLite's file it waits ten seconds
	limit   time.Duration // bounds one query of a list, see limit.go
	turns   chan struct{} // holds one for each list that is being read
	walks   chan struct{} // and one for each that is being walked through
	stretch int           // how many ids a walk reads at once, see walk.go
	writes  atomic.Int64  // begun, see settle.go
	changes atomic.Int64  // on SQLite, see crowd.go
	queue   queue         // of SQLite's one writer, see together.go
	issues  queue         // of tokens on PostgreSQL, see issue.go

	presented *presented
}

// Reader answers questions, bound to the context it was made with.
type Reader struct {
	db    *gorm.DB
	now   time.Time
	limit time.Duration // 0: none of its own
	turns chan struct{}
	walks chan struct{}

	stretch int
	along   *along // of whoever presents a token; nil: all is read
}

// Tx is one change in the making: everything done through it is stored together when the function given to Write returns nil.
type Tx struct {
	Reader
	taken []string   // locks, see hold.go
	added *additions // what is stored at the end, see issue.go; nil: at once
}

// Dialects.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgres"
)

// Dialect is SQLite or PostgreSQL.
func (s *Store) Dialect() string { return s.dialect }

// Path is the SQLite file, "" on PostgreSQL.
func (s *Store) Path() string { return s.path }

// Now is the store's time: UTC, whole microseconds, as both databases keep it.
func (s *Store) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Read gives a Reader for the duration of ctx.
func (s *Store) Read(ctx context.Context) Reader {
	return Reader{db: s.read.WithContext(ctx), now: s.Now(), limit: s.limit, turns: s.turns, walks: s.walks, stretch: s.stretch}
}

// Write runs change in one transaction and returns after it is durable, or rolled back with change's error. It is not cut short
// when ctx ends after it began: a caller who goes away leaves no half-done work. change may be run again after a conflict of
// transactions, so it must only use its Tx; it must not hash, call out or wait. A lost or full database is ErrUnavailable. On SQLite changes that
// come at once may share a transaction, in which each is undone by itself if it fails.
func (s *Store) Write(ctx context.Context, change func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	s.changes.Add(1)
	if s.dialect == SQLite && ctx.Value(rehearsalKey{}) == nil {
		return s.writeWith(&s.queue, &pending{ctx: ctx, change: change}, s.commitTogether)
	}
	return s.writeAlone(ctx, change)
}

// writeAlone is Write in a transaction of its own.
func (s *Store) writeAlone(ctx context.Context, change func(*Tx) error) error {
	const attempts = 8
	var err error
	var by touched
	ctx = context.WithValue(ctx, touchedKey{}, &by)
	for attempt := range attempts {
		if attempt > 0 {
			time.Sleep(time.Duration(attempt) * time.Millisecond)
		}
		err = s.transaction(ctx, func(db *gorm.DB) error {
			tx := &Tx{Reader: Reader{db: db, now: s.Now()}}
			if err := change(tx); err != nil {
				return err
			}
			return rehearsed(ctx, s.settleNowAndThen(tx))
		})
		if !retryable(err) {
			break
		}
	}
	s.presented.note(by) // also where nobody can say whether it was committed
	if ctx.Err() != nil && outOfTime(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return translate(err)
}

// transaction ends with ctx. On SQLite its statements do, and it is neither begun nor committed any more; to watch over all of it takes goroutines.
func (s *Store) transaction(ctx context.Context, change func(*gorm.DB) error) error {
	if s.dialect != SQLite {
		return s.write.WithContext(ctx).Transaction(change)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.write.WithContext(context.WithoutCancel(ctx)).Transaction(func(db *gorm.DB) error {
		if err := change(db.WithContext(ctx)); err != nil {
			return err
		}
		return ctx.Err()
	})
}

// Locks of PostgreSQL that stand for no row, held until the end of a transaction. SQLite has one writer anyway.
const (
	lockOfTurns      = 0x6761746568 + iota // "gateh"
	lockOfSuperusers                       // nested in the former, where both are taken
	lockOfStripes                          // the first of many, see hold.go
)

// lockOfImports is taken by who imports, before all others; lockOfTokenPolicy by who sets the token policy and nothing else.
const (
	lockOfImports     = lockOfTurns - 1
	lockOfTokenPolicy = lockOfTurns - 2
)

// WriteInTurn is Write for changes of many rows at once: they pass one after the other. Each takes the rows of several tables, and two
// of them could only meet in a deadlock.
func (s *Store) WriteInTurn(ctx context.Context, change func(*Tx) error) error {
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.lock(lockOfTurns); err != nil {
			return err
		}
		return change(tx)
	})
}

func (tx *Tx) lock(number int64) error {
	if tx.db.Name() == SQLite {
		return nil
	}
	return translate(tx.db.Exec("SELECT pg_advisory_xact_lock(?)", number).Error)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, pool := range []*gorm.DB{s.read, s.write} {
		if err := pool.WithContext(ctx).Exec("SELECT 1").Error; err != nil {
			return fmt.Errorf("ping: %w", translate(err))
		}
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	if s.presented != nil {
		if err := s.presented.file.close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
		if s.presented.news != nil {
			if err := s.presented.news.db.Close(); err != nil {
				return fmt.Errorf("close: %w", err)
			}
		}
	}
	for _, pool := range []*gorm.DB{s.read, s.write} {
		if pool == nil {
			continue // Open gave up before it
		}
		db, err := pool.DB()
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	return nil
}

// Now is the time of the transaction or of the reading: one moment for all that is done through r.
func (r Reader) Now() time.Time { return r.now }

// one loads the row that the conditions name; none is ErrNotFound.
func one[T any](query *gorm.DB) (*T, error) {
	var row T
	if err := query.Take(&row).Error; err != nil {
		return nil, translate(err)
	}
	return &row, nil
}

func all[T any](query *gorm.DB) ([]T, error) {
	rows := []T{}
	if err := query.Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	return rows, nil
}

// insert stores the row, or rows, and fills in their ids; what hangs on them is stored by its own function.
func (tx *Tx) insert(row any) error {
	return translate(tx.db.Omit(clause.Associations).Create(row).Error)
}

// update stores all columns of the row; a row that is gone is ErrNotFound.
func (tx *Tx) update(row any) error {
	result := tx.db.Omit(clause.Associations).Select("*").Updates(row)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrNotFound
	}
	return translate(result.Error)
}

// named loads the row of which a text that a caller sent is the name. One that no row can hold is ErrNotFound: PostgreSQL would take
// it for a broken statement.
func named[T any](query *gorm.DB, name string) (*T, error) {
	if checkText("", name) != nil {
		return nil, ErrNotFound
	}
	return one[T](query)
}

// locked makes PostgreSQL hold the rows that are read until the transaction ends; SQLite has one writer anyway.
func (tx *Tx) locked() *gorm.DB {
	return tx.db.Clauses(clause.Locking{Strength: "UPDATE"})
}

// among is the condition that a column is one of many ids, which are one parameter: the statement is the same however many they are, and each
// is looked up by its index.
func (r Reader) among(column string, ids []int64) (sql string, list string) {
	text, _ := json.Marshal(ids) // numbers cannot fail
	if r.db.Name() == SQLite {
		return column + " IN (SELECT value FROM json_each(?))", string(text)
	}
	return column + " = ANY(?::bigint[])", "{" + strings.Trim(string(text), "[]") + "}"
}

// number stands in a statement after LIMIT or OFFSET. SQLite would plan one with a parameter there anew each time.
func (r Reader) number(n int64) any {
	if r.db.Name() == SQLite {
		return gorm.Expr(strconv.FormatInt(n, 10))
	}
	return n
}
