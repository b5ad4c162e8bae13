package console

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

// What renews a secret: an application's is rotated, a personal token is regenerated. Both ask how long the old value works beside the new one.

// overlap is the number of seconds that was chosen; what is none is no overlap that the operation takes.
func overlap(c *gin.Context) int64 {
	seconds, err := strconv.ParseInt(typed(c, "overlap_seconds"), 10, 64)
	if err != nil {
		return -1
	}
	return seconds
}

func (w *Console) askRotate(c *gin.Context) error {
	application, err := w.rotatable(c)
	if err != nil {
		return err
	}
	return w.renderRotate(c, http.StatusOK, application, nil, newForm())
}

// rotatable loads the application that the address names, if the actor may rotate its secret.
func (w *Console) rotatable(c *gin.Context) (*models.Application, error) {
	application, err := w.applicationOf(c)
	if err != nil {
		return nil, err
	}
	return application, w.server.Policy().RotateSecret(actorOf(c).Actor, application, face)
}

func (w *Console) renderRotate(c *gin.Context, status int, application *models.Application, problems templates.Errors, once string) error {
	page := at("/applications", application.ID)
	return w.render(c, status, "renew", templates.RenewPage{Page: w.page(c, "applications"), Verb: "Rotate secret", Name: application.Name,
		Lede:   "The application gets a new client secret, shown once. Its tokens stay as they are.",
		Action: page + "/rotate", Cancel: page, Overlap: typed(c, "overlap_seconds"), Errors: problems, Once: once, Password: true})
}

// rotateSecret answers with the new secret, this once.
func (w *Console) rotateSecret(c *gin.Context) error {
	application, err := w.rotatable(c)
	if err != nil {
		return err
	}
	once := or(formNumber(c), newForm())
	problems, err := w.confirmOneself(c.Request.Context(), actorOf(c), "current_password", field(c, "current_password"))
	if err != nil {
		return err
	}
	if problems != nil {
		return w.renderRotate(c, http.StatusUnprocessableEntity, application, problems, once)
	}
	renewed, secret, err := w.server.RotateSecret(c.Request.Context(), actorOf(c), face, application.ID, overlap(c), once)
	if w.repeated(c, "/applications", err) {
		return nil
	}
	if problems := refused(err, nil); problems != nil {
		return w.renderRotate(c, http.StatusUnprocessableEntity, application, problems, once)
	}
	if err != nil {
		return err
	}
	return w.render(c, http.StatusOK, "application_created", templates.ApplicationCreatedPage{Page: w.page(c, "applications"),
		Application: w.applicationRow(renewed), Secret: secret.Reveal(), Rotated: true, Overlap: overlap(c)})
}

func (w *Console) askRegenerate(c *gin.Context) error {
	token, err := w.regenerable(c)
	if err != nil {
		return err
	}
	return w.renderRegenerate(c, http.StatusOK, token, nil, newForm())
}

// regenerable loads the token that the address names, if the actor may regenerate it.
func (w *Console) regenerable(c *gin.Context) (*models.AccessToken, error) {
	token, err := w.tokenOf(c)
	if err != nil {
		return nil, err
	}
	return token, w.server.Policy().Regenerate(actorOf(c).Actor, token, face)
}

func (w *Console) renderRegenerate(c *gin.Context, status int, token *models.AccessToken, problems templates.Errors, once string) error {
	page := at("/tokens", token.ID)
	return w.render(c, status, "renew", templates.RenewPage{Page: w.page(c, "tokens"), Verb: "Regenerate token",
		Name: w.tokenRow(actorOf(c), token).Name(), Lede: "The token gets a new value, shown once. Its description, scope and expiry stay.",
		Action: page + "/regenerate", Cancel: page, Overlap: typed(c, "overlap_seconds"), Errors: problems, Once: once})
}

// regenerateToken answers with the new value, this once.
func (w *Console) regenerateToken(c *gin.Context) error {
	token, err := w.regenerable(c)
	if err != nil {
		return err
	}
	once := or(formNumber(c), newForm())
	var issued *server.Issued
	issued, err = w.server.RegenerateToken(c.Request.Context(), actorOf(c), face, token.ID, overlap(c), once)
	if w.repeated(c, "/tokens", err) {
		return nil
	}
	if problems := refused(err, nil); problems != nil {
		return w.renderRegenerate(c, http.StatusUnprocessableEntity, token, problems, once)
	}
	if err != nil {
		return err
	}
	return w.renderIssued(c, issued, templates.TokenCreatedPage{Regenerated: true, Overlap: overlap(c)})
}
