package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/models"
)

const (
	messageRequired = "This field is required."
	messageNull     = "This field may not be null."
)

// missing is what a key that was not sent stands for: nothing, or its default where the whole object is replaced.
func missing[T any](b *body, otherwise T) *T {
	if b.full {
		return &otherwise
	}
	return nil
}

// text reads a string as it is; numbers count as their digits.
func (b *body) text(key, otherwise string) *string {
	switch value := b.values[key].(type) {
	case string:
		return &value
	case json.Number:
		text := value.String()
		return &text
	case nil:
		if _, given := b.values[key]; !given {
			return missing(b, otherwise)
		}
		b.invalid.Add(key, messageNull)
	default:
		b.invalid.Add(key, "Not a valid string.")
	}
	return nil
}

// name reads a string without the space around it.
func (b *body) name(key string) *string {
	text := b.text(key, "")
	if text != nil {
		*text = strings.TrimSpace(*text)
	}
	return text
}

// required reads a string that has no default: left out it is reported, unless the update is a partial one.
func (b *body) required(key string) *string {
	if b.lacks(key) {
		return nil
	}
	return b.name(key)
}

// lacks reports whether a key is left out, and notes it where the whole object has to be given.
func (b *body) lacks(key string) bool {
	_, given := b.values[key]
	if !given && (b.full || b.creating) {
		b.invalid.Add(key, messageRequired)
	}
	return !given
}

// boolean reads true and false, and the words and numbers that forms send for them.
func (b *body) boolean(key string, otherwise bool) *bool {
	value, given := b.values[key]
	if !given {
		return missing(b, otherwise)
	}
	if value == nil {
		b.invalid.Add(key, messageNull)
		return nil
	}
	truth, known := map[string]bool{"true": true, "t": true, "yes": true, "y": true, "on": true, "1": true,
		"false": false, "f": false, "no": false, "n": false, "off": false, "0": false}[strings.ToLower(fmt.Sprint(value))]
	if !known {
		b.invalid.Add(key, "Must be a valid boolean.")
		return nil
	}
	return &truth
}

// id reads the key of another row: nil when it was not given, and a pointer to nil for null or "".
func (b *body) id(key string) **int64 {
	value, given := b.values[key]
	if !given {
		return nil
	}
	var id *int64
	switch value := value.(type) {
	case nil:
		return &id
	case string:
		if value == "" {
			return &id
		}
		id = b.number(key, value, value)
	case json.Number:
		id = b.number(key, value.String(), value)
	default:
		b.invalid.Add(key, wrongKey(value))
	}
	if id == nil {
		return nil
	}
	return &id
}

// reference reads the key of another row that has to be given; nil is reported.
func (b *body) reference(key string) *int64 {
	if b.lacks(key) {
		return nil
	}
	id := b.id(key)
	if id == nil {
		return nil
	}
	if *id == nil {
		b.invalid.Add(key, messageNull)
	}
	return *id
}

// integer reads a whole number; otherwise is what leaving it out means.
func (b *body) integer(key string, otherwise int64) int64 {
	value, given := b.values[key]
	if !given {
		return otherwise
	}
	text := fmt.Sprint(value)
	n, err := strconv.ParseInt(text, 10, 64)
	if _, truth := value.(bool); truth || err != nil {
		b.invalid.Add(key, "A valid integer is required.")
	}
	return n
}

func (b *body) number(key, text string, value any) *int64 {
	if !isInteger(text) {
		b.invalid.Add(key, wrongKey(value))
		return nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // too large for any row
		b.invalid.Add(key, fmt.Sprintf(`Invalid pk "%s" - object does not exist.`, text))
		return nil
	}
	return &id
}

func wrongKey(value any) string {
	return fmt.Sprintf("Incorrect type. Expected pk value, received %s.", typeName(value))
}

func isInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// words reads a list that travels as one string, its words separated by white space.
func (b *body) words(key string) *models.Words {
	text := b.text(key, "")
	if text == nil {
		return nil
	}
	words := models.ParseWords(*text)
	return &words
}

// list reads a list of words; a form sends it as one string.
func (b *body) list(key string) *models.Words {
	items, isList := b.values[key].([]any)
	if !isList {
		if _, isText := b.values[key].(string); isText || b.values[key] == nil {
			return b.words(key)
		}
		b.invalid.Add(key, fmt.Sprintf("Expected a list of items but got type %q.", typeName(b.values[key])))
		return nil
	}
	words := models.Words{}
	for _, item := range items {
		word, ok := item.(string)
		if !ok || len(models.ParseWords(word)) != 1 || models.ParseWords(word)[0] != word {
			b.invalid.Add(key, "Not a valid string.")
			return nil
		}
		words = append(words, word)
	}
	return &words
}

// moment reads a time; null and "" are none. A time without a zone is UTC.
func (b *body) moment(key string) *time.Time {
	value, given := b.values[key]
	text, isText := value.(string)
	if !given || value == nil || isText && text == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); isText && err == nil {
			return &t
		}
	}
	b.invalid.Add(key, "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].")
	return nil
}
