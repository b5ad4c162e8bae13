package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/models"
)

// countedFields are what tokens are counted by, of all and of each organization, with what is noted of it: a time by its day. Whom most tokens are made and changed by is their
// user, so that only the others are counted: those that somebody made of others, and those of somebody that others made. What was never used has no day. Users are counted by blocks of
// their ids as well.
var (
	countedFields = map[string]string{"created": "created", "modified": "modified", "expires": "expires", "last_used": "last_used", "user": "user_id", "users": "user_id / 128",
		"created_by":  "CASE WHEN created_by IS DISTINCT FROM user_id THEN created_by END",
		"created_for": "CASE WHEN created_by IS DISTINCT FROM user_id THEN user_id END",
		"modified_by": "CASE WHEN modified_by IS DISTINCT FROM user_id THEN modified_by END", "modified_for": "CASE WHEN modified_by IS DISTINCT FROM user_id THEN user_id END"}
	countedTimes = []string{"created", "modified", "expires", "last_used"}
	authors      = map[string]string{"created_by": "created_for", "modified_by": "modified_for"}
)

// byValue counts by a field, whose value goes by the name, all tokens or those that an administrator's organizations have; parted, also by platform and by whether they
// are of an application.
func (s tokenShortcuts) byValue(field, name string, parted bool) counts {
	return append(s.settled(field, name, "", parted), s.noted(field, name)...)
}

// byAuthor counts these by who made or changed them.
func (s tokenShortcuts) byAuthor(field string, parted bool) counts {
	return slices.Concat(s.settled(field, field, "", parted), s.settled("user", field, "", parted), s.settled(authors[field], field, "-", parted),
		s.shown(s.r.counts("access_tokens", s.notedBy(field, field))))
}

// noted are the changes that are not settled.
func (s tokenShortcuts) noted(field, name string) counts {
	return s.shown(s.r.counts("access_tokens", s.notedBy(countedFields[field], name)))
}

func (s tokenShortcuts) notedBy(value, name string) string {
	return fmt.Sprintf("SELECT %s AS %s, platform, application_id, tokens AS number FROM access_token_changes WHERE %[1]s IS NOT NULL AND %[3]s", value, name, s.counted("true"))
}

// counted is the condition of what is counted of an administrator's organizations, whose other tokens of their own are counted by themselves; or all.
func (s tokenShortcuts) counted(all string) string {
	if s.v.All {
		return all
	}
	ids := make([]string, len(s.v.Organizations))
	for n, each := range s.v.Organizations {
		ids[n] = strconv.FormatInt(each, 10)
	}
	return "organization_id IN (" + strings.Join(ids, ", ") + ")"
}

// settled are the counts of a field, or these with another sign.
func (s tokenShortcuts) settled(field, name, sign string, parted bool) counts {
	from := "FROM token_value_counts WHERE " + s.counted("organization_id = 0") + " AND field = '" + field + "'"
	if !parted {
		return s.r.counts("access_tokens", fmt.Sprintf("SELECT value AS %s, %s(%s) AS number %s", name, sign, s.number(), from))
	}
	var views []string
	for _, platform := range []models.Platform{models.Gateway, models.Controller} {
		views = append(views, fmt.Sprintf("SELECT value AS %s, '%s' AS platform, 0 AS application_id, %s(%[2]s - personal_%[2]s) AS number %[4]s", name, platform, sign, from),
			fmt.Sprintf("SELECT value AS %s, '%s' AS platform, NULLIF(0, 0) AS application_id, %spersonal_%[2]s AS number %[4]s", name, platform, sign, from))
	}
	return s.shown(s.r.counts("access_tokens", views...))
}

// number is the sum of the platforms that are shown, of columns for each.
func (s tokenShortcuts) number() string {
	if s.v.Platform == "" {
		return "gateway + controller"
	}
	return map[models.Platform]string{models.Gateway: "gateway", models.Controller: "controller"}[s.v.Platform]
}

// ofPlatform is what a table counts in a column for each platform, and what is noted of the same, for the platform that is shown.
func (s tokenShortcuts) ofPlatform(key, table, noted string) counts {
	return append(s.r.counts("access_tokens", "SELECT "+key+", "+s.number()+" AS number FROM "+table), s.shown(s.r.counts("access_tokens", noted))...)
}

// parted reports whether a query has other conditions than those on a field of onlyCounted.
func parted(q Query) bool { return slices.ContainsFunc(q.Filters, countedByValue) }

// byReference counts the tokens of a query by what they refer to by a column, nil where they are not in one place.
func (s tokenShortcuts) byReference(b *queryBuilder, q Query, column string) counts {
	switch administrator := !s.v.All && len(s.v.Organizations) > 0; {
	case column == "user_id" && s.v.All && onlyCounted("user", q):
		return s.byValue("user", "user_id", parted(q)).on(b)
	case column == "user_id" && administrator && onlyCounted("user", q):
		return s.union(b, s.byValue("user", "user_id", parted(q)))
	case column == "user_id":
		return s.ownRows().on(b.unindexed())
	case (s.v.All || administrator) && !q.asksOnly("application", "platform", "scope"):
		return nil
	}
	return s.grouped(b, q)
}

// ownRows are the tokens of users to be counted one by one: the index of users has what is asked of them, but for more columns.
func (s tokenShortcuts) ownRows(more ...string) counts {
	columns := append([]string{"user_id", "application_id", "platform", "scope"}, more...)
	own := s.r.counts("access_tokens", "SELECT "+strings.Join(columns, ", ")+", 1 AS number FROM access_tokens")
	if s.v.Platform == "" {
		return own
	}
	return own.where("(access_tokens.platform = ?) IS TRUE", s.v.Platform)
}

// onlyCounted reports whether a query's conditions are on a field, or on what it refers to, and on what tokens are counted by beside it.
func onlyCounted(field string, q Query) bool {
	return len(q.Search) == 0 && !slices.ContainsFunc(q.Filters, func(f Filter) bool { return of(f.Field) != field && !countedByValue(f) })
}

// countedByValue reports whether the counts by a value tell what meets the condition.
func countedByValue(f Filter) bool {
	return !f.Or && (of(f.Field) == "platform" || f.Field == "application" && f.Lookup == "isnull")
}

// ofAuthor is where the tokens of a query for those whom somebody made or changed are counted, nil for another.
func (s tokenShortcuts) ofAuthor(q Query) counts {
	for field := range authors {
		if q.names(field) && onlyCounted(field, q) {
			return s.byAuthor(field, parted(q))
		}
	}
	return nil
}

// countNull counts the tokens that have a value, or have none. False where a query asks for anything else.
func (s tokenShortcuts) countNull(q Query) (int64, bool, error) {
	at := slices.IndexFunc(q.Filters, func(f Filter) bool {
		return countedFields[f.Field] != "" && f.Lookup == "isnull" && !f.Not && !f.Or
	})
	if at < 0 {
		return 0, false, nil
	}
	others, field := q, q.Filters[at].Field
	others.Filters = slices.Delete(slices.Clone(q.Filters), at, at+1)
	if !onlyCounted("", others) {
		return 0, false, nil
	}
	b, err := accessTokenList.conditions(s.r.db, others)
	if err != nil {
		return 0, false, err
	}
	there := s.byValue(field, "value", parted(others))
	if authors[field] != "" {
		there = s.byAuthor(field, parted(others))
	}
	there = there.on(b)
	var n int64
	if null, _ := parseBool(q.Filters[at].Value); null {
		n, err = s.r.difference(s.administered().on(b), there, condition{})
	} else {
		n, err = s.r.sum(there)
	}
	if err != nil {
		return 0, false, err
	}
	own, err := s.countOwnRest(q)
	return n + own, true, err
}

// ofValue is where the tokens of a query for users, or for those whom somebody made or changed, are counted, nil for another.
func (s tokenShortcuts) ofValue(q Query) counts {
	if q.names("user") && onlyCounted("user", q) {
		return s.inUsers(q)
	}
	return s.ofAuthor(q)
}

// countOwnRest counts an administrator's own tokens that are not administered: those of whoever sees all are counted with the others.
func (s tokenShortcuts) countOwnRest(q Query) (int64, error) {
	if s.v.All {
		return 0, nil
	}
	b, err := accessTokenList.conditions(s.r.db, q)
	if err != nil {
		return 0, err
	}
	return s.r.sumOf(s.ownRest(b))
}
