// Package caller finds out who is calling: by bearer token, session cookie or Basic credentials, in this order. It puts the
// server.Actor into the request's context, starts and ends browser sessions on an answer, and guards them against requests forged
// by other sites. What the caller may do is the policy's to say; nothing here decides that. All faces use it.
package caller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// Options say how callers are recognised. Server is required.
type Options struct {
	Server         *server.Server
	BasicEnabled   bool           // AUTH_BASIC_ENABLED: Basic credentials of users count at the REST faces
	TrustedProxies []netip.Prefix // GATEHOUSE_TRUSTED_PROXIES: whose X-Forwarded-For counts; IPv4 not as mapped IPv6
}

// Callers recognises callers. It holds no state beside its settings.
type Callers struct {
	server  *server.Server
	basic   bool
	secure  bool // the public URL is https
	proxies []netip.Prefix
	origins *http.CrossOriginProtection
}

// New makes Callers for the server.
func New(options Options) (*Callers, error) {
	if options.Server == nil {
		return nil, errors.New("caller: a server is needed")
	}
	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(options.Server.Issuer()); err != nil {
		return nil, fmt.Errorf("caller: the public URL is no origin: %w", err)
	}
	secure := strings.HasPrefix(options.Server.Issuer(), "https://")
	return &Callers{server: options.Server, basic: options.BasicEnabled, secure: secure, proxies: options.TrustedProxies, origins: origins}, nil
}

// Refused says which credentials came with a request and did not authenticate, for the words of a 401. Where Throttled is not nil it is
// a 429: too many were wrong lately. What needs no credentials is answered without them all the same.
type Refused struct {
	Bearer    bool
	Basic     bool
	Throttled *server.Throttled
}

type refusedKey struct{}

// RefusedFrom is what Identify found to be wrong.
func RefusedFrom(ctx context.Context) Refused {
	refused, _ := ctx.Value(refusedKey{}).(Refused)
	return refused
}

// Arrive notes from where a request comes and through which face, before anybody is looked for: the actor is anonymous.
func (c *Callers) Arrive(r *http.Request, face models.Face) *http.Request {
	actor := server.Actor{Origin: origin(face), Address: c.address(r), Device: c.device(r)}
	return r.WithContext(server.WithActor(r.Context(), actor))
}

func origin(face models.Face) string {
	switch face {
	case models.FaceConsole:
		return "console"
	case models.FaceGatewayOAuth, models.FaceControllerOAuth:
		return "oauth"
	default:
		return "api"
	}
}

// Identify looks for the caller and puts the actor into the context of the request that it returns: anonymous when no credentials
// count. At the REST faces the order is bearer, session, Basic, and a bearer token that fails does not stop the others; the console
// knows sessions only. An error says that it could not be found out (see server.Unavailable), not that credentials are wrong.
func (c *Callers) Identify(r *http.Request, face models.Face) (*http.Request, error) {
	r = c.Arrive(r, face)
	search := &search{callers: c, request: r, face: face, actor: server.ActorFrom(r.Context())}
	steps := []func() (bool, error){search.bearer, search.session, search.basic}
	if face == models.FaceConsole {
		steps = []func() (bool, error){search.session}
	}
	for _, step := range steps {
		found, err := step()
		if err != nil {
			return r, err
		}
		if found {
			break
		}
	}
	ctx := context.WithValue(server.WithActor(r.Context(), search.actor), refusedKey{}, search.refused)
	return r.WithContext(ctx), nil
}
