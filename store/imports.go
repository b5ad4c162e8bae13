package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"gatehouse/models"
)

// Import is a transaction that stores very many rows. It has no time limit, and ends with its context.
type Import struct {
	*Tx
	connection *sql.Conn
	bulk       bool     // is a table without its indexes
	gathered   string   // the temporary table of the rows that Bulk was told of, "" without
	columns    []string // of it that are filled
}

// The tables that an import fills.
const (
	TableUsers         = "users"
	TableOrganizations = "organizations"
	TableApplications  = "applications"
	TableAccessTokens  = "access_tokens"
	TableRefreshTokens = "refresh_tokens"
)

// Import runs change in one transaction, as long as it takes, and rolls it back when ctx ends. One import runs at a time. On SQLite nobody
// else writes meanwhile. A row that meets another that was made since change looked is ErrConflict.
func (s *Store) Import(ctx context.Context, change func(*Import) error) error {
	defer s.writing(ctx)()
	err := s.write.WithContext(ctx).Connection(func(db *gorm.DB) error {
		connection, ok := db.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return fmt.Errorf("import: no connection of its own")
		}
		db = db.Session(&gorm.Session{NewDB: true}) // on the same connection
		if s.dialect == SQLite {
			forget, err := largely(db)
			if err != nil {
				return err
			}
			defer forget()
		}
		return db.Transaction(func(db *gorm.DB) error {
			tx := &Import{Tx: &Tx{Reader: Reader{db: db, now: s.Now()}}, connection: connection}
			if err := tx.lock(lockOfImports); err != nil {
				return err
			}
			if err := change(tx); err != nil || s.dialect != SQLite {
				return err
			}
			return tx.settle(1)
		})
	})
	s.presented.note(touched{tokens: true, others: true})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return translate(err)
}

// largely prepares a connection of SQLite for a large transaction: more pages in memory, since what is inserted is spread over large indexes,
// and files for sorting. forget takes that back.
func largely(db *gorm.DB) (forget func(), err error) {
	var cache, temporary int
	for name, before := range map[string]*int{"cache_size": &cache, "temp_store": &temporary} {
		if err := db.Raw("PRAGMA " + name).Scan(before).Error; err != nil {
			return nil, err
		}
	}
	set := func(cache, temporary int) error {
		return db.WithContext(context.WithoutCancel(db.Statement.Context)).
			Exec(fmt.Sprintf("PRAGMA cache_size = %d; PRAGMA temp_store = %d", cache, temporary)).Error
	}
	const kibibytes, file = 24 * 1024, 1
	return func() { _ = set(cache, temporary) }, set(-kibibytes, file)
}

// Taken gives the ids that rows of the table have already, of those asked for.
func (r Reader) Taken(table string, ids []int64) (map[int64]bool, error) {
	taken := map[int64]bool{}
	for some := range slices.Chunk(ids, 5000) {
		var found []int64
		if err := r.db.Table(table).Where("id IN ?", some).Pluck("id", &found).Error; err != nil {
			return nil, translate(err)
		}
		for _, id := range found {
			taken[id] = true
		}
	}
	return taken, nil
}

// TakenDigests gives the digests that tokens of the table have already, of those asked for.
func (r Reader) TakenDigests(table string, digests []models.Digest) (map[models.Digest]bool, error) {
	taken := map[models.Digest]bool{}
	for some := range slices.Chunk(digests, 5000) {
		var found []models.Digest
		if err := r.db.Table(table).Where("digest IN ?", some).Pluck("digest", &found).Error; err != nil {
			return nil, translate(err)
		}
		for _, digest := range found {
			taken[digest] = true
		}
	}
	return taken, nil
}

// IDsByName gives the ids of those users, or organizations, that have one of the names.
func (r Reader) IDsByName(table string, names []string) (map[string]int64, error) {
	column := map[string]string{TableUsers: "username", TableOrganizations: "name"}[table]
	ids := make(map[string]int64, len(names))
	for some := range slices.Chunk(names, 1000) {
		var rows []struct {
			ID   int64
			Name string
		}
		if err := r.db.Table(table).Select("id, "+column+" AS name").Where(column+" IN ?", some).Scan(&rows).Error; err != nil {
			return nil, translate(err)
		}
		for _, row := range rows {
			ids[row.Name] = row.ID
		}
	}
	return ids, nil
}

// ApplicationsLike finds applications that have one of the client ids or one of the names.
func (r Reader) ApplicationsLike(clientIDs, names []string) ([]models.Application, error) {
	var found []models.Application
	for column, values := range map[string][]string{"client_id": clientIDs, "name": names} {
		for some := range slices.Chunk(values, 1000) {
			rows, err := all[models.Application](r.db.Where(column+" IN ?", some))
			if err != nil {
				return nil, err
			}
			found = append(found, rows...)
		}
	}
	return found, nil
}

// insertRows stores rows with their ids: by COPY on PostgreSQL, on SQLite by a prepared statement.
func (tx *Import) insertRows(table string, columns []string, number int, row func(int) []any) error {
	if number == 0 {
		return nil
	}
	ctx := tx.db.Statement.Context
	if tx.db.Name() != SQLite {
		return tx.connection.Raw(func(driver any) error {
			_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns,
				pgx.CopyFromSlice(number, func(n int) ([]any, error) { return row(n), nil }))
			return translate(err)
		})
	}
	statement, err := tx.db.Statement.ConnPool.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+
		strings.Join(slices.Repeat([]string{"?"}, len(columns)), ", ")+")")
	if err != nil {
		return translate(err)
	}
	defer func() { _ = statement.Close() }()
	for n := range number {
		if _, err := statement.ExecContext(ctx, row(n)...); err != nil {
			return translate(err)
		}
	}
	return nil
}
