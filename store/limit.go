package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// queryLimit bounds each statement of a list that somebody filters, searches or orders (contract §12.31).
const queryLimit = 2 * time.Second

// limited asks for a list in its turn and within the limit of the reader, and says of what takes longer which part of the query is to
// blame. Rows that are asked for by their ids alone are found at once; that is how the names beside the rows of a list are read. Lists that
// are read inside a Write have the limit of that.
func limited[T any](r Reader, q Query, ask func(Reader) (Page[T], error)) (Page[T], error) {
	if q.conditions() > 0 && len(q.Search)+len(q.Order) == 0 && !slices.ContainsFunc(q.Filters, func(f Filter) bool { return !f.namesIDs() }) {
		return ask(r)
	}
	return inTurn(r, q, ask)
}

// inTurn asks for a list that may take long, whatever its query. One that nobody filtered has nothing to blame, and no limit.
func inTurn[T any](r Reader, q Query, ask func(Reader) (Page[T], error)) (Page[T], error) {
	if r.limit == 0 {
		return ask(r)
	}
	leave, err := takeTurn(r, r.turns, errTooManyLists)
	if err != nil {
		return Page[T]{Count: -1}, err
	}
	defer leave()
	return bounded(r, q, ask)
}

// bounded asks within the limit of the reader.
func bounded[T any](r Reader, q Query, ask func(Reader) (Page[T], error)) (page Page[T], err error) {
	var late bool
	switch {
	case q.conditions() == 0:
		page, err = ask(r)
	case r.db.Name() == SQLite:
		page, late, err = limitedByContext(r, ask)
	default:
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

func (q Query) conditions() int { return len(q.Filters) + len(q.Search) + len(q.Order) }

// byID reports whether a query is about some rows that it names, whatever else it asks of them.
func (q Query) byID() bool { return slices.ContainsFunc(q.Filters, Filter.namesIDs) }

func (f Filter) namesIDs() bool {
	return f.Field == "id" && (operators[f.Lookup] == "=" || f.Lookup == "in") && !f.Not && !f.Or
}

// turnsOf leaves three quarters of the connections of a pool to everything else: whoever asks for long lists without end must not keep
// others from their tokens.
func turnsOf(connections int) chan struct{} { return make(chan struct{}, connections/4) }

var errTooManyLists = fmt.Errorf("%w: too many lists are asked for at once", ErrUnavailable)

// takeTurn waits, as long as a query may take, until few enough others run. No turn in that time is the error none.
func takeTurn(r Reader, turns chan struct{}, none error) (leave func(), err error) {
	ctx := r.db.Statement.Context
	wait, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	leave = func() { <-turns }
	select {
	case turns <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case turns <- struct{}{}:
		return leave, nil
	case <-wait.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, none
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

// limitedByDatabase is for PostgreSQL, which ends a statement itself. It plans each for the values that are asked for: a plan for any values, which it would make of one
// that has come a few times, reads by the wrong index where these leave few rows or nearly all.
func limitedByDatabase[T any](r Reader, ask func(Reader) (Page[T], error)) (Page[T], bool, error) {
	var page Page[T]
	limit := max(1, r.limit.Milliseconds())
	err := r.db.Transaction(func(db *gorm.DB) (err error) {
		err = db.Exec("SELECT set_config('statement_timeout', ?, true), set_config('plan_cache_mode', 'force_custom_plan', true)", strconv.FormatInt(limit, 10)).Error
		if err == nil {
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
