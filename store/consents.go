package store

import (
	"gorm.io/gorm/clause"

	"gatehouse/models"
)

// Consent loads what the user granted to the application for the redirect URI; ErrNotFound.
func (r Reader) Consent(userID, applicationID int64, redirectURI string) (*models.Consent, error) {
	return named[models.Consent](r.db.Where("user_id = ? AND application_id = ? AND redirect_uri = ?", userID, applicationID, redirectURI),
		redirectURI)
}

// Consents lists what the user granted, by the application's name, with the applications and their organizations.
func (r Reader) Consents(userID int64) ([]models.Consent, error) {
	return all[models.Consent](r.db.Preload("Application.Organization").Joins("JOIN applications ON applications.id = consents.application_id").
		Where("consents.user_id = ?", userID).Order("applications.name, consents.id"))
}

// ConsentedScopes lists what the user granted to the application, one scope for each redirect URI; "" is one
// that was dropped.
func (r Reader) ConsentedScopes(userID, applicationID int64) ([]models.Scope, error) {
	var scopes []models.Scope
	err := r.db.Model(&models.Consent{}).Where("user_id = ? AND application_id = ?", userID, applicationID).Order("id").Pluck("scope", &scopes).Error
	return scopes, translate(err)
}

// KeepConsent stores a consent in place of an earlier one for the same user, application and redirect URI.
func (tx *Tx) KeepConsent(c *models.Consent) error {
	return translate(tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "application_id"}, {Name: "redirect_uri"}},
		DoUpdates: clause.AssignmentColumns([]string{"scope", "audience", "modified"}),
	}).Create(c).Error)
}

// DropConsentsOf forgets what the user granted to the application; ErrNotFound when that was nothing.
func (tx *Tx) DropConsentsOf(userID, applicationID int64) error {
	return deleted(tx.db.Where("user_id = ? AND application_id = ?", userID, applicationID).Delete(&models.Consent{}))
}

// DropConsents makes all consents to the application cover nothing any more, as when its redirect URIs change. The rows stay: that
// people were asked still bounds what their tokens may become, and can still be withdrawn. What they granted to a device needs no redirect.
func (tx *Tx) DropConsents(applicationID int64) error {
	return translate(tx.db.Model(&models.Consent{}).Where("application_id = ? AND redirect_uri <> ''", applicationID).Update("scope", "").Error)
}
