package server

import (
	"context"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

// UserNames gives the users with these ids, by id, for faces that show who made or changed a thing that the caller may read. Who is
// gone is left out.
func (s *Server) UserNames(ctx context.Context, ids []int64) (map[int64]*models.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	texts := make([]string, len(ids))
	for n, id := range ids {
		texts[n] = strconv.FormatInt(id, 10)
	}
	query := store.Query{Filters: []store.Filter{{Field: "id", Lookup: "in", Value: strings.Join(texts, ",")}}, SkipCount: true}
	page, err := s.store.Read(ctx).Users(query, models.Visibility{All: true})
	if err != nil {
		return nil, err
	}
	users := make(map[int64]*models.User, len(page.Rows))
	for n := range page.Rows {
		users[page.Rows[n].ID] = &page.Rows[n]
	}
	return users, nil
}
