package store

import (
	"gatehouse/models"
)

var activityList = &resource{
	table: "activity",
	columns: map[string]column{
		"id":          {sql: "activity.id", kind: idColumn},
		"created":     {sql: "activity.created", kind: timeColumn},
		"actor":       {sql: "activity.actor_id", kind: idColumn, nullable: true},
		"actor_name":  {sql: "activity.actor_name"},
		"operation":   {sql: "activity.operation"},
		"object_type": {sql: "activity.object_type"},
		"object_id":   {sql: "activity.object_id", kind: idColumn},
		"object_name": {sql: "activity.object_name"},
		"origin":      {sql: "activity.origin"},
		"note":        {sql: "activity.note"},
	},
	relations: map[string]relation{"actor": {to: "users", on: "{to}.id = {from}.actor_id"}},

	search: []string{"actor_name", "object_name", "note"},
	order:  []Order{{Field: "id", Descending: true}},
}

// Activity lists entries of the activity stream, newest first.
func (r Reader) Activity(q Query) (Page[models.Activity], error) {
	return limited(r, q, func(r Reader) (Page[models.Activity], error) {
		return list[models.Activity](r.db, activityList, q)
	})
}

// ActivityOfForm loads the entry of what was made by the form with this number; ErrNotFound.
func (r Reader) ActivityOfForm(number string) (*models.Activity, error) {
	return named[models.Activity](r.db.Where("form = ?", number), number)
}

// Record appends entries to the activity stream, at the time of the transaction. A form whose number another entry has is
// ErrConflict.
func (tx *Tx) Record(entries ...models.Activity) error {
	if len(entries) == 0 {
		return nil
	}
	for n := range entries {
		entries[n].Created = tx.now
	}
	return translate(tx.db.CreateInBatches(entries, 200).Error)
}
