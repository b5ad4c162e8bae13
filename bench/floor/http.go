package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse/models"
)

// formLimit is the longest body that is read, in bytes.
const formLimit = 64 << 10

func (f *floor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /o/token/", f.serveToken)
	mux.HandleFunc("POST /o/introspect/", f.serveIntrospection)
	mux.HandleFunc("GET "+mount+"tokens/{id}/{$}", f.serveShow)
	mux.HandleFunc("GET /healthz/ready", func(http.ResponseWriter, *http.Request) {})
	return mux
}

// moment is the time as both databases keep it.
func (f *floor) moment() time.Time { return f.now().UTC().Truncate(time.Microsecond) }

func answer(w http.ResponseWriter, status int, body any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

func fail(w http.ResponseWriter, err error) {
	if errors.Is(err, errRefused) {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	log.Print(err)
	refuse(w, http.StatusInternalServerError, "server_error")
}

// authenticated reads the form and finds the client; nil when it has refused.
func (f *floor) authenticated(w http.ResponseWriter, r *http.Request) *client {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return nil
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			refuse(w, http.StatusBadRequest, "invalid_request")
			return nil
		}
	}
	id, secret, _ := r.BasicAuth()
	c := f.clients[id]
	if c == nil || !c.proves(secret, f.now()) {
		w.Header().Set("WWW-Authenticate", `Basic realm="floor"`)
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return nil
	}
	return c
}

// tokenBody is RFC 6749 §5.1.
type tokenBody struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

func (f *floor) serveToken(w http.ResponseWriter, r *http.Request) {
	c := f.authenticated(w, r)
	if c == nil {
		return
	}
	grant := r.PostForm.Get("grant_type")
	if !slices.Contains(c.grants, grant) {
		refuse(w, http.StatusBadRequest, "unauthorized_client")
		return
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	switch {
	case grant == models.GrantClientCredentials && r.PostForm.Get("resource") == "":
		f.serveClientCredentials(w, r, c, address)
	case grant == models.GrantRefreshToken && r.PostForm.Get("scope")+r.PostForm.Get("resource") == "":
		f.serveRefresh(w, r, c, address)
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

func (f *floor) serveClientCredentials(w http.ResponseWriter, r *http.Request, c *client, address string) {
	scope := models.ScopeAll
	if text := r.PostForm.Get("scope"); text != "" {
		var err error
		if scope, err = models.ParseScope(text); err != nil {
			refuse(w, http.StatusBadRequest, "invalid_scope")
			return
		}
	}
	i := &issuance{client: c, access: newValue(), family: models.RandomText(22), scope: string(scope), created: f.moment(), address: address}
	if err := f.db.issue(r.Context(), i); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, tokenBody{AccessToken: i.access.text, ExpiresIn: accessLifetime, TokenType: "Bearer", Scope: i.scope})
}

func (f *floor) serveRefresh(w http.ResponseWriter, r *http.Request, c *client, address string) {
	digest := sha256.Sum256([]byte(r.PostForm.Get("refresh_token")))
	turn := &rotation{client: c, presented: digest[:], access: newValue(), refresh: newValue(), created: f.moment(), address: address}
	if err := f.db.rotate(r.Context(), turn); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, tokenBody{turn.access.text, accessLifetime, "Bearer", turn.scope, turn.refresh.text})
}

// introspection is RFC 7662 §2.2, with the platform and kind of the token.
type introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Username  string   `json:"username,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Expires   int64    `json:"exp,omitempty"`
	Issued    int64    `json:"iat,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Platform  string   `json:"platform,omitempty"`
	Kind      string   `json:"kind,omitempty"`
}

func (f *floor) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	c := f.authenticated(w, r)
	if c == nil {
		return
	}
	digest := sha256.Sum256([]byte(r.PostForm.Get("token")))
	t, err := f.find(r.Context(), digest)
	switch {
	case errors.Is(err, errNone) || err == nil && (!t.valid(f.now()) || !t.seenBy(c)):
		answer(w, http.StatusOK, introspection{})
	case err != nil:
		fail(w, err)
	default:
		answer(w, http.StatusOK, f.describe(t))
	}
}

func (f *floor) find(ctx context.Context, digest [sha256.Size]byte) (*token, error) {
	if f.known != nil {
		return f.known.find(digest)
	}
	t := &token{}
	return t, t.scan(f.db.one(ctx, findAccess, digest[:]))
}

func (f *floor) describe(t *token) introspection {
	a := introspection{Active: true, Scope: t.scope, TokenType: "Bearer", Expires: t.expires.Unix(), Issued: t.created.Unix(), Issuer: f.issuer,
		Audience: strings.Fields(t.audience), Platform: t.platform, Kind: "personal"}
	if len(a.Audience) == 0 {
		a.Audience = []string{f.issuer + models.ResourceGateway, f.issuer + models.ResourceController}
	}
	if t.clientID != nil {
		a.ClientID, a.Subject, a.Kind = *t.clientID, "client:"+*t.clientID, "application"
	}
	if t.username != nil {
		a.Username, a.Subject = *t.username, "user:"+*idText(t.user)
	}
	return a
}
