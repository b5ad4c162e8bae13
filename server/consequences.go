package server

import (
	"context"

	"gatehouse/models"
	"gatehouse/store"
)

// OrganizationCounts counts the people and applications of each of the organizations.
func (s *Server) OrganizationCounts(ctx context.Context, ids []int64) (map[int64]store.OrganizationCounts, error) {
	return s.store.Read(ctx).OrganizationCounts(ids)
}

// UserDependents counts what deleting a user takes along, for who may delete the user.
func (s *Server) UserDependents(ctx context.Context, actor Actor, face models.Face, id int64) (store.Dependents, error) {
	user, err := s.store.Read(ctx).User(id)
	if err != nil {
		return store.Dependents{}, err
	}
	if err := s.policy.User(actor.Actor, models.ActionDelete, user, face); err != nil {
		return store.Dependents{}, err
	}
	return s.store.Read(ctx).Dependents(0, id)
}

// OrganizationDependents counts what deleting an organization takes along, for who may delete it.
func (s *Server) OrganizationDependents(ctx context.Context, actor Actor, face models.Face, id int64) (store.Dependents, error) {
	organization, err := s.store.Read(ctx).Organization(id)
	if err != nil {
		return store.Dependents{}, err
	}
	if err := s.policy.Organization(actor.Actor, models.ActionDelete, organization, face); err != nil {
		return store.Dependents{}, err
	}
	return s.store.Read(ctx).Dependents(id, 0)
}
