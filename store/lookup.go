package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// operators of the lookups that every kind of column takes.
var operators = map[string]string{"": "=", "exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

// lookup turns a filter on c into a condition with bound parameters.
func lookup(c column, f Filter, dialect string) (string, []any, error) {
	switch f.Lookup {
	case "isnull":
		null, err := parseBool(f.Value)
		if err != nil {
			return "", nil, wrong(f, err)
		}
		if null {
			return c.sql + " IS NULL", nil, nil
		}
		return c.sql + " IS NOT NULL", nil, nil
	case "in":
		return lookupIn(c, f)
	case "regex", "iregex":
		return lookupPattern(c, f, dialect)
	}
	operator, ok := operators[f.Lookup]
	if !ok {
		return lookupText(c, f)
	}
	if c.kind == idColumn && isNull(f) {
		return c.sql + " IS NULL", nil, nil
	}
	value, err := parseValue(c.kind, f.Value)
	if err != nil {
		return "", nil, wrong(f, err)
	}
	return c.sql + " " + operator + " ?", []any{value}, nil
}

// wrong names the filter to which err happened.
func wrong(f Filter, err error) error {
	return &QueryError{Field: f.Field, Message: strings.TrimSuffix(f.Field+"__"+short(f.Lookup), "__") + ": " + err.Error()}
}

// isNull reports whether the filter asks, in a word, for what is missing.
func isNull(f Filter) bool {
	word := strings.ToLower(f.Value)
	return operators[f.Lookup] == "=" && (word == "null" || word == "none")
}

// short keeps what a caller sent from filling a message.
func short(text string) string {
	if most := 60; len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func lookupIn(c column, f Filter) (string, []any, error) {
	if f.Value == "" {
		return "", nil, &QueryError{Field: f.Field, Message: "cannot provide empty value for __in"}
	}
	if strings.Count(f.Value, ",") >= mostValues {
		return "", nil, errTooLong()
	}
	var values []any
	for each := range strings.SplitSeq(f.Value, ",") {
		value, err := parseValue(c.kind, each)
		if err != nil {
			return "", nil, wrong(f, err)
		}
		values = append(values, value)
	}
	places := strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")
	return c.sql + " IN (" + places + ")", values, nil
}

func lookupPattern(c column, f Filter, dialect string) (string, []any, error) {
	if c.kind != textColumn {
		return "", nil, notText(f)
	}
	if err := checkText(f.Field, f.Value); err != nil {
		return "", nil, err
	}
	pattern, err := regularExpression(f.Value, f.Lookup == "iregex", dialect)
	if err != nil {
		return "", nil, wrong(f, err)
	}
	if dialect == SQLite {
		return c.sql + " REGEXP ?", []any{pattern}, nil
	}
	return c.sql + " ~ ?", []any{pattern}, nil
}

func notText(f Filter) error {
	return &QueryError{Field: f.Field, Message: fmt.Sprintf("%s is not a text field and does not support %s.", f.Field, f.Lookup)}
}

func lookupText(c column, f Filter) (string, []any, error) {
	before, after, folded := "", "", strings.HasPrefix(f.Lookup, "i")
	switch strings.TrimPrefix(f.Lookup, "i") {
	case "exact":
	case "contains":
		before, after = "%", "%"
	case "startswith":
		after = "%"
	case "endswith":
		before = "%"
	default:
		return "", nil, &QueryError{Field: f.Field, Message: fmt.Sprintf("Unsupported lookup '%s' for %s.", short(f.Lookup), f.Field)}
	}
	if c.kind != textColumn {
		return "", nil, notText(f)
	}
	if err := checkText(f.Field, f.Value); err != nil {
		return "", nil, err
	}
	if sql, args := startsWith(c, f.Value); sql != "" && f.Lookup == "startswith" {
		return sql, args, nil
	}
	sql, value := c.sql, f.Value
	if folded {
		sql, value = "fold("+sql+")", fold(value)
	}
	if before+after == "" {
		return sql + " = ?", []any{value}, nil
	}
	return sql + " LIKE ? ESCAPE '\\'", []any{before + escapeLike(value) + after}, nil
}

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func parseValue(k kind, text string) (any, error) {
	switch k {
	case idColumn:
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("'%s' is not an integer", short(text))
		}
		return id, nil
	case boolColumn:
		return parseBool(text)
	case timeColumn:
		return parseTime(text)
	default:
		return text, checkText("", text)
	}
}

// checkText refuses what no text of a row can be, and what is too long to look for.
func checkText(field, text string) error {
	var problem string
	switch {
	case strings.ContainsRune(text, 0):
		problem = "Null characters are not allowed."
	case !utf8.ValidString(text):
		problem = "The value is not valid UTF-8."
	case len(text) > mostText:
		problem = "The value is too long."
	default:
		return nil
	}
	return &QueryError{Field: field, Message: strings.TrimPrefix(field+": "+problem, ": ")}
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("'%s' is not a boolean", short(text))
}

func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, fmt.Errorf("'%s' is not a date", short(text))
}
