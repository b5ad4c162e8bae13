package store

import (
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

// afterAll is behind all descriptions.
var afterAll = strings.Repeat(string(utf8.MaxRune), keyLength+1)

// following is the first text behind a description: none holds a NUL.
func following(description string) string { return description + "\x01" }

// stretch is a part of the order of descriptions, as far as their first keyLength characters, from one up to the one that it ends before.
type stretch struct{ from, to string }

var wholeOrder = stretch{to: afterAll}

// described is the stretch of the tokens that meet a query's conditions on descriptions, and the query without these. Not exact: other
// tokens stand there as well, or the conditions are of another kind.
func described(q Query) (within stretch, exact bool, others Query) {
	within, exact, others = wholeOrder, true, q
	others.Filters = nil
	for _, f := range q.Filters {
		if f.Field != "description" {
			others.Filters = append(others.Filters, f)
			continue
		}
		asked, all := stretchOf(f)
		within.from, within.to = max(within.from, asked.from), min(within.to, asked.to)
		exact = exact && all
	}
	return within, exact, others
}

// sameDescription reports whether the tokens of a query have one and the same short description, and stand in the order of their ids.
func sameDescription(q Query) bool {
	within, exact, _ := described(q)
	return exact && within.to == following(within.from)
}

// stretchOf is where the tokens stand that meet one condition, and whether all of the stretch do.
func stretchOf(f Filter) (asked stretch, exact bool) {
	key := []rune(f.Value)
	prefix := f.Lookup == "startswith" && len(key) <= keyLength
	exact = prefix || len(key) < keyLength // others share their first characters with what is longer
	first := string(key[:min(len(key), keyLength)])
	last := following(first)
	asked = wholeOrder
	lookup := f.Lookup
	switch {
	case f.Not || f.Or:
		return asked, false
	case prefix:
		asked.from = first
		if end := after(f.Value); end != "" {
			asked.to = end
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
	case lookup == "in":
		return stretchAround(strings.Split(f.Value, ",")), false
	default:
		return asked, false
	}
	return asked, exact
}

// stretchAround is the least that has all of the descriptions.
func stretchAround(descriptions []string) (around stretch) {
	around.from = afterAll
	for _, each := range descriptions {
		key := []rune(each)
		first := string(key[:min(len(key), keyLength)])
		around.from, around.to = min(around.from, first), max(around.to, following(first))
	}
	return around
}

// of are those of the tokens that stand in the stretch, in two parts that are each a range of an index.
func (w stretch) of(tokens *gorm.DB) (parts []*gorm.DB) {
	tokens = tokens.Session(&gorm.Session{})
	for _, each := range []struct{ length, key string }{{shortDescription, shortKey}, {longDescription, longKey}} {
		parts = append(parts, w.in(tokens.Where(each.length), each.key))
	}
	return parts
}

// in narrows tokens to the stretch of a key.
func (w stretch) in(tokens *gorm.DB, key string) *gorm.DB {
	return tokens.Where(key+" >= ? AND "+key+" < ?", w.from, w.to)
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

// countStretch counts by the stretches that are counted (ADR 0036), and by the index what is in those two in which w begins and ends, but where all of one is.
func (s tokenShortcuts) countStretch(b *queryBuilder, w stretch) (int64, error) {
	begin, end := []string{}, []stretchCount{}
	starts := s.r.db.Table("token_description_counts").Where("organization_id = 0").Session(&gorm.Session{})
	if err := starts.Where("description >= ?", w.from).Order("description").Limit(1).Pluck("description", &begin).Error; err != nil {
		return 0, err
	}
	err := starts.Where("description < ?", w.to).Order("description DESC").Limit(1).Scan(&end).Error
	if err != nil {
		return 0, err
	}
	tokens := b.unindexed().on(s.either())
	if len(begin) == 0 || len(end) == 0 || begin[0] > end[0].Description {
		return s.r.sumOf(w.of(tokens)...)
	}
	whole, edges := stretch{begin[0], end[0].Description}, stretch{w.from, begin[0]}.of(tokens)
	if end[0].Alike {
		whole.to = w.to
	} else {
		edges = slices.Concat(edges, stretch{end[0].Description, w.to}.of(tokens))
	}
	inside := s.byPlatform(b, "description", "token_description_counts WHERE organization_id = 0", "SELECT description, platform, tokens AS number FROM access_token_changes")
	n, err := s.r.sum(inside.where("access_tokens.description >= ? AND access_tokens.description < ?", whole.from, whole.to))
	if err != nil {
		return 0, err
	}
	more, err := s.r.sumOf(edges...)
	return n + more, err
}
