package store

import (
	"slices"

	"gorm.io/gorm"
)

const (
	mostBranches = 400  // applications whose tokens are merged in one statement
	fewTokens    = 2000 // of each of which its user is looked up by itself
)

// way finds a page without reading all of a list. What is read is weighed by the number of rows: all of those asked for, or those of an
// index in the order asked for, of which one in so many is one of the list. Rows that are read from the table are weighed five times.
func (s tokenShortcuts) way(b *queryBuilder, q Query, count int64) (way, error) {
	q = keyed(q)
	field, descending, only := q.orderedBy()
	if !only || count < 0 {
		return way{}, nil
	}
	counted := q.asksOnly("application", "platform", "scope")
	few := q.equalsKey("user") || q.equals("id") // what an index of the condition leads to
	switch own := !s.v.All && len(s.v.Organizations) == 0; {
	case field == "application__name" && (s.v.All || own) && s.byReference(b, q, "application_id") != nil:
		ids, err := s.byRelation(b, q, relationWalk{by: nameOrders[field], descending: descending})
		return way{ids: ids}, err
	case own:
		b, err := accessTokenList.build(s.r.db, q) // with what the order joins
		return way{filtered: s.own(b)}, err
	case field == "id" && s.v.All && q.asksOnly("platform", "scope") && (q.equals("scope") || len(q.Filters) == 0):
		return s.inOneIndex(b, q)
	case field == "id" && s.v.All && sameDescription(q):
		return way{filtered: b.on(s.tokens()).Where(shortDescription)}, nil // the order of another
	case field == "id" && !s.v.All && !few && !counted:
		return s.seen(b, q, count, descending)
	case field == "id" && counted:
		return s.merged(b, q, count, nil, descending)
	case s.v.All && few:
		tokens, err := s.ofFew(q)
		return way{filtered: tokens}, err
	}
	return s.weighed(b, q, count)
}

// inOneIndex finds a page in the order of ids by the index of platforms or that of scopes, whichever leads to fewer.
func (s tokenShortcuts) inOneIndex(b *queryBuilder, q Query) (way, error) {
	if s.v.Platform == "" || len(q.Filters) == 0 {
		return way{}, nil
	}
	here, err := s.r.sum(s.byApplication())
	if err != nil {
		return way{}, err
	}
	everywhere, err := s.r.sum(s.everything("").byApplication().on(b))
	if err != nil || everywhere < here {
		return way{}, err
	}
	return way{filtered: b.unindexed().on(s.tokens())}, nil
}

// weighed chooses between reading in the order asked for and sorting.
func (s tokenShortcuts) weighed(b *queryBuilder, q Query, count int64) (way, error) {
	field, descending, _ := q.orderedBy()
	if by, named := nameOrders[field]; named {
		if found, err := s.inNames(b, q, count, by, descending); found != nil || err != nil {
			return way{ids: found}, err
		}
	}
	total, err := s.total()
	if err != nil {
		return way{}, err
	}
	walk, sort := int64(q.Offset+q.Limit)*total, count*count
	if !s.v.All && (field == "last_used" || field == "description") {
		sort *= 5 // the index of applications does not hold these; theirs hold what is tried on each row
	}
	walks := walk < sort || s.v.All && len(q.Filters)+len(q.Search) == 0 // an index has the order, and another that of the controller's
	switch {
	case field == "description" && walks:
		return s.byDescription(q, descending)
	case field == "id" && s.v.All && walks:
		if ids, err := s.nearby(b, q, descending); ids != nil || err != nil {
			return way{ids: ids}, err
		}
	}
	if field == "id" && s.v.All || slices.Contains(countedTimes, field) {
		return s.along(q, field, descending, count, total, walks)
	}
	return s.sorted(q, count, field, descending)
}

// sorted finds a page by sorting all of the list, by the ids alone.
func (s tokenShortcuts) sorted(q Query, count int64, field string, descending bool) (way, error) {
	b, err := accessTokenList.build(s.r.db, q)
	if err != nil {
		return way{}, err
	}
	by, err := b.column(field)
	if err != nil {
		return way{}, err
	}
	key := sorting(by.sql)
	if field == "user__username" && count < fewTokens && s.r.db.Name() == PostgreSQL { // which would read all users, as it expects more tokens
		key = "COALESCE((SELECT username FROM users WHERE users.id = access_tokens.user_id), NULL)"
	}
	parts, err := s.parted(b, q)
	if err != nil {
		return way{}, err
	}
	return s.sortedOf(parts, q, key, descending)
}

// sorting is a column as no index has the order of it: one that has would lead to what is not shown.
func sorting(column string) string { return "COALESCE(" + column + ", " + column + ")" }

// sortedOf finds a page by sorting all of the parts, of whose order there is no index.
func (s tokenShortcuts) sortedOf(parts []*gorm.DB, q Query, key string, descending bool) (way, error) {
	var branches []branch
	for _, part := range parts {
		branches = append(branches, branch{rows: part, key: key})
	}
	ids, err := s.r.merge("access_tokens", branches, descending, q)
	return way{ids: ids}, err
}

// seen finds a page of an administrator in the order of ids: by sorting, where a condition on descriptions, users or authors leaves few of what they see.
func (s tokenShortcuts) seen(b *queryBuilder, q Query, count int64, descending bool) (way, error) {
	within, _, _ := described(q)
	if within == wholeOrder && !slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.names("user") || authors[of(f.Field)] != "" }) {
		return s.merged(b, q, count, nil, descending)
	}
	applications, err := s.r.numbers(s.administered(), "access_tokens.application_id")
	if err != nil {
		return way{}, err
	}
	parts, read, err := s.someParts(q, count)
	if err != nil {
		return way{}, err
	}
	seen, parted := sumOfNumbers(applications), int64(len(applications))
	switch {
	case parts != nil:
	case within != wholeOrder:
		read = count
	default:
		read = seen * s.weight(q)
	}
	tried := parted * triedAtFirst(int64(q.Offset+q.Limit), parted, float64(seen)/float64(max(count, 1)))
	if read >= tried*s.weight(q) {
		return s.merged(b, q, count, applications, descending)
	}
	if parts == nil {
		if parts, err = s.administeredParts(b, q); err != nil {
			return way{}, err
		}
	}
	return s.sortedOf(parts, q, sorting("access_tokens.id"), descending)
}

// merged finds a page in the order of ids in which each application's tokens stand by themselves: what the page may show of each, and of
// the own tokens, is merged. What the applications have may be known already.
func (s tokenShortcuts) merged(b *queryBuilder, q Query, count int64, counts []number, descending bool) (way, error) {
	if counts == nil {
		applications := s.administered()
		if q.asksOnly("application", "platform", "scope") {
			applications = applications.on(b)
		}
		var err error
		if counts, err = s.r.numbers(applications, "access_tokens.application_id"); err != nil {
			return way{}, err
		}
	}
	reach, cost := int64(q.Offset+q.Limit), int64(0)
	for _, c := range counts {
		cost += min(c.Number, reach)
	}
	tried := branch{key: "access_tokens.id", applications: idsOf(counts, func(each *number) int64 { return each.ID })}
	cost *= s.weight(q)
	if len(zones(q)) == 0 && !q.asksOnly("id", "application", "platform", "scope") {
		tried.oneIn = max(float64(sumOfNumbers(counts))/float64(max(count, 1)), 1)
	}
	total, err := s.total()
	switch {
	case err != nil:
		return way{}, err
	case count*cost > reach*total:
		return way{filtered: b.unindexed().on(s.walked())}, nil
	case len(counts) > mostBranches || s.v.All && !q.names("application"):
		return way{}, nil
	}
	conditions, err := s.leading(q, leads("id"))
	if err != nil {
		return way{}, err
	}
	near, err := s.reach(q)
	if err != nil {
		return way{}, err
	}
	tried.rows = near(conditions.on(s.tokens()))
	branches := []branch{tried}
	if !s.v.All {
		branches = append(branches, branch{rows: s.ownRest(b), key: "access_tokens.id"})
	}
	ids, err := s.r.merge("access_tokens", branches, descending, q)
	return way{ids: ids}, err
}

// ranges are the parts of all tokens that meet conditions on the description, each to be read by an index of its own; one part, where there
// are no such conditions.
func (s tokenShortcuts) ranges(b *queryBuilder, q Query) []*gorm.DB {
	within, _, _ := described(q)
	if within == wholeOrder {
		return []*gorm.DB{b.on(s.tokens())}
	}
	return []*gorm.DB{b.on(s.tokens()).Where(shortDescription), within.in(b.unindexed().on(s.either()).Where(longDescription), longKey)}
}

// parted are the parts of a list, each a range of an index.
func (s tokenShortcuts) parted(b *queryBuilder, q Query) ([]*gorm.DB, error) {
	if q.equalsKey("user") || q.equals("id") || s.v.All && q.names("user") {
		tokens, err := s.ofFew(q)
		return []*gorm.DB{tokens}, err
	}
	if !s.v.All {
		return s.seenParts(b, q)
	}
	if parts, _, err := s.madeBy(q); parts != nil || err != nil {
		return parts, err
	}
	return s.ranges(b, q), nil
}
