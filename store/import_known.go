package store

import (
	"slices"
	"time"

	"gatehouse/models"
)

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

// ImportedLive counts the tokens that were imported from a source's table and are neither expired nor revoked.
func (r Reader) ImportedLive(table, sourceTable string) (number int64, err error) {
	query := "SELECT count(*) FROM import_rows AS i JOIN " + table + " AS t ON t.id = i.id WHERE i.source_table = ? AND t.expires > ?"
	if table == TableRefreshTokens {
		query += " AND t.revoked IS NULL"
	}
	err = translate(r.db.Raw(query, sourceTable, r.now).Scan(&number).Error)
	return number, err
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

// ImportedUser is a user who was imported, as far as there is anything of them here.
type ImportedUser struct {
	models.ImportRow
	Username *string    // nil: deleted here
	Created  *time.Time // when they joined, of those who were not here before
}

// IsSame reports whether the user of the source who has the id now is the one who was imported with it, as far as that can be told.
func (u *ImportedUser) IsSame(name string, joined *time.Time) bool {
	return u.Username == nil || *u.Username == name || !u.Kept() && joined != nil && u.Created != nil && u.Created.Equal(*joined)
}

// ImportedUsers gives all users who were imported from a source's table, by their ids there.
func (r Reader) ImportedUsers(sourceTable string) (map[int64]ImportedUser, error) {
	var rows []ImportedUser
	err := r.db.Raw("SELECT i.*, u.username, u.created FROM import_rows AS i LEFT JOIN users AS u ON u.id = i.id WHERE i.source_table = ?", sourceTable).Scan(&rows).Error
	users := make(map[int64]ImportedUser, len(rows))
	for _, row := range rows {
		users[row.SourceID] = row
	}
	return users, translate(err)
}

// ImportedFrom gives the ids at the source of what was imported from a table of its, by the ids here.
func (r Reader) ImportedFrom(sourceTable string, ids []int64) (map[int64]int64, error) {
	origins := make(map[int64]int64, len(ids))
	for some := range slices.Chunk(ids, 1000) {
		rows, err := all[models.ImportRow](r.db.Where("source_table = ? AND id IN ?", sourceTable, some))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			origins[row.ID] = row.SourceID
		}
	}
	return origins, nil
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
