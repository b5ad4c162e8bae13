package store

import "gatehouse/models"

// fewEntries are stored by one statement each on SQLite, which keeps it.
const fewEntries = 16

// Record appends entries to the activity stream, at the time of the transaction. A form whose number another entry has is
// ErrConflict. Of one alone the id is filled in.
func (tx *Tx) Record(entries ...models.Activity) error {
	if len(entries) == 0 {
		return nil
	}
	for n := range entries {
		entries[n].Created = tx.now
	}
	switch {
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

// activityRows are entries as one array for each column of the table, in the order of recordMany's statement.
type activityRows struct {
	actorIDs, ownerIDs, organizationIDs       []*int64
	objectIDs, relatedIDs                     []int64
	actorNames, origins, addresses            []string
	operations, objectTypes, relatedTypes     []string
	objectNames, relatedNames, notes, changes []string
	platforms                                 []string
	forms                                     []*string
}

// recordMany stores entries in one statement of a fixed text, in their order: that of one for hundreds takes PostgreSQL longer to read than the rows to write. One of 500 rows and more is counted at once (ADR 0016).
func (tx *Tx) recordMany(entries []models.Activity) error {
	var rows activityRows
	for n := range entries {
		if err := rows.add(&entries[n]); err != nil {
			return err
		}
	}
	statement := tx.db.Statement
	_, err := statement.ConnPool.ExecContext(statement.Context, `INSERT INTO activity (created, actor_id, actor_name, origin, address, operation, object_type, object_id,
			object_name, related_type, related_id, related_name, note, changes, form, owner_id, organization_id, platform)
		SELECT $1, actor_id, actor_name, origin, address, operation, object_type, object_id, object_name, related_type, related_id, related_name, note, changes,
			form, owner_id, organization_id, platform
		FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[],
			$14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::text[])
			WITH ORDINALITY AS entries(actor_id, actor_name, origin, address, operation, object_type, object_id, object_name, related_type, related_id, related_name,
			note, changes, form, owner_id, organization_id, platform, place)
		ORDER BY place`, tx.now, rows.actorIDs, rows.actorNames, rows.origins, rows.addresses, rows.operations, rows.objectTypes, rows.objectIDs, rows.objectNames,
		rows.relatedTypes, rows.relatedIDs, rows.relatedNames, rows.notes, rows.changes, rows.forms, rows.ownerIDs, rows.organizationIDs, rows.platforms)
	return err
}

func (r *activityRows) add(e *models.Activity) error {
	changes, err := e.Changes.Value()
	if err != nil {
		return err
	}
	r.actorIDs, r.ownerIDs, r.organizationIDs = append(r.actorIDs, e.ActorID), append(r.ownerIDs, e.OwnerID), append(r.organizationIDs, e.OrganizationID)
	r.objectIDs, r.relatedIDs = append(r.objectIDs, e.ObjectID), append(r.relatedIDs, e.RelatedID)
	r.actorNames, r.origins, r.addresses = append(r.actorNames, e.ActorName), append(r.origins, e.Origin), append(r.addresses, e.Address)
	r.operations, r.objectTypes = append(r.operations, string(e.Operation)), append(r.objectTypes, string(e.ObjectType))
	r.relatedTypes, r.objectNames = append(r.relatedTypes, string(e.RelatedType)), append(r.objectNames, e.ObjectName)
	r.relatedNames, r.notes, r.changes = append(r.relatedNames, e.RelatedName), append(r.notes, e.Note), append(r.changes, changes.(string))
	r.platforms, r.forms = append(r.platforms, string(e.Platform)), append(r.forms, e.Form)
	return nil
}
