package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

// LastUse narrows a list of tokens by when personal ones were last used, or made where they never were. The zero LastUse does not.
type LastUse struct {
	Until  time.Time // of the last use
	Unused bool      // shows the personal tokens that were last used then or before, and nothing else; otherwise these are left out
}

// lastUse is when a token was last used, or made where it never was, as the index of personal tokens has it.
const lastUse = "CASE WHEN access_tokens.last_used > access_tokens.created THEN access_tokens.last_used ELSE access_tokens.created END"

// accessTokensByUse lists like AccessTokens what q.LastUse leaves.
func (r Reader) accessTokensByUse(q Query, v models.Visibility) (Page[models.AccessToken], error) {
	tokens := r.usedTokens(q, v).Table("access_tokens").Session(&gorm.Session{})
	return listBy[models.AccessToken](tokens, accessTokenList, q, byUse{r, tokens}, "User", "Application", "RefreshToken")
}

// usedTokens narrows to what v shows and q.LastUse leaves.
func (r Reader) usedTokens(q Query, v models.Visibility) *gorm.DB {
	if q.LastUse.Until.IsZero() {
		return r.visibleTokens(v)
	}
	condition := "access_tokens.application_id IS NULL AND " + lastUse + " <= ?"
	personal := slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field == "application" && f.Lookup == "isnull" && f.Value == "true" })
	indexed := v.All && q.asksOnly("application", "expires", "platform") // other conditions lead to fewer
	switch {
	case !q.LastUse.Unused && personal && indexed:
		condition = lastUse + " > ?"
	case !q.LastUse.Unused:
		condition = "NOT (" + condition + ")"
	case !indexed:
		condition = "(" + condition + ") IS TRUE"
	}
	return r.visibleTokens(v).Where(condition, q.LastUse.Until)
}

// byUse finds the ids of a page first, which are in an index where few are unused.
type byUse struct {
	r      Reader
	tokens *gorm.DB
}

func (byUse) count(*queryBuilder, Query) (int64, bool, error) { return 0, false, nil }

// way: of the many that are in use a page is soon found in its order; no index of the conditions leads there.
func (s byUse) way(_ *queryBuilder, q Query, count int64) (way, error) {
	b, err := accessTokenList.build(s.r.db, q)
	if err != nil {
		return way{}, err
	}
	if !q.LastUse.Unused && q.CountTo > 0 && count >= int64(q.CountTo) {
		b = b.unindexed()
	}
	return way{filtered: b.on(s.tokens)}, nil
}
