package models

import (
	"slices"
	"time"
)

// ClientType says whether a client can keep a secret (RFC 6749 §2.1).
type ClientType string

// The client types.
const (
	Confidential ClientType = "confidential"
	Public       ClientType = "public"
)

// Grant types in the words of the token endpoint (RFC 6749 §4, RFC 8628 §3.4), as Application.GrantTypes holds them.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantClientCredentials = "client_credentials"
	GrantPassword          = "password"
	GrantRefreshToken      = "refresh_token"
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"
)

// grantTypeOf maps the platform's word, Application.AuthorizationGrantType, to the token endpoint's.
var grantTypeOf = map[string]string{
	"authorization-code": GrantAuthorizationCode,
	"password":           GrantPassword,
	"client-credentials": GrantClientCredentials,
	GrantDeviceCode:      GrantDeviceCode,
}

// Application is a registered client (RFC 6749 §2).
type Application struct {
	ID                     int64
	Name                   string
	Description            string
	OrganizationID         *int64 // nil only in rows of old systems
	UserID                 *int64 // the owner: every token of the application acts as this user
	ClientID               string
	ClientType             ClientType
	AuthorizationGrantType string // the platform's word; GrantTypes decides
	GrantTypes             Words  // what the token endpoint allows
	RedirectURIs           Words  `gorm:"column:redirect_uris"`
	PostLogoutRedirectURIs Words  `gorm:"column:post_logout_redirect_uris"`
	ResourceURIs           Words  `gorm:"column:resource_uris"`
	Algorithm              string
	SkipAuthorization      bool
	RequirePKCE            bool `gorm:"column:require_pkce"`
	IntrospectAll          bool // a resource server that may introspect every token
	Platform               Platform
	Stamps

	Organization  *Organization  // filled where the store says so
	User          *User          // likewise
	ClientSecrets []ClientSecret // likewise
}

// ClientSecret is one live secret of a confidential client. Two live side by side while a rotated one overlaps.
type ClientSecret struct {
	ID            int64
	ApplicationID int64
	Digest        Digest
	Encoded       PasswordDigest // another system's slow hash, in place of Digest until the secret is used; "" for none
	Expires       *time.Time     // nil: until replaced
	Created       time.Time
}

// Allows reports whether the token endpoint may serve the grant type to this client.
func (a *Application) Allows(grantType string) bool { return a.GrantTypes.Has(grantType) }

// OwnedBy reports whether the application has an owner and it is the user.
func (a *Application) OwnedBy(userID int64) bool { return a.UserID != nil && *a.UserID == userID }

// InOrganization is the organization's id, 0 without one.
func (a *Application) InOrganization() int64 {
	if a.OrganizationID == nil {
		return 0
	}
	return *a.OrganizationID
}

// VerifySecret reports whether secret is one of the live client secrets at the time now. An empty secret never is.
func (a *Application) VerifySecret(secret Secret, now time.Time) bool {
	if secret.Empty() {
		return false
	}
	digest, ok := secret.Digest(), false
	for _, each := range a.ClientSecrets {
		ok = each.Digest.Equal(digest) && each.Live(now) && each.Encoded == "" || ok
	}
	return ok
}

// SecretMissing reports whether the client has to authenticate and cannot at the time now: it came from elsewhere without a secret that could
// be told, and needs another (contract §10).
func (a *Application) SecretMissing(now time.Time) bool {
	return a.ClientType == Confidential && !slices.ContainsFunc(a.ClientSecrets, func(s ClientSecret) bool { return s.Live(now) })
}

// Live reports whether the secret counts at the time now.
func (s *ClientSecret) Live(now time.Time) bool { return s.Expires == nil || now.Before(*s.Expires) }

// SetGrantTypes derives GrantTypes from AuthorizationGrantType and what was asked beside it, in a fixed order.
func (a *Application) SetGrantTypes(asked Words) {
	own := grantTypeOf[a.AuthorizationGrantType]
	all := Words{GrantAuthorizationCode, GrantPassword, GrantDeviceCode, GrantClientCredentials, GrantRefreshToken}
	a.GrantTypes = slices.DeleteFunc(all, func(word string) bool {
		refresh := word == GrantRefreshToken && own != GrantClientCredentials
		return word != own && !refresh && !asked.Has(word)
	})
}

// ApplicationRules are the switches that validation of an application depends on.
type ApplicationRules struct {
	AllowHTTPRedirectURIs bool // plain http to other hosts than loopback, on the gateway
	AllowCustomSchemes    bool // private-use redirect schemes, gateway only (RFC 8252 §7.1)
}

// Validate checks the application's own fields for its platform (contract §1.2); who may set them is the policy's to say, and
// uniqueness the store's. It returns nil or Invalid.
func (a *Application) Validate(rules ApplicationRules) error {
	var invalid Invalid
	invalid.required("name", a.Name, 255)
	invalid.text("description", a.Description, MostDescription)
	invalid.text("post_logout_redirect_uris", a.PostLogoutRedirectURIs.String(), MostURIs)
	invalid.within("resource_uris", a.ResourceURIs.String(), MostURIs)
	for _, uri := range a.ResourceURIs {
		if problem := CheckResource(uri); problem != "" {
			invalid.Add("resource_uris", problem)
		}
	}
	if a.ClientType != Confidential && a.ClientType != Public {
		invalid.choice("client_type", string(a.ClientType))
	}
	a.validateGrantTypes(&invalid)
	a.validateRedirectURIs(&invalid, rules)
	if !slices.Contains([]string{"", "RS256", "HS256"}, a.Algorithm) {
		invalid.choice("algorithm", a.Algorithm)
	}
	return invalid.Err()
}

func (a *Application) validateGrantTypes(invalid *Invalid) {
	own, known := grantTypeOf[a.AuthorizationGrantType]
	gatewayOnly := own == GrantClientCredentials || own == GrantDeviceCode
	if !known || gatewayOnly && a.Platform == Controller {
		invalid.choice("authorization_grant_type", a.AuthorizationGrantType)
		return
	}
	if a.Allows(GrantClientCredentials) && a.ClientType == Public {
		invalid.Add("grant_types", "Client credentials are for confidential clients only.")
	}
}

func (a *Application) validateRedirectURIs(invalid *Invalid, rules ApplicationRules) {
	field := "redirect_uris"
	if a.Platform == Controller {
		field = NonField
	}
	invalid.within(field, a.RedirectURIs.String(), MostURIs)
	if len(a.RedirectURIs) == 0 && a.Allows(GrantAuthorizationCode) {
		invalid.Add(field, "redirect_uris cannot be empty with grant_type authorization-code")
	}
	for _, message := range a.RedirectProblems(rules) {
		if message != "" {
			invalid.Add(field, message)
		}
	}
}

// RedirectProblems says of each redirect URI what is wrong with it on the application's platform, "" for nothing.
func (a *Application) RedirectProblems(rules ApplicationRules) []string {
	rules.AllowHTTPRedirectURIs = rules.AllowHTTPRedirectURIs || a.Platform == Controller
	rules.AllowCustomSchemes = a.Platform == Gateway
	problems := make([]string, len(a.RedirectURIs))
	for n, uri := range a.RedirectURIs {
		problems[n] = CheckRedirectURI(uri, rules)
	}
	return problems
}

// choice is the message for a word that is none of the allowed ones.
func (i *Invalid) choice(field, value string) {
	i.Add(field, `"`+value+`" is not a valid choice.`)
}
