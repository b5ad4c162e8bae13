package store

import (
	"errors"

	"gorm.io/gorm"

	"gatehouse/models"
)

// TokenSelection names access tokens, or refresh tokens, by what all of them share. Fields that are zero do not narrow; where none
// narrows, Everything has to be set, so that a forgotten id never means all tokens.
type TokenSelection struct {
	Everything    bool
	IDs           []int64
	UserID        int64 // of an access token: whom it acts as; of a refresh token: for whom it was made
	SubjectUserID int64 // refresh tokens only: whom its access tokens act as
	ApplicationID int64
	FamilyID      string
	Platform      models.Platform
	After         int64 // an id; those that come after it
	UpTo          int64 // an id; it and those that come before
	Limit         int   // at most so many at once; fewer come back only when no other was left
	Unclaimed     bool  // others go on issuing tokens like these meanwhile, of which some may be passed over
}

// LastTokens are the ids of the newest refresh token and access token, 0 where there is none.
func (r Reader) LastTokens() (refresh, access int64, err error) {
	err = r.db.Raw("SELECT COALESCE((SELECT max(id) FROM refresh_tokens), 0), COALESCE((SELECT max(id) FROM access_tokens), 0)").Row().Scan(&refresh, &access)
	return refresh, access, translate(err)
}

// FirstToken is the lowest id of a refresh token or an access token, 0 where there is none.
func (r Reader) FirstToken() (int64, error) {
	var id int64
	err := r.db.Raw("SELECT COALESCE(min(id), 0) FROM (SELECT min(id) AS id FROM refresh_tokens UNION ALL SELECT min(id) FROM access_tokens) AS first").Row().Scan(&id)
	return id, translate(err)
}

// errEmptySelection is a mistake of the caller.
var errEmptySelection = errors.New("the selection names no tokens")

func (s TokenSelection) empty() bool {
	return !s.Everything && s.IDs == nil && s.UserID == 0 && s.SubjectUserID == 0 && s.ApplicationID == 0 && s.FamilyID == "" &&
		s.Platform == ""
}

func (s TokenSelection) on(r Reader, db *gorm.DB) *gorm.DB {
	if s.IDs != nil {
		among, list := r.among("id", s.IDs)
		db = db.Where(among, list)
	}
	if s.UserID != 0 {
		db = db.Where("user_id = ?", s.UserID)
	}
	if s.SubjectUserID != 0 {
		db = db.Where("subject_user_id = ?", s.SubjectUserID)
	}
	if s.ApplicationID != 0 {
		db = db.Where("application_id = ?", s.ApplicationID)
	}
	if s.FamilyID != "" {
		db = db.Where("family_id = ? AND family_id <> ''", s.FamilyID) // said twice: SQLite needs it to use the partial index
	}
	if s.Platform != "" {
		db = db.Where("platform = ?", s.Platform)
	}
	if s.After > 0 {
		db = db.Where("id > ?", s.After)
	}
	if s.UpTo > 0 {
		db = db.Where("id <= ?", s.UpTo)
	}
	if s.Limit > 0 {
		db = db.Limit(s.Limit)
	}
	return db.Order("id")
}

// lockRefreshTokensOf locks the refresh tokens that were issued with the access tokens selected, and gives their ids, none on SQLite. Rotation takes the refresh token first
// and then its access token; what takes both in the other order meets it in a deadlock, which costs a second and a repeat.
func (tx *Tx) lockRefreshTokensOf(accessTokens TokenSelection) ([]int64, error) {
	if tx.db.Name() == SQLite {
		return nil, nil // one writer
	}
	var ids []int64
	selected := accessTokens.on(tx.Reader, tx.db.Model(&models.AccessToken{}).Select("id"))
	err := tx.locked().Model(&models.RefreshToken{}).Where("access_token_id IN (?)", selected).Order("id").Pluck("id", &ids).Error
	return ids, translate(err)
}

// unlink takes their access tokens, which are about to go, from many refresh tokens. The foreign key does the same, in a statement for each.
func (tx *Tx) unlink(refreshTokens []int64) error {
	if len(refreshTokens) < 2 {
		return nil
	}
	among, list := tx.among("id", refreshTokens)
	return translate(tx.db.Model(&models.RefreshToken{}).Where(among, list).Update("access_token_id", nil).Error)
}

const (
	selectedAtOnce = 1000   // rows that one statement looks up; of many more PostgreSQL reads the whole table of refresh tokens
	deletedAtOnce  = 16_000 // that one deletes
)

// claimed is what the selection names, other than by id: while its tokens are changed, no other transaction puts one in place of one that
// it took away, such as the successor of a rotated refresh token.
func (s TokenSelection) claimed() subjects {
	all := subjects{families: []string{s.FamilyID}}
	if s.ApplicationID != 0 {
		all.applications = []int64{s.ApplicationID}
	}
	for _, id := range []int64{s.UserID, s.SubjectUserID} {
		if id != 0 {
			all.users = append(all.users, id)
		}
	}
	all.everything = len(all.stripes()) == 0 && (s.Everything || s.Platform != "")
	return all
}

// eachSelected lets take lock the rows selected, and change them, oldest first, some at a time, and returns them. It comes back with fewer than
// the limit only when none is left.
func eachSelected[T any](tx *Tx, selection TokenSelection, take func(TokenSelection) ([]T, error), id func(*T) int64) ([]T, error) {
	if selection.empty() {
		return nil, errEmptySelection
	}
	if !selection.Unclaimed {
		if err := tx.claim(selection.claimed()); err != nil {
			return nil, err
		}
	}
	var done []T
	for most := selection.Limit; ; {
		selection.Limit = selectedAtOnce
		if most > 0 {
			selection.Limit = min(most-len(done), selectedAtOnce)
		}
		rows, err := take(selection)
		if err != nil {
			return nil, err
		}
		done = append(done, rows...)
		if len(rows) < selection.Limit || len(done) == most {
			return done, nil
		}
		selection.After = id(&rows[len(rows)-1])
	}
}

func idOfAccessToken(t *models.AccessToken) int64 { return t.ID }

func idOfRefreshToken(t *models.RefreshToken) int64 { return t.ID }

func idsOf[T any](rows []T, id func(*T) int64) []int64 {
	ids := make([]int64, len(rows))
	for n := range rows {
		ids[n] = id(&rows[n])
	}
	return ids
}
