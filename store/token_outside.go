package store

import (
	"slices"

	"gorm.io/gorm"
)

// inverse is the lookup of what another leaves.
var inverse = map[string]string{"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}

// countAround counts what an administrator sees of a range of ids by what they see at all, less what is outside of it: few, where the range begins near the first. How
// many are outside is counted already. False where a query asks for anything else, or where more are outside than there is to see.
func (s tokenShortcuts) countAround(q Query) (int64, bool, error) {
	outside, ok := s.outside(q)
	if !ok {
		return 0, false, nil
	}
	all := s.everything(s.v.Platform)
	within, known, err := all.countIDs(q)
	if !known || err != nil {
		return 0, false, err
	}
	everything, err := s.r.sum(all.byApplication())
	if err != nil {
		return 0, false, err
	}
	none, err := accessTokenList.conditions(s.r.db, Query{})
	if err != nil {
		return 0, false, err
	}
	seen, err := s.r.sum(s.union(none, s.administered()))
	if err != nil || 5*(everything-within) > seen { // they are read from the table
		return 0, false, err
	}
	rest, err := s.r.sumOf(outside...)
	return seen - rest, true, err
}

// outside are the tokens of an administrator that conditions on ids leave: ranges, none of which has a token of another.
func (s tokenShortcuts) outside(q Query) (parts []*gorm.DB, ok bool) {
	if len(q.Filters) == 0 || len(q.Search) > 0 {
		return nil, false
	}
	var inside []Filter
	for _, f := range q.Filters {
		left := f
		left.Lookup = inverse[f.Lookup]
		if f.Field != "id" || f.Not || f.Or || left.Lookup == "" {
			return nil, false
		}
		b, err := accessTokenList.conditions(s.r.db, Query{Filters: append(slices.Clone(inside), left)})
		if err != nil {
			return nil, false // the conditions say by themselves what is wrong
		}
		parts, inside = append(parts, b.on(s.either())), append(inside, f)
	}
	return parts, true
}
