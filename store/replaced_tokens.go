package store

import (
	"gatehouse/models"
)

// replacedToken loads the token that had the value before it was regenerated, while that is still taken; ErrNotFound. It expires when the
// old value does.
func (r Reader) replacedToken(digest models.Digest) (*models.AccessToken, error) {
	replaced, err := one[models.ReplacedToken](r.db.Where("digest = ? AND expires > ?", digest, r.now))
	if err != nil {
		return nil, err
	}
	token, err := r.bearer("t.id = ?", replaced.AccessTokenID)
	if err != nil {
		return nil, err
	}
	if replaced.Expires.Before(token.Expires) {
		token.Expires = replaced.Expires
	}
	return token, nil
}

// ReplaceToken stores a token whose value is a new one. The old value works until the time given, and one from before that no more.
func (tx *Tx) ReplaceToken(t *models.AccessToken, old models.ReplacedToken) error {
	if err := translate(tx.db.Where("access_token_id = ?", t.ID).Delete(&models.ReplacedToken{}).Error); err != nil {
		return err
	}
	if err := tx.update(t); err != nil || !old.Expires.After(tx.now) {
		return err
	}
	return tx.insert(&old)
}
