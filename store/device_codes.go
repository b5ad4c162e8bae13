package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

// CreateDeviceCode stores a new code; ErrConflict when its user code is another's, which is tried again with a new one, and
// ErrNotFound when its application is gone meanwhile.
func (tx *Tx) CreateDeviceCode(code *models.DeviceCode) error {
	if err := tx.hold(subjects{applications: []int64{code.ApplicationID}}); err != nil {
		return err
	}
	return tx.insert(code)
}

// DeviceCodeByDigest loads the code that is presented, in whatever state; ErrNotFound.
func (r Reader) DeviceCodeByDigest(digest models.Digest) (*models.DeviceCode, error) {
	return one[models.DeviceCode](r.db.Where("digest = ?", digest))
}

// pendingCode narrows to the code with this user code, as long as it can be decided.
func (tx *Tx) pendingCode(userCode models.Digest) *gorm.DB {
	return tx.db.Model(&models.DeviceCode{}).Where("user_code_digest = ? AND state = ? AND expires > ?", userCode, models.DevicePending, tx.now)
}

// ClaimDeviceCode binds a pending code to the first user who enters its user code, and returns it with its application and
// organization: nobody else can decide it from then on. A code that is unknown, decided, expired or somebody else's is ErrNotFound.
func (tx *Tx) ClaimDeviceCode(userCode models.Digest, userID int64) (*models.DeviceCode, error) {
	entered, err := one[models.DeviceCode](tx.db.Where("user_code_digest = ?", userCode))
	if err != nil {
		return nil, err
	}
	if err := tx.hold(subjects{applications: []int64{entered.ApplicationID}, users: []int64{userID}}); err != nil {
		return nil, err
	}
	result := tx.pendingCode(userCode).Where("(user_id IS NULL OR user_id = ?)", userID).Update("user_id", userID)
	if result.Error != nil || result.RowsAffected == 0 {
		return nil, missed(result)
	}
	return one[models.DeviceCode](tx.db.Preload("Application.Organization").Where("id = ?", entered.ID))
}

// DecideDeviceCode approves or denies the pending code that the user entered, and returns it. ErrNotFound as for ClaimDeviceCode, and
// when the user did not enter it.
func (tx *Tx) DecideDeviceCode(userCode models.Digest, userID int64, state models.DeviceState) (*models.DeviceCode, error) {
	result := tx.pendingCode(userCode).Where("user_id = ?", userID).Update("state", state)
	if result.Error != nil || result.RowsAffected == 0 {
		return nil, missed(result)
	}
	return one[models.DeviceCode](tx.db.Where("user_code_digest = ?", userCode))
}

// DeleteDeviceCodes deletes the codes of an application that a user has entered.
func (tx *Tx) DeleteDeviceCodes(applicationID, userID int64) error {
	return translate(tx.db.Where("application_id = ? AND user_id = ?", applicationID, userID).Delete(&models.DeviceCode{}).Error)
}

// missed is the error of a change that found no row.
func missed(result *gorm.DB) error {
	if result.Error != nil {
		return translate(result.Error)
	}
	return ErrNotFound
}

// LockPendingDeviceCode loads a code and keeps other polls from it until the transaction ends; ErrNotFound when it is no longer pending.
func (tx *Tx) LockPendingDeviceCode(id int64) (*models.DeviceCode, error) {
	return one[models.DeviceCode](tx.locked().Where("id = ? AND state = ?", id, models.DevicePending))
}

// NotePoll remembers that a device asked now, and the seconds that it has to leave until it asks again.
func (tx *Tx) NotePoll(id, intervalSeconds int64) error {
	return translate(tx.db.Model(&models.DeviceCode{}).Where("id = ?", id).
		Updates(map[string]any{"last_polled": tx.now, "interval_seconds": intervalSeconds}).Error)
}

// RedeemDeviceCode marks an approved code used (RFC 8628 §3.5). Of several callers exactly one succeeds; the others get ErrReplayed. A
// code that is gone meanwhile is ErrNotFound.
func (tx *Tx) RedeemDeviceCode(code *models.DeviceCode) error {
	err := tx.hold(subjects{applications: []int64{code.ApplicationID}, users: some(code.UserID), families: []string{code.FamilyID}})
	if err != nil {
		return err
	}
	result := tx.db.Model(&models.DeviceCode{}).Where("id = ? AND state = ?", code.ID, models.DeviceApproved).Update("state", models.DeviceRedeemed)
	if result.Error != nil || result.RowsAffected == 1 {
		return translate(result.Error)
	}
	if _, err := tx.DeviceCodeByDigest(code.Digest); err != nil {
		return err
	}
	return ErrReplayed
}
