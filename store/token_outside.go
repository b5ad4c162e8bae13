package store

import (
	"slices"

	"gorm.io/gorm"

	"gatehouse/models"
)

// inverse is the lookup of what another leaves.
var inverse = map[string]string{"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}

// countAround counts what an administrator sees of a range of times or descriptions by what they see at all, less what is outside of the
// range: whoever asks since when, or what begins with what all begin with, leaves few. How many are outside is counted already. False where a query
// asks for anything else, or where more are outside than there is to see.
func (s tokenShortcuts) countAround(q Query) (int64, bool, error) {
	outside, ok := s.outside(q)
	if !ok {
		return 0, false, nil
	}
	all := tokenShortcuts{s.r, models.Visibility{All: true, Platform: s.v.Platform}}
	b, err := accessTokenList.conditions(s.r.db, q)
	if err != nil {
		return 0, false, err
	}
	within, err := all.countAll(b, q)
	if err != nil {
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
	seen, err := s.r.sum(s.union().on(none))
	read := everything - within
	if q.Filters[0].Field == "id" {
		read *= 5 // from the table
	}
	if err != nil || read > seen {
		return 0, false, err
	}
	rest, err := s.sumOf(outside...)
	return seen - rest, true, err
}

// outside are the tokens of an administrator that conditions on one time, or on descriptions, leave: ranges of the index that has the order, none of
// which has a token of another.
func (s tokenShortcuts) outside(q Query) (parts []*gorm.DB, ok bool) {
	if len(q.Filters) == 0 || len(q.Search) > 0 {
		return nil, false
	}
	field := q.Filters[0].Field
	if slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field != field || f.Not || f.Or }) {
		return nil, false
	}
	switch field {
	case "description":
		within, exact, _ := described(q)
		if !exact || within.empty() {
			return nil, false
		}
		tokens := s.either("+")
		return slices.Concat(stretch{to: within.from}.of(tokens), stretch{within.to, afterAll}.of(tokens)), true
	case "id", "created", "modified", "expires":
		var inside []Filter
		for _, f := range q.Filters {
			left := f
			left.Lookup = inverse[f.Lookup]
			b, err := accessTokenList.conditions(s.r.db, Query{Filters: append(slices.Clone(inside), left)})
			if err != nil || left.Lookup == "" {
				return nil, false // the conditions say by themselves what is wrong
			}
			parts, inside = append(parts, b.on(s.either("+"))), append(inside, f)
		}
		return parts, true
	}
	return nil, false
}
