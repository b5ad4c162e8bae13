package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/route"
)

// The tables of the REST faces are in web/api/routes.go, that of the pages in web/console.

// table is a part of the surface: its routes, and the refusal of other methods at their paths.
type table struct {
	routes     []route.Route
	notAllowed gin.HandlerFunc
	forPeople  bool // pages, of which programs know nothing; all the others are described in package openapi
}

// tables are the whole surface beside the files that pages load.
func (w *web) tables() []table {
	pageRefusal := func(c *gin.Context) { w.pages.Error(c, http.StatusMethodNotAllowed) }
	return []table{
		{routes: w.rest.Routes(), notAllowed: w.rest.NotAllowed},
		{routes: w.pages.Routes(), notAllowed: pageRefusal, forPeople: true},
		{routes: w.pages.ProtocolRoutes(), notAllowed: pageRefusal},
		{routes: w.oauthRoutes(), notAllowed: func(c *gin.Context) { oauthProblem(c, http.StatusMethodNotAllowed) }},
		{routes: w.verifyRoutes()}, // no method is refused
		{routes: w.healthRoutes(), notAllowed: func(c *gin.Context) { c.AbortWithStatus(http.StatusMethodNotAllowed) }},
	}
}

// oauthRoutes are the OAuth endpoints for machines. /o/ is the root of the platform gateway, /api/o/ that of the automation
// controller with a second name, and the short form has none. The authorization endpoint is a page.
func (w *web) oauthRoutes() []route.Route {
	s := w.options.Server
	gateway, controller := s.ServeToken(models.FaceGatewayOAuth), s.ServeToken(models.FaceControllerOAuth)
	device := s.ServeDeviceAuthorization()
	return []route.Route{
		endpoint(http.MethodGet, "/o/", s.ServeRoot("/o/")),
		endpoint(http.MethodPost, "/o/token/", gateway),
		endpoint(http.MethodPost, "/o/device_authorization/", device),
		endpoint(http.MethodPost, "/o/revoke_token/", s.ServeRevocation()),
		endpoint(http.MethodPost, "/o/introspect/", s.ServeIntrospection()),

		endpoint(http.MethodGet, "/api/o/", s.ServeRoot("/api/o/")),
		endpoint(http.MethodPost, "/api/o/token/", controller),
		endpoint(http.MethodPost, "/api/o/device_authorization/", device),
		endpoint(http.MethodPost, "/api/o/revoke_token/", s.ServeRevocation()),
		endpoint(http.MethodPost, "/api/o/introspect/", s.ServeIntrospection()),

		endpoint(http.MethodGet, "/api/controller/o/", s.ServeRoot("/api/controller/o/")),
		endpoint(http.MethodPost, "/api/controller/o/token/", controller),
		endpoint(http.MethodPost, "/api/controller/o/device_authorization/", device),
		endpoint(http.MethodPost, "/api/controller/o/revoke_token/", s.ServeRevocation()),
		endpoint(http.MethodPost, "/api/controller/o/introspect/", s.ServeIntrospection()),

		endpoint(http.MethodPost, "/token", s.ServeShortToken()),
		endpoint(http.MethodPost, "/device_authorization", device),
		endpoint(http.MethodPost, "/revoke", s.ServeRevocation()),
		endpoint(http.MethodPost, "/introspect", s.ServeIntrospection()),

		endpoint(http.MethodGet, "/.well-known/oauth-authorization-server", s.ServeMetadata()),
		endpoint(http.MethodGet, server.ResourceMetadataPath(models.ResourceGateway), s.ServeResourceMetadata(models.ResourceGateway, models.Gateway)),
		endpoint(http.MethodGet, server.ResourceMetadataPath(models.ResourceController),
			s.ServeResourceMetadata(models.ResourceController, models.Controller)),
	}
}

// verifyRoutes are forward authentication, for whatever method: some proxies ask with the method of the request that they hold, and put its
// path behind ours.
func (w *web) verifyRoutes() []route.Route {
	var routes []route.Route
	for method := range known {
		routes = append(routes, route.Route{Method: method, Path: "/auth/verify" + anythingBelow, Handler: w.verify})
	}
	return routes
}

// healthRoutes are for those who watch over the process.
func (w *web) healthRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Path: "/healthz/live", Handler: live},
		{Method: http.MethodGet, Path: "/healthz/ready", Handler: w.ready},
	}
}

func endpoint(method, path string, handler http.HandlerFunc) route.Route {
	return route.Route{Method: method, Path: path, Handler: gin.WrapF(handler)}
}

// methodUnknown stands for every method that is none of the known ones.
const methodUnknown = "UNKNOWN"

var known = map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true,
	http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true, http.MethodConnect: true, http.MethodTrace: true,
	methodUnknown: true}

// mount registers a table: each path in both slash forms, HEAD where there is GET, and for every other method the refusal, with
// Allow set. OPTIONS without a handler of its own answers with Allow alone.
func mount(engine *gin.Engine, routes []route.Route, notAllowed gin.HandlerFunc) {
	paths := map[string]map[string]gin.HandlerFunc{}
	for _, each := range routes {
		if paths[each.Path] == nil {
			paths[each.Path] = map[string]gin.HandlerFunc{}
		}
		paths[each.Path][each.Method] = each.Handler
		if each.Method == http.MethodGet {
			paths[each.Path][http.MethodHead] = each.Handler
		}
	}
	for path, handlers := range paths {
		allow := allowed(handlers)
		for method := range known {
			for _, form := range slashForms(path) {
				engine.Handle(method, form, chain(method, allow, handlers, notAllowed)...)
			}
		}
	}
}

func chain(method, allow string, handlers map[string]gin.HandlerFunc, notAllowed gin.HandlerFunc) []gin.HandlerFunc {
	setAllow := func(c *gin.Context) { c.Header("Allow", allow) }
	handler, ok := handlers[method]
	switch {
	case ok && method == http.MethodOptions:
		return []gin.HandlerFunc{setAllow, handler}
	case ok:
		return []gin.HandlerFunc{handler}
	case method == http.MethodOptions:
		return []gin.HandlerFunc{setAllow, func(c *gin.Context) { c.Status(http.StatusNoContent) }}
	default:
		return []gin.HandlerFunc{setAllow, notAllowed}
	}
}

// allowed is the Allow header of a path (RFC 9110 §10.2.1), in the order in which the platforms write it.
func allowed(handlers map[string]gin.HandlerFunc) string {
	order := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions}
	return strings.Join(slices.DeleteFunc(order, func(method string) bool {
		return handlers[method] == nil && method != http.MethodOptions
	}), ", ")
}

// anythingBelow at the end of a path stands for the path itself and for all that begins with it and a slash.
const anythingBelow = "/*below"

// slashForms are the path with and without a slash at its end.
func slashForms(path string) []string {
	if root, found := strings.CutSuffix(path, anythingBelow); found {
		return []string{root, path}
	}
	bare := strings.TrimSuffix(path, "/")
	if bare == "" {
		return []string{"/"}
	}
	return []string{bare, bare + "/"}
}
