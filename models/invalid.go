package models

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// NonField is the field name of a message that concerns the whole; each face has its own key for it.
const NonField = ""

// FieldError is one message about one field of the input. Field is the name that the contract uses.
type FieldError struct {
	Field   string
	Message string
}

// Invalid is bad input: one message or more, in the order in which they were found. Nothing was changed.
type Invalid []FieldError

// Error joins all messages, for logs and the command line.
func (i Invalid) Error() string {
	messages := make([]string, len(i))
	for n, each := range i {
		messages[n] = strings.TrimPrefix(each.Field+": "+each.Message, ": ")
	}
	return strings.Join(messages, "; ")
}

// Add appends a message.
func (i *Invalid) Add(field, message string) { *i = append(*i, FieldError{field, message}) }

// Err is nil when nothing was found.
func (i Invalid) Err() error {
	if len(i) == 0 {
		return nil
	}
	return i
}

// required is text that may not be blank; most of 0 means no limit, in characters.
func (i *Invalid) required(field, value string, most int) {
	if strings.TrimSpace(value) == "" {
		i.Add(field, "This field may not be blank.")
		return
	}
	i.text(field, value, most)
}

// text refuses what no database stores alike: NUL and broken UTF-8.
func (i *Invalid) text(field, value string, most int) {
	switch {
	case strings.ContainsRune(value, 0):
		i.Add(field, "Null characters are not allowed.")
	case !utf8.ValidString(value):
		i.Add(field, "This field is not valid UTF-8.")
	case most > 0:
		i.within(field, value, most)
	}
}

// within refuses text of more characters.
func (i *Invalid) within(field, value string, most int) {
	if utf8.RuneCountInString(value) > most {
		i.Add(field, fmt.Sprintf("Ensure this field has no more than %d characters.", most))
	}
}

// The most characters of text for which the contract names no limit: descriptions, and lists of URIs in one string.
const (
	MostDescription = 10_000
	MostURIs        = 10_000
)

// CheckText says what is wrong with free text of at most so many characters, 0 for any number: NUL and broken UTF-8 are refused.
func CheckText(field, value string, most int) Invalid {
	var invalid Invalid
	invalid.text(field, value, most)
	return invalid
}
