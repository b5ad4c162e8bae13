package console

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

func (w *Console) newUser(c *gin.Context) error {
	if !w.mayCreateUser(actorOf(c)) {
		return &models.Denied{Outcome: models.Forbidden, Message: onlyAdministratorsCreateUsers}
	}
	return w.renderNewUser(c, http.StatusOK, templates.UserForm{Organization: c.Query("organization")}, nil)
}

func (w *Console) renderNewUser(c *gin.Context, status int, form templates.UserForm, problems templates.Errors) error {
	actor := actorOf(c)
	organizations, err := w.organizationsForPeople(c)
	if err != nil {
		return err
	}
	return w.render(c, status, "user_new", templates.UserNewPage{Page: w.page(c, "users"), Form: form, Errors: problems,
		Organizations: organizations, OrganizationRequired: !actor.Superuser(), MayGrant: w.mayGrant(actor)})
}

// mayGrant reports whether the actor may make a new user an administrator or auditor.
func (w *Console) mayGrant(actor server.Actor) bool {
	return w.server.Policy().UserChange(actor.Actor, &models.User{}, &models.User{IsSuperuser: true, IsPlatformAuditor: true}) == nil
}

// organizationsForPeople are those to which the actor may add a user whom they make.
func (w *Console) organizationsForPeople(c *gin.Context) ([]templates.Choice, error) {
	actor := actorOf(c)
	found, err := w.server.Organizations(c.Request.Context(), actor, face, store.Query{SkipCount: true, Order: []store.Order{{Field: "name"}}})
	if err != nil {
		return nil, err
	}
	id := actor.ID()
	made := &models.User{Stamps: models.Stamps{CreatedBy: &id}}
	var choices []templates.Choice
	for _, each := range found.Rows {
		if w.server.Policy().Membership(actor.Actor, models.ActionCreate, each.ID, made) == nil {
			choices = append(choices, templates.Choice{Value: strconv.FormatInt(each.ID, 10), Label: each.Name})
		}
	}
	return choices, nil
}

// typedUser is what was typed, to be shown again; passwords are not.
func typedUser(c *gin.Context) templates.UserForm {
	return templates.UserForm{Username: typed(c, "username"), FirstName: typed(c, "first_name"), LastName: typed(c, "last_name"),
		Email: typed(c, "email"), IsSuperuser: field(c, "is_superuser") != "", IsPlatformAuditor: field(c, "is_platform_auditor") != "",
		IsActive: field(c, "is_active") != "", Organization: typed(c, "organization")}
}

// userInput is what was typed, as the operations take it. may says which boxes the page showed.
func userInput(c *gin.Context, may changes) server.UserInput {
	return server.UserInput{Username: sent(c, "username"), FirstName: sent(c, "first_name"), LastName: sent(c, "last_name"),
		Email: sent(c, "email"), IsSuperuser: ticked(c, "is_superuser", may.grant),
		IsPlatformAuditor: ticked(c, "is_platform_auditor", may.grant), IsActive: ticked(c, "is_active", may.rename)}
}

func (w *Console) createUser(c *gin.Context) error {
	actor := actorOf(c)
	in := userInput(c, changes{})
	var organization int64
	if id := reference(c, "organization"); id != nil {
		organization = *id
	}
	password, problems := newPassword(c)
	in.Password = &password
	var err error
	if problems == nil && (in.IsSuperuser != nil || in.IsPlatformAuditor != nil) && w.mayGrant(actor) {
		if problems, err = w.confirmOneself(c.Request.Context(), actor, "your_password", field(c, "your_password")); err != nil {
			return err
		}
	}
	var made *models.User
	if problems == nil {
		made, err = w.server.CreateUser(c.Request.Context(), actor, face, in, organization)
		problems = refused(err, nil)
	}
	if problems != nil {
		return w.renderNewUser(c, http.StatusUnprocessableEntity, typedUser(c), problems)
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/users", made.ID), "user-created")
}

// updateUser asks for the actor's own password where it makes somebody an administrator or auditor.
func (w *Console) updateUser(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	user, err := w.userOf(c)
	if err != nil {
		return err
	}
	may := w.mayChange(actor, user)
	in := userInput(c, may)
	var problems templates.Errors
	if may.grant && (*in.IsSuperuser && !user.IsSuperuser || *in.IsPlatformAuditor && !user.IsPlatformAuditor) {
		if problems, err = w.confirmOneself(ctx, actor, "your_password", field(c, "your_password")); err != nil {
			return err
		}
	}
	if problems == nil {
		_, err = w.server.UpdateUser(ctx, actor, face, user.ID, in)
		problems = refused(err, nil)
	}
	if problems != nil {
		form := typedUser(c)
		if in.Username == nil {
			form.Username = user.Username
		}
		return w.renderUser(c, http.StatusUnprocessableEntity, user, form, problems, nil)
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/users", user.ID), "user-saved")
}

// changePassword asks for the actor's own password first.
func (w *Console) changePassword(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	user, err := w.userOf(c)
	if err != nil {
		return err
	}
	if err := w.server.Policy().User(actor.Actor, models.ActionUpdate, user, face); err != nil {
		return err
	}
	password, problems := newPassword(c)
	if problems == nil {
		if problems, err = w.confirmOneself(ctx, actor, "current_password", field(c, "current_password")); err != nil {
			return err
		}
	}
	if problems == nil {
		_, err = w.server.UpdateUser(ctx, actor, face, user.ID, server.UserInput{Password: &password})
		problems = refused(err, nil)
	}
	if problems != nil {
		return w.renderUser(c, http.StatusUnprocessableEntity, user, userForm(user), nil, problems)
	}
	if err != nil {
		return err
	}
	return w.done(c, at("/users", user.ID), "password-changed")
}
