package console

import (
	"net/http"
	"slices"

	"gatehouse/web/route"
)

// page is a row of the table of pages.
type page struct {
	method     string
	path       string
	handler    handler
	open       bool // also for who is not signed in
	long       bool // the answer takes as long as it takes
	unreferred bool // the browser is not to tell anybody this page's address: it holds a code or a client's request
}

// table is every page and form of the console. A form's action is its page plus a verb.
func (w *Console) table() []page {
	const get, post = http.MethodGet, http.MethodPost
	return slices.Concat(w.maintenancePages(), w.exportPages(), w.deedPages(), []page{
		{method: get, path: "/", handler: w.showStart, open: true},
		{method: get, path: "/setup", handler: w.showSetup, open: true, unreferred: true},
		{method: post, path: "/setup", handler: w.completeSetup, open: true, unreferred: true},
		{method: get, path: "/login", handler: w.showLogin, open: true},
		{method: post, path: "/login", handler: w.signIn, open: true},
		{method: post, path: "/logout", handler: w.signOut, open: true},

		{method: get, path: "/tokens", handler: w.listTokens},
		{method: get, path: "/tokens/new", handler: w.newToken},
		{method: post, path: "/tokens/new", handler: w.createToken},
		{method: get, path: "/tokens/:id", handler: w.showToken},
		{method: post, path: "/tokens/:id", handler: w.updateToken},
		{method: post, path: "/tokens/:id/refresh", handler: w.refreshToken},
		{method: get, path: "/tokens/:id/regenerate", handler: w.askRegenerate},
		{method: post, path: "/tokens/:id/regenerate", handler: w.regenerateToken},

		{method: get, path: "/sessions", handler: w.listSessions},
		{method: post, path: "/sessions/others", handler: w.endOtherSessions},
		{method: post, path: "/sessions/:id/end", handler: w.endSession},

		{method: get, path: "/authorized", handler: w.listAuthorized},

		{method: get, path: "/applications", handler: w.listApplications},
		{method: get, path: "/applications/new", handler: w.newApplication},
		{method: post, path: "/applications/new", handler: w.createApplication},
		{method: get, path: "/applications/:id", handler: w.showApplication},
		{method: post, path: "/applications/:id", handler: w.updateApplication},
		{method: get, path: "/applications/:id/rotate", handler: w.askRotate},
		{method: post, path: "/applications/:id/rotate", handler: w.rotateSecret},

		{method: get, path: "/users", handler: w.listUsers},
		{method: get, path: "/users/new", handler: w.newUser},
		{method: post, path: "/users/new", handler: w.createUser},
		{method: get, path: "/users/:id", handler: w.showUser},
		{method: post, path: "/users/:id", handler: w.updateUser},
		{method: post, path: "/users/:id/password", handler: w.changePassword},
		{method: get, path: "/users/:id/revoke", handler: w.askRevokeAll},
		{method: post, path: "/users/:id/revoke", handler: w.revokeAll},

		{method: get, path: "/organizations", handler: w.listOrganizations},
		{method: get, path: "/organizations/new", handler: w.newOrganization},
		{method: post, path: "/organizations/new", handler: w.createOrganization},
		{method: get, path: "/organizations/:id", handler: w.showOrganization},
		{method: post, path: "/organizations/:id", handler: w.updateOrganization},
		{method: post, path: "/organizations/:id/add", handler: w.addPerson},
		{method: post, path: "/organizations/:id/remove", handler: w.removePerson},

		{method: get, path: "/activity", handler: w.listActivity},
		{method: get, path: "/activity/:id", handler: w.showEntry},

		{method: get, path: "/policy", handler: w.showPolicy},
		{method: post, path: "/policy", handler: w.changePolicy},

		{method: get, path: referencePath, handler: w.showReference},
		{method: get, path: referencePath + "/:id", handler: w.showOperation},
	})
}

// protocol is the pages that a standard names: the verification URI (RFC 8628 §3.3) and the authorization endpoints (RFC 6749 §3.1).
// Programs send people there.
func (w *Console) protocol() []page {
	const get, post = http.MethodGet, http.MethodPost
	pages := []page{
		{method: get, path: "/device", handler: w.showDevice, unreferred: true},
		{method: post, path: "/device", handler: w.enterUserCode, unreferred: true},
		{method: post, path: "/device/decide", handler: w.decideDevice, unreferred: true},
		{method: get, path: "/device/done", handler: w.showDeviceDone, unreferred: true},
	}
	for _, root := range []string{"/o", "/api/o", "/api/controller/o", ""} {
		pages = append(pages,
			page{method: get, path: root + "/authorize/", handler: w.askConsent, open: true, unreferred: true},
			page{method: post, path: root + "/authorize/", handler: w.decideConsent, open: true, unreferred: true})
	}
	return pages
}

// Routes is the pages of the console, for package web to mount.
func (w *Console) Routes() []route.Route { return w.routes(w.table()) }

// ProtocolRoutes is the pages that a standard names, likewise.
func (w *Console) ProtocolRoutes() []route.Route { return w.routes(w.protocol()) }

func (w *Console) routes(pages []page) []route.Route {
	var routes []route.Route
	for _, each := range pages {
		routes = append(routes, route.Route{Method: each.method, Path: each.path, Handler: w.serve(each), Long: each.long})
	}
	return routes
}
