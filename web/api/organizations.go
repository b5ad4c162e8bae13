package api

import (
	"encoding/json"
	"strconv"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func (c *call) listOrganizations() error { return c.organizationsWhere() }

// organizationsWhere lists organizations that meet further conditions.
func (c *call) organizationsWhere(conditions ...store.Filter) error {
	l, err := c.listing(typeOrganization)
	if err != nil {
		return err
	}
	l.Filters = append(l.Filters, conditions...)
	page, err := c.server.Organizations(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	people, err := peopleOf(c, page.Rows, func(o *models.Organization) models.Stamps { return o.Stamps })
	if err != nil {
		return err
	}
	return answerList(c, l, page, func(o *models.Organization) object { return c.organizationObject(o, people) })
}

// organization is the path's organization, which the caller may read.
func (c *call) organization() (*models.Organization, error) {
	return c.server.Organization(c.ctx(), c.actor, c.name, c.id())
}

func (c *call) showOrganization() error {
	organization, err := c.organization()
	if err != nil {
		return err
	}
	return c.answerOrganization(organization)
}

func (c *call) answerOrganization(o *models.Organization) error {
	people, err := c.people(o.Stamps)
	if err != nil {
		return err
	}
	return c.ok(c.organizationObject(o, people))
}

func organizationInput(b *body) server.OrganizationInput {
	return server.OrganizationInput{Name: b.required("name"), Description: b.text("description", "")}
}

func (c *call) createOrganization() error {
	if err := c.server.Policy().Organization(c.actor.Actor, models.ActionCreate, &models.Organization{}, c.name); err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := organizationInput(b)
	if err := b.invalid.Err(); err != nil {
		return err
	}
	organization, err := c.server.CreateOrganization(c.ctx(), c.actor, c.name, in)
	if err != nil {
		return err
	}
	people, err := c.people(organization.Stamps)
	if err != nil {
		return err
	}
	return c.created(c.organizationObject(organization, people))
}

func (c *call) updateOrganization() error {
	organization, err := c.changeableOrganization()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := organizationInput(b)
	if err := b.invalid.Err(); err != nil {
		return err
	}
	if organization, err = c.server.UpdateOrganization(c.ctx(), c.actor, c.name, organization.ID, in); err != nil {
		return err
	}
	return c.answerOrganization(organization)
}

func (c *call) deleteOrganization() error {
	return c.deleted(c.server.DeleteOrganization(c.ctx(), c.actor, c.name, c.id()))
}

func (c *call) listOrganizationApplications() error {
	organization, err := c.organization()
	if err != nil {
		return err
	}
	return c.applicationsWhere(equals("organization", organization.ID))
}

// createOrganizationApplication makes an application of the path's organization, whichever the body names.
func (c *call) createOrganizationApplication() error {
	organization, err := c.organization()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	b.values["organization"] = json.Number(strconv.FormatInt(organization.ID, 10))
	return c.registerApplication(b, c.applicationInput(b))
}

// organizationObject is an organization as the platform shows it (contract §1.4).
func (c *call) organizationObject(o *models.Organization, people people) object {
	related := object{}
	for _, name := range []string{"applications", "users", "admins", "auditors"} {
		related = append(related, member{name, c.link("organizations", o.ID, name)})
	}
	related = append(related, c.activityLink(models.ObjectOrganization, o.ID))
	policy, actor := c.server.Policy(), c.actor.Actor
	summary := object{{"user_capabilities", capabilities(policy.Organization(actor, models.ActionUpdate, o, c.name),
		policy.Organization(actor, models.ActionDelete, o, c.name))}}
	shown := c.common(o.ID, typeOrganization, "organizations", append(related, c.stampLinks(o.Stamps, people)...),
		append(summary, people.summary(o.Stamps)...), o.Stamps)
	shown = append(shown, member{"name", o.Name}, member{"description", o.Description})
	if c.name == models.FaceGateway {
		return append(shown, member{"managed", o.Managed})
	}
	return append(shown, member{"max_hosts", 0}, member{"custom_virtualenv", nil}, member{"default_environment", nil})
}
