package store

import (
	"math"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// branch is a part of a list, none of whose rows is in another, and what it is sorted by.
type branch struct {
	rows         *gorm.DB
	key          string
	applications []int64 // nil, or whose tokens, sorted by id, are read each by themselves: an index has the order of one application's
	oneIn        float64 // with conditions that the tokens of some may not meet at all: of how many tokens one is of the list; otherwise 0
}

// depth is how much is read of each application: rows that are found, and those that are tried for it, 0 for all.
type depth struct{ found, tried int64 }

// depths are those that a page is read with, until it is sure. At first it is the share of each: they have some of the page each, seldom more than twice as many as others.
func depths(branches []branch, reach int64) []depth {
	parts, oneIn := 0, 0.0
	for _, each := range branches {
		parts, oneIn = parts+len(each.applications), max(oneIn, each.oneIn)
	}
	if parts == 0 {
		return []depth{{found: reach}}
	}
	switch share := min(reach, 2*reach/int64(parts)+5); {
	case oneIn > 0:
		tried := triedAtFirst(reach, int64(parts), oneIn)
		return []depth{{reach, tried}, {reach, 8 * tried}, {reach, 64 * tried}, {found: reach}}
	case share < reach:
		return []depth{{found: share}, {found: reach}}
	}
	return []depth{{found: reach}}
}

// triedAtFirst is how many tokens of each of so many applications are tried: some more than it takes, if they are alike.
func triedAtFirst(reach, applications int64, oneIn float64) int64 {
	return int64(1.25*float64(reach)*oneIn/float64(max(applications, 1))) + 5
}

// merge gives the ids of a page of all branches, sorted by key and id. It reads no more of each than the page may show, and of each application less at first.
func (r Reader) merge(table string, branches []branch, descending bool, q Query) (ids []int64, err error) {
	sure := false
	for _, d := range depths(branches, int64(q.Offset+q.Limit)) {
		if ids, sure, err = r.mergeTo(table, branches, descending, q, d); sure || err != nil {
			break
		}
	}
	return ids, err
}

// mergeTo reads to a depth. False where one of which there may be more ends before the page does.
func (r Reader) mergeTo(table string, branches []branch, descending bool, q Query, d depth) ([]int64, bool, error) {
	direction, last, first := "", "max", "min"
	if descending {
		direction, last, first = " DESC", "min", "max"
	}
	var parts, ends []string
	var args, bounds []any
	for _, each := range branches {
		sql, more := r.parts(table, each, direction, q.Offset+q.Limit, d)
		parts, args = append(parts, sql...), append(args, more...)
		if d.tried > 0 && each.applications != nil {
			ends = append(ends, "SELECT "+lastTried("its.id", direction)+" AS id FROM applications AS its WHERE its.id IN ?")
			bounds = append(bounds, r.number(d.tried-1), each.applications)
		}
	}
	if len(parts) == 0 {
		return []int64{}, true, nil
	}
	if d.tried == 0 {
		ends, bounds = []string{"SELECT " + last + "(id) AS id FROM merged WHERE application > 0 GROUP BY application HAVING count(*) >= ?"}, []any{d.found}
	}
	merged := "WITH merged AS MATERIALIZED (" + strings.Join(parts, " UNION ALL ") + ") SELECT id, (SELECT " + first + "(id) FROM (" + strings.Join(ends, " UNION ALL ") +
		") AS ends) AS until FROM merged ORDER BY sort_key" + direction + " NULLS LAST, id LIMIT ? OFFSET ?"
	var found []struct {
		ID    int64
		Until *int64
	}
	err := r.db.Raw(merged, slices.Concat(args, bounds, []any{r.number(int64(q.Limit)), r.number(int64(q.Offset))})...).Scan(&found).Error
	if len(found) == 0 || err != nil {
		return []int64{}, false, err
	}
	ids := make([]int64, len(found))
	for n := range found {
		ids[n] = found[n].ID
	}
	end := found[len(found)-1]
	within := end.Until != nil && len(found) == q.Limit && (end.ID == *end.Until || (end.ID < *end.Until) != descending)
	return ids, end.Until == nil || within, nil
}

// lastTried is the SQL of the token of an application up to which so many are tried, one more than its last parameter; null where there are no more.
func lastTried(application, direction string) string {
	return "(SELECT t.id FROM access_tokens AS t WHERE t.application_id = " + application + " ORDER BY t.id" + direction + " LIMIT 1 OFFSET ?)"
}

// parts are the SELECTs of a branch.
func (r Reader) parts(table string, b branch, direction string, reach int, d depth) (parts []string, args []any) {
	id := table + ".id"
	order := b.key + direction
	if strings.HasPrefix(b.key, "COALESCE") { // no order of an index
		order += " NULLS LAST"
	}
	if b.key != id {
		order += ", " + id
	}
	rows := b.rows.Session(&gorm.Session{}).Order(order).Session(&gorm.Session{})
	of := func(application string, args ...any) *gorm.DB {
		tokens := rows.Select(id+", "+b.key+" AS sort_key, access_tokens.application_id AS application").Where("access_tokens.application_id = "+application, args...).Limit(int(d.found))
		switch {
		case d.tried == 0:
			return tokens
		case direction == "":
			return tokens.Where("access_tokens.id <= COALESCE("+lastTried(application, direction)+", ?)", append(args, r.number(d.tried-1), int64(math.MaxInt64))...)
		}
		return tokens.Where("access_tokens.id >= COALESCE("+lastTried(application, direction)+", 0)", append(args, r.number(d.tried-1))...)
	}
	switch {
	case b.applications == nil:
		return []string{"SELECT * FROM (?) AS branch"}, []any{rows.Select(id + ", " + b.key + " AS sort_key, 0 AS application").Limit(reach)}
	case r.db.Name() == PostgreSQL: // which takes longer to plan a part for each than to read them
		return []string{"SELECT branch.* FROM applications AS its CROSS JOIN LATERAL (?) AS branch WHERE its.id IN ?"}, []any{of("its.id"), b.applications}
	}
	for _, application := range b.applications {
		parts, args = append(parts, "SELECT * FROM (?) AS branch"), append(args, of("?", application))
	}
	return parts, args
}
