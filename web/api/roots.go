package api

import (
	"encoding/hex"
	"encoding/json"
	"strings"

	"gatehouse/models"
	"gatehouse/openapi"
)

// showController is the root above the versions, at /api/ and /api/controller/. It hands out the CSRF cookie with which clients sign in.
func (c *call) showController() error {
	root := strings.TrimSuffix(c.path, "v2/")
	c.callers.CSRFToken(c.gin.Writer, c.gin.Request)
	o := object{{"description", "REST API of the automation controller"}, {"current_version", c.path},
		{"available_versions", object{{"v2", c.path}}}}
	if root == "/api/" {
		o = append(o, member{"oauth2", "/api/o/"}, member{"apis", object{{"gateway", "/api/gateway/"}, {"controller", "/api/controller/"}}})
	}
	return c.ok(append(o, member{"custom_logo", ""}, member{"custom_login_info", ""}, member{"login_redirect_override", ""}))
}

func (c *call) showGateway() error {
	c.callers.CSRFToken(c.gin.Writer, c.gin.Request)
	return c.ok(object{{"description", "REST API of the platform gateway"}, {"current_version", c.path},
		{"available_versions", object{{"v1", c.path}}}, {"login", c.link("login")}, {"logout", c.link("logout")}})
}

// listResources is a version's root. A command-line client makes a command of each key: only what is served stands here, and nothing
// twice.
func (c *call) listResources() error {
	names := []string{"ping", "me", "users", "organizations", "applications", "tokens", "role_definitions", "role_user_assignments", "activitystream"}
	if c.name == models.FaceController {
		names = []string{"ping", "config", "me", "users", "organizations", "applications", "tokens", "activity_stream", "settings"}
	}
	o := object{}
	for _, name := range names {
		o = append(o, member{name, c.link(name)})
	}
	c.callers.CSRFToken(c.gin.Writer, c.gin.Request)
	return c.ok(o)
}

// showDescription is what all of this looks like to programs, in the words of OpenAPI.
func (c *call) showDescription() error { return c.ok(json.RawMessage(openapi.Document())) }

func (c *call) pingGateway() error {
	return c.ok(object{{"version", c.version}, {"pong", when(c.server.Now())}})
}

// pingController: there is one logical node, whose id is the same on every server of the installation.
func (c *call) pingController() error {
	return c.ok(object{{"ha", false}, {"version", c.version}, {"active_node", c.node}, {"install_uuid", installation(c.server.Issuer())},
		{"instances", []object{}}, {"instance_groups", []object{}}})
}

// showConfig is what the controller's clients ask before they begin (contract §2.3). There are no projects here; that directories are
// named at all tells user interfaces that the caller administers something.
func (c *call) showConfig() error {
	o := object{{"time_zone", "UTC"}, {"license_info", object{}}, {"version", c.version}, {"eula", ""}, {"analytics_status", "off"},
		{"analytics_collectors", object{}}, {"become_methods", []string{}}, {"ui_next", false}}
	if c.actor.ReadsAll() || len(c.actor.User.Organizations(models.RoleAdmin)) > 0 {
		o = append(o, member{"project_base_dir", ""}, member{"project_local_paths", []string{}}, member{"custom_virtualenvs", []string{}})
	}
	return c.ok(o)
}

// listSettings: settings come from the environment, and none is shown or changed here.
func (c *call) listSettings() error { return c.ok(envelope{Results: []object{}}) }

// showSettings is what the command-line client reads where it is asked for no category.
func (c *call) showSettings() error { return c.ok(object{}) }

// installation is a UUID (RFC 9562 §5.8) derived from the public URL.
func installation(issuer string) string {
	digest := models.SecretOf("installation:" + issuer).Digest()
	digest[6] = digest[6]&0x0f | 0x80
	digest[8] = digest[8]&0x3f | 0x80
	text := hex.EncodeToString(digest[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
