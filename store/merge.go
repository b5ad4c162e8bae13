package store

import (
	"strings"

	"gorm.io/gorm"
)

// branch is a part of a list, none of whose rows is in another, and what it is sorted by.
type branch struct {
	rows *gorm.DB
	key  string
}

// merge gives the ids of a page of all branches, sorted by key and id. It reads no more of each than the page may show.
func (r Reader) merge(table string, branches []branch, descending bool, q Query) ([]int64, error) {
	direction, id := "", table+".id"
	if descending {
		direction = " DESC"
	}
	parts, args := make([]string, len(branches)), make([]any, len(branches))
	for n, each := range branches {
		order := each.key + direction
		if strings.HasPrefix(each.key, "COALESCE") { // no order of an index
			order += " NULLS LAST"
		}
		if each.key != id {
			order += ", " + id
		}
		parts[n] = "SELECT * FROM (?) AS branch"
		args[n] = each.rows.Select(id + ", " + each.key + " AS sort_key").Order(order).Limit(q.Offset + q.Limit)
	}
	ids := []int64{}
	if len(branches) == 0 {
		return ids, nil
	}
	merged := "SELECT id FROM (" + strings.Join(parts, " UNION ALL ") + ") AS merged ORDER BY sort_key" + direction + " NULLS LAST, id LIMIT ? OFFSET ?"
	err := r.db.Raw(merged, append(args, q.Limit, q.Offset)...).Scan(&ids).Error
	return ids, err
}
