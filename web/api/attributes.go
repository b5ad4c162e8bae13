package api

import (
	"slices"

	"gatehouse/models"
)

var typeLabels = map[string]string{typeToken: "Access Token", typeApplication: "Application", typeUser: "User", typeOrganization: "Organization",
	typeRoleDefinition: "Role Definition", typeRoleAssignment: "Role User Assignment", typeActivity: "Activity Stream"}

// The descriptions of the kinds of objects, for OPTIONS. create and change say whether the caller may; nil where nobody can.

func aboutTokens(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "access_tokens", types: []string{typeToken}, search: []string{"description", "user__username", "application__name"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(typeToken), []attribute{
			{key: "description", kind: "string", label: "Description", help: "Optional description of this access token.", otherwise: "", maxLength: models.MostDescription},
			{key: "user", kind: "id", label: "User", help: "The user representing the token owner.", readOnly: true},
			{key: "token", kind: "string", label: "Token", help: "Shown once, when the token is made.", readOnly: true, closed: true},
			{key: "refresh_token", kind: "id", label: "Refresh token", help: "Shown once, when the token is made.", readOnly: true},
			{key: "application", kind: "id", label: "Application", help: "The application the token is for; none for a personal token.", fixed: true},
			{key: "expires", kind: "datetime", label: "Expires", help: "When the token stops working.", readOnly: true, only: models.FaceController},
			{key: "expires", kind: "datetime", label: "Expires", help: "When the token stops working.", fixed: true, only: models.FaceGateway},
			{key: "scope", kind: "string", label: "Scope", help: "Allowed scopes, separated by spaces: read, write.", otherwise: "write", maxLength: 32},
			{key: "last_used", kind: "datetime", label: "Last used", help: "When the token was last used.", readOnly: true},
			platformAttribute(),
		})}
}

func aboutApplications(name string, create, change handler) *metadata {
	grants := [][2]string{{"authorization-code", "Authorization code"}, {"password", "Resource owner password-based"}}
	gatewayGrants := append(slices.Clone(grants), [2]string{"client-credentials", "Client credentials"}, [2]string{models.GrantDeviceCode, "Device code"})
	return &metadata{name: name, list: "applications", types: []string{typeApplication}, search: []string{"name", "description"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(typeApplication), []attribute{
			{key: "name", kind: "string", label: "Name", help: "Name of this application.", required: true, maxLength: 255},
			{key: "description", kind: "string", label: "Description", help: "Optional description of this application.", otherwise: "", maxLength: models.MostDescription},
			{key: "client_id", kind: "string", label: "Client id", help: "Generated.", readOnly: true},
			{key: "client_secret", kind: "string", label: "Client secret", help: "Shown once, when the application is made.", readOnly: true, closed: true},
			{key: "client_type", kind: "choice", label: "Client type", help: "Confidential if the client can keep a secret, otherwise public.", required: true,
				choices: [][2]string{{"confidential", "Confidential"}, {"public", "Public"}}},
			{key: "redirect_uris", kind: "string", label: "Redirect URIs", help: "Allowed URIs, separated by spaces.", otherwise: "", maxLength: models.MostURIs},
			{key: "authorization_grant_type", kind: "choice", label: "Authorization grant type", help: "How a user gets tokens for this application.",
				required: true, fixed: true, choices: grants, only: models.FaceController},
			{key: "authorization_grant_type", kind: "choice", label: "Authorization grant type", help: "How a user gets tokens for this application.",
				required: true, fixed: true, choices: gatewayGrants, only: models.FaceGateway},
			{key: "skip_authorization", kind: "boolean", label: "Skip authorization", help: "Do not ask the user for consent.", otherwise: false},
			{key: "organization", kind: "id", label: "Organization", help: "Organization containing this application.", required: true},
			platformAttribute(),
			{key: "user", kind: "id", label: "User", help: "The owner: every token of the application acts as this user.", fixed: true, only: models.FaceGateway},
			{key: "grant_types", kind: "field", label: "Grant types", help: "What the token endpoint allows.", only: models.FaceGateway},
			{key: "require_pkce", kind: "boolean", label: "Require PKCE", help: "Refuse authorization requests without a code challenge.", only: models.FaceGateway},
			{key: "introspect_all", kind: "boolean", label: "Introspect all", help: "A resource server that may introspect every token.", only: models.FaceGateway},
			{key: "resource_uris", kind: "field", label: "Resource URIs", help: "Resources that tokens can be asked for.", only: models.FaceGateway},
			{key: "algorithm", kind: "choice", label: "Algorithm", help: "Kept for OpenID Connect.", otherwise: "", only: models.FaceGateway,
				choices: [][2]string{{"", "No OIDC support"}, {"RS256", "RSA with SHA-2 256"}, {"HS256", "HMAC with SHA-2 256"}}},
			{key: "post_logout_redirect_uris", kind: "string", label: "Post logout redirect URIs", help: "Kept for OpenID Connect.", otherwise: "", maxLength: models.MostURIs,
				only: models.FaceGateway},
		})}
}

func aboutUsers(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "users", types: []string{typeUser}, search: []string{"username", "first_name", "last_name", "email"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(typeUser), []attribute{
			{key: "username", kind: "string", label: "Username", help: "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.", required: true, maxLength: 150},
			{key: "first_name", kind: "string", label: "First name", help: "The given name.", otherwise: "", maxLength: 150},
			{key: "last_name", kind: "string", label: "Last name", help: "The family name.", otherwise: "", maxLength: 150},
			{key: "email", kind: "string", label: "Email address", help: "Where the person is reached.", otherwise: "", maxLength: 254},
			{key: "is_superuser", kind: "boolean", label: "Superuser status", help: "Designates that this user has all permissions.", otherwise: false},
			{key: "is_platform_auditor", kind: "boolean", label: "Auditor status", help: "Designates that this user may read everything.", otherwise: false},
			{key: "is_active", kind: "boolean", label: "Active", help: "Inactive users cannot sign in, and their tokens do not work.", otherwise: true},
			{key: "password", kind: "string", label: "Password", help: "Field used to change the password.", required: true, writeOnly: true, maxLength: 1024},
			{key: "last_login", kind: "datetime", label: "Last login", help: "When the user last signed in.", readOnly: true},
			{key: "managed", kind: "boolean", label: "Managed", help: "Made and kept by the product itself.", readOnly: true, only: models.FaceGateway},
			{key: "ldap_dn", kind: "string", label: "LDAP DN", help: "The distinguished name of a user of a directory.", readOnly: true, closed: true, only: models.FaceController},
			{key: "external_account", kind: "field", label: "External account", help: "Where the user signs in, if it is not here.", readOnly: true,
				only: models.FaceController},
			{key: "auth", kind: "field", label: "Auth", help: "The sources of the external account.", readOnly: true, only: models.FaceController},
		})}
}

func aboutOrganizations(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "organizations", types: []string{typeOrganization}, search: []string{"name", "description"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(typeOrganization), []attribute{
			{key: "name", kind: "string", label: "Name", help: "Name of this organization.", required: true, maxLength: 512},
			{key: "description", kind: "string", label: "Description", help: "Optional description of this organization.", otherwise: "", maxLength: models.MostDescription},
			{key: "managed", kind: "boolean", label: "Managed", help: "Made and kept by the product itself.", readOnly: true, only: models.FaceGateway},
			{key: "max_hosts", kind: "integer", label: "Max hosts", help: "No limit; there are no hosts here.", readOnly: true, closed: true, only: models.FaceController},
			{key: "custom_virtualenv", kind: "string", label: "Custom virtual environment", help: "None; nothing is run here.", readOnly: true, closed: true,
				only: models.FaceController},
			{key: "default_environment", kind: "id", label: "Default environment", help: "None; nothing is run here.", readOnly: true, closed: true,
				only: models.FaceController},
		})}
}

func commonAttributes(objectType string) []attribute {
	return []attribute{
		{key: "id", kind: "integer", label: "ID", help: "Database id.", readOnly: true},
		{key: "type", kind: "choice", label: "Type", help: "Data type.", readOnly: true, closed: true, choices: [][2]string{{objectType, typeLabels[objectType]}}},
		{key: "url", kind: "string", label: "Url", help: "Address of this object.", readOnly: true, closed: true},
		{key: "related", kind: "object", label: "Related", help: "Addresses of related resources.", readOnly: true},
		{key: "summary_fields", kind: "object", label: "Summary fields", help: "What related resources are called.", readOnly: true},
		{key: "created", kind: "datetime", label: "Created", help: "When this was made.", readOnly: true},
		{key: "modified", kind: "datetime", label: "Modified", help: "When this was last changed.", readOnly: true},
		{key: "created_by", kind: "id", label: "Created by", help: "Who made this.", readOnly: true, only: models.FaceGateway},
		{key: "modified_by", kind: "id", label: "Modified by", help: "Who changed this last.", readOnly: true, only: models.FaceGateway},
	}
}

// aboutSettings: the command-line client asks which settings may be changed before it shows any. There are none.
func aboutSettings() *metadata {
	return &metadata{name: "All settings", types: []string{}, search: []string{}, change: func(*call) error { return nil }}
}

func platformAttribute() attribute {
	return attribute{key: "platform", kind: "choice", label: "Platform", help: "The side it belongs to.", readOnly: true,
		choices: [][2]string{{string(models.Gateway), models.Gateway.Label()}, {string(models.Controller), models.Controller.Label()}}}
}

// roleAttributes are commonAttributes where nothing is known about times and people.
func roleAttributes(objectType string) []attribute {
	common := commonAttributes(objectType)
	for n := range common {
		common[n].closed = common[n].key != "id"
	}
	return common
}

func aboutRoleDefinitions(name string) *metadata {
	return &metadata{name: name, types: []string{typeRoleDefinition}, search: []string{"name", "description"},
		fields: slices.Concat(roleAttributes(typeRoleDefinition), []attribute{
			{key: "name", kind: "string", label: "Name", help: "What the role is called.", readOnly: true},
			{key: "description", kind: "string", label: "Description", help: "What the role permits.", readOnly: true, closed: true},
			{key: "permissions", kind: "field", label: "Permissions", help: "Not told one by one.", readOnly: true},
			{key: "content_type", kind: "field", label: "Content type", help: "None: the role is given for the whole platform.", readOnly: true},
			{key: "managed", kind: "boolean", label: "Managed", help: "Made and kept by the product itself.", readOnly: true, closed: true},
		})}
}

func aboutRoleAssignments(name string, create handler) *metadata {
	common := slices.DeleteFunc(roleAttributes(typeRoleAssignment), func(a attribute) bool { return a.key == "modified" || a.key == "modified_by" })
	return &metadata{name: name, types: []string{typeRoleAssignment}, search: []string{"user__username"}, create: create,
		fields: slices.Concat(common, []attribute{
			{key: "content_type", kind: "field", label: "Content type", help: "None: the role is given for the whole platform.", readOnly: true},
			{key: "object_id", kind: "field", label: "Object", help: "None: the role is given for the whole platform.", readOnly: true},
			{key: "role_definition", kind: "id", label: "Role definition", help: "Which role.", required: true},
			{key: "user", kind: "id", label: "User", help: "Who gets it.", required: true},
		})}
}
