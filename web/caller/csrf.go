package caller

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// csrfCookie is readable by scripts and clients: they send it back as X-CSRFToken.
const csrfCookie = "csrftoken"

// sessionToken is the CSRF token of a session: derived from its id, so it needs no storage and dies with it.
func sessionToken(id models.Secret) string {
	return models.SecretOf("csrf:" + id.Reveal()).Digest().String()
}

// CSRFToken is what the caller has to send along with a request that changes something, by header or hidden field. A session has a
// token of its own; anybody else gets a random one in a cookie. The cookie is set on the answer where the browser's differs.
func (c *Callers) CSRFToken(w http.ResponseWriter, r *http.Request) string {
	sent, token := csrfSent(r), ""
	switch {
	case server.ActorFrom(r.Context()).Session != nil:
		token = sessionToken(c.sessionID(r))
	case sent != "":
		token = sent
	default:
		token = models.RandomText(models.TokenLength)
	}
	if sent != token {
		c.setCookie(w, csrfCookie, token, false)
	}
	return token
}

// CheckCSRF reports whether the token that came with a request, by header or hidden field, is the caller's.
func (c *Callers) CheckCSRF(r *http.Request, presented string) bool {
	token := csrfSent(r)
	if server.ActorFrom(r.Context()).Session != nil {
		token = sessionToken(c.sessionID(r))
	}
	return token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(presented)) == 1
}

func csrfSent(r *http.Request) string {
	cookie, err := r.Cookie(csrfCookie)
	if err != nil || !wellFormed(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// SameOrigin reports whether a browser says, by Sec-Fetch-Site or Origin, that the request comes from one of our own pages. Clients
// that are no browsers send neither header and pass.
func (c *Callers) SameOrigin(r *http.Request) bool { return c.origins.Check(r) == nil }

// RefererFits reports whether the request names one of our own pages as its Referer, which sessions over https have to
// (contract §2.1). Over plain http anybody on the way could write one, so it does not count there.
func (c *Callers) RefererFits(r *http.Request) bool {
	if !c.secure {
		return true
	}
	referer, err := url.Parse(r.Referer())
	return err == nil && strings.EqualFold(referer.Scheme+"://"+referer.Host, c.server.Issuer())
}

// longestPath bounds what a form carries along to where its sender was going.
const longestPath = 8 << 10

// SafePath is a path of this server to go to after signing in or out: next if it is one, otherwise the path given instead. What a
// browser may take for another host ("//host", "/\host") is none.
func SafePath(next, instead string) string {
	address, err := url.Parse(next)
	if err != nil || address.Scheme != "" || address.Host != "" || !strings.HasPrefix(next, "/") {
		return instead
	}
	if len(next) > longestPath || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t\x00") {
		return instead
	}
	return next
}
