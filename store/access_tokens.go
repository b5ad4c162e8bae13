package store

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

var accessTokenList = &resource{
	table: "access_tokens",
	columns: map[string]column{
		"id":                         {sql: "access_tokens.id", kind: idColumn},
		"user":                       {sql: "access_tokens.user_id", kind: idColumn},
		"user__id":                   {sql: "access_tokens.user_id", kind: idColumn},
		"user__username":             {sql: "users.username", join: "user"},
		"application":                {sql: "access_tokens.application_id", kind: idColumn},
		"application__id":            {sql: "access_tokens.application_id", kind: idColumn},
		"application__name":          {sql: "applications.name", join: "application"},
		"application__organization":  {sql: "applications.organization_id", kind: idColumn, join: "application"},
		"scope":                      {sql: "access_tokens.scope"},
		"description":                {sql: "access_tokens.description"},
		"expires":                    {sql: "access_tokens.expires", kind: timeColumn},
		"last_used":                  {sql: "access_tokens.last_used", kind: timeColumn},
		"platform":                   {sql: "access_tokens.platform"},
		"created":                    {sql: "access_tokens.created", kind: timeColumn},
		"modified":                   {sql: "access_tokens.modified", kind: timeColumn},
		"created_by":                 {sql: "access_tokens.created_by", kind: idColumn},
		"modified_by":                {sql: "access_tokens.modified_by", kind: idColumn},
		"token":                      {kind: secretColumn},
		"refresh_token":              {sql: "(SELECT r.id FROM refresh_tokens r WHERE r.access_token_id = access_tokens.id)", kind: idColumn},
		"refresh_token__token":       {kind: secretColumn},
		"application__client_secret": {kind: secretColumn},
		"user__password":             {kind: secretColumn},
	},
	joins: map[string]string{
		"user":        "LEFT JOIN users ON users.id = access_tokens.user_id",
		"application": "LEFT JOIN applications ON applications.id = access_tokens.application_id",
	},
	search: []string{"description", "user__username", "application__name"},
	order:  []Order{{Field: "id"}},
}

func (r Reader) accessTokens() *gorm.DB {
	return r.db.Preload("User").Preload("Application").Preload("RefreshToken")
}

// AccessToken loads a token with its user, application and refresh token; ErrNotFound.
func (r Reader) AccessToken(id int64) (*models.AccessToken, error) {
	return one[models.AccessToken](r.accessTokens().Where("id = ?", id))
}

// AccessTokenByDigest loads the token whose value is presented, expired or not, with application, and with the user and the user's
// memberships; ErrNotFound.
func (r Reader) AccessTokenByDigest(digest models.Digest) (*models.AccessToken, error) {
	return one[models.AccessToken](r.db.Preload("User.Memberships").Preload("Application").Where("digest = ?", digest))
}

// AccessTokens lists tokens with user, application and refresh token.
func (r Reader) AccessTokens(q Query, v models.Visibility) (Page[models.AccessToken], error) {
	db := r.db
	if v.Platform != "" {
		db = db.Where("access_tokens.platform = ?", v.Platform)
	}
	if !v.All {
		administered := r.db.Table("applications").Select("id").Where("organization_id IN ?", v.Organizations)
		db = db.Where("access_tokens.user_id = ? OR access_tokens.application_id IN (?)", v.UserID, administered)
	}
	return list[models.AccessToken](db, accessTokenList, q, "User", "Application", "RefreshToken")
}

// AccessTokenHints gives the number of tokens of an application and the first few of them.
func (r Reader) AccessTokenHints(applicationIDs []int64, each int) (map[int64]Page[models.AccessToken], error) {
	pages := map[int64]Page[models.AccessToken]{}
	var counts []struct {
		ApplicationID int64
		Count         int64
	}
	err := r.db.Model(&models.AccessToken{}).Select("application_id, count(*) AS count").
		Where("application_id IN ?", applicationIDs).Group("application_id").Scan(&counts).Error
	if err != nil {
		return nil, translate(err)
	}
	ranked := r.db.Model(&models.AccessToken{}).Where("application_id IN ?", applicationIDs).
		Select("*, row_number() OVER (PARTITION BY application_id ORDER BY id) AS place")
	rows, err := all[models.AccessToken](r.db.Table("(?) AS ranked", ranked).Select("id, application_id, scope").Where("place <= ?", each).Order("id"))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		page := pages[*row.ApplicationID]
		page.Rows = append(page.Rows, row)
		pages[*row.ApplicationID] = page
	}
	for _, c := range counts {
		page := pages[c.ApplicationID]
		page.Count = c.Count
		pages[c.ApplicationID] = page
	}
	return pages, nil
}

// CreateAccessToken stores a new token; ErrNotFound when its user or application is gone meanwhile.
func (tx *Tx) CreateAccessToken(t *models.AccessToken) error { return tx.insert(t) }

// UpdateAccessToken stores all fields; ErrNotFound.
func (tx *Tx) UpdateAccessToken(t *models.AccessToken) error { return tx.update(t) }

// LockAccessToken loads like AccessToken and keeps other transactions from changing it.
func (tx *Tx) LockAccessToken(id int64) (*models.AccessToken, error) {
	if err := tx.lockRefreshTokensOf(TokenSelection{IDs: []int64{id}}); err != nil {
		return nil, err
	}
	return one[models.AccessToken](tx.locked().Preload("User").Preload("Application").Preload("RefreshToken").Where("id = ?", id))
}

// DeleteAccessTokens deletes the tokens selected and returns those that this transaction deleted, oldest first. Their refresh
// tokens stay and lose their link.
func (tx *Tx) DeleteAccessTokens(selection TokenSelection) ([]models.AccessToken, error) {
	if err := tx.lockRefreshTokensOf(selection); err != nil {
		return nil, err
	}
	return eachSelected(tx, selection, "", func(tokens []models.AccessToken) error {
		ids := make([]int64, len(tokens))
		for n, token := range tokens {
			ids[n] = token.ID
		}
		return translate(tx.db.Where("id IN ?", ids).Delete(&models.AccessToken{}).Error)
	})
}

// SetLastUsed notes that a token was used, at most once a minute for each token: a newer time stays.
func (tx *Tx) SetLastUsed(id int64, at time.Time, address string) error {
	return translate(tx.db.Model(&models.AccessToken{}).
		Where("id = ? AND (last_used IS NULL OR last_used <= ?)", id, at.Add(-time.Minute)).
		Updates(map[string]any{"last_used": at, "last_used_address": address}).Error)
}
