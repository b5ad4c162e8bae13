package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"
)

// mostEdges is in how many blocks a range may begin, end or have changed for its entries to be counted by blocks: as these come in the order of their
// times, few are.
const mostEdges = 30

// inRange reports whether a query's conditions are ranges of times and ids alone.
func (activityShortcuts) inRange(q Query) bool {
	return len(q.Filters) > 0 && len(q.Search) == 0 && !slices.ContainsFunc(q.Filters, func(f Filter) bool {
		return f.Field != "id" && f.Field != "created" && f.Field != "timestamp" || f.Not || f.Or || !strings.Contains("gt gte lt lte", f.Lookup) || f.Lookup == ""
	})
}

// entries are those that v shows.
func (s activityShortcuts) entries() *gorm.DB { return kindsShown(s.r.db.Table("activity"), s.v) }

// countBlocks counts a range of times or ids: blocks that are in it as they are counted, and what lies in the others. False where these are many, as when
// clocks have been set.
func (s activityShortcuts) countBlocks(b *queryBuilder, q Query) (int64, bool, error) {
	inside, reaches := whollyIn(q), zones(q)
	changed := s.r.db.Table("activity_changes").Select("entry_id / 1024").Where("entry_id IS NOT NULL")
	apart := s.r.db.Table("activity_blocks").Select("block").Where("NOT ("+inside.sql+")", inside.args...)
	for _, c := range reaches {
		apart = apart.Where(c.sql, c.args...)
	}
	var edges []int64
	err := s.r.db.Raw("SELECT * FROM (?) AS apart UNION SELECT * FROM (?) AS changed ORDER BY 1 LIMIT ?", apart, changed, s.r.number(mostEdges+1)).Scan(&edges).Error
	if err != nil || len(edges) > mostEdges {
		return 0, false, err
	}
	whole := s.r.counts("activity", "SELECT *, 'create' AS operation, '' AS platform, others AS number FROM activity_blocks",
		"SELECT *, 'create' AS operation, 'gateway' AS platform, gateway AS number FROM activity_blocks",
		"SELECT *, 'sign_in' AS operation, '' AS platform, sign_ins AS number FROM activity_blocks",
		"SELECT *, 'sign_in' AS operation, 'gateway' AS platform, gateway_sign_ins AS number FROM activity_blocks")
	whole = whole.where(inside.sql, inside.args...)
	if len(edges) > 0 {
		whole = whole.where("block NOT IN ?", edges)
	}
	for n := range whole {
		whole[n] = kindsShown(whole[n], s.v)
	}
	n, err := s.r.sum(whole)
	if err != nil || len(edges) == 0 {
		return n, true, err
	}
	var rest int64
	ids := s.r.db
	for _, each := range idsOfBlocks("activity.id", edges) {
		ids = ids.Or(each.sql, each.args...)
	}
	err = b.unindexed().on(s.entries()).Where(ids).Count(&rest).Error
	return n + rest, true, err
}

// whollyIn is what a block has to meet for all of its entries to meet the conditions.
func whollyIn(q Query) condition {
	var parts []string
	var args []any
	for _, f := range q.Filters {
		first, last, _, named := idRange("id", Query{Filters: []Filter{f}})
		at, _ := parseTime(f.Value) // the query's own conditions say what is wrong
		switch {
		case named:
			parts, args = append(parts, "block * 1024 >= ? AND block * 1024 + 1023 <= ?"), append(args, first, last)
		case f.Lookup[0] == 'g':
			parts, args = append(parts, "created_from "+operators[f.Lookup]+" ?"), append(args, at)
		default:
			parts, args = append(parts, "created_to "+operators[f.Lookup]+" ?"), append(args, at)
		}
	}
	return condition{strings.Join(parts, " AND "), args}
}

// nearby finds a page of a range in the order of ids in the first blocks that reach into it; nil where these are not enough.
func (s activityShortcuts) nearby(b *queryBuilder, q Query, descending bool) ([]int64, error) {
	order := "block"
	if descending {
		order = "block DESC"
	}
	settled := s.r.db.Table("activity_blocks").Select("block, others AS number").Order(order).Limit(nearbyBlocks) // others: all of them, where few sign in
	for _, c := range zones(q) {
		settled = settled.Where(c.sql, c.args...)
	}
	noted := s.r.db.Table("activity_changes").Select("entry_id / 1024 AS block, 1 AS number").Where("entries > 0 AND entry_id IS NOT NULL")
	blocks, err := s.r.firstBlocks(settled, noted, order)
	if err != nil {
		return nil, err
	}
	var branches []branch
	entries := b.unindexed().on(s.entries()).Session(&gorm.Session{})
	for _, each := range idsOfBlocks("activity.id", blocks) {
		branches = append(branches, branch{rows: entries.Where(each.sql, each.args...), key: "activity.id"})
	}
	ids, err := s.r.merge("activity", branches, descending, q)
	if err != nil || len(ids) < q.Limit {
		return nil, err
	}
	return ids, nil
}
