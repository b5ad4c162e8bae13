package api

import (
	"gatehouse/models"
	"gatehouse/store"
)

// applicationObject is an application as the platform shows it (contract §1.2), with a count and the first few of its tokens.
// secret is empty unless it was just made. alone is false for a row of a list, which lacks named_url.
func (c *call) applicationObject(a *models.Application, tokens store.Page[models.AccessToken], people people, secret models.Secret, alone bool) object {
	o := c.common(a.ID, typeApplication, "applications", c.applicationRelated(a, people, alone), c.applicationSummary(a, tokens, people), a.Stamps)
	o = append(o, member{"name", a.Name}, member{"description", a.Description}, member{"client_id", a.ClientID})
	if a.ClientType == models.Confidential {
		shown := c.mask
		if !secret.Empty() {
			shown = secret.Reveal()
		}
		o = append(o, member{"client_secret", shown})
	}
	o = append(o,
		member{"client_type", a.ClientType},
		member{"redirect_uris", a.RedirectURIs.String()},
		member{"authorization_grant_type", a.AuthorizationGrantType},
		member{"skip_authorization", a.SkipAuthorization},
		member{"organization", orNull(a.OrganizationID)},
		member{"platform", a.Platform},
	)
	if c.name != models.FaceGateway {
		return o
	}
	return append(o,
		member{"user", orNull(a.UserID)},
		member{"grant_types", listOf(a.GrantTypes)},
		member{"require_pkce", a.RequirePKCE},
		member{"introspect_all", a.IntrospectAll},
		member{"resource_uris", listOf(a.ResourceURIs)},
		member{"algorithm", a.Algorithm},
		member{"post_logout_redirect_uris", a.PostLogoutRedirectURIs.String()},
	)
}

// listOf is a list that is never null.
func listOf(words models.Words) []string { return append([]string{}, words...) }

func (c *call) applicationRelated(a *models.Application, people people, alone bool) object {
	tokens := c.link("applications", a.ID, "tokens")
	related := object{{"tokens", tokens}, {"access_tokens", tokens}}
	if a.OrganizationID != nil {
		related = append(related, member{"organization", c.link("organizations", *a.OrganizationID)})
	}
	if c.name == models.FaceGateway && a.UserID != nil {
		related = append(related, member{"user", c.link("users", *a.UserID)})
	}
	if c.namedIDs && alone && a.Organization != nil {
		related = append(related, member{"named_url", c.link("applications", namedApplication(a))})
	}
	related = append(related, c.activityLink(models.ObjectApplication, a.ID))
	return append(related, c.stampLinks(a.Stamps, people)...)
}

func (c *call) applicationSummary(a *models.Application, tokens store.Page[models.AccessToken], people people) object {
	summary := object{}
	if a.Organization != nil {
		organization := object{{"id", a.Organization.ID}, {"name", a.Organization.Name}}
		if c.name == models.FaceController {
			organization = append(organization, member{"description", a.Organization.Description})
		}
		summary = append(summary, member{"organization", organization})
	}
	if a.User != nil {
		summary = append(summary, member{"user", userSummary(a.User)})
	}
	results := make([]object, len(tokens.Rows))
	for n, token := range tokens.Rows {
		results[n] = object{{"id", token.ID}, {"token", c.mask}, {"scope", token.Scope}}
	}
	policy, actor := c.server.Policy(), c.actor.Actor
	summary = append(summary,
		member{"tokens", object{{"count", tokens.Count}, {"results", results}}},
		member{"user_capabilities", capabilities(policy.Application(actor, models.ActionUpdate, a, c.name), policy.Application(actor, models.ActionDelete, a, c.name))},
	)
	return append(summary, people.summary(a.Stamps)...)
}

// capabilities tell user interfaces what to offer.
func capabilities(edit, remove error) object {
	return object{{"edit", edit == nil}, {"delete", remove == nil}}
}
