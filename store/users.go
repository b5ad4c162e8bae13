package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"gatehouse/models"
)

var userList = &resource{
	table: "users",
	columns: map[string]column{
		"id":                  {sql: "users.id", kind: idColumn},
		"username":            {sql: "users.username"},
		"first_name":          {sql: "users.first_name"},
		"last_name":           {sql: "users.last_name"},
		"email":               {sql: "users.email"},
		"is_superuser":        {sql: "users.is_superuser", kind: boolColumn},
		"is_platform_auditor": {sql: "users.is_platform_auditor", kind: boolColumn},
		"is_system_auditor":   {sql: "users.is_platform_auditor", kind: boolColumn},
		"is_active":           {sql: "users.is_active", kind: boolColumn},
		"managed":             {sql: "users.managed", kind: boolColumn},
		"last_login":          {sql: "users.last_login", kind: timeColumn, nullable: true},
		"created":             {sql: "users.created", kind: timeColumn},
		"modified":            {sql: "users.modified", kind: timeColumn},
		"created_by":          {sql: "users.created_by", kind: idColumn, nullable: true},
		"modified_by":         {sql: "users.modified_by", kind: idColumn, nullable: true},
	},
	relations: stamped(map[string]relation{
		"organizations": {to: "organizations", through: "organization_users AS {link} ON {link}.organization_id = {to}.id", on: "{link}.user_id = {from}.id", many: true},
		"applications":  {to: "applications", on: "{to}.user_id = {from}.id", many: true},
		"tokens":        {to: "access_tokens", on: "{to}.user_id = {from}.id", many: true},
	}),
	shown:  []string{"id", "username", "first_name", "last_name"},
	search: []string{"username", "first_name", "last_name", "email"},
	order:  []Order{{Field: "id"}},

	visible: Reader.visibleUsers,
	sees:    func(s models.Sight) models.Visibility { return s.Users },
}

// User loads a user with memberships; ErrNotFound.
func (r Reader) User(id int64) (*models.User, error) {
	return one[models.User](r.db.Preload("Memberships").Where("id = ?", id))
}

// UserAlone loads a user without memberships; ErrNotFound.
func (r Reader) UserAlone(id int64) (*models.User, error) {
	return namedUsers.one(r.db, "t.id = ?", id)
}

// UsersOf loads the users with these ids, with memberships, as far as they are there, in no order.
func (r Reader) UsersOf(ids []int64) ([]models.User, error) {
	among, list := r.among("t.id", ids)
	users, err := namedUsers.all(r.db, among, list)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	among, list = r.among("t.user_id", ids)
	joined, err := memberships.all(r.db, among, list)
	for n := range users {
		for _, each := range joined {
			if each.UserID == users[n].ID {
				users[n].Memberships = append(users[n].Memberships, each)
			}
		}
	}
	return users, err
}

var namedUsers = rowsOfModel[models.User]()

// UserByName loads a user with memberships by the exact username; ErrNotFound.
func (r Reader) UserByName(username string) (*models.User, error) {
	return named[models.User](r.db.Preload("Memberships").Where("username = ?", username), username)
}

// Users lists users with their memberships.
func (r Reader) Users(q Query, v models.Visibility) (Page[models.User], error) {
	return limited(r, q, func(r Reader) (Page[models.User], error) {
		return list[models.User](r.visibleUsers(v), userList, q, "Memberships")
	})
}

// visibleUsers narrows to what v shows, and superusers.
func (r Reader) visibleUsers(v models.Visibility) *gorm.DB {
	if v.All {
		return r.db
	}
	return r.db.Where("users.id = ? OR users.is_superuser OR users.id IN (?)", v.UserID,
		r.db.Table("organization_users").Select("user_id").Where("organization_id IN ?", v.Organizations))
}

// Members lists the users who hold the role in the organization, or any where role is "", as far as v shows them.
func (r Reader) Members(organizationID int64, role models.Role, q Query, v models.Visibility) (Page[models.User], error) {
	return limited(r, q, func(r Reader) (Page[models.User], error) {
		return list[models.User](r.visibleMembers(organizationID, role, v), userList, q, "Memberships")
	})
}

func (r Reader) visibleMembers(organizationID int64, role models.Role, v models.Visibility) *gorm.DB {
	in := r.db.Table("organization_users").Select("user_id").Where("organization_id = ?", organizationID)
	if role != "" {
		in = in.Where("role = ?", role)
	}
	return r.visibleUsers(v).Where("users.id IN (?)", in)
}

// WalkUsers hands all users of the list to each, some at a time, or all members of an organization where its id is not 0; see walk.
func (r Reader) WalkUsers(organizationID int64, q Query, v models.Visibility, each func([]models.User) error) error {
	seen := func(r Reader) *gorm.DB {
		if organizationID != 0 {
			return r.visibleMembers(organizationID, "", v)
		}
		return r.visibleUsers(v)
	}
	return walk(r, userList, q, seen, func(u *models.User) int64 { return u.ID }, each, "Memberships")
}

// SuperuserExists reports whether anybody active may administer the product.
func (r Reader) SuperuserExists() (bool, error) {
	return superuserExists(r.db)
}

func superuserExists(users *gorm.DB) (bool, error) {
	var ids []int64
	err := users.Model(&models.User{}).Where("is_superuser AND is_active").Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, translate(err)
}

// djangoPBKDF2 is what passwords begin with that Django digested in its usual way.
const djangoPBKDF2 = "pbkdf2_sha256$"

// PBKDF2Iterations are the numbers of iterations that users' passwords from Django have, in no order: those of up to seven digits, and a
// thousand of them at most.
func (r Reader) PBKDF2Iterations() ([]int64, error) {
	var found []string
	after := len(djangoPBKDF2) + 1
	err := r.db.Model(&models.User{}).Where("substr(password, 1, ?) = ?", len(djangoPBKDF2), djangoPBKDF2).
		Where("substr(password, ?, 8) LIKE '%$%'", after).Limit(1000).
		Distinct().Pluck(fmt.Sprintf("substr(password, %d, 7)", after), &found).Error
	iterations := make([]int64, 0, len(found))
	for _, each := range found {
		digits, _, _ := strings.Cut(each, "$")
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			iterations = append(iterations, n)
		}
	}
	return iterations, translate(err)
}

// SuperuserBeside reports whether there is an active superuser other than that user. Of two that take the right from each other, the
// later one sees what the earlier one did; without the rows of the others, which would be a deadlock.
func (tx *Tx) SuperuserBeside(id int64) (bool, error) {
	if err := tx.lock(lockOfSuperusers); err != nil {
		return false, err
	}
	return superuserExists(tx.db.Where("id <> ?", id))
}

// CreateUser stores a new user; a taken username is ErrConflict.
func (tx *Tx) CreateUser(u *models.User) error { return tx.insert(u) }

// UpdateUser stores all fields of the user; ErrConflict, ErrNotFound.
func (tx *Tx) UpdateUser(u *models.User) error { return tx.update(u) }

// LockUser loads a user with memberships and keeps other transactions from changing it, or from issuing tokens for the user, until the end.
func (tx *Tx) LockUser(id int64) (*models.User, error) {
	if err := tx.claim(subjects{users: []int64{id}}); err != nil {
		return nil, err
	}
	return one[models.User](tx.locked().Preload("Memberships").Where("id = ?", id))
}

// SetLastLogin notes a sign-in.
func (tx *Tx) SetLastLogin(id int64, at time.Time) error {
	return translate(tx.only(nil).Model(&models.User{}).Where("id = ?", id).Update("last_login", at).Error)
}

// SetPassword replaces a user's password digest if it still is the one that was verified; it reports whether it was (a newer one wins).
func (tx *Tx) SetPassword(id int64, was, is models.PasswordDigest) (bool, error) {
	result := tx.db.Model(&models.User{}).Where("id = ? AND password = ?", id, was).Update("password", is)
	return result.RowsAffected > 0, translate(result.Error)
}

// DeleteUser removes the row with its memberships, sessions, consents and codes; ErrNotFound, ErrInUse while the user has tokens or
// owns applications.
func (tx *Tx) DeleteUser(id int64) error {
	return deleted(tx.db.Where("id = ?", id).Delete(&models.User{}))
}

// AddMembership makes the user hold the role; it reports whether that is new. ErrNotFound when either side is gone.
func (tx *Tx) AddMembership(m models.Membership) (bool, error) {
	result := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&m)
	return result.RowsAffected > 0, translate(result.Error)
}

// RemoveMembership ends the role; it reports whether there was one.
func (tx *Tx) RemoveMembership(organizationID, userID int64, role models.Role) (bool, error) {
	result := tx.db.Where("organization_id = ? AND user_id = ? AND role = ?", organizationID, userID, role).Delete(&models.Membership{})
	return result.RowsAffected > 0, translate(result.Error)
}

// deleted is the outcome of deleting one row: a missing one is ErrNotFound, and ErrInUse means what a broken reference says here.
func deleted(result *gorm.DB) error {
	switch err := translate(result.Error); {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: %w", ErrInUse, result.Error)
	case err == nil && result.RowsAffected == 0:
		return ErrNotFound
	default:
		return err
	}
}
