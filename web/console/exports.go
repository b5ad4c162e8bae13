package console

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
)

// exports are the lists that can be had as a file, with what their pages show of each row. None holds a secret or a digest.
func (w *Console) exports() []export {
	return []export{
		{"tokens", []string{"id", "description", "hint", "kind", "application_id", "application", "owner_id", "owner", "platform", "scope", "state",
			"created", "last_used", "expires"}, w.exportTokens},
		{"applications", []string{"id", "name", "description", "organization_id", "organization", "platform", "client_id", "client_type",
			"authorization_grant_type", "redirect_uris", "skip_authorization", "owner_id", "owner", "tokens", "created", "modified"}, w.exportApplications},
		{"users", []string{"id", "username", "first_name", "last_name", "email", "type", "active", "signs_in_with", "last_login", "created", "modified"},
			w.exportUsers},
		{"organizations", []string{"id", "name", "description", "members", "administrators", "applications", "created", "modified"},
			w.exportOrganizations},
		{"sessions", []string{"id", "owner_id", "owner", "device", "agent", "address", "created", "last_seen", "current"}, w.exportSessions},
		{"authorized", []string{"application_id", "application", "organization", "platform", "scope", "sends_you_to", "since"}, w.exportAuthorized},
		{"activity", []string{"id", "created", "initiated_by_id", "initiated_by", "event", "note", "operation", "type", "object_id", "object", "origin",
			"address", "changes"}, w.exportActivity},
	}
}

func (w *Console) exportTokens(c *gin.Context, row func(...any) error) error {
	_, query, _, err := w.tokensAsked(c)
	if err != nil {
		return err
	}
	return w.server.WalkTokens(c.Request.Context(), actorOf(c), face, query, func(tokens []models.AccessToken) error {
		for n := range tokens {
			t := &tokens[n]
			kind, application, owner := "personal", "", ""
			if !t.Personal() {
				kind = "application"
			}
			if t.Application != nil {
				application = t.Application.Name
			}
			if t.User != nil {
				owner = t.User.Username
			}
			if err := row(t.ID, t.Description, t.Hint, kind, t.ApplicationID, application, t.UserID, owner, string(t.Platform), string(t.Scope),
				stateOf(t, w.server.Now()), t.Created, orZero(t.LastUsed), t.Expires); err != nil {
				return err
			}
		}
		return nil
	})
}

func orZero(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func (w *Console) exportApplications(c *gin.Context, row func(...any) error) error {
	_, query, _ := w.applicationsAsked(c)
	return w.server.WalkApplications(c.Request.Context(), actorOf(c), face, query, func(applications []models.Application) error {
		rows, err := w.applicationRows(c, applications)
		if err != nil {
			return err
		}
		for n, a := range rows {
			from := &applications[n]
			if err := row(a.ID, a.Name, a.Description, from.OrganizationID, a.Organization.Name, a.Platform, a.ClientID, a.ClientType, a.GrantType,
				from.RedirectURIs.String(), a.SkipAuthorization, from.UserID, a.Owner.Name, a.TokenCount, a.Created, a.Modified); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Console) exportUsers(c *gin.Context, row func(...any) error) error {
	_, query, organization := w.usersAsked(c)
	return w.server.WalkUsers(c.Request.Context(), actorOf(c), face, organization, query, func(users []models.User) error {
		for n := range users {
			u := userRow(&users[n])
			if err := row(u.ID, u.Username, u.FirstName, u.LastName, u.Email, u.Type(), u.IsActive, u.External, u.LastLogin, u.Created, u.Modified); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Console) exportOrganizations(c *gin.Context, row func(...any) error) error {
	_, query := w.listed(c, organizationListing)
	return w.server.WalkOrganizations(c.Request.Context(), actorOf(c), face, query, func(organizations []models.Organization) error {
		rows, err := w.organizationRows(c, organizations)
		if err != nil {
			return err
		}
		for _, o := range rows {
			if err := row(o.ID, o.Name, o.Description, o.UserCount, o.AdminCount, o.ApplicationCount, o.Created, o.Modified); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Console) exportSessions(c *gin.Context, row func(...any) error) error {
	_, query := w.sessionsAsked(c)
	return w.server.WalkSessions(c.Request.Context(), actorOf(c), face, query, func(sessions []models.Session) error {
		for n := range sessions {
			s := sessionRow(actorOf(c), &sessions[n])
			if err := row(s.ID, sessions[n].UserID, s.Owner.Name, s.Device, s.Agent, s.Address, s.Created, s.LastSeen, s.Current); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Console) exportAuthorized(c *gin.Context, row func(...any) error) error {
	rows, err := w.authorized(c)
	for _, a := range rows {
		if err := row(a.ID, a.Name, a.Organization, a.Platform, a.Scope, strings.Join(a.Hosts, " "), a.Since); err != nil {
			return err
		}
	}
	return err
}

func (w *Console) exportActivity(c *gin.Context, row func(...any) error) error {
	_, query, _ := w.activityAsked(c)
	return w.server.WalkActivity(c.Request.Context(), actorOf(c), face, query, func(entries []models.Activity) error {
		known, err := w.knownOf(c, entries...)
		if err != nil {
			return err
		}
		for n := range entries {
			e := &entries[n]
			shown := entryRow(e, known)
			if err := row(e.ID, e.Created, e.ActorID, shown.By.Text, shown.Title(), e.Note, string(e.Operation), string(e.ObjectType), e.ObjectID,
				e.ObjectName, e.Origin, e.Address, e.Changes); err != nil {
				return err
			}
		}
		return nil
	})
}
