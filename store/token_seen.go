package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
)

// countSeen counts what an administrator sees.
func (s tokenShortcuts) countSeen(b *queryBuilder, q Query) (int64, error) {
	for _, way := range []func() (int64, bool, error){
		func() (int64, bool, error) { return s.countAround(q) },
		func() (int64, bool, error) { return s.countNull(q) },
		func() (int64, bool, error) { return s.countSeenDays(b, q) },
		func() (int64, bool, error) { return s.countSeenDescriptions(b, q) },
		func() (int64, bool, error) { return s.countSeenUser(q) },
	} {
		if n, known, err := way(); known || err != nil {
			return n, err
		}
	}
	parts, err := s.seenParts(b, q)
	if err != nil {
		return 0, err
	}
	return s.r.sumOf(parts...)
}

// countSeenDescriptions counts what an administrator sees of a range of descriptions, like countStretch for each organization.
func (s tokenShortcuts) countSeenDescriptions(b *queryBuilder, q Query) (int64, bool, error) {
	within, exact, others := described(q)
	if !exact || within == wholeOrder || len(others.Filters) > 0 || len(others.Search) > 0 {
		return 0, false, nil
	}
	number, shown := "gateway + controller", ""
	switch s.v.Platform {
	case models.Gateway:
		number, shown = "gateway", " AND (t.platform = 'gateway') IS TRUE"
	case models.Controller:
		number, shown = "controller", " AND (t.platform = 'controller') IS TRUE"
	}
	var n int64
	err := s.r.db.Raw(strings.NewReplacer("{number}", number, "{shown}", shown).Replace(seenDescriptions),
		map[string]any{"organizations": s.v.Organizations, "from": within.from, "to": within.to}).Scan(&n).Error
	if err != nil {
		return 0, false, err
	}
	rest, err := s.r.sumOf(s.ownRest(b))
	return n + rest, true, err
}

// seenDescriptions adds up whole stretches of each organization, what is noted of these, and what the index has of its applications in the two in which the range begins and ends,
// but where all of one is.
const seenDescriptions = `WITH ends AS (
		SELECT o.id AS organization_id,
			(SELECT c.description FROM token_description_counts AS c WHERE c.organization_id = o.id AND c.description >= @from ORDER BY c.description LIMIT 1) AS first,
			(SELECT c.description FROM token_description_counts AS c WHERE c.organization_id = o.id AND c.description < @to ORDER BY c.description DESC LIMIT 1) AS last
		FROM organizations AS o WHERE o.id IN @organizations),
	spans AS (
		SELECT e.organization_id, e.first, CASE WHEN c.alike THEN @to ELSE e.last END AS past
		FROM ends AS e JOIN token_description_counts AS c ON c.organization_id = e.organization_id AND c.description = e.last WHERE e.first <= e.last),
	edges AS (
		SELECT organization_id, @from AS begins, first AS past FROM spans WHERE first > @from
		UNION ALL SELECT organization_id, past, @to FROM spans WHERE past < @to
		UNION ALL SELECT organization_id, @from, @to FROM ends WHERE first <= last IS NOT TRUE)
	SELECT COALESCE((SELECT sum({number}) FROM spans AS s CROSS JOIN token_description_counts AS c
			WHERE c.organization_id = s.organization_id AND c.description >= s.first AND c.description < s.past), 0)
		+ COALESCE((SELECT sum(t.tokens) FROM access_token_changes AS t JOIN spans AS s ON s.organization_id = t.organization_id
			WHERE t.description >= s.first AND t.description < s.past{shown}), 0)
		+ (SELECT count(*) FROM edges AS e CROSS JOIN applications AS a CROSS JOIN access_tokens AS t WHERE a.organization_id = e.organization_id AND t.application_id = a.id
			AND length(t.description) <= 256 AND t.description >= e.begins AND t.description < e.past{shown})
		+ (SELECT count(*) FROM edges AS e CROSS JOIN applications AS a CROSS JOIN access_tokens AS t WHERE a.organization_id = e.organization_id AND t.application_id = a.id
			AND length(t.description) > 256 AND substr(t.description, 1, 256) >= e.begins AND substr(t.description, 1, 256) < e.past{shown})`

// countSeenUser counts what an administrator sees of the tokens of a few users, by the index of these.
func (s tokenShortcuts) countSeenUser(q Query) (int64, bool, error) {
	if !q.equalsKey("user") {
		return 0, false, nil
	}
	tokens, err := s.ofNamed(q, nil)
	if err != nil {
		return 0, false, err
	}
	n, err := s.r.sumOf(tokens)
	return n, true, err
}

// ofSome are the tokens of an administrator's list that some users have whom a query names, and how many tokens these users have; nil where what is administered is less.
func (s tokenShortcuts) ofSome(q Query) (*gorm.DB, int64, error) {
	rest, n, err := q, int64(0), error(nil)
	var users []number
	if _, _, others, ok := idRange("user", q); ok {
		among := Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool { return slices.Contains(others.Filters, f) })}
		b, err := accessTokenList.conditions(s.r.db, among)
		if err != nil {
			return nil, 0, err
		}
		n, err = s.r.sum(s.everything("").inUsers(among).on(b))
		if err != nil {
			return nil, 0, err
		}
	} else {
		if rest, users, err = s.named(q); users == nil || err != nil {
			return nil, 0, err
		}
		n = sumOfNumbers(users)
	}
	if more, err := s.moreThanAdministered(n); more || err != nil {
		return nil, 0, err
	}
	tokens, err := s.ofNamed(rest, users)
	return tokens, n, err
}

// authored are the tokens of an administrator's list that somebody made or changed, as madeBy has them; nil where what is administered is less than what that one has.
func (s tokenShortcuts) authored(q Query) ([]*gorm.DB, error) {
	parts, author, err := s.madeBy(q)
	if parts == nil || err != nil {
		return nil, err
	}
	own, err := s.r.sum(s.everything("").byValue("user", "user_id", false).where("access_tokens.user_id = ?", author))
	if err != nil {
		return nil, err
	}
	if more, err := s.moreThanAdministered(own); more || err != nil {
		return nil, err
	}
	return parts, nil
}

// madeBy are the tokens of a query for those that one user made or changed: the user's own, and those that an index of the others has; nil for another query.
func (s tokenShortcuts) madeBy(q Query) (parts []*gorm.DB, author any, err error) {
	at := slices.IndexFunc(q.Filters, func(f Filter) bool {
		return authors[f.Field] != "" && (Query{Filters: []Filter{f}}).equalsKey(f.Field) && f.Lookup != "in"
	})
	if at < 0 {
		return nil, nil, nil
	}
	column := accessTokenList.columns[q.Filters[at].Field].sql
	if author, err = parseValue(idColumn, q.Filters[at].Value); err != nil {
		return nil, nil, nil // the condition says by itself what is wrong
	}
	b, err := s.leading(q, func(Filter) bool { return false })
	if err != nil {
		return nil, nil, err
	}
	tokens := b.on(s.either()).Session(&gorm.Session{})
	made := tokens
	if !s.v.All {
		made = b.on(s.platformed()).Where(administered, s.v.Organizations)
	}
	parts = []*gorm.DB{tokens.Where("access_tokens.user_id = ?", author), made.Where(column+" = ? AND "+column+" IS NOT NULL AND "+column+" IS DISTINCT FROM access_tokens.user_id", author)}
	if !s.v.All {
		parts = append(parts, s.ownRest(b).Where("("+column+" = ?) IS TRUE AND ("+column+" IS DISTINCT FROM access_tokens.user_id) IS TRUE", author))
	}
	return parts, author, nil
}

// moreThanAdministered compares a number of tokens with those that are administered.
func (s tokenShortcuts) moreThanAdministered(n int64) (bool, error) {
	administered, err := s.r.sum(s.administered())
	return n > administered, err
}

func sumOfNumbers(numbers []number) (sum int64) {
	for _, each := range numbers {
		sum += each.Number
	}
	return sum
}

// seenParts are the parts of an administrator's list, each a range of an index: what some users or authors have, or else what is administered.
func (s tokenShortcuts) seenParts(b *queryBuilder, q Query) ([]*gorm.DB, error) {
	if parts, _, err := s.someParts(q, 0); parts != nil || err != nil {
		return parts, err
	}
	return s.administeredParts(b, q)
}

// someParts are those of what some authors or users have, and about how many tokens are read of it where count are of the list; nil for another query.
func (s tokenShortcuts) someParts(q Query, count int64) (parts []*gorm.DB, read int64, err error) {
	if parts, err = s.authored(q); parts != nil || err != nil {
		return parts, count, err
	}
	tokens, n, err := s.ofSome(q)
	if tokens == nil || err != nil {
		return nil, 0, err
	}
	return []*gorm.DB{tokens}, n, nil
}

// administeredParts are those of what is administered, as far as the conditions on descriptions narrow it, and the rest of the own tokens.
func (s tokenShortcuts) administeredParts(b *queryBuilder, q Query) ([]*gorm.DB, error) {
	others, own, err := s.parts(b, q)
	if err != nil {
		return nil, err
	}
	within, _, _ := described(q)
	if within == wholeOrder {
		return []*gorm.DB{others, own}, nil
	}
	return append(within.of(others), own), nil
}

// weight is what it takes to try a query's conditions on a token of an application, beside one whose index holds what is asked.
func (s tokenShortcuts) weight(q Query) int64 {
	if q.asksOnly("id", "user", "application", "platform", "scope", "created", "modified", "expires") {
		return 1
	}
	return 5 // it is read from the table
}
