package caller

import (
	"net/http"
	"slices"

	"gatehouse/models"
)

// Forwarded is what a reverse proxy says about a request that it holds: the credentials that came with it, and whether it may change
// something.
type Forwarded struct {
	Bearer models.Secret // empty when no token counts
	Sent   bool          // a bearer token was presented, or so many credentials that none of them counts
	Write  bool
}

// Forwarded reads a request to the endpoint of forward authentication. A bearer token alone counts: cookies and Basic are for our own
// pages and APIs. Of several Authorization headers the program behind the proxy may take another one than we would, so none counts.
func (c *Callers) Forwarded(r *http.Request) Forwarded {
	value, sent := credentials(r, "Bearer")
	if len(r.Header.Values("Authorization")) > 1 {
		value, sent = "", true
	}
	return Forwarded{Bearer: models.SecretOf(value), Sent: sent, Write: !c.forwardsRead(r)}
}

// forwardsRead reports whether the proxy holds a request that only reads (RFC 9110 §9.2.1). The proxy has to say so: it asks with a GET for
// whatever it holds, or with the method that it holds, which then is one that reads too. A method that is missing, comes twice,
// contradicts another, or comes from somebody else than a trusted proxy counts as one that writes.
func (c *Callers) forwardsRead(r *http.Request) bool {
	method := ""
	for _, name := range []string{"X-Forwarded-Method", "X-Original-Method"} {
		values := r.Header.Values(name)
		if len(values) == 0 {
			continue
		}
		if len(values) > 1 || method != "" && method != values[0] || values[0] == "" {
			return false
		}
		method = values[0]
	}
	return reads(method) && reads(r.Method) && c.FromProxy(r)
}

func reads(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}
