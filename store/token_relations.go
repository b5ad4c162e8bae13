package store

import "gorm.io/gorm"

// tokenReference is what tokens are sorted by the name of.
type tokenReference struct{ table, name, key string }

const (
	firstNames = 10   // that are looked at first, with their counts; each time after that it is twice as many,
	mostNames  = 2000 // which are as many parameters, six times over
	manyNames  = 500  // after which those that nobody's token refers to are left out first: to know them takes as long as there are others
)

// related is a row that tokens refer to, with the number of the tokens of the list that do.
type related struct {
	ID     int64
	Name   string
	Number int64
}

// relationWalk says how a page is found in the order of a name.
type relationWalk struct {
	by         tokenReference
	descending bool
	oneIn      float64  // 0: tokens of the list are counted by what they refer to; otherwise of how many that are counted one is of the list, which have to be tried,
	most       int64    // and how many are, before it is given up
	users      *gorm.DB // whose tokens alone may be of the list, or nil
}

// byRelation finds a page in the order of a name that tokens refer to: it goes through the names, by the counts of their tokens, up to
// those that the page shows. Tokens that refer to nothing come last. nil: it was given up.
func (s tokenShortcuts) byRelation(b *queryBuilder, q Query, walk relationWalk) ([]int64, error) {
	p := &relationPage{relationWalk: walk, r: s.r, skip: q.Offset, wanted: q.Limit, ids: []int64{}, tried: map[int64]int{}, read: func(condition string, args ...any) []*gorm.DB {
		return s.referring(b.unindexed(), walk.by.key, condition, args...)
	}}
	counted := b
	if walk.oneIn > 0 {
		q = Query{Sees: q.Sees}
		var err error
		if counted, err = accessTokenList.conditions(s.r.db, q); err != nil {
			return nil, err
		}
	}
	var same []related // the rows of one name
	var last *related
	for chunk := firstNames; p.wanted > 0; chunk = min(2*chunk, mostNames) {
		names, err := s.names(walk, chunk, last)
		if err != nil {
			return nil, err
		}
		found, err := s.related(counted, q, walk.by, names)
		if err != nil {
			return nil, err
		}
		for _, each := range found {
			if len(same) > 0 && same[0].Name != each.Name {
				if err := p.add(same); err != nil || p.vain() {
					return nil, err
				}
				same = nil
			}
			same = append(same, each)
		}
		if len(names) < chunk {
			return p.end(same)
		}
		last = &names[len(names)-1]
	}
	return p.shown()
}

// referring are the tokens of the list that meet a condition on what they refer to by the key, in parts none of whose tokens is in another: those of an
// administrator are read by the index of applications, the rest of their own, like those of anybody and those of users, by that of users.
func (s tokenShortcuts) referring(b *queryBuilder, key, condition string, args ...any) []*gorm.DB {
	condition = "access_tokens." + key + condition
	if s.v.All || key == "user_id" && len(args) > 0 {
		return []*gorm.DB{b.on(s.either()).Where(condition, args...)}
	}
	own := b.on(s.tokens()).Where("access_tokens.user_id = ?", s.v.UserID).Where("("+condition+") IS TRUE", args...)
	if len(s.v.Organizations) == 0 {
		return []*gorm.DB{own}
	}
	if key == "user_id" {
		return []*gorm.DB{b.on(s.tokens()).Where(administered, s.v.Organizations).Where("(" + condition + ") IS TRUE")}
	}
	own = own.Where("(access_tokens.application_id IS NULL OR NOT "+administered+")", s.v.Organizations)
	if len(args) == 0 { // nobody administers what is of no application
		return []*gorm.DB{own}
	}
	others := b.on(s.tokens()).Where("access_tokens.application_id IN (SELECT id FROM applications WHERE organization_id IN ? AND id IN ?)",
		append([]any{s.v.Organizations}, args...)...)
	return []*gorm.DB{others, own}
}

// names gives a chunk of the names that come after one, nil for the first.
func (s tokenShortcuts) names(walk relationWalk, chunk int, after *related) ([]related, error) {
	by := walk.by
	keys := []sortKey{{sql: by.name, descending: walk.descending}, {sql: "id"}}
	among := s.r.db.Table(by.table)
	if walk.users != nil {
		among = among.Where("id IN (?)", walk.users)
	}
	if after != nil {
		c := beyond(keys, []any{after.Name, after.ID})
		among = among.Where(c.sql, c.args...)
	}
	switch { // of many these may be few
	case by.key == "user_id" && chunk > manyNames:
		among = among.Where("EXISTS (SELECT 1 FROM token_value_counts WHERE "+s.counted("organization_id = 0")+" AND field = 'user' AND value = users.id)"+
			" OR id IN (SELECT user_id FROM access_token_changes) OR id = ?", s.v.UserID)
	case by.key != "user_id" && !s.v.All && len(s.v.Organizations) > 0:
		among = among.Where("organization_id IN ? OR id IN (SELECT application_id FROM access_tokens WHERE user_id = ?)", s.v.Organizations, s.v.UserID)
	}
	order := by.name
	if walk.descending {
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
