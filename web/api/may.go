package api

import "gatehouse/models"

// What OPTIONS asks before it shows an action: nil says that the caller may. The operations ask again.

func (c *call) mayCreateToken() error {
	id := c.actor.ID()
	return c.server.Policy().Token(c.actor.Actor, models.ActionCreate, &models.AccessToken{UserID: &id, Platform: c.name.Platform()}, c.name)
}

// mayCreateApplicationToken: for the path's application.
func (c *call) mayCreateApplicationToken() error {
	application, err := c.application()
	if err != nil {
		return err
	}
	id := c.actor.ID()
	asked := &models.AccessToken{UserID: &id, ApplicationID: &application.ID, Application: application, Platform: application.Platform}
	return c.server.Policy().Token(c.actor.Actor, models.ActionCreate, asked, c.name)
}

func (c *call) mayUpdateToken() error {
	_, err := c.changeableToken()
	return err
}

// changeableToken is the path's token, which the caller may change.
func (c *call) changeableToken() (*models.AccessToken, error) {
	token, err := c.server.Token(c.ctx(), c.actor, c.name, c.id())
	if err != nil {
		return nil, err
	}
	return token, c.server.Policy().Token(c.actor.Actor, models.ActionUpdate, token, c.name)
}

// mayCreateApplication: in some organization.
func (c *call) mayCreateApplication() error {
	organizations := []*int64{nil}
	for _, id := range c.actor.User.Organizations(models.RoleAdmin) {
		organizations = append(organizations, &id)
	}
	var err error
	for _, id := range organizations {
		application := &models.Application{OrganizationID: id, Platform: c.name.Platform()}
		if err = c.server.Policy().Application(c.actor.Actor, models.ActionCreate, application, c.name); err == nil {
			return nil
		}
	}
	return err
}

func (c *call) mayUpdateApplication() error {
	_, err := c.changeableApplication()
	return err
}

// changeableApplication is the path's application, which the caller may change.
func (c *call) changeableApplication() (*models.Application, error) {
	application, err := c.application()
	if err != nil {
		return nil, err
	}
	return application, c.server.Policy().Application(c.actor.Actor, models.ActionUpdate, application, c.name)
}

func (c *call) mayCreateUser() error {
	return c.server.Policy().User(c.actor.Actor, models.ActionCreate, &models.User{}, c.name)
}

func (c *call) mayUpdateUser() error {
	_, err := c.changeableUser()
	return err
}

// changeableUser is the path's user, which the caller may change.
func (c *call) changeableUser() (*models.User, error) {
	user, err := c.user()
	if err != nil {
		return nil, err
	}
	return user, c.server.Policy().User(c.actor.Actor, models.ActionUpdate, user, c.name)
}

func (c *call) mayCreateOrganization() error {
	return c.server.Policy().Organization(c.actor.Actor, models.ActionCreate, &models.Organization{}, c.name)
}

func (c *call) mayUpdateOrganization() error {
	_, err := c.changeableOrganization()
	return err
}

// mayChangeMembers: of the path's organization, for some user.
func (c *call) mayChangeMembers() error {
	organization, err := c.organization()
	if err != nil {
		return err
	}
	return c.server.Policy().Membership(c.actor.Actor, models.ActionDelete, organization.ID, &models.User{})
}

// changeableOrganization is the path's organization, which the caller may change.
func (c *call) changeableOrganization() (*models.Organization, error) {
	organization, err := c.organization()
	if err != nil {
		return nil, err
	}
	return organization, c.server.Policy().Organization(c.actor.Actor, models.ActionUpdate, organization, c.name)
}
