// Package console is every page that a person sees: first-run setup, sign-in, consent, and the administration of tokens,
// applications, users and organizations. It fills the structs of package templates and calls the operations of package server;
// it knows no REST resource and does not mount itself, package web does.
package console

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/web/caller"
	"gatehouse/web/route"
)

// Options say what the pages work with. Server and Callers are required.
type Options struct {
	Server      *server.Server
	Callers     *caller.Callers
	PageSize    int // rows of a list; 0: 50
	MaxPageSize int // 0: 200
	Version     string
	Log         *slog.Logger
}

// Console serves the pages.
type Console struct {
	options Options
}

// New prepares the pages. An error means that the build or the options are broken.
func New(options Options) (*Console, error) {
	return &Console{options: options}, nil
}

// Routes is the table of pages.
func (*Console) Routes() []route.Route { return nil }

// Error answers with the error page of the status: 403, 404, 405, 413, 500 or 503.
func (*Console) Error(c *gin.Context, status int) {
	c.String(status, http.StatusText(status))
	c.Abort()
}
