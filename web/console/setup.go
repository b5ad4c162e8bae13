package console

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

func (w *Console) showSetup(c *gin.Context) error {
	if closed, err := w.setupClosed(c); closed || err != nil {
		return err
	}
	return w.renderSetup(c, http.StatusOK, templates.SetupPage{}) // a script fills in the code of the link (ADR 0007)
}

// setupClosed leads away once there is an administrator, and reports whether it did.
func (w *Console) setupClosed(c *gin.Context) (bool, error) {
	needed, err := w.server.SetupNeeded(c.Request.Context())
	if err != nil || needed {
		return false, err
	}
	w.leaveFlash(c, "set-up-already")
	c.Redirect(http.StatusSeeOther, "/login")
	return true, nil
}

// completeSetup makes the first administrator and signs them in.
func (w *Console) completeSetup(c *gin.Context) error {
	if closed, err := w.setupClosed(c); closed || err != nil {
		return err
	}
	data := templates.SetupPage{Code: typed(c, "code"), Username: typed(c, "username"), Email: typed(c, "email")}
	password, problems := newPassword(c)
	if problems != nil {
		data.Errors = problems
		return w.renderSetup(c, http.StatusUnprocessableEntity, data)
	}
	user, err := w.server.CompleteSetup(c.Request.Context(), actorOf(c), models.SecretOf(data.Code),
		server.UserInput{Username: &data.Username, Email: &data.Email, Password: &password})
	if errors.Is(err, server.ErrWrongCredentials) {
		data.Errors = templates.Errors{{Field: "code", Message: "This is not the code, or no longer. The server's terminal shows the one that counts."}}
	} else {
		data.Errors = refused(err, nil)
	}
	if data.Errors != nil {
		return w.renderSetup(c, http.StatusUnprocessableEntity, data)
	}
	if err != nil {
		return err
	}
	if err := w.callers.StartSession(c.Writer, c.Request, user); err != nil {
		return err
	}
	return w.done(c, "/", "welcome")
}

func (w *Console) renderSetup(c *gin.Context, status int, data templates.SetupPage) error {
	data.Page = w.page(c, "")
	return w.render(c, status, "setup", data)
}
