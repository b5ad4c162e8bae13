package models

// Reasons that people and programs are shown.
const (
	ReasonControllerRefresh    = "This token belongs to the automation controller. It can be refreshed only at the controller API (/api/o/token/)."
	ReasonControllerCreate     = "This application belongs to the automation controller. Create its tokens through the controller API (/api/controller/v2/)."
	ReasonExternalUser         = "OAuth2 Tokens cannot be created by users associated with an external authentication provider"
	reasonRegenerateController = "This token belongs to the automation controller. It cannot be regenerated here: create another one through the controller API."
	reasonRegenerateOther      = "A token can regenerate itself only. Sign in to regenerate another one."
	reasonNotPersonal          = "Only personal access tokens are regenerated. The token of an application is refreshed by its client."
	reasonOthers               = "A token can be created for oneself only."
	reasonOwner                = "Only its owner or a superuser may create a token for an application that has an owner."
	reasonNoCreation           = "Creating tokens through the controller API is switched off. Create them at the gateway."
)

// Token decides about one token. The token's Application must be filled where it has one. For ActionCreate the token is the one
// asked for: its user is the requester, also where an application's owner makes it act as somebody else; the command line fills User.
func (p Policy) Token(actor Actor, action Action, t *AccessToken, face Face) error {
	if err := reachable(t.Platform, face); err != nil {
		return err
	}
	administered := t.Application != nil && actor.Administers(t.Application.InOrganization())
	owned := actor.User != nil && t.OwnedBy(actor.User.ID)
	switch action {
	case ActionCreate:
		return p.createToken(actor, t, face)
	case ActionRead:
		audited := face == FaceController && t.Application != nil && actor.User != nil &&
			actor.User.Has(t.Application.InOrganization(), RoleAuditor)
		return only(actor.ReadsAll() || owned || administered || audited)
	case ActionUpdate, ActionDelete:
		return only(actor.Superuser() || owned || administered)
	case ActionRefresh:
		if t.Platform == Controller && !face.OfController() {
			return forbidden(ReasonControllerRefresh)
		}
		return only(actor.Superuser() || owned)
	default:
		return only(false)
	}
}

func (p Policy) createToken(actor Actor, t *AccessToken, face Face) error {
	switch {
	case actor.System && t.User != nil:
		return p.External(t.User)
	case actor.System:
		return nil
	case actor.User == nil:
		return &Denied{Outcome: Unauthenticated}
	case face.OfController() && !p.ControllerTokenCreation:
		return forbidden(reasonNoCreation)
	}
	if err := p.External(actor.User); err != nil {
		return err
	}
	app := t.Application
	switch {
	case t.Personal() != (app == nil):
		return only(false)
	case app == nil && t.Platform == Controller && !face.OfController():
		return forbidden(ReasonControllerCreate)
	case app != nil && app.Platform == Controller && !face.OfController():
		return Invalid{{"application", ReasonControllerCreate}}
	case !t.OwnedBy(actor.User.ID):
		return forbidden(reasonOthers)
	case app == nil:
		return nil
	case app.UserID != nil && !app.OwnedBy(actor.User.ID) && !actor.Superuser():
		return forbidden(reasonOwner)
	}
	return p.Application(actor, ActionRead, app, face)
}

// DecideDevice is asked before a person enters or decides a user code (RFC 8628 §3.3): whoever may have new tokens may, for themselves.
func (p Policy) DecideDevice(actor Actor) error {
	if actor.User == nil {
		return &Denied{Outcome: Unauthenticated}
	}
	return p.External(actor.User)
}

// External refuses new tokens to a user who signs in elsewhere, unless the switch allows it. Tokens they have keep working.
func (p Policy) External(user *User) error {
	if p.AllowExternalUsers || !user.External() {
		return nil
	}
	source := user.ExternalSource
	if source == "" {
		source = user.ExternalAccount
	}
	return forbidden(ReasonExternalUser + " (" + source + ")")
}

// NewTokenScope decides about the changed scope of a token that the actor may update: it may only narrow, unless the actor is the
// one it acts as or a superuser; a bearer never gives what it does not hold itself (contract §4.5, §12.26).
func (p Policy) NewTokenScope(actor Actor, t *AccessToken, scope Scope) error {
	switch {
	case t.Scope.Covers(scope):
		return nil
	case actor.Token != nil && !actor.Token.Scope.Covers(scope):
		return &Denied{Outcome: ScopeTooNarrow}
	case actor.Superuser(), actor.User != nil && t.OwnedBy(actor.User.ID):
		return nil
	}
	return Invalid{{"scope", "The scope of an application's token can only be narrowed."}}
}

// Regenerate decides who may give a token another value: whom it acts as, who then sees it, and nobody in their place. A bearer reaches no
// further than itself, and a controller token is not regenerated at all (contract §12.33).
func (p Policy) Regenerate(actor Actor, t *AccessToken, face Face) error {
	if err := reachable(t.Platform, face); err != nil {
		return err
	}
	switch {
	case actor.User == nil || !t.OwnedBy(actor.User.ID):
		return only(false)
	case t.Platform == Controller || face.OfController():
		return forbidden(reasonRegenerateController)
	case !t.Personal():
		return Invalid{{NonField, reasonNotPersonal}}
	case actor.Token != nil && actor.Token.ID != t.ID:
		return forbidden(reasonRegenerateOther)
	}
	return p.External(actor.User)
}

// VisibleTokens says which tokens a list shows.
func (p Policy) VisibleTokens(actor Actor, face Face) Visibility {
	if face == FaceController {
		return visibility(actor, face, RoleAdmin, RoleAuditor)
	}
	return visibility(actor, face, RoleAdmin)
}

// Introspect decides whether the actor's bearer token may be used to introspect all tokens (RFC 7662 §2.1).
func (p Policy) Introspect(actor Actor) error { return only(actor.ReadsAll()) }
