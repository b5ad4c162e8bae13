package console

import (
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

// deeds are all of them.
func (w *Console) deeds() []deed {
	return []deed{
		{list: "tokens", verb: "delete", title: "Delete", noun: "token", past: "Deleted", back: "/tokens", flash: "token-deleted", flashes: "tokens-deleted",
			stops: []string{"Programs that use a deleted token are refused from then on."}, weigh: w.weighToken,
			do: func(c *gin.Context, id int64) error {
				return w.server.DeleteToken(c.Request.Context(), actorOf(c), face, id)
			}},
		{list: "applications", verb: "delete", title: "Delete", noun: "application", past: "Deleted", back: "/applications", flash: "application-deleted",
			flashes: "applications-deleted",
			stops:   []string{"Programs that sign in with a deleted client ID are refused from then on."}, weigh: w.weighApplication,
			do: func(c *gin.Context, id int64) error {
				return w.server.DeleteApplication(c.Request.Context(), actorOf(c), face, id)
			}},
		{list: "users", verb: "delete", title: "Delete", noun: "user", past: "Deleted", back: "/users", flash: "user-deleted", flashes: "users-deleted",
			stops: []string{"Programs that use a token of a deleted user are refused from then on."}, weigh: w.weighDeletedUser,
			do: func(c *gin.Context, id int64) error {
				return w.server.DeleteUser(c.Request.Context(), actorOf(c), face, id)
			}},
		{list: "users", verb: "disable", title: "Disable", noun: "user", past: "Disabled", undo: "A disabled user can be enabled again.", flash: "user-disabled",
			flashes: "users-disabled",
			stops:   []string{"A disabled user cannot sign in, and is refused wherever they are signed in.", "Programs that use a token of a disabled user are refused until the user is active again."},
			weigh:   func(c *gin.Context, id int64) (templates.Chosen, error) { return w.weighActiveUser(c, id, false) },
			do:      func(c *gin.Context, id int64) error { return w.setActive(c, id, false) }},
		{list: "users", verb: "enable", title: "Enable", noun: "user", past: "Enabled", undo: "An active user can be disabled again.", flash: "user-enabled", alone: true, mild: true,
			weigh: func(c *gin.Context, id int64) (templates.Chosen, error) { return w.weighActiveUser(c, id, true) },
			do:    func(c *gin.Context, id int64) error { return w.setActive(c, id, true) }},
		{list: "organizations", verb: "delete", title: "Delete", noun: "organization", past: "Deleted", back: "/organizations", flash: "organization-deleted",
			flashes: "organizations-deleted",
			stops:   []string{"Programs that use a token of its applications are refused from then on.", "The users stay."}, weigh: w.weighOrganization,
			do: func(c *gin.Context, id int64) error {
				return w.server.DeleteOrganization(c.Request.Context(), actorOf(c), face, id)
			}},
		{list: "sessions", verb: "end", title: "Sign out", noun: "session", past: "Signed out", flashes: "sessions-ended", several: true,
			stops: []string{"Whoever uses such a session has to sign in again. Tokens go on working."}, weigh: w.weighSession,
			do: func(c *gin.Context, id int64) error { return w.server.EndSession(c.Request.Context(), actorOf(c), id) }},
		{list: "authorized", verb: "withdraw", title: "Withdraw", noun: "consent", past: "Withdrawn", back: "/authorized", flash: "withdrawn", flashes: "consents-withdrawn",
			stops: []string{"All tokens that the application holds for you end at once. Personal tokens that were made with them stay: look at your tokens.",
				"It has to ask you again before it can act for you."}, weigh: w.weighConsent,
			do: func(c *gin.Context, id int64) error {
				return w.server.WithdrawConsent(c.Request.Context(), actorOf(c), id)
			}},
	}
}

func (w *Console) weighToken(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	token, err := w.server.Token(c.Request.Context(), actorOf(c), face, id)
	if err != nil {
		return chosen, err
	}
	row := w.tokenRow(actorOf(c), token)
	chosen.Name = row.Name()
	if row.Owner.Name != "" {
		chosen.Notes = append(chosen.Notes, "It acts as "+row.Owner.Name+".")
	}
	if refreshable(token, w.server.Now()) {
		chosen.Notes = append(chosen.Notes, "Its refresh token stays: the application "+row.Application.Name+
			" can get another token with it. Delete the application to end that too.")
	}
	return chosen, w.server.Policy().Token(actorOf(c).Actor, models.ActionDelete, token, face)
}

func (w *Console) weighApplication(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	application, err := w.server.Application(c.Request.Context(), actorOf(c), face, id)
	if err != nil {
		return chosen, err
	}
	chosen.Name = application.Name
	if err := w.server.Policy().Application(actorOf(c).Actor, models.ActionDelete, application, face); err != nil {
		return chosen, err
	}
	tokens, err := w.server.ApplicationTokens(c.Request.Context(), []int64{id})
	chosen.Notes = []string{dying(tokens[id].Count)}
	return chosen, err
}

// dying says how many tokens go along with what is deleted.
func dying(tokens int64) string {
	switch tokens {
	case 0:
		return "No token dies with it."
	case 1:
		return "1 token dies with it, at once."
	default:
		return fmt.Sprintf("%d tokens die with it, at once.", tokens)
	}
}

func (w *Console) weighDeletedUser(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	user, err := w.server.User(c.Request.Context(), actorOf(c), face, id)
	if err != nil {
		return chosen, err
	}
	chosen.Name = user.Username
	lost, err := w.server.UserDependents(c.Request.Context(), actorOf(c), face, id)
	chosen.Notes = []string{user.Username + " cannot sign in any more.", dying(lost.Tokens)}
	if lost.Applications > 0 {
		chosen.Notes = append(chosen.Notes, fmt.Sprintf("%d applications that the user owns are deleted as well.", lost.Applications))
	}
	return chosen, err
}

// weighActiveUser is about a user who is to be active, or not any more. Whether the actor may change that is asked as for any other change.
func (w *Console) weighActiveUser(c *gin.Context, id int64, active bool) (chosen templates.Chosen, err error) {
	actor, ctx, policy := actorOf(c), c.Request.Context(), w.server.Policy()
	user, err := w.server.User(ctx, actor, face, id)
	if err != nil {
		return chosen, err
	}
	chosen.Name = user.Username
	changed := *user
	changed.IsActive = !user.IsActive
	if err = policy.User(actor.Actor, models.ActionUpdate, user, face); err == nil {
		err = policy.UserChange(actor.Actor, user, &changed)
	}
	if err != nil {
		return chosen, err
	}
	tokens, err := w.server.UserTokens(ctx, actor, face, id)
	switch {
	case user.IsActive == active && active:
		chosen.Notes = []string{user.Username + " is active already."}
	case user.IsActive == active:
		chosen.Notes = []string{user.Username + " is disabled already."}
	case active:
		chosen.Notes = []string{user.Username + " can sign in again.", amountOf(tokens, "token works", "tokens work") + " again, as far as they have not expired."}
	case user.ID == actor.ID():
		chosen.Notes = []string{"This is you: you cannot sign in any more, and cannot enable yourself again."}
		fallthrough
	default:
		chosen.Notes = append(chosen.Notes, amountOf(tokens, "token stops", "tokens stop")+" working, at once.")
	}
	return chosen, err
}

func (w *Console) setActive(c *gin.Context, id int64, active bool) error {
	_, err := w.server.UpdateUser(c.Request.Context(), actorOf(c), face, id, server.UserInput{IsActive: &active})
	return err
}

func (w *Console) weighOrganization(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	organization, err := w.server.Organization(c.Request.Context(), actorOf(c), face, id)
	if err != nil {
		return chosen, err
	}
	chosen.Name = organization.Name
	lost, err := w.server.OrganizationDependents(c.Request.Context(), actorOf(c), face, id)
	chosen.Notes = []string{applicationsDying(lost.Applications), dying(lost.Tokens)}
	return chosen, err
}

func applicationsDying(applications int64) string {
	switch applications {
	case 0:
		return "It has no applications."
	case 1:
		return "Its 1 application is deleted as well."
	default:
		return fmt.Sprintf("Its %d applications are deleted as well.", applications)
	}
}

func (w *Console) weighSession(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	session, err := w.server.Session(c.Request.Context(), actorOf(c), id)
	if err != nil {
		return chosen, err
	}
	row := sessionRow(actorOf(c), session)
	chosen.Name = row.Device
	chosen.Notes = []string{"Signed in as " + row.Owner.Name + ", from " + or(row.Address, "an unknown address") + "."}
	if row.Current {
		chosen.Notes = append(chosen.Notes, "This is the session that you use now: you have to sign in again yourself.")
	}
	return chosen, nil
}

func (w *Console) weighConsent(c *gin.Context, id int64) (chosen templates.Chosen, err error) {
	rows, err := w.authorized(c)
	if err != nil {
		return chosen, err
	}
	place := slices.IndexFunc(rows, func(row templates.Authorized) bool { return row.ID == id })
	if place < 0 {
		return chosen, store.ErrNotFound
	}
	return templates.Chosen{Name: rows[place].Name}, nil
}

// amountOf writes a number with what it is of.
func amountOf(n int64, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
