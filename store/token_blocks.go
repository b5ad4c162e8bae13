package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

// countIDs counts the tokens in a range of ids: whole blocks as they are counted, and what lies in the blocks of its bounds. False where a
// query asks for anything else, or for less than a block.
func (s tokenShortcuts) countIDs(q Query) (int64, bool, error) {
	first, last, others, ok := idRange("id", q)
	begin, end := (first+blockSize-1)/blockSize, last/blockSize
	if !ok || !others.asksOnly("platform") || end <= begin {
		return 0, false, nil
	}
	b, err := accessTokenList.conditions(s.r.db, others)
	if err != nil {
		return 0, false, err
	}
	whole := s.byPlatform(b, "block", "token_blocks", "SELECT token_id / 1024 AS block, platform, tokens AS number FROM access_token_changes")
	n, err := s.r.sum(whole.where("access_tokens.block >= ? AND access_tokens.block < ?", begin, end))
	if err != nil {
		return 0, false, err
	}
	tokens := b.unindexed().on(s.either()).Session(&gorm.Session{})
	edges, err := s.r.sumOf(tokens.Where("access_tokens.id >= ? AND access_tokens.id < ?", first, begin*blockSize),
		tokens.Where("access_tokens.id >= ? AND access_tokens.id <= ?", end*blockSize, last))
	return n + edges, true, err
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
	for _, each := range idsOfBlocks("access_tokens.id", blocks) {
		branches = append(branches, branch{rows: tokens.Where(each.sql, each.args...), key: "access_tokens.id"})
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
	settled := s.r.db.Table("token_blocks").Select("block, " + number + " AS number").Where(number + " > 0").Order(order).Limit(nearbyBlocks)
	for _, c := range zones(q) {
		settled = settled.Where(c.sql, c.args...)
	}
	noted := s.r.db.Table("access_token_changes").Select("token_id / 1024 AS block, 1 AS number").Where("tokens > 0")
	return s.r.firstBlocks(settled, noted, order)
}

// reach narrows tokens to the ids between the first and the last block that may have tokens of the list: those made at one time are not passed over one by one
// in each application.
func (s tokenShortcuts) reach(q Query) (func(*gorm.DB) *gorm.DB, error) {
	conditions := zones(q)
	if len(conditions) == 0 {
		return func(tokens *gorm.DB) *gorm.DB { return tokens }, nil
	}
	settled := s.r.db.Table("token_blocks").Select("block")
	for _, c := range conditions {
		settled = settled.Where(c.sql, c.args...)
	}
	noted := s.r.db.Table("access_token_changes").Select("token_id / 1024 AS block").Where("tokens > 0")
	var ends struct{ First, Past int64 }
	err := s.r.db.Table("(SELECT * FROM (?) AS settled UNION ALL SELECT * FROM (?) AS noted) AS blocks", settled, noted).
		Select("COALESCE(min(block), 0) AS first, COALESCE(max(block) + 1, 0) AS past").Scan(&ends).Error
	return func(tokens *gorm.DB) *gorm.DB {
		return tokens.Where("access_tokens.id >= ? AND access_tokens.id < ?", ends.First*blockSize, ends.Past*blockSize)
	}, translate(err)
}
