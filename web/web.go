// Package web is HTTP: the Gin engine, the middleware that every request passes, and one table of routes a face. It mounts the REST
// faces of web/api, the pages of web/console, and the OAuth endpoints of package server, and decides nothing itself.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/static"
	"gatehouse/web/api"
	"gatehouse/web/caller"
	"gatehouse/web/console"
)

// Options say what is served. Server is required.
type Options struct {
	Server          *server.Server
	BasicEnabled    bool           // AUTH_BASIC_ENABLED
	TrustedProxies  []netip.Prefix // GATEHOUSE_TRUSTED_PROXIES
	DefaultPageSize int            // DEFAULT_PAGE_SIZE; 0: each platform's own
	MaxPageSize     int            // MAX_PAGE_SIZE; 0: each platform's own
	Version         string         // of this build
	ProductName     string         // GATEHOUSE_PRODUCT_NAME; "": Gatehouse
	ProductVersion  string         // GATEHOUSE_PRODUCT_VERSION; "": this build's
	Log             *slog.Logger
	Ready           func(context.Context) error // what /healthz/ready asks; nil: always ready
}

// web is what the middleware and the routes share.
type web struct {
	options Options
	callers *caller.Callers
	rest    *api.API
	pages   *console.Console
	log     *slog.Logger
	long    map[string]bool // the paths of requests without a deadline, without a slash at the end
}

// New makes the handler of the whole surface.
func New(options Options) (http.Handler, error) {
	w, err := newWeb(options)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return w.handler(), nil
}

func newWeb(options Options) (*web, error) {
	if options.Server == nil {
		return nil, errors.New("a server is needed")
	}
	w := &web{options: options, log: options.Log, long: map[string]bool{}}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	var err error
	w.callers, err = caller.New(caller.Options{Server: options.Server, BasicEnabled: options.BasicEnabled, TrustedProxies: options.TrustedProxies})
	if err != nil {
		return nil, err
	}
	w.rest, err = api.New(api.Options{Server: options.Server, Callers: w.callers, PageSize: options.DefaultPageSize,
		MaxPageSize: options.MaxPageSize, Version: cmp.Or(options.ProductVersion, options.Version), ProductName: options.ProductName, Log: w.log})
	if err != nil {
		return nil, err
	}
	w.pages, err = console.New(console.Options{Server: options.Server, Callers: w.callers, PageSize: options.DefaultPageSize,
		MaxPageSize: options.MaxPageSize, Version: options.Version, Log: w.log})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// handler is the engine, behind the one thing that must happen before it chooses a route: a method that is none of those that
// the tables know becomes methodUnknown, so that it meets the same refusal as a known one without a route.
func (w *web) handler() http.Handler {
	engine := w.engine()
	return http.HandlerFunc(func(response http.ResponseWriter, r *http.Request) {
		if !known[r.Method] {
			r.Method = methodUnknown
		}
		engine.ServeHTTP(response, r)
	})
}

// engine sets Gin up, once: it matches paths as they were sent, so that %2F and + within a segment stay what they are (handlers
// decode segments with url.PathUnescape); it redirects nothing, as clients turn a redirected POST into a GET; the tables answer for
// both slash forms and for every method.
func (w *web) engine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.UseEscapedPath, engine.UnescapePathValues = true, false
	engine.RedirectTrailingSlash, engine.RedirectFixedPath, engine.HandleMethodNotAllowed = false, false, false
	engine.ForwardedByClientIP = false
	engine.Use(w.identifyRequest, w.logAccess, w.recoverPanic, w.limit, w.secure, w.arrive)
	for _, each := range w.tables() {
		mount(engine, each.routes, each.notAllowed)
		for _, route := range each.routes {
			w.long[strings.TrimSuffix(route.Path, "/")] = w.long[strings.TrimSuffix(route.Path, "/")] || route.Long
		}
	}
	for method := range known {
		engine.Handle(method, static.Prefix+"*name", gin.WrapH(static.Handler()))
	}
	engine.NoRoute(func(c *gin.Context) { w.problem(c, http.StatusNotFound) })
	return engine
}

// problem answers with an error in the shape of the face that the path belongs to.
func (w *web) problem(c *gin.Context, status int) {
	switch faceOf(c.Request.URL.Path) {
	case pages:
		w.pages.Error(c, status)
	case oauth:
		oauthProblem(c, status)
	case rest:
		w.rest.Error(c, status)
	}
}
