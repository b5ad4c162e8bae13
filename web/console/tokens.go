package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

// soon is when a token that still works is said to expire soon.
const soon = 7 * 24 * time.Hour

var tokenListing = listing{
	path: "/tokens",
	filters: map[string][]string{"platform": {templates.PlatformGateway, templates.PlatformController},
		"kind":  {"personal", "application"},
		"state": {templates.StateActive, templates.StateExpiring, templates.StateExpired, templates.StateUnused},
		"use":   {templates.UseNever},
		"owner": nil, "application": nil},
	orders: []string{"description", "user__username", "platform", "scope", "created", "last_used", "expires"},
	order:  store.Order{Field: "id", Descending: true},
}

func (w *Console) listTokens(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	list, query, asked, err := w.tokensAsked(c)
	if err != nil {
		return err
	}
	tokens, err := w.server.Tokens(ctx, actor, face, query)
	if err != nil || countedPartly(c, &list, tokens) {
		return err
	}
	data := templates.TokensPage{Idle: asked.idle, Page: w.page(c, "tokens"), List: list, Rows: w.tokenRows(actor, tokens.Rows)}
	seen := w.server.Policy().VisibleTokens(actor.Actor, face)
	data.Everybody = seen.All || len(seen.Organizations) > 0
	if asked.application != 0 {
		if named, err := w.server.Application(ctx, actor, face, asked.application); err == nil {
			data.Application = templates.Link{ID: named.ID, Name: named.Name}
		}
	}
	if refusal := w.mayCreateToken(actor, nil); refusal != nil {
		data.Reason = refusal.Error()
	} else {
		data.MayCreate = true
	}
	return w.render(c, http.StatusOK, "tokens", data)
}

// tokenQuestion is what the page says of a question about tokens.
type tokenQuestion struct {
	application int64 // that it names; 0 for none
	idle        bool  // tokens can have gone unused for too long
}

// tokensAsked is what the address of the list asks for.
func (w *Console) tokensAsked(c *gin.Context) (templates.List, store.Query, tokenQuestion, error) {
	list, query := w.listed(c, tokenListing)
	asked := tokenQuestion{application: idFilter(&list, "application")}
	query.Filters = w.tokenFilters(list, asked.application)
	var err error
	asked.idle, err = w.filterByUse(c, list, &query)
	return list, query, asked, err
}

// tokenFilters says the filters of the address in the store's words.
func (w *Console) tokenFilters(list templates.List, application int64) []store.Filter {
	var filters []store.Filter
	if platform := list.Value("platform"); platform != "" {
		filters = append(filters, equal("platform", platform))
	}
	if kind := list.Value("kind"); kind != "" {
		filters = append(filters, store.Filter{Field: "application", Lookup: "isnull", Value: strconv.FormatBool(kind == "personal")})
	}
	if owner := list.Value("owner"); owner != "" {
		filters = append(filters, equal("user__username", owner))
	}
	if application != 0 {
		filters = append(filters, equalID("application", application))
	}
	now := w.server.Now()
	expires := func(lookup string, at time.Time) store.Filter {
		return store.Filter{Field: "expires", Lookup: lookup, Value: at.Format(time.RFC3339Nano)}
	}
	switch list.Value("state") {
	case templates.StateActive:
		filters = append(filters, expires("gt", now.Add(soon)))
	case templates.StateExpiring:
		filters = append(filters, expires("gt", now), expires("lte", now.Add(soon)))
	case templates.StateExpired:
		filters = append(filters, expires("lte", now))
	case templates.StateUnused:
		filters = append(filters, expires("gt", now))
	}
	return filters
}

// filterByUse keeps personal tokens that have gone unused for too long apart from those that work. It reports whether there can be any.
func (w *Console) filterByUse(c *gin.Context, list templates.List, query *store.Query) (bool, error) {
	policy, _, err := w.server.TokenPolicyInForce(c.Request.Context())
	unused := list.Value("state") == templates.StateUnused
	switch {
	case list.Value("use") == templates.UseNever:
		query.LastUse, query.CountTo = store.LastUse{Never: true}, countedTo
	case policy.Idle == 0 && unused:
		query.Filters = append(query.Filters, equal("id", "0")) // there are none
	case policy.Idle > 0 && (unused || list.Value("state") == templates.StateActive || list.Value("state") == templates.StateExpiring):
		query.LastUse, query.CountTo = store.LastUse{Until: w.after(-policy.Idle), Unused: unused}, countedTo
	}
	return policy.Idle > 0, err
}

// mayCreateToken says why the actor may not create a token, of the application or a personal one for nil.
func (w *Console) mayCreateToken(actor server.Actor, application *models.Application) error {
	id := actor.ID()
	token := &models.AccessToken{UserID: &id, Platform: models.Gateway, Application: application}
	if application != nil {
		token.ApplicationID = &application.ID
	}
	return w.server.Policy().Token(actor.Actor, models.ActionCreate, token, face)
}

func (w *Console) tokenRows(actor server.Actor, tokens []models.AccessToken) []templates.Token {
	var rows []templates.Token
	for n := range tokens {
		rows = append(rows, w.tokenRow(actor, &tokens[n]))
	}
	return rows
}

func (w *Console) tokenRow(actor server.Actor, t *models.AccessToken) templates.Token {
	row := templates.Token{ID: t.ID, Description: t.Description, Hint: t.Hint, Platform: string(t.Platform), Scope: string(t.Scope),
		State: stateOf(t, w.server.Now()), Unused: models.LifetimeWords(t.Unused), Created: t.Created, Modified: t.Modified, Expires: t.Expires,
		MayDelete: w.server.Policy().Token(actor.Actor, models.ActionDelete, t, face) == nil}
	if t.Application != nil {
		row.Application = templates.Link{ID: t.Application.ID, Name: t.Application.Name}
	}
	if t.User != nil {
		row.Owner = templates.Link{ID: t.User.ID, Name: t.User.Username}
	}
	if t.LastUsed != nil {
		row.LastUsed = *t.LastUsed
	}
	return row
}

func stateOf(t *models.AccessToken, now time.Time) string {
	switch {
	case t.Expired(now):
		return templates.StateExpired
	case t.Unused > 0:
		return templates.StateUnused
	case t.Expired(now.Add(soon)):
		return templates.StateExpiring
	default:
		return templates.StateActive
	}
}

func (w *Console) showToken(c *gin.Context) error {
	token, err := w.tokenOf(c)
	if err != nil {
		return err
	}
	form := templates.TokenForm{Description: token.Description, Scope: string(token.Scope)}
	return w.renderToken(c, http.StatusOK, token, form, nil)
}

// tokenOf loads the token that the address names.
func (w *Console) tokenOf(c *gin.Context) (*models.AccessToken, error) {
	id, err := idOf(c)
	if err != nil {
		return nil, err
	}
	return w.server.Token(c.Request.Context(), actorOf(c), face, id)
}

func (w *Console) renderToken(c *gin.Context, status int, token *models.AccessToken, form templates.TokenForm, problems templates.Errors) error {
	actor, policy := actorOf(c), w.server.Policy()
	data := templates.TokenPage{Page: w.page(c, "tokens"), Token: w.tokenRow(actor, token), Form: form, Errors: problems, Once: newForm(),
		MayEdit:    policy.Token(actor.Actor, models.ActionUpdate, token, face) == nil,
		MayRefresh: policy.Token(actor.Actor, models.ActionRefresh, token, face) == nil && refreshable(token, w.server.Now()),
		MayRenew:   policy.Regenerate(actor.Actor, token, face) == nil && !token.Expired(w.server.Now()) && token.Unused == 0}
	data.Token.UsedFrom, data.Token.Makers = token.LastUsedAddress, w.makers(c, token.Stamps)
	var err error
	if data.Activity, err = w.latestAbout(c, models.ObjectAccessToken, token.ID); err != nil {
		return err
	}
	return w.render(c, status, "token", data)
}

// refreshable reports whether there is a refresh token that still works.
func refreshable(t *models.AccessToken, now time.Time) bool {
	refresh := t.RefreshToken
	return refresh != nil && refresh.Revoked == nil && !refresh.Expired(now) && t.Application != nil && t.Application.Allows(models.GrantRefreshToken)
}

func (w *Console) updateToken(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	_, err = w.server.UpdateToken(c.Request.Context(), actorOf(c), face, id,
		server.TokenInput{Description: sent(c, "description"), Scope: sent(c, "scope")})
	if problems := refused(err, nil); problems != nil {
		token, err := w.tokenOf(c)
		if err != nil {
			return err
		}
		form := templates.TokenForm{Description: typed(c, "description"), Scope: typed(c, "scope")}
		return w.renderToken(c, http.StatusUnprocessableEntity, token, form, problems)
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/tokens", id), "token-saved")
}
