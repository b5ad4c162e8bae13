package models

// Activity decides about one entry of the activity stream (contract §2.2, §2.3, §8). about is the user that the entry is about, with
// memberships; nil for other kinds, and for one who is gone. An entry that is refused is Hidden (contract §12.19).
func (p Policy) Activity(actor Actor, entry *Activity, about *User, face Face) error {
	if p.seesEntry(actor, entry, about, face) {
		return nil
	}
	return &Denied{Outcome: Hidden}
}

func (p Policy) seesEntry(actor Actor, entry *Activity, about *User, face Face) bool {
	signIn := entry.Operation.SignInOrOut()
	switch {
	case signIn && !showsSignIns(face), reachable(entry.Platform, face) != nil:
		return false
	case actor.ReadsAll():
		return true
	case actor.User == nil:
		return false
	case entry.OwnerID != nil && *entry.OwnerID == actor.User.ID:
		return true
	case signIn:
		return false
	case entry.ObjectType == ObjectUser:
		return face == FaceController && (p.VisibleUsers(actor, face).All || about != nil && p.User(actor, ActionRead, about, face) == nil)
	}
	return entry.OrganizationID != nil && actor.User.Has(*entry.OrganizationID, rolesThatSee(entry.ObjectType, face)...)
}

// ReadActivityOf reports whether there is anything to see for the actor of what is done to a user (to whom an entry belongs) or to an
// organization.
func (p Policy) ReadActivityOf(actor Actor, kind ObjectType, id int64, face Face) bool {
	entry := &Activity{ObjectType: kind, ObjectID: id, Operation: OperationUpdate}
	if kind == ObjectUser {
		entry.OwnerID = &id
	} else {
		entry.OrganizationID = &id
	}
	return p.seesEntry(actor, entry, nil, face)
}

// showsSignIns: the originals keep no sign-ins, and their clients know no word for them.
func showsSignIns(face Face) bool { return face != FaceGateway && face != FaceController }

// rolesThatSee are those in an organization that see entries about what belongs to it: at the controller whoever may read the thing
// itself, elsewhere its administrators (case 66).
func rolesThatSee(kind ObjectType, face Face) []Role {
	roles := map[ObjectType][]Role{ObjectAccessToken: {RoleAdmin, RoleAuditor}, ObjectRefreshToken: {RoleAdmin, RoleAuditor},
		ObjectApplication: {RoleMember, RoleAdmin}, ObjectOrganization: {RoleMember, RoleAdmin, RoleAuditor}}[kind]
	if face != FaceController && roles != nil {
		return []Role{RoleAdmin}
	}
	return roles
}

// ActivityVisibility says which entries of the activity stream an actor sees: All of them, or the union of what stands below. What is
// not to be seen at a face is left out of all that.
type ActivityVisibility struct {
	All           bool
	UserID        int64       // entries whose owner this is
	Tokens        []int64     // organizations of whose applications' tokens entries are seen
	Applications  []int64     // organizations of whose applications entries are seen
	Organizations []int64     // organizations about which entries are seen
	Users         *Visibility // entries about the users that it shows, and with All about those who are gone; nil: about none
	SignIns       bool        // sign-ins and sign-outs too: their owner's, and with All everybody's
	Platform      Platform    // Controller: nothing about what is the gateway's alone
}

// VisibleActivity says which entries a list shows.
func (p Policy) VisibleActivity(actor Actor, face Face) ActivityVisibility {
	v := ActivityVisibility{All: actor.ReadsAll(), UserID: actor.ID(), SignIns: showsSignIns(face)}
	if face == FaceController {
		v.Platform = Controller
	}
	if actor.User == nil {
		return v
	}
	v.Tokens = actor.User.Organizations(rolesThatSee(ObjectAccessToken, face)...)
	v.Applications = actor.User.Organizations(rolesThatSee(ObjectApplication, face)...)
	v.Organizations = actor.User.Organizations(rolesThatSee(ObjectOrganization, face)...)
	if face == FaceController {
		users := p.VisibleUsers(actor, face)
		v.Users = &users
	}
	return v
}
