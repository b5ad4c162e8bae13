package openapitest

// close is the document with schemas that allow no members but those that they name. Where a schema is made of several (allOf, $ref), a
// member of any of them is one of all: what is closed is each place in a body, not each part of its schema.
func close(document object) object {
	closed := closeBelow(document).(object)
	components, _ := document["components"].(object)
	schemas := object{}
	named, _ := components["schemas"].(object)
	for name, each := range named {
		schemas[name] = closeInside(each)
	}
	if inside, ok := closed["components"].(object); ok {
		inside["schemas"] = schemas
	}
	return closed
}

// closeBelow copies a part of the document that is no schema.
func closeBelow(value any) any {
	switch value := value.(type) {
	case object:
		copied := object{}
		for key, each := range value {
			if key == "schema" {
				copied[key] = closePlace(each)
			} else {
				copied[key] = closeBelow(each)
			}
		}
		return copied
	case []any:
		return eachOf(value, closeBelow)
	}
	return value
}

// closePlace closes the schema of a place in a body.
func closePlace(schema any) any {
	if _, ok := schema.(object); !ok {
		return schema // true or false
	}
	return object{"allOf": []any{closeInside(schema)}, "unevaluatedProperties": false}
}

// closeInside closes the places below a schema, and leaves its own open to what stands beside it.
func closeInside(schema any) any {
	keywords, ok := schema.(object)
	if !ok {
		return schema
	}
	copied := object{}
	for key, value := range keywords {
		switch key {
		case "properties", "patternProperties":
			places := object{}
			for name, each := range value.(object) {
				places[name] = closePlace(each)
			}
			copied[key] = places
		case "items", "additionalProperties", "contains":
			copied[key] = closePlace(value)
		case "prefixItems":
			copied[key] = eachOf(value.([]any), closePlace)
		case "allOf", "anyOf", "oneOf":
			copied[key] = eachOf(value.([]any), closeInside)
		case "if", "then", "else", "not":
			copied[key] = closeInside(value)
		default:
			copied[key] = value
		}
	}
	return copied
}

func eachOf(values []any, change func(any) any) []any {
	changed := make([]any, len(values))
	for n, each := range values {
		changed[n] = change(each)
	}
	return changed
}
