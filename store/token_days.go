package store

import (
	"slices"
	"time"
)

// countDays counts the tokens between two times: whole days as they are counted, and what lies in the days of the bounds by the index of
// the times. False where a query asks for anything else, or for less than a day.
func (s tokenShortcuts) countDays(b *queryBuilder, q Query) (int64, bool, error) {
	field, first, last := days(q)
	if field == "" {
		return 0, false, nil
	}
	others, err := b.resource.conditions(s.r.db, Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return f.Field == field })})
	if err != nil {
		return 0, false, err
	}
	whole := s.byDay(field).on(others)
	column, n := b.resource.columns[field].sql, int64(0)
	for _, end := range []struct {
		bound        *int64
		inside, edge string
		from         int64 // the day at which the edge begins or ends
	}{
		{first, "access_tokens.day > ?", " < ?", 1},
		{last, "access_tokens.day < ?", " >= ?", 0},
	} {
		if end.bound == nil {
			continue
		}
		whole = whole.where(end.inside, *end.bound)
		var edge int64
		if err := b.on(s.tokens()).Where(column+end.edge, midnight(*end.bound+end.from)).Count(&edge).Error; err != nil {
			return 0, false, err
		}
		n += edge
	}
	inside, err := s.r.sum(whole)
	return n + inside, true, err
}

// countedTimes are those of which tokens are counted by day. What was never used has no day.
var countedTimes = []string{"created", "modified", "expires", "last_used"}

func (s tokenShortcuts) byDay(field string) counts {
	days := s.r.counts("access_tokens", "SELECT *, CASE WHEN NOT personal THEN 0 END AS application_id FROM access_tokens_by_day")
	return s.shown(days).where("access_tokens.field = ?", field)
}

// countUsed counts the tokens that were used, or were not. False where a query asks for anything else.
func (s tokenShortcuts) countUsed(q Query) (int64, bool, error) {
	at := slices.IndexFunc(q.Filters, func(f Filter) bool { return f.Field == "last_used" && f.Lookup == "isnull" && !f.Not && !f.Or })
	if at < 0 {
		return 0, false, nil
	}
	others := q
	others.Filters = slices.Delete(slices.Clone(q.Filters), at, at+1)
	if len(q.Search) > 0 || slices.ContainsFunc(others.Filters, func(f Filter) bool { return !countedByDay(f) }) {
		return 0, false, nil
	}
	b, err := accessTokenList.conditions(s.r.db, others)
	if err != nil {
		return 0, false, err
	}
	used, err := s.r.sum(s.byDay("last_used").on(b))
	if never, _ := parseBool(q.Filters[at].Value); !never || err != nil {
		return used, true, err
	}
	all, err := s.r.sum(s.byApplication().on(b))
	return all - used, true, err
}

// countedByDay reports whether the counts of days tell what meets the condition.
func countedByDay(f Filter) bool {
	return !f.Or && (of(f.Field) == "platform" || f.Field == "application" && f.Lookup == "isnull")
}

// days gives the days of the bounds that a query's conditions set for one time, "" where they are no such bounds. nil is no bound.
func days(q Query) (field string, first, last *int64) {
	none := func() (string, *int64, *int64) { return "", nil, nil }
	for _, f := range q.Filters {
		if countedByDay(f) {
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
		default:
			return none()
		}
	}
	if len(q.Search) > 0 || first != nil && last != nil && *last <= *first {
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
