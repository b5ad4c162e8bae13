package server

import (
	"context"

	"gatehouse/models"
)

// UserNames gives the users with these ids, by id, for faces that show who made or changed a thing that the caller may read. Who is
// gone is left out.
func (s *Server) UserNames(ctx context.Context, ids []int64) (map[int64]*models.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.Read(ctx).UsersOf(ids)
	if err != nil {
		return nil, err
	}
	users := make(map[int64]*models.User, len(rows))
	for n := range rows {
		users[rows[n].ID] = &rows[n]
	}
	return users, nil
}
