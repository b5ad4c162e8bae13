package store

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

var applicationList = &resource{
	table: "applications",
	columns: map[string]column{
		"id":                        {sql: "applications.id", kind: idColumn},
		"name":                      {sql: "applications.name"},
		"description":               {sql: "applications.description"},
		"organization":              {sql: "applications.organization_id", kind: idColumn, nullable: true},
		"user":                      {sql: "applications.user_id", kind: idColumn, nullable: true},
		"client_id":                 {sql: "applications.client_id"},
		"client_type":               {sql: "applications.client_type"},
		"authorization_grant_type":  {sql: "applications.authorization_grant_type"},
		"redirect_uris":             {sql: "applications.redirect_uris"},
		"post_logout_redirect_uris": {sql: "applications.post_logout_redirect_uris"},
		"algorithm":                 {sql: "applications.algorithm"},
		"skip_authorization":        {sql: "applications.skip_authorization", kind: boolColumn},
		"require_pkce":              {sql: "applications.require_pkce", kind: boolColumn},
		"introspect_all":            {sql: "applications.introspect_all", kind: boolColumn},
		"platform":                  {sql: "applications.platform"},
		"created":                   {sql: "applications.created", kind: timeColumn},
		"modified":                  {sql: "applications.modified", kind: timeColumn},
		"created_by":                {sql: "applications.created_by", kind: idColumn, nullable: true},
		"modified_by":               {sql: "applications.modified_by", kind: idColumn, nullable: true},
	},
	relations: stamped(map[string]relation{
		"organization":  {to: "organizations", on: "{to}.id = {from}.organization_id", as: "organizations"},
		"user":          {to: "users", on: "{to}.id = {from}.user_id", as: "owners"},
		"tokens":        {to: "access_tokens", on: "{to}.application_id = {from}.id", many: true},
		"access_tokens": {to: "access_tokens", on: "{to}.application_id = {from}.id", many: true}, // as the gateway calls them
	}),
	shown:  []string{"id", "name"},
	search: []string{"name", "description"},
	order:  []Order{{Field: "organization"}, {Field: "name"}},

	visible: Reader.visibleApplications,
	sees:    func(s models.Sight) models.Visibility { return s.Applications },
}

func withApplication(db *gorm.DB) *gorm.DB {
	return db.Preload("Organization").Preload("User").Preload("ClientSecrets")
}

// Application loads an application with its organization, owner and live secrets; ErrNotFound.
func (r Reader) Application(id int64) (*models.Application, error) {
	return one[models.Application](withApplication(r.db).Where("id = ?", id))
}

// ApplicationByName loads like Application, by name and organization; ErrNotFound.
func (r Reader) ApplicationByName(name, organization string) (*models.Application, error) {
	owner, err := r.OrganizationByName(organization)
	if err != nil {
		return nil, err
	}
	return named[models.Application](withApplication(r.db).Where("name = ? AND organization_id = ?", name, owner.ID), name)
}

// ApplicationByClientID loads the application that a client names, with its organization, live secrets and owner; ErrNotFound.
func (r Reader) ApplicationByClientID(clientID string) (*models.Application, error) {
	return named[models.Application](withApplication(r.db).Where("client_id = ?", clientID), clientID)
}

// Client loads like ApplicationByClientID, without the organization: what each request of a client asks for.
func (r Reader) Client(clientID string) (*models.Application, error) {
	if checkText("", clientID) != nil {
		return nil, ErrNotFound
	}
	client, err := presentedClients.one(r.db, "t.client_id = ?", clientID)
	if err == nil {
		client.ClientSecrets, err = clientSecrets.all(r.db, "t.application_id = ?", client.ID)
	}
	if err != nil {
		return nil, err
	}
	return client, nil
}

var (
	presentedClients = rowsOfModel[models.Application](ofUser)
	clientSecrets    = rowsOfModel[models.ClientSecret]()
)

// Applications lists applications with organization, owner and live secrets.
func (r Reader) Applications(q Query, v models.Visibility) (Page[models.Application], error) {
	return limited(r, q, func(r Reader) (Page[models.Application], error) {
		return list[models.Application](r.visibleApplications(v), applicationList, q, "Organization", "User", "ClientSecrets")
	})
}

// WalkApplications hands all applications of the list to each, some at a time; see walk.
func (r Reader) WalkApplications(q Query, v models.Visibility, each func([]models.Application) error) error {
	return walk(r, applicationList, q, func(r Reader) *gorm.DB { return r.visibleApplications(v) },
		func(a *models.Application) int64 { return a.ID }, each, "Organization", "User", "ClientSecrets")
}

// visibleApplications narrows to what v shows.
func (r Reader) visibleApplications(v models.Visibility) *gorm.DB {
	db := r.db
	if v.Platform != "" {
		db = db.Where("applications.platform = ?", v.Platform)
	}
	if !v.All {
		db = db.Where("applications.organization_id IN ?", v.Organizations)
	}
	return db
}

// LockApplicationsOf lists the ids of an organization's applications, or of those that a user owns, and keeps other transactions from
// changing them or issuing their tokens.
func (tx *Tx) LockApplicationsOf(organizationID, ownerID int64) ([]int64, error) {
	var there, locked []int64
	of := func(db *gorm.DB) *gorm.DB {
		return db.Model(&models.Application{}).Where("organization_id = ? OR user_id = ?", organizationID, ownerID).Order("id")
	}
	if err := of(tx.db).Pluck("id", &there).Error; err != nil {
		return nil, translate(err)
	}
	if err := tx.claim(subjects{applications: there}); err != nil {
		return nil, err
	}
	err := of(tx.locked()).Pluck("id", &locked).Error
	return locked, translate(err)
}

// CreateApplication stores a new application; a name taken in its organization is ErrConflict, a resource of another application
// ErrResourceTaken.
func (tx *Tx) CreateApplication(a *models.Application) error {
	if err := tx.insert(a); err != nil || len(a.ResourceURIs) == 0 {
		return err
	}
	return tx.setResources(a)
}

// UpdateApplication stores all fields; ErrConflict, ErrResourceTaken, ErrNotFound.
func (tx *Tx) UpdateApplication(a *models.Application) error {
	if err := tx.update(a); err != nil {
		return err
	}
	if err := tx.splitMoved(a.OrganizationID); err != nil {
		return err
	}
	return tx.setResources(a)
}

// LockApplication loads like Application and keeps other transactions from changing it, or from issuing its tokens, until the end.
func (tx *Tx) LockApplication(id int64) (*models.Application, error) {
	if err := tx.claim(subjects{applications: []int64{id}}); err != nil {
		return nil, err
	}
	return one[models.Application](withApplication(tx.locked()).Where("id = ?", id))
}

// DeleteApplication removes the row with its secrets, codes and consents; ErrNotFound, ErrInUse while it has tokens.
func (tx *Tx) DeleteApplication(id int64) error {
	return deleted(tx.db.Where("id = ?", id).Delete(&models.Application{}))
}

// AddClientSecret stores a further live secret.
func (tx *Tx) AddClientSecret(secret *models.ClientSecret) error { return tx.insert(secret) }

// DigestClientSecret keeps the digest of a secret in place of the slow hash that it was verified with. One that was replaced meanwhile stays.
func (tx *Tx) DigestClientSecret(id int64, digest models.Digest) error {
	return translate(tx.db.Model(&models.ClientSecret{}).Where("id = ? AND encoded <> ''", id).
		Updates(map[string]any{"digest": digest, "encoded": ""}).Error)
}

// DropReplacedSecrets deletes secrets that were replaced before and overlap still.
func (tx *Tx) DropReplacedSecrets(applicationID int64) error {
	return translate(tx.db.Where("application_id = ? AND expires IS NOT NULL", applicationID).Delete(&models.ClientSecret{}).Error)
}

// ExpireClientSecrets ends all live secrets of the application at the time given; one that is past is deleted.
func (tx *Tx) ExpireClientSecrets(applicationID int64, at time.Time) error {
	secrets := tx.db.Where("application_id = ?", applicationID)
	if !at.After(tx.now) {
		return translate(secrets.Delete(&models.ClientSecret{}).Error)
	}
	return translate(secrets.Model(&models.ClientSecret{}).Where("expires IS NULL OR expires > ?", at).Update("expires", at).Error)
}
