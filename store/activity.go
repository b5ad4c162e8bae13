package store

import (
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
)

// activityList has the words of both platforms beside our own.
var activityList = &resource{
	table: "activity",
	columns: withChanges(map[string]column{
		"id":                         {sql: "activity.id", kind: idColumn},
		"created":                    {sql: "activity.created", kind: timeColumn},
		"timestamp":                  {sql: "activity.created", kind: timeColumn},
		"actor":                      {sql: "activity.actor_id", kind: idColumn, nullable: true},
		"actor__username":            {sql: "activity.actor_name"},
		"actor_name":                 {sql: "activity.actor_name"},
		"created_by":                 {sql: "activity.actor_id", kind: idColumn, nullable: true},
		"created_by__username":       {sql: "activity.actor_name"},
		"operation":                  {sql: "activity.operation"},
		"object_type":                {sql: "activity.object_type"},
		"object_id":                  {sql: "activity.object_id", kind: idColumn},
		"object_name":                {sql: "activity.object_name"},
		"object1":                    {sql: controllerName("activity.object_type")},
		"object2":                    {sql: controllerName("activity.related_type")},
		"content_type":               {sql: typeNumber("activity.object_type"), kind: idColumn, nullable: true},
		"content_type_model":         {sql: "activity.object_type"},
		"content_type__model":        {sql: "activity.object_type"},
		"related_object_id":          {sql: "NULLIF(activity.related_id, 0)", kind: idColumn, nullable: true},
		"related_content_type":       {sql: typeNumber("activity.related_type"), kind: idColumn, nullable: true},
		"related_content_type_model": {sql: "activity.related_type"},
		"o_auth2_access_token":       {sql: objectOf(models.ObjectAccessToken), kind: idColumn, nullable: true},
		"o_auth2_access_token__id":   {sql: objectOf(models.ObjectAccessToken), kind: idColumn, nullable: true},
		"o_auth2_application":        {sql: objectOf(models.ObjectApplication), kind: idColumn, nullable: true},
		"o_auth2_application__id":    {sql: objectOf(models.ObjectApplication), kind: idColumn, nullable: true},
		"organization":               {sql: objectOf(models.ObjectOrganization), kind: idColumn, nullable: true},
		"organization__id":           {sql: objectOf(models.ObjectOrganization), kind: idColumn, nullable: true},
		"user":                       {sql: userAbout, kind: idColumn, nullable: true},
		"user__id":                   {sql: userAbout, kind: idColumn, nullable: true},
		"origin":                     {sql: "activity.origin"},
		"note":                       {sql: "activity.note"},
		"changes":                    {sql: "activity.changes"},
	}),
	relations: map[string]relation{
		"actor":      {to: "users", on: "{to}.id = {from}.actor_id"},
		"created_by": {to: "users", on: "{to}.id = {from}.actor_id"},
	},
	search: []string{"actor_name", "object_name", "note", "changes"},
	order:  []Order{{Field: "id", Descending: true}},
}

// userAbout is the user that an entry is about, or whose membership or consent it tells of.
const userAbout = "CASE WHEN activity.object_type = 'user' OR activity.related_type = 'user' THEN activity.owner_id END"

func objectOf(kind models.ObjectType) string {
	return "CASE WHEN activity.object_type = '" + string(kind) + "' THEN activity.object_id END"
}

func typeNumber(column string) string {
	sql := "CAST(CASE " + column
	for _, kind := range models.NumberedObjectTypes() {
		sql += " WHEN '" + string(kind) + "' THEN " + strconv.FormatInt(kind.Number(), 10)
	}
	return sql + " END AS bigint)"
}

func controllerName(column string) string {
	sql := "CASE " + column
	for _, kind := range models.NumberedObjectTypes() {
		if kind.ControllerName() != string(kind) {
			sql += " WHEN '" + string(kind) + "' THEN '" + kind.ControllerName() + "'"
		}
	}
	return sql + " ELSE " + column + " END"
}

// withChanges adds a column for each field that entries tell of, and for each place in changes where it may stand. No path into the
// JSON is made from anything else.
func withChanges(columns map[string]column) map[string]column {
	for _, name := range models.ActivityFieldNames() {
		for field, path := range map[string]string{
			"changes__added_fields__" + name:           "$.added_fields." + name,
			"changes__removed_fields__" + name:         "$.removed_fields." + name,
			"changes__changed_fields__" + name + "__0": "$.changed_fields." + name + "[0]",
			"changes__changed_fields__" + name + "__1": "$.changed_fields." + name + "[1]",
		} {
			columns[field] = column{sql: "json_extract(activity.changes, '" + path + "')", nullable: true}
		}
	}
	return columns
}

// Activity lists entries of the activity stream, newest first, as far as v shows them.
func (r Reader) Activity(q Query, v models.ActivityVisibility) (Page[models.Activity], error) {
	return inTurn(r, q, func(r Reader) (Page[models.Activity], error) { // by ids too: what may be seen is read before them
		return listBy[models.Activity](narrowActivity(r.visibleActivity(v), q.Filters), activityList, q, activityShortcuts{r, v})
	})
}

// WalkActivity hands all entries of the list to each, some at a time; see walk.
func (r Reader) WalkActivity(q Query, v models.ActivityVisibility, each func([]models.Activity) error) error {
	return walk(r, activityList, q, func(r Reader) *gorm.DB { return narrowActivity(r.visibleActivity(v), q.Filters) },
		func(e *models.Activity) int64 { return e.ID }, each)
}

// ActivityEntry loads one entry; ErrNotFound.
func (r Reader) ActivityEntry(id int64) (*models.Activity, error) {
	return one[models.Activity](r.db.Where("id = ?", id))
}

// The conditions of partial indexes, in their words: a parameter in the place of a constant would hide them from the database.
const (
	noSignIns     = "activity.operation <> 'sign_in' AND activity.operation <> 'sign_out'"
	noGatewayOnly = "activity.platform <> 'gateway'"
)

// noSignInsAmong says what noSignIns says, in other words: beside a short range of another index PostgreSQL would read the partial one from
// end to end.
const noSignInsAmong = "substr(activity.operation, 1, 5) <> 'sign_'"

// seesMost reports whether v shows the entries about everybody.
func seesMost(v models.ActivityVisibility) bool { return v.All || v.Users != nil && v.Users.All }

// kindsShown narrows to the kinds of entries that v shows, whosever they are.
func kindsShown(db *gorm.DB, v models.ActivityVisibility) *gorm.DB {
	switch {
	case v.SignIns:
	case seesMost(v):
		db = db.Where(noSignIns)
	default:
		db = db.Where(noSignInsAmong)
	}
	if v.Platform == models.Controller {
		db = db.Where(noGatewayOnly)
	}
	return db
}

// visibleActivity narrows to what v shows. The ids come from one index range each, as those of visibleTokens do; but who sees the entries
// about all users sees too many for that, and reads the list from its beginning.
func (r Reader) visibleActivity(v models.ActivityVisibility) *gorm.DB {
	db := kindsShown(r.db, v)
	if v.All {
		return db
	}
	ranges := r.activityRanges(v)
	if seesMost(v) || len(ranges) == 1 {
		c := either(ranges)
		return db.Where(c.sql, c.args...)
	}
	var ids []any
	for _, c := range ranges {
		ids = append(ids, r.db.Table("activity").Select("id").Where(c.sql, c.args...))
	}
	return db.Where("activity.id IN ("+strings.Join(slices.Repeat([]string{"?"}, len(ids)), " UNION ")+")", ids...)
}

// activityRanges are the conditions of which one holds for each entry that v shows.
func (r Reader) activityRanges(v models.ActivityVisibility) []condition {
	ranges := []condition{{"activity.owner_id = ?", []any{v.UserID}}}
	for _, each := range []struct {
		organizations []int64
		kinds         []models.ObjectType
	}{
		{v.Tokens, []models.ObjectType{models.ObjectAccessToken, models.ObjectRefreshToken}},
		{v.Applications, []models.ObjectType{models.ObjectApplication}},
		{v.Organizations, []models.ObjectType{models.ObjectOrganization}},
	} {
		if len(each.organizations) > 0 {
			ranges = append(ranges, condition{"activity.organization_id IN ? AND activity.object_type IN ?", []any{each.organizations, each.kinds}})
		}
	}
	if v.Users == nil {
		return ranges
	}
	about := condition{sql: "activity.object_type = 'user' AND " + noSignInsAmong}
	if !v.Users.All {
		about.sql += " AND activity.object_id IN (? UNION ?)"
		about.args = []any{r.db.Table("users").Select("id").Where("is_superuser"),
			r.db.Table("organization_users").Select("user_id").Where("organization_id IN ?", v.Users.Organizations)}
	}
	return append(ranges, about)
}

// narrowActivity says once more what filters by type and object say in a platform's words, so that an index can serve. It adds nothing
// that the filters do not imply: those that it does not understand it leaves to them.
func narrowActivity(db *gorm.DB, filters []Filter) *gorm.DB {
	for _, f := range filters {
		exact := f.Lookup == "" || f.Lookup == "exact"
		if f.Not || f.Or || !exact && f.Lookup != "in" {
			continue
		}
		values := []string{f.Value}
		if !exact {
			values = strings.Split(f.Value, ",")
		}
		switch relation := strings.TrimSuffix(f.Field, "__id"); relation {
		case "user":
			if ids := numbers(values); ids != nil {
				db = db.Where("activity.owner_id IN ?", ids)
			}
		case "content_type":
			if ids := numbers(values); ids != nil {
				db = db.Where("activity.object_type IN ?", typesCalled(func(kind models.ObjectType) bool { return slices.Contains(ids, kind.Number()) }))
			}
		case "object1":
			db = db.Where("activity.object_type IN ?", typesCalled(func(kind models.ObjectType) bool { return slices.Contains(values, kind.ControllerName()) }))
		default:
			kind, ids := typesCalled(func(kind models.ObjectType) bool { return kind.ControllerName() == relation }), numbers(values)
			if len(kind) == 1 && ids != nil {
				db = db.Where("activity.object_type = ? AND activity.object_id IN ?", kind[0], ids)
			}
		}
	}
	return db
}

// numbers reads ids; nil when one of them is none.
func numbers(texts []string) []int64 {
	ids := make([]int64, len(texts))
	for n, text := range texts {
		var err error
		if ids[n], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil
		}
	}
	return ids
}

func typesCalled(so func(models.ObjectType) bool) []models.ObjectType {
	return slices.DeleteFunc(models.NumberedObjectTypes(), func(kind models.ObjectType) bool { return !so(kind) })
}

// ActivityOfForm loads the entry of what was made by the form with this number; ErrNotFound.
func (r Reader) ActivityOfForm(number string) (*models.Activity, error) {
	return named[models.Activity](r.db.Where("form = ?", number), number)
}
