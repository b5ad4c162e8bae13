package store

import (
	"maps"
	"slices"

	"gorm.io/gorm"

	"gatehouse/models"
)

// ofFew are the tokens of a query that names users or ids, in the builder's order: read by the index of these, with all else tried on each. An
// index of a platform, scope or time, which SQLite holds to be as good, leads to more the more tokens there are.
func (s tokenShortcuts) ofFew(q Query) (*gorm.DB, error) {
	q, users, err := s.named(q)
	if err != nil {
		return nil, err
	}
	return s.ofNamed(q, users)
}

func (s tokenShortcuts) ofNamed(q Query, users []number) (*gorm.DB, error) {
	b, err := s.leading(q, func(f Filter) bool { return f.names("user") || f.Field == "id" && !f.Not && !f.Or })
	if err != nil {
		return nil, err
	}
	tokens := b.on(s.either())
	if users != nil {
		tokens = tokens.Where("access_tokens.user_id IN ?", idsOf(users, func(each *number) int64 { return each.ID }))
	}
	return tokens, nil
}

// leading are a query's conditions and order, of which an index of those that lead may be read: all others are tried on each row.
func (s tokenShortcuts) leading(q Query, leads func(Filter) bool) (*queryBuilder, error) {
	named, others := q, q
	named.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return !leads(f) })
	others.Filters = slices.DeleteFunc(slices.Clone(q.Filters), leads)
	named.Search = nil
	leading, err := accessTokenList.conditions(s.r.db, named)
	if err != nil {
		return nil, err
	}
	b, err := accessTokenList.build(s.r.db, others)
	if err != nil {
		return nil, err
	}
	b = b.unindexed()
	maps.Copy(b.joins, leading.joins)
	b.and = append(b.and, leading.all()...)
	return b, nil
}

// leads are the conditions that may say where the index of a field's order is read.
func leads(field string) func(Filter) bool {
	return func(f Filter) bool { return f.Field == field && !f.Not && !f.Or }
}

// walked are the tokens of the list for reading them in the order of an index, with conditions tried on each.
func (s tokenShortcuts) walked() *gorm.DB {
	if s.v.Platform == models.Controller && s.v.All {
		return s.tokens()
	}
	return s.either()
}

// either are the tokens of the list by conditions on each; a mark keeps the databases from reading by an index of them.
func (s tokenShortcuts) either() *gorm.DB {
	db := s.platformed()
	if s.v.All {
		return db
	}
	return db.Where("(+access_tokens.user_id = ? OR +"+administered+")", s.v.UserID, s.v.Organizations)
}

// platformed are the tokens of the platform that is shown, to be tried on each.
func (s tokenShortcuts) platformed() *gorm.DB {
	db := s.r.db.Table("access_tokens")
	if s.v.Platform != "" {
		db = db.Where("(access_tokens.platform = ?) IS TRUE", s.v.Platform)
	}
	return db
}

// unindexed is the same conditions, tried on each row instead of read by an index.
func (b *queryBuilder) unindexed() *queryBuilder {
	other, tried := *b, *b.scope
	tried.and, tried.many = nil, nil
	for _, c := range b.all() {
		tried.and = append(tried.and, condition{"(" + c.sql + ") IS TRUE", c.args})
	}
	other.scope = &tried
	return &other
}
