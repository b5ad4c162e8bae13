package store

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
)

// keyLength is how many characters of a description the order of tokens by it goes by: an entry of an index may not be as long as a
// description may. The index of descriptions holds those that are no longer, another the first characters of the others.
const keyLength = 256

const (
	shortDescription = "length(access_tokens.description) <= 256"
	longDescription  = "length(access_tokens.description) > 256"
	shortKey         = "access_tokens.description"
	longKey          = "substr(access_tokens.description, 1, 256)"
)

// tokenPlace is where a token stands, or would stand, in the order of descriptions and, where those are the same, of ids.
type tokenPlace struct {
	Description string // its first keyLength characters
	ID          int64
}

var afterAll = tokenPlace{Description: strings.Repeat(string(utf8.MaxRune), keyLength+1)}

func comparePlaces(a, b tokenPlace) int {
	return cmp.Or(strings.Compare(a.Description, b.Description), cmp.Compare(a.ID, b.ID))
}

// stretch is a part of the order, from its first place up to the one that it ends before.
type stretch struct{ from, to tokenPlace }

func (w stretch) empty() bool { return comparePlaces(w.from, w.to) >= 0 }

// described is the stretch of the tokens that meet a query's conditions on descriptions, and the query without these. Not exact: other
// tokens stand there as well, or the conditions are of another kind.
func described(q Query) (within stretch, exact bool, others Query) {
	within, exact, others = stretch{to: afterAll}, true, q
	others.Filters = nil
	for _, f := range q.Filters {
		if f.Field != "description" {
			others.Filters = append(others.Filters, f)
			continue
		}
		asked, all := stretchOf(f)
		within.from = slices.MaxFunc([]tokenPlace{within.from, asked.from}, comparePlaces)
		within.to = slices.MinFunc([]tokenPlace{within.to, asked.to}, comparePlaces)
		exact = exact && all
	}
	return within, exact, others
}

// sameDescription reports whether the tokens of a query have one and the same short description, and stand in the order of their ids.
func sameDescription(q Query) bool {
	within, exact, _ := described(q)
	return exact && within.from.Description == within.to.Description
}

// stretchOf is where the tokens stand that meet one condition, and whether all of the stretch do.
func stretchOf(f Filter) (asked stretch, exact bool) {
	key := []rune(f.Value)
	prefix := f.Lookup == "startswith" && len(key) <= keyLength
	exact = prefix || len(key) < keyLength // others share their first characters with what is longer
	key = key[:min(len(key), keyLength)]
	first, last := tokenPlace{string(key), 0}, tokenPlace{string(key), math.MaxInt64}
	asked.to = afterAll
	lookup := f.Lookup
	switch {
	case f.Not || f.Or:
		return asked, false
	case prefix:
		asked.from = first
		if end := after(f.Value); end != "" {
			asked.to = tokenPlace{end, 0}
		}
	case lookup == "" || lookup == "exact" || lookup == "startswith":
		asked = stretch{first, last}
	case lookup == "gte" || lookup == "gt" && !exact:
		asked.from = first
	case lookup == "gt":
		asked.from = last
	case lookup == "lte" || lookup == "lt" && !exact:
		asked.to = last
	case lookup == "lt":
		asked.to = first
	default:
		return asked, false
	}
	return asked, exact
}

// of are those of the tokens that stand in the stretch, in parts that are each a range of an index. SQLite would read all of the same
// description where a pair is compared with a pair.
func (w stretch) of(tokens *gorm.DB) (parts []*gorm.DB) {
	tokens = tokens.Session(&gorm.Session{})
	for length, key := range map[string]string{shortDescription: shortKey, longDescription: longKey} {
		for _, c := range w.ranges(key) {
			parts = append(parts, tokens.Where(length).Where(c.sql, c.args...))
		}
	}
	return parts
}

func (w stretch) ranges(key string) (ranges []condition) {
	same, begins := w.from.Description == w.to.Description, key+" > ?"
	switch {
	case w.empty():
		return nil
	case same:
		return []condition{{key + " = ? AND access_tokens.id >= ? AND access_tokens.id < ?", []any{w.from.Description, w.from.ID, w.to.ID}}}
	case w.from.ID == 0:
		begins = key + " >= ?"
	default:
		ranges = append(ranges, condition{key + " = ? AND access_tokens.id >= ?", []any{w.from.Description, w.from.ID}})
	}
	ranges = append(ranges, condition{begins + " AND " + key + " < ?", []any{w.from.Description, w.to.Description}})
	if w.to.ID > 0 {
		ranges = append(ranges, condition{key + " = ? AND access_tokens.id < ?", []any{w.to.Description, w.to.ID}})
	}
	return ranges
}

// countDescriptions counts all tokens whose descriptions meet the conditions, false where a query asks for anything but these and the platform.
func (s tokenShortcuts) countDescriptions(b *queryBuilder, q Query) (int64, bool, error) {
	within, exact, others := described(q)
	if !exact || !others.asksOnly("platform") {
		return 0, false, nil
	}
	conditions, err := b.resource.conditions(s.r.db, others)
	if err != nil {
		return 0, false, err
	}
	n, err := s.countStretch(conditions, within)
	return n, true, err
}

// countStretch counts by the stretches that are counted (ADR 0016), and by the index what is in those two in which w begins and ends.
func (s tokenShortcuts) countStretch(b *queryBuilder, w stretch) (int64, error) {
	begin, err := s.bound(">=", "description, id", w.from)
	if err != nil {
		return 0, err
	}
	end, err := s.bound("<=", "description DESC, id DESC", w.to)
	if err != nil {
		return 0, err
	}
	tokens := b.unindexed().on(s.either("+"))
	if (stretch{begin, end}).empty() {
		return s.sumOf(w.of(tokens)...)
	}
	edges := slices.Concat(stretch{w.from, begin}.of(tokens), stretch{end, w.to}.of(tokens))
	inside := s.byPlatform(b, "description, id", "token_description_counts", "SELECT description, token_id AS id, platform, tokens AS number FROM access_token_changes")
	inside = inside.where("(description, id) >= (?, ?) AND (description, id) < (?, ?)", begin.Description, begin.ID, end.Description, end.ID)
	n, err := s.r.sum(inside)
	if err != nil {
		return 0, err
	}
	more, err := s.sumOf(edges...)
	return n + more, err
}

// bound is the place in the direction of order, at included, where a counted stretch begins.
func (s tokenShortcuts) bound(side, order string, at tokenPlace) (tokenPlace, error) {
	var found []tokenPlace
	err := s.r.db.Table("token_description_counts").Select("description, id").Where("(description, id) "+side+" (?, ?)", at.Description, at.ID).
		Order(order).Limit(1).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return afterAll, err
	}
	return found[0], nil
}

// sumOf counts the rows of all parts.
func (s tokenShortcuts) sumOf(parts ...*gorm.DB) (n int64, err error) {
	var args []any
	for _, part := range parts {
		args = append(args, part.Select("count(*)"))
	}
	err = s.r.db.Raw("SELECT 0"+strings.Repeat(" + (?)", len(parts)), args...).Scan(&n).Error
	return n, err
}

// countSeen counts what an administrator sees.
func (s tokenShortcuts) countSeen(b *queryBuilder, q Query) (int64, error) {
	if n, known, err := s.countAround(q); known || err != nil {
		return n, err
	}
	parts, err := s.seenParts(b, q)
	if err != nil {
		return 0, err
	}
	return s.sumOf(parts...)
}

// parted are the parts of a list, each a range of an index.
func (s tokenShortcuts) parted(b *queryBuilder, q Query) ([]*gorm.DB, error) {
	if s.v.All {
		return s.ranges(b, q), nil
	}
	return s.seenParts(b, q)
}

// seenParts are the parts of an administrator's list, each a range of an index: what is administered, as far as the conditions on descriptions
// narrow it, and the rest of the own tokens.
func (s tokenShortcuts) seenParts(b *queryBuilder, q Query) ([]*gorm.DB, error) {
	others, own, err := s.parts(b, q)
	if err != nil {
		return nil, err
	}
	within, _, _ := described(q)
	if within == (stretch{to: afterAll}) {
		return []*gorm.DB{others, own}, nil
	}
	return append(within.of(others), own), nil
}
