package api

import (
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
	"gatehouse/web/caller"
)

const wrongCredentials = "Wrong username or password."

// showLogin is a page for people, who sign in by the console's form. A client that takes only JSON gets 406 (case 64).
func (c *call) showLogin() error {
	if !acceptsHTML(c.gin.Request.Header.Get("Accept")) {
		return &problem{http.StatusNotAcceptable, "Could not satisfy the request Accept header."}
	}
	return c.loginPage(http.StatusOK, "", "")
}

func (c *call) loginPage(status int, username, message string) error {
	page := templates.LoginPage{Username: username, Next: c.next(), Message: message}
	page.Now, page.Issuer = c.server.Now(), c.server.Issuer()
	page.RequestID = c.gin.Writer.Header().Get("X-Request-ID")
	page.CSRFToken = c.callers.CSRFToken(c.gin.Writer, c.gin.Request)
	c.sign().Set("Content-Type", "text/html; charset=utf-8")
	c.gin.Status(status)
	return c.pages.Render(c.gin.Writer, "login", page)
}

// login takes the form of clients and starts a session. Browsers say where the form came from, and another site's is refused; clients
// that are no browsers have no cookies that somebody else could use.
func (c *call) login() error {
	if !c.callers.SameOrigin(c.gin.Request) {
		return &problem{http.StatusForbidden, "CSRF Failed: Origin checking failed - the request does not come from this site."}
	}
	username, password, err := c.credentials()
	if err != nil {
		return err
	}
	_, err = c.callers.SignIn(c.gin.Writer, c.gin.Request, username, password)
	if errors.Is(err, server.ErrWrongCredentials) {
		return c.refuseLogin(username)
	}
	var throttled *server.Throttled
	if errors.As(err, &throttled) && !c.onlyJSON() {
		c.sayWhen(throttled)
		return c.loginPage(http.StatusTooManyRequests, username, templates.TooManyAttempts(throttled.Seconds))
	}
	if err != nil {
		return err
	}
	c.gin.Header("X-API-Session-Cookie-Name", c.callers.SessionCookie())
	c.noteLogin(true)
	return c.redirect(c.next())
}

// refuseLogin answers 401 without a challenge that would make a browser ask for a password.
func (c *call) refuseLogin(username string) error {
	c.gin.Header("WWW-Authenticate", c.challenge)
	if c.onlyJSON() {
		c.answer(http.StatusUnauthorized, detail(wrongCredentials))
		return nil
	}
	return c.loginPage(http.StatusUnauthorized, username, wrongCredentials)
}

// onlyJSON reports whether a failed sign-in is answered without a page.
func (c *call) onlyJSON() bool {
	return c.name == models.FaceGateway && !acceptsHTML(c.gin.Request.Header.Get("Accept"))
}

func (c *call) logout() error {
	if !c.callers.SameOrigin(c.gin.Request) {
		return &problem{http.StatusForbidden, "CSRF Failed: Origin checking failed - the request does not come from this site."}
	}
	if err := c.callers.SignOut(c.gin.Writer, c.gin.Request); err != nil {
		return err
	}
	c.noteLogin(false)
	return c.redirect(c.home())
}

// noteLogin sets the cookie by which user interfaces know whether somebody is signed in.
func (c *call) noteLogin(in bool) {
	//nolint:gosec // scripts read it; over plain http there is no Secure
	http.SetCookie(c.gin.Writer, &http.Cookie{Name: "userLoggedIn", Value: strconv.FormatBool(in), Path: "/",
		Secure: strings.HasPrefix(c.server.Issuer(), "https://"), SameSite: http.SameSiteLaxMode})
}

// redirect answers 302, as the clients of these two paths expect (contract §12.29).
func (c *call) redirect(path string) error {
	c.gin.Header("Location", path)
	c.answer(http.StatusFound, nil)
	return nil
}

// home is where one lands without a next: the root above the versions.
func (c *call) home() string {
	if c.name == models.FaceGateway {
		return c.path
	}
	return strings.TrimSuffix(c.path, "v2/")
}

func (c *call) next() string {
	next := c.gin.Request.URL.Query().Get("next")
	if c.gin.Request.PostForm != nil && c.gin.Request.PostForm.Get("next") != "" {
		next = c.gin.Request.PostForm.Get("next")
	}
	return caller.SafePath(next, c.home())
}

// credentials reads the form. They count in the body only: a query string ends up in logs.
func (c *call) credentials() (username, password string, err error) {
	media, _, _ := mime.ParseMediaType(c.gin.Request.Header.Get("Content-Type"))
	if media != "application/x-www-form-urlencoded" && media != "multipart/form-data" {
		return "", "", &problem{http.StatusUnsupportedMediaType, "Unsupported media type " + strconv.Quote(media) + " in request."}
	}
	if media == "multipart/form-data" {
		err = c.gin.Request.ParseMultipartForm(64 << 10)
	} else {
		err = c.gin.Request.ParseForm()
	}
	if err != nil {
		return "", "", &problem{http.StatusBadRequest, "The body of the request is not a form."}
	}
	form := c.gin.Request.PostForm
	username, password = form.Get("username"), form.Get("password")
	if strings.ContainsRune(username+password, 0) || strings.ToValidUTF8(username+password, "") != username+password {
		return "", "", &problem{http.StatusBadRequest, "The body of the request is not a form."}
	}
	return username, password, nil
}

// acceptsHTML reports whether a page is an answer to the request (RFC 9110 §12.5.1).
func acceptsHTML(accept string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	for _, each := range strings.Split(accept, ",") {
		media, parameters, err := mime.ParseMediaType(each)
		if err != nil || parameters["q"] == "0" {
			continue
		}
		if media == "text/html" || media == "text/*" || media == "*/*" {
			return true
		}
	}
	return false
}
