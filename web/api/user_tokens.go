package api

import (
	"gatehouse/models"
	"gatehouse/store"
)

func (c *call) listUserTokens() error { return c.tokensOfUser() }

func (c *call) listPersonalTokens() error {
	return c.tokensOfUser(store.Filter{Field: "application", Lookup: "isnull", Value: "true"})
}

func (c *call) listAuthorizedTokens() error {
	return c.tokensOfUser(store.Filter{Field: "application", Lookup: "isnull", Value: "false"})
}

// tokensOfUser lists what the caller sees of a user's tokens. The gateway asks for nobody's leave to name a user, and an unknown one
// has no tokens; the controller shows them to readers of the user only.
func (c *call) tokensOfUser(conditions ...store.Filter) error {
	id, err := c.userID()
	if err != nil {
		return err
	}
	if c.name == models.FaceController {
		if _, err := c.server.User(c.ctx(), c.actor, c.name, id); err != nil {
			return err
		}
	}
	return c.tokensWhere(append(conditions, equals("user", id))...)
}

// checkOneself refuses to make a token under somebody else's path; an unknown user is not found.
func (c *call) checkOneself() error {
	user, err := c.user()
	if err != nil {
		return err
	}
	asked := &models.AccessToken{UserID: &user.ID, Platform: c.name.Platform()}
	return c.server.Policy().Token(c.actor.Actor, models.ActionCreate, asked, c.name)
}

// createUserToken makes a personal token, or an application's where one is named.
func (c *call) createUserToken() error {
	if err := c.checkOneself(); err != nil {
		return err
	}
	return c.createToken()
}

// createPersonalToken makes a personal token, whatever application is named.
func (c *call) createPersonalToken() error {
	if err := c.checkOneself(); err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	return c.issueToken(b, c.tokenInput(b))
}

// createAuthorizedToken makes a token of the application that has to be named.
func (c *call) createAuthorizedToken() error {
	if err := c.checkOneself(); err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.tokenInput(b)
	if !b.lacks("application") {
		if id := b.id("application"); id != nil && *id != nil {
			in.Application = *id
		} else if id != nil {
			b.invalid.Add("application", messageNull)
		}
	}
	return c.issueToken(b, in)
}
