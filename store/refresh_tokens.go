package store

import (
	"errors"

	"gorm.io/gorm"

	"gatehouse/models"
)

// Why a refresh token is revoked.
const (
	ReasonRotated = "rotated"
	ReasonRevoked = "revoked"
)

// RefreshTokenByDigest loads the token whose value is presented, in whatever state, with its access token and application; ErrNotFound.
func (r Reader) RefreshTokenByDigest(digest models.Digest) (*models.RefreshToken, error) {
	return presentedRefreshTokens.one(r.db, "t.digest = ?", digest)
}

var (
	refreshTokens          = rowsOfModel[models.RefreshToken]()
	presentedRefreshTokens = rowsOfModel[models.RefreshToken](ofApplication, join{field: "AccessToken", on: "{it}.id = {row}.access_token_id"})
	rotatedRefreshTokens   = rowsOfModel[models.RefreshToken](ofApplication)
	accessTokens           = rowsOfModel[models.AccessToken]()
)

// CreateRefreshToken stores a new token.
func (tx *Tx) CreateRefreshToken(t *models.RefreshToken) error {
	if tx.added != nil {
		tx.added.refreshes = append(tx.added.refreshes, t)
		return nil
	}
	return tx.insertRow(t)
}

// RotateRefreshToken marks a live refresh token used, and returns it with application and with the access token that it has let go of, which the
// caller then deletes (RFC 6749 §6, RFC 9700 §4.14.2). Of several callers exactly one succeeds; the others get the token and ErrReplayed. ErrNotFound.
func (tx *Tx) RotateRefreshToken(digest models.Digest) (*models.RefreshToken, error) {
	if tx.added != nil {
		return tx.rotateLater(digest)
	}
	presented, err := refreshTokens.one(tx.db, "t.digest = ?", digest)
	if err != nil {
		return nil, err
	}
	err = tx.hold(subjects{applications: []int64{presented.ApplicationID}, users: some(presented.UserID, presented.SubjectUserID),
		families: []string{presented.FamilyID}})
	if err != nil {
		return nil, err
	}
	result := tx.db.Exec("UPDATE refresh_tokens SET revoked = ?, reason = ?, access_token_id = NULL WHERE digest = ? AND revoked IS NULL", tx.now, ReasonRotated, digest)
	if result.Error != nil {
		return nil, translate(result.Error)
	}
	if result.RowsAffected == 0 {
		token, err := tx.RefreshTokenByDigest(digest)
		if err != nil {
			return nil, err
		}
		return token, ErrReplayed
	}
	token, err := rotatedRefreshTokens.one(tx.db, "t.digest = ?", digest)
	if err != nil || presented.AccessTokenID == nil {
		return token, err
	}
	token.AccessToken, err = accessTokens.one(tx.db, "t.id = ?", *presented.AccessTokenID)
	if errors.Is(err, ErrNotFound) { // it went before the refresh token was held
		return token, nil
	}
	return token, err
}

// DeleteRotated deletes the access token that a refresh token, rotated in this transaction, has let go of; false where somebody else has.
func (tx *Tx) DeleteRotated(t *models.AccessToken) (bool, error) {
	if tx.added != nil {
		tx.added.deleted = append(tx.added.deleted, t)
		return true, nil
	}
	result := tx.only([]int64{t.ID}).Exec("DELETE FROM access_tokens WHERE id = ?", t.ID)
	return result.RowsAffected > 0, translate(result.Error)
}

// Successors lists the refresh tokens that were made from the one with the id, oldest first, in whatever state, with their access tokens.
func (r Reader) Successors(id int64) ([]models.RefreshToken, error) {
	return all[models.RefreshToken](r.db.Preload("AccessToken").Where("parent_id = ?", id).Order("id"))
}

// CountRepeat notes that a used token was answered once more. It reports false, and changes nothing, when that was so as often as most
// already.
func (tx *Tx) CountRepeat(id int64, most int) (bool, error) {
	result := tx.db.Model(&models.RefreshToken{}).Where("id = ? AND repeats < ?", id, most).Update("repeats", gorm.Expr("repeats + 1"))
	return result.RowsAffected > 0, translate(result.Error)
}

// RevokeRefreshTokens marks the live tokens selected as revoked for the reason, and returns those that this transaction marked,
// oldest first, with application. Revoked ones (ReasonRevoked) have let go of their access tokens, which they still name and which are the
// caller's to delete. A token that another transaction is rotating is waited for, and
// its successor is revoked in its place, unless nothing is claimed.
func (tx *Tx) RevokeRefreshTokens(selection TokenSelection, reason string) ([]models.RefreshToken, error) {
	return tx.eachRefreshToken(selection, "revoked IS NULL", func(tokens []models.RefreshToken, ids []int64) error {
		now := tx.now
		for n := range tokens {
			tokens[n].Revoked, tokens[n].Reason = &now, reason
		}
		changes := map[string]any{"revoked": now, "reason": reason}
		if reason == ReasonRevoked {
			changes["access_token_id"] = nil
		}
		among, list := tx.among("id", ids)
		return tx.db.Model(&models.RefreshToken{}).Where(among, list).Updates(changes).Error
	})
}

// DeleteRefreshTokens deletes the tokens selected, in whatever state, and returns them.
func (tx *Tx) DeleteRefreshTokens(selection TokenSelection) ([]models.RefreshToken, error) {
	return tx.eachRefreshToken(selection, "", func(_ []models.RefreshToken, ids []int64) error {
		among, list := tx.among("id", ids)
		return tx.db.Where(among, list).Delete(&models.RefreshToken{}).Error
	})
}

func (tx *Tx) eachRefreshToken(selection TokenSelection, condition string, change func([]models.RefreshToken, []int64) error) ([]models.RefreshToken, error) {
	take := func(some TokenSelection) ([]models.RefreshToken, error) {
		tokens, err := all[models.RefreshToken](some.on(tx.Reader, tx.locked().Preload("Application").Where(condition)))
		if err != nil || len(tokens) == 0 {
			return nil, err
		}
		return tokens, translate(change(tokens, idsOf(tokens, idOfRefreshToken)))
	}
	return eachSelected(tx, selection, take, idOfRefreshToken)
}

// NarrowRefreshTokens takes scope away from the live tokens of a family (contract §12.26).
func (tx *Tx) NarrowRefreshTokens(familyID string, scope models.Scope) error {
	return translate(tx.db.Model(&models.RefreshToken{}).Where("family_id = ? AND revoked IS NULL", familyID).Update("scope", scope).Error)
}
