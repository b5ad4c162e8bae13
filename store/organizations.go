package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

var organizationList = &resource{
	table: "organizations",
	columns: map[string]column{
		"id":          {sql: "organizations.id", kind: idColumn},
		"name":        {sql: "organizations.name"},
		"description": {sql: "organizations.description"},
		"managed":     {sql: "organizations.managed", kind: boolColumn},
		"created":     {sql: "organizations.created", kind: timeColumn},
		"modified":    {sql: "organizations.modified", kind: timeColumn},
		"created_by":  {sql: "organizations.created_by", kind: idColumn, nullable: true},
		"modified_by": {sql: "organizations.modified_by", kind: idColumn, nullable: true},
	},
	relations: stamped(map[string]relation{
		"applications": {to: "applications", on: "{to}.organization_id = {from}.id", many: true},
		"users":        {to: "users", through: "organization_users AS {link} ON {link}.user_id = {to}.id", on: "{link}.organization_id = {from}.id AND {link}.role = 'member'", many: true},
		"admins":       {to: "users", through: "organization_users AS {link} ON {link}.user_id = {to}.id", on: "{link}.organization_id = {from}.id AND {link}.role = 'admin'", many: true},
	}),
	shown:  []string{"id", "name"},
	search: []string{"name", "description"},
	order:  []Order{{Field: "name"}},

	visible: Reader.visibleOrganizations,
	sees:    func(s models.Sight) models.Visibility { return s.Organizations },
}

// Organization loads an organization; ErrNotFound.
func (r Reader) Organization(id int64) (*models.Organization, error) {
	return one[models.Organization](r.db.Where("id = ?", id))
}

// OrganizationByName loads an organization by its exact name; ErrNotFound.
func (r Reader) OrganizationByName(name string) (*models.Organization, error) {
	return named[models.Organization](r.db.Where("name = ?", name), name)
}

// Organizations lists organizations.
func (r Reader) Organizations(q Query, v models.Visibility) (Page[models.Organization], error) {
	return limited(r, q, func(r Reader) (Page[models.Organization], error) {
		return list[models.Organization](r.visibleOrganizations(v), organizationList, q)
	})
}

// WalkOrganizations hands all organizations of the list to each, some at a time; see walk.
func (r Reader) WalkOrganizations(q Query, v models.Visibility, each func([]models.Organization) error) error {
	return walk(r, organizationList, q, func(r Reader) *gorm.DB { return r.visibleOrganizations(v) },
		func(o *models.Organization) int64 { return o.ID }, each)
}

// visibleOrganizations narrows to what v shows.
func (r Reader) visibleOrganizations(v models.Visibility) *gorm.DB {
	if v.All {
		return r.db
	}
	return r.db.Where("organizations.id IN ?", v.Organizations)
}

// CreateOrganization stores a new organization; a taken name is ErrConflict.
func (tx *Tx) CreateOrganization(o *models.Organization) error { return tx.insert(o) }

// UpdateOrganization stores all fields; ErrConflict, ErrNotFound.
func (tx *Tx) UpdateOrganization(o *models.Organization) error { return tx.update(o) }

// LockOrganization loads an organization and keeps other transactions from changing it.
func (tx *Tx) LockOrganization(id int64) (*models.Organization, error) {
	return one[models.Organization](tx.locked().Where("id = ?", id))
}

// DeleteOrganization removes the row with its memberships; ErrNotFound, ErrInUse while it has applications.
func (tx *Tx) DeleteOrganization(id int64) error {
	return deleted(tx.db.Where("id = ?", id).Delete(&models.Organization{}))
}
