package store

import "unicode/utf8"

// startsWith is the range of an index in which a column's texts begin with prefix; "" where there is no end of it.
func startsWith(c column, prefix string) (string, []any) {
	end := after(prefix)
	if end == "" {
		return "", nil
	}
	return c.sql + " >= ? AND " + c.sql + " < ?", []any{prefix, end}
}

// after is the first text that sorts, by code points, after all that begin with prefix; "" if there is none.
func after(prefix string) string {
	for runes := []rune(prefix); len(runes) > 0; runes = runes[:len(runes)-1] {
		last := &runes[len(runes)-1]
		switch *last {
		case utf8.MaxRune:
			continue
		case 0xD7FF:
			*last = 0xE000 // no text holds a surrogate
		default:
			*last++
		}
		return string(runes)
	}
	return ""
}
