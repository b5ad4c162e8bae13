package store

import (
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// A walk goes through all rows of a list, however many, in its order (ADR 0025): it reads so many ids at once, each time from where the
// last of them stood, and then their rows, some at a time. Between two statements nothing is held in the database, so that whoever takes
// the rows may be slow.
const (
	walkIDs  = 100_000
	walkRows = 500
)

// walkPatience is how many times as long as a page's a statement of a walk may take: there are few walks, and each reads far more.
const walkPatience = 15

// ErrTooManyWalks says that others go through long lists already.
var ErrTooManyWalks = errors.New("too many lists are exported at once")

// walk hands the rows of a list to each, some at a time, after it has waited for its turn: ErrTooManyWalks. Limit, Offset and counts of the
// query mean nothing. What is seen is decided where the ids are read; a row that is gone when it is read is left out. What is wrong
// with the query is said before the first row, like that it takes too long.
func walk[T any](r Reader, l *resource, q Query, seen func(Reader) *gorm.DB, id func(*T) int64, each func([]T) error, preload ...string) error {
	leave, err := takeTurn(r, r.walks, ErrTooManyWalks)
	if err != nil {
		return err
	}
	defer leave()
	slow, most := r, r.stretch
	slow.limit *= walkPatience
	for from := (*mark)(nil); ; {
		var last *mark
		ids, err := bounded(slow, q, func(r Reader) (page Page[int64], err error) {
			page.Rows, last, err = l.idsAfter(seen(r), q, from, most)
			return page, err
		})
		if err != nil {
			return err
		}
		for some := range slices.Chunk(ids.Rows, walkRows) {
			rows, err := rowsInOrder(r.db, some, id, preload)
			if err != nil {
				return err
			}
			if err := each(rows); err != nil {
				return err
			}
		}
		if from = last; from == nil {
			return nil
		}
	}
}

// rowsInOrder loads the rows with these ids, in their order.
func rowsInOrder[T any](db *gorm.DB, ids []int64, id func(*T) int64, preload []string) ([]T, error) {
	for _, name := range preload {
		db = db.Preload(name)
	}
	found, err := all[T](db.Where("id IN ?", ids))
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(found))
	for n := range found {
		at[id(&found[n])] = n
	}
	rows := make([]T, 0, len(found))
	for _, each := range ids {
		if n, there := at[each]; there {
			rows = append(rows, found[n])
		}
	}
	return rows, nil
}

// mark is where a list was left: the values of its sort keys in the last row that was read.
type mark struct{ values []any }

// sortKey is a column that a list is sorted by, null last.
type sortKey struct {
	sql        string
	descending bool
	nullable   bool
}

// keys are what the query sorts by; the id, which no two rows share, is the last one.
func (b *queryBuilder) keys(q Query) ([]sortKey, error) {
	var keys []sortKey
	for _, o := range slices.Concat(q.Order, b.resource.orderUnless(q.Order), []Order{{Field: "id"}}) {
		c, err := b.column(o.Field)
		if err != nil {
			return nil, err
		}
		keys = append(keys, sortKey{c.sql, o.Descending, c.nullable || c.join != ""})
		if o.Field == "id" {
			break
		}
	}
	return keys, nil
}

// idsAfter reads up to most ids of the list in its order, those after the mark, and where it left off; nil at the end.
func (l *resource) idsAfter(seen *gorm.DB, q Query, from *mark, most int) ([]int64, *mark, error) {
	b, err := l.build(seen, q)
	if err != nil {
		return nil, nil, err
	}
	keys, err := b.keys(q)
	if err != nil {
		return nil, nil, err
	}
	if from != nil {
		b.and = append(b.and, beyond(keys, from.values))
	}
	columns := l.table + ".id"
	for _, k := range keys {
		columns += ", " + k.sql
	}
	rows, err := b.on(seen.Table(l.table)).Select(columns).Order(strings.Join(b.orderBy, ", ")).Limit(most).Rows()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	var ids []int64
	last := mark{make([]any, len(keys))}
	into := []any{new(int64)}
	for n := range keys {
		into = append(into, &last.values[n])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		ids = append(ids, *into[0].(*int64))
	}
	if len(ids) < most {
		return ids, nil, rows.Err()
	}
	return ids, &last, rows.Err()
}

// beyond is the condition that a row comes after those values. The first key says once more what follows for it alone, so that an index can
// serve.
func beyond(keys []sortKey, values []any) condition {
	last := len(keys) - 1
	c := keys[last].beyond(values[last])
	for n := last - 1; n >= 0; n-- {
		same := condition{keys[n].sql + " IS NULL", nil}
		if values[n] != nil {
			same = condition{keys[n].sql + " = ?", []any{values[n]}}
		}
		c = either([]condition{keys[n].beyond(values[n]), joined([]condition{same, c}, " AND ", "")})
	}
	if last > 0 && values[0] != nil && !keys[0].nullable {
		c = joined([]condition{{keys[0].sql + keys[0].sign() + "= ?", values[:1]}, c}, " AND ", "")
	}
	return c
}

func (k sortKey) sign() string {
	if k.descending {
		return " <"
	}
	return " >"
}

// beyond is the condition that a row stands after the value by this key alone.
func (k sortKey) beyond(value any) condition {
	switch {
	case value == nil:
		return condition{sql: "FALSE"}
	case k.nullable:
		return condition{"(" + k.sql + k.sign() + " ? OR " + k.sql + " IS NULL)", []any{value}}
	default:
		return condition{k.sql + k.sign() + " ?", []any{value}}
	}
}
