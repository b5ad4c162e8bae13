package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

// retryAfter is what a browser is told to wait when the server is unavailable, in seconds.
const retryAfter = 5

// problem is what an error page says. An empty text is filled in from the status.
type problem struct {
	status                   int
	heading, message, advice string
}

// problems are the words for each status.
var problems = map[int]problem{
	http.StatusBadRequest:            {heading: "This request makes no sense", message: "The server could not make anything of the address or the form.", advice: "Go back and try again."},
	http.StatusForbidden:             {heading: "Not allowed", message: "You do not have permission to do this.", advice: "Ask an administrator if you think that you should."},
	http.StatusNotFound:              {heading: "Not found", message: "There is nothing here, or no longer.", advice: "It may have been deleted, or the address is mistyped."},
	http.StatusMethodNotAllowed:      {heading: "Not done this way", message: "This address does not answer to this kind of request.", advice: "Open the page and use its buttons."},
	http.StatusRequestEntityTooLarge: {heading: "Too much", message: "The form holds more than the server takes.", advice: "Shorten what you typed and send it again."},
	http.StatusUnprocessableEntity:   {heading: "This cannot be done", message: "What was asked for does not fit. Nothing was changed.", advice: "Go back and look at it again."},
	http.StatusTooManyRequests:       {heading: "Too many attempts", message: "Too many attempts have failed.", advice: "Nothing was changed. Go back and try again later."},
	http.StatusInternalServerError:   {heading: "Something went wrong", message: "The server could not answer. This is not your fault.", advice: "Try again. If it happens again, tell an administrator."},
	http.StatusServiceUnavailable:    {heading: "Not available right now", message: "The server cannot reach its database at the moment.", advice: "Nothing is lost. Wait a few seconds and try again."},
}

const staleForm = "The form is from another session, or from before you signed in. Nothing was changed."

// problemOf turns an error into what its page says. What is nobody's doing says nothing of its cause.
func problemOf(err error) problem {
	var denied *models.Denied
	var invalid models.Invalid
	var query *store.QueryError
	var protocol *server.Error
	var tooLarge *http.MaxBytesError
	var throttled *server.Throttled
	switch {
	case errors.As(err, &throttled):
		return problem{status: http.StatusTooManyRequests, message: templates.TooManyAttempts(throttled.Seconds)}
	case errors.As(err, &denied) && denied.Outcome == models.Hidden, errors.Is(err, store.ErrNotFound):
		return problem{status: http.StatusNotFound}
	case errors.As(err, &denied):
		return problem{status: http.StatusForbidden, message: denied.Message}
	case errors.As(err, &invalid):
		return problem{status: http.StatusUnprocessableEntity, message: messages(invalid)}
	case errors.As(err, &query):
		return problem{status: http.StatusBadRequest, message: query.Message}
	case errors.As(err, &protocol) && protocol.Status() < http.StatusInternalServerError:
		return problem{status: http.StatusBadRequest, heading: "This request cannot be granted", message: protocol.Description,
			advice: "The application that sent you here made a mistake. Tell the people who run it."}
	case errors.As(err, &tooLarge):
		return problem{status: http.StatusRequestEntityTooLarge}
	case errors.Is(err, errUnreadable):
		return problem{status: http.StatusBadRequest}
	case errors.Is(err, errForeign):
		return problem{status: http.StatusForbidden, message: "The form was sent from another site. Nothing was changed.",
			advice: "Open the page here and send it again."}
	case errors.Is(err, errForged):
		return problem{status: http.StatusForbidden, message: staleForm, advice: "Go back, load the page again and send it once more. Cookies have to be allowed."}
	case errors.Is(err, store.ErrTooManyWalks):
		return problem{status: http.StatusServiceUnavailable, message: "As many lists as the server takes are being exported already.",
			advice: "Wait a minute and try again, or narrow the list down."}
	case server.Unavailable(err), errors.As(err, &protocol) && protocol.Code == server.TemporarilyUnavailable:
		return problem{status: http.StatusServiceUnavailable}
	default:
		return problem{status: http.StatusInternalServerError}
	}
}

func messages(invalid models.Invalid) string {
	text := ""
	for _, each := range invalid {
		text += " " + each.Message
	}
	return text[min(1, len(text)):]
}

// fail answers with what an error deserves, and logs it once where it is not the person's doing.
func (w *Console) fail(c *gin.Context, err error) {
	var denied *models.Denied
	if errors.As(err, &denied) && denied.Outcome == models.Unauthenticated {
		w.toSignIn(c)
		return
	}
	var throttled *server.Throttled
	if errors.As(err, &throttled) {
		sayWhen(c, throttled)
	}
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError {
		w.log.ErrorContext(c.Request.Context(), "page failed", "request_id", c.Writer.Header().Get("X-Request-ID"),
			"path", c.Request.URL.Path, "error", err)
	}
	w.explain(c, p)
}

// sayWhen tells a browser how long to wait (RFC 9110 §10.2.3).
func sayWhen(c *gin.Context, throttled *server.Throttled) {
	c.Header("Retry-After", strconv.FormatInt(throttled.Seconds, 10))
}

// Error answers with the error page of the status: 403, 404, 405, 413, 500 or 503.
func (w *Console) Error(c *gin.Context, status int) {
	if identified, err := w.callers.Identify(c.Request, face); err == nil {
		c.Request = identified
	}
	w.explain(c, problem{status: status})
	c.Abort()
}

func (w *Console) explain(c *gin.Context, p problem) {
	words, known := problems[p.status]
	if !known {
		words = problems[http.StatusInternalServerError]
	}
	if p.status == http.StatusServiceUnavailable {
		c.Header("Retry-After", strconv.Itoa(retryAfter))
	}
	if p.status == http.StatusForbidden && p.advice == "" {
		p.advice = adviceTo(actorOf(c))
	}
	data := templates.ErrorPage{Page: w.page(c, ""), Status: p.status, Heading: or(p.heading, words.heading),
		Message: or(p.message, words.message), Advice: or(p.advice, words.advice), BackPath: "/", BackLabel: "To the start page"}
	if err := w.render(c, p.status, "error", data); err != nil {
		w.log.ErrorContext(c.Request.Context(), "error page failed", "error", err)
		c.String(http.StatusInternalServerError, "Something went wrong.\n")
	}
}

// adviceTo says whom to ask who may not do something; "" is the words for everybody.
func adviceTo(actor server.Actor) string {
	switch {
	case actor.Superuser():
		return "Nothing was changed. This is not for system administrators either."
	case actor.ReadsAll():
		return "Platform auditors look at everything and change what is their own. Ask a system administrator if this has to be done."
	case actor.User != nil && len(actor.User.Organizations(models.RoleAdmin)) > 0:
		return "Ask a system administrator if you think that you should."
	default:
		return ""
	}
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
