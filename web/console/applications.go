package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

// newest is how many rows a page shows of a list that has a page of its own.
const newest = 10

const onlyAdministratorsRegister = "Applications are created by system administrators and by the administrators of an organization."

var applicationListing = listing{
	path:    "/applications",
	filters: map[string][]string{"platform": {templates.PlatformGateway, templates.PlatformController}, "organization": nil},
	orders:  []string{"name", "organization__name", "platform", "client_type", "authorization_grant_type", "created", "modified"},
	order:   store.Order{Field: "name"},
}

func (w *Console) listApplications(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	list, query, organization := w.applicationsAsked(c)
	applications, err := w.server.Applications(ctx, actor, face, query)
	if err != nil || counted(c, &list, applications.Count) {
		return err
	}
	data := templates.ApplicationsPage{Page: w.page(c, "applications"), List: list, MayCreate: w.mayRegister(actor),
		Reason: onlyAdministratorsRegister}
	if data.Rows, err = w.applicationRows(c, applications.Rows); err != nil {
		return err
	}
	if organization != 0 {
		if named, err := w.server.Organization(ctx, actor, face, organization); err == nil {
			data.Organization = templates.Link{ID: named.ID, Name: named.Name}
		}
	}
	return w.render(c, http.StatusOK, "applications", data)
}

// applicationsAsked is what the address of the list asks for, and the organization that it names; 0 for none.
func (w *Console) applicationsAsked(c *gin.Context) (templates.List, store.Query, int64) {
	list, query := w.listed(c, applicationListing)
	organization := idFilter(&list, "organization")
	if platform := list.Value("platform"); platform != "" {
		query.Filters = append(query.Filters, equal("platform", platform))
	}
	if organization != 0 {
		query.Filters = append(query.Filters, equalID("organization", organization))
	}
	return list, query, organization
}

// mayRegister reports whether the actor may create applications in some organization.
func (w *Console) mayRegister(actor server.Actor) bool {
	return actor.Superuser() || slices.ContainsFunc(actor.User.Organizations(models.RoleAdmin), func(id int64) bool {
		return w.mayRegisterIn(actor, id)
	})
}

func (w *Console) mayRegisterIn(actor server.Actor, organization int64) bool {
	application := &models.Application{OrganizationID: &organization, Platform: models.Gateway}
	return w.server.Policy().Application(actor.Actor, models.ActionCreate, application, face) == nil
}

func (w *Console) applicationRows(c *gin.Context, applications []models.Application) ([]templates.Application, error) {
	var ids []int64
	for n := range applications {
		ids = append(ids, applications[n].ID)
	}
	tokens, err := w.server.ApplicationTokens(c.Request.Context(), ids)
	if err != nil {
		return nil, err
	}
	var rows []templates.Application
	for n := range applications {
		row := w.applicationRow(&applications[n])
		row.TokenCount = tokens[row.ID].Count
		row.MayDelete = w.server.Policy().Application(actorOf(c).Actor, models.ActionDelete, &applications[n], face) == nil
		rows = append(rows, row)
	}
	return rows, nil
}

func (w *Console) applicationRow(a *models.Application) templates.Application {
	row := templates.Application{ID: a.ID, Name: a.Name, Description: a.Description, Platform: string(a.Platform), ClientID: a.ClientID,
		ClientType: string(a.ClientType), GrantType: a.AuthorizationGrantType, SkipAuthorization: a.SkipAuthorization, SecretMissing: a.SecretMissing(w.server.Now()),
		Created: a.Created, Modified: a.Modified}
	if a.Organization != nil {
		row.Organization = templates.Link{ID: a.Organization.ID, Name: a.Organization.Name}
	}
	if a.User != nil {
		row.Owner = templates.Link{ID: a.User.ID, Name: a.User.Username}
	}
	insecure := a.InsecureRedirects()
	for _, uri := range a.RedirectURIs {
		row.RedirectURIs = append(row.RedirectURIs, templates.RedirectURI{URI: uri, Insecure: slices.Contains(insecure, uri)})
	}
	return row
}

func (w *Console) showApplication(c *gin.Context) error {
	application, err := w.applicationOf(c)
	if err != nil {
		return err
	}
	form := templates.ApplicationForm{Name: application.Name, Description: application.Description,
		Organization: optionalID(application.OrganizationID), ClientType: string(application.ClientType),
		GrantType: application.AuthorizationGrantType, RedirectURIs: strings.Join(application.RedirectURIs, "\n"),
		SkipAuthorization: application.SkipAuthorization}
	return w.renderApplication(c, http.StatusOK, application, form, nil)
}

// applicationOf loads the application that the address names.
func (w *Console) applicationOf(c *gin.Context) (*models.Application, error) {
	id, err := idOf(c)
	if err != nil {
		return nil, err
	}
	return w.server.Application(c.Request.Context(), actorOf(c), face, id)
}

func optionalID(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

func (w *Console) renderApplication(c *gin.Context, status int, a *models.Application, form templates.ApplicationForm, problems templates.Errors) error {
	actor, policy := actorOf(c), w.server.Policy()
	tokens, err := w.server.Tokens(c.Request.Context(), actor, face, store.Query{Filters: []store.Filter{equalID("application", a.ID)},
		Order: []store.Order{{Field: "id", Descending: true}}, Limit: newest})
	if err != nil {
		return err
	}
	data := templates.ApplicationPage{Page: w.page(c, "applications"), Application: w.applicationRow(a), Form: form, Errors: problems,
		Tokens: w.tokenRows(actor, tokens.Rows), MaySkip: w.maySkip(actor),
		MayEdit:   policy.Application(actor.Actor, models.ActionUpdate, a, face) == nil,
		MayDelete: policy.Application(actor.Actor, models.ActionDelete, a, face) == nil,
		MayRotate: a.ClientType == models.Confidential && policy.RotateSecret(actor.Actor, a, face) == nil}
	data.Application.TokenCount, data.Application.Makers = tokens.Count, w.makers(c, a.Stamps)
	if data.Activity, err = w.latestAbout(c, models.ObjectApplication, a.ID); err != nil {
		return err
	}
	if data.MayEdit {
		if data.Organizations, err = w.organizationsFor(c, a); err != nil {
			return err
		}
	}
	return w.render(c, status, "application", data)
}

// maySkip reports whether the actor may switch skip_authorization on.
func (w *Console) maySkip(actor server.Actor) bool {
	return w.server.Policy().ApplicationChange(actor.Actor, &models.Application{}, &models.Application{SkipAuthorization: true}) == nil
}

// organizationsFor are those in which the actor may create applications, and beside them the one in which an application is now; a
// is nil for a new one.
func (w *Console) organizationsFor(c *gin.Context, a *models.Application) ([]templates.Choice, error) {
	actor := actorOf(c)
	found, err := w.server.Organizations(c.Request.Context(), actor, face, store.Query{SkipCount: true, Order: []store.Order{{Field: "name"}}})
	if err != nil {
		return nil, err
	}
	var choices []templates.Choice
	if a != nil && a.OrganizationID == nil {
		choices = append(choices, templates.Choice{Label: "None"})
	}
	for _, each := range found.Rows {
		if w.mayRegisterIn(actor, each.ID) || a != nil && a.InOrganization() == each.ID {
			choices = append(choices, templates.Choice{Value: strconv.FormatInt(each.ID, 10), Label: each.Name})
		}
	}
	return choices, nil
}
