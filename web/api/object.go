package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for n, each := range o {
		if n > 0 {
			text.WriteByte(',')
		}
		for _, part := range []any{each.key, each.value} {
			encoded, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			text.Write(encoded)
			text.WriteByte(':')
		}
		text.Truncate(text.Len() - 1)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// value is the value of a key, nil without it.
func (o object) value(key string) any {
	for _, each := range o {
		if each.key == key {
			return each.value
		}
	}
	return nil
}

// when writes a time as the platforms do: ISO 8601 with microseconds and Z.
func when(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// sometime is when, or null.
func sometime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return when(*t)
}

// orNull is the value pointed to, or null.
func orNull[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// link is the path of a resource below the mount: link("tokens", 5) is ".../tokens/5/".
func (m mount) link(parts ...any) string {
	path := m.path
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			path += part + "/"
		case int64:
			path += strconv.FormatInt(part, 10) + "/"
		}
	}
	return path
}
