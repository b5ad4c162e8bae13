package models

// Application decides about one application. For ActionCreate and a move by ActionUpdate it is asked with the organization that
// the application would have.
func (p Policy) Application(actor Actor, action Action, app *Application, face Face) error {
	if err := reachable(app.Platform, face); err != nil {
		return err
	}
	organization := app.InOrganization()
	switch action {
	case ActionRead:
		member := organization != 0 && actor.User != nil && actor.User.Has(organization, RoleMember, RoleAdmin)
		return only(actor.ReadsAll() || member)
	case ActionCreate:
		ofFace := app.Platform == face.Platform() || face == FaceCommand
		return only(ofFace && (actor.Superuser() || actor.Administers(organization)))
	case ActionUpdate, ActionDelete:
		return only(actor.Superuser() || actor.Administers(organization))
	default:
		return only(false)
	}
}

// ApplicationChange decides about the fields that not everybody who may change an application may set (contract §1.2). was is
// the zero Application on creation.
func (p Policy) ApplicationChange(actor Actor, was, is *Application) error {
	if actor.Superuser() {
		return nil
	}
	newOwner := is.UserID != nil && (was.UserID == nil || *was.UserID != *is.UserID)
	owned := is.UserID != nil && !is.OwnedBy(actor.ID())
	switch {
	case is.SkipAuthorization && !was.SkipAuthorization:
		return forbidden("Only a superuser may switch skip_authorization on.")
	case was.granted(is) && was.handsOver(is):
		return forbidden("This application holds a right that only a superuser gives (skip_authorization, introspect_all or resource_uris). " +
			"Only a superuser may change its client_type, redirect_uris, organization or require_pkce.")
	case newOwner && owned:
		return forbidden("Only a superuser may make another user the owner of an application.")
	case was.ID != 0 && owned && is.ClientType != was.ClientType:
		return forbidden("Only its owner or a superuser may change client_type of an application that has an owner.")
	case owned && is.Allows(GrantClientCredentials) && !was.Allows(GrantClientCredentials):
		return forbidden("Only its owner or a superuser may switch client credentials on for an application that has an owner.")
	}
	return nil
}

// RotateSecret decides who may give an application another client secret: who may change it. Where it has an owner, or holds what only a
// superuser gives, a new secret would be a way to use what belongs to somebody else (contract §1.2).
func (p Policy) RotateSecret(actor Actor, a *Application, face Face) error {
	if err := p.Application(actor, ActionUpdate, a, face); err != nil || actor.Superuser() {
		return err
	}
	switch {
	case a.granted(a):
		return forbidden("This application holds a right that only a superuser gives (skip_authorization, introspect_all or resource_uris). " +
			"Only a superuser may rotate its secret.")
	case a.UserID != nil && !a.OwnedBy(actor.ID()):
		return forbidden("Only its owner or a superuser may rotate the secret of an application that has an owner.")
	}
	return nil
}

// granted reports whether the application holds, and after the change to is keeps, what only a superuser gives.
func (a *Application) granted(is *Application) bool {
	return a.ID != 0 && (a.SkipAuthorization && is.SkipAuthorization || a.IntrospectAll || len(a.ResourceURIs) > 0)
}

// handsOver reports whether the change to is would let somebody else use what the application holds: with a new secret or none, at
// another address, or under other administrators.
func (a *Application) handsOver(is *Application) bool {
	return a.ClientType != is.ClientType || a.RedirectURIs.String() != is.RedirectURIs.String() ||
		a.InOrganization() != is.InOrganization() || a.RequirePKCE && !is.RequirePKCE
}

// VisibleApplications says which applications a list shows.
func (p Policy) VisibleApplications(actor Actor, face Face) Visibility {
	return visibility(actor, face, RoleMember, RoleAdmin)
}

// User decides about one user, whose Memberships must be filled.
func (p Policy) User(actor Actor, action Action, user *User, face Face) error {
	self := actor.User != nil && actor.User.ID == user.ID
	switch action {
	case ActionRead:
		return only(actor.ReadsAll() || self || p.seesUser(actor, user))
	case ActionCreate:
		administrator := actor.User != nil && len(actor.User.Organizations(RoleAdmin)) > 0
		return only(actor.Superuser() || !face.OfController() && p.ManageOrganizationAuth && administrator)
	case ActionUpdate:
		return only(actor.Superuser() || self || p.administersUser(actor, user))
	case ActionDelete:
		if self {
			return forbidden("You can't delete yourself")
		}
		return only(actor.Superuser() || p.administersUser(actor, user))
	default:
		return only(false)
	}
}

func (p Policy) seesUser(actor Actor, user *User) bool {
	if actor.User == nil {
		return false
	}
	if user.IsSuperuser || p.OrgAdminsSeeAllUsers && len(actor.User.Organizations(RoleAdmin)) > 0 {
		return true
	}
	for _, m := range user.Memberships {
		if actor.User.Has(m.OrganizationID, RoleMember, RoleAdmin, RoleAuditor) {
			return true
		}
	}
	return false
}

// administersUser: an ordinary user who belongs to organizations, all of which the actor administers; nobody where the setting
// MANAGE_ORGANIZATION_AUTH keeps users from administrators of organizations.
func (p Policy) administersUser(actor Actor, user *User) bool {
	if !p.ManageOrganizationAuth || user.IsSuperuser || user.IsPlatformAuditor || len(user.Memberships) == 0 {
		return false
	}
	for _, m := range user.Memberships {
		if !actor.Administers(m.OrganizationID) {
			return false
		}
	}
	return true
}

// UserChange decides about the fields that not everybody who may change a user may set (contract §1.3, §2.3). was is the zero User
// on creation.
func (p Policy) UserChange(actor Actor, was, is *User) error {
	if actor.Superuser() {
		return nil
	}
	self := was.ID != 0 && was.ID == actor.ID()
	switch {
	case is.IsSuperuser != was.IsSuperuser:
		return forbidden("Cannot change is_superuser.")
	case is.IsPlatformAuditor != was.IsPlatformAuditor:
		return forbidden("Cannot change is_platform_auditor.")
	case self && is.Username != was.Username:
		return forbidden("Cannot change username.")
	case self && is.IsActive != was.IsActive:
		return forbidden("Cannot change is_active.")
	}
	return nil
}

// VisibleUsers says which users a list shows: beside what Visibility names, superusers.
func (p Policy) VisibleUsers(actor Actor, face Face) Visibility {
	v := visibility(actor, face, RoleMember, RoleAdmin, RoleAuditor)
	v.All = v.All || p.OrgAdminsSeeAllUsers && actor.User != nil && len(actor.User.Organizations(RoleAdmin)) > 0
	v.Platform = ""
	return v
}

// Organization decides about one organization, members aside.
func (p Policy) Organization(actor Actor, action Action, o *Organization, _ Face) error {
	switch action {
	case ActionRead:
		return only(actor.ReadsAll() || actor.User != nil && actor.User.Has(o.ID, RoleMember, RoleAdmin, RoleAuditor))
	case ActionUpdate:
		return only(actor.Superuser() || actor.Administers(o.ID))
	case ActionCreate, ActionDelete:
		return only(actor.Superuser())
	default:
		return only(false)
	}
}

// Membership decides who may make the user a member, administrator or auditor of the organization (ActionCreate), or end it
// (ActionDelete). An administrator may not draw in somebody who belongs nowhere and whom they did not make: that would hand them the
// account.
func (p Policy) Membership(actor Actor, action Action, organizationID int64, user *User) error {
	if action != ActionCreate && action != ActionDelete {
		return only(false)
	}
	if actor.Superuser() {
		return nil
	}
	if !p.ManageOrganizationAuth || !actor.Administers(organizationID) {
		return only(false)
	}
	made := user.CreatedBy != nil && *user.CreatedBy == actor.ID()
	if action == ActionCreate && len(user.Memberships) == 0 && !made {
		return forbidden("Only a superuser may add a user who belongs to no organization.")
	}
	return nil
}

// PlatformRole decides who may make a user a platform auditor by giving the role (ActionCreate), or take it (ActionDelete). Which
// roles there are may be read by whoever is signed in.
func (p Policy) PlatformRole(actor Actor, action Action) error {
	if action == ActionRead {
		return only(actor.User != nil)
	}
	return only(actor.Superuser() && (action == ActionCreate || action == ActionDelete))
}

// VisibleOrganizations says which organizations a list shows.
func (p Policy) VisibleOrganizations(actor Actor, face Face) Visibility {
	v := visibility(actor, face, RoleMember, RoleAdmin, RoleAuditor)
	v.Platform = ""
	return v
}
