package store

import (
	"slices"
	"strconv"

	"gorm.io/gorm"
)

// blockSize is the number of ids of a block, as token_blocks and activity_blocks count them (ADR 0016).
const blockSize = 1024

const (
	nearbyRows   = 10_000 // among how many rows a page is looked for before it is sorted,
	nearbyBlocks = 100    // in at most so many blocks
)

// idRange is the first and the last id that a query's conditions on a column of ids leave, and the query without these; false where it has none, or others
// on that column.
func idRange(column string, q Query) (first, last int64, others Query, ok bool) {
	const most = 1<<62 - 1 // no id is, and none overflows
	first, last, others = 0, most, q
	others.Filters = nil
	for _, f := range q.Filters {
		if f.Field != column {
			others.Filters = append(others.Filters, f)
			continue
		}
		id, err := strconv.ParseInt(f.Value, 10, 64)
		id = min(max(id, -1), most)
		switch {
		case err != nil || f.Not || f.Or:
			return 0, 0, q, false
		case f.Lookup == "gt":
			first = max(first, id+1)
		case f.Lookup == "gte":
			first = max(first, id)
		case f.Lookup == "lt":
			last = min(last, id-1)
		case f.Lookup == "lte":
			last = min(last, id)
		default:
			return 0, 0, q, false
		}
		ok = true
	}
	return first, last, others, ok
}

// idsOfBlocks are the ranges of ids of blocks, lowest first; those side by side are one.
func idsOfBlocks(column string, blocks []int64) (ranges []condition) {
	for n := 0; n < len(blocks); {
		from, first := blocks[n], n
		for n++; n < len(blocks) && blocks[n] == from+int64(n-first); n++ {
		}
		ranges = append(ranges, condition{column + " >= ? AND " + column + " < ?", []any{from * blockSize, (blocks[n-1] + 1) * blockSize}})
	}
	return ranges
}

// firstBlocks are the first in the order, lowest first, with enough rows to look among; settled and noted give the number of rows of each block.
func (r Reader) firstBlocks(settled, noted *gorm.DB, order string) (blocks []int64, err error) {
	var found []struct{ Block, Number int64 }
	err = r.db.Table("(SELECT * FROM (?) AS settled UNION ALL SELECT * FROM (?) AS noted) AS blocks", settled, noted).
		Select("block, SUM(number) AS number").Group("block").Order(order).Limit(nearbyBlocks).Scan(&found).Error
	for n, sum := 0, int64(0); n < len(found) && sum < nearbyRows; n++ {
		blocks = append(blocks, found[n].Block)
		sum += found[n].Number
	}
	slices.Sort(blocks)
	return blocks, translate(err)
}

// zones are what a block has to meet for one of its tokens to meet a query's conditions.
func zones(q Query) (conditions []condition) {
	for _, f := range q.Filters {
		var value any
		field := f.Field
		if field == "timestamp" {
			field = "created" // of an entry
		}
		from, to := field+"_from", field+"_to"
		switch field {
		case "created", "modified", "expires", "last_used":
			at, err := parseTime(f.Value)
			if err != nil {
				continue // isnull, or several
			}
			if value = at; field == "last_used" {
				value = floorDay(at)
			}
		case "id":
			id, err := strconv.ParseInt(f.Value, 10, 64)
			if err != nil {
				continue
			}
			from, to, value = "block", "block", id/blockSize
		default:
			continue
		}
		least, most := condition{to + " >= ?", []any{value}}, condition{from + " <= ?", []any{value}}
		switch {
		case f.Not || f.Or:
		case f.Lookup == "gt" || f.Lookup == "gte":
			conditions = append(conditions, least)
		case f.Lookup == "lt" || f.Lookup == "lte":
			conditions = append(conditions, most)
		case operators[f.Lookup] == "=":
			conditions = append(conditions, least, most)
		}
	}
	return conditions
}
