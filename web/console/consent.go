package console

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"gatehouse/server"
	"gatehouse/templates"
)

// askConsent is the authorization endpoint (RFC 6749 §3.1): it signs the person in, asks them, and sends them back to the client.
// What goes wrong before the client and its redirect URI are certain is a page; from then on the client is told.
func (w *Console) askConsent(c *gin.Context) error {
	letFormsLeave(c)
	actor, ctx := actorOf(c), c.Request.Context()
	if actor.User == nil {
		c.Redirect(http.StatusFound, signInAddress(c.Request.URL.RequestURI()))
		return nil
	}
	values := c.Request.URL.Query()
	dropOurs(values)
	request, err := w.server.ParseAuthorization(ctx, values)
	if err != nil {
		return w.sendBack(c, err)
	}
	needed, err := w.server.NeedsConsent(ctx, actor, request)
	if err != nil {
		return err
	}
	if request.Silent = !needed; request.Silent {
		return w.authorize(c, request)
	}
	return w.renderConsent(c, request, values)
}

// decideConsent acts on what the person decided. The form carries the whole request, which is checked anew.
func (w *Console) decideConsent(c *gin.Context) error {
	letFormsLeave(c)
	values := maps.Clone(c.Request.PostForm)
	allowed := values.Get("decision") == "authorize" || values.Get("decision") == "" && values.Get("allow") != ""
	dropOurs(values)
	if actorOf(c).User == nil {
		c.Redirect(http.StatusSeeOther, signInAddress(c.Request.URL.Path+"?"+values.Encode()))
		return nil
	}
	request, err := w.server.ParseAuthorization(c.Request.Context(), values)
	if err != nil {
		return w.sendBack(c, err)
	}
	if allowed {
		return w.authorize(c, request)
	}
	return w.leave(c, w.server.Deny(request))
}

// dropOurs removes the fields of our own form: an address that holds one must not decide in the person's place.
func dropOurs(values url.Values) {
	for _, ours := range []string{"csrf_token", "decision", "allow"} {
		values.Del(ours)
	}
}

func (w *Console) authorize(c *gin.Context, request *server.Authorization) error {
	response, err := w.server.Authorize(c.Request.Context(), actorOf(c), request)
	if err != nil {
		return err
	}
	return w.leave(c, response)
}

// sendBack tells the client what is wrong with its request, where that is safe.
func (w *Console) sendBack(c *gin.Context, err error) error {
	var refusal *server.RefusedAuthorization
	if !errors.As(err, &refusal) {
		return err
	}
	return w.leave(c, refusal.Response)
}

// leave sends the browser to the client: by a form that it posts there where the client wants that, else by a redirect, which is 303
// after a form, so that nothing of it is sent along (RFC 9700 §4.12).
func (w *Console) leave(c *gin.Context, response server.AuthorizationResponse) error {
	if response.FormPost {
		return w.render(c, http.StatusOK, "form_post", templates.FormPostPage{Page: w.page(c, ""), Application: response.Application,
			RedirectHost: hostOf(response.RedirectURI), Action: response.RedirectURI, Hidden: hidden(response.Parameters)})
	}
	status := http.StatusFound
	if c.Request.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	c.Header("Location", response.Location()) // not by Redirect: the address is the client's, byte for byte
	c.Status(status)
	return nil
}

func (w *Console) renderConsent(c *gin.Context, request *server.Authorization, values url.Values) error {
	application := request.Application
	data := templates.ConsentPage{Page: w.page(c, ""), Application: application.Name, Description: application.Description,
		Scopes: request.Scope.Words(), RedirectHost: hostOf(request.RedirectURI), Action: c.Request.URL.Path,
		Hidden: hidden(values), Resources: request.Audience, Insecure: slices.Contains(application.InsecureRedirects(), request.RedirectURI)}
	if application.Organization != nil {
		data.Organization = application.Organization.Name
	}
	return w.render(c, http.StatusOK, "consent", data)
}

// hidden carries parameters in a form.
func hidden(values url.Values) []templates.Hidden {
	var fields []templates.Hidden
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			fields = append(fields, templates.Hidden{Name: name, Value: value})
		}
	}
	return fields
}

// hostOf is where a redirect URI leads: a host, or the scheme of a program on the person's own device.
func hostOf(redirectURI string) string {
	address, err := url.Parse(redirectURI)
	if err != nil {
		return redirectURI
	}
	if address.Host != "" {
		return address.Host
	}
	return address.Scheme + ":"
}
