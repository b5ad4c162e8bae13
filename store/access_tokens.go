package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
)

var accessTokenList = &resource{
	table: "access_tokens",
	columns: map[string]column{
		"id":            {sql: "access_tokens.id", kind: idColumn},
		"user":          {sql: "access_tokens.user_id", kind: idColumn, nullable: true},
		"application":   {sql: "access_tokens.application_id", kind: idColumn, nullable: true},
		"scope":         {sql: "access_tokens.scope"},
		"description":   {sql: "access_tokens.description"},
		"expires":       {sql: "access_tokens.expires", kind: timeColumn},
		"last_used":     {sql: "access_tokens.last_used", kind: timeColumn, nullable: true},
		"platform":      {sql: "access_tokens.platform"},
		"created":       {sql: "access_tokens.created", kind: timeColumn},
		"modified":      {sql: "access_tokens.modified", kind: timeColumn},
		"created_by":    {sql: "access_tokens.created_by", kind: idColumn, nullable: true},
		"modified_by":   {sql: "access_tokens.modified_by", kind: idColumn, nullable: true},
		"refresh_token": {sql: "(SELECT r.id FROM refresh_tokens r WHERE r.access_token_id = access_tokens.id)", kind: idColumn, nullable: true},
	},
	relations: stamped(map[string]relation{
		"user":          {to: "users", on: "{to}.id = {from}.user_id", as: "users"},
		"application":   {to: "applications", on: "{to}.id = {from}.application_id", as: "applications"},
		"refresh_token": {to: "refresh_tokens", on: "{to}.access_token_id = {from}.id"},
	}),
	search: []string{"description", "user__username", "application__name"},
	order:  []Order{{Field: "id"}},

	visible: Reader.visibleTokens,
	sees:    func(s models.Sight) models.Visibility { return s.Tokens },
}

// AccessToken loads a token with its user and application, and of its refresh token what says whether it still works and how to find it; ErrNotFound.
func (r Reader) AccessToken(id int64) (*models.AccessToken, error) {
	if r.along != nil {
		return r.withAlong(shownAlone.one(r.db, "t.id = ?", id))
	}
	return shownTokens.one(r.db, "t.id = ?", id)
}

var (
	ofUser        = join{field: "User", on: "{it}.id = {row}.user_id"}
	ofApplication = join{field: "Application", on: "{it}.id = {row}.application_id"}

	itsRefresh  = join{"RefreshToken", "{it}.access_token_id = {row}.id", []string{"id", "digest", "application_id", "expires", "revoked"}}
	shownTokens = rowsOfModel[models.AccessToken](ofUser, ofApplication, itsRefresh)
	shownAlone  = rowsOfModel[models.AccessToken](itsRefresh)

	presentedTokens = rowsOfModel[models.AccessToken](ofUser, ofApplication)
	memberships     = rowsOfModel[models.Membership]()

	applicationsAlone = rowsOfModel[models.Application]()
)

// bearer loads what is decided by when a token is presented: the token with application, user and the user's memberships.
func (r Reader) bearer(conditions string, args ...any) (*models.AccessToken, error) {
	if r.along != nil {
		return r.withAlong(accessTokens.one(r.db, conditions, args...))
	}
	token, err := presentedTokens.one(r.db, conditions, args...)
	if err == nil && token.User != nil {
		token.User.Memberships, err = memberships.all(r.db, "t.user_id = ?", token.User.ID)
	}
	if err != nil {
		return nil, err
	}
	return token, nil
}

// withAlong fills in what is known of whom and what the token hangs on.
func (r Reader) withAlong(token *models.AccessToken, err error) (*models.AccessToken, error) {
	if err == nil && token.UserID != nil {
		token.User, err = r.along.user(r, *token.UserID)
	}
	if err == nil && token.ApplicationID != nil {
		token.Application, err = r.along.application(r, *token.ApplicationID)
	}
	if err != nil {
		return nil, err
	}
	return token, nil
}

// AccessTokenByDigest loads the token whose value is presented, expired or not, with application, and with the user and the user's
// memberships; ErrNotFound. A value that a regenerated token had before counts while it overlaps.
func (r Reader) AccessTokenByDigest(digest models.Digest) (*models.AccessToken, error) {
	token, err := r.bearer("t.digest = ?", digest)
	if errors.Is(err, ErrNotFound) {
		return r.replacedToken(digest)
	}
	return token, err
}

// AccessTokens lists tokens with user, application and refresh token.
func (r Reader) AccessTokens(q Query, v models.Visibility) (Page[models.AccessToken], error) {
	return limited(r, q, func(r Reader) (Page[models.AccessToken], error) {
		q, err := r.ofRefreshTokens(q)
		if err != nil {
			return Page[models.AccessToken]{}, err
		}
		if q.LastUse != (LastUse{}) {
			return r.accessTokensByUse(q, v)
		}
		if q.byID() {
			return list[models.AccessToken](r.visibleTokensByID(v), accessTokenList, q, "User", "Application", "RefreshToken")
		}
		q, v := shownPlatform(q, v)
		return listBy[models.AccessToken](r.visibleTokens(v), accessTokenList, q, tokenShortcuts{r, v}, "User", "Application", "RefreshToken")
	})
}

// ofRefreshTokens makes of a condition that names refresh tokens one on the ids of those that they came with: trying it on each token would read all.
func (r Reader) ofRefreshTokens(q Query) (Query, error) {
	at := slices.IndexFunc(q.Filters, func(f Filter) bool {
		return f.Field == "refresh_token" && (operators[f.Lookup] == "=" || f.Lookup == "in") && !f.Not && !f.Or && !isNull(f)
	})
	if at < 0 {
		return q, nil
	}
	sql, args, err := lookup(column{sql: "id", kind: idColumn}, q.Filters[at], r.db.Name())
	if err != nil {
		return q, err
	}
	var ids []string
	if err := r.db.Table("refresh_tokens").Where(sql, args...).Where("access_token_id IS NOT NULL").Pluck("access_token_id", &ids).Error; err != nil {
		return q, translate(err)
	}
	if len(ids) == 0 {
		ids = []string{"0"} // no token has this one
	}
	q.Filters = slices.Clone(q.Filters)
	q.Filters[at] = Filter{Field: "id", Lookup: "in", Value: strings.Join(ids, ",")}
	return q, nil
}

// WalkAccessTokens hands all tokens of the list to each, some at a time, with what AccessTokens loads; see walk.
func (r Reader) WalkAccessTokens(q Query, v models.Visibility, each func([]models.AccessToken) error) error {
	return walk(r, accessTokenList, q, func(r Reader) *gorm.DB { return r.usedTokens(q, v) },
		func(t *models.AccessToken) int64 { return t.ID }, each, "User", "Application", "RefreshToken")
}

// visibleTokens narrows to what v shows. The ids come from one index each: an OR over both would read the whole table on PostgreSQL.
func (r Reader) visibleTokens(v models.Visibility) *gorm.DB {
	db := r.db
	switch {
	case v.Platform != "" && v.All:
		db = db.Where("access_tokens.platform = ?", v.Platform)
	case v.Platform != "":
		db = db.Where("(access_tokens.platform = ?) IS TRUE", v.Platform) // the index of users leads to fewer
	}
	switch {
	case v.All:
		return db
	case len(v.Organizations) == 0:
		return db.Where("access_tokens.user_id = ?", v.UserID)
	}
	own := r.db.Table("access_tokens").Select("id").Where("user_id = ?", v.UserID)
	administered := r.db.Table("access_tokens").Select("access_tokens.id").
		Joins("JOIN applications ON applications.id = access_tokens.application_id").
		Where("applications.organization_id IN ?", v.Organizations)
	return db.Where("access_tokens.id IN (? UNION ?)", own, administered)
}

// visibleTokensByID is visibleTokens for a list of a few ids: each of these is looked at, instead of all tokens that v shows being listed
// before, of which an administrator may have many.
func (r Reader) visibleTokensByID(v models.Visibility) *gorm.DB {
	if v.All || len(v.Organizations) == 0 {
		return r.visibleTokens(v)
	}
	db := r.db
	if v.Platform != "" {
		db = db.Where("access_tokens.platform = ?", v.Platform)
	}
	return db.Where("access_tokens.user_id = ? OR access_tokens.application_id IN (?)", v.UserID,
		r.db.Table("applications").Select("id").Where("organization_id IN ?", v.Organizations))
}

// AccessTokenHints gives the number of tokens of each application and the first few of them, with id, application and scope only. An
// application without tokens is left out.
func (r Reader) AccessTokenHints(applicationIDs []int64, each int) (map[int64]Page[models.AccessToken], error) {
	pages := map[int64]Page[models.AccessToken]{}
	if len(applicationIDs) == 0 {
		return pages, nil
	}
	var counts []struct {
		ApplicationID int64
		Count         int64
	}
	err := r.db.Table("access_tokens_by_application").Select("application_id, SUM(number) AS count").
		Where("application_id IN ?", applicationIDs).Group("application_id").Having("SUM(number) > 0").Scan(&counts).Error
	if err != nil {
		return nil, translate(err)
	}
	first, err := r.firstTokens(applicationIDs, each)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		pages[c.ApplicationID] = Page[models.AccessToken]{Rows: first[c.ApplicationID], Count: c.Count}
	}
	return pages, nil
}

// firstTokens reads no more of each application's tokens than it returns, in one statement. PostgreSQL would plan each part of a union
// anew, which takes longer the larger the table is; SQLite has no LATERAL, and plans quickly.
func (r Reader) firstTokens(applicationIDs []int64, each int) (map[int64][]models.AccessToken, error) {
	const some = "(SELECT id, application_id, scope FROM access_tokens WHERE application_id = %s ORDER BY id LIMIT ?) AS first"
	first := map[int64][]models.AccessToken{}
	for ids := range slices.Chunk(applicationIDs, 200) {
		sql, args := "SELECT first.* FROM applications CROSS JOIN LATERAL "+fmt.Sprintf(some, "applications.id")+" WHERE applications.id IN ?", []any{each, ids}
		if r.db.Name() == SQLite {
			args = nil
			for _, id := range ids {
				args = append(args, id, r.number(int64(each)))
			}
			sql = strings.Join(slices.Repeat([]string{"SELECT * FROM " + fmt.Sprintf(some, "?")}, len(ids)), " UNION ALL ")
		}
		rows, err := all[models.AccessToken](r.db.Raw(sql+" ORDER BY id", args...))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			first[*row.ApplicationID] = append(first[*row.ApplicationID], row)
		}
	}
	return first, nil
}

// CreateAccessToken stores a new token; ErrNotFound when its user or application is gone meanwhile.
func (tx *Tx) CreateAccessToken(t *models.AccessToken) error {
	if tx.added != nil {
		tx.addToken(t)
		return nil
	}
	if err := tx.hold(subjects{applications: some(t.ApplicationID), users: some(t.UserID)}); err != nil {
		return err
	}
	return tx.insertRow(t)
}

// UpdateAccessToken stores all fields; ErrNotFound.
func (tx *Tx) UpdateAccessToken(t *models.AccessToken) error {
	alone := *tx
	alone.db = tx.only([]int64{t.ID})
	return alone.update(t)
}

// LockAccessToken loads like AccessToken and keeps other transactions from changing it.
func (tx *Tx) LockAccessToken(id int64) (*models.AccessToken, error) {
	token, err := tx.AccessToken(id)
	if err != nil {
		return nil, err
	}
	if err := tx.hold(subjects{applications: some(token.ApplicationID), users: some(token.UserID)}); err != nil {
		return nil, err
	}
	if err := tx.claim(subjects{families: []string{token.FamilyID}}); err != nil { // what is narrowed is narrowed for the whole family
		return nil, err
	}
	if _, err := tx.lockRefreshTokensOf(TokenSelection{IDs: []int64{id}}); err != nil {
		return nil, err
	}
	return one[models.AccessToken](tx.locked().Preload("User").Preload("Application").Preload("RefreshToken").Where("id = ?", id))
}

// DeleteAccessTokens deletes the tokens selected and returns those that this transaction deleted, oldest first, with application. Their
// refresh tokens stay and lose their link.
func (tx *Tx) DeleteAccessTokens(selection TokenSelection) ([]models.AccessToken, error) {
	tokens, err := eachSelected(tx, selection, func(some TokenSelection) ([]models.AccessToken, error) {
		linked, err := tx.lockRefreshTokensOf(some)
		if err != nil {
			return nil, err
		}
		tokens, err := all[models.AccessToken](some.on(tx.Reader, tx.locked().Preload("Application")))
		if err != nil {
			return nil, err
		}
		return tokens, tx.unlink(linked)
	}, idOfAccessToken)
	if err != nil {
		return nil, err
	}
	for ids := range slices.Chunk(idsOf(tokens, idOfAccessToken), deletedAtOnce) { // what counts them adds up the more that is alike the more there are
		among, list := tx.among("id", ids)
		if err := tx.only(ids).Where(among, list).Delete(&models.AccessToken{}).Error; err != nil {
			return nil, translate(err)
		}
	}
	return tokens, nil
}
