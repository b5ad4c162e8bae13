// Package console is every page that a person sees: first-run setup, sign-in, consent, the user codes of devices, and the
// administration of tokens, applications, users and organizations. It fills the structs of package templates and calls the operations
// of package server; it knows no REST resource and does not mount itself, package web does.
package console

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/static"
	"gatehouse/templates"
	"gatehouse/web/caller"
)

// face is the door through which everything here is done.
const face = models.FaceConsole

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
	server   *server.Server
	callers  *caller.Callers
	pages    *templates.Set
	log      *slog.Logger
	rows     int64           // of a list, where its address does not say
	mostRows int64           // of a list
	secure   bool            // the public URL is https
	shown    map[string]bool // the paths of the table that can be looked at
}

// New prepares the pages. An error means that the build or the options are broken.
func New(options Options) (*Console, error) {
	if options.Server == nil || options.Callers == nil {
		return nil, errors.New("console: a server and callers are needed")
	}
	pages, err := templates.Parse(static.Path)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	w := &Console{server: options.Server, callers: options.Callers, pages: pages, log: options.Log,
		rows: int64(options.PageSize), mostRows: int64(options.MaxPageSize),
		secure: strings.HasPrefix(options.Server.Issuer(), "https://"), shown: map[string]bool{}}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.mostRows <= 0 {
		w.mostRows = 200
	}
	if w.rows <= 0 {
		w.rows = 50
	}
	w.rows = min(w.rows, w.mostRows)
	for _, each := range append(w.table(), w.protocol()...) {
		w.shown[each.path] = w.shown[each.path] || each.method == http.MethodGet
	}
	return w, nil
}

// actorOf is who sent the request.
func actorOf(c *gin.Context) server.Actor { return server.ActorFrom(c.Request.Context()) }
