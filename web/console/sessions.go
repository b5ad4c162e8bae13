package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

var sessionListing = listing{
	path:    "/sessions",
	filters: map[string][]string{"owner": nil},
	orders:  []string{"user__username", "address", "created", "last_seen"},
	order:   store.Order{Field: "last_seen", Descending: true},
}

// listSessions shows where the person is signed in, and to a superuser where everybody is.
func (w *Console) listSessions(c *gin.Context) error {
	actor := actorOf(c)
	list, query := w.sessionsAsked(c)
	sessions, err := w.server.Sessions(c.Request.Context(), actor, face, query)
	if err != nil || counted(c, &list, sessions.Count) {
		return err
	}
	data := templates.SessionsPage{Page: w.page(c, "sessions"), List: list, Everybody: w.server.Policy().VisibleSessions(actor.Actor).All}
	for n := range sessions.Rows {
		data.Rows = append(data.Rows, sessionRow(actor, &sessions.Rows[n]))
	}
	return w.render(c, http.StatusOK, "sessions", data)
}

// sessionsAsked is what the address of the list asks for.
func (w *Console) sessionsAsked(c *gin.Context) (templates.List, store.Query) {
	list, query := w.listed(c, sessionListing)
	if owner := list.Value("owner"); owner != "" {
		query.Filters = append(query.Filters, equal("user__username", owner))
	}
	return list, query
}

func sessionRow(actor server.Actor, s *models.Session) templates.Session {
	row := templates.Session{ID: s.ID, Address: s.Address, Device: deviceOf(s.Agent), Agent: s.Agent, Created: s.Created, LastSeen: s.LastSeen,
		Current: actor.Session != nil && actor.Session.ID == s.ID}
	if s.User != nil {
		row.Owner = templates.Link{ID: s.User.ID, Name: s.User.Username}
	}
	return row
}

func (w *Console) endSession(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if err := w.server.EndSession(c.Request.Context(), actorOf(c), id); err != nil {
		return err
	}
	return w.done(c, "/sessions", "session-over")
}

func (w *Console) endOtherSessions(c *gin.Context) error {
	ended, err := w.server.EndOtherSessions(c.Request.Context(), actorOf(c))
	switch {
	case err != nil:
		return err
	case ended == 0:
		return w.done(c, "/sessions", "no-other-sessions")
	}
	return w.done(c, "/sessions", "sessions-over")
}
