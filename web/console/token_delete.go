package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

const tokenConsequence = "Every program that uses the token is refused from then on."

func (w *Console) confirmDeleteToken(c *gin.Context) error {
	token, err := w.tokenOf(c)
	if err != nil {
		return err
	}
	if err := w.server.Policy().Token(actorOf(c).Actor, models.ActionDelete, token, face); err != nil {
		return err
	}
	row := w.tokenRow(actorOf(c), token)
	data := templates.ConfirmDeletePage{Page: w.page(c, "tokens"), Verb: "Delete token", Names: []string{row.Name()},
		Consequences: []string{tokenConsequence}, Action: at("/tokens", token.ID) + "/delete", Cancel: at("/tokens", token.ID)}
	if refreshable(token, w.server.Now()) {
		data.Consequences = append(data.Consequences,
			"Its refresh token stays: the application "+row.Application.Name+" can get another token with it. Delete the application to end that too.")
	}
	return w.render(c, http.StatusOK, "confirm_delete", data)
}

func (w *Console) deleteToken(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if err := w.server.DeleteToken(c.Request.Context(), actorOf(c), face, id); err != nil {
		return err
	}
	return w.done(c, "/tokens", "token-deleted")
}

// deleteTokens deletes the tokens that were ticked, after a page that asks.
func (w *Console) deleteTokens(c *gin.Context) error {
	ids, err := w.selected(c)
	if err != nil {
		return err
	}
	switch len(ids) {
	case 0:
		return w.done(c, "/tokens", "nothing-selected")
	case 1:
		c.Redirect(http.StatusSeeOther, at("/tokens", ids[0])+"/delete")
		return nil
	}
	if field(c, "confirm") != "yes" {
		return w.confirmDeleteTokens(c, ids)
	}
	return w.deleteEach(c, ids)
}

// selected are the ids of the ticked tokens, each once.
func (w *Console) selected(c *gin.Context) ([]int64, error) {
	var ids []int64
	for _, text := range c.Request.PostForm["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errUnreadable
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		if int64(len(ids)) > w.mostRows {
			return nil, errUnreadable
		}
	}
	return ids, nil
}

func (w *Console) confirmDeleteTokens(c *gin.Context, ids []int64) error {
	actor, status := actorOf(c), http.StatusOK
	data := templates.ConfirmDeletePage{Page: w.page(c, "tokens"), Verb: "Delete tokens", Action: "/tokens/delete", Cancel: "/tokens",
		Consequences: []string{"Every program that uses one of them is refused from then on."},
		Hidden:       []templates.Hidden{{Name: "asked", Value: "yes"}}}
	if field(c, "asked") != "" {
		status = http.StatusUnprocessableEntity
		data.Errors = templates.Errors{{Field: "confirm", Message: "Tick the box to confirm."}}
	}
	for _, id := range ids {
		token, err := w.server.Token(c.Request.Context(), actor, face, id)
		if err == nil {
			err = w.server.Policy().Token(actor.Actor, models.ActionDelete, token, face)
		}
		if err != nil {
			return err
		}
		data.Names = append(data.Names, w.tokenRow(actor, token).Name())
		data.Hidden = append(data.Hidden, templates.Hidden{Name: "id", Value: strconv.FormatInt(id, 10)})
	}
	return w.render(c, status, "confirm_delete", data)
}

// deleteEach deletes one after the other. What somebody else deleted meanwhile is gone as it should be; what is refused is told.
func (w *Console) deleteEach(c *gin.Context, ids []int64) error {
	deleted, reasons := 0, ""
	for _, id := range ids {
		err := w.server.DeleteToken(c.Request.Context(), actorOf(c), face, id)
		var denied *models.Denied
		switch {
		case err == nil || errors.Is(err, store.ErrNotFound):
			deleted++
		case errors.As(err, &denied):
			reasons += fmt.Sprintf(" Token %d: %s", id, or(denied.Message, "not allowed."))
		default:
			return err
		}
	}
	if reasons != "" {
		w.explain(c, problem{status: http.StatusForbidden, heading: "Not all were deleted",
			message: fmt.Sprintf("%d of %d tokens were deleted.%s", deleted, len(ids), reasons)})
		return nil
	}
	return w.done(c, "/tokens", "tokens-deleted")
}
