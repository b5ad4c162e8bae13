package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

// countedTo is how far a list is counted of which no count is kept.
const countedTo = 10_000

var activityListing = listing{
	path: "/activity",
	filters: map[string][]string{
		"about": {templates.AboutApplicationsAndTokens, templates.AboutAccessTokens, templates.AboutRefreshTokens, templates.AboutApplications,
			templates.AboutUsers, templates.AboutOrganizations, templates.AboutSessions, templates.AboutSettings},
		"operation": {string(models.OperationCreate), string(models.OperationUpdate), string(models.OperationDelete), string(models.OperationAssociate),
			string(models.OperationDisassociate), string(models.OperationSignIn), string(models.OperationSignOut)},
		"actor": nil, "from": nil, "to": nil, "token": nil, "application": nil, "user": nil, "organization": nil},
	order: store.Order{Field: "id", Descending: true},
}

func (w *Console) listActivity(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	list, query, kind := w.activityAsked(c)
	data := templates.ActivityPage{Everybody: w.server.Policy().VisibleActivity(actor.Actor, face).All}
	query.CountTo = countedTo
	entries, err := w.server.Activity(ctx, actor, face, query)
	if err != nil {
		return err
	}
	if countedPartly(c, &list, entries) {
		return nil
	}
	known, err := w.knownOf(c, append(entries.Rows, asked(kind, list))...)
	if err != nil {
		return err
	}
	if kind != "" {
		data.AboutKind, data.About = kindNames[kind], known.part(kind, idFilter(&list, listKeys[kind]), "")
	}
	data.Page, data.List, data.Rows = w.page(c, "activity"), list, entryRows(entries.Rows, known)
	return w.render(c, http.StatusOK, "activity", data)
}

// activityAsked is what the address of the list asks for, and the kind of the thing that it names; "" for none.
func (w *Console) activityAsked(c *gin.Context) (templates.List, store.Query, models.ObjectType) {
	list, query := w.listed(c, activityListing)
	about, kind := thingAsked(&list)
	query.Filters = append(w.activityFilters(c, list), about...)
	if between := days(&list); between != nil {
		query.Filters, query.Order = append(query.Filters, between...), []store.Order{{Field: "created", Descending: true}, {Field: "id", Descending: true}}
	}
	return list, query, kind
}

// countedPartly does what counted does for a list that need not have been counted to its end.
func countedPartly[T any](c *gin.Context, list *templates.List, page store.Page[T]) bool {
	rows := int64(len(page.Rows))
	switch {
	case !page.More || rows == 0:
		return counted(c, list, page.Count)
	case rows < list.Size: // the last page, so that it is known after all
		list.Count = (list.Number-1)*list.Size + rows
	default:
		list.Count, list.More = page.Count, true
	}
	return false
}

// activityTypes are the kinds that a word of the address stands for.
var activityTypes = map[string][]models.ObjectType{
	templates.AboutApplicationsAndTokens: {models.ObjectApplication, models.ObjectAccessToken, models.ObjectRefreshToken},
	templates.AboutAccessTokens:          {models.ObjectAccessToken},
	templates.AboutRefreshTokens:         {models.ObjectRefreshToken},
	templates.AboutApplications:          {models.ObjectApplication},
	templates.AboutUsers:                 {models.ObjectUser},
	templates.AboutOrganizations:         {models.ObjectOrganization},
	templates.AboutSettings:              {models.ObjectSetting},
}

// activityFilters says the filters of the address in the store's words. Signing in and out is about sessions here.
func (w *Console) activityFilters(c *gin.Context, list templates.List) []store.Filter {
	var filters []store.Filter
	if operation := list.Value("operation"); operation != "" {
		filters = append(filters, equal("operation", operation))
	}
	signs := strings.Join([]string{string(models.OperationSignIn), string(models.OperationSignOut)}, ",")
	switch about := list.Value("about"); about {
	case "":
	case templates.AboutSessions:
		filters = append(filters, store.Filter{Field: "object_type", Value: string(models.ObjectSession), Or: true},
			store.Filter{Field: "operation", Lookup: "in", Value: signs, Or: true})
	default:
		var kinds []string
		for _, kind := range activityTypes[about] {
			kinds = append(kinds, string(kind))
		}
		filters = append(filters, store.Filter{Field: "object_type", Lookup: "in", Value: strings.Join(kinds, ",")})
		if about == templates.AboutUsers {
			filters = append(filters, store.Filter{Field: "operation", Lookup: "in", Value: signs, Not: true})
		}
	}
	if name := list.Value("actor"); name != "" {
		filters = append(filters, w.byName(c, name))
	}
	return filters
}

// byName finds what somebody did: by the id, which is quick and holds through other names, or by the name of who is gone.
func (w *Console) byName(c *gin.Context, name string) store.Filter {
	if user, err := w.server.UserByName(c.Request.Context(), actorOf(c), face, name); err == nil {
		return equalID("actor", user.ID)
	}
	return equal("actor_name", name)
}

// days are the bounds that the address sets, whole days in UTC. What is no day is dropped from it.
func days(list *templates.List) []store.Filter {
	var bounds []store.Filter
	for _, each := range []struct {
		key, lookup string
		add         int
	}{{"from", "gte", 0}, {"to", "lt", 1}} {
		day, err := time.Parse(time.DateOnly, list.Value(each.key))
		if err != nil {
			list.Query.Del(each.key)
			continue
		}
		bounds = append(bounds, store.Filter{Field: "created", Lookup: each.lookup, Value: day.AddDate(0, 0, each.add).Format(time.RFC3339)})
	}
	return bounds
}

// listKeys are the keys of the address that name what entries are about.
var listKeys = map[models.ObjectType]string{models.ObjectAccessToken: "token", models.ObjectApplication: "application",
	models.ObjectUser: "user", models.ObjectOrganization: "organization"}

// thingAsked is the condition on what the address names, and its kind; "" for none.
func thingAsked(list *templates.List) ([]store.Filter, models.ObjectType) {
	for _, kind := range models.NumberedObjectTypes() {
		if id := idFilter(list, listKeys[kind]); id != 0 {
			return aboutThing(kind, id), kind
		}
	}
	return nil, ""
}

// asked is the thing that the address names, as if an entry named it.
func asked(kind models.ObjectType, list templates.List) models.Activity {
	return models.Activity{ObjectType: kind, ObjectID: idFilter(&list, listKeys[kind])}
}

// aboutThing is the condition that entries are about a thing; about a user also that they tell of a membership or a consent.
func aboutThing(kind models.ObjectType, id int64) []store.Filter {
	if kind == models.ObjectUser {
		return []store.Filter{equalID("user", id)}
	}
	return []store.Filter{equal("object_type", string(kind)), equalID("object_id", id)}
}

// latestAbout is the section of a thing's page: the latest that was done to it, as far as the actor sees that.
func (w *Console) latestAbout(c *gin.Context, kind models.ObjectType, id int64) (templates.ActivitySection, error) {
	section := templates.ActivitySection{Now: w.server.Now(), All: "/activity?" + listKeys[kind] + "=" + at("", id)[1:]}
	entries, err := w.server.Activity(c.Request.Context(), actorOf(c), face, store.Query{Filters: aboutThing(kind, id), SkipCount: true,
		Order: []store.Order{{Field: "id", Descending: true}}, Limit: latest})
	if err != nil {
		return section, err
	}
	known, err := w.knownOf(c, entries.Rows...)
	section.Rows = entryRows(entries.Rows, known)
	return section, err
}

// latest is how many entries the page of a thing shows.
const latest = 5

func (w *Console) showEntry(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	entry, err := w.server.ActivityEntry(c.Request.Context(), actorOf(c), face, id)
	if err != nil {
		return err
	}
	known, err := w.knownOf(c, append(pointedAt(entry), *entry)...)
	if err != nil {
		return err
	}
	data := templates.EntryPage{Page: w.page(c, "activity"), Entry: entryRow(entry, known), Platform: string(entry.Platform),
		Kind: capital(kindNames[entry.ObjectType]), Number: entry.ObjectID, Changes: changedFields(entry, known),
		Created: len(entry.Changes.Added) > 0, Removed: len(entry.Changes.Removed) > 0}
	if entry.ObjectID != 0 && or(entry.ObjectName, known[entry.ObjectType][entry.ObjectID]) != "" {
		data.Object = known.part(entry.ObjectType, entry.ObjectID, entry.ObjectName)
	}
	return w.render(c, http.StatusOK, "activity_entry", data)
}

// actorName is who did it, as the entry keeps the name.
func actorName(e *models.Activity, known known) templates.Part {
	switch command, isCommand := strings.CutPrefix(e.Origin, "command:"); {
	case e.ActorID != nil:
		part := known.part(models.ObjectUser, *e.ActorID, e.ActorName)
		part.Text = or(e.ActorName, part.Text)
		return part
	case e.ActorName != "":
		return templates.Part{Text: e.ActorName, Name: true}
	case command == "auto_clear":
		return templates.Part{Text: "The server itself"}
	case isCommand:
		return templates.Part{Text: "Command " + command}
	case e.Origin == "oauth":
		return templates.Part{Text: "An application"}
	default:
		return templates.Part{Text: "Nobody signed in"}
	}
}

// through says an entry's origin in words.
func through(origin string) string {
	switch {
	case strings.HasPrefix(origin, "command:"):
		return "Command line"
	case origin == "oauth":
		return "OAuth endpoint"
	case origin == "api":
		return "API"
	case origin == "console":
		return "Console"
	default:
		return or(origin, "Unknown")
	}
}

func entryRows(entries []models.Activity, known known) []templates.Entry {
	var rows []templates.Entry
	for n := range entries {
		rows = append(rows, entryRow(&entries[n], known))
	}
	return rows
}

func entryRow(e *models.Activity, known known) templates.Entry {
	event, note := eventOf(e, known)
	return templates.Entry{ID: e.ID, Created: e.Created, By: actorName(e, known), Event: event, Note: note, Through: through(e.Origin), From: e.Address}
}
