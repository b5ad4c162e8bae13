package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
)

// verify answers a reverse proxy that asks whether it may let a request through (forward authentication): 200 with headers about the
// token, else 401 or 403 with the challenge of RFC 6750 §3, never a body and never a redirect. What could not be found out is 503: nothing
// else than 200 lets a request pass.
func (w *web) verify(c *gin.Context) {
	asked := w.callers.Forwarded(c.Request)
	if !asked.Sent {
		refuse(c, http.StatusUnauthorized, "")
		return
	}
	actor := server.ActorFrom(c.Request.Context())
	token, err := w.options.Server.VerifyBearer(c.Request.Context(), asked.Bearer, asked.Write, actor.Address)
	if err != nil {
		w.refuseToken(c, err, asked.Write)
		return
	}
	actor.User, actor.Token = token.User, token
	c.Request = c.Request.WithContext(server.WithActor(c.Request.Context(), actor)) // for the log
	describe(c, token)
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}

// describe tells the proxy about the token. Names are percent-encoded, which changes none of ASCII: whatever is stored, it is one header of one
// character set, and no two names are alike in it.
func describe(c *gin.Context, token *models.AccessToken) {
	if token.User != nil {
		c.Header("X-Forwarded-User", url.PathEscape(token.User.Username))
	}
	if token.Application != nil {
		c.Header("X-Gatehouse-Client", url.PathEscape(token.Application.ClientID))
	}
	c.Header("X-Gatehouse-Scopes", string(token.Scope))
	c.Header("X-Gatehouse-Token-Id", strconv.FormatInt(token.ID, 10))
	c.Header("X-Gatehouse-Token-Platform", string(token.Platform))
}

func (w *web) refuseToken(c *gin.Context, err error, write bool) {
	var denied *models.Denied
	var throttled *server.Throttled
	switch {
	case errors.As(err, &throttled): // not 429, of which some proxies make an error of their own
		c.Header("Retry-After", strconv.FormatInt(throttled.Seconds, 10))
		refuse(c, http.StatusUnauthorized, `, error="invalid_token"`)
	case errors.Is(err, server.ErrInvalidToken):
		refuse(c, http.StatusUnauthorized, `, error="invalid_token"`)
	case errors.As(err, &denied) && write:
		refuse(c, http.StatusForbidden, `, error="insufficient_scope", scope="write"`)
	case errors.As(err, &denied):
		refuse(c, http.StatusForbidden, `, error="insufficient_scope", scope="read"`)
	default:
		w.log.ErrorContext(c.Request.Context(), "token not verified", "request_id", c.Writer.Header().Get("X-Request-ID"), "error", err)
		c.Header("Retry-After", "5")
		c.Status(http.StatusServiceUnavailable)
		c.Writer.WriteHeaderNow()
	}
}

// refuse answers with a challenge (RFC 6750 §3); problem is what follows the realm.
func refuse(c *gin.Context, status int, problem string) {
	c.Header("WWW-Authenticate", `Bearer realm="gatehouse"`+problem)
	c.Status(status)
	c.Writer.WriteHeaderNow()
}
