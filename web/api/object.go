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
	w := newWriter()
	err := w.value(o)
	return w.text.Bytes(), err
}

// writer writes objects and what is in them into one buffer: encoding/json asks each object within another for a text of its own, and copies it once for each.
type writer struct {
	text   bytes.Buffer
	others *json.Encoder
}

func newWriter() *writer {
	w := &writer{}
	w.others = json.NewEncoder(&w.text)
	w.others.SetEscapeHTML(false)
	return w
}

func (w *writer) value(value any) error {
	switch value := value.(type) {
	case object:
		return w.object(value)
	case []object:
		if value != nil {
			return w.list(value)
		}
	case string:
		if plain(value) {
			w.text.WriteByte('"')
			w.text.WriteString(value)
			w.text.WriteByte('"')
			return nil
		}
	}
	if err := w.others.Encode(value); err != nil {
		return err
	}
	w.text.Truncate(w.text.Len() - 1) // the end of the line
	return nil
}

func (w *writer) object(o object) error {
	w.text.WriteByte('{')
	for n, each := range o {
		if n > 0 {
			w.text.WriteByte(',')
		}
		if err := w.value(each.key); err != nil {
			return err
		}
		w.text.WriteByte(':')
		if err := w.value(each.value); err != nil {
			return err
		}
	}
	w.text.WriteByte('}')
	return nil
}

func (w *writer) list(list []object) error {
	w.text.WriteByte('[')
	for n, each := range list {
		if n > 0 {
			w.text.WriteByte(',')
		}
		if err := w.object(each); err != nil {
			return err
		}
	}
	w.text.WriteByte(']')
	return nil
}

// plain reports whether a text stands in JSON as it is.
func plain(text string) bool {
	for n := range len(text) {
		if c := text[n]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
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
