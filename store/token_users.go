package store

import (
	"slices"
	"strings"
)

// usersOfBlock is the number of ids of a block of users, by which tokens are counted as they are by each (ADR 0036).
const usersOfBlock = 128

// inUsers is where the tokens of a query on users are added up: in a range of them by whole blocks, and by each user of the blocks in which it begins and ends.
func (s tokenShortcuts) inUsers(q Query) counts {
	first, last, others, ok := idRange("user", q)
	begin, end := (first+usersOfBlock-1)/usersOfBlock, last/usersOfBlock
	if !ok || !onlyCounted("", others) || end <= begin {
		return s.byValue("user", "user_id", parted(q))
	}
	each := func(from, past int64) counts {
		return s.settled("user", "user_id", "", parted(q)).where("access_tokens.user_id >= ? AND access_tokens.user_id < ?", from, past)
	}
	// A block goes by the first of its users: where all of them meet the conditions, that one does.
	blocks := s.settled("users", "block, value * 128 AS user_id", "", parted(q)).where("access_tokens.block >= ? AND access_tokens.block < ?", begin, end)
	return slices.Concat(each(first, begin*usersOfBlock), blocks, each(end*usersOfBlock, last+1), s.noted("user", "user_id"))
}

// countNamed counts the tokens of the users whom a query names by what is no key of theirs, as an index may. False where it asks for anything else, or for what leads on from users.
func (s tokenShortcuts) countNamed(q Query) (int64, bool, error) {
	if q.equalsKey("user") || !s.v.All && len(s.v.Organizations) == 0 {
		return 0, false, nil
	}
	b, others, err := s.naming(q, func(f Filter) bool {
		return namesUser(f) && (operators[f.Lookup] != "" || f.Lookup == "in" || f.Lookup == "startswith")
	})
	if b == nil || err != nil || !onlyCounted("", others) {
		return 0, false, err
	}
	if _, plain := b.joins["users"]; !plain || len(b.joins)+len(b.many) > 1 {
		return 0, false, nil
	}
	n, err := s.countOf(b.condition(), others)
	if err != nil {
		return 0, false, err
	}
	own, err := s.countOwnRest(q)
	return n + own, true, err
}

// countOf counts the tokens of the users who meet a condition by looking up these, or, where they are most of all users, the others, who are less than all that are of
// somebody: it takes as long whoever has tokens.
func (s tokenShortcuts) countOf(named condition, others Query) (int64, error) {
	b, err := accessTokenList.conditions(s.r.db, others)
	if err != nil {
		return 0, err
	}
	var users struct{ Named, All int64 }
	err = s.r.db.Table("users").Select(`count(*) FILTER (WHERE `+named.sql+`) AS named, count(*) AS "all"`, named.args...).Scan(&users).Error
	if err != nil {
		return 0, err
	}
	of := s.byValue("user", "user_id", parted(others)).on(b)
	for n := range of { // from these to the counts
		of[n] = s.r.db.Table("named CROSS JOIN (?) AS access_tokens", of[n].Select("user_id, number")).Where("access_tokens.user_id = named.id")
	}
	which := func(is string) condition {
		return condition{"WITH named AS MATERIALIZED (SELECT id FROM users WHERE (" + named.sql + ") " + is + ")", named.args}
	}
	if 2*users.Named <= users.All {
		return s.r.difference(of, nil, which("IS TRUE"))
	}
	somebodys := append(s.settled("users", "block", "", parted(others)), s.noted("user", "user_id")...).on(b)
	return s.r.difference(somebodys, of, which("IS NOT TRUE"))
}

// namesUser reports whether a filter is on what users are, other than by their keys.
func namesUser(f Filter) bool {
	return f.names("user") && f.Field != "user" && !(Query{Filters: []Filter{f}}).equalsKey("user")
}

// keyed is a query whose filters call a user by the list's own column, where they do by the id at the end of the path.
func keyed(q Query) Query {
	q.Filters = slices.Clone(q.Filters)
	for n := range q.Filters {
		if q.Filters[n].Field == "user__id" {
			q.Filters[n].Field = "user"
		}
	}
	return q
}

// naming are the conditions that those of a query's filters make that are, and the query without these; nil where there are none, or others on what users are: conditions on the rows
// at the end of one path belong together.
func (s tokenShortcuts) naming(q Query, is func(Filter) bool) (*queryBuilder, Query, error) {
	naming, others := q, q
	naming.Search = nil
	naming.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return !is(f) })
	others.Filters = slices.DeleteFunc(slices.Clone(q.Filters), is)
	path := func(f Filter) bool { return strings.HasPrefix(f.Field, "user__") }
	if len(naming.Filters) == 0 || slices.ContainsFunc(q.Filters, func(f Filter) bool { return path(f) && (f.Chain || !is(f)) }) {
		return nil, q, nil
	}
	b, err := accessTokenList.conditions(s.r.db, naming)
	return b, others, err
}

// mostNamed is how many users are looked up before their tokens are.
const mostNamed = 1000

// named finds the users whom a query names by what is no key of theirs, those with tokens, and leaves out these conditions. nil where it names none so, or many: all stays as it
// was. Of an administrator's, a range of users is no sooner found than tried.
func (s tokenShortcuts) named(q Query) (Query, []number, error) {
	b, others, err := s.naming(q, func(f Filter) bool { return namesUser(f) && (s.v.All || Query{Filters: []Filter{f}}.equals("user")) })
	if b == nil || err != nil {
		return q, nil, err
	}
	var ids []int64
	err = b.on(s.r.db.Table("(SELECT id AS user_id FROM users) AS access_tokens")).Limit(mostNamed+1).Pluck("user_id", &ids).Error
	if len(ids) > mostNamed || err != nil {
		return q, nil, err
	}
	users, err := s.r.numbers(s.everything(s.v.Platform).byValue("user", "user_id", false).where("access_tokens.user_id IN ?", ids), "access_tokens.user_id")
	return others, append([]number{}, users...), err
}
