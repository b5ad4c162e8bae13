package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

const onlyAdministratorsCreateUsers = "Users are created by system administrators and by the administrators of an organization."

var userListing = listing{
	path: "/users",
	filters: map[string][]string{"type": {"superuser", "auditor", "normal"}, "active": {"true", "false"},
		"organization": nil},
	orders: []string{"username", "email", "last_name", "last_login", "created"},
	order:  store.Order{Field: "username"},
}

func (w *Console) listUsers(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	list, query, organization := w.usersAsked(c)
	data := templates.UsersPage{MayCreate: w.mayCreateUser(actor), Reason: onlyAdministratorsCreateUsers}
	var users store.Page[models.User]
	var err error
	if organization == 0 {
		users, err = w.server.Users(ctx, actor, face, query)
	} else {
		users, err = w.server.Members(ctx, actor, face, organization, "", query)
	}
	if err != nil || counted(c, &list, users.Count) {
		return err
	}
	if organization != 0 {
		named, err := w.server.Organization(ctx, actor, face, organization)
		if err != nil {
			return err
		}
		data.Organization = templates.Link{ID: named.ID, Name: named.Name}
	}
	data.Page, data.List = w.page(c, "users"), list
	for n := range users.Rows {
		data.Rows = append(data.Rows, w.changeableUserRow(actor, &users.Rows[n]))
	}
	return w.render(c, http.StatusOK, "users", data)
}

// usersAsked is what the address of the list asks for, and the organization that it names; 0 for none.
func (w *Console) usersAsked(c *gin.Context) (templates.List, store.Query, int64) {
	list, query := w.listed(c, userListing)
	organization := idFilter(&list, "organization")
	query.Filters = userFilters(list)
	return list, query, organization
}

func userFilters(list templates.List) []store.Filter {
	var filters []store.Filter
	switch list.Value("type") {
	case "superuser":
		filters = append(filters, equal("is_superuser", "true"))
	case "auditor":
		filters = append(filters, equal("is_superuser", "false"), equal("is_platform_auditor", "true"))
	case "normal":
		filters = append(filters, equal("is_superuser", "false"), equal("is_platform_auditor", "false"))
	}
	if active := list.Value("active"); active != "" {
		filters = append(filters, equal("is_active", active))
	}
	return filters
}

func (w *Console) mayCreateUser(actor server.Actor) bool {
	return w.server.Policy().User(actor.Actor, models.ActionCreate, &models.User{}, face) == nil
}

func userRow(u *models.User) templates.User {
	row := templates.User{ID: u.ID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		IsSuperuser: u.IsSuperuser, IsPlatformAuditor: u.IsPlatformAuditor, IsActive: u.IsActive, Created: u.Created, Modified: u.Modified}
	if u.External() {
		row.External = or(u.ExternalSource, u.ExternalAccount)
	}
	if u.LastLogin != nil {
		row.LastLogin = *u.LastLogin
	}
	return row
}

// changeableUserRow says also what the actor may do to the user.
func (w *Console) changeableUserRow(actor server.Actor, u *models.User) templates.User {
	row, change := userRow(u), w.mayChange(actor, u).rename && u.ID != actor.ID()
	row.MayDelete = w.server.Policy().User(actor.Actor, models.ActionDelete, u, face) == nil
	row.MayDisable, row.MayEnable = change && u.IsActive, change && !u.IsActive
	return row
}

func (w *Console) showUser(c *gin.Context) error {
	user, err := w.userOf(c)
	if err != nil {
		return err
	}
	return w.renderUser(c, http.StatusOK, user, userForm(user), nil, nil)
}

// userOf loads the user that the address names.
func (w *Console) userOf(c *gin.Context) (*models.User, error) {
	id, err := idOf(c)
	if err != nil {
		return nil, err
	}
	return w.server.User(c.Request.Context(), actorOf(c), face, id)
}

func userForm(u *models.User) templates.UserForm {
	return templates.UserForm{Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		IsSuperuser: u.IsSuperuser, IsPlatformAuditor: u.IsPlatformAuditor, IsActive: u.IsActive}
}

func (w *Console) renderUser(c *gin.Context, status int, user *models.User, form templates.UserForm, problems, passwordProblems templates.Errors) error {
	actor, ctx := actorOf(c), c.Request.Context()
	tokens, err := w.server.Tokens(ctx, actor, face, store.Query{Filters: []store.Filter{equalID("user", user.ID)},
		Order: []store.Order{{Field: "id", Descending: true}}, Limit: newest})
	if err != nil {
		return err
	}
	personal, err := w.server.Tokens(ctx, actor, face, store.Query{Filters: []store.Filter{equalID("user", user.ID), equal("application", "null")}, Limit: 1})
	if err != nil {
		return err
	}
	may := w.mayChange(actor, user)
	data := templates.UserPage{User: w.changeableUserRow(actor, user), Form: form, Errors: problems, PasswordErrors: passwordProblems,
		Tokens: w.tokenRows(actor, tokens.Rows), TokenCount: tokens.Count, PersonalCount: personal.Count, MayEdit: may.edit, MayRename: may.rename, MayGrant: may.grant,
		MayPassword: may.edit && !user.External(), MayRevoke: w.server.Policy().RevokeTokensOf(actor.Actor, user) == nil}
	data.User.Makers = w.makers(c, user.Stamps)
	if w.server.Policy().ReadActivityOf(actor.Actor, models.ObjectUser, user.ID, face) {
		if data.Activity, err = w.latestAbout(c, models.ObjectUser, user.ID); err != nil {
			return err
		}
	}
	for _, each := range user.Memberships {
		organization, err := w.server.Organization(ctx, actor, face, each.OrganizationID)
		if err != nil {
			continue // one that the viewer does not see
		}
		data.Organizations = append(data.Organizations, templates.Membership{
			Organization: templates.Link{ID: organization.ID, Name: organization.Name}, Role: string(each.Role)})
	}
	data.Page = w.page(c, "users")
	return w.render(c, status, "user", data)
}

// changes are what the actor may change of a user.
type changes struct{ edit, rename, grant bool }

func (w *Console) mayChange(actor server.Actor, user *models.User) changes {
	policy := w.server.Policy()
	renamed, granted := *user, *user
	renamed.Username, renamed.IsActive = user.Username+"-", !user.IsActive
	granted.IsSuperuser, granted.IsPlatformAuditor = !user.IsSuperuser, !user.IsPlatformAuditor
	may := changes{edit: policy.User(actor.Actor, models.ActionUpdate, user, face) == nil}
	may.rename = may.edit && policy.UserChange(actor.Actor, user, &renamed) == nil
	may.grant = may.edit && policy.UserChange(actor.Actor, user, &granted) == nil
	return may
}
