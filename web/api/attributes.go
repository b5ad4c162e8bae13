package api

import (
	"slices"

	"gatehouse/models"
)

// The descriptions of the four kinds of objects, for OPTIONS. create and change say whether the caller may; nil where nobody can.

func aboutTokens(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "access_tokens", types: []string{typeToken}, search: []string{"description", "user__username", "application__name"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(), []attribute{
			{key: "description", kind: "string", label: "Description", help: "Optional description of this access token.", otherwise: ""},
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
		fields: slices.Concat(commonAttributes(), []attribute{
			{key: "name", kind: "string", label: "Name", help: "Name of this application.", required: true, maxLength: 255},
			{key: "description", kind: "string", label: "Description", help: "Optional description of this application.", otherwise: ""},
			{key: "client_id", kind: "string", label: "Client id", help: "Generated.", readOnly: true},
			{key: "client_secret", kind: "string", label: "Client secret", help: "Shown once, when the application is made.", readOnly: true, closed: true},
			{key: "client_type", kind: "choice", label: "Client type", help: "Confidential if the client can keep a secret, otherwise public.", required: true,
				choices: [][2]string{{"confidential", "Confidential"}, {"public", "Public"}}},
			{key: "redirect_uris", kind: "string", label: "Redirect URIs", help: "Allowed URIs, separated by spaces.", otherwise: ""},
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
			{key: "post_logout_redirect_uris", kind: "string", label: "Post logout redirect URIs", help: "Kept for OpenID Connect.", otherwise: "", only: models.FaceGateway},
		})}
}

func aboutUsers(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "users", types: []string{typeUser}, search: []string{"username", "first_name", "last_name", "email"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(), []attribute{
			{key: "username", kind: "string", label: "Username", help: "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.", required: true, maxLength: 150},
			{key: "first_name", kind: "string", label: "First name", otherwise: "", maxLength: 150},
			{key: "last_name", kind: "string", label: "Last name", otherwise: "", maxLength: 150},
			{key: "email", kind: "string", label: "Email address", otherwise: "", maxLength: 254},
			{key: "is_superuser", kind: "boolean", label: "Superuser status", help: "Designates that this user has all permissions.", otherwise: false},
			{key: "is_platform_auditor", kind: "boolean", label: "Auditor status", help: "Designates that this user may read everything.", otherwise: false},
			{key: "is_active", kind: "boolean", label: "Active", help: "Inactive users cannot sign in, and their tokens do not work.", otherwise: true},
			{key: "password", kind: "string", label: "Password", help: "Field used to change the password.", required: true, writeOnly: true},
			{key: "last_login", kind: "datetime", label: "Last login", readOnly: true},
			{key: "managed", kind: "boolean", label: "Managed", readOnly: true, only: models.FaceGateway},
			{key: "ldap_dn", kind: "string", label: "LDAP DN", readOnly: true, closed: true, only: models.FaceController},
			{key: "external_account", kind: "field", label: "External account", readOnly: true, only: models.FaceController},
		})}
}

func aboutOrganizations(name string, create, change handler) *metadata {
	return &metadata{name: name, list: "organizations", types: []string{typeOrganization}, search: []string{"name", "description"}, create: create, change: change,
		fields: slices.Concat(commonAttributes(), []attribute{
			{key: "name", kind: "string", label: "Name", help: "Name of this organization.", required: true, maxLength: 512},
			{key: "description", kind: "string", label: "Description", help: "Optional description of this organization.", otherwise: ""},
			{key: "managed", kind: "boolean", label: "Managed", readOnly: true, only: models.FaceGateway},
		})}
}

func commonAttributes() []attribute {
	return []attribute{
		{key: "id", kind: "integer", label: "ID", help: "Database id.", readOnly: true},
		{key: "type", kind: "choice", label: "Type", help: "Data type.", readOnly: true, closed: true},
		{key: "url", kind: "string", label: "Url", help: "Address of this object.", readOnly: true, closed: true},
		{key: "related", kind: "object", label: "Related", help: "Addresses of related resources.", readOnly: true},
		{key: "summary_fields", kind: "object", label: "Summary fields", help: "What related resources are called.", readOnly: true},
		{key: "created", kind: "datetime", label: "Created", help: "When this was made.", readOnly: true},
		{key: "modified", kind: "datetime", label: "Modified", help: "When this was last changed.", readOnly: true},
		{key: "created_by", kind: "id", label: "Created by", help: "Who made this.", readOnly: true, only: models.FaceGateway},
		{key: "modified_by", kind: "id", label: "Modified by", help: "Who changed this last.", readOnly: true, only: models.FaceGateway},
	}
}

func platformAttribute() attribute {
	return attribute{key: "platform", kind: "choice", label: "Platform", help: "The side it belongs to.", readOnly: true,
		choices: [][2]string{{string(models.Gateway), models.Gateway.Label()}, {string(models.Controller), models.Controller.Label()}}}
}
