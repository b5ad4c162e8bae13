package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

// TokenSelection names access tokens, or refresh tokens, by what all of them share. Fields that are zero do not narrow.
type TokenSelection struct {
	IDs           []int64
	UserID        int64 // of an access token: whom it acts as; of a refresh token: for whom it was made
	SubjectUserID int64 // refresh tokens only: whom its access tokens act as
	ApplicationID int64
	FamilyID      string
	Platform      models.Platform
	RefreshTokens []int64 // access tokens only: those that were issued with one of these refresh tokens
	Limit         int     // at most so many at once; fewer come back only when no other was left
}

func (s TokenSelection) on(db *gorm.DB) *gorm.DB {
	if s.IDs != nil {
		db = db.Where("id IN ?", s.IDs)
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
		db = db.Where("family_id = ?", s.FamilyID)
	}
	if s.Platform != "" {
		db = db.Where("platform = ?", s.Platform)
	}
	if s.RefreshTokens != nil {
		db = db.Where("id IN (SELECT access_token_id FROM refresh_tokens WHERE id IN ?)", s.RefreshTokens)
	}
	if s.Limit > 0 {
		db = db.Limit(s.Limit)
	}
	return db.Order("id")
}

// lockRefreshTokensOf locks the refresh tokens that were issued with the access tokens selected. Rotation takes the refresh token first
// and then its access token; what takes both in the other order meets it in a deadlock, which costs a second and a repeat.
func (tx *Tx) lockRefreshTokensOf(accessTokens TokenSelection) error {
	if tx.db.Name() == SQLite {
		return nil // one writer
	}
	var ids []int64
	selected := accessTokens.on(tx.db.Model(&models.AccessToken{}).Select("id"))
	err := tx.locked().Model(&models.RefreshToken{}).Where("access_token_id IN (?)", selected).Order("id").Pluck("id", &ids).Error
	return translate(err)
}

// eachSelected locks the rows selected, oldest first, lets change have them, and returns them. It comes back with fewer than the limit
// only when none is left: PostgreSQL leaves out of a locked reading the rows that another transaction took away while it waited, and
// cannot show what that one put in their place, such as the successor of a rotated refresh token.
func eachSelected[T any](tx *Tx, selection TokenSelection, condition string, change func([]T) error) ([]T, error) {
	var done []T
	for {
		rows, err := all[T](selection.on(tx.locked().Where(condition)))
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			if err := change(rows); err != nil {
				return nil, err
			}
		}
		done = append(done, rows...)
		if selection.IDs != nil || selection.Limit > 0 && len(rows) == selection.Limit {
			return done, nil
		}
		selection.Limit = max(0, selection.Limit-len(rows))
		var left []int64 // read without a lock, so that what is being taken away is among them until what replaces it can be seen
		err = selection.on(tx.db.Model(new(T)).Where(condition)).Limit(1).Pluck("id", &left).Error
		if err != nil || len(left) == 0 {
			return done, translate(err)
		}
	}
}
