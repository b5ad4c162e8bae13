package api

import (
	"net/http"
	"strings"

	"gatehouse/models"
	"gatehouse/openapi"
	"gatehouse/web/route"
)

// resource is a row of a table: a path below a mount, or a root, and what answers each method. HEAD answers as GET does.
type resource struct {
	path                          string
	get, post, put, patch, delete handler
	about                         *metadata // what OPTIONS tells
	who                           access
}

// gatewayTable is /api/gateway/v1/.
func gatewayTable() []resource {
	return []resource{
		{path: "", get: (*call).listResources, about: &metadata{name: "Version 1"}, who: anybody},
		{path: "ping/", get: (*call).pingGateway, about: &metadata{name: "Ping"}, who: bystander},
		{path: "login/", get: (*call).showLogin, post: (*call).login, about: &metadata{name: "Login"}, who: anybody},
		{path: "logout/", get: (*call).logout, post: (*call).logout, about: &metadata{name: "Logout"}, who: anybody},
		{path: "me/", get: (*call).me, about: aboutUsers("Me", nil, nil)},

		{path: "tokens/", get: (*call).listTokens, post: (*call).createToken, about: aboutTokens("Token List", (*call).mayCreateToken, nil)},
		{path: "tokens/:id/", get: (*call).showToken, put: (*call).updateToken, patch: (*call).updateToken, delete: (*call).deleteToken,
			about: aboutTokens("Token Detail", nil, (*call).mayUpdateToken)},
		{path: "tokens/:id/regenerate/", post: (*call).regenerateToken, about: &metadata{name: "Regenerate Token"}},

		{path: "applications/", get: (*call).listApplications, post: (*call).createApplication,
			about: aboutApplications("Application List", (*call).mayCreateApplication, nil)},
		{path: "applications/:id/", get: (*call).showApplication, put: (*call).updateApplication, patch: (*call).updateApplication,
			delete: (*call).deleteApplication, about: aboutApplications("Application Detail", nil, (*call).mayUpdateApplication)},
		{path: "applications/:id/rotate_secret/", post: (*call).rotateSecret, about: &metadata{name: "Rotate Secret"}},
		{path: "applications/:id/tokens/", get: (*call).listApplicationTokens, about: aboutTokens("Application Token List", nil, nil)},

		{path: "users/", get: (*call).listUsers, post: (*call).createUser, about: aboutUsers("User List", (*call).mayCreateUser, nil)},
		{path: "users/:id/", get: (*call).showUser, put: (*call).updateUser, patch: (*call).updateUser, delete: (*call).deleteUser,
			about: aboutUsers("User Detail", nil, (*call).mayUpdateUser)},
		{path: "users/:id/tokens/", get: (*call).listUserTokens, about: aboutTokens("User Token List", nil, nil)},
		{path: "users/:id/personal_tokens/", get: (*call).listPersonalTokens, about: aboutTokens("User Personal Token List", nil, nil)},
		{path: "users/:id/authorized_tokens/", get: (*call).listAuthorizedTokens, about: aboutTokens("User Authorized Token List", nil, nil)},
		{path: "users/:id/applications/", get: (*call).listUserApplications, about: aboutApplications("User Application List", nil, nil)},
		{path: "users/:id/organizations/", get: (*call).listUserOrganizations, about: aboutOrganizations("User Organization List", nil, nil)},

		{path: "organizations/", get: (*call).listOrganizations, post: (*call).createOrganization,
			about: aboutOrganizations("Organization List", (*call).mayCreateOrganization, nil)},
		{path: "organizations/:id/", get: (*call).showOrganization, put: (*call).updateOrganization, patch: (*call).updateOrganization,
			delete: (*call).deleteOrganization, about: aboutOrganizations("Organization Detail", nil, (*call).mayUpdateOrganization)},
		{path: "organizations/:id/users/", get: listMembers(models.RoleMember), about: aboutUsers("Organization User List", nil, nil)},
		{path: "organizations/:id/users/associate/", post: changeMembers(models.ActionCreate, models.RoleMember), about: &metadata{name: "Associate"}},
		{path: "organizations/:id/users/disassociate/", post: changeMembers(models.ActionDelete, models.RoleMember), about: &metadata{name: "Disassociate"}},
		{path: "organizations/:id/admins/", get: listMembers(models.RoleAdmin), about: aboutUsers("Organization Admin List", nil, nil)},
		{path: "organizations/:id/admins/associate/", post: changeMembers(models.ActionCreate, models.RoleAdmin), about: &metadata{name: "Associate"}},
		{path: "organizations/:id/admins/disassociate/", post: changeMembers(models.ActionDelete, models.RoleAdmin), about: &metadata{name: "Disassociate"}},
		{path: "organizations/:id/auditors/", get: listMembers(models.RoleAuditor), about: aboutUsers("Organization Auditor List", nil, nil)},
		{path: "organizations/:id/auditors/associate/", post: changeMembers(models.ActionCreate, models.RoleAuditor), about: &metadata{name: "Associate"}},
		{path: "organizations/:id/auditors/disassociate/", post: changeMembers(models.ActionDelete, models.RoleAuditor),
			about: &metadata{name: "Disassociate"}},
		{path: "organizations/:id/applications/", get: (*call).listOrganizationApplications,
			about: aboutApplications("Organization Application List", nil, nil)},

		{path: "role_definitions/", get: (*call).listRoleDefinitions, about: aboutRoleDefinitions("Role Definition List")},
		{path: "role_definitions/:id/", get: (*call).showRoleDefinition, about: aboutRoleDefinitions("Role Definition Detail")},
		{path: "role_user_assignments/", get: (*call).listRoleAssignments, post: (*call).assignRole,
			about: aboutRoleAssignments("Role User Assignment List", (*call).mayAssignRole)},
		{path: "role_user_assignments/:id/", get: (*call).showRoleAssignment, delete: (*call).removeRoleAssignment,
			about: aboutRoleAssignments("Role User Assignment Detail", nil)},

		{path: "activitystream/", get: (*call).listActivity, about: aboutActivity("Activity Stream List")},
		{path: "activitystream/:id/", get: (*call).showActivity, about: aboutActivity("Activity Stream Detail")},
	}
}

// controllerTable is /api/controller/v2/ and /api/v2/.
func controllerTable() []resource {
	return append([]resource{
		{path: "", get: (*call).listResources, about: &metadata{name: "Version 2"}, who: anybody},
		{path: "ping/", get: (*call).pingController, about: &metadata{name: "Ping"}, who: bystander},
		{path: "config/", get: (*call).showConfig, about: &metadata{name: "Configuration"}},
		{path: "settings/", get: (*call).listSettings, about: &metadata{name: "Settings"}},
		{path: "settings/all/", get: (*call).showSettings, about: aboutSettings()},
		{path: "me/", get: (*call).me, about: aboutUsers("Me", nil, nil)},

		{path: "tokens/", get: (*call).listTokens, post: (*call).createToken, about: aboutTokens("Token List", (*call).mayCreateToken, nil)},
		{path: "tokens/:id/", get: (*call).showToken, put: (*call).updateToken, patch: (*call).updateToken, delete: (*call).deleteToken,
			about: aboutTokens("Token Detail", nil, (*call).mayUpdateToken)},

		{path: "applications/", get: (*call).listApplications, post: (*call).createApplication,
			about: aboutApplications("Application List", (*call).mayCreateApplication, nil)},
		{path: "applications/:id/", get: (*call).showApplication, put: (*call).updateApplication, patch: (*call).updateApplication,
			delete: (*call).deleteApplication, about: aboutApplications("Application Detail", nil, (*call).mayUpdateApplication)},
		{path: "applications/:id/tokens/", get: (*call).listApplicationTokens, post: (*call).createApplicationToken,
			about: aboutTokens("Application Token List", (*call).mayCreateApplicationToken, nil)},

		{path: "users/", get: (*call).listUsers, post: (*call).createUser, about: aboutUsers("User List", (*call).mayCreateUser, nil)},
		{path: "users/:id/", get: (*call).showUser, put: (*call).updateUser, patch: (*call).updateUser, delete: (*call).deleteUser,
			about: aboutUsers("User Detail", nil, (*call).mayUpdateUser)},
		{path: "users/:id/tokens/", get: (*call).listUserTokens, post: (*call).createUserToken,
			about: aboutTokens("User Token List", (*call).checkOneself, nil)},
		{path: "users/:id/personal_tokens/", get: (*call).listPersonalTokens, post: (*call).createPersonalToken,
			about: aboutTokens("User Personal Token List", (*call).checkOneself, nil)},
		{path: "users/:id/authorized_tokens/", get: (*call).listAuthorizedTokens, post: (*call).createAuthorizedToken,
			about: aboutTokens("User Authorized Token List", (*call).checkOneself, nil)},
		{path: "users/:id/applications/", get: (*call).listUserApplications, post: (*call).createApplication,
			about: aboutApplications("User Application List", (*call).mayCreateApplication, nil)},
		{path: "users/:id/organizations/", get: (*call).listUserOrganizations, about: aboutOrganizations("User Organization List", nil, nil)},

		{path: "organizations/", get: (*call).listOrganizations, post: (*call).createOrganization,
			about: aboutOrganizations("Organization List", (*call).mayCreateOrganization, nil)},
		{path: "organizations/:id/", get: (*call).showOrganization, put: (*call).updateOrganization, patch: (*call).updateOrganization,
			delete: (*call).deleteOrganization, about: aboutOrganizations("Organization Detail", nil, (*call).mayUpdateOrganization)},
		{path: "organizations/:id/users/", get: listMembers(models.RoleMember), post: postMember(models.RoleMember),
			about: aboutUsers("Organization User List", (*call).mayChangeMembers, nil)},
		{path: "organizations/:id/admins/", get: listMembers(models.RoleAdmin), post: postMember(models.RoleAdmin),
			about: aboutUsers("Organization Admin List", (*call).mayChangeMembers, nil)},
		{path: "organizations/:id/auditors/", get: listMembers(models.RoleAuditor), post: postMember(models.RoleAuditor),
			about: aboutUsers("Organization Auditor List", (*call).mayChangeMembers, nil)},
		{path: "organizations/:id/applications/", get: (*call).listOrganizationApplications, post: (*call).createOrganizationApplication,
			about: aboutApplications("Organization Application List", (*call).mayUpdateOrganization, nil)},

		{path: "activity_stream/", get: (*call).listActivity, about: aboutActivity("Activity Stream List")},
		{path: "activity_stream/:id/", get: (*call).showActivity, about: aboutActivity("Activity Stream Detail")},
		{path: "tokens/:id/activity_stream/", get: (*call).listTokenActivity, about: aboutActivity("Token Activity Stream List")},
		{path: "applications/:id/activity_stream/", get: (*call).listApplicationActivity, about: aboutActivity("Application Activity Stream List")},
		{path: "users/:id/activity_stream/", get: (*call).listUserActivity, about: aboutActivity("User Activity Stream List")},
		{path: "organizations/:id/activity_stream/", get: (*call).listOrganizationActivity, about: aboutActivity("Organization Activity Stream List")},
	}, unserved()...)
}

// unserved are resources of the original that its command-line client asks OPTIONS of before it does anything with users; they
// exist for that alone and stand in no root.
func unserved() []resource {
	var rows []resource
	for _, name := range []string{"projects", "inventories", "teams", "credentials", "job_templates", "workflow_job_templates", "instance_groups"} {
		rows = append(rows, resource{path: name + "/", about: &metadata{}})
	}
	return rows
}

// controllerRootTable is /api/ and /api/controller/, where the controller's sign-in forms are too.
func controllerRootTable() []resource {
	return []resource{
		{path: "", get: (*call).showController, about: &metadata{name: "REST API"}, who: anybody},
		{path: "login/", get: (*call).showLogin, post: (*call).login, about: &metadata{name: "Login"}, who: anybody},
		{path: "logout/", get: (*call).logout, post: (*call).logout, about: &metadata{name: "Logout"}, who: anybody},
	}
}

// gatewayRootTable is /api/gateway/.
func gatewayRootTable() []resource {
	return []resource{{path: "", get: (*call).showGateway, about: &metadata{name: "REST API"}, who: anybody}}
}

// descriptionTable is the description of what is served, for anybody: it tells nothing that is not in its source.
func descriptionTable() []resource {
	return []resource{{path: openapi.Path, get: (*call).showDescription, about: &metadata{name: "OpenAPI"}, who: bystander}}
}

// Routes is everything that the faces serve.
func (a *API) Routes() []route.Route {
	gateway, controller, short := a.mounts[0], a.mounts[1], a.mounts[2]
	routes := a.below(gateway.path, gateway, gatewayTable())
	for _, m := range []mount{controller, short} {
		routes = append(routes, a.below(m.path, m, controllerTable())...)
		routes = append(routes, a.below(strings.TrimSuffix(m.path, "v2/"), m, controllerRootTable())...)
	}
	routes = append(routes, a.below("/api/gateway/", gateway, gatewayRootTable())...)
	return append(routes, a.below("", short, descriptionTable())...)
}

// below expands a table at a path.
func (a *API) below(root string, m mount, table []resource) []route.Route {
	var routes []route.Route
	for _, each := range table {
		path := root + each.path
		if each.who != members {
			a.open[strings.TrimSuffix(path, "/")] = true
		}
		for method, h := range each.handlers() {
			if h != nil {
				routes = append(routes, route.Route{Method: method, Path: path, Handler: a.handle(m, each.who, h)})
			}
		}
	}
	return routes
}

func (r resource) handlers() map[string]handler {
	return map[string]handler{http.MethodGet: r.get, http.MethodPost: r.post, http.MethodPut: r.put, http.MethodPatch: r.patch,
		http.MethodDelete: r.delete, http.MethodOptions: func(c *call) error { return c.describe(r.about) }}
}
