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
		ObjectType: on.kind, ObjectID: on.id, ObjectName: on.name, Changes: changes}
	if a.User != nil {
		entry.ActorName = a.User.Username
	}
	return entry
}

// object names a thing in the activity stream.
type object struct {
	kind models.ObjectType
	id   int64
	name string
}

func tokenObject(t *models.AccessToken) object {
	return object{models.ObjectAccessToken, t.ID, t.Description}
}

func refreshTokenObject(t *models.RefreshToken) object {
	return object{models.ObjectRefreshToken, t.ID, ""}
}

func applicationObject(a *models.Application) object {
	return object{models.ObjectApplication, a.ID, a.Name}
}

func userObject(u *models.User) object { return object{models.ObjectUser, u.ID, u.Username} }

func organizationObject(o *models.Organization) object {
	return object{models.ObjectOrganization, o.ID, o.Name}
}

// related puts the other side of an association, or the source of a change, into an entry.
func related(entry models.Activity, other object) models.Activity {
	entry.RelatedType, entry.RelatedID, entry.RelatedName = other.kind, other.id, other.name
	return entry
}
