package store_test

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

// matches says what a lookup means, in Go: null matches nothing.
func matches(value any, lookup, text string) bool {
	if lookup == "isnull" {
		return (value == nil) == (text == "true")
	}
	if value == nil {
		return lookup != "in" && (text == "null" || text == "None")
	}
	switch lookup {
	case "", "exact":
		return compare(value, text) == 0
	case "gt":
		return compare(value, text) > 0
	case "gte":
		return compare(value, text) >= 0
	case "lt":
		return compare(value, text) < 0
	case "lte":
		return compare(value, text) <= 0
	case "in":
		return slices.ContainsFunc(strings.Split(text, ","), func(each string) bool { return compare(value, each) == 0 })
	case "regex":
		return regexp.MustCompile(text).MatchString(value.(string))
	case "iregex":
		return regexp.MustCompile("(?i)" + text).MatchString(value.(string))
	}
	is := value.(string)
	if plain, folded := strings.CutPrefix(lookup, "i"); folded {
		is, text, lookup = store.Fold(is), store.Fold(text), plain
	}
	switch lookup {
	case "exact":
		return is == text
	case "contains":
		return strings.Contains(is, text)
	case "startswith":
		return strings.HasPrefix(is, text)
	default:
		return strings.HasSuffix(is, text)
	}
}

// compare orders a field's value and the text of a filter as the databases should: texts by code point.
func compare(value any, text string) int {
	switch value := value.(type) {
	case int64:
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return -1 // null is no number
		}
		return cmp.Compare(value, number)
	case bool:
		return cmp.Compare(number(value), number(text == "true" || text == "1"))
	case time.Time:
		moment, _ := time.Parse(time.RFC3339Nano, text)
		return value.Compare(moment)
	default:
		return cmp.Compare(value.(string), text)
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// patterns are regular expressions of every kind, most of which PostgreSQL would read in another way.
var patterns = []string{
	"", "a", "^a", "a$", "^$", "^.$", ".", "[a-z]", "[^a-z]", `\d`, `\D`, `\w`, `\W`, `\s`, `\S$`, `\bs`, `\b`, `\Bl`, `a|b`, `(alpha|beta)_?1`, `^(?:|x)z`, `|`, `()`, `a{2,}`, `l{1}`,
	`[[:upper:]]`, `\pL`, `\p{Greek}`, `\p{Lu}+`, `[^\pL]`, `\x{1F642}`, `大.さ`, `\\`, `\\{2}`, `%`, `_`, `'`, `"`, `\.`, `[\]\-^]`, `(?i)ALPHA`, `(?i:A)lpha`, `(?s)b.n`, `b.n`, `\n`, `\tnew`,
	`a.*?a`, `(?P<name>a)l`, `(a*)*$`, `(?:^)*a`, `\Aal`, `a\z`, `[\x00-\x{10FFFF}]{6}`, `[^\x00-\x{10FFFF}]`, `ß`, `σ`, `ς$`, `K`, `(?i)k`, `\Q.*\E`, `[[:^alpha:]]`, `$^`, `a{0}b`, `(a|b|)+`, `\x00`,
}

// thorough are the text fields on which every sample is tried; on the others it is some of them.
var thorough = []string{"username", "user__username"}

// filtersOf are the filters that are tried on a field of the kind.
func filtersOf(field, kind string) map[string][]string {
	samples := map[string][]string{
		"id": {"1", "2", "3", "17", "0", "-5", "9223372036854775807"}, "bool": {"true", "false", "1", "0"},
		"text": append(slices.Clone(texts), "a", "A", "%", "_", `\`, "ta_1", "ta%1", "ß", "Σ", "ς", "İ", "i", "ДО", "🙂", "nothing"),
	}
	for _, at := range times {
		samples["time"] = append(samples["time"], at.Format(time.RFC3339Nano), at.Add(time.Microsecond).In(time.FixedZone("", 3600)).Format(time.RFC3339Nano))
	}
	step := 1
	switch {
	case slices.Contains(thorough, field):
	case strings.Contains(field, "__"): // the relation is what is new
		step = 2*len(samples[kind])/3 - 1
	case kind == "text":
		step = 7
	}
	var some []string
	for n := len(field) % step; n < len(samples[kind]); n += step {
		some = append(some, samples[kind][n])
	}
	samples[kind] = some
	filters := map[string][]string{"isnull": {"true", "false"}}
	for _, lookup := range []string{"", "exact", "gt", "gte", "lt", "lte"} {
		filters[lookup] = samples[kind]
	}
	for n := range samples[kind] {
		if one, other := samples[kind][n], pick(samples[kind], n+2); one+other != "" {
			filters["in"] = append(filters["in"], one, one+","+other)
		}
	}
	filters["in"] = slices.DeleteFunc(filters["in"], func(text string) bool { return text == "" })
	if kind == "id" {
		filters[""] = append(filters[""], "null", "None")
	}
	if kind == "text" {
		for _, lookup := range []string{"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"} {
			filters[lookup] = samples[kind]
		}
		filters["regex"], filters["iregex"] = patterns, patterns
		if !slices.Contains(thorough, field) {
			filters["regex"], filters["iregex"] = []string{pick(patterns, len(field))}, []string{pick(patterns, len(field)+5)}
		}
	}
	return filters
}
