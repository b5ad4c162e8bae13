package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/templates"
)

func (w *Console) askRevokeAll(c *gin.Context) error {
	return w.renderRevokeAll(c, http.StatusOK, c.Query("refresh") != "", nil)
}

// renderRevokeAll shows how many tokens of the user would be revoked, and asks.
func (w *Console) renderRevokeAll(c *gin.Context, status int, refresh bool, problems templates.Errors) error {
	user, err := w.userOf(c)
	if err != nil {
		return err
	}
	preview, err := w.server.PreviewUserRevocation(c.Request.Context(), actorOf(c), user.ID, refresh)
	if err != nil {
		return err
	}
	task := server.Task{Kind: server.TaskRevokeTokens, User: user.Username, RefreshTokens: refresh}
	page := at("/users", user.ID)
	data := templates.TaskPage{Page: w.page(c, "users"), Title: "Revoke all tokens", Text: "Ends all access tokens of " + user.Username + " at once, expired ones included.",
		Action: page + "/revoke", Back: page, User: user.Username, Refresh: refresh, OfTokens: true, Button: "Revoke all tokens", Danger: true, Errors: problems}
	fillPreview(&data, task, preview)
	return w.render(c, status, "task", data)
}

// revokeAll revokes what was confirmed, of the user of the page. It ends with the request; then what was revoked stays so, and a message asks
// to start it again.
func (w *Console) revokeAll(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	refresh, page := field(c, "refresh") != "", at("/users", id)
	if field(c, "confirm") != "yes" {
		return w.renderRevokeAll(c, http.StatusUnprocessableEntity, refresh, templates.Errors{{Field: "confirm", Message: "Tick the box to confirm."}})
	}
	done, err := w.server.RevokeUserTokens(c.Request.Context(), actorOf(c), id, refresh)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return w.done(c, page, "user-revoked-partly")
	case err != nil:
		return err
	case !done:
		return w.done(c, page, "task-nothing")
	case refresh:
		return w.done(c, page, "user-revoked-all")
	}
	return w.done(c, page, "user-revoked")
}
