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

// UserTokens counts the access tokens of a user, for who may change the user.
func (s *Server) UserTokens(ctx context.Context, actor Actor, face models.Face, id int64) (int64, error) {
	user, err := s.store.Read(ctx).User(id)
	if err != nil {
		return 0, err
	}
	if err := s.policy.User(actor.Actor, models.ActionUpdate, user, face); err != nil {
		return 0, err
	}
	preview, err := s.store.Read(ctx).PreviewRevocation(id, "", false)
	return preview.AccessTokens.Number, err
}

// PreviewUserRevocation counts what RevokeUserTokens would revoke now.
func (s *Server) PreviewUserRevocation(ctx context.Context, actor Actor, id int64, refreshTokens bool) (store.Preview, error) {
	user, err := s.store.Read(ctx).User(id)
	if err != nil {
		return store.Preview{}, err
	}
	if err := s.policy.RevokeTokensOf(actor.Actor, user); err != nil {
		return store.Preview{}, err
	}
	return s.store.Read(ctx).PreviewRevocation(id, "", refreshTokens)
}
