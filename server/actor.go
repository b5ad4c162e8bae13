package server

import (
	"context"

	"gatehouse/models"
	"gatehouse/store"
)

// Actor is who is calling, through which door. The zero Actor is anonymous.
type Actor struct {
	models.Actor
	Session *models.Session // the session that authenticated the call; nil for bearer, Basic and the command line
	Origin  string          // "api", "console", "oauth" or "command:<name>", as the activity stream keeps it
	Address string          // the client's network address, "" for the command line
	Device  models.Secret   // what the browser is recognised by, empty for other clients
}

// Command is the actor of a management command: the machine's own administrator.
func Command(name string) Actor {
	return Actor{Actor: models.Actor{System: true}, Origin: "command:" + name}
}

type actorKey struct{}

// WithActor makes a the caller of what is done in the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom is the caller, anonymous when none was set.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// id is the acting user's id for a row's stamps, nil without one.
func (a Actor) id() *int64 {
	if a.User == nil {
		return nil
	}
	return &a.User.ID
}

// stamp gives a new row its stamps.
func (a Actor) stamp(tx *store.Tx) models.Stamps {
	return models.Stamps{Created: tx.Now(), Modified: tx.Now(), CreatedBy: a.id(), ModifiedBy: a.id()}
}

// touch moves the stamps of a row that the actor changes.
func (a Actor) touch(tx *store.Tx, s *models.Stamps) { s.Modified, s.ModifiedBy = tx.Now(), a.id() }

// did is the activity entry of what the actor does to a thing.
func (a Actor) did(operation models.Operation, on object, changes models.Changes) models.Activity {
	entry := models.Activity{ActorID: a.id(), Origin: a.Origin, Address: a.Address, Operation: operation,
		ObjectType: on.kind, ObjectID: on.id, ObjectName: on.name, Changes: changes,
		OwnerID: on.owner, OrganizationID: on.organization, Platform: on.platform}
	if a.User != nil {
		entry.ActorName = a.User.Username
	}
	return entry
}

// object is a thing as the activity stream names it, with what decides who sees the entry.
type object struct {
	kind         models.ObjectType
	id           int64
	name         string
	owner        *int64
	organization *int64
	platform     models.Platform
}

// tokenObject and refreshTokenObject want a token with its application, where it has one: without it the administrators of the
// organization would not see the entry.
func tokenObject(t *models.AccessToken) object {
	return object{models.ObjectAccessToken, t.ID, t.Description, t.UserID, organizationOf(t.Application), t.Platform}
}

func refreshTokenObject(t *models.RefreshToken) object {
	return object{models.ObjectRefreshToken, t.ID, "", t.UserID, organizationOf(t.Application), t.Platform}
}

func organizationOf(a *models.Application) *int64 {
	if a == nil {
		return nil
	}
	return a.OrganizationID
}

func applicationObject(a *models.Application) object {
	return object{models.ObjectApplication, a.ID, a.Name, nil, a.OrganizationID, a.Platform}
}

func userObject(u *models.User) object {
	return object{kind: models.ObjectUser, id: u.ID, name: u.Username, owner: &u.ID}
}

func organizationObject(o *models.Organization) object {
	return object{kind: models.ObjectOrganization, id: o.ID, name: o.Name, organization: &o.ID}
}

// withUser puts the user, with whom a thing is associated, into an entry: it is theirs.
func withUser(entry models.Activity, user *models.User) models.Activity {
	entry.RelatedType, entry.RelatedID, entry.RelatedName, entry.OwnerID = models.ObjectUser, user.ID, user.Username, &user.ID
	return entry
}
