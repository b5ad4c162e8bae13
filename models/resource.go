package models

import (
	"net/url"
	"strings"
	"unicode"
)

// The paths of our own resources below the issuer (RFC 8707): the APIs of the two platforms.
const (
	ResourceGateway    = "/api/gateway/v1/"
	ResourceController = "/api/controller/v2/"
)

// OwnResources are our own APIs, as resources that a token may be for (RFC 8707 §2).
func (p Policy) OwnResources() Words {
	return Words{p.Issuer + ResourceGateway, p.Issuer + ResourceController}
}

// Audience is whom a token is for of which these words are kept: our own APIs where nobody asked for less or others.
func (p Policy) Audience(kept Words) Words {
	if len(kept) == 0 {
		return p.OwnResources()
	}
	return kept
}

// Reach is the audience of a token that is made with another one: what opens less for its bearer opens no more through it. A
// controller application's token does not reach the gateway's API (contract §0, rule 4).
func (p Policy) Reach(t *AccessToken) Words {
	if t.Personal() || t.Platform == Gateway || p.ControllerTokensEverywhere {
		return t.Audience
	}
	reach := Words{p.Issuer + ResourceController}
	for _, resource := range t.Audience {
		if !p.OwnResources().Has(resource) {
			reach = append(reach, resource)
		}
	}
	return reach
}

// ConsentCovers reports whether what was granted covers a request for the scope and resources: neither is more.
func (p Policy) ConsentCovers(granted *Consent, scope Scope, audience Words) bool {
	if !granted.Scope.Covers(scope) {
		return false
	}
	for _, resource := range p.Audience(audience) {
		if !p.Audience(granted.Audience).Has(resource) {
			return false
		}
	}
	return true
}

// CheckResource says what is wrong with a resource identifier, "" when nothing is: an absolute URI without a fragment (RFC 8707 §2).
func CheckResource(text string) string {
	uri, err := url.Parse(text)
	bad := strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsControl(r) || unicode.IsSpace(r) })
	switch {
	case err != nil || bad || uri.Scheme == "" || uri.User != nil || uri.Opaque == "" && uri.Host == "":
		return "Enter an absolute URI."
	case strings.Contains(text, "#"):
		return "A resource must not contain a fragment: " + text
	}
	return ""
}
