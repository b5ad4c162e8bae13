package console

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
)

// handler answers a request, or returns why it does not: then nothing was answered and nothing changed.
type handler func(*gin.Context) error

// The refusals of a form before its handler sees it.
var (
	errForeign    = errors.New("the request comes from another site")
	errForged     = errors.New("the form's csrf_token is not this session's")
	errUnreadable = errors.New("the form cannot be read")
)

// serve makes the handler of a page one for Gin. Who is calling, and whether a form may be one of ours, is found out here and
// nowhere else.
func (w *Console) serve(p page) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := w.admit(c, p)
		if err == nil {
			err = p.handler(c)
		}
		if err != nil {
			w.fail(c, err)
		}
	}
}

func (w *Console) admit(c *gin.Context, p page) error {
	if p.unreferred {
		c.Header("Referrer-Policy", "no-referrer")
	}
	var err error
	if c.Request, err = w.callers.Identify(c.Request, face); err != nil {
		return err
	}
	if p.method == http.MethodPost {
		if err := w.guard(c, p); err != nil {
			return err
		}
	}
	if actorOf(c).User == nil && !p.open {
		return &models.Denied{Outcome: models.Unauthenticated}
	}
	return nil
}

// guard lets through what one of our own pages sent, and reads it.
func (w *Console) guard(c *gin.Context, p page) error {
	if !w.callers.SameOrigin(withoutNullOrigin(c.Request, p)) {
		return errForeign
	}
	if err := c.Request.ParseForm(); err != nil {
		return errors.Join(errUnreadable, err)
	}
	for name, values := range c.Request.PostForm {
		for _, text := range append(values, name) {
			if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
				return errUnreadable
			}
		}
	}
	if !w.callers.CheckCSRF(c.Request, field(c, "csrf_token")) {
		return errForged
	}
	return nil
}

// withoutNullOrigin: a page that sends no Referer sends "Origin: null" with its form, where it does not say by Sec-Fetch-Site that the
// form is its own (over plain http). There the csrf_token alone decides.
func withoutNullOrigin(r *http.Request, p page) *http.Request {
	if !p.unreferred || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "null" {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Del("Origin")
	return r
}

// letFormsLeave drops form-action from the policy of this answer: browsers hold the whole chain of redirects after a form to it, and
// that of an authorization ends at the client.
func letFormsLeave(c *gin.Context) {
	const header = "Content-Security-Policy"
	c.Header(header, strings.Replace(c.Writer.Header().Get(header), "form-action 'self'; ", "", 1))
}

// toSignIn sends somebody who is not signed in to the sign-in page, and from there back to where they were going: after a form,
// to the page that the form is on, with word that nothing was saved.
func (w *Console) toSignIn(c *gin.Context) {
	if c.Request.Method != http.MethodPost {
		c.Redirect(http.StatusFound, signInAddress(c.Request.URL.RequestURI()))
		return
	}
	w.leaveFlash(c, "session-ended")
	next := c.Request.URL.Path
	if !w.shown[strings.TrimSuffix(c.FullPath(), "/")] {
		next = path.Dir(strings.TrimSuffix(next, "/"))
	}
	c.Redirect(http.StatusSeeOther, signInAddress(next))
}

func signInAddress(next string) string {
	return "/login?" + url.Values{"next": {next}}.Encode()
}

// done answers a form that changed something: on to another page of ours, which shows the message.
func (w *Console) done(c *gin.Context, address, message string) error {
	w.leaveFlash(c, message)
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// idOf reads the id in the page's address. What cannot be one is not found.
func idOf(c *gin.Context) (int64, error) {
	id, err := strconv.ParseUint(c.Param("id"), 10, 63)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return int64(id), nil
}

// at is the address of an object's page.
func at(list string, id int64) string { return list + "/" + strconv.FormatInt(id, 10) }
