package api

import (
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// passwordMask is what both platforms show for a password, and take for "unchanged".
const passwordMask = "$encrypted$"

func (c *call) listUsers() error {
	l, err := c.userListing()
	if err != nil {
		return err
	}
	page, err := c.server.Users(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	return c.answerUsers(l, page)
}

// userListing: users come by name at the controller, by id at the gateway.
func (c *call) userListing() (*listing, error) {
	l, err := c.listing(typeUser)
	if err == nil && c.name == models.FaceController {
		l.orderUnless("username")
	}
	return l, err
}

func (c *call) answerUsers(l *listing, page store.Page[models.User]) error {
	people, err := peopleOf(c, page.Rows, func(u *models.User) models.Stamps { return u.Stamps })
	if err != nil {
		return err
	}
	return answerList(c, l, page, func(u *models.User) object { return c.userObject(u, people) })
}

// user is the path's user, whom the caller may read.
func (c *call) user() (*models.User, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	return c.server.User(c.ctx(), c.actor, c.name, id)
}

func (c *call) showUser() error {
	user, err := c.user()
	if err != nil {
		return err
	}
	return c.answerUser(user)
}

func (c *call) fullUser(u *models.User) (object, error) {
	people, err := c.people(u.Stamps)
	if err != nil {
		return nil, err
	}
	return c.userObject(u, people), nil
}

func (c *call) answerUser(u *models.User) error {
	shown, err := c.fullUser(u)
	if err != nil {
		return err
	}
	return c.ok(shown)
}

func (c *call) createUser() error {
	if err := c.server.Policy().User(c.actor.Actor, models.ActionCreate, &models.User{}, c.name); err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	return c.registerUser(b, 0)
}

// registerUser makes a user, who becomes a member of the organization unless its id is 0.
func (c *call) registerUser(b *body, organizationID int64) error {
	in := c.userInput(b)
	if value, given := b.values["password"]; !given || value == "" || value == passwordMask {
		b.invalid.Add("password", server.PasswordRequired)
	}
	if err := b.invalid.Err(); err != nil {
		return err
	}
	user, err := c.server.CreateUser(c.ctx(), c.actor, c.name, in, organizationID)
	if err != nil {
		return err
	}
	shown, err := c.fullUser(user)
	if err != nil {
		return err
	}
	return c.created(shown)
}

func (c *call) userInput(b *body) server.UserInput {
	in := server.UserInput{
		Username:          b.required("username"),
		FirstName:         b.name("first_name"),
		LastName:          b.name("last_name"),
		Email:             b.name("email"),
		IsSuperuser:       b.boolean("is_superuser", false),
		IsPlatformAuditor: b.boolean(c.auditor, false),
	}
	if _, given := b.values["is_active"]; given { // no field of the originals: whoever leaves it out means no change
		in.IsActive = b.boolean("is_active", true)
	}
	if _, given := b.values["password"]; given && b.values["password"] != passwordMask {
		in.Password = b.text("password", "")
	}
	return in
}

func (c *call) updateUser() error {
	user, err := c.changeableUser()
	if err != nil {
		return err
	}
	b, err := c.body()
	if err != nil {
		return err
	}
	in := c.userInput(b)
	if err := b.invalid.Err(); err != nil {
		return err
	}
	if user, err = c.server.UpdateUser(c.ctx(), c.actor, c.name, user.ID, in); err != nil {
		return err
	}
	return c.answerUser(user)
}

func (c *call) deleteUser() error {
	id, err := c.userID()
	if err != nil {
		return err
	}
	return c.deleted(c.server.DeleteUser(c.ctx(), c.actor, c.name, id))
}

func (c *call) listUserApplications() error {
	user, err := c.user()
	if err != nil {
		return err
	}
	return c.applicationsWhere(equals("user", user.ID))
}

func (c *call) listUserOrganizations() error {
	user, err := c.user()
	if err != nil {
		return err
	}
	ids := []string{"0"} // no row has this id
	for _, id := range user.Organizations(models.RoleMember, models.RoleAdmin, models.RoleAuditor) {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	return c.organizationsWhere(store.Filter{Field: "id", Lookup: "in", Value: strings.Join(ids, ",")})
}

// me is a list with the caller as its one row: user interfaces read the first.
func (c *call) me() error {
	shown, err := c.fullUser(c.actor.User)
	if err != nil {
		return err
	}
	return c.ok(single(shown))
}
