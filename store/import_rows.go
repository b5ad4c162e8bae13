package store

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse/models"
)

// rowsAtOnce is the number of rows in one statement.
const rowsAtOnce = 500

// Users stores users with their ids.
func (tx *Import) Users(rows []models.User) error { return insertAll(tx, rows) }

// Organizations stores organizations with their ids.
func (tx *Import) Organizations(rows []models.Organization) error { return insertAll(tx, rows) }

// Applications stores applications with their ids and their secrets.
func (tx *Import) Applications(rows []models.Application) error {
	var secrets []models.ClientSecret
	for _, row := range rows {
		secrets = append(secrets, row.ClientSecrets...)
	}
	if err := insertAll(tx, rows); err != nil {
		return err
	}
	return insertAll(tx, secrets)
}

func insertAll[T any](tx *Import, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return translate(tx.db.Omit("Memberships", "Organization", "User", "ClientSecrets").CreateInBatches(rows, rowsAtOnce).Error)
}

// Memberships stores roles in organizations.
func (tx *Import) Memberships(rows []models.Membership) error {
	for n := range rows {
		rows[n].Created = tx.now
	}
	return insertAll(tx, rows)
}

// Memberships gives all roles in organizations, without the times at which they began.
func (r Reader) Memberships() (map[models.Membership]bool, error) {
	rows, err := all[models.Membership](r.db)
	all := make(map[models.Membership]bool, len(rows))
	for _, row := range rows {
		row.Created = time.Time{}
		all[row] = true
	}
	return all, err
}

// PlatformAuditorIDs gives the ids of all platform auditors.
func (r Reader) PlatformAuditorIDs() (map[int64]bool, error) { return r.userIDs("is_platform_auditor") }

// SuperuserIDs gives the ids of all superusers.
func (r Reader) SuperuserIDs() (map[int64]bool, error) { return r.userIDs("is_superuser") }

func (r Reader) userIDs(flag string) (map[int64]bool, error) {
	var ids []int64
	err := r.db.Model(&models.User{}).Where(flag).Pluck("id", &ids).Error
	users := map[int64]bool{}
	for _, id := range ids {
		users[id] = true
	}
	return users, translate(err)
}

// PlatformAuditors makes auditors of those users who are none.
func (tx *Import) PlatformAuditors(ids []int64) error {
	return translate(tx.db.Model(&models.User{}).Where("id IN ?", ids).Update("is_platform_auditor", true).Error)
}

// Deactivate disables users, and ends their sessions.
func (tx *Import) Deactivate(ids []int64) error {
	if err := tx.db.Model(&models.User{}).Where("id IN ?", ids).Update("is_active", false).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.Where("user_id IN ?", ids).Delete(&models.Session{}).Error)
}

// AccessTokens stores access tokens with their ids.
func (tx *Import) AccessTokens(rows []models.AccessToken) error {
	columns := []string{"id", "digest", "hint", "user_id", "application_id", "scope", "description", "expires", "last_used", "last_used_address",
		"platform", "family_id", "audience", "created", "modified"}
	err := tx.insertRows(tx.placeOf(TableAccessTokens, columns), columns, len(rows), func(n int) []any {
		t := &rows[n]
		return []any{t.ID, t.Digest[:], t.Hint, optional(t.UserID), optional(t.ApplicationID), string(t.Scope), t.Description, t.Expires,
			optional(t.LastUsed), "", string(t.Platform), t.FamilyID, "", t.Created, t.Modified}
	})
	if err != nil || tx.db.Name() != SQLite || tx.bulk { // what is settled reads the indexes
		return err
	}
	return tx.settle(settleFrom)
}

// placeOf is where rows of the table go.
func (tx *Import) placeOf(table string, columns []string) string {
	if tx.gathered == "" {
		return table
	}
	tx.columns = columns
	return tx.gathered
}

// RefreshTokens stores refresh tokens with their ids.
func (tx *Import) RefreshTokens(rows []models.RefreshToken) error {
	columns := []string{"id", "digest", "hint", "application_id", "user_id", "subject_user_id", "access_token_id", "scope", "audience", "platform",
		"family_id", "created", "expires", "revoked", "reason", "parent_id"}
	return tx.insertRows(tx.placeOf(TableRefreshTokens, columns), columns, len(rows), func(n int) []any {
		t := &rows[n]
		return []any{t.ID, t.Digest[:], t.Hint, t.ApplicationID, optional(t.UserID), optional(t.SubjectUserID), optional(t.AccessTokenID),
			string(t.Scope), "", string(t.Platform), t.FamilyID, t.Created, t.Expires, optional(t.Revoked), t.Reason, optional(t.ParentID)}
	})
}

// Remember keeps what rows of the source became.
func (tx *Import) Remember(rows []models.ImportRow) error {
	return tx.insertRows("import_rows", []string{"source_table", "source_id", "digest", "id"}, len(rows), func(n int) []any {
		return []any{rows[n].SourceTable, rows[n].SourceID, rows[n].Digest[:], rows[n].ID}
	})
}

// Renew remembers that a row of the source has changed.
func (tx *Import) Renew(row models.ImportRow) error {
	return translate(tx.db.Model(&models.ImportRow{}).Where("source_table = ? AND source_id = ?", row.SourceTable, row.SourceID).
		Update("digest", row.Digest).Error)
}

// Keep stores the report of the run.
func (tx *Import) Keep(run *models.ImportRun) error { return tx.insert(run) }

// ImportRuns lists the runs that changed something, the latest first.
func (r Reader) ImportRuns(most int) ([]models.ImportRun, error) {
	return all[models.ImportRun](r.db.Order("id DESC").Limit(most))
}

// ImportRun loads one of them; ErrNotFound.
func (r Reader) ImportRun(id int64) (*models.ImportRun, error) {
	return one[models.ImportRun](r.db.Where("id = ?", id))
}

// optional is a value or the database's null.
func optional[T int64 | time.Time](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// LastID is the highest id that the table has given, or would not give again.
func (r Reader) LastID(table string) (last int64, err error) {
	query := r.db.Raw("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)", table)
	if r.db.Name() != SQLite {
		query = r.db.Raw("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + table + "_id_seq")
	}
	err = translate(query.Scan(&last).Error)
	return last, err
}

// RaiseIDs makes the table give ids above last from now on. On PostgreSQL that stays if the transaction is rolled back.
func (tx *Import) RaiseIDs(table string, last int64) error {
	is, err := tx.LastID(table)
	if err != nil || is >= last {
		return err
	}
	return tx.setLastID(table, last)
}

// NextID takes the id that the table would give next.
func (tx *Import) NextID(table string) (id int64, err error) {
	query := "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = ? RETURNING seq"
	if tx.db.Name() != SQLite {
		query = "SELECT nextval((? || '_id_seq')::regclass)"
	}
	err = translate(tx.db.Raw(query, table).Scan(&id).Error)
	return id, err
}

// LowerIDs makes tables give the ids that follow the highest that there is, or that was imported from the sources' tables given for each: an
// id of what was imported and deleted since stays its own, from whichever source it came. Nobody stores anything in them meanwhile.
func (tx *Tx) LowerIDs(sourceTables map[string][]string) error {
	tables := slices.Sorted(maps.Keys(sourceTables))
	if len(tables) == 0 {
		return nil
	}
	if tx.db.Name() != SQLite {
		if err := tx.db.Exec("LOCK TABLE " + strings.Join(tables, ", ") + " IN SHARE ROW EXCLUSIVE MODE").Error; err != nil {
			return translate(err)
		}
	}
	for _, table := range tables {
		var highest int64
		err := tx.db.Raw("SELECT COALESCE(max(id), 0) FROM (SELECT max(id) AS id FROM "+table+
			" UNION ALL SELECT max(id) FROM import_rows WHERE source_table IN ?) AS ids", sourceTables[table]).Scan(&highest).Error
		if err != nil {
			return translate(err)
		}
		if highest == 0 {
			continue
		}
		if err := tx.setLastID(table, highest); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) setLastID(table string, last int64) error {
	if tx.db.Name() != SQLite {
		return translate(tx.db.Exec("SELECT setval(?::regclass, ?)", table+"_id_seq", last).Error)
	}
	result := tx.db.Exec("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", last, table)
	if result.Error == nil && result.RowsAffected == 0 {
		result = tx.db.Exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, last)
	}
	return translate(result.Error)
}
