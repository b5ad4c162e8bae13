package store

import (
	"slices"
	"time"

	"gorm.io/gorm"
)

// dayRange is what a query's conditions on one time leave: whole days, which are counted, and what lies in the days of the bounds.
type dayRange struct {
	query       Query
	field       string
	first, last *int64        // the days of the bounds, nil where there is none
	others      *queryBuilder // has the other conditions,
	parted      bool          // which go by platform or application
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

// ends are the conditions that a time is of one of the days of the bounds, each with the lookups of the other bound.
func (d dayRange) ends() (ends []condition, others [][]string) {
	column := accessTokenList.columns[d.field].sql
	if d.first != nil {
		ends, others = append(ends, condition{column + " < ?", []any{midnight(*d.first + 1)}}), append(others, []string{"lt", "lte"})
	}
	if d.last != nil {
		ends, others = append(ends, condition{column + " >= ?", []any{midnight(*d.last)}}), append(others, []string{"gt", "gte"})
	}
	return ends, others
}

// dayRange is false where a query asks for anything else.
func (s tokenShortcuts) dayRange(b *queryBuilder, q Query) (dayRange, bool, error) {
	field, first, last := days(q)
	if field == "" {
		return dayRange{}, false, nil
	}
	others, err := b.resource.conditions(s.r.db, Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return f.Field == field })})
	return dayRange{q, field, first, last, others, parted(q)}, err == nil, err
}

// edges are those of the tokens that lie in the days of the bounds, read by the index of the time. Each part has no bounds but its own.
func (s tokenShortcuts) edges(d dayRange, tokens *gorm.DB) (edges []*gorm.DB, err error) {
	ends, others := d.ends()
	if d.within() {
		ends, others = []condition{{"TRUE", nil}}, [][]string{nil}
	}
	tokens = tokens.Session(&gorm.Session{})
	for n, end := range ends {
		b, err := accessTokenList.conditions(s.r.db, d.query.without(d.field, others[n]...))
		if err != nil {
			return nil, err
		}
		edges = append(edges, b.on(tokens).Where(end.sql, end.args...))
	}
	return edges, nil
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
	edges, err := s.edges(d, s.tokens())
	if err != nil {
		return 0, false, err
	}
	n, err := s.r.sumOf(edges...)
	return inside + n, true, err
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
	administers, own, err := s.parts(b, q)
	if err != nil {
		return 0, false, err
	}
	fewer, err := s.fewerOfDays(d)
	if err != nil {
		return 0, false, err
	}
	var edges []*gorm.DB
	switch {
	case fewer:
		if edges, err = s.edges(d, s.platformed().Where("+"+administered, s.v.Organizations)); err != nil {
			return 0, false, err
		}
	case d.within():
		edges = []*gorm.DB{administers}
	default:
		ends, _ := d.ends()
		outside := either(ends)
		edges = []*gorm.DB{administers.Where(outside.sql+" IS TRUE", outside.args...)}
	}
	rest, err := s.r.sumOf(append(edges, own)...)
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
