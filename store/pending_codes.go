package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

// DeletePendingCodes deletes the authorization codes and device codes of the user and platform that a selection names, or all of them, that
// could still be redeemed for tokens.
func (tx *Tx) DeletePendingCodes(selection TokenSelection) error {
	if selection.empty() {
		return errEmptySelection
	}
	if err := tx.claim(selection.claimed()); err != nil {
		return err
	}
	of := func(pending *gorm.DB) *gorm.DB {
		if selection.UserID != 0 {
			pending = pending.Where("user_id = ?", selection.UserID)
		}
		if selection.Platform != "" {
			pending = pending.Where("application_id IN (SELECT id FROM applications WHERE platform = ?)", selection.Platform)
		}
		return pending
	}
	if err := of(tx.db.Where("used IS NULL")).Delete(&models.AuthorizationCode{}).Error; err != nil {
		return translate(err)
	}
	return translate(of(tx.db.Where("state <> ?", models.DeviceRedeemed)).Delete(&models.DeviceCode{}).Error)
}
