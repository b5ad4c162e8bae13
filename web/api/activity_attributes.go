package api

import "gatehouse/models"

// aboutActivity describes entries of the activity stream, for OPTIONS. Nobody makes or changes one by asking.
func aboutActivity(name string) *metadata {
	const gateway, controller = models.FaceGateway, models.FaceController
	numbers, names := [][2]string{}, [][2]string{}
	for _, kind := range models.NumberedObjectTypes() {
		numbers, names = append(numbers, [2]string{string(kind), string(kind)}), append(names, [2]string{kind.ControllerName(), kind.ControllerName()})
	}
	var operations [][2]string
	for _, each := range []models.Operation{models.OperationCreate, models.OperationUpdate, models.OperationDelete, models.OperationAssociate, models.OperationDisassociate} {
		operations = append(operations, [2]string{string(each), string(each)})
	}
	fields := []attribute{
		{key: "id", kind: "integer", label: "ID", help: "Database id."},
		{key: "type", kind: "choice", label: "Type", help: "Data type.", closed: true, choices: [][2]string{{typeActivity, typeLabels[typeActivity]}}},
		{key: "url", kind: "string", label: "Url", help: "Address of this object.", closed: true},
		{key: "related", kind: "object", label: "Related", help: "Addresses of related resources."},
		{key: "summary_fields", kind: "object", label: "Summary fields", help: "What related resources are called."},
		{key: "created", kind: "datetime", label: "Created", help: "When it was done.", only: gateway},
		{key: "created_by", kind: "id", label: "Created by", help: "Who did it; null for commands and OAuth endpoints.", only: gateway},
		{key: "timestamp", kind: "datetime", label: "Timestamp", help: "When it was done.", only: controller},
		{key: "operation", kind: "choice", label: "Operation", help: "What was done.", choices: operations},
		{key: "changes", kind: "object", label: "Changes", help: "Which fields were added, removed and changed."},
		{key: "content_type", kind: "id", label: "Content type", help: "The number of the kind of object.", only: gateway},
		{key: "object_id", kind: "string", label: "Object id", help: "The id of the object.", only: gateway},
		{key: "content_type_model", kind: "choice", label: "Content type model", help: "The kind of object.", choices: numbers, only: gateway},
		{key: "related_content_type", kind: "id", label: "Related content type", help: "The number of the kind of the other side.", only: gateway},
		{key: "related_object_id", kind: "string", label: "Related object id", help: "The id of the other side.", only: gateway},
		{key: "related_content_type_model", kind: "choice", label: "Related content type model", help: "The kind of the other side.", choices: numbers, only: gateway},
		{key: "object1", kind: "choice", label: "Object 1", help: "The kind of object.", choices: names, only: controller},
		{key: "object2", kind: "choice", label: "Object 2", help: "The kind of the other side.", choices: names, only: controller},
		{key: "object_association", kind: "field", label: "Object association", help: "How the two belong together.", only: controller},
		{key: "action_node", kind: "field", label: "Action node", help: "The node that answers.", only: controller},
		{key: "object_type", kind: "field", label: "Object type", help: "The kind of object that has the association.", only: controller},
		{key: "origin", kind: "string", label: "Origin", help: "By which way it was done: api, console, oauth or command:NAME."},
		{key: "note", kind: "string", label: "Note", help: "Why it was done, where that is not plain."},
	}
	for n := range fields {
		fields[n].readOnly = true
	}
	return &metadata{name: name, list: "activity", types: []string{typeActivity}, search: []string{"actor_name", "object_name", "note", "changes"}, fields: fields}
}
