package templates

import (
	"slices"
	"time"
)

// The words of Application.ClientType and Application.GrantType.
var (
	clientTypes = []Choice{{"confidential", "Confidential"}, {"public", "Public"}}
	grantTypes  = []Choice{
		{"authorization-code", "Authorization code"}, {"client-credentials", "Client credentials"}, {"password", "Password"},
		{"urn:ietf:params:oauth:grant-type:device_code", "Device code"},
	}
)

// Application is one application as pages show it.
type Application struct {
	ID                int64
	Name              string
	Description       string
	Organization      Link // none in rows of old systems
	Owner             Link // none unless its tokens act as one user
	Platform          string
	ClientID          string
	ClientType        string // "confidential" or "public"
	GrantType         string // the platform's word: "authorization-code"
	RedirectURIs      []RedirectURI
	SkipAuthorization bool
	SecretMissing     bool // it cannot authenticate before its secret is rotated
	TokenCount        int64
	Created           time.Time
	Modified          time.Time
	MayDelete         bool
	Makers            // filled on the application's own page
}

// ClientTypeName is the client type in words.
func (a Application) ClientTypeName() string { return name(clientTypes, a.ClientType) }

// GrantTypeName is the grant type in words.
func (a Application) GrantTypeName() string { return name(grantTypes, a.GrantType) }

// Insecure reports whether a redirect of the application is insecure.
func (a Application) Insecure() bool {
	for _, each := range a.RedirectURIs {
		if each.Insecure {
			return true
		}
	}
	return false
}

// RedirectURI is one redirect URI. It is insecure when it sends a code over plain http to another machine.
type RedirectURI struct {
	URI      string
	Insecure bool
}

// ApplicationsPage is filled into "applications". Search covers name and description. The keys of its filters are
// platform and organization (an id). The columns that can be sorted by are name, organization__name, platform, client_type,
// authorization_grant_type, created and modified.
type ApplicationsPage struct {
	Page
	List         List
	Rows         []Application
	Organization Link // the organization that the filter names
	MayCreate    bool
	Reason       string // why the viewer may not create applications
}

// Select reports whether there are rows that the viewer may delete.
func (p ApplicationsPage) Select() bool {
	return slices.ContainsFunc(p.Rows, func(a Application) bool { return a.MayDelete })
}

// Selection is the form of the boxes.
func (p ApplicationsPage) Selection() Selection {
	return p.selection(p.List, SelectionButton{"/applications/delete", "Delete selected applications", "trash"})
}

// ApplicationForm is what the forms for applications send: name, description, organization, client_type,
// authorization_grant_type (on creation only), redirect_uris and skip_authorization ("true" or absent).
type ApplicationForm struct {
	Name              string
	Description       string
	Organization      string // an id
	ClientType        string
	GrantType         string
	RedirectURIs      string // as typed: one a line
	SkipAuthorization bool
}

// ClientTypes are the client types to choose from.
func (ApplicationForm) ClientTypes() []Choice { return clientTypes }

// GrantTypes are the grant types to choose from.
func (ApplicationForm) GrantTypes() []Choice { return grantTypes }

// ApplicationPage is filled into "application". The form posts to /applications/ID, with your_password where a public client becomes
// confidential; /applications/ID/delete leads to
// "confirm".
type ApplicationPage struct {
	Page
	Application   Application
	Form          ApplicationForm
	Errors        Errors
	Organizations []Choice // that the viewer may move it to; the values are ids
	Tokens        []Token  // the newest; Application.TokenCount says how many there are
	MayEdit       bool
	MayDelete     bool
	MayRotate     bool // the viewer may give a confidential client another secret
	MaySkip       bool // may switch skip_authorization on
	Activity      ActivitySection
}

// MayReveal reports whether the form can make a new secret: of a client that is public now.
func (p ApplicationPage) MayReveal() bool { return p.Application.ClientType == "public" }

// Table is the table of the application's tokens.
func (p ApplicationPage) Table() TokenTable {
	return TokenTable{Now: p.Now, Rows: p.Tokens, Caption: "Tokens of this application", Owner: true}
}

// ApplicationNewPage is filled into "application_new". The form posts once and the fields of ApplicationForm to /applications/new.
type ApplicationNewPage struct {
	Page
	Form          ApplicationForm
	Errors        Errors
	Organizations []Choice // in which the viewer may create applications; the values are ids
	MaySkip       bool
	Once          string // the single-use number of this form
}

// ApplicationCreatedPage is filled into "application_created", the answer to a POST that made a client secret, or an application
// without one.
type ApplicationCreatedPage struct {
	Page
	Application Application
	Secret      string // "" for a public client
	Changed     bool   // the application is older than the secret: it became confidential
	Rotated     bool
	Overlap     int64 // seconds that the secret before a rotation works on
}

// Fate says what becomes of the secret before a rotation.
func (p ApplicationCreatedPage) Fate() string { return fate(p.Overlap) }

func name(choices []Choice, value string) string {
	for _, each := range choices {
		if each.Value == value {
			return each.Label
		}
	}
	return value
}
