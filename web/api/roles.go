package api

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// The gateway's clients make a platform auditor by giving a user a role (contract §2.4). There is one such role; an assignment of it is
// the flag of the user, and has the user's id.
const (
	typeRoleDefinition = "role_definition"
	typeRoleAssignment = "role_user_assignment"

	auditorRole        int64 = 1
	auditorRoleName          = "Platform Auditor"
	auditorDescription       = "Reads everything and changes nothing."
)

func (c *call) auditorSummary() object {
	return object{{"id", auditorRole}, {"name", auditorRoleName}, {"description", auditorDescription}, {"managed", true}}
}

// roleDefinitionObject has no times: nobody made the role.
func (c *call) roleDefinitionObject() object {
	return object{{"id", auditorRole}, {"type", typeRoleDefinition}, {"url", c.link("role_definitions", auditorRole)},
		{"related", object{{"user_assignments", c.link("role_user_assignments")}}}, {"summary_fields", object{}}, {"created", nil}, {"modified", nil},
		{"created_by", nil}, {"modified_by", nil}, {"name", auditorRoleName}, {"description", auditorDescription}, {"permissions", []string{}},
		{"content_type", nil}, {"managed", true}}
}

func (c *call) listRoleDefinitions() error {
	if err := c.mayReadRoles(); err != nil {
		return err
	}
	l, err := c.listing(typeRoleDefinition)
	if err != nil {
		return err
	}
	asked, err := l.asksForAuditorRole()
	if err != nil {
		return err
	}
	var page store.Page[int64]
	if asked {
		page.Count, page.Rows = 1, []int64{auditorRole}
	}
	page.Rows = page.Rows[min(l.Offset, len(page.Rows)):]
	return answerList(c, l, page, func(*int64) object { return c.roleDefinitionObject() })
}

func (c *call) mayReadRoles() error {
	return c.server.Policy().PlatformRole(c.actor.Actor, models.ActionRead)
}

// asksForAuditorRole reports whether the one role meets all conditions, and one of those with or__ where there are some.
func (l *listing) asksForAuditorRole() (bool, error) {
	all, grouped, one := true, false, false
	for _, filter := range l.Filters {
		matches, err := isAuditorRole(filter)
		if err != nil {
			return false, err
		}
		if filter.Or {
			grouped, one = true, one || matches
		} else {
			all = all && matches
		}
	}
	for _, term := range l.Search {
		all = all && strings.Contains(strings.ToLower(auditorRoleName+" "+auditorDescription), strings.ToLower(term))
	}
	for _, order := range l.Order {
		if _, err := isAuditorRole(store.Filter{Field: order.Field}); err != nil {
			return false, err
		}
	}
	return all && (one || !grouped), nil
}

// isAuditorRole reports whether the one role meets a condition on its id or name. What cannot be asked about it is *store.QueryError.
func isAuditorRole(filter store.Filter) (bool, error) {
	values, known := map[string]string{"id": strconv.FormatInt(auditorRole, 10), "name": auditorRoleName}, []string{filter.Value}
	value, has := values[filter.Field]
	if !has {
		return false, &store.QueryError{Field: filter.Field, Message: fmt.Sprintf("RoleDefinition has no field named '%s'", filter.Field)}
	}
	if filter.Lookup == "in" {
		known = strings.Split(filter.Value, ",")
	}
	switch filter.Lookup {
	case "", "exact", "in":
		return slices.Contains(known, value) != filter.Not, nil
	case "isnull":
		return (filter.Value == "false") != filter.Not, nil
	case "iexact":
		return strings.EqualFold(filter.Value, value) != filter.Not, nil
	case "icontains":
		return strings.Contains(strings.ToLower(value), strings.ToLower(filter.Value)) != filter.Not, nil
	}
	return false, &store.QueryError{Field: filter.Field, Message: fmt.Sprintf("Roles cannot be filtered by %s__%s.", filter.Field, filter.Lookup)}
}

func (c *call) showRoleDefinition() error {
	if err := c.mayReadRoles(); err != nil {
		return err
	}
	if c.id() != auditorRole {
		return notFound
	}
	return c.ok(c.roleDefinitionObject())
}

func (c *call) roleAssignmentObject(u *models.User) object {
	related := object{{"role_definition", c.link("role_definitions", auditorRole)}, {"user", c.link("users", u.ID)}}
	summary := object{{"role_definition", c.auditorSummary()}, {"user", userSummary(u)}}
	return object{{"id", u.ID}, {"type", typeRoleAssignment}, {"url", c.link("role_user_assignments", u.ID)}, {"related", related}, {"summary_fields", summary},
		{"created", nil}, {"created_by", nil}, {"content_type", nil}, {"object_id", nil}, {"role_definition", auditorRole}, {"user", u.ID}}
}

// listRoleAssignments lists the platform auditors whom the caller may see.
func (c *call) listRoleAssignments() error {
	l, err := c.listing(typeRoleAssignment)
	if err != nil {
		return err
	}
	if err := l.askUsers(); err != nil {
		return err
	}
	page, err := c.server.Users(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	return answerList(c, l, page, c.roleAssignmentObject)
}

// askUsers turns what is asked about assignments into a question about the users who have the role.
func (l *listing) askUsers() error {
	users := l.Filters[:0:0]
	for _, filter := range l.Filters {
		if path, isRole := strings.CutPrefix(filter.Field, "role_definition"); isRole && !filter.Or {
			filter.Field = strings.TrimPrefix(path, "__")
			if filter.Field == "" {
				filter.Field = "id"
			}
			matches, err := isAuditorRole(filter)
			if err != nil {
				return err
			}
			if !matches {
				users = append(users, store.Filter{Field: "id", Lookup: "in", Value: "0"}) // no row has this id
			}
			continue
		}
		field, err := userOfAssignment(filter.Field)
		if err != nil {
			return err
		}
		filter.Field = field
		users = append(users, filter)
	}
	for n, order := range l.Order {
		field, err := userOfAssignment(order.Field)
		if err != nil {
			return err
		}
		l.Order[n].Field = field
	}
	l.Filters = append(users, store.Filter{Field: "is_platform_auditor", Lookup: "exact", Value: "true"})
	return nil
}

// userOfAssignment is the field of the user that a field of an assignment stands for.
func userOfAssignment(field string) (string, error) {
	if field == "id" || field == "user" {
		return "id", nil
	}
	if of, isUser := strings.CutPrefix(field, "user__"); isUser {
		return of, nil
	}
	return "", &store.QueryError{Field: field, Message: fmt.Sprintf("RoleUserAssignment has no field named '%s'", field)}
}

func (c *call) mayAssignRole() error {
	return c.server.Policy().PlatformRole(c.actor.Actor, models.ActionCreate)
}

// assignRole makes the user a platform auditor. That they are one already is no error.
func (c *call) assignRole() error {
	if err := c.mayAssignRole(); err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	role, user := b.reference("role_definition"), b.reference("user")
	if object := b.id("object_id"); object != nil && *object != nil {
		b.invalid.Add("object_id", "This role is given for the whole platform, not for an object.")
	}
	if role != nil && *role != auditorRole {
		b.invalid.Add("role_definition", fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, *role))
	}
	if err := b.invalid.Err(); err != nil {
		return err
	}
	made, err := c.setAuditor(*user, true)
	if errors.Is(err, store.ErrNotFound) {
		return models.Invalid{{Field: "user", Message: fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, *user)}}
	}
	if err != nil {
		return err
	}
	return c.created(c.roleAssignmentObject(made))
}

func (c *call) setAuditor(id int64, auditor bool) (*models.User, error) {
	return c.server.UpdateUser(c.ctx(), c.actor, c.name, id, server.UserInput{IsPlatformAuditor: &auditor})
}

// platformAuditor is the user of the path's assignment, whom the caller may read.
func (c *call) platformAuditor() (*models.User, error) {
	user, err := c.server.User(c.ctx(), c.actor, c.name, c.id())
	if err == nil && !user.IsPlatformAuditor {
		return nil, notFound
	}
	return user, err
}

func (c *call) showRoleAssignment() error {
	user, err := c.platformAuditor()
	if err != nil {
		return err
	}
	return c.ok(c.roleAssignmentObject(user))
}

func (c *call) removeRoleAssignment() error {
	if err := c.server.Policy().PlatformRole(c.actor.Actor, models.ActionDelete); err != nil {
		return err
	}
	user, err := c.platformAuditor()
	if err != nil {
		return err
	}
	_, err = c.setAuditor(user.ID, false)
	return c.deleted(err)
}
