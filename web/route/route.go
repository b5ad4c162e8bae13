// Package route is the row of a table of routes: what the REST faces and the pages hand to package web, which mounts them.
package route

import "github.com/gin-gonic/gin"

// Route says which handler answers a method at a path. package web answers for both slash forms of Path, for HEAD where there is GET,
// for OPTIONS, and for methods without a route. Before the handler it has set X-Request-ID, nosniff, no-store, Referrer-Policy:
// same-origin and a strict Content-Security-Policy, which a page that needs others replaces, and has put an anonymous server.Actor
// with its address into the request's context.
type Route struct {
	Method  string
	Path    string // with a slash at its end where that is the canonical form
	Handler gin.HandlerFunc
	Long    bool // the request has no deadline but its client's
}
