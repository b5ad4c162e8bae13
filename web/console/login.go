package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/templates"
	"gatehouse/web/caller"
)

func (w *Console) showLogin(c *gin.Context) error {
	next := caller.SafePath(c.Query("next"), "/")
	if actorOf(c).User != nil {
		c.Redirect(http.StatusFound, next)
		return nil
	}
	needed, err := w.server.SetupNeeded(c.Request.Context())
	if err != nil {
		return err
	}
	if needed {
		c.Redirect(http.StatusFound, "/setup")
		return nil
	}
	return w.renderLogin(c, http.StatusOK, templates.LoginPage{Next: next})
}

// signIn starts a session, in place of one that the browser had. All failures look alike, and so do all refusals after too many.
func (w *Console) signIn(c *gin.Context) error {
	next := caller.SafePath(field(c, "next"), "/")
	username := typed(c, "username")
	_, err := w.callers.SignIn(c.Writer, c.Request, username, field(c, "password"))
	if errors.Is(err, server.ErrWrongCredentials) {
		return w.renderLogin(c, http.StatusUnauthorized, templates.LoginPage{Username: username, Next: next,
			Message: "The username or the password is wrong."})
	}
	var throttled *server.Throttled
	if errors.As(err, &throttled) {
		sayWhen(c, throttled)
		return w.renderLogin(c, http.StatusTooManyRequests, templates.LoginPage{Username: username, Next: next,
			Message: templates.TooManyAttempts(throttled.Seconds)})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

func (w *Console) renderLogin(c *gin.Context, status int, data templates.LoginPage) error {
	if request, found := authorizationIn(data.Next); found {
		letFormsLeave(c)
		if a, err := w.server.ParseAuthorization(c.Request.Context(), request); err == nil {
			data.Client = a.Application.Name
		}
	}
	data.Page = w.page(c, "")
	return w.render(c, status, "login", data)
}

// authorizationIn is the authorization request that a path of ours holds, if it is one.
func authorizationIn(next string) (url.Values, bool) {
	address, err := url.Parse(next)
	if err != nil || !strings.HasSuffix(strings.TrimSuffix(address.Path, "/"), "/authorize") {
		return nil, false
	}
	return address.Query(), true
}

// signOut ends the session at the server. It needs no session, so that a page whose session has ended can still leave.
func (w *Console) signOut(c *gin.Context) error {
	if err := w.callers.SignOut(c.Writer, c.Request); err != nil {
		return err
	}
	return w.done(c, "/login", "signed-out")
}
