package store

import (
	"strings"

	"gorm.io/gorm"
)

// branch is a part of a list, none of whose rows is in another, and what it is sorted by.
type branch struct {
	rows         *gorm.DB
	key          string
	applications []int64 // nil, or whose tokens are read each by themselves: an index has the order of one application's
}

// merge gives the ids of a page of all branches, sorted by key and id. It reads no more of each than the page may show.
func (r Reader) merge(table string, branches []branch, descending bool, q Query) ([]int64, error) {
	direction, id := "", table+".id"
	if descending {
		direction = " DESC"
	}
	var parts []string
	var args []any
	for _, each := range branches {
		order := each.key + direction
		if strings.HasPrefix(each.key, "COALESCE") { // no order of an index
			order += " NULLS LAST"
		}
		if each.key != id {
			order += ", " + id
		}
		first := each.rows.Select(id + ", " + each.key + " AS sort_key").Order(order).Limit(q.Offset + q.Limit).Session(&gorm.Session{})
		switch {
		case each.applications == nil:
			parts, args = append(parts, "SELECT * FROM (?) AS branch"), append(args, first)
		case r.db.Name() == PostgreSQL: // which takes longer to plan a part for each than to read them
			parts = append(parts, "SELECT branch.* FROM applications AS its CROSS JOIN LATERAL (?) AS branch WHERE its.id IN ?")
			args = append(args, first.Where("access_tokens.application_id = its.id"), each.applications)
		default:
			for _, application := range each.applications {
				parts, args = append(parts, "SELECT * FROM (?) AS branch"), append(args, first.Where("access_tokens.application_id = ?", application))
			}
		}
	}
	ids := []int64{}
	if len(parts) == 0 {
		return ids, nil
	}
	merged := "SELECT id FROM (" + strings.Join(parts, " UNION ALL ") + ") AS merged ORDER BY sort_key" + direction + " NULLS LAST, id LIMIT ? OFFSET ?"
	err := r.db.Raw(merged, append(args, q.Limit, q.Offset)...).Scan(&ids).Error
	return ids, err
}
