package store

import "gorm.io/gorm"

// nameOrders are the orders by the name of what tokens refer to.
var nameOrders = map[string]tokenReference{"user__username": {"users", "username", "user_id"}, "application__name": {"applications", "name", "application_id"}}

// inNames finds a page in the order of a name, by going through the names; nil, where all of the list are sooner sorted.
func (s tokenShortcuts) inNames(b *queryBuilder, q Query, count int64, by tokenReference, descending bool) ([]int64, error) {
	walk := relationWalk{by: by, descending: descending}
	shown, err := s.r.sum(s.administered())
	if err != nil {
		return nil, err
	}
	reach, sort := int64(q.Offset+q.Limit), count*count
	quicker := reach*shown < sort
	switch {
	case by.key == "user_id" && s.v.All && q.asksOnly("user", "application", "platform", "scope"):
		if quicker || count*100 > shown {
			return s.byRelation(b, q, walk)
		}
	case by.key == "user_id" && !s.v.All:
		var users int64 // at most, of whom no more than that have a token of the list
		if err := s.r.db.Raw("SELECT COALESCE(max(id), 0) FROM users").Scan(&users).Error; err != nil {
			return nil, err
		}
		if quicker = quicker && 2*reach*users < sort; quicker && onlyCounted("user", q) {
			return s.byRelation(b, q, walk)
		}
	case by.key == "application_id" && quicker && s.byReference(b, q, by.key) != nil:
		return s.byRelation(b, q, walk)
	}
	if !quicker || 5*reach*shown >= sort { // what is tried comes into the program
		return nil, nil
	}
	walk.oneIn, walk.most = max(float64(shown)/float64(count), 1), 2*count+shown/10 // what is one's own is not among what is shown
	if by.key == "user_id" {
		if b, q, walk.users, err = s.ofUsers(b, q); err != nil {
			return nil, err
		}
	}
	return s.byRelation(b, q, walk)
}

// ofUsers makes of a query's conditions on users one that says whose tokens are of the list, nil where there is none.
func (s tokenShortcuts) ofUsers(b *queryBuilder, q Query) (*queryBuilder, Query, *gorm.DB, error) {
	named, rest, err := s.naming(q, func(f Filter) bool { return f.names("user") })
	if named == nil || err != nil {
		return b, q, nil, err
	}
	users := named.on(s.r.db.Table("(SELECT id AS user_id FROM users) AS access_tokens")).Select("user_id")
	b, err = accessTokenList.conditions(s.r.db, rest)
	return b, rest, users, err
}
