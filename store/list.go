package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Query asks for a page of a list. Its zero value is the whole list in its own order.
type Query struct {
	Filters   []Filter
	Search    []string // every term must occur in one of the list's text columns, whatever its case
	Order     []Order  // a tie is decided by id
	Limit     int      // 0: no limit
	Offset    int
	SkipCount bool
}

// Filter is one condition. Field may name a related row's field: "user__username".
type Filter struct {
	Field  string
	Lookup string // "" is exact
	Value  string
	Not    bool
	Or     bool // all filters with Or make one group of alternatives
}

// Order is one sort key.
type Order struct {
	Field      string
	Descending bool
}

// Page is a page of a list with the number of rows in the whole list, -1 when it was not counted.
type Page[T any] struct {
	Rows  []T
	Count int64
}

// QueryError says what is wrong with a Query. Secret fields cannot be filtered or sorted by.
type QueryError struct {
	Field   string
	Message string
	Secret  bool
}

// Error is the message.
func (e *QueryError) Error() string { return e.Message }

// Bounds of a query, well below what the databases take.
const (
	mostConditions = 100    // filters, search terms and sort keys
	mostValues     = 10_000 // of all filters
	mostText       = 10_000 // bytes in one value
)

type kind int

const (
	textColumn kind = iota
	idColumn
	boolColumn
	timeColumn
	secretColumn
)

type column struct {
	sql      string
	kind     kind
	join     string // the key in resource.joins that sql needs
	nullable bool   // may be null even where nothing is joined
}

// resource is what may be asked about one list: an allow-list. Nothing that a caller sends becomes SQL but through it.
type resource struct {
	table   string
	columns map[string]column
	joins   map[string]string
	search  []string // column names
	order   []Order
}

func (r *resource) orderUnless(asked []Order) []Order {
	if len(asked) > 0 {
		return nil
	}
	return r.order
}

type condition struct {
	sql  string
	args []any
}

type queryBuilder struct {
	resource *resource
	joined   map[string]bool
	and, or  []condition
	orderBy  []string
}

func (b *queryBuilder) column(field string) (column, error) {
	c, ok := b.resource.columns[field]
	if !ok {
		return c, &QueryError{Field: field, Message: fmt.Sprintf("%s has no field named '%s'", b.resource.table, field)}
	}
	if c.kind == secretColumn {
		name := field[strings.LastIndex(field, "__")+1:]
		return c, &QueryError{Field: field, Secret: true, Message: fmt.Sprintf("Filtering on %s is not allowed.", strings.TrimPrefix(name, "_"))}
	}
	if c.join != "" {
		b.joined[c.join] = true
	}
	return c, nil
}

func (b *queryBuilder) filter(f Filter) error {
	c, err := b.column(f.Field)
	if err != nil {
		return err
	}
	sql, args, err := lookup(c, f)
	if err != nil {
		return err
	}
	if f.Not {
		sql = "NOT COALESCE(" + sql + ", FALSE)"
	}
	if f.Or {
		b.or = append(b.or, condition{sql, args})
	} else {
		b.and = append(b.and, condition{sql, args})
	}
	return nil
}

func (b *queryBuilder) searchTerm(term string) error {
	if err := checkText("search", term); err != nil {
		return err
	}
	var alternatives []string
	var args []any
	for _, name := range b.resource.search {
		c := b.resource.columns[name]
		if c.join != "" {
			b.joined[c.join] = true
		}
		alternatives = append(alternatives, "fold("+c.sql+") LIKE ? ESCAPE '\\'")
		args = append(args, "%"+escapeLike(fold(term))+"%")
	}
	b.and = append(b.and, condition{"(" + strings.Join(alternatives, " OR ") + ")", args})
	return nil
}

// order puts null last in both directions. Where there is none it says nothing of it, so that an index can serve.
func (b *queryBuilder) order(orders []Order) error {
	for _, o := range append(orders, Order{Field: "id"}) {
		c, err := b.column(o.Field)
		if err != nil {
			return err
		}
		sql := c.sql
		if o.Descending {
			sql += " DESC"
		}
		if c.nullable || c.join != "" {
			sql += " NULLS LAST"
		}
		b.orderBy = append(b.orderBy, sql)
	}
	return nil
}

func (b *queryBuilder) on(db *gorm.DB) *gorm.DB {
	for _, name := range slices.Sorted(maps.Keys(b.joined)) {
		db = db.Joins(b.resource.joins[name])
	}
	for _, c := range b.and {
		db = db.Where(c.sql, c.args...)
	}
	if len(b.or) > 0 {
		var parts []string
		var args []any
		for _, c := range b.or {
			parts, args = append(parts, c.sql), append(args, c.args...)
		}
		db = db.Where("("+strings.Join(parts, " OR ")+")", args...)
	}
	return db
}

// build turns a query into SQL, or says what is wrong with it.
func (r *resource) build(q Query) (*queryBuilder, error) {
	tooLong := &QueryError{Message: "The query is too long."}
	if len(q.Filters)+len(q.Search)+len(q.Order) > mostConditions {
		return nil, tooLong
	}
	b := &queryBuilder{resource: r, joined: map[string]bool{}}
	for _, filter := range q.Filters {
		if err := b.filter(filter); err != nil {
			return nil, err
		}
	}
	for _, term := range q.Search {
		if err := b.searchTerm(term); err != nil {
			return nil, err
		}
	}
	values := 0
	for _, c := range slices.Concat(b.and, b.or) {
		values += len(c.args)
	}
	if values > mostValues {
		return nil, tooLong
	}
	return b, b.order(append(slices.Clone(q.Order), r.orderUnless(q.Order)...))
}

// list runs a query that is narrowed to what may be seen, and counts it.
func list[T any](db *gorm.DB, r *resource, q Query, preload ...string) (Page[T], error) {
	page := Page[T]{Count: -1}
	b, err := r.build(q)
	if err != nil {
		return page, err
	}
	filtered := b.on(db.Table(r.table)).Session(&gorm.Session{})
	if !q.SkipCount {
		if err := filtered.Count(&page.Count).Error; err != nil {
			return page, translate(err)
		}
	}
	query := filtered.Order(strings.Join(b.orderBy, ", "))
	for _, name := range preload {
		query = query.Preload(name)
	}
	if q.Limit > 0 {
		query = query.Limit(q.Limit).Offset(q.Offset)
	}
	page.Rows, err = all[T](query)
	return page, err
}
