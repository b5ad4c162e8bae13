package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

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
	if problems := w.applicationProblems(c, models.Gateway, err); problems != nil {
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

// applicationProblems are the messages of bad input. Those about redirect URIs name the line.
func (w *Console) applicationProblems(c *gin.Context, platform models.Platform, err error) templates.Errors {
	text := typed(c, "redirect_uris")
	wrong := w.server.RedirectProblems(platform, models.ParseWords(text))
	problems := refused(err, applicationFields)
	others := slices.DeleteFunc(slices.Clone(problems), func(each templates.FieldError) bool { return slices.Contains(wrong, each.Message) })
	if len(others) == len(problems) {
		return problems
	}
	for n, line := range strings.Split(text, "\n") {
		for range models.ParseWords(line) {
			if wrong[0] != "" {
				others = append(others, templates.FieldError{Field: "redirect_uris", Message: fmt.Sprintf("Line %d: %s", n+1, wrong[0])})
			}
			wrong = wrong[1:]
		}
	}
	return others
}

// reveals reports whether the form makes a public client confidential, which shows a new secret, and the actor may do that.
func (w *Console) reveals(c *gin.Context, a *models.Application) bool {
	actor, policy, confidential := actorOf(c), w.server.Policy(), *a
	confidential.ClientType = models.Confidential
	return a.ClientType == models.Public && typed(c, "client_type") == string(models.Confidential) &&
		policy.Application(actor.Actor, models.ActionUpdate, a, face) == nil && policy.ApplicationChange(actor.Actor, a, &confidential) == nil
}

// updateApplication answers like createApplication where the change made a new secret, for which it asks for the actor's own password.
func (w *Console) updateApplication(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	was, err := w.applicationOf(c)
	if err != nil {
		return err
	}
	var problems templates.Errors
	if w.reveals(c, was) {
		if problems, err = w.confirmOneself(ctx, actor, "your_password", field(c, "your_password")); err != nil {
			return err
		}
	}
	var application *models.Application
	var secret models.Secret
	if problems == nil {
		application, secret, err = w.server.UpdateApplication(ctx, actor, face, was.ID, applicationInput(c))
		problems = w.applicationProblems(c, was.Platform, err)
	}
	if problems != nil {
		return w.renderApplication(c, http.StatusUnprocessableEntity, was, typedApplication(c), problems)
	}
	if err != nil {
		return err
	}
	if !secret.Empty() {
		return w.render(c, http.StatusOK, "application_created", templates.ApplicationCreatedPage{Page: w.page(c, "applications"),
			Application: w.applicationRow(application), Secret: secret.Reveal(), Changed: true})
	}
	return w.done(c, at("/applications", was.ID), "application-saved")
}
