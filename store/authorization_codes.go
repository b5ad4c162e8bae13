package store

import "gatehouse/models"

// RedeemAuthorizationCode marks a live code used and returns it (RFC 6749 §4.1.2). Of several callers exactly one succeeds; the
// others get the code and ErrReplayed, and owe the revocation of its family (RFC 6749 §10.5). An unknown code is ErrNotFound. Within Issue it is decided at the end who succeeds.
func (tx *Tx) RedeemAuthorizationCode(digest models.Digest) (*models.AuthorizationCode, error) {
	presented, err := tx.AuthorizationCodeByDigest(digest)
	if err != nil {
		return nil, err
	}
	if tx.added != nil {
		return tx.redeemLater(presented)
	}
	if err := tx.hold(hangingOn(presented)); err != nil {
		return nil, err
	}
	result := tx.db.Model(&models.AuthorizationCode{}).Where("digest = ? AND used IS NULL", digest).Update("used", tx.now)
	if result.Error != nil {
		return nil, translate(result.Error)
	}
	code, err := tx.AuthorizationCodeByDigest(digest)
	if err == nil && result.RowsAffected == 0 {
		return code, ErrReplayed
	}
	return code, err
}

// hangingOn is what a code and its tokens hang on.
func hangingOn(code *models.AuthorizationCode) subjects {
	return subjects{applications: []int64{code.ApplicationID}, users: []int64{code.UserID}, families: []string{code.FamilyID}}
}

// AuthorizationCodeByDigest loads the code that is presented, in whatever state; ErrNotFound.
func (r Reader) AuthorizationCodeByDigest(digest models.Digest) (*models.AuthorizationCode, error) {
	return one[models.AuthorizationCode](r.db.Where("digest = ?", digest))
}

// CreateAuthorizationCode stores a new code; ErrNotFound when its user or application is gone meanwhile.
func (tx *Tx) CreateAuthorizationCode(code *models.AuthorizationCode) error {
	if err := tx.hold(subjects{applications: []int64{code.ApplicationID}, users: []int64{code.UserID}}); err != nil {
		return err
	}
	return tx.insert(code)
}

// DeleteAuthorizationCodes deletes the codes that a user gave to an application.
func (tx *Tx) DeleteAuthorizationCodes(applicationID, userID int64) error {
	return translate(tx.db.Where("application_id = ? AND user_id = ?", applicationID, userID).Delete(&models.AuthorizationCode{}).Error)
}
