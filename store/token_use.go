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
	Never  bool      // shows the personal tokens that have not expired and were never used, whatever Until
}

// lastUse is when a token was last used, or made where it never was, as the index of personal tokens has it.
const lastUse = "CASE WHEN access_tokens.last_used > access_tokens.created THEN access_tokens.last_used ELSE access_tokens.created END"

// neverUsed is the condition of an index, with a time beside it that is tried in its order. neverUsedAmong says the same of those to whom another
// index leads.
const (
	neverUsed      = "access_tokens.last_used IS NULL AND access_tokens.application_id IS NULL AND (access_tokens.expires > ?) IS TRUE"
	neverUsedAmong = "(access_tokens.last_used IS NULL AND access_tokens.application_id IS NULL AND access_tokens.expires > ?) IS TRUE"
)

// accessTokensByUse lists like AccessTokens what q.LastUse leaves.
func (r Reader) accessTokensByUse(q Query, v models.Visibility) (Page[models.AccessToken], error) {
	tokens := r.usedTokens(q, v).Table("access_tokens").Session(&gorm.Session{})
	return listBy[models.AccessToken](tokens, accessTokenList, q, byUse{r, v, tokens}, "User", "Application", "RefreshToken")
}

// usedTokens narrows to what v shows and q.LastUse leaves.
func (r Reader) usedTokens(q Query, v models.Visibility) *gorm.DB {
	switch {
	case q.LastUse.Never && v.All:
		return r.visibleTokens(v).Where(neverUsed, r.now)
	case q.LastUse.Never: // personal tokens of others are nobody's to administer
		return r.visibleTokens(models.Visibility{UserID: v.UserID, Platform: v.Platform}).Where(neverUsedAmong, r.now)
	case q.LastUse.Until.IsZero():
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
	v      models.Visibility
	tokens *gorm.DB
}

// count: what was never used is counted in the order of its index, which no other leads to.
func (s byUse) count(_ *queryBuilder, q Query) (n Amount, known bool, err error) {
	if !q.LastUse.Never || !s.v.All || q.CountTo == 0 || len(q.Filters)+len(q.Search) > 0 {
		return n, false, nil
	}
	some := s.tokens.Select("access_tokens.id").Order("access_tokens.application_id, access_tokens.created").Limit(q.CountTo + 1)
	err = s.r.db.Table("(?) AS counted", some).Count(&n.Number).Error
	if most := int64(q.CountTo); n.Number > most {
		n = Amount{most, true}
	}
	return n, true, err
}

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
