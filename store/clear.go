package store

import (
	"cmp"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

// A Clearing names the rows of one kind that have expired and that nothing needs any more (contract §6, cleartokens). Their ids are found
// first, with Clearable, and then Clear deletes them, some in each transaction. lapsed is now less the lifetime of refresh tokens.
type Clearing struct {
	model     any
	along     string // the column of the index that leads to them
	condition string
	args      []any
	still     string // the condition as it is tried on each row that was found, "" for the same
}

// RevokedRefreshTokens were revoked before lapsed.
func RevokedRefreshTokens(lapsed time.Time) Clearing {
	return Clearing{model: &models.RefreshToken{}, along: "revoked", condition: "revoked < ?", args: []any{lapsed}}
}

// ExpiredRefreshTokens are those whose access token expired before lapsed; none that can still be used, whatever the lifetime was when
// it was made.
func ExpiredRefreshTokens(now, lapsed time.Time) Clearing {
	return Clearing{model: &models.RefreshToken{}, condition: "expires <= ? AND access_token_id IN (SELECT id FROM access_tokens WHERE expires < ?)", args: []any{now, lapsed},
		still: "expires <= ? AND EXISTS (SELECT 1 FROM access_tokens AS a WHERE a.id = refresh_tokens.access_token_id AND a.expires < ?)"}
}

// LoneRefreshTokens are unrevoked ones without an access token that were made before lapsed and cannot be used.
func LoneRefreshTokens(now, lapsed time.Time) Clearing {
	return Clearing{model: &models.RefreshToken{}, along: "created", condition: "access_token_id IS NULL AND revoked IS NULL AND created < ? AND expires <= ?", args: []any{lapsed, now}}
}

// ExpiredAccessTokens have no refresh token.
func ExpiredAccessTokens(now time.Time) Clearing {
	return Clearing{model: &models.AccessToken{}, along: "expires", condition: "expires < ? AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.access_token_id = access_tokens.id)", args: []any{now}}
}

// usedCodesKept is how long a used code is kept beyond its expiry, so that it is recognised when it comes again (RFC 6749 §4.1.2).
const usedCodesKept = 24 * time.Hour

// ExpiredAuthorizationCodes have expired; used ones a day ago.
func ExpiredAuthorizationCodes(now time.Time) Clearing {
	return Clearing{model: &models.AuthorizationCode{}, along: "expires", condition: "expires < ? AND (used IS NULL OR expires < ?)", args: []any{now, now.Add(-usedCodesKept)}}
}

// ExpiredDeviceCodes have expired in whatever state.
func ExpiredDeviceCodes(now time.Time) Clearing {
	return Clearing{model: &models.DeviceCode{}, along: "expires", condition: "expires < ?", args: []any{now}}
}

// ExpiredReplacedTokens are old values that are taken no more.
func ExpiredReplacedTokens(now time.Time) Clearing {
	return Clearing{model: &models.ReplacedToken{}, along: "expires", condition: "expires <= ?", args: []any{now}}
}

// ExpiredSessions are those whose expiry is past.
func ExpiredSessions(now time.Time) Clearing {
	return Clearing{model: &models.Session{}, along: "expires", condition: "expires <= ?", args: []any{now}}
}

// Clearable finds up to most rows to clear, and gives their ids, lowest first: those that stand together in the table and in most of its indexes then
// go together, however their times are scattered.
func (r Reader) Clearable(c Clearing, most int) ([]int64, error) {
	var ids []int64
	err := r.db.Model(c.model).Where(c.condition, c.args...).Order(c.along).Limit(most).Pluck("id", &ids).Error
	slices.Sort(ids)
	return ids, translate(err)
}

// Clear deletes the rows with these ids that are still to be cleared, and returns their number.
func (tx *Tx) Clear(c Clearing, ids []int64) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	among, list := tx.among("id", ids)
	db := tx.db
	if _, tokens := c.model.(*models.AccessToken); tokens {
		db = tx.only(ids)
	}
	result := db.Session(&gorm.Session{}).Where(among, list).Where(cmp.Or(c.still, c.condition), c.args...).Delete(c.model)
	return result.RowsAffected, translate(result.Error)
}
