package store

import (
	"strings"

	"gorm.io/gorm"
)

// branch is a part of a list, none of whose rows is in another, and what it is sorted by.
type branch struct {
	rows         *gorm.DB
	key          string
	applications []int64 // nil, or whose tokens, sorted by id, are read each by themselves: an index has the order of one application's
}

// share is how many rows of each of so many parts are read first of a page that reaches so far: they have some of it each, seldom more than twice as many as others.
func share(reach int64, parts int) int64 { return min(reach, 2*reach/int64(max(parts, 1))+5) }

// merge gives the ids of a page of all branches, sorted by key and id. It reads no more of each than the page may show, and first of each application its share.
func (r Reader) merge(table string, branches []branch, descending bool, q Query) ([]int64, error) {
	reach, parts := int64(q.Offset+q.Limit), 0
	for _, each := range branches {
		parts += len(each.applications)
	}
	if few := share(reach, parts); parts > 0 && few < reach {
		if ids, known, err := r.mergeFirst(table, branches, descending, q, few); known || err != nil {
			return ids, err
		}
	}
	ids, _, err := r.mergeFirst(table, branches, descending, q, reach)
	return ids, err
}

// mergeFirst reads no more than some rows of each application. False where one of which there may be more ends before the page does.
func (r Reader) mergeFirst(table string, branches []branch, descending bool, q Query, some int64) ([]int64, bool, error) {
	direction, last, first := "", "max", "min"
	if descending {
		direction, last, first = " DESC", "min", "max"
	}
	var parts []string
	var args []any
	for _, each := range branches {
		sql, more := r.parts(table, each, direction, q.Offset+q.Limit, some)
		parts, args = append(parts, sql...), append(args, more...)
	}
	if len(parts) == 0 {
		return []int64{}, true, nil
	}
	ends := "SELECT " + last + "(id) AS id FROM merged WHERE application > 0 GROUP BY application HAVING count(*) >= ?"
	merged := "WITH merged AS MATERIALIZED (" + strings.Join(parts, " UNION ALL ") + ") SELECT id, (SELECT " + first + "(id) FROM (" + ends + ") AS ends) AS until FROM merged ORDER BY sort_key" +
		direction + " NULLS LAST, id LIMIT ? OFFSET ?"
	var found []struct {
		ID    int64
		Until *int64
	}
	err := r.db.Raw(merged, append(args, some, q.Limit, q.Offset)...).Scan(&found).Error
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

// parts are the SELECTs of a branch.
func (r Reader) parts(table string, b branch, direction string, reach int, some int64) (parts []string, args []any) {
	id := table + ".id"
	order := b.key + direction
	if strings.HasPrefix(b.key, "COALESCE") { // no order of an index
		order += " NULLS LAST"
	}
	if b.key != id {
		order += ", " + id
	}
	rows := b.rows.Order(order).Session(&gorm.Session{})
	of := func(application string) *gorm.DB {
		return rows.Select(id + ", " + b.key + " AS sort_key, " + application + " AS application").Session(&gorm.Session{})
	}
	switch {
	case b.applications == nil:
		return []string{"SELECT * FROM (?) AS branch"}, []any{of("0").Limit(reach)}
	case r.db.Name() == PostgreSQL: // which takes longer to plan a part for each than to read them
		return []string{"SELECT branch.* FROM applications AS its CROSS JOIN LATERAL (?) AS branch WHERE its.id IN ?"},
			[]any{of("its.id").Limit(int(some)).Where("access_tokens.application_id = its.id"), b.applications}
	}
	for _, application := range b.applications {
		parts, args = append(parts, "SELECT * FROM (?) AS branch"), append(args, of("access_tokens.application_id").Limit(int(some)).Where("access_tokens.application_id = ?", application))
	}
	return parts, args
}
