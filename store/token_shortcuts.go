package store

import (
	"slices"

	"gorm.io/gorm"

	"gatehouse/models"
)

// tokenShortcuts count tokens by application and scope, by what else they have, and by descriptions.
type tokenShortcuts struct {
	r Reader
	v models.Visibility
}

// shownPlatform makes a filter on the platform what is shown, as the controller's API shows its own: the indexes that have the order of a
// page go by that.
func shownPlatform(q Query, v models.Visibility) (Query, models.Visibility) {
	named := slices.IndexFunc(q.Filters, func(f Filter) bool {
		return f == Filter{Field: "platform", Value: f.Value} && models.Platform(f.Value).Valid()
	})
	if v.Platform == "" && named >= 0 {
		v.Platform = models.Platform(q.Filters[named].Value)
		q.Filters = slices.Delete(slices.Clone(q.Filters), named, named+1)
	}
	return q, v
}

// everything is what those see who see all, of the platform that is shown or of both.
func (s tokenShortcuts) everything(platform models.Platform) tokenShortcuts {
	return tokenShortcuts{s.r, models.Visibility{All: true, Platform: platform}}
}

// byApplication is what is counted by application, platform and scope, of the platform that is shown. All counts go by the name of the table itself, so that the
// conditions of a query choose among them as they do among the tokens.
func (s tokenShortcuts) byApplication() counts {
	return s.shown(s.r.counts("access_tokens",
		"SELECT NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM access_token_counts",
		"SELECT application_id, platform, scope, tokens AS number FROM access_token_changes"))
}

func (s tokenShortcuts) shown(c counts) counts {
	if s.v.Platform == "" {
		return c
	}
	return c.where("access_tokens.platform = ?", s.v.Platform)
}

// byPlatform is what a table counts by platform, in a column for each, and what is noted of the same; b has conditions on the platform alone.
func (s tokenShortcuts) byPlatform(b *queryBuilder, key, table, noted string) counts {
	if len(b.all()) == 0 && len(b.or) == 0 { // one sum is quicker than two
		return s.ofPlatform(key, table, noted)
	}
	return s.shown(s.r.counts("access_tokens", "SELECT "+key+", 'gateway' AS platform, gateway AS number FROM "+table,
		"SELECT "+key+", 'controller' AS platform, controller AS number FROM "+table, noted)).on(b)
}

// total is the number of all tokens among which a page is looked for in an order: the controller's have indexes of their own.
func (s tokenShortcuts) total() (int64, error) {
	if s.v.All && s.v.Platform == models.Controller {
		return s.r.sum(s.byApplication())
	}
	return s.r.sum(s.everything("").byApplication())
}

// administered are the counts by application of all tokens, or of those that an administrator's organizations have.
func (s tokenShortcuts) administered() counts {
	if s.v.All {
		return s.byApplication()
	}
	return s.byApplication().where(administered, s.v.Organizations)
}

const administered = "access_tokens.application_id IN (SELECT id FROM applications WHERE organization_id IN ?)"

// grouped is where the rows of a query are counted, nil where they are not in one place.
func (s tokenShortcuts) grouped(b *queryBuilder, q Query) counts {
	switch own := len(s.v.Organizations) == 0; {
	case s.v.All && q.asksOnly("application", "platform", "scope"):
		return s.byApplication().on(b)
	case !own && q.asksOnly("application", "platform", "scope"):
		return s.union(b, s.administered())
	case s.v.All:
		return s.ofValue(q).on(b)
	case !own:
		return s.union(b, s.ofValue(q), "created_by", "modified_by")
	case own && q.asksOnly("user", "application", "platform", "scope"):
		return s.ownRows().on(b.unindexed()).where("access_tokens.user_id = ?", s.v.UserID)
	}
	return nil
}

func (s tokenShortcuts) count(b *queryBuilder, q Query) (n Amount, known bool, err error) {
	q = keyed(q)
	if n.Number, known, err = s.countNamed(q); known || err != nil {
		return n, known, err
	}
	switch grouped := s.grouped(b, q); {
	case grouped != nil:
		n.Number, err = s.r.sum(grouped)
	case q.SkipCount:
		return n, false, nil
	case s.v.All:
		n.Number, err = s.countAll(b, q)
	case len(s.v.Organizations) == 0:
		n.Number, err = s.r.sumOf(s.own(b))
	default:
		n.Number, err = s.countSeen(b, q)
	}
	return n, true, err
}

// countAll counts what those see who see all: by blocks, days or descriptions, or else by the indexes of the conditions.
func (s tokenShortcuts) countAll(b *queryBuilder, q Query) (int64, error) {
	if n, known, err := s.countIDs(q); known || err != nil {
		return n, err
	}
	if q.names("user") || q.equals("id") {
		tokens, err := s.ofFew(q)
		if err != nil {
			return 0, err
		}
		return s.r.sumOf(tokens)
	}
	if n, known, err := s.countNull(q); known || err != nil {
		return n, err
	}
	if n, known, err := s.countDays(b, q); known || err != nil {
		return n, err
	}
	if n, known, err := s.countDescriptions(b, q); known || err != nil {
		return n, err
	}
	return s.r.sumOf(s.ranges(b, q)...)
}

// own are a user's own tokens: their index leads to fewer than any other.
func (s tokenShortcuts) own(b *queryBuilder) *gorm.DB {
	return b.unindexed().on(s.tokens()).Where("access_tokens.user_id = ?", s.v.UserID)
}

// parts are the two of an administrator's list: what is administered, and the rest of the own tokens. Both are read by the index of what
// they hang on, whatever is asked; applications without tokens of the kind asked for are left out. Conditions on descriptions that a stretch of these
// says exactly are not tried on each of the others: reading that stretch is quicker.
func (s tokenShortcuts) parts(b *queryBuilder, q Query) (others, own *gorm.DB, err error) {
	countable, err := b.resource.conditions(s.r.db, Query{Sees: q.Sees, Filters: slices.DeleteFunc(slices.Clone(q.Filters), func(f Filter) bool {
		return f.Or || !slices.Contains([]string{"application", "platform", "scope"}, of(f.Field))
	})})
	if err != nil {
		return nil, nil, err
	}
	applications, err := s.r.numbers(s.administered().on(countable), "access_tokens.application_id")
	if err != nil {
		return nil, nil, err
	}
	ids := idsOf(applications, func(each *number) int64 { return each.ID })
	own = s.ownRest(b)
	if _, exact, rest := described(q); exact {
		if b, err = accessTokenList.build(s.r.db, rest); err != nil {
			return nil, nil, err
		}
	}
	others = b.unindexed().on(s.tokens())
	if len(ids) > mostBranches {
		others = others.Where(administered, s.v.Organizations)
	} else {
		others = others.Where("access_tokens.application_id IN ?", ids)
	}
	return others, own, nil
}

// ownRest are an administrator's own tokens that are not administered.
func (s tokenShortcuts) ownRest(b *queryBuilder) *gorm.DB {
	return b.unindexed().on(s.tokens()).Where("access_tokens.user_id = ?", s.v.UserID).
		Where("(access_tokens.application_id IS NULL OR NOT "+administered+")", s.v.Organizations)
}

// tokens are those of the platform that is shown. What is an index of the controller's tokens has to be named as such; where others than all
// are shown, other indexes lead to fewer.
func (s tokenShortcuts) tokens() *gorm.DB {
	db := s.r.db.Table("access_tokens")
	switch {
	case s.v.Platform == models.Controller && s.v.All:
		return db.Where("access_tokens.platform = 'controller'")
	case s.v.Platform != "":
		return db.Where("(access_tokens.platform = ?) IS TRUE", s.v.Platform)
	}
	return db
}

// union adds the rest of the own tokens, with more columns that conditions are on, to counts of what is administered: nothing twice that is both. nil remains nil.
func (s tokenShortcuts) union(b *queryBuilder, administers counts, more ...string) counts {
	if administers == nil {
		return nil
	}
	own := s.ownRows(more...).on(b.unindexed()).where("access_tokens.user_id = ?", s.v.UserID).
		where("(access_tokens.application_id IS NULL OR NOT "+administered+")", s.v.Organizations)
	return append(own, administers.on(b)...)
}
