package console

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

// mostPeople is how many of each role the page of an organization shows.
const mostPeople = 50

// peopleOf lists who belongs to the organization, administrators first, and counts all of them.
func (w *Console) peopleOf(c *gin.Context, organization int64) ([]templates.Person, int64, error) {
	var people []templates.Person
	var count int64
	for _, role := range []models.Role{models.RoleAdmin, models.RoleMember, models.RoleAuditor} {
		found, err := w.server.Members(c.Request.Context(), actorOf(c), face, organization, role,
			store.Query{Order: []store.Order{{Field: "username"}}, Limit: mostPeople})
		if err != nil {
			return nil, 0, err
		}
		for n := range found.Rows {
			people = append(people, templates.Person{User: userRow(&found.Rows[n]), Role: string(role)})
		}
		count += found.Count
	}
	return people, count, nil
}

// roleOf is the role in the form. A role that there is not is Invalid.
func roleOf(c *gin.Context) (models.Role, error) {
	role := models.Role(field(c, "role"))
	if role != models.RoleMember && role != models.RoleAdmin && role != models.RoleAuditor {
		return "", models.Invalid{{Field: "role", Message: "Choose a role."}}
	}
	return role, nil
}

// addPerson gives somebody a role, by their username. Whom the actor may not see is not there for them. To make an administrator, the actor's own
// password is asked for.
func (w *Console) addPerson(c *gin.Context) error {
	organization, err := w.organizationOf(c)
	if err != nil {
		return err
	}
	err = w.associate(c, organization.ID)
	if problems := refused(err, map[string]string{"id": "username"}); problems != nil {
		return w.renderOrganization(c, http.StatusUnprocessableEntity, organization, templates.OrganizationPage{
			Form:     templates.OrganizationForm{Name: organization.Name, Description: organization.Description},
			Username: typed(c, "username"), Role: field(c, "role"), PeopleErrors: problems})
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/organizations", organization.ID), "person-added")
}

func (w *Console) associate(c *gin.Context, organization int64) error {
	actor, ctx := actorOf(c), c.Request.Context()
	role, err := roleOf(c)
	if err != nil {
		return err
	}
	if err := w.server.Policy().Membership(actor.Actor, models.ActionDelete, organization, &models.User{}); err != nil {
		return err // who manages nobody learns nothing about users
	}
	user, err := w.server.UserByName(ctx, actor, face, typed(c, "username"))
	var denied *models.Denied
	if errors.Is(err, store.ErrNotFound) || errors.As(err, &denied) {
		return models.Invalid{{Field: "username", Message: "There is no user of this name."}}
	}
	if err != nil {
		return err
	}
	if role == models.RoleAdmin {
		problems, err := w.confirmOneself(ctx, actor, "your_password", field(c, "your_password"))
		if err != nil {
			return err
		}
		if problems != nil {
			return models.Invalid{{Field: problems[0].Field, Message: problems[0].Message}}
		}
	}
	return w.server.Associate(ctx, actor, organization, user.ID, role)
}

func (w *Console) removePerson(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	role, err := roleOf(c)
	if err != nil {
		return err
	}
	user := reference(c, "user")
	if user == nil {
		return errUnreadable
	}
	if err := w.server.Disassociate(c.Request.Context(), actorOf(c), id, *user, role); err != nil {
		return err
	}
	return w.done(c, at("/organizations", id), "person-removed")
}
