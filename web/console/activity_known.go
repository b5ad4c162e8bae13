package console

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

// known are the names of things that are still there and that the actor may see, by kind and id.
type known map[models.ObjectType]map[int64]string

// pagesOfKinds are the lists whose pages show things of a kind.
var pagesOfKinds = map[models.ObjectType]string{models.ObjectAccessToken: "/tokens", models.ObjectApplication: "/applications",
	models.ObjectUser: "/users", models.ObjectOrganization: "/organizations"}

// longestName is how much of a name stands in a sentence, in characters.
const longestName = 80

// part names a thing: as it was called at the time, or as it is called now where that is not told. It is a link where it leads somewhere.
func (k known) part(kind models.ObjectType, id int64, name string) templates.Part {
	now, here := k[kind][id]
	part := templates.Part{Text: or(name, now), Name: true}
	if part.Text == "" {
		part.Text = strconv.FormatInt(id, 10)
	}
	if utf8.RuneCountInString(part.Text) > longestName {
		part.Text = string([]rune(part.Text)[:longestName-1]) + "…"
	}
	if here {
		part.Address = at(pagesOfKinds[kind], id)
	}
	return part
}

// knownOf looks up what the entries name, with one query for each kind.
func (w *Console) knownOf(c *gin.Context, entries ...models.Activity) (known, error) {
	ids := map[models.ObjectType][]int64{}
	note := func(kind models.ObjectType, id int64) {
		if id != 0 && pagesOfKinds[kind] != "" && !slices.Contains(ids[kind], id) {
			ids[kind] = append(ids[kind], id)
		}
	}
	for n := range entries {
		e := &entries[n]
		note(e.ObjectType, e.ObjectID)
		note(e.RelatedType, e.RelatedID)
		if e.ActorID != nil {
			note(models.ObjectUser, *e.ActorID)
		}
		application, _ := applicationIn(e)
		note(models.ObjectApplication, application)
	}
	found := known{}
	for kind, some := range ids {
		names, err := w.namesOf(c, kind, some)
		if err != nil {
			return nil, err
		}
		found[kind] = names
	}
	return found, nil
}

// namesOf are the names of the things with these ids, as far as the actor sees them.
func (w *Console) namesOf(c *gin.Context, kind models.ObjectType, ids []int64) (map[int64]string, error) {
	actor, ctx, names := actorOf(c), c.Request.Context(), map[int64]string{}
	var texts []string
	for _, id := range ids {
		texts = append(texts, strconv.FormatInt(id, 10))
	}
	query := store.Query{Filters: []store.Filter{{Field: "id", Lookup: "in", Value: strings.Join(texts, ",")}}, SkipCount: true}
	switch kind {
	case models.ObjectAccessToken:
		page, err := w.server.Tokens(ctx, actor, face, query)
		return named(names, page.Rows, func(t *models.AccessToken) (int64, string) { return t.ID, t.Description }), err
	case models.ObjectApplication:
		page, err := w.server.Applications(ctx, actor, face, query)
		return named(names, page.Rows, func(a *models.Application) (int64, string) { return a.ID, a.Name }), err
	case models.ObjectUser:
		page, err := w.server.Users(ctx, actor, face, query)
		return named(names, page.Rows, func(u *models.User) (int64, string) { return u.ID, u.Username }), err
	default:
		page, err := w.server.Organizations(ctx, actor, face, query)
		return named(names, page.Rows, func(o *models.Organization) (int64, string) { return o.ID, o.Name }), err
	}
}

func named[T any](names map[int64]string, rows []T, of func(*T) (int64, string)) map[int64]string {
	for n := range rows {
		id, name := of(&rows[n])
		names[id] = name
	}
	return names
}
