package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// queryLimit bounds each statement of a list that somebody filters, searches or orders (contract §12.31).
const queryLimit = 2 * time.Second

// limited asks for a list within the limit of the reader, and says of what takes longer which part of the query is to blame. Lists that
// are read inside a Write have the limit of that.
func limited[T any](r Reader, q Query, ask func(Reader) (Page[T], error)) (Page[T], error) {
	if r.limit == 0 || len(q.Filters)+len(q.Search)+len(q.Order) == 0 {
		return ask(r)
	}
	var page Page[T]
	var late bool
	var err error
	if r.db.Name() == SQLite {
		page, late, err = limitedByContext(r, ask)
	} else {
		page, late, err = limitedByDatabase(r, ask)
	}
	if late {
		err = &QueryError{Message: "The query takes too long because of " + q.blamed() + ". Ask for less at once."}
	}
	if err != nil {
		return Page[T]{Count: -1}, translate(err)
	}
	return page, nil
}

// limitedByContext is for SQLite, which ends a statement when the context ends.
func limitedByContext[T any](r Reader, ask func(Reader) (Page[T], error)) (Page[T], bool, error) {
	asked := r.db.Statement.Context
	ctx, cancel := context.WithTimeout(asked, r.limit)
	defer cancel()
	page, err := ask(Reader{db: r.db.WithContext(ctx), now: r.now})
	return page, err != nil && ctx.Err() != nil && asked.Err() == nil, err
}

// Codes of PostgreSQL, see error.go.
const (
	queryCanceled  = "57014"
	invalidPattern = "2201B" // ours are valid, so it is one whose automaton gets too large
)

// limitedByDatabase is for PostgreSQL, which ends a statement itself. Compiling one takes it longer than most lists; it is told not to.
func limitedByDatabase[T any](r Reader, ask func(Reader) (Page[T], error)) (Page[T], bool, error) {
	var page Page[T]
	limit := max(1, r.limit.Milliseconds())
	err := r.db.Transaction(func(db *gorm.DB) (err error) {
		if err = db.Exec(fmt.Sprintf("SET LOCAL statement_timeout = %d; SET LOCAL jit = off", limit)).Error; err == nil {
			page, err = ask(Reader{db: db, now: r.now})
		}
		return err
	}, &sql.TxOptions{ReadOnly: true})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return page, false, err
	}
	if refused.Code == invalidPattern {
		err = &QueryError{Message: "The regular expression is too complex."}
	}
	return page, refused.Code == queryCanceled && r.db.Statement.Context.Err() == nil, err
}

// blamed names what was asked for, as far as that is short.
func (q Query) blamed() string {
	var names []string
	note := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, f := range q.Filters {
		note(strings.TrimSuffix(f.Field+"__"+f.Lookup, "__"))
	}
	if len(q.Search) > 0 {
		note("search")
	}
	for _, o := range q.Order {
		note("order_by " + o.Field)
	}
	if most := 10; len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}
