// Package models says what things are (users, organizations, applications, tokens, codes, sessions, activity) and who may do
// what to them. It knows neither HTTP nor SQL and imports the standard library only, so every rule here is tested from values.
package models

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// Stamps says when and by whom a row was made and last changed. The ids stay when the user goes; nil means nobody signed in
// (the command line, an OAuth endpoint).
type Stamps struct {
	Created    time.Time
	Modified   time.Time
	CreatedBy  *int64
	ModifiedBy *int64
}

// Words is an ordered list stored as one text, its words separated by single spaces. A word never holds a space.
type Words []string

// ParseWords splits on any white space.
func ParseWords(text string) Words { return strings.Fields(text) }

// String joins the words with single spaces, the form in which redirect URIs travel (RFC 7591 uses a list; the platform one string).
func (w Words) String() string { return strings.Join(w, " ") }

// Has reports whether word is one of w, compared byte by byte.
func (w Words) Has(word string) bool {
	for _, each := range w {
		if each == word {
			return true
		}
	}
	return false
}

// Value stores the words as one text.
func (w Words) Value() (driver.Value, error) { return w.String(), nil }

// Scan reads the text that Value wrote.
func (w *Words) Scan(from any) error {
	switch from := from.(type) {
	case string:
		*w = ParseWords(from)
	case []byte:
		*w = ParseWords(string(from))
	case nil:
		*w = nil
	default:
		return fmt.Errorf("words: cannot read %T", from)
	}
	return nil
}
