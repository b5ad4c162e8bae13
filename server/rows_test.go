package server_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// openTables opens the database beside the store, to see what is really kept.
func openTables(t testing.TB, db storetest.DB) *sql.DB {
	t.Helper()
	driver, address := "pgx", db.URL
	if path, ok := strings.CutPrefix(db.URL, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	tables, err := sql.Open(driver, address)
	check(t, err)
	t.Cleanup(func() { _ = tables.Close() })
	return tables
}

// rows are all rows of all tables, as texts.
type rows map[string][]string

func (b *bed) rows(t testing.TB) rows {
	t.Helper()
	all := rows{}
	for _, table := range []string{"users", "organizations", "organization_users", "applications", "client_secrets", "access_tokens",
		"refresh_tokens", "authorization_codes", "device_codes", "consents", "sessions", "activity", "settings", "login_attempts", "known_devices"} {
		all[table] = b.query(t, "SELECT * FROM "+table)
	}
	return all
}

// query gives each row of a result as one text, sorted.
func (b *bed) query(t testing.TB, statement string) []string {
	t.Helper()
	result, err := b.tables.QueryContext(t.Context(), statement)
	check(t, err)
	defer func() { _ = result.Close() }()
	columns, err := result.Columns()
	check(t, err)
	texts := []string{}
	for result.Next() {
		values := make([]any, len(columns))
		targets := make([]any, len(columns))
		for n := range values {
			targets[n] = &values[n]
		}
		check(t, result.Scan(targets...))
		var text strings.Builder
		for n, value := range values {
			if bytes, ok := value.([]byte); ok {
				value = string(bytes)
			}
			fmt.Fprintf(&text, "%s=%q ", columns[n], fmt.Sprint(value))
		}
		texts = append(texts, strings.TrimSpace(text.String()))
	}
	check(t, result.Err())
	slices.Sort(texts)
	return texts
}

// count is the number of rows that a condition on a table names.
func (b *bed) count(t testing.TB, from string) int {
	t.Helper()
	var n int
	check(t, b.tables.QueryRowContext(t.Context(), "SELECT count(*) FROM "+from).Scan(&n))
	return n
}

// counted checks numbers of rows, by what names them.
func (b *bed) counted(t testing.TB, want map[string]int) {
	t.Helper()
	for from, n := range want {
		if got := b.count(t, from); got != n {
			t.Errorf("%d rows of %s, want %d", got, from, n)
		}
	}
}

// unchanged checks that a step leaves every row of every table as it was, but for those of the throttle: there, failures leave their
// mark.
func (b *bed) unchanged(t testing.TB, step func()) {
	t.Helper()
	look := func() rows {
		all := b.rows(t)
		delete(all, "login_attempts")
		delete(all, "known_devices")
		return all
	}
	before := look()
	step()
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("rows changed (-before +after):\n%s", diff)
	}
}

// noted is the number of activity entries with the note.
func (b *bed) noted(t testing.TB, note string) int {
	t.Helper()
	return b.count(t, "activity WHERE note = '"+note+"'")
}
