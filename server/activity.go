package server

import (
	"context"
	"errors"

	"gatehouse/models"
	"gatehouse/store"
)

// Activity lists the entries of the activity stream that the actor sees through the face (contract §8).
func (s *Server) Activity(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.Activity], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).Activity(q, s.policy.VisibleActivity(actor.Actor, face))
}

// ActivityEntry loads an entry that the actor may see through the face. Another's is Hidden, as if it were not there (contract §12.19).
func (s *Server) ActivityEntry(ctx context.Context, actor Actor, face models.Face, id int64) (*models.Activity, error) {
	read := s.store.Read(ctx)
	entry, err := read.ActivityEntry(id)
	if err != nil {
		return nil, err
	}
	var about *models.User
	if entry.ObjectType == models.ObjectUser {
		if about, err = read.User(entry.ObjectID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return entry, s.policy.Activity(actor.Actor, entry, about, face)
}
