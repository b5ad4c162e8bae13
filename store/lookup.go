package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// lookup turns a filter on c into a condition with bound parameters.
func lookup(c column, f Filter) (string, []any, error) {
	fail := func(message string) (string, []any, error) {
		return "", nil, &QueryError{Field: f.Field, Message: message}
	}
	switch f.Lookup {
	case "isnull":
		null, err := parseBool(f.Value)
		if err != nil {
			return fail(f.Field + "__isnull: " + err.Error())
		}
		if null {
			return c.sql + " IS NULL", nil, nil
		}
		return c.sql + " IS NOT NULL", nil, nil
	case "in":
		return lookupIn(c, f)
	case "", "exact", "gt", "gte", "lt", "lte":
		operator := map[string]string{"": "=", "exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[f.Lookup]
		if word := strings.ToLower(f.Value); c.kind == idColumn && operator == "=" && (word == "null" || word == "none") {
			return c.sql + " IS NULL", nil, nil
		}
		value, err := parseValue(c.kind, f.Value)
		if err != nil {
			return fail(f.Field + ": " + err.Error())
		}
		return c.sql + " " + operator + " ?", []any{value}, nil
	}
	return lookupText(c, f)
}

func lookupIn(c column, f Filter) (string, []any, error) {
	if f.Value == "" {
		return "", nil, &QueryError{Field: f.Field, Message: "cannot provide empty value for __in"}
	}
	var values []any
	for _, each := range strings.Split(f.Value, ",") {
		value, err := parseValue(c.kind, each)
		if err != nil {
			return "", nil, &QueryError{Field: f.Field, Message: f.Field + "__in: " + err.Error()}
		}
		values = append(values, value)
	}
	places := strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")
	return c.sql + " IN (" + places + ")", values, nil
}

func lookupText(c column, f Filter) (string, []any, error) {
	fail := func(message string) (string, []any, error) {
		return "", nil, &QueryError{Field: f.Field, Message: message}
	}
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
		return fail(fmt.Sprintf("Unsupported lookup '%s' for %s.", f.Lookup, f.Field))
	}
	if c.kind != textColumn {
		return fail(fmt.Sprintf("%s is not a text field and does not support %s.", f.Field, f.Lookup))
	}
	if err := checkText(f.Field, f.Value); err != nil {
		return "", nil, err
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
			return nil, fmt.Errorf("'%s' is not an integer", text)
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
	return false, fmt.Errorf("'%s' is not a boolean", text)
}

func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, fmt.Errorf("'%s' is not a date", text)
}
