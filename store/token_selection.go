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
	RefreshTokens []int64 // access tokens only: those that were issued with one of these refresh tokens
	Limit         int     // at most so many at once; fewer come back only when no other was left
}

// errEmptySelection is a mistake of the caller.
var errEmptySelection = errors.New("the selection names no tokens")

func (s TokenSelection) empty() bool {
	return !s.Everything && s.IDs == nil && s.UserID == 0 && s.SubjectUserID == 0 && s.ApplicationID == 0 && s.FamilyID == "" &&
		s.Platform == "" && s.RefreshTokens == nil
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
		db = db.Where("family_id = ? AND family_id <> ''", s.FamilyID) // said twice: SQLite needs it to use the partial index
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

// selectedAtOnce bounds the rows, and so the parameters, of one statement.
const selectedAtOnce = 1000

// eachSelected locks the rows selected, oldest first, lets change have them, some at a time, and returns them. It comes back with fewer
// than the limit only when none is left: PostgreSQL leaves out of a locked reading the rows that another transaction took away while it
// waited, and cannot show what that one put in their place, such as the successor of a rotated refresh token.
func eachSelected[T any](selection TokenSelection, take func(TokenSelection) ([]T, error), left func(TokenSelection) (bool, error)) ([]T, error) {
	if selection.empty() {
		return nil, errEmptySelection
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
		if most > 0 && len(done) == most {
			return done, nil
		}
		if len(rows) == selection.Limit {
			continue
		}
		if more, err := left(selection); err != nil || !more {
			return done, err
		}
	}
}

// anyLeft reports whether the selection still finds rows. It reads without a lock, so that what another transaction is taking away is
// among them until what replaces it can be seen.
func (tx *Tx) anyLeft(selection TokenSelection, model any, condition string) (bool, error) {
	if selection.IDs != nil {
		return false, nil // what goes away is not replaced under its id
	}
	var ids []int64
	selection.Limit = 1
	err := selection.on(tx.db.Model(model).Where(condition)).Pluck("id", &ids).Error
	return len(ids) > 0, translate(err)
}

func idsOf[T any](rows []T, id func(*T) int64) []int64 {
	ids := make([]int64, len(rows))
	for n := range rows {
		ids[n] = id(&rows[n])
	}
	return ids
}
