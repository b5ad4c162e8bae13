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

// The words of the field expiry beside a number of days.
const (
	expiryDefault = "default"
	expiryLongest = "longest"
	expiryDate    = "date"
)

// What is chosen where no default was set: less than the environment allows.
const (
	usualDays   = 90
	usualExpiry = "90"
)

func (w *Console) newToken(c *gin.Context) error {
	if err := w.mayCreateToken(actorOf(c), nil); err != nil {
		return err
	}
	form := templates.TokenForm{Scope: string(models.ScopeRead), Expiry: usualExpiry, Application: c.Query("application")}
	holds, set, err := w.server.TokenPolicyInForce(c.Request.Context())
	switch {
	case err != nil:
		return err
	case set.Default != 0 && holds.Default < holds.Longest:
		form.Expiry = expiryDefault
	case set.Default != 0, holds.Longest < usualDays*models.Day:
		form.Expiry = expiryLongest
	}
	return w.renderNewToken(c, http.StatusOK, form, nil, newForm())
}

func (w *Console) renderNewToken(c *gin.Context, status int, form templates.TokenForm, problems templates.Errors, once string) error {
	applications, err := w.usableApplications(c)
	if err != nil {
		return err
	}
	holds, _, err := w.server.TokenPolicyInForce(c.Request.Context())
	if err != nil {
		return err
	}
	data := templates.TokenNewPage{Page: w.page(c, "tokens"), Form: form, Errors: problems, Applications: applications,
		Longest: w.after(holds.Longest), Last: w.after(holds.Longest), Idle: models.LifetimeWords(holds.Idle), Once: once}
	if holds.Default < holds.Longest {
		data.Default = models.LifetimeWords(holds.Default)
	}
	if ofApplication := w.server.Lifetimes().AccessToken; len(applications) > 0 && ofApplication != holds.Default {
		data.OfApplication, data.Last = models.LifetimeWords(ofApplication), w.after(max(ofApplication, holds.Longest))
	}
	return w.render(c, status, "token_new", data)
}

// after is the time in so many seconds: a time.Duration ends at 292 years.
func (w *Console) after(seconds int64) time.Time {
	now := w.server.Now()
	return time.Unix(now.Unix()+seconds, int64(now.Nanosecond())).UTC()
}

// usableApplications are those for which the actor may create a token here.
func (w *Console) usableApplications(c *gin.Context) ([]templates.Choice, error) {
	actor := actorOf(c)
	found, err := w.server.Applications(c.Request.Context(), actor, face, store.Query{SkipCount: true,
		Filters: []store.Filter{equal("platform", string(models.Gateway))}, Order: []store.Order{{Field: "name"}}})
	if err != nil {
		return nil, err
	}
	var choices []templates.Choice
	for n := range found.Rows {
		application := &found.Rows[n]
		if w.mayCreateToken(actor, application) != nil {
			continue
		}
		label := application.Name
		if application.Organization != nil {
			label += " (" + application.Organization.Name + ")"
		}
		choices = append(choices, templates.Choice{Value: strconv.FormatInt(application.ID, 10), Label: label})
	}
	return choices, nil
}

// createToken answers with the token itself, this once; a form that comes again leads to the token's page.
func (w *Console) createToken(c *gin.Context) error {
	form := templates.TokenForm{Description: typed(c, "description"), Scope: typed(c, "scope"), Application: typed(c, "application"),
		Expiry: typed(c, "expiry"), ExpiresOn: typed(c, "expires_on")}
	in := server.TokenInput{Description: &form.Description, Scope: sent(c, "scope"), Application: reference(c, "application"), Form: formNumber(c)}
	expires, problems, err := w.expiryOf(c, form)
	if err != nil {
		return err
	}
	var issued *server.Issued
	if problems == nil {
		in.Expires = expires
		issued, err = w.server.CreateToken(c.Request.Context(), actorOf(c), face, in)
		if w.repeated(c, "/tokens", err) {
			return nil
		}
		if problems = refused(err, map[string]string{"expires": expiryField(form)}); problems == nil && err != nil {
			return err
		}
	}
	if problems != nil {
		once := in.Form
		if once == "" {
			once = newForm()
		}
		return w.renderNewToken(c, http.StatusUnprocessableEntity, form, problems, once)
	}
	return w.renderIssued(c, issued, templates.TokenCreatedPage{})
}

func expiryField(form templates.TokenForm) string {
	if form.Expiry == expiryDate {
		return "expires_on"
	}
	return "expiry"
}

// expiryOf is the end that was chosen, nil for the default, which is the longest of an application's token. A date is the last day on which
// the token works.
func (w *Console) expiryOf(c *gin.Context, form templates.TokenForm) (*time.Time, templates.Errors, error) {
	switch form.Expiry {
	case "", expiryDefault:
		return nil, nil, nil
	case expiryLongest:
		if form.Application != "" {
			return nil, nil, nil
		}
		holds, _, err := w.server.TokenPolicyInForce(c.Request.Context())
		end := w.after(holds.Longest)
		return &end, nil, err
	case expiryDate:
		day, err := time.ParseInLocation(time.DateOnly, form.ExpiresOn, time.UTC)
		if err != nil {
			return nil, templates.Errors{{Field: "expires_on", Message: "Choose a date."}}, nil
		}
		end := day.AddDate(0, 0, 1)
		return &end, nil, nil
	}
	const most = 400_000 // days, which every calendar still holds
	days := number(form.Expiry, most)
	if days == 0 {
		return nil, templates.Errors{{Field: "expiry", Message: "Choose when the token expires."}}, nil
	}
	end := w.server.Now().AddDate(0, 0, int(days))
	return &end, nil, nil
}

// refreshToken answers with the new pair, this once.
func (w *Console) refreshToken(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	issued, err := w.server.RefreshToken(c.Request.Context(), actorOf(c), face, id, formNumber(c))
	if w.repeated(c, "/tokens", err) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.renderIssued(c, issued, templates.TokenCreatedPage{Refreshed: true})
}

// renderIssued shows what was issued; data says how.
func (w *Console) renderIssued(c *gin.Context, issued *server.Issued, data templates.TokenCreatedPage) error {
	data.Page, data.Token = w.page(c, "tokens"), w.tokenRow(actorOf(c), issued.AccessToken)
	data.Value, data.Refresh = issued.AccessTokenValue.Reveal(), issued.RefreshTokenValue.Reveal()
	return w.render(c, http.StatusOK, "token_created", data)
}
