package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

var organizationListing = listing{path: "/organizations", orders: []string{"name", "created"}, order: store.Order{Field: "name"}}

func (w *Console) listOrganizations(c *gin.Context) error {
	actor := actorOf(c)
	list, query := w.listed(c, organizationListing)
	organizations, err := w.server.Organizations(c.Request.Context(), actor, face, query)
	if err != nil || counted(c, &list, organizations.Count) {
		return err
	}
	data := templates.OrganizationsPage{List: list, MayCreate: w.mayFound(actor) == nil}
	if data.Rows, err = w.organizationRows(c, organizations.Rows); err != nil {
		return err
	}
	data.Page = w.page(c, "organizations")
	return w.render(c, http.StatusOK, "organizations", data)
}

// organizationRows are the organizations with their numbers of people and applications.
func (w *Console) organizationRows(c *gin.Context, organizations []models.Organization) ([]templates.Organization, error) {
	var ids []int64
	for _, each := range organizations {
		ids = append(ids, each.ID)
	}
	counts, err := w.server.OrganizationCounts(c.Request.Context(), ids)
	if err != nil {
		return nil, err
	}
	var rows []templates.Organization
	for n := range organizations {
		row := organizationRow(&organizations[n], counts)
		row.MayDelete = w.server.Policy().Organization(actorOf(c).Actor, models.ActionDelete, &organizations[n], face) == nil
		rows = append(rows, row)
	}
	return rows, nil
}

// mayFound says why the actor may not create an organization.
func (w *Console) mayFound(actor server.Actor) error {
	return w.server.Policy().Organization(actor.Actor, models.ActionCreate, &models.Organization{}, face)
}

func organizationRow(o *models.Organization, counts map[int64]store.OrganizationCounts) templates.Organization {
	count := counts[o.ID]
	return templates.Organization{ID: o.ID, Name: o.Name, Description: o.Description, UserCount: count.Members,
		AdminCount: count.Administrators, ApplicationCount: count.Applications, Created: o.Created, Modified: o.Modified}
}

func (w *Console) newOrganization(c *gin.Context) error {
	if err := w.mayFound(actorOf(c)); err != nil {
		return err
	}
	return w.renderNewOrganization(c, http.StatusOK, nil)
}

func (w *Console) renderNewOrganization(c *gin.Context, status int, problems templates.Errors) error {
	return w.render(c, status, "organization_new", templates.OrganizationNewPage{Page: w.page(c, "organizations"),
		Form: typedOrganization(c), Errors: problems})
}

func typedOrganization(c *gin.Context) templates.OrganizationForm {
	return templates.OrganizationForm{Name: typed(c, "name"), Description: typed(c, "description")}
}

func organizationInput(c *gin.Context) server.OrganizationInput {
	return server.OrganizationInput{Name: sent(c, "name"), Description: sent(c, "description")}
}

func (w *Console) createOrganization(c *gin.Context) error {
	made, err := w.server.CreateOrganization(c.Request.Context(), actorOf(c), face, organizationInput(c))
	if problems := refused(err, nil); problems != nil {
		return w.renderNewOrganization(c, http.StatusUnprocessableEntity, problems)
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/organizations", made.ID), "organization-created")
}

func (w *Console) showOrganization(c *gin.Context) error {
	organization, err := w.organizationOf(c)
	if err != nil {
		return err
	}
	return w.renderOrganization(c, http.StatusOK, organization, templates.OrganizationPage{
		Form: templates.OrganizationForm{Name: organization.Name, Description: organization.Description}, Role: string(models.RoleMember)})
}

// organizationOf loads the organization that the address names.
func (w *Console) organizationOf(c *gin.Context) (*models.Organization, error) {
	id, err := idOf(c)
	if err != nil {
		return nil, err
	}
	return w.server.Organization(c.Request.Context(), actorOf(c), face, id)
}

// renderOrganization completes data, which holds what the forms say.
func (w *Console) renderOrganization(c *gin.Context, status int, o *models.Organization, data templates.OrganizationPage) error {
	actor, policy := actorOf(c), w.server.Policy()
	counts, err := w.server.OrganizationCounts(c.Request.Context(), []int64{o.ID})
	if err != nil {
		return err
	}
	if data.People, data.PeopleCount, err = w.peopleOf(c, o.ID); err != nil {
		return err
	}
	anybody := &models.User{Memberships: []models.Membership{{OrganizationID: o.ID, Role: models.RoleMember}}}
	if policy.ReadActivityOf(actor.Actor, models.ObjectOrganization, o.ID, face) {
		if data.Activity, err = w.latestAbout(c, models.ObjectOrganization, o.ID); err != nil {
			return err
		}
	}
	data.Page, data.Organization = w.page(c, "organizations"), organizationRow(o, counts)
	data.Organization.Makers = w.makers(c, o.Stamps)
	data.MayEdit = policy.Organization(actor.Actor, models.ActionUpdate, o, face) == nil
	data.MayDelete = policy.Organization(actor.Actor, models.ActionDelete, o, face) == nil
	data.MayManage = policy.Membership(actor.Actor, models.ActionCreate, o.ID, anybody) == nil
	return w.render(c, status, "organization", data)
}

func (w *Console) updateOrganization(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	_, err = w.server.UpdateOrganization(c.Request.Context(), actorOf(c), face, id, organizationInput(c))
	if problems := refused(err, nil); problems != nil {
		organization, err := w.organizationOf(c)
		if err != nil {
			return err
		}
		return w.renderOrganization(c, http.StatusUnprocessableEntity, organization, templates.OrganizationPage{
			Form: typedOrganization(c), Errors: problems, Role: string(models.RoleMember)})
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/organizations", id), "organization-saved")
}
