package api

import (
	"errors"

	"gatehouse/models"
)

// listMembers lists the users who hold a role in the path's organization.
func listMembers(role models.Role) handler {
	return func(c *call) error {
		l, err := c.userListing()
		if err != nil {
			return err
		}
		page, err := c.server.Members(c.ctx(), c.actor, c.name, c.id(), role, l.Query)
		if err != nil {
			return err
		}
		return c.answerUsers(l, page)
	}
}

// postMember is the controller's way (contract §1.4): {"id": U} gives a role, with "disassociate" takes it, and a user's fields
// make a new member.
func postMember(role models.Role) handler {
	return func(c *call) error {
		if _, err := c.organization(); err != nil {
			return err
		}
		b, err := c.body()
		if err != nil {
			return err
		}
		_, named := b.values["id"]
		if !named && role == models.RoleMember {
			return c.registerUser(b, c.id())
		}
		id, action := b.reference("id"), models.ActionCreate
		if leave := b.boolean("disassociate", false); leave != nil && *leave {
			action = models.ActionDelete
		}
		if err := b.invalid.Err(); err != nil {
			return err
		}
		return c.deleted(c.server.ChangeMembers(c.ctx(), c.actor, action, c.id(), []int64{*id}, role))
	}
}

// changeMembers is the gateway's way: {"instances": [U, …]} gives the role to all of them, or takes it.
func changeMembers(action models.Action, role models.Role) handler {
	return func(c *call) error {
		if _, err := c.organization(); err != nil {
			return err
		}
		b, err := c.body()
		if err != nil {
			return err
		}
		ids := instances(b)
		if err := b.invalid.Err(); err != nil {
			return err
		}
		err = c.server.ChangeMembers(c.ctx(), c.actor, action, c.id(), ids, role)
		var invalid models.Invalid
		if errors.As(err, &invalid) {
			return atField("instances", invalid)
		}
		return c.deleted(err)
	}
}

// atField is the same complaint about the field that the caller sent.
func atField(field string, invalid models.Invalid) models.Invalid {
	var moved models.Invalid
	for _, each := range invalid {
		moved.Add(field, each.Message)
	}
	return moved
}

// instances reads the ids of the users. A form may send one.
func instances(b *body) []int64 {
	if b.lacks("instances") {
		return nil
	}
	items, isList := b.values["instances"].([]any)
	if !isList {
		items = []any{b.values["instances"]}
	}
	var ids []int64
	for _, item := range items {
		one := &body{values: map[string]any{"instances": item}}
		id := one.id("instances")
		b.invalid = append(b.invalid, one.invalid...)
		switch {
		case id != nil && *id != nil:
			ids = append(ids, **id)
		case id != nil:
			b.invalid.Add("instances", messageNull)
		}
	}
	return ids
}
