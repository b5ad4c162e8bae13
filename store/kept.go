package store

import (
	linked "container/list"
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// SQLite compiles a statement with the triggers and indexes that it sets off, which takes as long as running it. database/sql keeps statements, but not those that
// a transaction makes; so the connection that writes keeps its own.

const (
	mostKept    = 100
	longestKept = 4096 // bytes; longer ones name so many values that they hardly come again
)

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStatement is what its statements can do.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keepingConn keeps the statements that were run on a connection, by their text, the least used go first. database/sql lets one goroutine use it
// at a time. A statement whose rows are being read is not among the kept.
type keepingConn struct {
	sqliteConn
	byText map[string]*linked.Element
	recent *linked.List // of *keptStatement
	closed bool
}

type keptStatement struct {
	text      string
	statement sqliteStatement
}

func keeping(conn sqliteConn) *keepingConn {
	return &keepingConn{sqliteConn: conn, byText: map[string]*linked.Element{}, recent: linked.New()}
}

// take gives the statement, kept or new; nil for a text that is not worth it.
func (c *keepingConn) take(ctx context.Context, text string) (*keptStatement, error) {
	if element := c.byText[text]; element != nil {
		delete(c.byText, text)
		return c.recent.Remove(element).(*keptStatement), nil
	}
	if len(text) > longestKept || !startsChange(text) {
		return nil, nil
	}
	prepared, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	statement, ok := prepared.(sqliteStatement)
	if !ok {
		return nil, errors.Join(errors.New("the statements of the driver take no context"), prepared.Close())
	}
	return &keptStatement{text, statement}, nil
}

// startsChange reports whether the text is one statement of those that come again.
func startsChange(text string) bool {
	for _, verb := range []string{"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "PRAGMA data_version"} {
		if strings.HasPrefix(text, verb) {
			return !strings.Contains(text, ";")
		}
	}
	return false
}

// put keeps the statement, unless another of the same text came first.
func (c *keepingConn) put(k *keptStatement) {
	if c.closed || c.byText[k.text] != nil {
		_ = k.statement.Close()
		return
	}
	c.byText[k.text] = c.recent.PushFront(k)
	if c.recent.Len() > mostKept {
		oldest := c.recent.Remove(c.recent.Back()).(*keptStatement)
		delete(c.byText, oldest.text)
		_ = oldest.statement.Close()
	}
}

// ExecContext runs a statement that gives no rows.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	result, err := k.statement.ExecContext(ctx, args)
	if err != nil {
		_ = k.statement.Close()
		return nil, err
	}
	c.put(k)
	return result, nil
}

// QueryContext runs a statement that gives rows, which keeps it away until they are closed.
func (c *keepingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := k.statement.QueryContext(ctx, args)
	if err != nil {
		_ = k.statement.Close()
		return nil, err
	}
	described, ok := rows.(sqliteRows)
	if !ok {
		return nil, errors.Join(errors.New("the rows of the driver do not tell their types"), rows.Close(), k.statement.Close())
	}
	return &keptRows{described, c, k}, nil
}

// sqliteRows is what rows of the driver can do.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	sqliteRows
	conn *keepingConn
	kept *keptStatement
}

// Close ends the reading.
func (r *keptRows) Close() error {
	k := r.kept
	if k == nil {
		return nil
	}
	r.kept = nil
	if err := r.sqliteRows.Close(); err != nil {
		_ = k.statement.Close()
		return err
	}
	r.conn.put(k)
	return nil
}

// Close closes the statements with the connection.
func (c *keepingConn) Close() error {
	for _, element := range c.byText {
		_ = element.Value.(*keptStatement).statement.Close()
	}
	c.closed = true
	return c.sqliteConn.Close()
}
