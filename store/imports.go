package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

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

// ImportedRow is an ImportRow with what there is of it here.
type ImportedRow struct {
	models.ImportRow
	Present bool
	State
}

// State is the state of a refresh token; zero of all else.
type State struct {
	Revoked  *time.Time
	Expires  *time.Time
	FamilyID string
	Used     bool // here, and what came for it lives
}

// ImportedBefore reports whether anything of a source's table was imported.
func (r Reader) ImportedBefore(sourceTable string) (bool, error) {
	var found []int64
	err := r.db.Model(&models.ImportRow{}).Where("source_table = ?", sourceTable).Limit(1).Pluck("id", &found).Error
	return len(found) > 0, translate(err)
}

// Imported gives what was imported of the rows of a source's table with ids above after and up to upTo, by their ids there. Table is where
// they went.
func (r Reader) Imported(table, sourceTable string, after, upTo int64) (map[int64]ImportedRow, error) {
	rows, err := all[models.ImportRow](r.db.Where("source_table = ? AND source_id > ? AND source_id <= ?", sourceTable, after, upTo))
	if err != nil {
		return nil, err
	}
	here, err := r.states(table, idsOf(rows, func(row *models.ImportRow) int64 { return row.ID }))
	if err != nil {
		return nil, err
	}
	known := make(map[int64]ImportedRow, len(rows))
	for _, row := range rows {
		state, present := here[row.ID]
		known[row.SourceID] = ImportedRow{row, present, state}
	}
	return known, nil
}

// states gives the state of those rows of the table that are there. It looks at each by its id, since the database cannot know yet how many
// an import has stored, and might read all of them.
func (r Reader) states(table string, ids []int64) (map[int64]State, error) {
	columns := "id"
	if table == TableRefreshTokens {
		columns = `id, revoked, expires, family_id, EXISTS (SELECT 1 FROM refresh_tokens AS s WHERE s.parent_id = refresh_tokens.id)
			AND (EXISTS (SELECT 1 FROM refresh_tokens AS s WHERE s.family_id = refresh_tokens.family_id AND s.revoked IS NULL)
			OR EXISTS (SELECT 1 FROM access_tokens AS s WHERE s.family_id = refresh_tokens.family_id AND s.family_id <> '')) AS used`
	}
	states := make(map[int64]State, len(ids))
	for some := range slices.Chunk(ids, 1000) {
		var rows []struct {
			ID int64
			State
		}
		if err := r.db.Table(table).Select(columns).Where("id IN ?", some).Scan(&rows).Error; err != nil {
			return nil, translate(err)
		}
		for _, row := range rows {
			states[row.ID] = row.State
		}
	}
	return states, nil
}

// ImportedIDs gives the ids here of rows of a source's table, by their ids there, whether they are still there or not.
func (r Reader) ImportedIDs(sourceTable string, sourceIDs []int64) (map[int64]int64, error) {
	ids := make(map[int64]int64, len(sourceIDs))
	for some := range slices.Chunk(sourceIDs, 1000) {
		rows, err := all[models.ImportRow](r.db.Where("source_table = ? AND source_id IN ?", sourceTable, some))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			ids[row.SourceID] = row.ID
		}
	}
	return ids, nil
}

// ImportedFamilies gives the families of refresh tokens that were imported, by their ids at the source, as far as they are there.
func (r Reader) ImportedFamilies(sourceTable string, sourceIDs []int64) (map[int64]string, error) {
	families := map[int64]string{}
	for some := range slices.Chunk(sourceIDs, 1000) {
		var rows []struct {
			SourceID int64
			FamilyID string
		}
		err := r.db.Raw("SELECT i.source_id, t.family_id FROM import_rows AS i JOIN refresh_tokens AS t ON t.id = i.id WHERE i.source_table = ? AND i.source_id IN ?",
			sourceTable, some).Scan(&rows).Error
		if err != nil {
			return nil, translate(err)
		}
		for _, row := range rows {
			families[row.SourceID] = row.FamilyID
		}
	}
	return families, nil
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

// NamedUsers, NamedOrganizations and ClientsLike find what has a name, or an id, that rows of a source have too.
func (r Reader) NamedUsers(names []string) ([]models.User, error) {
	return gathered(names, func(some []string) ([]models.User, error) { return all[models.User](r.db.Where("username IN ?", some)) })
}

// NamedOrganizations is described at NamedUsers.
func (r Reader) NamedOrganizations(names []string) ([]models.Organization, error) {
	return gathered(names, func(some []string) ([]models.Organization, error) {
		return all[models.Organization](r.db.Where("name IN ?", some))
	})
}

// ApplicationsLike finds applications that have one of the client ids or one of the names.
func (r Reader) ApplicationsLike(clientIDs, names []string) ([]models.Application, error) {
	found, err := gathered(clientIDs, func(some []string) ([]models.Application, error) {
		return all[models.Application](r.db.Where("client_id IN ?", some))
	})
	if err != nil {
		return nil, err
	}
	named, err := gathered(names, func(some []string) ([]models.Application, error) {
		return all[models.Application](r.db.Where("name IN ?", some))
	})
	return append(found, named...), err
}

func gathered[K, T any](keys []K, find func(some []K) ([]T, error)) ([]T, error) {
	var found []T
	for some := range slices.Chunk(keys, 1000) {
		rows, err := find(some)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
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
