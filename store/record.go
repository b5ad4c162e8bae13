package store

import "gatehouse/models"

// fewEntries are stored by one statement each on SQLite, which keeps it.
const fewEntries = 16

// Record appends entries to the activity stream, at the time of the transaction. A form whose number another entry has is
// ErrConflict. Of one alone the id is filled in, unless it is stored with others (see Issue).
func (tx *Tx) Record(entries ...models.Activity) error {
	if len(entries) == 0 {
		return nil
	}
	for n := range entries {
		entries[n].Created = tx.now
	}
	switch {
	case tx.added != nil:
		tx.added.entries = append(tx.added.entries, entries...)
		return nil
	case tx.db.Name() != SQLite && len(entries) > 1:
		return translate(tx.recordMany(entries))
	case len(entries) > fewEntries:
		return translate(tx.db.CreateInBatches(entries, 200).Error)
	}
	for n := range entries {
		if err := tx.insertRow(&entries[n]); err != nil {
			return err
		}
	}
	return nil
}

// recordEntries stores entries in their order. 500 and more of one statement are counted at once (ADR 0016).
var recordEntries = "INSERT INTO activity (" + entryArrays.columns() + ") SELECT " + entryArrays.columns() + " FROM " + entryArrays.unnested("entries", 1) + " ORDER BY place"

func (tx *Tx) recordMany(entries []models.Activity) error {
	rows, err := rowsOfEntries(entries)
	if err != nil {
		return err
	}
	statement := tx.db.Statement
	_, err = statement.ConnPool.ExecContext(statement.Context, recordEntries, rows.parameters()...)
	return err
}
