package store

import (
	"errors"

	"gatehouse/models"
)

// resourceRow is a row of the table that keeps each of the applications' resources unique (RFC 8707).
type resourceRow struct {
	URI           string `gorm:"column:uri;primaryKey"`
	ApplicationID int64
}

func (resourceRow) TableName() string { return "resources" }

// ResourceKnown reports whether an application has registered the resource.
func (r Reader) ResourceKnown(uri string) (bool, error) {
	_, err := named[resourceRow](r.db.Where("uri = ?", uri), uri)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// setResources makes the application's resources its own; one that another application has is ErrResourceTaken.
func (tx *Tx) setResources(a *models.Application) error {
	if err := tx.db.Where("application_id = ?", a.ID).Delete(&resourceRow{}).Error; err != nil {
		return translate(err)
	}
	for _, uri := range a.ResourceURIs {
		err := tx.insert(&resourceRow{URI: uri, ApplicationID: a.ID})
		if errors.Is(err, ErrConflict) {
			return ErrResourceTaken
		}
		if err != nil {
			return err
		}
	}
	return nil
}
