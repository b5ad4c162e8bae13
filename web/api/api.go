// Package api is the REST faces of the platform gateway and of the automation controller (contract §1, §2). Each resource's handlers
// are written once; what differs between the platforms is a value of type face. routes.go lists everything that is served.
//
// A request is let in by (*call).enter, before its handler and also where no route is. The handler asks an operation of package
// server and puts the result into the platform's form; errors go up to (*call).fail, the one place that answers them.
package api

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/static"
	"gatehouse/templates"
	"gatehouse/web/caller"
)

// Options say what the faces work with. Server and Callers are required.
type Options struct {
	Server      *server.Server
	Callers     *caller.Callers
	PageSize    int    // rows of a page; 0: each platform's own
	MaxPageSize int    // 0: each platform's own
	Version     string // that clients are told
	ProductName string // "": Gatehouse
	Log         *slog.Logger
}

// API is the REST faces.
type API struct {
	server  *server.Server
	callers *caller.Callers
	log     *slog.Logger
	pages   *templates.Set
	product string
	version string // what clients are told: at least two numbers with dots
	node    string
	mounts  []mount
	open    map[string]bool // paths, as registered, that anybody may ask
}

// New prepares the faces.
func New(options Options) (*API, error) {
	if options.Server == nil || options.Callers == nil {
		return nil, errors.New("api: a server and callers are needed")
	}
	pages, err := templates.Parse(static.Path)
	if err != nil {
		return nil, err
	}
	a := &API{server: options.Server, callers: options.Callers, log: options.Log, pages: pages, product: options.ProductName,
		version: productVersion(options.Version), mounts: mounts(options), open: map[string]bool{}}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.product == "" {
		a.product = "Gatehouse"
	}
	if a.node, err = os.Hostname(); err != nil {
		a.node = "gatehouse" // a machine without a name still answers
	}
	return a, nil
}

var dottedVersion = regexp.MustCompile(`^v?(\d+(\.\d+)+)`)

// productVersion is the version as the Ansible collections parse it.
func productVersion(version string) string {
	if found := dottedVersion.FindStringSubmatch(version); found != nil {
		return found[1]
	}
	return "0.0"
}

// NotFound answers where no route is, after authentication: who is nobody learns nothing about what there is (case 41).
func (a *API) NotFound(g *gin.Context) {
	a.handle(a.mountOf(g.Request.URL.Path), members, func(*call) error { return notFound })(g)
}

// NotAllowed answers a method without a route at a path with one; Allow has been set.
func (a *API) NotAllowed(g *gin.Context) {
	who := members
	if a.open[strings.TrimSuffix(g.FullPath(), "/")] {
		who = anybody
	}
	a.handle(a.mountOf(g.Request.URL.Path), who, func(c *call) error {
		return &problem{http.StatusMethodNotAllowed, `Method "` + c.gin.Request.Method + `" not allowed.`}
	})(g)
}

// Error answers a request that no handler answered.
func (a *API) Error(g *gin.Context, status int) {
	if status == http.StatusNotFound {
		a.NotFound(g)
		return
	}
	c := a.newCall(g, a.mountOf(g.Request.URL.Path))
	c.answer(status, object{{"detail", "A server error occurred."}})
	g.Abort()
}
