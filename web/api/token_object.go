package api

import (
	"gatehouse/models"
	"gatehouse/server"
)

// The types of objects, as the controller's clients know them.
const (
	typeToken        = "o_auth2_access_token" //nolint:gosec // the name of a type
	typeApplication  = "o_auth2_application"
	typeUser         = "user"
	typeOrganization = "organization"
)

// tokenObject is a token as the platform shows it (contract §1.1). issued holds the values when it was just made, otherwise nil.
func (c *call) tokenObject(t *models.AccessToken, people people, issued *server.Issued) object {
	value, refresh := any(c.mask), any(nil)
	if t.RefreshToken != nil {
		refresh = c.mask
	}
	if issued != nil {
		value = issued.AccessTokenValue.Reveal()
		if issued.RefreshToken != nil {
			refresh = issued.RefreshTokenValue.Reveal()
		}
	}
	o := c.common(t.ID, typeToken, "tokens", c.tokenRelated(t, people), c.tokenSummary(t, people), t.Stamps)
	return append(o,
		member{"description", t.Description},
		member{"user", orNull(t.UserID)},
		member{"token", value},
		member{"refresh_token", refresh},
		member{"application", orNull(t.ApplicationID)},
		member{"expires", when(t.Expires)},
		member{"scope", t.Scope},
		member{"last_used", sometime(t.LastUsed)},
		member{"platform", t.Platform},
	)
}

func (c *call) tokenRelated(t *models.AccessToken, people people) object {
	related := object{}
	if t.UserID != nil {
		related = append(related, member{"user", c.link("users", *t.UserID)})
	}
	if t.Application != nil && c.server.Policy().Application(c.actor.Actor, models.ActionRead, t.Application, c.name) == nil {
		related = append(related, member{"application", c.link("applications", t.Application.ID)})
	}
	related = append(related, c.activityLink(models.ObjectAccessToken, t.ID))
	return append(related, c.stampLinks(t.Stamps, people)...)
}

func (c *call) tokenSummary(t *models.AccessToken, people people) object {
	summary := object{}
	if t.User != nil {
		summary = append(summary, member{"user", userSummary(t.User)})
	}
	if t.Application != nil {
		summary = append(summary, member{"application", object{{"id", t.Application.ID}, {"name", t.Application.Name}}})
	}
	return append(summary, people.summary(t.Stamps)...)
}

func userSummary(u *models.User) object {
	return object{{"id", u.ID}, {"username", u.Username}, {"first_name", u.FirstName}, {"last_name", u.LastName}}
}
