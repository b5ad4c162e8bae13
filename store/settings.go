package store

import (
	"gorm.io/gorm/clause"

	"gatehouse/models"
)

// Setting loads what was kept under key; ErrNotFound.
func (r Reader) Setting(key string) (string, error) {
	setting, err := settings.one(r.db, "t.key = ?", key)
	if err != nil {
		return "", err
	}
	return setting.Value, nil
}

var settings = rowsOfModel[models.Setting]()

// SetSetting keeps value under key in place of an earlier one.
func (tx *Tx) SetSetting(key, value string) error {
	return translate(tx.db.Clauses(clause.OnConflict{UpdateAll: true}).
		Create(&models.Setting{Key: key, Value: value, Modified: tx.now}).Error)
}

// TakeSetting deletes what was kept under key if it still is value, and reports whether it was: of several callers one succeeds.
func (tx *Tx) TakeSetting(key, value string) (bool, error) {
	result := tx.db.Where("key = ? AND value = ?", key, value).Delete(&models.Setting{})
	return result.RowsAffected > 0, translate(result.Error)
}
