package store

import "gorm.io/gorm"

// tokenReference is what tokens are sorted by the name of.
type tokenReference struct{ table, name, key string }

const (
	firstNames = 10 // that are looked at first, with their counts; each time after that it is twice as many,
	mostNames  = 5000
	manyNames  = 500 // after which those that nobody's token refers to are left out first: to know them takes as long as there are others
)

// related is a row that tokens refer to, with the number of the tokens of the list that do.
type related struct {
	ID     int64
	Name   string
	Number int64
}

// byRelation finds a page in the order of a name that tokens refer to: it goes through the names, by the counts of their tokens, up to
// those that the page shows. Tokens that refer to nothing come last.
func (s tokenShortcuts) byRelation(b *queryBuilder, q Query, by tokenReference, descending bool) (way, error) {
	p := &relationPage{r: s.r, skip: q.Offset, wanted: q.Limit, ids: []int64{}, read: func(condition string, args ...any) []*gorm.DB {
		return s.referring(b.unindexed(), "access_tokens."+by.key+condition, args...)
	}}
	var same []related // the rows of one name
	var last *related
	for chunk := firstNames; p.wanted > 0; chunk = min(2*chunk, mostNames) {
		names, err := s.names(by, descending, chunk, last)
		if err != nil {
			return way{}, err
		}
		found, err := s.related(b, q, by, names)
		if err != nil {
			return way{}, err
		}
		for _, each := range found {
			if len(same) > 0 && same[0].Name != each.Name {
				if err := p.add(same); err != nil {
					return way{}, err
				}
				same = nil
			}
			same = append(same, each)
		}
		if len(names) < chunk {
			if err := p.add(same); err != nil {
				return way{}, err
			}
			if err := p.take(p.read(" IS NULL"), p.skip+p.wanted); err != nil {
				return way{}, err
			}
			break
		}
		last = &names[len(names)-1]
	}
	if len(p.whole) == 0 {
		return way{ids: p.ids}, nil
	}
	for _, part := range p.read(" IN ?", p.whole) {
		var ids []int64
		if err := part.Pluck("access_tokens.id", &ids).Error; err != nil {
			return way{}, err
		}
		p.ids = append(p.ids, ids...)
	}
	return way{ids: p.ids}, nil
}

// referring are the tokens of the list that meet a condition on what they refer to, in parts none of whose tokens is in another: those of an
// administrator are read by the index of applications, the rest of their own, like those of anybody, by that of users.
func (s tokenShortcuts) referring(b *queryBuilder, condition string, args ...any) []*gorm.DB {
	if s.v.All {
		return []*gorm.DB{b.on(s.either("")).Where(condition, args...)}
	}
	own := b.on(s.tokens()).Where("access_tokens.user_id = ?", s.v.UserID).Where("("+condition+") IS TRUE", args...)
	if len(s.v.Organizations) == 0 {
		return []*gorm.DB{own}
	}
	own = own.Where("(access_tokens.application_id IS NULL OR NOT "+administered+")", s.v.Organizations)
	if len(args) == 0 { // nobody administers what is of no application
		return []*gorm.DB{own}
	}
	others := b.on(s.tokens()).Where("access_tokens.application_id IN (SELECT id FROM applications WHERE organization_id IN ? AND id IN ?)",
		append([]any{s.v.Organizations}, args...)...)
	return []*gorm.DB{others, own}
}

// relationPage is a page in the making, of tokens by the name of what they refer to.
type relationPage struct {
	r            Reader
	skip, wanted int
	ids          []int64
	whole        []int64 // what all tokens of are on the page
	read         func(condition string, args ...any) []*gorm.DB
}

// add goes on to the tokens of the rows of one name.
func (p *relationPage) add(same []related) error {
	keys, n := make([]int64, len(same)), 0
	for i, each := range same {
		keys[i], n = each.ID, n+int(each.Number)
	}
	if n > 0 && p.skip == 0 && n <= p.wanted {
		p.whole, p.wanted = append(p.whole, keys...), p.wanted-n
		return nil
	}
	return p.take(p.read(" IN ?", keys), n)
}

// take reads of n tokens in the order of ids those that the page shows.
func (p *relationPage) take(parts []*gorm.DB, n int) error {
	if p.wanted == 0 || n <= p.skip {
		p.skip -= min(n, p.skip)
		return nil
	}
	var branches []branch
	for _, part := range parts {
		branches = append(branches, branch{rows: part, key: "access_tokens.id"})
	}
	ids, err := p.r.merge("access_tokens", branches, false, Query{Offset: p.skip, Limit: p.wanted})
	p.ids, p.skip, p.wanted = append(p.ids, ids...), 0, p.wanted-len(ids)
	return err
}

// names gives a chunk of the names that come after one, nil for the first.
func (s tokenShortcuts) names(by tokenReference, descending bool, chunk int, after *related) ([]related, error) {
	keys := []sortKey{{sql: by.name, descending: descending}, {sql: "id"}}
	among := s.r.db.Table(by.table)
	if after != nil {
		c := beyond(keys, []any{after.Name, after.ID})
		among = among.Where(c.sql, c.args...)
	}
	switch { // of many these may be few
	case by.key == "user_id" && chunk > manyNames:
		among = among.Where("EXISTS (SELECT 1 FROM token_value_counts WHERE organization_id = 0 AND field = 'user' AND value = users.id)" +
			" OR id IN (SELECT user_id FROM access_token_changes)")
	case by.key != "user_id" && !s.v.All && len(s.v.Organizations) > 0:
		among = among.Where("organization_id IN ? OR id IN (SELECT application_id FROM access_tokens WHERE user_id = ?)", s.v.Organizations, s.v.UserID)
	}
	order := by.name
	if descending {
		order += " DESC"
	}
	var names []related
	err := among.Select("id, " + by.name + " AS name").Order(order + ", id").Limit(chunk).Scan(&names).Error
	return names, err
}

// related are the names that tokens of the list refer to, with how many do.
func (s tokenShortcuts) related(b *queryBuilder, q Query, by tokenReference, names []related) ([]related, error) {
	ids := idsOf(names, func(each *related) int64 { return each.ID })
	key := "access_tokens." + by.key
	numbers, err := s.r.numbers(s.byReference(b, q, by.key).where(key+" IN ?", ids), key)
	counts := map[int64]int64{}
	for _, each := range numbers {
		counts[each.ID] = each.Number
	}
	var some []related
	for _, each := range names {
		if each.Number = counts[each.ID]; each.Number > 0 {
			some = append(some, each)
		}
	}
	return some, err
}
