package console

import (
	"bytes"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

// page fills what all pages share. active is the entry of the navigation that the page belongs to, "" for none. It asks nobody, so
// that an error page can always be shown.
func (w *Console) page(c *gin.Context, active string) templates.Page {
	p := templates.Page{Now: w.server.Now(), Issuer: w.server.Issuer(), RequestID: c.Writer.Header().Get("X-Request-ID"),
		CSRFToken: w.callers.CSRFToken(c.Writer, c.Request), Flashes: w.takeFlash(c)}
	if theme, err := c.Request.Cookie("theme"); err == nil {
		p.Theme = theme.Value
	}
	if actor := actorOf(c); actor.User != nil {
		p.Viewer = templates.Viewer{ID: actor.User.ID, Username: actor.User.Username, IsSuperuser: actor.User.IsSuperuser,
			IsPlatformAuditor: actor.User.IsPlatformAuditor,
			Passwordless:      !actor.User.Password.Usable()}
		p.Nav = navigation(w.server.Policy(), actor, active)
	}
	return p
}

// navigation shows the lists of things that one administers or audits; others reach what concerns them from their own page.
func navigation(policy models.Policy, actor server.Actor, active string) templates.Nav {
	administers := actor.ReadsAll() || len(actor.User.Organizations(models.RoleAdmin)) > 0
	return templates.Nav{Active: active, Applications: administers, Users: administers, Organizations: administers,
		Maintenance: policy.Maintain(actor.Actor) == nil, Policy: policy.ReadTokenPolicy(actor.Actor) == nil}
}

// makers names those who made and changed a thing whom the viewer may see.
func (w *Console) makers(c *gin.Context, stamps models.Stamps) templates.Makers {
	name := func(id *int64) (link templates.Link) {
		if id == nil {
			return link
		}
		if user, err := w.server.User(c.Request.Context(), actorOf(c), face, *id); err == nil {
			link = templates.Link{ID: user.ID, Name: user.Username}
		}
		return link
	}
	made := templates.Makers{CreatedBy: name(stamps.CreatedBy)}
	if made.ModifiedBy = made.CreatedBy; stamps.ModifiedBy == nil || stamps.CreatedBy == nil || *stamps.ModifiedBy != *stamps.CreatedBy {
		made.ModifiedBy = name(stamps.ModifiedBy)
	}
	return made
}

// render answers with a page. After an error nothing was answered.
func (w *Console) render(c *gin.Context, status int, name string, data any) error {
	var out bytes.Buffer
	if err := w.pages.Render(&out, name, data); err != nil {
		return err
	}
	return w.answer(c, status, out.Bytes())
}
