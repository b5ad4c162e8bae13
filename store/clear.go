package store

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

// The steps of clearing what has expired (contract §6, cleartokens). Each deletes up to most rows and returns their number, so
// that a caller repeats it, one transaction each, until nothing is left. lapsed is now less the lifetime of refresh tokens.

// ClearRevokedRefreshTokens deletes refresh tokens that were revoked before lapsed.
func (tx *Tx) ClearRevokedRefreshTokens(lapsed time.Time, most int) (int64, error) {
	return tx.clear(&models.RefreshToken{}, most, "revoked", "revoked < ?", lapsed)
}

// ClearExpiredRefreshTokens deletes refresh tokens whose access token expired before lapsed, and unrevoked ones without an access
// token that were made before lapsed; none that can still be used, whatever the lifetime was when it was made.
func (tx *Tx) ClearExpiredRefreshTokens(lapsed time.Time, most int) (int64, error) {
	linked, err := tx.clear(&models.RefreshToken{}, most, "", "expires <= ? AND access_token_id IN (SELECT id FROM access_tokens WHERE expires < ?)", tx.now, lapsed)
	if err != nil || linked == int64(most) {
		return linked, err
	}
	alone, err := tx.clear(&models.RefreshToken{}, most-int(linked), "created", "access_token_id IS NULL AND revoked IS NULL AND created < ? AND expires <= ?",
		lapsed, tx.now)
	return linked + alone, err
}

// ClearAccessTokens deletes access tokens that have expired and have no refresh token.
func (tx *Tx) ClearAccessTokens(most int) (int64, error) {
	return tx.clear(&models.AccessToken{}, most, "expires",
		"expires < ? AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.access_token_id = access_tokens.id)", tx.now)
}

// usedCodesKept is how long a used code is kept beyond its expiry, so that it is recognised when it comes again (RFC 6749 §4.1.2).
const usedCodesKept = 24 * time.Hour

// ClearAuthorizationCodes deletes codes that have expired; used ones a day later.
func (tx *Tx) ClearAuthorizationCodes(most int) (int64, error) {
	return tx.clear(&models.AuthorizationCode{}, most, "expires", "expires < ? AND (used IS NULL OR expires < ?)", tx.now, tx.now.Add(-usedCodesKept))
}

// ClearDeviceCodes deletes device codes that have expired, in whatever state.
func (tx *Tx) ClearDeviceCodes(most int) (int64, error) {
	return tx.clear(&models.DeviceCode{}, most, "expires", "expires < ?", tx.now)
}

// clear goes along the index of a column, so that a batch reads little more than it deletes.
func (tx *Tx) clear(model any, most int, along, condition string, args ...any) (int64, error) {
	rows := tx.db.Session(&gorm.Session{}).Model(model).Select("id").Where(condition, args...).Order(along).Limit(most)
	result := tx.db.Where("id IN (?)", rows).Delete(model)
	return result.RowsAffected, translate(result.Error)
}
