package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

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
	list, query := w.listed(c, sessionListing)
	if owner := list.Value("owner"); owner != "" {
		query.Filters = append(query.Filters, equal("user__username", owner))
	}
	sessions, err := w.server.Sessions(c.Request.Context(), actor, face, query)
	if err != nil || counted(c, &list, sessions.Count) {
		return err
	}
	data := templates.SessionsPage{Page: w.page(c, "sessions"), List: list, Everybody: w.server.Policy().VisibleSessions(actor.Actor).All}
	for n := range sessions.Rows {
		session := &sessions.Rows[n]
		row := templates.Session{ID: session.ID, Address: session.Address, Device: deviceOf(session.Agent), Agent: session.Agent,
			Created: session.Created, LastSeen: session.LastSeen, Current: actor.Session != nil && actor.Session.ID == session.ID}
		if session.User != nil {
			row.Owner = templates.Link{ID: session.User.ID, Name: session.User.Username}
		}
		data.Rows = append(data.Rows, row)
	}
	return w.render(c, http.StatusOK, "sessions", data)
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
