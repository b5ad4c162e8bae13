package api

import (
	"errors"
	"strconv"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func (c *call) listApplications() error { return c.applicationsWhere() }

// applicationsWhere lists applications that meet further conditions.
func (c *call) applicationsWhere(conditions ...store.Filter) error {
	l, err := c.listing(typeApplication)
	if err != nil {
		return err
	}
	l.Filters = append(l.Filters, conditions...)
	page, err := c.server.Applications(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	ids := make([]int64, len(page.Rows))
	for n := range page.Rows {
		ids[n] = page.Rows[n].ID
	}
	tokens, err := c.server.ApplicationTokens(c.ctx(), ids)
	if err != nil {
		return err
	}
	people, err := peopleOf(c, page.Rows, func(a *models.Application) models.Stamps { return a.Stamps })
	if err != nil {
		return err
	}
	return answerList(c, l, page, func(a *models.Application) object {
		return c.applicationObject(a, tokens[a.ID], people, models.Secret{}, false)
	})
}

// application is the path's application, which the caller may read.
func (c *call) application() (*models.Application, error) {
	id, err := c.applicationID()
	if err != nil {
		return nil, err
	}
	return c.server.Application(c.ctx(), c.actor, c.name, id)
}

func (c *call) showApplication() error {
	application, err := c.application()
	if err != nil {
		return err
	}
	return c.answerApplication(application, models.Secret{})
}

// fullApplication is one application as it is shown. secret is empty unless it was just made.
func (c *call) fullApplication(a *models.Application, secret models.Secret) (object, error) {
	tokens, err := c.server.ApplicationTokens(c.ctx(), []int64{a.ID})
	if err != nil {
		return nil, err
	}
	people, err := c.people(a.Stamps)
	if err != nil {
		return nil, err
	}
	return c.applicationObject(a, tokens[a.ID], people, secret, true), nil
}

func (c *call) answerApplication(a *models.Application, secret models.Secret) error {
	shown, err := c.fullApplication(a, secret)
	if err != nil {
		return err
	}
	return c.ok(shown)
}

func (c *call) createApplication() error {
	b, err := c.body()
	if err != nil {
		return err
	}
	return c.registerApplication(b, c.applicationInput(b))
}

func (c *call) registerApplication(b *body, in server.ApplicationInput) error {
	missing := in.OrganizationID != nil && *in.OrganizationID == nil
	if _, sent := b.values["organization"]; len(b.invalid) > 0 && sent && !missing {
		return b.invalid
	}
	application, secret, err := c.server.CreateApplication(c.ctx(), c.actor, c.name, in) // without an organization it only says what it misses
	if err != nil {
		return withMessages(b.invalid, err)
	}
	shown, err := c.fullApplication(application, secret)
	if err != nil {
		return err
	}
	return c.created(shown)
}

// withMessages adds what was found in the body to what an operation found.
func withMessages(found models.Invalid, err error) error {
	var invalid models.Invalid
	if errors.As(err, &invalid) {
		return append(found, invalid...)
	}
	return err
}

// applicationInput reads what an application takes; the operation ignores what does not apply to the platform or the caller.
func (c *call) applicationInput(b *body) server.ApplicationInput {
	in := server.ApplicationInput{
		Name:              b.required("name"),
		Description:       b.text("description", ""),
		OrganizationID:    b.id("organization"),
		ClientType:        b.required("client_type"),
		RedirectURIs:      b.words("redirect_uris"),
		SkipAuthorization: c.skipAuthorization(b),
	}
	if b.creating {
		in.AuthorizationGrantType = b.required("authorization_grant_type")
	}
	if b.full && in.OrganizationID == nil {
		b.lacks("organization")
	}
	if c.name == models.FaceGateway {
		c.gatewayApplicationInput(b, &in)
	}
	return in
}

func (c *call) gatewayApplicationInput(b *body, in *server.ApplicationInput) {
	in.PostLogoutRedirectURIs = b.words("post_logout_redirect_uris")
	in.Algorithm = b.name("algorithm")
	in.GrantTypes = b.list("grant_types")
	if _, given := b.values["require_pkce"]; given { // its default depends on the rest, and is the operation's to know
		in.RequirePKCE = b.boolean("require_pkce", false)
	}
	if c.actor.Superuser() {
		in.ResourceURIs = b.list("resource_uris")
		in.IntrospectAll = b.boolean("introspect_all", false)
	}
	if b.creating {
		in.UserID = b.id("user")
	}
}

// skipAuthorization: null and "" mean false at the controller.
func (c *call) skipAuthorization(b *body) *bool {
	value, given := b.values["skip_authorization"]
	if given && (value == nil || value == "") && c.name == models.FaceController {
		no := false
		return &no
	}
	return b.boolean("skip_authorization", false)
}

func (c *call) updateApplication() error {
	application, err := c.changeableApplication()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.applicationInput(b)
	if err := b.invalid.Err(); err != nil {
		return err
	}
	application, secret, err := c.server.UpdateApplication(c.ctx(), c.actor, c.name, application.ID, in)
	if err != nil {
		return err
	}
	return c.answerApplication(application, secret)
}

// rotateSecret answers with the application and its new secret, this once.
func (c *call) rotateSecret() error {
	application, err := c.changeableApplication()
	if err != nil {
		return err
	}
	overlap, err := c.overlap()
	if err != nil {
		return err
	}
	application, secret, err := c.server.RotateSecret(c.ctx(), c.actor, c.name, application.ID, overlap, "")
	if err != nil {
		return err
	}
	return c.answerApplication(application, secret)
}

// overlap reads how many seconds what is replaced works on.
func (c *call) overlap() (int64, error) {
	b, err := c.body()
	if err != nil {
		return 0, err
	}
	seconds := b.integer("overlap_seconds", 0)
	return seconds, b.invalid.Err()
}

func (c *call) deleteApplication() error {
	id, err := c.applicationID()
	if err != nil {
		return err
	}
	return c.deleted(c.server.DeleteApplication(c.ctx(), c.actor, c.name, id))
}

func (c *call) listApplicationTokens() error {
	application, err := c.application()
	if err != nil {
		return err
	}
	return c.tokensWhere(equals("application", application.ID))
}

func (c *call) createApplicationToken() error {
	application, err := c.application()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.tokenInput(b)
	in.Application = &application.ID
	return c.issueToken(b, in)
}

func equals(field string, id int64) store.Filter {
	return store.Filter{Field: field, Lookup: "exact", Value: strconv.FormatInt(id, 10)}
}
