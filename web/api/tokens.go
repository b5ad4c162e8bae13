package api

import (
	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func (c *call) listTokens() error { return c.tokensWhere() }

// tokensWhere lists tokens that meet further conditions.
func (c *call) tokensWhere(conditions ...store.Filter) error {
	l, err := c.listing(typeToken)
	if err != nil {
		return err
	}
	l.Filters = append(l.Filters, conditions...)
	page, err := c.server.Tokens(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	people, err := peopleOf(c, page.Rows, func(t *models.AccessToken) models.Stamps { return t.Stamps })
	if err != nil {
		return err
	}
	return answerList(c, l, page, func(t *models.AccessToken) object { return c.tokenObject(t, people, nil) })
}

func (c *call) showToken() error {
	token, err := c.server.Token(c.ctx(), c.actor, c.name, c.id())
	if err != nil {
		return err
	}
	return c.answerToken(token)
}

func (c *call) answerToken(token *models.AccessToken) error {
	people, err := c.people(token.Stamps)
	if err != nil {
		return err
	}
	return c.ok(c.tokenObject(token, people, nil))
}

func (c *call) createToken() error {
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.tokenInput(b)
	if application := b.id("application"); application != nil {
		in.Application = *application
	}
	return c.issueToken(b, in)
}

// issueToken makes a token and shows its values, this once.
func (c *call) issueToken(b *body, in server.TokenInput) error {
	if err := b.invalid.Err(); err != nil {
		return err
	}
	issued, err := c.server.CreateToken(c.ctx(), c.actor, c.name, in)
	if err != nil {
		return err
	}
	people, err := c.people(issued.AccessToken.Stamps)
	if err != nil {
		return err
	}
	return c.created(c.tokenObject(issued.AccessToken, people, issued))
}

// tokenInput reads what a token takes on creation and update; the operation ignores what does not apply.
func (c *call) tokenInput(b *body) server.TokenInput {
	in := server.TokenInput{Scope: b.text("scope", string(models.ScopeWrite)), Description: b.text("description", "")}
	if b.creating && c.name == models.FaceGateway {
		in.Expires = b.moment("expires")
	}
	return in
}

func (c *call) updateToken() error {
	token, err := c.changeableToken()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.tokenInput(b)
	if err := b.invalid.Err(); err != nil {
		return err
	}
	if token, err = c.server.UpdateToken(c.ctx(), c.actor, c.name, token.ID, in); err != nil {
		return err
	}
	return c.answerToken(token)
}

// regenerateToken answers with the token and its new value, this once.
func (c *call) regenerateToken() error {
	token, err := c.changeableToken()
	if err != nil {
		return err
	}
	overlap, err := c.overlap()
	if err != nil {
		return err
	}
	issued, err := c.server.RegenerateToken(c.ctx(), c.actor, c.name, token.ID, overlap, "")
	if err != nil {
		return err
	}
	people, err := c.people(issued.AccessToken.Stamps)
	if err != nil {
		return err
	}
	return c.ok(c.tokenObject(issued.AccessToken, people, issued))
}

func (c *call) deleteToken() error {
	return c.deleted(c.server.DeleteToken(c.ctx(), c.actor, c.name, c.id()))
}
