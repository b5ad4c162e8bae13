package server

import (
	"maps"
	"net/http"
	"slices"

	"gatehouse/models"
)

// metadata describes the authorization server (RFC 8414 §2). It states what is served and nothing else.
type metadata struct {
	Issuer                        string   `json:"issuer"`
	AuthorizationEndpoint         string   `json:"authorization_endpoint"`
	TokenEndpoint                 string   `json:"token_endpoint"`
	DeviceAuthorizationEndpoint   string   `json:"device_authorization_endpoint"` // RFC 8628 §4
	RevocationEndpoint            string   `json:"revocation_endpoint"`
	IntrospectionEndpoint         string   `json:"introspection_endpoint"`
	ScopesSupported               []string `json:"scopes_supported"`
	ResponseTypesSupported        []string `json:"response_types_supported"`
	ResponseModesSupported        []string `json:"response_modes_supported"`
	GrantTypesSupported           []string `json:"grant_types_supported"`
	TokenAuthMethods              []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuthMethods         []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionAuthMethods      []string `json:"introspection_endpoint_auth_methods_supported"`
	CodeChallengeMethodsSupported []string `json:"code_challenge_methods_supported"`
	IssParameterSupported         bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
	ProtectedResources            []string `json:"protected_resources"`                            // RFC 9728 §4
}

// resourceMetadata describes one of our own APIs as a protected resource (RFC 9728 §2).
type resourceMetadata struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	ScopesSupported      []string `json:"scopes_supported"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	Name                 string   `json:"resource_name"`
}

// ServeMetadata is /.well-known/oauth-authorization-server. The issuer is the configured public URL, never the request's host.
func (s *Server) ServeMetadata() http.HandlerFunc {
	secret := []string{"client_secret_basic", "client_secret_post"}
	document := metadata{
		Issuer:                      s.Issuer(),
		AuthorizationEndpoint:       s.Issuer() + "/o/authorize/",
		TokenEndpoint:               s.Issuer() + "/o/token/",
		DeviceAuthorizationEndpoint: s.Issuer() + "/o/device_authorization/",
		RevocationEndpoint:          s.Issuer() + "/o/revoke_token/",
		IntrospectionEndpoint:       s.Issuer() + "/o/introspect/",
		ScopesSupported:             models.ScopeAll.Words(),
		ResponseTypesSupported:      []string{"code"},
		ResponseModesSupported:      []string{modeQuery, modeFormPost},
		GrantTypesSupported:         slices.Sorted(maps.Keys(grants)),
		TokenAuthMethods:            append([]string{"none"}, secret...),
		RevocationAuthMethods:       append([]string{"none"}, secret...),
		IntrospectionAuthMethods:    append(secret, "Bearer"), // an access token type may stand here, RFC 8414 §2

		CodeChallengeMethodsSupported: []string{methodS256},
		IssParameterSupported:         true,
		ProtectedResources:            s.policy.OwnResources(),
	}
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, document) }
}

// ResourceMetadataPath is where the metadata of the resource with the path is (RFC 9728 §3.1).
func ResourceMetadataPath(resource string) string {
	return "/.well-known/oauth-protected-resource" + resource
}

// ServeResourceMetadata describes one of our own APIs, by its path below the issuer: who issues tokens for it and how they are sent.
func (s *Server) ServeResourceMetadata(path string, platform models.Platform) http.HandlerFunc {
	document := resourceMetadata{Resource: s.Issuer() + path, AuthorizationServers: []string{s.Issuer()},
		ScopesSupported: models.ScopeAll.Words(), BearerMethods: []string{"header"}, Name: platform.Label() + " API"}
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, document) }
}

// ServeRoot lists the endpoints below an OAuth root, such as "/o/", for anybody (contract §3).
func (s *Server) ServeRoot(root string) http.HandlerFunc {
	endpoints := map[string]string{"authorize": root + "authorize/", "token": root + "token/", "revoke_token": root + "revoke_token/",
		"introspect": root + "introspect/"}
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, endpoints) }
}
