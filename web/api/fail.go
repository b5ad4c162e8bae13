package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/caller"
)

// problem is a refusal of the faces themselves.
type problem struct {
	status int
	detail string
}

func (p *problem) Error() string { return p.detail }

var notFound = &problem{http.StatusNotFound, "Not found."}

// fail answers an error in the words of the platform (contract §2.1). What is not the caller's doing is logged here, once; its text
// never leaves the process.
func (c *call) fail(err error) {
	var invalid models.Invalid
	var denied *models.Denied
	var query *store.QueryError
	var own *problem
	var throttled *server.Throttled
	switch {
	case errors.As(err, &throttled):
		c.throttle(throttled)
	case errors.Is(err, store.ErrRehearsed):
		c.answer(http.StatusAccepted, detail("Request would have been accepted"))
	case errors.As(err, &invalid):
		c.answer(http.StatusBadRequest, c.messages(invalid))
	case errors.As(err, &denied):
		c.deny(denied)
	case errors.As(err, &query) && query.Secret:
		c.answer(http.StatusForbidden, detail(query.Message))
	case errors.As(err, &query):
		c.answer(http.StatusBadRequest, detail(query.Message))
	case errors.As(err, &own):
		c.answer(own.status, detail(own.detail))
	case errors.Is(err, store.ErrNotFound):
		c.answer(http.StatusNotFound, detail(notFound.detail))
	case server.Unavailable(err):
		c.logFailure("unavailable", err)
		c.gin.Header("Retry-After", "5")
		c.answer(http.StatusServiceUnavailable, detail("The server cannot answer right now. Try again shortly."))
	default:
		c.logFailure("request failed", err)
		c.answer(http.StatusInternalServerError, detail("A server error occurred."))
	}
}

func (c *call) logFailure(what string, err error) {
	c.log.ErrorContext(c.ctx(), what, "request_id", c.gin.Writer.Header().Get("X-Request-ID"), "method", c.gin.Request.Method,
		"path", c.gin.Request.URL.Path, "error", err)
}

func detail(text string) object { return object{{"detail", text}} }

// messages lists what is wrong field by field.
func (c *call) messages(invalid models.Invalid) object {
	var body object
	at := map[string]int{}
	for _, each := range invalid {
		key := each.Field
		if key == models.NonField {
			key = c.nonField
		}
		place, seen := at[key]
		if !seen {
			place = len(body)
			at[key], body = place, append(body, member{key, []string{}})
		}
		body[place].value = append(body[place].value.([]string), each.Message)
	}
	return body
}

func (c *call) deny(denied *models.Denied) {
	text := denied.Message
	switch denied.Outcome {
	case models.Unauthenticated:
		c.challenge401()
		return
	case models.Hidden:
		c.answer(http.StatusNotFound, detail(notFound.detail))
		return
	case models.ScopeTooNarrow:
		c.gin.Header("WWW-Authenticate", `Bearer realm="api", error="insufficient_scope", scope="`+c.neededScope()+`"`)
	case models.Forbidden:
		if c.byName {
			c.answer(http.StatusNotFound, detail(notFound.detail)) // a name must not tell that it exists
			return
		}
	}
	if text == "" {
		text = "You do not have permission to perform this action."
	}
	c.answer(http.StatusForbidden, detail(strings.ReplaceAll(text, "is_platform_auditor", c.auditor)))
}

// neededScope is what RFC 6750 §3.1 wants to be named.
func (c *call) neededScope() string {
	if c.writes() {
		return string(models.ScopeWrite)
	}
	return string(models.ScopeRead)
}

// throttle answers somebody from whom too much has failed.
func (c *call) throttle(throttled *server.Throttled) {
	c.sayWhen(throttled)
	unit := "seconds"
	if throttled.Seconds == 1 {
		unit = "second"
	}
	c.answer(http.StatusTooManyRequests, detail(fmt.Sprintf("Request was throttled. Expected available in %d %s.", throttled.Seconds, unit)))
}

// sayWhen tells how long to wait (RFC 9110 §10.2.3).
func (c *call) sayWhen(throttled *server.Throttled) {
	c.gin.Header("Retry-After", strconv.FormatInt(throttled.Seconds, 10))
}

// challenge401 asks the caller to say who they are, in the platform's words.
func (c *call) challenge401() {
	refused, challenge, text := caller.RefusedFrom(c.ctx()), c.challenge, "Authentication credentials were not provided."
	if refused.Throttled != nil {
		c.throttle(refused.Throttled)
		return
	}
	if refused.Bearer {
		challenge += `, error="invalid_token", error_description="The access token is invalid or has expired."`
	}
	if refused.Basic {
		text = "Invalid username/password."
	}
	c.gin.Header("WWW-Authenticate", challenge)
	c.answer(http.StatusUnauthorized, detail(strings.TrimSpace(text+c.loginHint)))
}
