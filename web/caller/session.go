package caller

import (
	"net/http"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// SessionCookie is the name of the cookie that holds the session id. Over https it carries the prefix that binds it to this very
// host (RFC 6265bis §4.1.3.2).
func (c *Callers) SessionCookie() string {
	if c.secure {
		return "__Host-gatehouse_session"
	}
	return "gatehouse_session"
}

// SignIn authenticates a person and starts a session on the answer, in place of one that the browser may have had: its id is new
// at each sign-in. Wrong credentials are server.ErrWrongCredentials or *server.Throttled, and change nothing.
func (c *Callers) SignIn(w http.ResponseWriter, r *http.Request, username, password string) (*models.User, error) {
	actor := signingIn(r)
	id, user, err := c.server.SignIn(r.Context(), actor, username, password, r.UserAgent())
	if err != nil {
		return nil, err
	}
	return user, c.begin(w, r, id, actor.Device)
}

// StartSession signs a user in who was authenticated otherwise, as by first-run setup.
func (c *Callers) StartSession(w http.ResponseWriter, r *http.Request, user *models.User) error {
	actor := signingIn(r)
	id, err := c.server.StartSession(r.Context(), actor, user, r.UserAgent())
	if err != nil {
		return err
	}
	return c.begin(w, r, id, actor.Device)
}

// signingIn is the actor with something to be recognised by from now on. Clients of the APIs that sign in by form keep no cookie for
// long, and would only push out the browsers that the account knows.
func signingIn(r *http.Request) server.Actor {
	actor := server.ActorFrom(r.Context())
	if actor.Device.Empty() && actor.Origin == origin(models.FaceConsole) {
		actor.Device = models.NewSecret(models.TokenLength)
	}
	return actor
}

// begin ends the session that the browser had and hands it the new one.
func (c *Callers) begin(w http.ResponseWriter, r *http.Request, id, device models.Secret) error {
	if err := c.server.SignOut(r.Context(), server.ActorFrom(r.Context())); err != nil {
		return err
	}
	c.setCookie(w, c.SessionCookie(), id.Reveal(), true)
	c.setCookie(w, csrfCookie, sessionToken(id), false)
	if !device.Empty() {
		c.cookie(w, c.deviceCookie(), device.Reveal(), deviceAge, true)
	}
	return nil
}

// SignOut ends the caller's session at the server and takes its cookies back. Without a session only the cookies go.
func (c *Callers) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := c.server.SignOut(r.Context(), server.ActorFrom(r.Context())); err != nil {
		return err
	}
	c.dropCookie(w, c.SessionCookie(), true)
	c.dropCookie(w, csrfCookie, false)
	return nil
}

// sessionID is the session id that the browser sent, empty when there is none or it cannot be one.
func (c *Callers) sessionID(r *http.Request) models.Secret { return sentSecret(r, c.SessionCookie()) }

// deviceAge is how long a browser is recognised after a sign-in, in seconds: a year.
const deviceAge = 365 * 24 * 60 * 60

// deviceCookie is the name of the cookie by which accounts know a browser. It opens nothing, and signing out leaves it.
func (c *Callers) deviceCookie() string {
	if c.secure {
		return "__Host-gatehouse_device"
	}
	return "gatehouse_device"
}

// device is what the browser is recognised by, empty when it sent nothing that can be it.
func (c *Callers) device(r *http.Request) models.Secret { return sentSecret(r, c.deviceCookie()) }

func sentSecret(r *http.Request, name string) models.Secret {
	cookie, err := r.Cookie(name)
	if err != nil || !wellFormed(cookie.Value) {
		return models.Secret{}
	}
	return models.SecretOf(cookie.Value)
}

// wellFormed keeps out what nobody here can have made.
func wellFormed(value string) bool {
	return len(value) >= models.TokenLength && len(value) <= 128 && strings.Trim(value, alphanumeric) == ""
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// setCookie hands out a cookie that ends with the browser's own session; the server ends it earlier when it is not used.
func (c *Callers) setCookie(w http.ResponseWriter, name, value string, httpOnly bool) {
	c.cookie(w, name, value, 0, httpOnly)
}

func (c *Callers) dropCookie(w http.ResponseWriter, name string, httpOnly bool) {
	c.cookie(w, name, "", -1, httpOnly)
}

func (c *Callers) cookie(w http.ResponseWriter, name, value string, maxAge int, httpOnly bool) {
	//nolint:gosec // the CSRF cookie is for scripts to read; over plain http there is no Secure
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: httpOnly, Secure: c.secure,
		SameSite: http.SameSiteLaxMode})
}
