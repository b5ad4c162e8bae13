package models

// Action is what an actor wants to do to a thing.
type Action string

// The actions.
const (
	ActionRead    Action = "read"
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionDelete  Action = "delete"
	ActionRefresh Action = "refresh"
)

// Outcome is the kind of a refusal; each face has one answer for each kind.
type Outcome string

// The outcomes.
const (
	Unauthenticated Outcome = "unauthenticated" // 401: say who you are
	Forbidden       Outcome = "forbidden"       // 403
	Hidden          Outcome = "hidden"          // 404: not there for this face
	ScopeTooNarrow  Outcome = "scope"           // 403 insufficient_scope (RFC 6750 §3.1)
)

// Denied is the policy's refusal. Message may be shown to the caller; "" leaves the words to the face.
type Denied struct {
	Outcome Outcome
	Message string
}

// Error is the message, or the kind where there is none.
func (d *Denied) Error() string {
	if d.Message != "" {
		return d.Message
	}
	return string(d.Outcome)
}

// Actor is who asks. The zero Actor is anonymous.
type Actor struct {
	User   *User        // with Memberships; nil for nobody
	Token  *AccessToken // the bearer token that was presented; nil for a session, Basic and the command line
	System bool         // the command line of the machine itself: may do everything
}

// ID is the acting user's id, 0 without one.
func (a Actor) ID() int64 {
	if a.User == nil {
		return 0
	}
	return a.User.ID
}

// Superuser reports whether everything is permitted.
func (a Actor) Superuser() bool { return a.System || a.User != nil && a.User.IsSuperuser }

// ReadsAll reports whether everything may be read.
func (a Actor) ReadsAll() bool { return a.Superuser() || a.User != nil && a.User.IsPlatformAuditor }

// Administers reports whether the actor administers the organization; 0 is no organization.
func (a Actor) Administers(organizationID int64) bool {
	return organizationID != 0 && a.User != nil && a.User.Has(organizationID, RoleAdmin)
}

// Policy is every rule about who may do what, with the switches that an operator may set. Its methods decide from values alone:
// nil permits, *Denied refuses, Invalid says that the input names something that this face cannot use.
type Policy struct {
	AllowExternalUsers         bool   // ALLOW_OAUTH2_FOR_EXTERNAL_USERS
	ManageOrganizationAuth     bool   // MANAGE_ORGANIZATION_AUTH
	OrgAdminsSeeAllUsers       bool   // ORG_ADMINS_CAN_SEE_ALL_USERS
	ControllerTokensEverywhere bool   // CONTROLLER_APP_TOKENS_EVERYWHERE
	ControllerTokenCreation    bool   // CONTROLLER_TOKEN_CREATION
	Issuer                     string // the public URL, below which our own APIs are
}

// DefaultPolicy has the switches as they stand when nothing is set.
func DefaultPolicy() Policy {
	return Policy{ManageOrganizationAuth: true, OrgAdminsSeeAllUsers: true, ControllerTokenCreation: true}
}

// AcceptsBearer reports whether the token authenticates at this face: a controller application's token does at the controller
// only (contract §0, rule 4), and one for another resource nowhere here (RFC 8707 §3).
func (p Policy) AcceptsBearer(t *AccessToken, face Face) bool {
	resource := p.Issuer + ResourceGateway
	if face.OfController() {
		resource = p.Issuer + ResourceController
	}
	if !p.Audience(t.Audience).Has(resource) {
		return false
	}
	return t.Personal() || t.Platform == Gateway || face.OfController() || p.ControllerTokensEverywhere
}

// Enter is asked once for each request to an API, before anything is looked up: is somebody there, and does the token's scope
// permit the kind of request (contract §4)?
func (p Policy) Enter(actor Actor, write bool) error {
	switch {
	case actor.System:
		return nil
	case actor.User == nil && actor.Token == nil:
		return &Denied{Outcome: Unauthenticated}
	case actor.User == nil:
		return forbidden("This token belongs to no user.")
	case actor.Token == nil:
		return nil
	default:
		return actor.Token.Scope.permits(write)
	}
}

// Forward decides whether a reverse proxy may let a request with this token through to the program behind it, as far as its scope goes.
// A token without a user may pass: what it may do there is that program's to say.
func (p Policy) Forward(t *AccessToken, write bool) error { return t.Scope.permits(write) }

func (s Scope) permits(write bool) error {
	if write && !s.AllowsWrite() || !s.AllowsRead() {
		return &Denied{Outcome: ScopeTooNarrow}
	}
	return nil
}

// Maintain decides who may revoke and clear tokens in bulk.
func (p Policy) Maintain(actor Actor) error { return only(actor.Superuser()) }

// RevokeTokensOf decides who may revoke all tokens of a user at once: the user, and superusers. Administrators of an organization may end
// those of its applications, one by one.
func (p Policy) RevokeTokensOf(actor Actor, user *User) error {
	return only(actor.Superuser() || actor.User != nil && actor.Token == nil && actor.User.ID == user.ID)
}

// ReadTokenPolicy decides who may look at the page of the token policy; its lifetimes themselves are no secret.
func (p Policy) ReadTokenPolicy(actor Actor) error { return only(actor.ReadsAll()) }

// SetTokenPolicy decides who may change it.
func (p Policy) SetTokenPolicy(actor Actor) error { return only(actor.Superuser()) }

// Session decides who may see and end a session: its user, and superusers, who may end everybody's. Auditors see no addresses of others.
func (p Policy) Session(actor Actor, session *Session) error {
	return only(actor.Superuser() || actor.User != nil && session.UserID == actor.User.ID)
}

// VisibleSessions says whose sessions the actor sees.
func (p Policy) VisibleSessions(actor Actor) Visibility {
	if actor.User == nil {
		return Visibility{}
	}
	return Visibility{All: actor.Superuser(), UserID: actor.User.ID}
}

// Visibility says which rows of a list an actor sees: All of them, or the union of what stands below; of one Platform if it is set.
// UserID is the owner (of tokens) or the user itself (of users).
type Visibility struct {
	All           bool
	UserID        int64
	Organizations []int64
	Platform      Platform
}

// Sight says of every kind of thing which an actor sees through one face; what a question about one kind may tell about another follows it.
type Sight struct {
	Tokens        Visibility
	Applications  Visibility
	Users         Visibility
	Organizations Visibility
}

// Sight is what the actor sees through the face.
func (p Policy) Sight(actor Actor, face Face) Sight {
	return Sight{p.VisibleTokens(actor, face), p.VisibleApplications(actor, face), p.VisibleUsers(actor, face), p.VisibleOrganizations(actor, face)}
}

func visibility(actor Actor, face Face, roles ...Role) Visibility {
	v := Visibility{All: actor.ReadsAll(), UserID: actor.ID()}
	if face == FaceController {
		v.Platform = Controller
	}
	if actor.User != nil {
		v.Organizations = actor.User.Organizations(roles...)
	}
	return v
}

func forbidden(message string) error { return &Denied{Outcome: Forbidden, Message: message} }

func only(permitted bool) error {
	if permitted {
		return nil
	}
	return &Denied{Outcome: Forbidden}
}

// reachable refuses what this face does not show: things of the gateway at the controller's API. The OAuth roots do not differ.
func reachable(platform Platform, face Face) error {
	if face == FaceController && platform == Gateway {
		return &Denied{Outcome: Hidden}
	}
	return nil
}
