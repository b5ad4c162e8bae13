package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
)

// shape is how a part of the surface words its errors.
type shape int

const (
	pages shape = iota
	oauth
	rest
)

// faceOf says to which part of the surface a path belongs, also where no route is. The authorization endpoints are pages.
func faceOf(path string) shape {
	for _, root := range []string{"/o", "/api/o", "/api/controller/o", "/token", "/device_authorization", "/revoke", "/introspect", "/auth", "/.well-known"} {
		below, inside := strings.CutPrefix(path, root)
		if inside && (below == "" || below[0] == '/') {
			if strings.TrimSuffix(below, "/") == "/authorize" {
				return pages
			}
			return oauth
		}
	}
	if path == "/api" || strings.HasPrefix(path, "/api/") {
		return rest
	}
	return pages
}

// oauthProblem is an error of the OAuth endpoints that the authorization server did not see (RFC 6749 §5.2).
func oauthProblem(c *gin.Context, status int) {
	code, description := server.InvalidRequest, "There is no such endpoint."
	switch status {
	case http.StatusMethodNotAllowed:
		description = "This endpoint does not answer to this method."
	case http.StatusInternalServerError:
		code, description = server.ServerError, "The server could not answer."
	}
	c.AbortWithStatusJSON(status, struct {
		Error       server.ErrorCode `json:"error"`
		Description string           `json:"error_description"`
	}{code, description})
}

func live(c *gin.Context) { c.String(http.StatusOK, "ok\n") }

// ready reports whether requests can be answered now: the database is there.
func (w *web) ready(c *gin.Context) {
	check := w.options.Ready
	if check == nil {
		check = func(context.Context) error { return nil }
	}
	if err := check(c.Request.Context()); err != nil {
		w.log.WarnContext(c.Request.Context(), "not ready", "error", err)
		c.String(http.StatusServiceUnavailable, "not ready\n")
		return
	}
	c.String(http.StatusOK, "ready\n")
}
