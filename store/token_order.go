package store

import (
	"slices"
	"time"

	"gatehouse/models"
)

// along finds a page by trying tokens in the order of an index, at first as many as should do and then more: where it would take longer to go on than to sort all of the list,
// because another condition leaves those that are far from the beginning, these are sorted. So they are where it takes longer anyway, but for a few that are tried: what is asked may stand
// at the beginning.
func (s tokenShortcuts) along(q Query, field string, descending bool, count, total int64, walks bool) (way, error) {
	b, err := s.leading(q, leads(field))
	if err != nil {
		return way{}, err
	}
	all := way{filtered: b.on(s.walked())}
	reach, most := int64(q.Offset+q.Limit), 5*count
	tries := min(4*reach*total/max(count, 1)+200, most-1)
	switch {
	case walks && most > total || (walks || s.v.All) && q.asksOnly(field):
		return all, nil
	case !walks:
		tries, most = max(count/4, 2*reach), count
	}
	column := accessTokenList.columns[field].sql
	order, instead := column, []string{"lt", "lte"}
	if descending {
		order, instead = column+" DESC", []string{"gt", "gte"}
	}
	if b, err = s.leading(q.without(field, instead...), leads(field)); err != nil {
		return way{}, err
	}
	for ; tries < most; tries *= 8 {
		bound, err := s.upTo(q, field, descending, int(tries))
		switch {
		case err != nil || bound == nil && walks:
			return all, err
		case bound == nil: // all that have the field have been tried, or none has
			return s.sorted(q, count, field, descending)
		}
		ids := []int64{}
		err = b.on(s.walked()).Where(bound.sql, bound.args...).Order(order+", access_tokens.id").Limit(q.Limit).Offset(q.Offset).Pluck("access_tokens.id", &ids).Error
		if err != nil || len(ids) == q.Limit {
			return way{ids: ids}, err
		}
	}
	return s.sorted(q, count, field, descending)
}

// upTo is the condition on the first so many tokens in the order of a field, from where its index is read for a query; nil where there are fewer.
func (s tokenShortcuts) upTo(q Query, field string, descending bool, tries int) (*condition, error) {
	b, err := accessTokenList.conditions(s.r.db, Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return !leads(field)(f) })})
	if err != nil {
		return nil, err
	}
	column := accessTokenList.columns[field].sql
	order, sign := column, "<"
	if descending {
		order, sign = column+" DESC", ">"
	}
	tokens := s.r.db.Table("access_tokens")
	if s.v.Platform == models.Controller && s.v.All {
		tokens = s.tokens()
	}
	tokens = b.on(tokens).Where(column + " IS NOT NULL").Order(order + ", access_tokens.id").Limit(1).Offset(tries)
	if field == "id" {
		var last []int64
		if err := tokens.Pluck(column, &last).Error; len(last) == 0 || err != nil {
			return nil, err
		}
		return &condition{column + " " + sign + "= ?", []any{last[0]}}, nil
	}
	var last []struct {
		ID int64
		At time.Time
	}
	if err := tokens.Select("access_tokens.id AS id, " + column + " AS at").Scan(&last).Error; len(last) == 0 || err != nil {
		return nil, err
	}
	return &condition{column + " " + sign + "= ? AND (" + column + " " + sign + " ? OR access_tokens.id <= ?)", []any{last[0].At, last[0].At, last[0].ID}}, nil
}

// byDescription finds a page in the order of descriptions: of those that the index holds, and of the few that are too long for it.
func (s tokenShortcuts) byDescription(q Query, descending bool) (way, error) {
	b, err := s.leading(q, leads("description"))
	if err != nil {
		return way{}, err
	}
	ids, err := s.r.merge("access_tokens", []branch{
		{rows: b.on(s.walked()).Where(shortDescription), key: "access_tokens.description"},
		{rows: b.unindexed().on(s.either()).Where(longDescription), key: "access_tokens.description"},
	}, descending, q)
	return way{ids: ids}, err
}
