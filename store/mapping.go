package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// mapping is how the fields of a model stand in its table, as GORM has it. GORM itself finds that out anew for each statement, which takes it longer than the
// database takes for a row; what runs with every request goes by this (ADR 0032).
type mapping struct {
	model  reflect.Type
	table  string
	fields []*schema.Field
}

var (
	mappings sync.Map // *mapping by reflect.Type
	schemas  sync.Map // GORM's own, of which mappings are made
)

// mappingOf is the mapping of a model. It panics for what is none, which every use would show.
func mappingOf(model reflect.Type) *mapping {
	if known, ok := mappings.Load(model); ok {
		return known.(*mapping)
	}
	parsed, err := schema.Parse(reflect.New(model).Interface(), &schemas, schema.NamingStrategy{})
	if err != nil {
		panic(fmt.Sprintf("store: map %s: %v", model, err))
	}
	m := &mapping{model: model, table: parsed.Table}
	for _, name := range parsed.DBNames {
		m.fields = append(m.fields, parsed.FieldsByDBName[name])
	}
	mappings.Store(model, m)
	return m
}

// only is the mapping of some columns, nil for all.
func (m *mapping) only(columns []string) *mapping {
	if columns == nil {
		return m
	}
	some := &mapping{model: m.model, table: m.table}
	for _, column := range columns {
		at := slices.IndexFunc(m.fields, func(field *schema.Field) bool { return field.DBName == column })
		some.fields = append(some.fields, m.fields[at])
	}
	return some
}

// columns are the columns of a row under the name that the table has in a statement.
func (m *mapping) columns(alias string) string {
	names := make([]string, len(m.fields))
	for n, field := range m.fields {
		names[n] = alias + "." + field.DBName
	}
	return strings.Join(names, ", ")
}

// targets are where the columns of a row are put.
func (m *mapping) targets(row reflect.Value) []any {
	targets := make([]any, len(m.fields))
	for n, field := range m.fields {
		targets[n] = row.FieldByIndex(field.StructField.Index).Addr().Interface()
	}
	return targets
}

// joinedRow is a row that may not be there, as a LEFT JOIN gives it: each column is put into a pointer first.
type joinedRow struct {
	mapping *mapping
	columns []reflect.Value
}

func (m *mapping) joinedRow() joinedRow {
	o := joinedRow{m, make([]reflect.Value, len(m.fields))}
	for n, field := range m.fields {
		o.columns[n] = reflect.New(reflect.PointerTo(field.FieldType))
	}
	return o
}

func (o joinedRow) targets() []any {
	targets := make([]any, len(o.columns))
	for n := range o.columns {
		targets[n] = o.columns[n].Interface()
	}
	return targets
}

// row is the row, or the zero Value where it is not there: then its id, the first column, is null.
func (o joinedRow) row() reflect.Value {
	if o.columns[0].Elem().IsNil() {
		return reflect.Value{}
	}
	row := reflect.New(o.mapping.model)
	for n, field := range o.mapping.fields {
		if value := o.columns[n].Elem(); !value.IsNil() {
			row.Elem().FieldByIndex(field.StructField.Index).Set(value.Elem())
		}
	}
	return row
}

// join is a model that comes along with a row: the field of the row that holds it, the condition under which it does, with {row} and {it} for the two, and the columns that are
// filled, id first; nil is all. Each takes its time.
type join struct {
	field, on string
	columns   []string
}

// rowQuery is a SELECT of a model's rows with what comes along.
type rowQuery[T any] struct {
	own    *mapping
	joined []*mapping
	fields [][]int
	text   string   // up to the conditions; the table is called t
	whole  sync.Map // with them, as the database takes it, by wholeQuery
}

// wholeQuery is what a statement is asked with; there are as many as are written in this package.
type wholeQuery struct{ dialect, conditions string }

// rowsOfModel works out the statement for a model with what comes along, once.
func rowsOfModel[T any](joins ...join) *rowQuery[T] {
	model := reflect.TypeFor[T]()
	q := &rowQuery[T]{own: mappingOf(model)}
	columns, from := q.own.columns("t"), " FROM "+q.own.table+" AS t"
	for n, each := range joins {
		field, ok := model.FieldByName(each.field)
		if !ok {
			panic(fmt.Sprintf("store: %s has no field %s", model, each.field))
		}
		joined, alias := mappingOf(field.Type.Elem()).only(each.columns), fmt.Sprintf("j%d", n)
		q.joined, q.fields = append(q.joined, joined), append(q.fields, field.Index)
		columns += ", " + joined.columns(alias)
		from += " LEFT JOIN " + joined.table + " AS " + alias + " ON " + strings.NewReplacer("{row}", "t", "{it}", alias).Replace(each.on)
	}
	q.text = "SELECT " + columns + from + " WHERE "
	return q
}

// one loads the row that the conditions name; none is ErrNotFound.
func (q *rowQuery[T]) one(db *gorm.DB, conditions string, args ...any) (*T, error) {
	rows, err := q.all(db, conditions+" LIMIT 1", args...)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	return &rows[0], nil
}

func (q *rowQuery[T]) all(db *gorm.DB, conditions string, args ...any) (found []T, err error) {
	rows, err := q.rows(db, conditions, args)
	if err != nil {
		return nil, translate(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row T
		if err := q.scan(rows, reflect.ValueOf(&row).Elem()); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, translate(rows.Err())
}

// rows is what gorm.DB.Rows does for a statement that GORM does not have to put together.
func (q *rowQuery[T]) rows(db *gorm.DB, conditions string, args []any) (*sql.Rows, error) {
	is := wholeQuery{db.Name(), conditions}
	text, known := q.whole.Load(is)
	if !known {
		text = q.text + conditions
		if is.dialect != SQLite {
			text = numbered(q.text + conditions)
		}
		q.whole.Store(is, text)
	}
	tx := db.Set("rows", true)
	tx.Statement.SQL.WriteString(text.(string))
	tx.Statement.Vars = args
	if err := unwatched(tx); err != nil {
		return nil, err
	}
	tx = tx.Callback().Row().Execute(tx)
	rows, _ := tx.Statement.Dest.(*sql.Rows)
	return rows, tx.Error
}

// unwatched keeps SQLite from watching, in a goroutine of its own, whether a statement about single rows is to end before it has. It fails where that is so already.
func unwatched(db *gorm.DB) error {
	if db.Name() == SQLite {
		ctx := db.Statement.Context
		db.Statement.Context = context.WithoutCancel(ctx)
		return ctx.Err()
	}
	return nil
}

// numbered is a statement with PostgreSQL's parameters in place of question marks.
func numbered(text string) string {
	parts := strings.Split(text, "?")
	for n := range parts[1:] {
		parts[n] += fmt.Sprintf("$%d", n+1)
	}
	return strings.Join(parts, "")
}

func (q *rowQuery[T]) scan(rows *sql.Rows, row reflect.Value) error {
	targets := q.own.targets(row)
	parts := make([]joinedRow, len(q.joined))
	for n, joined := range q.joined {
		parts[n] = joined.joinedRow()
		targets = append(targets, parts[n].targets()...)
	}
	if err := rows.Scan(targets...); err != nil {
		return translate(err)
	}
	for n, part := range parts {
		if joined := part.row(); joined.IsValid() {
			row.FieldByIndex(q.fields[n]).Set(joined)
		}
	}
	return nil
}

// insertRow stores a row whose id the database gives, and fills that in.
func (tx *Tx) insertRow(pointer any) error {
	row := reflect.ValueOf(pointer).Elem()
	m := mappingOf(row.Type())
	var names []string
	var args []any
	for _, field := range m.fields {
		if value, zero := field.ValueOf(context.Background(), row); !field.PrimaryKey || !zero {
			names, args = append(names, field.DBName), append(args, value)
		}
	}
	text := "INSERT INTO " + m.table + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")"
	if tx.db.Name() == SQLite { // where a statement without rows takes a goroutine less
		id, err := tx.insertAlone(text, args)
		row.FieldByName("ID").SetInt(id)
		return translate(err)
	}
	return translate(tx.db.Raw(text+" RETURNING id", args...).Row().Scan(row.FieldByName("ID").Addr().Interface()))
}

// insertAlone gives the id of the row that an INSERT adds on SQLite.
func (tx *Tx) insertAlone(text string, args []any) (int64, error) {
	result := gorm.WithResult()
	insert := tx.only([]int64{}).Clauses(result) // a new row changes none that was found before
	if err := unwatched(insert); err != nil {
		return 0, err
	}
	if err := insert.Exec(text, args...).Error; err != nil {
		return 0, err
	}
	return result.Result.LastInsertId()
}
