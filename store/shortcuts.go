package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"
)

// shortcuts are ways through a large table that answer a query as its rows would, without reading more of them than are shown.
type shortcuts interface {
	// count gives the number of rows, false where only the rows tell.
	count(*queryBuilder, Query) (n Amount, known bool, err error)
	// way says how a page is found in a list of count rows; its zero value: as the query says.
	way(b *queryBuilder, q Query, count int64) (way, error)
}

// way leads to the rows of a page: their ids, or another query for the same rows. Neither: there is no better one.
type way struct {
	ids      []int64
	filtered *gorm.DB
}

// counted counts what is filtered, -1 where nobody asks and it would take reading. more: there is more of it than that.
func counted(filtered *gorm.DB, b *queryBuilder, q Query, by shortcuts) (count int64, more bool, err error) {
	if by != nil {
		count, known, err := by.count(b, q)
		if known || err != nil {
			return count.Number, count.More, translate(err)
		}
	}
	if q.SkipCount {
		return -1, false, nil
	}
	most := int64(q.CountTo)
	if most > 0 {
		filtered = b.fresh.Table("(?) AS counted", filtered.Select(b.resource.table+".id").Limit(q.CountTo+1))
	}
	err = filtered.Count(&count).Error
	if most > 0 && count > most {
		return most, true, translate(err)
	}
	return count, false, translate(err)
}

// rowsOf loads a page of what is filtered. Null comes last in both directions, which is no order of an index: where the first sort key
// may be null, a page is read from the rows that have it and then from those that have not.
func rowsOf[T any](filtered *gorm.DB, b *queryBuilder, q Query, preload []string) ([]T, error) {
	filtered = filtered.Session(&gorm.Session{})
	page := func(rows *gorm.DB, order []string, limit, offset int) ([]T, error) {
		for _, name := range preload {
			rows = rows.Preload(name)
		}
		if rows = rows.Order(strings.Join(order, ", ")); limit > 0 {
			rows = rows.Limit(limit).Offset(offset)
		}
		return all[T](rows)
	}
	if b.nullable == "" || q.Limit == 0 {
		return page(filtered, b.orderBy, q.Limit, q.Offset)
	}
	there := filtered.Where(b.nullable + " IS NOT NULL").Session(&gorm.Session{})
	rows, err := page(there, slices.Concat([]string{b.nullFree}, b.orderBy[1:]), q.Limit, q.Offset)
	if err != nil || len(rows) == q.Limit {
		return rows, err
	}
	before := int64(q.Offset + len(rows))
	if len(rows) == 0 && q.Offset > 0 { // no more than Offset, so this does not read far
		if err := there.Count(&before).Error; err != nil {
			return nil, translate(err)
		}
	}
	rest, err := page(filtered.Where(b.nullable+" IS NULL"), b.orderBy[1:], q.Limit-len(rows), max(0, q.Offset-int(before)))
	return append(rows, rest...), err
}

// of is the first word of a field's path: the list's own column that decides.
func of(field string) string {
	own, _, _ := strings.Cut(field, "__")
	return own
}

// asksOnly reports whether a query's conditions are on these columns of the list, or on what they refer to, alone.
func (q Query) asksOnly(columns ...string) bool {
	return len(q.Search) == 0 && !slices.ContainsFunc(q.Filters, func(f Filter) bool { return !slices.Contains(columns, of(f.Field)) })
}

// without is the query without the bounds that it has on a field by these lookups. Where another bound says what they do they have to go: SQLite reads an index up to
// any of several bounds, not to the nearest.
func (q Query) without(field string, lookups ...string) Query {
	q.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return leads(field)(f) && slices.Contains(lookups, f.Lookup) })
	return q
}

// orderedBy reports whether a query's order is that of one field, a tie decided by id; "" is the order of ids.
func (q Query) orderedBy() (field string, descending, only bool) {
	switch {
	case len(q.Order) == 0:
		return "id", false, true
	case len(q.Order) == 1:
		return q.Order[0].Field, q.Order[0].Descending, true
	}
	return "", false, false
}

// names reports whether rows in which the column is null cannot meet the query's conditions.
func (q Query) names(column string) bool {
	return slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.names(column) })
}

func (f Filter) names(column string) bool {
	word := strings.ToLower(f.Value)
	return of(f.Field) == column && !f.Not && !f.Or && f.Lookup != "isnull" && word != "null" && word != "none"
}

// equals reports whether a query's conditions leave the rows of some values of the column alone.
func (q Query) equals(column string) bool {
	return slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.names(column) && (operators[f.Lookup] == "=" || f.Lookup == "in") })
}

// equalsKey reports whether a query's conditions leave the rows that refer to a few others by the column.
func (q Query) equalsKey(column string) bool {
	return slices.ContainsFunc(q.Filters, func(f Filter) bool {
		return slices.Contains([]string{column, column + "__id", column + "__username"}, f.Field) && Query{Filters: []Filter{f}}.equals(column)
	})
}
