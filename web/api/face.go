package api

import (
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// face is what differs between the two platforms' APIs (contract §0).
type face struct {
	name           models.Face
	mask           string // what is shown of a secret
	pageSize       int
	maxPageSize    int
	keepsFirstPage bool   // links back to the first page say page=1
	nonField       string // the key of messages about no single field
	auditor        string // the name of the auditor flag
	stream         string // the resource of the activity stream
	namedIDs       bool   // a name may stand where a path wants an id
	forms          bool   // bodies may be forms
	challenge      string // WWW-Authenticate of a 401
	loginHint      string // appended to the words of a 401
	secretFields   map[string]bool
}

// mount is a face at a path. Links in an answer begin with the mount that was asked.
type mount struct {
	*face
	path string
}

func gatewayFace(issuer string) *face {
	metadata := issuer + server.ResourceMetadataPath(models.ResourceGateway)
	return &face{name: models.FaceGateway, mask: "$encrypted$", pageSize: 50, maxPageSize: 200, nonField: "non_field_errors",
		auditor: "is_platform_auditor", stream: "activitystream", forms: true, challenge: `Bearer realm="api", resource_metadata="` + metadata + `"`} // RFC 9728 §5.1
}

// controllerFace: its challenge is written as its clients know it; it is never a Basic one, so that browsers do not ask for a password.
func controllerFace() *face {
	return &face{name: models.FaceController, mask: "************", pageSize: 25, maxPageSize: 200, keepsFirstPage: true, nonField: "__all__",
		auditor: "is_system_auditor", stream: "activity_stream", namedIDs: true, challenge: "Bearer realm=api authorization_url=/api/o/authorize/",
		loginHint: " To establish a login session, visit /api/login/.", secretFields: map[string]bool{"client_id": true}}
}

// mounts are all paths below which resources are; page sizes that are not 0 hold for both platforms.
func mounts(options Options) []mount {
	gateway, controller := gatewayFace(options.Server.Issuer()), controllerFace()
	for _, f := range []*face{gateway, controller} {
		if options.PageSize > 0 {
			f.pageSize = options.PageSize
		}
		if options.MaxPageSize > 0 {
			f.maxPageSize = options.MaxPageSize
		}
		f.pageSize = min(f.pageSize, f.maxPageSize)
	}
	return []mount{{gateway, models.ResourceGateway}, {controller, models.ResourceController}, {controller, "/api/v2/"}}
}

// mountOf finds the mount for a path, also where no route is.
func (a *API) mountOf(path string) mount {
	gateway, controller, short := a.mounts[0], a.mounts[1], a.mounts[2]
	switch {
	case strings.HasPrefix(path, "/api/gateway/") || path == "/api/gateway":
		return gateway
	case strings.HasPrefix(path, "/api/controller/") || path == "/api/controller":
		return controller
	default:
		return short
	}
}
