package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

// applicationFields are the fields of the operations that the forms call otherwise.
var applicationFields = map[string]string{"grant_types": "client_type"}

func (w *Console) newApplication(c *gin.Context) error {
	if !w.mayRegister(actorOf(c)) {
		return &models.Denied{Outcome: models.Forbidden, Message: onlyAdministratorsRegister}
	}
	form := templates.ApplicationForm{ClientType: string(models.Confidential), GrantType: "authorization-code", Organization: c.Query("organization")}
	return w.renderNewApplication(c, http.StatusOK, form, nil, newForm())
}

func (w *Console) renderNewApplication(c *gin.Context, status int, form templates.ApplicationForm, problems templates.Errors, once string) error {
	organizations, err := w.organizationsFor(c, nil)
	if err != nil {
		return err
	}
	return w.render(c, status, "application_new", templates.ApplicationNewPage{Page: w.page(c, "applications"), Form: form, Errors: problems,
		Organizations: organizations, MaySkip: w.maySkip(actorOf(c)), Once: once})
}

// typedApplication is what was typed, to be shown again.
func typedApplication(c *gin.Context) templates.ApplicationForm {
	return templates.ApplicationForm{Name: typed(c, "name"), Description: typed(c, "description"), Organization: typed(c, "organization"),
		ClientType: typed(c, "client_type"), GrantType: typed(c, "authorization_grant_type"), RedirectURIs: typed(c, "redirect_uris"),
		SkipAuthorization: field(c, "skip_authorization") != ""}
}

// applicationInput is what was typed, as the operations take it.
func applicationInput(c *gin.Context) server.ApplicationInput {
	in := server.ApplicationInput{Name: sent(c, "name"), Description: sent(c, "description"), ClientType: sent(c, "client_type"),
		SkipAuthorization: ticked(c, "skip_authorization", true)}
	if id := reference(c, "organization"); id != nil {
		in.OrganizationID = &id
	}
	if c.Request.PostForm.Has("redirect_uris") {
		uris := models.ParseWords(field(c, "redirect_uris"))
		in.RedirectURIs = &uris
	}
	return in
}

// createApplication answers with the client id and the secret, this once; a form that comes again leads to the application's page.
func (w *Console) createApplication(c *gin.Context) error {
	in := applicationInput(c)
	in.AuthorizationGrantType, in.Form = sent(c, "authorization_grant_type"), formNumber(c)
	application, secret, err := w.server.CreateApplication(c.Request.Context(), actorOf(c), face, in)
	if w.repeated(c, "/applications", err) {
		return nil
	}
	if problems := refused(err, applicationFields); problems != nil {
		once := in.Form
		if once == "" {
			once = newForm()
		}
		return w.renderNewApplication(c, http.StatusUnprocessableEntity, typedApplication(c), problems, once)
	}
	if err != nil {
		return err
	}
	return w.render(c, http.StatusOK, "application_created", templates.ApplicationCreatedPage{Page: w.page(c, "applications"),
		Application: w.applicationRow(application), Secret: secret.Reveal()})
}

// updateApplication answers like createApplication where the change made a new secret.
func (w *Console) updateApplication(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	application, secret, err := w.server.UpdateApplication(c.Request.Context(), actorOf(c), face, id, applicationInput(c))
	if problems := refused(err, applicationFields); problems != nil {
		application, err := w.applicationOf(c)
		if err != nil {
			return err
		}
		return w.renderApplication(c, http.StatusUnprocessableEntity, application, typedApplication(c), problems)
	}
	if err != nil {
		return err
	}
	if !secret.Empty() {
		return w.render(c, http.StatusOK, "application_created", templates.ApplicationCreatedPage{Page: w.page(c, "applications"),
			Application: w.applicationRow(application), Secret: secret.Reveal(), Changed: true})
	}
	return w.done(c, at("/applications", id), "application-saved")
}
