package store

import (
	"slices"
	"time"

	"gorm.io/gorm"
)

// dayRange is what a query's conditions on one time leave: whole days, which are counted, and what lies in the days of the bounds.
type dayRange struct {
	field       string
	first, last *int64        // the days of the bounds, nil where there is none
	others      *queryBuilder // has the other conditions,
	parted      bool          // which go by platform or application,
	all         *queryBuilder // and this has all
}

// within reports whether there is no whole day.
func (d dayRange) within() bool { return d.first != nil && d.last != nil && *d.last <= *d.first+1 }

// whole narrows counts of days.
func (d dayRange) whole(days counts) counts {
	if d.first != nil {
		days = days.where("access_tokens.day > ?", *d.first)
	}
	if d.last != nil {
		days = days.where("access_tokens.day < ?", *d.last)
	}
	return days.on(d.others)
}

// edges are those of the tokens, which meet the conditions, that lie in the days of the bounds, to be read by the index of the time or to be tried on each.
func (d dayRange) edges(tokens *gorm.DB, tried bool) (edges []*gorm.DB) {
	column, mark := d.all.resource.columns[d.field].sql, ""
	if tried {
		mark = " IS TRUE"
	}
	tokens = tokens.Session(&gorm.Session{})
	if d.within() {
		return []*gorm.DB{tokens}
	}
	if d.first != nil {
		edges = append(edges, tokens.Where("("+column+" < ?)"+mark, midnight(*d.first+1)))
	}
	if d.last != nil {
		edges = append(edges, tokens.Where("("+column+" >= ?)"+mark, midnight(*d.last)))
	}
	return edges
}

// dayRange is false where a query asks for anything else.
func (s tokenShortcuts) dayRange(b *queryBuilder, q Query) (dayRange, bool, error) {
	field, first, last := days(q)
	if field == "" {
		return dayRange{}, false, nil
	}
	others, err := b.resource.conditions(s.r.db, Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return f.Field == field })})
	return dayRange{field, first, last, others, parted(q), b}, err == nil, err
}

// countDays counts the tokens between two times: whole days as they are counted, and what lies in the days of the bounds by the index of
// the times. False where a query asks for anything else, or for no whole day.
func (s tokenShortcuts) countDays(b *queryBuilder, q Query) (int64, bool, error) {
	d, ok, err := s.dayRange(b, q)
	if !ok || d.within() {
		return 0, false, err
	}
	inside, err := s.r.sum(d.whole(s.byValue(d.field, "day", d.parted)))
	if err != nil {
		return 0, false, err
	}
	edges, err := s.r.sumOf(d.edges(b.on(s.tokens()), false)...)
	return inside + edges, true, err
}

// countSeenDays does so for an administrator.
func (s tokenShortcuts) countSeenDays(b *queryBuilder, q Query) (int64, bool, error) {
	d, ok, err := s.dayRange(b, q)
	if !ok {
		return 0, false, err
	}
	inside := int64(0)
	if !d.within() {
		if inside, err = s.r.sum(d.whole(s.byValue(d.field, "day", d.parted))); err != nil {
			return 0, false, err
		}
	}
	tokens, own, err := s.parts(b, q)
	if err != nil {
		return 0, false, err
	}
	fewer, err := s.fewerOfDays(d)
	if err != nil {
		return 0, false, err
	}
	if fewer {
		tokens = b.on(s.platformed()).Where("+"+administered, s.v.Organizations)
	}
	rest, err := s.r.sumOf(append(d.edges(tokens, !fewer), own)...)
	return inside + rest, true, err
}

// fewerOfDays reports whether fewer tokens are of the days of the bounds than are administered.
func (s tokenShortcuts) fewerOfDays(d dayRange) (bool, error) {
	var days []int64
	for _, each := range []*int64{d.first, d.last} {
		if each != nil {
			days = append(days, *each)
		}
	}
	n, err := s.r.sum(s.everything("").byValue(d.field, "day", false).where("access_tokens.day IN ?", days))
	if err != nil {
		return false, err
	}
	more, err := s.moreThanAdministered(n)
	return !more, err
}

// days gives the days of the bounds that a query's conditions set for one time, "" where they are no such bounds. nil is no bound; no day may be between them.
func days(q Query) (field string, first, last *int64) {
	none := func() (string, *int64, *int64) { return "", nil, nil }
	for _, f := range q.Filters {
		if countedByValue(f) {
			continue
		}
		at, err := parseTime(f.Value)
		if !slices.Contains(countedTimes, f.Field) || field != "" && f.Field != field || f.Not || f.Or || err != nil {
			return none()
		}
		field = f.Field
		day := floorDay(at)
		switch f.Lookup {
		case "gt", "gte":
			first = later(first, day, 1)
		case "lt", "lte":
			last = later(last, day, -1)
		case "", "exact":
			first, last = later(first, day, 1), later(last, day, -1)
		default:
			return none()
		}
	}
	if len(q.Search) > 0 {
		return none()
	}
	return field, first, last
}

// floorDay is the number of the day, counted from 1970.
func floorDay(at time.Time) int64 {
	seconds := at.Unix()
	day := seconds / secondsOfDay
	if seconds%secondsOfDay < 0 {
		day--
	}
	return day
}

// later is the later of two bounds, with sign -1 the earlier.
func later(bound *int64, day, sign int64) *int64 {
	if bound != nil && *bound*sign > day*sign {
		return bound
	}
	return &day
}
