package server

import (
	"context"

	"gatehouse/models"
	"gatehouse/store"
)

// Walks hand all rows of a list, as the actor sees it through the face, to each, in the order of the list and some at a time; Limit and
// Offset of the query mean nothing. An error of each stops a walk and comes back; store.ErrTooManyWalks, where others go on.

// WalkTokens walks through Tokens.
func (s *Server) WalkTokens(ctx context.Context, actor Actor, face models.Face, q store.Query, each func([]models.AccessToken) error) error {
	q.Sees = s.policy.Sight(actor.Actor, face)
	read := s.store.Read(ctx)
	return read.WalkAccessTokens(q, q.Sees.Tokens, func(tokens []models.AccessToken) error {
		if err := s.markUnused(read, tokens); err != nil {
			return err
		}
		return each(tokens)
	})
}

// WalkApplications walks through Applications.
func (s *Server) WalkApplications(ctx context.Context, actor Actor, face models.Face, q store.Query, each func([]models.Application) error) error {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).WalkApplications(q, q.Sees.Applications, each)
}

// WalkUsers walks through Users, or through the Members of an organization whose id is not 0.
func (s *Server) WalkUsers(ctx context.Context, actor Actor, face models.Face, organizationID int64, q store.Query, each func([]models.User) error) error {
	if organizationID != 0 {
		if _, err := s.Organization(ctx, actor, face, organizationID); err != nil {
			return err
		}
	}
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).WalkUsers(organizationID, q, q.Sees.Users, each)
}

// WalkOrganizations walks through Organizations.
func (s *Server) WalkOrganizations(ctx context.Context, actor Actor, face models.Face, q store.Query, each func([]models.Organization) error) error {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).WalkOrganizations(q, q.Sees.Organizations, each)
}

// WalkSessions walks through Sessions.
func (s *Server) WalkSessions(ctx context.Context, actor Actor, face models.Face, q store.Query, each func([]models.Session) error) error {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).WalkLiveSessions(q, s.policy.VisibleSessions(actor.Actor), each)
}

// WalkActivity walks through Activity.
func (s *Server) WalkActivity(ctx context.Context, actor Actor, face models.Face, q store.Query, each func([]models.Activity) error) error {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).WalkActivity(q, s.policy.VisibleActivity(actor.Actor, face), each)
}
