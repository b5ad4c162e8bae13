package store

import (
	"slices"
	"strconv"

	"gorm.io/gorm"

	"gatehouse/models"
)

// blockSize is the number of ids of a block of tokens, as token_blocks counts them (ADR 0016).
const blockSize = 1024

const (
	nearbyTokens = 10_000 // among how many tokens a page is looked for before it is sorted,
	nearbyBlocks = 100    // in at most so many blocks
)

// countIDs counts the tokens in a range of ids: whole blocks as they are counted, and what lies in the blocks of its bounds. False where a
// query asks for anything else, or for less than a block.
func (s tokenShortcuts) countIDs(q Query) (int64, bool, error) {
	first, last, others, ok := idRange(q)
	begin, end := (first+blockSize-1)/blockSize, last/blockSize
	if !ok || !others.asksOnly("platform") || end <= begin {
		return 0, false, nil
	}
	b, err := accessTokenList.conditions(s.r.db, others)
	if err != nil {
		return 0, false, err
	}
	whole := s.shown(s.r.counts("access_tokens", "SELECT block, 'gateway' AS platform, gateway AS number FROM token_blocks",
		"SELECT block, 'controller' AS platform, controller AS number FROM token_blocks",
		"SELECT token_id / 1024 AS block, platform, tokens AS number FROM access_token_changes WHERE modified IS NOT NULL")).on(b)
	n, err := s.r.sum(whole.where("access_tokens.block >= ? AND access_tokens.block < ?", begin, end))
	if err != nil {
		return 0, false, err
	}
	tokens := b.unindexed().on(s.either("+")).Session(&gorm.Session{})
	edges, err := s.sumOf(tokens.Where("access_tokens.id >= ? AND access_tokens.id < ?", first, begin*blockSize),
		tokens.Where("access_tokens.id >= ? AND access_tokens.id <= ?", end*blockSize, last))
	return n + edges, true, err
}

// idRange is the first and the last id that a query's conditions on ids leave, and the query without these; false where it has none, or others
// on ids.
func idRange(q Query) (first, last int64, others Query, ok bool) {
	const most = 1<<62 - 1 // no id is, and none overflows
	first, last, others = 0, most, q
	others.Filters = nil
	for _, f := range q.Filters {
		if f.Field != "id" {
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

// nearby finds a page in the order of ids in the first blocks that may have tokens of the list: those made, changed or used at one time stand
// near to each other, though far from the beginning. nil where too few tokens of these are of the list.
func (s tokenShortcuts) nearby(b *queryBuilder, q Query, descending bool) ([]int64, error) {
	blocks, err := s.blocks(q, descending)
	if err != nil {
		return nil, err
	}
	tokens := b.unindexed().on(s.tokens()).Session(&gorm.Session{})
	var branches []branch
	for n := 0; n < len(blocks); {
		from, first := blocks[n], n
		for n++; n < len(blocks) && blocks[n] == from+int64(n-first); n++ { // blocks side by side are read as one
		}
		part := tokens.Where("access_tokens.id >= ? AND access_tokens.id < ?", from*blockSize, (blocks[n-1]+1)*blockSize)
		branches = append(branches, branch{part, "access_tokens.id"})
	}
	ids, err := s.r.merge("access_tokens", branches, descending, q)
	if err != nil || len(ids) < q.Limit {
		return nil, err
	}
	return ids, nil
}

// blocks are those that may have tokens of the list, with enough tokens to look among, lowest first. Changes that have not been settled may have
// tokens of any time.
func (s tokenShortcuts) blocks(q Query, descending bool) ([]int64, error) {
	number := "gateway + controller"
	if s.v.Platform != "" {
		number = map[models.Platform]string{models.Gateway: "gateway", models.Controller: "controller"}[s.v.Platform]
	}
	order := "block"
	if descending {
		order = "block DESC"
	}
	settled := s.r.db.Table("token_blocks").Select("block, " + number + " AS tokens").Where(number + " > 0").Order(order).Limit(nearbyBlocks)
	for _, c := range zones(q) {
		settled = settled.Where(c.sql, c.args...)
	}
	noted := s.r.db.Table("access_token_changes").Select("token_id / 1024 AS block, 1 AS tokens").Where("tokens > 0 AND modified IS NOT NULL")
	var found []struct{ Block, Tokens int64 }
	err := s.r.db.Table("(SELECT * FROM (?) AS settled UNION ALL SELECT * FROM (?) AS noted) AS blocks", settled, noted).
		Select("block, SUM(tokens) AS tokens").Group("block").Order(order).Limit(nearbyBlocks).Scan(&found).Error
	var blocks []int64
	for n, sum := 0, int64(0); n < len(found) && sum < nearbyTokens; n++ {
		blocks = append(blocks, found[n].Block)
		sum += found[n].Tokens
	}
	slices.Sort(blocks)
	return blocks, err
}

// zones are what a block has to meet for one of its tokens to meet a query's conditions.
func zones(q Query) (conditions []condition) {
	for _, f := range q.Filters {
		var value any
		from, to := f.Field+"_from", f.Field+"_to"
		switch f.Field {
		case "created", "modified", "expires", "last_used":
			at, err := parseTime(f.Value)
			if err != nil {
				continue // isnull, or several
			}
			if value = at; f.Field == "last_used" {
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
