package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
)

// Bounds of a query, well below what the databases take.
const (
	mostConditions = 100    // filters, search terms and sort keys
	mostValues     = 10_000 // of all filters
	mostText       = 10_000 // bytes in one value
	mostRelations  = 25     // joins and sub-queries
)

type kind int

const (
	textColumn kind = iota
	idColumn
	boolColumn
	timeColumn
)

type column struct {
	sql      string
	kind     kind
	join     string // the key in scope.joins that sql needs
	nullable bool   // may be null even where nothing is joined
}

// resource is what may be asked about one list: an allow-list. Nothing that a caller sends becomes SQL but through it.
type resource struct {
	table     string
	columns   map[string]column
	relations map[string]relation
	shown     []string // columns that a row with a relation to this one shows of it
	search    []string // column names
	order     []Order
	visible   func(Reader, models.Visibility) *gorm.DB // the rows that somebody sees
	sees      func(models.Sight) models.Visibility
}

func (r *resource) orderUnless(asked []Order) []Order {
	if len(asked) > 0 {
		return nil
	}
	return r.order
}

type queryBuilder struct {
	*scope
	sight      models.Sight
	fresh      *gorm.DB // for sub-queries
	conditions int
	relations  int
	or         []condition
	orderBy    []string

	nullable string // the first sort key, if it is a column of the list itself that may be null
	nullFree string // the same as a sort key where it is not
}

func (b *queryBuilder) column(field string) (column, error) {
	in, c, err := b.find(b.scope, field)
	if err == nil && in != b.scope {
		return c, &QueryError{Field: field, Message: fmt.Sprintf("%s has many values for each row and cannot be sorted by.", short(field))}
	}
	return c, err
}

func (b *queryBuilder) filter(f Filter) error {
	f = overMany(b.resource, f)
	if !f.Not && !f.Or && !f.Chain {
		return b.require(b.scope, f)
	}
	apart := b.apart()
	if err := b.require(apart, f); err != nil {
		return err
	}
	c := apart.condition()
	if f.Not {
		c.sql = "NOT COALESCE((" + c.sql + "), FALSE)"
	}
	if f.Or && !f.Chain {
		b.or = append(b.or, c)
	} else {
		b.and = append(b.and, c)
	}
	return nil
}

// require makes a filter, prefixes aside, hold in the scope.
func (b *queryBuilder) require(s *scope, f Filter) error {
	if f.Lookup == "search" {
		return b.relatedSearch(s, f)
	}
	in, c, err := b.find(s, f.Field)
	if err != nil {
		return err
	}
	sql, args, err := lookup(c, f, b.fresh.Name())
	if err == nil {
		in.and = append(in.and, condition{sql, args})
	}
	return err
}

func (b *queryBuilder) searchTerm(term string) error {
	if err := checkText("search", term); err != nil {
		return err
	}
	return b.anyContains(b.scope, b.resource.search, term)
}

// anyContains makes the term occur in one of the fields, all of the same row, whatever its case.
func (b *queryBuilder) anyContains(s *scope, fields []string, term string) error {
	var in *scope
	var alternatives []string
	var args []any
	for _, field := range fields {
		at, c, err := b.find(s, field)
		if err != nil {
			return err
		}
		in = at
		alternatives = append(alternatives, "fold("+c.sql+") LIKE ? ESCAPE '\\'")
		args = append(args, "%"+escapeLike(fold(term))+"%")
	}
	in.and = append(in.and, condition{"(" + strings.Join(alternatives, " OR ") + ")", args})
	return nil
}

// order puts null last in both directions. Where there is none it says nothing of it, so that an index can serve.
func (b *queryBuilder) order(orders []Order) error {
	for n, o := range append(orders, Order{Field: "id"}) {
		c, err := b.column(o.Field)
		if err != nil {
			return err
		}
		sql := c.sql
		if o.Descending {
			sql += " DESC"
		}
		if n == 0 && c.nullable && c.join == "" {
			b.nullable, b.nullFree = c.sql, sql
		}
		if c.nullable || c.join != "" {
			sql += " NULLS LAST"
		}
		b.orderBy = append(b.orderBy, sql)
	}
	return nil
}

func (b *queryBuilder) on(db *gorm.DB) *gorm.DB {
	for _, key := range slices.Sorted(maps.Keys(b.joins)) {
		db = db.Joins(b.joins[key].sql, b.joins[key].args...)
	}
	for _, c := range b.all() {
		db = db.Where(c.sql, c.args...)
	}
	if len(b.or) > 0 {
		c := either(b.or)
		db = db.Where(c.sql, c.args...)
	}
	return db
}

// count refuses a query of more conditions than are taken.
func (b *queryBuilder) count(conditions int) error {
	if b.conditions += conditions; b.conditions > mostConditions {
		return errTooLong()
	}
	return nil
}

func errTooLong() error { return &QueryError{Message: "The query is too long."} }

// build turns a query into SQL, or says what is wrong with it.
func (r *resource) build(db *gorm.DB, q Query) (*queryBuilder, error) {
	b, err := r.conditions(db, q)
	if err != nil {
		return nil, err
	}
	return b, b.order(append(slices.Clone(q.Order), r.orderUnless(q.Order)...))
}

// conditions is build without the order: it joins what the conditions need only.
func (r *resource) conditions(db *gorm.DB, q Query) (*queryBuilder, error) {
	b := &queryBuilder{scope: newScope(r, r.table), sight: q.Sees, fresh: db.Session(&gorm.Session{NewDB: true})}
	if err := b.count(len(q.Filters) + len(q.Search) + len(q.Order)); err != nil {
		return nil, err
	}
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
	for _, c := range slices.Concat(b.all(), b.or) {
		values += len(c.args)
	}
	if values > mostValues {
		return nil, errTooLong()
	}
	return b, nil
}

// list runs a query that is narrowed to what may be seen, and counts it.
func list[T any](db *gorm.DB, r *resource, q Query, preload ...string) (Page[T], error) {
	return listBy[T](db, r, q, nil, preload...)
}

// listBy is list for a large table, with shortcuts through it; nil: there are none.
func listBy[T any](db *gorm.DB, r *resource, q Query, by shortcuts, preload ...string) (Page[T], error) {
	page := Page[T]{Rows: []T{}, Count: -1}
	b, err := r.build(db, q)
	if err != nil {
		return page, err
	}
	conditions, err := r.conditions(db, q)
	if err != nil {
		return page, err
	}
	db = db.Table(r.table).Session(&gorm.Session{})
	count, more, err := counted(conditions.on(db), conditions, q, by)
	if err != nil {
		return page, err
	}
	if !q.SkipCount {
		page.Count, page.More = count, more
	}
	if count >= 0 && int64(q.Offset) >= count && !more {
		return page, nil
	}
	filtered := b.on(db)
	if by != nil && q.Limit > 0 {
		way, err := by.way(conditions, q, count)
		if err == nil && way.filtered != nil {
			way.ids, err = rowsOf[int64](way.filtered.Select(r.table+".id"), b, q, nil)
		}
		switch {
		case err != nil:
			return page, translate(err)
		case way.ids != nil:
			found := b.unindexed().on(db.Session(&gorm.Session{NewDB: true}).Table(r.table)).Where(r.table+".id IN ?", way.ids)
			page.Rows, err = rowsOf[T](found, b, Query{}, preload)
			return page, err
		}
	}
	page.Rows, err = rowsOf[T](filtered, b, q, preload)
	return page, err
}
