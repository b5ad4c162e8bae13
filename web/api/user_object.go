package api

import "gatehouse/models"

// userObject is a user as the platform shows it (contract §1.3).
func (c *call) userObject(u *models.User, people people) object {
	policy, actor := c.server.Policy(), c.actor.Actor
	summary := object{{"user_capabilities",
		capabilities(policy.User(actor, models.ActionUpdate, u, c.name), policy.User(actor, models.ActionDelete, u, c.name))}}
	o := c.common(u.ID, typeUser, "users", c.userRelated(u, people), append(summary, people.summary(u.Stamps)...), u.Stamps)
	o = append(o,
		member{"username", u.Username},
		member{"first_name", u.FirstName},
		member{"last_name", u.LastName},
		member{"email", u.Email},
		member{"is_superuser", u.IsSuperuser},
		member{c.auditor, u.IsPlatformAuditor},
		member{"is_active", u.IsActive},
		member{"last_login", sometime(u.LastLogin)},
	)
	if !u.External() {
		o = append(o, member{"password", passwordMask})
	}
	if c.name == models.FaceGateway {
		return append(o, member{"managed", u.Managed})
	}
	external := any(nil)
	if u.External() {
		external = u.ExternalAccount
	}
	return append(o, member{"ldap_dn", u.LDAPDN}, member{"external_account", external}, member{"auth", []object{}})
}

func (c *call) userRelated(u *models.User, people people) object {
	related := object{}
	for _, name := range []string{"organizations", "applications", "tokens", "personal_tokens", "authorized_tokens"} {
		related = append(related, member{name, c.link("users", u.ID, name)})
	}
	related = append(related, c.activityLink(models.ObjectUser, u.ID))
	return append(related, c.stampLinks(u.Stamps, people)...)
}
