package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/models"
)

// Lifetimes, in seconds: Gatehouse's defaults.
const (
	accessLifetime  = 31_536_000
	refreshLifetime = 2_628_000
	refreshAbsolute = 31_536_000
)

// client is an application with its live secrets.
type client struct {
	id            int64
	name          string // client_id
	organization  *int64
	user          *int64
	platform      string
	grants        []string
	resources     []string
	introspectAll bool
	secrets       []secret
}

type secret struct {
	digest  []byte
	expires *time.Time
}

func readClients(ctx context.Context, db database) (map[string]*client, error) {
	clients := map[string]*client{}
	err := db.each(ctx, `SELECT a.id, a.client_id, a.organization_id, a.user_id, a.platform, a.grant_types, a.resource_uris, a.introspect_all, s.digest, s.expires
		FROM applications AS a JOIN client_secrets AS s ON s.application_id = a.id WHERE a.client_type = 'confidential' AND s.encoded = ''`,
		func(r row) error {
			var c client
			var s secret
			var grants, resources string
			if err := r.Scan(&c.id, &c.name, &c.organization, &c.user, &c.platform, &grants, &resources, &c.introspectAll, &s.digest, &s.expires); err != nil {
				return err
			}
			c.grants, c.resources = strings.Fields(grants), strings.Fields(resources)
			if clients[c.name] == nil {
				clients[c.name] = &c
			}
			clients[c.name].secrets = append(clients[c.name].secrets, s)
			return nil
		})
	return clients, err
}

// proves reports whether the text is one of the client's secrets.
func (c *client) proves(text string, now time.Time) bool {
	digest, ok := sha256.Sum256([]byte(text)), false
	for _, each := range c.secrets {
		ok = subtle.ConstantTimeCompare(each.digest, digest[:]) == 1 && (each.expires == nil || now.Before(*each.expires)) || ok
	}
	return ok
}

// value is a token that is made, with what is stored of it.
type value struct {
	text   string
	digest []byte
	hint   string
}

func newValue() value {
	text := models.RandomText(models.TokenLength)
	digest := sha256.Sum256([]byte(text))
	return value{text, digest[:], text[:4]}
}

// issuance is an access token of client_credentials to be stored.
type issuance struct {
	client  *client
	access  value
	family  string
	scope   string
	created time.Time
	address string // of the caller
}

func (i *issuance) expires() time.Time { return i.created.Add(accessLifetime * time.Second) }

// rotation is a refresh token to be replaced.
type rotation struct {
	client          *client
	presented       []byte
	access, refresh value
	created         time.Time
	address         string
	scope           string // of the new tokens, filled in
	refused         bool   // filled in
}

// fields are those of an access token that its activity entries tell.
type fields struct {
	Application *string `json:"application"`
	Description string  `json:"description"`
	Expires     string  `json:"expires"`
	Platform    string  `json:"platform"`
	Scope       string  `json:"scope"`
	User        *string `json:"user"`
}

func fieldsOf(application, user *int64, description, scope, platform string, expires time.Time) *fields {
	return &fields{idText(application), description, expires.UTC().Format(time.RFC3339Nano), platform, scope, idText(user)}
}

func idText(id *int64) *string {
	if id == nil {
		return nil
	}
	text := strconv.FormatInt(*id, 10)
	return &text
}

// changes is the text that an activity entry of a new token, or of one that is gone, has.
func changes(added, removed *fields) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // texts can always be written
		Added   *fields `json:"added_fields"`
		Removed *fields `json:"removed_fields"`
		Changed *fields `json:"changed_fields"`
	}{added, removed, nil})
	return strings.TrimSuffix(text.String(), "\n")
}

func (i *issuance) changes() string {
	return changes(fieldsOf(&i.client.id, i.client.user, "", i.scope, i.client.platform, i.expires()), nil)
}

// token is an access token as introspection sees it.
type token struct {
	scope, platform, audience string
	created, expires          time.Time
	application, user         *int64
	clientID, username        *string
	active                    *bool // whether its user is
}

const accessColumns = `SELECT t.scope, t.platform, t.audience, t.created, t.expires, t.application_id, t.user_id, a.client_id, u.username, u.is_active`

const findAccess = accessColumns + ` FROM access_tokens AS t LEFT JOIN applications AS a ON a.id = t.application_id LEFT JOIN users AS u ON u.id = t.user_id
	WHERE t.digest = $1`

const allAccess = accessColumns + `, t.digest FROM access_tokens AS t LEFT JOIN applications AS a ON a.id = t.application_id
	LEFT JOIN users AS u ON u.id = t.user_id`

func (t *token) scan(r row, more ...any) error {
	return r.Scan(append([]any{&t.scope, &t.platform, &t.audience, &t.created, &t.expires, &t.application, &t.user, &t.clientID, &t.username, &t.active}, more...)...)
}

func (t *token) valid(now time.Time) bool {
	return now.Before(t.expires) && (t.active == nil || *t.active)
}

// seenBy reports whether the client may ask about the token.
func (t *token) seenBy(c *client) bool {
	if c.introspectAll || t.application != nil && *t.application == c.id {
		return true
	}
	return slices.ContainsFunc(strings.Fields(t.audience), func(each string) bool { return slices.Contains(c.resources, each) })
}
