package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/templates"
)

// listAuthorized shows what the person consented to.
func (w *Console) listAuthorized(c *gin.Context) error {
	authorized, err := w.authorized(c)
	if err != nil {
		return err
	}
	return w.render(c, http.StatusOK, "authorized", templates.AuthorizedPage{Page: w.page(c, "authorized"), Rows: authorized})
}

// authorized are the applications that the person consented to, each once.
func (w *Console) authorized(c *gin.Context) ([]templates.Authorized, error) {
	consents, err := w.server.Consents(c.Request.Context(), actorOf(c))
	if err != nil {
		return nil, err
	}
	var rows []templates.Authorized
	for n := range consents {
		consent := &consents[n]
		place := slices.IndexFunc(rows, func(row templates.Authorized) bool { return row.ID == consent.ApplicationID })
		if place < 0 {
			place = len(rows)
			rows = append(rows, authorizedRow(consent))
		}
		row := &rows[place]
		row.Hosts = addOnce(row.Hosts, placeOf(consent))
		row.Scope = joined(row.Scope, consent.Scope)
		if consent.Created.Before(row.Since) {
			row.Since = consent.Created
		}
	}
	return rows, nil
}

// placeOf is where the application waits: what the browser is sent to, or a device whose code the person entered.
func placeOf(consent *models.Consent) string {
	if consent.RedirectURI == "" {
		return "a device"
	}
	return hostOf(consent.RedirectURI)
}

func authorizedRow(consent *models.Consent) templates.Authorized {
	row := templates.Authorized{ID: consent.ApplicationID, Since: consent.Created}
	if application := consent.Application; application != nil {
		row.Name, row.Platform = application.Name, string(application.Platform)
		if application.Organization != nil {
			row.Organization = application.Organization.Name
		}
	}
	return row
}

// joined is what two scopes permit together, as words.
func joined(scope string, more models.Scope) string {
	words := strings.Fields(scope)
	for _, word := range more.Words() {
		words = addOnce(words, word)
	}
	return strings.Join(words, " ")
}

func addOnce(words []string, word string) []string {
	if slices.Contains(words, word) {
		return words
	}
	return append(words, word)
}
