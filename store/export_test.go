package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"
)

// What the tests of this package see beside its exported names.

// Fold is what both databases do to compare texts whatever their case.
func Fold(text string) string { return fold(text) }

// Pools are the connection pools: one for reading, one for writing; on PostgreSQL they are the same.
func (s *Store) Pools() (read, write *sql.DB) {
	read, _ = s.read.DB()
	write, _ = s.write.DB()
	return read, write
}

// SetLimit bounds one query of a list.
func (s *Store) SetLimit(d time.Duration) { s.limit = d }

// TakeTurns takes all turns of lists, which have to be free.
func (s *Store) TakeTurns() (giveBack func()) {
	for range cap(s.turns) {
		s.turns <- struct{}{}
	}
	return func() {
		for range cap(s.turns) {
			<-s.turns
		}
	}
}

// Turns is how many lists run at once.
func (s *Store) Turns() int { return cap(s.turns) }

// Walks is how many lists are walked through at once.
func (s *Store) Walks() int { return cap(s.walks) }

// SetStretch sets how many ids a walk reads at once.
func (s *Store) SetStretch(ids int) { s.stretch = ids }

// SetTimeout bounds one Write.
func (s *Store) SetTimeout(d time.Duration) { s.timeout = d }

// Lists are the fields of each list that may be asked for, with those of rows one relation to one away, by the name of its table, and the
// kind of each. Those of changes, which are many and all alike, have tests of their own.
func Lists() map[string]map[string]string {
	kinds := map[kind]string{textColumn: "text", idColumn: "id", boolColumn: "bool", timeColumn: "time"}
	lists := map[string]map[string]string{}
	for _, r := range []*resource{accessTokenList, applicationList, userList, organizationList, activityList} {
		lists[r.table] = map[string]string{}
		for name, c := range r.columns {
			if !strings.HasPrefix(name, "changes__") {
				lists[r.table][name] = kinds[c.kind]
			}
		}
		for relation, along := range r.relations {
			for name, c := range resourceOf(along.to).columns {
				if !along.many {
					lists[r.table][relation+"__"+name] = kinds[c.kind]
				}
			}
		}
	}
	return lists
}

// Path is where a path of relations leads.
type Path struct {
	Table string
	Many  bool // it leads through a relation to many
}

// Paths are all paths along relations that a list takes.
func Paths(table string) map[string]Path {
	paths := map[string]Path{}
	var walk func(r *resource, path string, many bool, been []*resource)
	walk = func(r *resource, path string, many bool, been []*resource) {
		for name, along := range r.relations {
			to := resourceOf(along.to)
			if slices.Contains(been, to) {
				continue
			}
			paths[path+name] = Path{to.table, many || along.many}
			walk(to, path+name+"__", many || along.many, append(slices.Clone(been), r, to))
		}
	}
	for _, r := range []*resource{accessTokenList, applicationList, userList, organizationList, activityList} {
		if r.table == table {
			walk(r, "", false, nil)
		}
	}
	return paths
}

// SecretNames are what no path may go through.
func SecretNames() []string { return slices.Sorted(maps.Keys(secretNames)) }

// RegularExpression is a pattern in the words of a database.
func RegularExpression(pattern string, folded bool, dialect string) (string, error) {
	return regularExpression(pattern, folded, dialect)
}

// MatchesPattern is the function regexp of SQLite, with its end.
func MatchesPattern(pattern, text string, until time.Time) (bool, error) {
	return matchesPattern(pattern, text, until)
}

// Exec runs a statement that no operation runs.
func (tx *Tx) Exec(sql string, vars ...any) error { return translate(tx.db.Exec(sql, vars...).Error) }

// CountOf is the number of rows that a condition on a table names.
func (r Reader) CountOf(from string) (n int64, err error) {
	err = r.db.Raw("SELECT count(*) FROM " + from).Scan(&n).Error
	return n, err
}

// After is the end of the range of texts that begin with a prefix.
func After(prefix string) string { return after(prefix) }

// Settle adds up what is noted of tokens and entries.
func (tx *Tx) Settle() error {
	if tx.db.Name() == SQLite {
		return tx.settle(1)
	}
	return tx.Exec("SELECT settle_access_tokens(), settle_activity()")
}

// MigrateTo brings the schema to the state of an older release.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	db, err := s.write.DB()
	if err != nil {
		return err
	}
	provider, err := s.provider(db)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// WriteWithoutSettling is Write as a release does that knows nothing of counts.
func (s *Store) WriteWithoutSettling(ctx context.Context, change func(*Tx) error) error {
	s.writes.Store(1) // the next one looks for nothing
	return s.Write(ctx, change)
}

// MostWaiting is how many changes wait at most on SQLite.
const MostWaiting = mostWaiting

// Waiting is how many wait now.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// WaitingIssues is how many issues wait now, on PostgreSQL.
func (s *Store) WaitingIssues() int {
	s.issues.mu.Lock()
	defer s.issues.mu.Unlock()
	return len(s.issues.waiting)
}

// Issuing reports whether one is being stored.
func (s *Store) Issuing() bool {
	s.issues.mu.Lock()
	defer s.issues.mu.Unlock()
	return s.issues.led
}

// Statement carries out SQL in the transaction.
func (tx *Tx) Statement(sql string) error { return tx.db.Exec(sql).Error }

// Pairs writes the texts that a statement gives for each number from first on, each with what the same statement gives from there, while it is being read.
func (tx *Tx) Pairs(sql string, first int) (text string, err error) {
	var found []string
	if tx.db.Name() != SQLite { // PostgreSQL reads one statement at a time
		if err := tx.db.Raw(sql, first).Scan(&found).Error; err != nil {
			return "", err
		}
		for n, each := range found {
			within, err := tx.Pairs(sql, first+n+1)
			if err != nil {
				return "", err
			}
			text += each + "(" + strings.TrimSuffix(within, " ") + ") "
		}
		return text, nil
	}
	rows, err := tx.db.Raw(sql, first).Rows()
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	for n := 1; rows.Next(); n++ {
		var each string
		if err := rows.Scan(&each); err != nil {
			return "", err
		}
		within, err := tx.Pairs(sql, first+n)
		if err != nil {
			return "", err
		}
		text += each + "(" + strings.TrimSuffix(within, " ") + ") "
	}
	return text, rows.Err()
}

// ForgetNewsAfter has what servers tell one another deleted sooner. It is called before anything is presented.
func (s *Store) ForgetNewsAfter(kept time.Duration) { s.presented.news.kept = kept }
