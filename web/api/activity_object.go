package api

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"gatehouse/models"
)

// entryObject is an entry of the activity stream as the platform shows it (contract §8).
func (c *call) entryObject(e *models.Activity, t *told) object {
	if c.name == models.FaceGateway {
		return c.gatewayEntry(e, t)
	}
	return c.controllerEntry(e, t)
}

func (c *call) gatewayEntry(e *models.Activity, t *told) object {
	related, summary := object{}, object{}
	show := func(key string, id thingID) {
		if thing, known := t.things[id]; known {
			related = append(related, member{key, thing.link})
			if t.whole {
				summary = append(summary, member{key, thing.summary})
			}
		}
	}
	show("content_object", thingID{e.ObjectType, e.ObjectID})
	show("related_content_object", thingID{e.RelatedType, e.RelatedID})
	if t.whole {
		others := pointedAt(e.Changes)
		for _, field := range slices.Sorted(maps.Keys(others)) {
			show("changes."+field, others[field])
		}
	}
	if e.ActorID != nil {
		if t.actors[*e.ActorID] != nil {
			related = append(related, member{"created_by", c.link("users", *e.ActorID)})
		}
		summary = append(summary, member{"created_by", t.actor(e, e.ActorID)})
	}
	o := object{{"id", e.ID}, {"type", typeActivity}, {"url", c.link(c.stream, e.ID)}, {"related", related}, {"summary_fields", summary},
		{"created", when(e.Created)}, {"created_by", orNull(e.ActorID)}, {"operation", e.Operation}, {"changes", c.gatewayChanges(e)},
		{"content_type", e.ObjectType.Number()}, {"object_id", strconv.FormatInt(e.ObjectID, 10)}, {"content_type_model", e.ObjectType}}
	if e.RelatedType == "" {
		o = append(o, member{"related_content_type", nil}, member{"related_object_id", nil}, member{"related_content_type_model", nil})
	} else {
		o = append(o, member{"related_content_type", e.RelatedType.Number()}, member{"related_object_id", strconv.FormatInt(e.RelatedID, 10)},
			member{"related_content_type_model", e.RelatedType})
	}
	return append(o, member{"origin", e.Origin}, member{"note", e.Note})
}

func (c *call) controllerEntry(e *models.Activity, t *told) object {
	related, summary := object{}, object{}
	for _, id := range []thingID{{e.ObjectType, e.ObjectID}, {e.RelatedType, e.RelatedID}} {
		if thing, known := t.things[id]; known {
			related = append(related, member{id.kind.ControllerName(), []string{thing.link}})
			summary = append(summary, member{id.kind.ControllerName(), []object{thing.summary}})
		}
	}
	if e.ActorID != nil {
		id := e.ActorID
		if t.actors[*id] != nil {
			related = append(related, member{"actor", c.link("users", *id)})
		} else {
			id = nil // as the original shows who is gone
		}
		summary = append(summary, member{"actor", t.actor(e, id)})
	}
	association, of := "", models.ObjectType("")
	if e.RelatedType != "" {
		association, of = "role", e.ObjectType
		if e.ObjectType != models.ObjectOrganization {
			association = e.Note
		}
	}
	return object{{"id", e.ID}, {"type", typeActivity}, {"url", c.link(c.stream, e.ID)}, {"related", related}, {"summary_fields", summary},
		{"timestamp", when(e.Created)}, {"operation", e.Operation}, {"changes", c.controllerChanges(e)},
		{"object1", e.ObjectType.ControllerName()}, {"object2", e.RelatedType.ControllerName()}, {"object_association", association},
		{"action_node", c.node}, {"object_type", of.ControllerName()}, {"origin", e.Origin}, {"note", e.Note}}
}

// actor is who acted: as the user is called now, or was when the entry was written.
func (t *told) actor(e *models.Activity, id *int64) object {
	if user := t.actors[*e.ActorID]; user != nil {
		return userSummary(user)
	}
	return object{{"id", orNull(id)}, {"username", e.ActorName}, {"first_name", ""}, {"last_name", ""}}
}

// gatewayChanges are null where things are brought together or apart.
func (c *call) gatewayChanges(e *models.Activity) any {
	if associates(e) {
		return nil
	}
	added, removed := c.fieldValues(e.Changes.Added), c.fieldValues(e.Changes.Removed)
	for _, secret := range e.Secrets() {
		if e.Changes.Added != nil {
			added = append(added, member{secret, c.mask})
		} else {
			removed = append(removed, member{secret, c.mask})
		}
	}
	return object{{"added_fields", added}, {"removed_fields", removed}, {"changed_fields", c.changedValues(e.Changes.Changed)}}
}

// controllerChanges say of what was made or deleted all fields, of a change the old and the new values.
func (c *call) controllerChanges(e *models.Activity) object {
	switch {
	case associates(e):
		relationship := e.Note
		if e.ObjectType == models.ObjectOrganization {
			relationship = "organization." + e.Note + "_role"
		}
		return object{{"object1", e.ObjectType.ControllerName()}, {"object1_pk", e.ObjectID}, {"object2", e.RelatedType.ControllerName()},
			{"object2_pk", e.RelatedID}, {"action", e.Operation}, {"relationship", relationship}}
	case e.Operation == models.OperationUpdate:
		return c.changedValues(e.Changes.Changed)
	}
	values := c.fieldValues(e.Changes.Added)
	if e.Changes.Added == nil {
		values = c.fieldValues(e.Changes.Removed)
	}
	for _, secret := range e.Secrets() {
		if secret != clientSecret {
			values = append(values, member{secret, c.mask})
		}
	}
	if e.ObjectID > 0 {
		values = append(values, member{"id", e.ObjectID})
	}
	return values
}

// clientSecret is the one secret of which the controller says nothing at all.
const clientSecret = "client_secret"

func associates(e *models.Activity) bool {
	return e.Operation == models.OperationAssociate || e.Operation == models.OperationDisassociate
}

func (c *call) fieldValues(fields models.Fields) object {
	values := object{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !c.keepsBack(name) {
			values = append(values, member{c.fieldName(name), c.fieldValue(name, fields[name])})
		}
	}
	return values
}

func (c *call) changedValues(fields map[string][2]*string) object {
	values := object{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !c.keepsBack(name) {
			values = append(values, member{c.fieldName(name), []any{c.fieldValue(name, fields[name][0]), c.fieldValue(name, fields[name][1])}})
		}
	}
	return values
}

func (c *call) keepsBack(name string) bool {
	return name == clientSecret && c.name == models.FaceController
}

func (c *call) fieldName(name string) string {
	if name == "is_platform_auditor" {
		return c.auditor
	}
	return name
}

// fieldValue shows a value in its own type, and the mask for a secret, whatever stands there.
func (c *call) fieldValue(name string, stored *string) any {
	if models.SecretField(name) {
		return c.mask
	}
	switch value := models.FieldValue(name, stored).(type) {
	case time.Time:
		return when(value)
	case models.Words:
		return listOf(value)
	default:
		return value
	}
}

// pointedAt are the other things that changes name, by field: those after the change, or before a deletion.
func pointedAt(changes models.Changes) map[string]thingID {
	found := map[string]thingID{}
	for field, kind := range map[string]models.ObjectType{"user": models.ObjectUser, "application": models.ObjectApplication,
		"organization": models.ObjectOrganization, "access_token": models.ObjectAccessToken} {
		for _, stored := range []*string{changes.Added[field], changes.Removed[field], changes.Changed[field][1]} {
			if id, ok := models.FieldValue(field, stored).(int64); ok {
				found[field] = thingID{kind, id}
			}
		}
	}
	return found
}
