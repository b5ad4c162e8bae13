package store

import "strings"

// bulkFrom is the number of rows from which it pays to prepare a table for them.
const bulkFrom = 50_000

// Bulk prepares a table for so many rows; finish ends that. What is expensive with each row is done once then: on PostgreSQL the rows are
// gathered and stored by one statement, so that what counts tokens adds up once (ADR 0016); and where the table is empty, its indexes are made
// after the rows, which costs a part of letting them grow. Then nobody else reads the table on PostgreSQL until the transaction ends. For a few
// rows nothing is done.
func (tx *Import) Bulk(table string, rows int64) (finish func() error, err error) {
	nothing := func() error { return nil }
	if rows < bulkFrom {
		return nothing, nil
	}
	tx.bulk = true
	var indexes []index
	empty, err := tx.Empty(table)
	if err == nil && empty {
		indexes, err = tx.secondaryIndexes(table)
	}
	if err != nil {
		return nothing, err
	}
	var statements []string
	for _, index := range indexes {
		statements = append(statements, "DROP INDEX "+index.Name)
	}
	if tx.db.Name() != SQLite {
		tx.gathered = "imported_" + table
		statements = append(statements, "CREATE TEMPORARY TABLE "+tx.gathered+" (LIKE "+table+" INCLUDING DEFAULTS) ON COMMIT DROP")
	}
	return func() error { return tx.finishBulk(table, indexes) }, tx.run(statements...)
}

func (tx *Import) finishBulk(table string, indexes []index) error {
	var statements []string
	if tx.gathered != "" {
		if len(tx.columns) > 0 {
			columns := strings.Join(tx.columns, ", ")
			statements = append(statements, "INSERT INTO "+table+" ("+columns+") SELECT "+columns+" FROM "+tx.gathered)
		}
		statements = append(statements, "DROP TABLE "+tx.gathered)
	}
	for _, index := range indexes {
		statements = append(statements, index.SQL)
	}
	if tx.gathered != "" { // what comes next must not take the table for as small as it was
		statements = append(statements, "ANALYZE "+table, "ANALYZE import_rows")
	}
	tx.bulk, tx.gathered, tx.columns = false, "", nil
	return tx.run(statements...)
}

func (tx *Import) run(statements ...string) error {
	for _, statement := range statements {
		if err := tx.db.Exec(statement).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}

// Empty reports whether the table holds no row.
func (r Reader) Empty(table string) (bool, error) {
	var found []int64
	err := r.db.Table(table).Select("1").Limit(1).Scan(&found).Error
	return len(found) == 0, translate(err)
}

type index struct{ Name, SQL string }

// secondaryIndexes are those that keep nothing unique.
func (tx *Import) secondaryIndexes(table string) ([]index, error) {
	query := tx.db.Raw("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql LIKE 'CREATE INDEX%' ORDER BY name", table)
	if tx.db.Name() != SQLite {
		query = tx.db.Raw("SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS sql FROM pg_index AS i "+
			"WHERE i.indrelid = ?::regclass AND NOT i.indisunique ORDER BY 1", table)
	}
	var indexes []index
	err := query.Scan(&indexes).Error
	return indexes, translate(err)
}
