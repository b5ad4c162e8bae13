package api

import (
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

const typeActivity = "activity_stream"

// listActivity is the whole stream: newest first at the gateway, in its own order at the controller (contract §2.1).
func (c *call) listActivity() error { return c.activityWhere() }

// activityWhere lists entries that meet further conditions.
func (c *call) activityWhere(conditions ...store.Filter) error {
	l, err := c.listing(typeActivity)
	if err != nil {
		return err
	}
	if c.name == models.FaceController {
		l.orderUnless("id")
	}
	l.Filters = append(l.Filters, conditions...)
	page, err := c.server.Activity(c.ctx(), c.actor, c.name, l.Query)
	if err != nil {
		return err
	}
	told, err := c.told(false, page.Rows...)
	if err != nil {
		return err
	}
	return answerList(c, l, page, func(e *models.Activity) object { return c.entryObject(e, told) })
}

func (c *call) showActivity() error {
	entry, err := c.server.ActivityEntry(c.ctx(), c.actor, c.name, c.id())
	if err != nil {
		return err
	}
	told, err := c.told(true, *entry)
	if err != nil {
		return err
	}
	return c.ok(c.entryObject(entry, told))
}

// The streams of one thing are for who may read it now, and show of its entries those that the caller sees in the whole stream.

func (c *call) listTokenActivity() error {
	token, err := c.server.Token(c.ctx(), c.actor, c.name, c.id())
	if err != nil {
		return err
	}
	return c.activityWhere(equals("o_auth2_access_token", token.ID))
}

func (c *call) listApplicationActivity() error {
	application, err := c.application()
	if err != nil {
		return err
	}
	return c.activityWhere(equals("o_auth2_application", application.ID))
}

func (c *call) listUserActivity() error {
	user, err := c.user()
	if err != nil {
		return err
	}
	return c.activityWhere(equals("user", user.ID))
}

func (c *call) listOrganizationActivity() error {
	organization, err := c.organization()
	if err != nil {
		return err
	}
	return c.activityWhere(equals("organization", organization.ID))
}

// activityLink leads from a thing to its entries.
func (c *call) activityLink(kind models.ObjectType, id int64) member {
	link := c.link(resourceOf[kind], id, "activity_stream")
	if c.name == models.FaceGateway {
		link = c.link(c.stream) + "?content_type=" + strconv.FormatInt(kind.Number(), 10) + "&object_id=" + strconv.FormatInt(id, 10)
	}
	return member{"activity_stream", link}
}

// resourceOf are the resources of what entries tell of. Refresh tokens and sessions have none.
var resourceOf = map[models.ObjectType]string{models.ObjectAccessToken: "tokens", models.ObjectApplication: "applications",
	models.ObjectUser: "users", models.ObjectOrganization: "organizations"}

// thing is something that an entry tells of, and that the caller may read: a link to anything else would lead nowhere.
type thing struct {
	link    string
	summary object
}

type thingID struct {
	kind models.ObjectType
	id   int64
}

// told is what entries are shown with: the things they tell of, and who acted, as far as they are there.
type told struct {
	things map[thingID]thing
	actors map[int64]*models.User
	whole  bool // of one entry all is shown
}

// told loads what the entries tell of, all of a kind in one step. Only of one entry are its changes followed.
func (c *call) told(whole bool, entries ...models.Activity) (*told, error) {
	wanted := map[models.ObjectType][]string{}
	want := func(kind models.ObjectType, id int64) {
		if id > 0 {
			wanted[kind] = append(wanted[kind], strconv.FormatInt(id, 10))
		}
	}
	var actors []int64
	for n := range entries {
		e := &entries[n]
		want(e.ObjectType, e.ObjectID)
		want(e.RelatedType, e.RelatedID)
		if e.ActorID != nil {
			actors = append(actors, *e.ActorID)
		}
		if whole {
			for _, other := range pointedAt(e.Changes) {
				want(other.kind, other.id)
			}
		}
	}
	t := &told{things: map[thingID]thing{}, whole: whole}
	var err error
	if t.actors, err = c.server.UserNames(c.ctx(), actors); err != nil {
		return nil, err
	}
	return t, c.loadThings(t, wanted)
}

func (c *call) loadThings(t *told, wanted map[models.ObjectType][]string) error {
	keep := func(kind models.ObjectType, id int64, summary object) {
		t.things[thingID{kind, id}] = thing{c.link(resourceOf[kind], id), summary}
	}
	for kind, ids := range wanted {
		query := store.Query{Filters: []store.Filter{{Field: "id", Lookup: "in", Value: strings.Join(ids, ",")}}, SkipCount: true}
		var err error
		switch kind {
		case models.ObjectAccessToken:
			err = each(func() (store.Page[models.AccessToken], error) {
				return c.server.Tokens(c.ctx(), c.actor, c.name, query)
			}, func(t *models.AccessToken) {
				keep(kind, t.ID, object{{"id", t.ID}, {"user_id", orNull(t.UserID)}, {"description", t.Description},
					{"application_id", orNull(t.ApplicationID)}, {"scope", t.Scope}})
			})
		case models.ObjectApplication:
			err = each(func() (store.Page[models.Application], error) {
				return c.server.Applications(c.ctx(), c.actor, c.name, query)
			}, func(a *models.Application) {
				keep(kind, a.ID, object{{"id", a.ID}, {"name", a.Name}, {"description", a.Description}})
			})
		case models.ObjectUser:
			err = each(func() (store.Page[models.User], error) { return c.server.Users(c.ctx(), c.actor, c.name, query) },
				func(u *models.User) { keep(kind, u.ID, userSummary(u)) })
		case models.ObjectOrganization:
			err = each(func() (store.Page[models.Organization], error) {
				return c.server.Organizations(c.ctx(), c.actor, c.name, query)
			}, func(o *models.Organization) {
				keep(kind, o.ID, object{{"id", o.ID}, {"name", o.Name}, {"description", o.Description}})
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func each[T any](list func() (store.Page[T], error), do func(*T)) error {
	page, err := list()
	for n := range page.Rows {
		do(&page.Rows[n])
	}
	return err
}
