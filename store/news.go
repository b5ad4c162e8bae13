package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// News are read this often while callers present something, and not otherwise.
const (
	newsEach    = 250 * time.Millisecond
	newsAtMost  = 1000             // changes, and tokens, that are read at once: of more nobody wants to know which
	newsCleaned = 20_000           // changes that are deleted at once
	newsKept    = time.Minute      // how long every server can still read of a change
	newsMissed  = newsKept / 2     // after so long without news everything may have changed
	newsSlow    = 2 * time.Second  // when a reading is given up; long before that nothing of what is kept counts any more
	newsIdle    = 30 * time.Second // after which the connection is closed
)

// news tell what other servers, and anybody who writes into the database, have changed of what is kept of callers, on PostgreSQL (ADR 0031).
type news struct {
	db      *sql.DB     // one connection: who waits for one of the others may wait longer than news are worth
	another atomic.Bool // whether it is another than before: perhaps to a server that does not have all of what the last one had
	reading atomic.Bool
	heard   atomic.Pointer[time.Time] // when the last reading began that came to an end
	kept    time.Duration             // newsKept, but in tests

	// Of whoever reads.
	began  time.Time
	since  string         // the transaction before which all had ended
	known  map[int64]bool // changes of this or later ones that have been told
	marked time.Time      // when there was a transaction
	mark   string         // before which all had ended
}

func newNews(config pgx.ConnConfig) *news {
	n := &news{kept: newsKept}
	n.db = stdlib.OpenDB(config, stdlib.OptionAfterConnect(func(context.Context, *pgx.Conn) error {
		n.another.Store(true)
		return nil
	}))
	n.db.SetMaxOpenConns(1)
	n.db.SetConnMaxIdleTime(newsIdle)
	return n
}

// lastHeard is a moment from which all changes that were durable before it are known, zero where none is.
func (n *news) lastHeard() time.Time {
	if heard := n.heard.Load(); heard != nil {
		return *heard
	}
	return time.Time{}
}

// refresh begins to read if it is time to, and goes on by itself; the first time it waits, so that nothing is kept before.
func (n *news) refresh(now time.Time, told func(others bool, tokens []int64)) {
	if now.Sub(n.lastHeard()) < newsEach || !n.reading.CompareAndSwap(false, true) {
		return
	}
	if now.Sub(n.began) < newsEach { // the last one failed
		n.reading.Store(false)
		return
	}
	n.began = now
	if n.heard.Load() == nil {
		n.readOnce(told)
		return
	}
	go n.readOnce(told)
}

func (n *news) readOnce(told func(others bool, tokens []int64)) {
	defer n.reading.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), newsSlow)
	defer cancel()
	begun := time.Now()
	if err := n.read(ctx, begun, told); err != nil {
		n.another.Store(true) // nobody knows what it would have told
		return                // it is not trusted for longer than a second, and then read where it is presented, which tells what is wrong
	}
	n.heard.Store(&begun)
	n.clean(ctx, begun)
}

// read tells of all changes that may have become durable since the last reading.
func (n *news) read(ctx context.Context, begun time.Time, told func(others bool, tokens []int64)) error {
	since := n.since
	if since == "" || passed(n.lastHeard(), begun) > newsMissed {
		since = "18446744073709551615" // of none
	}
	// The rows and the transaction are of one snapshot: it is one statement. What has later transactions comes from another cluster, with its rows.
	rows, err := n.db.QueryContext(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text, c.number, c.others, c.tokens
		FROM (SELECT 1) AS always LEFT JOIN caller_changes AS c ON c.xid >= $1::xid8 AND c.xid < pg_snapshot_xmax(pg_current_snapshot()) LIMIT $2`, since, newsAtMost+1)
	if err != nil {
		return fmt.Errorf("read what others changed: %w", err)
	}
	defer func() { _ = rows.Close() }()
	next, types := "", pgtype.NewMap()
	changes, all := map[int64]bool{}, n.another.Swap(false) || since != n.since
	others, tokens := false, []int64{}
	for rows.Next() {
		var number *int64
		var other *bool
		var ids []int64
		if err := rows.Scan(&next, &number, &other, types.SQLScanner(&ids)); err != nil {
			return fmt.Errorf("read what others changed: %w", err)
		}
		if number == nil {
			break
		}
		if changes[*number] = true; n.known[*number] {
			continue
		}
		others, tokens = others || *other, append(tokens, ids...)
		all = all || !*other && len(ids) == 0
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read what others changed: %w", err)
	}
	switch {
	case all || len(changes) > newsAtMost || len(tokens) > newsAtMost || older(next, n.since):
		told(true, nil)
	case others || len(tokens) > 0:
		told(others, tokens)
	}
	n.since, n.known = next, changes
	return nil
}

// older compares two transactions: after a failover they may begin again.
func older(a, b string) bool {
	width := max(len(a), len(b))
	return strings.Repeat("0", width-len(a))+a < strings.Repeat("0", width-len(b))+b
}

// clean deletes what had been told of before every server that still trusts its news has read it.
func (n *news) clean(ctx context.Context, now time.Time) {
	if n.mark != "" && now.Sub(n.marked) < n.kept {
		return
	}
	if n.mark != "" {
		_, _ = n.db.ExecContext(ctx, `DELETE FROM caller_changes WHERE (xid, number) IN (SELECT xid, number FROM caller_changes
			WHERE xid < $1::xid8 OR xid >= pg_snapshot_xmax(pg_current_snapshot()) LIMIT $2)`, n.mark, newsCleaned) // the rest, or all, the next time
	}
	n.mark, n.marked = n.since, now
}
