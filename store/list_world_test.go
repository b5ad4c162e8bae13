package store_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// texts are values that databases like to treat differently.
var texts = []string{
	"", "alpha", "Alpha", "ALPHA", "beta_1", "beta%1", "betaX1", `back\slash`, `back\\slash`, "ÄÖÜ ß", "äöü ß", "Ωμέγα ΟΔΟΣ", "ωμέγα οδός", "İstanbul", "istanbul",
	"ДОМ", "дом", "大きさ", "a'b\"c", "z", "Z", "~", "100%", "tab\tnew\nline", "🙂",
}

var times = []time.Time{
	start, start.Add(time.Microsecond), start.Add(-time.Hour), time.Date(3024, 1, 2, 3, 4, 5, 678901000, time.UTC), time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC),
}

func pick[T any](list []T, n int) T { return list[n%len(list)] }

// row is one row of a list: its id and what each field of the list is, nil for null.
type row struct {
	id     int64
	fields map[string]any
}

// listed is a list with the rows that are in it.
type listed struct {
	name string
	rows []row
	ask  func(store.Reader, store.Query) ([]int64, int64, error)
}

func asked[T any](page store.Page[T], err error) ([]int64, int64, error) {
	return ids(page.Rows), page.Count, err
}

func id(p *int64) any {
	if p == nil {
		return nil
	}
	return *p
}

func moment(p *time.Time) any {
	if p == nil {
		return nil
	}
	return *p
}

// everything is a Visibility that hides nothing, and seesAll of every list.
var (
	everything = models.Visibility{All: true}
	seesAll    = models.Sight{Tokens: everything, Applications: everything, Users: everything, Organizations: everything}
)

// everyEntry hides no entry of the activity stream.
var everyEntry = models.ActivityVisibility{All: true, SignIns: true}

// growLists fills every table that can be listed, and returns the lists with what is in them.
func growLists(t testing.TB, db storetest.DB) []listed {
	t.Helper()
	users, organizations := growUsers(t, db), growOrganizations(t, db)
	applications := growApplications(t, db, users, organizations)
	tokens, refresh := growTokens(t, db, users, applications)
	lists := []listed{
		{name: "users", ask: func(r store.Reader, q store.Query) ([]int64, int64, error) {
			q.Sees = seesAll
			return asked(r.Users(q, everything))
		}},
		{name: "organizations", ask: func(r store.Reader, q store.Query) ([]int64, int64, error) {
			q.Sees = seesAll
			return asked(r.Organizations(q, everything))
		}},
		{name: "applications", ask: func(r store.Reader, q store.Query) ([]int64, int64, error) {
			q.Sees = seesAll
			return asked(r.Applications(q, everything))
		}},
		{name: "access_tokens", ask: func(r store.Reader, q store.Query) ([]int64, int64, error) {
			q.Sees = seesAll
			return asked(r.AccessTokens(q, everything))
		}},
		{name: "activity", ask: func(r store.Reader, q store.Query) ([]int64, int64, error) {
			q.Sees = seesAll
			return asked(r.Activity(q, everyEntry))
		}, rows: growActivity(t, db)},
	}
	for _, u := range users {
		lists[0].rows = append(lists[0].rows, row{u.ID, map[string]any{"id": u.ID, "username": u.Username, "first_name": u.FirstName, "last_name": u.LastName,
			"email": u.Email, "is_superuser": u.IsSuperuser, "is_platform_auditor": u.IsPlatformAuditor, "is_system_auditor": u.IsPlatformAuditor,
			"is_active": u.IsActive, "managed": u.Managed, "last_login": moment(u.LastLogin), "created": u.Created, "modified": u.Modified,
			"created_by": id(u.CreatedBy), "modified_by": id(u.ModifiedBy)}})
	}
	for _, o := range organizations {
		lists[1].rows = append(lists[1].rows, row{o.ID, map[string]any{"id": o.ID, "name": o.Name, "description": o.Description, "managed": o.Managed,
			"created": o.Created, "modified": o.Modified, "created_by": id(o.CreatedBy), "modified_by": id(o.ModifiedBy)}})
	}
	for _, a := range applications {
		fields := map[string]any{"id": a.ID, "name": a.Name, "description": a.Description, "organization": id(a.OrganizationID),
			"user": id(a.UserID), "client_id": a.ClientID, "client_type": string(a.ClientType),
			"authorization_grant_type": a.AuthorizationGrantType, "redirect_uris": a.RedirectURIs.String(), "skip_authorization": a.SkipAuthorization,
			"require_pkce": a.RequirePKCE, "introspect_all": a.IntrospectAll, "algorithm": a.Algorithm, "post_logout_redirect_uris": a.PostLogoutRedirectURIs.String(),
			"platform": string(a.Platform), "created": a.Created, "modified": a.Modified, "created_by": id(a.CreatedBy), "modified_by": id(a.ModifiedBy)}
		lists[2].rows = append(lists[2].rows, row{a.ID, fields})
	}
	for _, k := range tokens {
		fields := map[string]any{"id": k.ID, "user": id(k.UserID), "application": id(k.ApplicationID), "scope": string(k.Scope),
			"description": k.Description, "expires": k.Expires, "last_used": moment(k.LastUsed), "platform": string(k.Platform), "created": k.Created,
			"modified": k.Modified, "created_by": id(k.CreatedBy), "modified_by": id(k.ModifiedBy), "refresh_token": refresh[k.ID]}
		lists[3].rows = append(lists[3].rows, row{k.ID, fields})
	}
	relate(lists)
	return lists
}

// relate gives every row the fields of the rows that it belongs to, under paths.
func relate(lists []listed) {
	to := map[string]int{"user": 0, "created_by": 0, "modified_by": 0, "actor": 0, "organization": 1, "application": 2}
	own := make([]map[int64]map[string]any, len(lists))
	for n, list := range lists {
		own[n] = map[int64]map[string]any{}
		for _, row := range list.rows {
			own[n][row.id] = maps.Clone(row.fields)
		}
	}
	for _, list := range lists {
		for _, row := range list.rows {
			for relation, target := range to {
				key, has := row.fields[relation]
				if !has {
					continue
				}
				related, _ := key.(int64)
				row.fields[relation+"__id"] = key
				for field := range own[target][lists[target].rows[0].id] {
					if _, kept := row.fields[relation+"__"+field]; !kept { // an entry keeps the name of who acted
						row.fields[relation+"__"+field] = own[target][related][field]
					}
				}
			}
		}
	}
}

func stamps(n int) models.Stamps {
	s := models.Stamps{Created: pick(times, n), Modified: pick(times, n/2)}
	if n%3 == 0 {
		s.CreatedBy, s.ModifiedBy = ref(int64(n%4)), ref(int64(n%5))
	}
	return s
}

func growUsers(t testing.TB, db storetest.DB) []*models.User {
	var users []*models.User
	for n, text := range texts {
		user := &models.User{Username: text + strconv.Itoa(n%3), FirstName: text, LastName: pick(texts, n+7), Email: pick(texts, n*5),
			IsSuperuser: n%5 == 0, IsPlatformAuditor: n%4 == 1, IsActive: n%3 != 0, Managed: n%7 == 0, Stamps: stamps(n)}
		if n%3 != 1 {
			user.LastLogin = ref(pick(times, n))
		}
		put(t, db, user)
		users = append(users, user)
	}
	return users
}

func growOrganizations(t testing.TB, db storetest.DB) []*models.Organization {
	var organizations []*models.Organization
	for n, text := range texts {
		o := &models.Organization{Name: text + "!", Description: pick(texts, n+3), Managed: n%2 == 0, Stamps: stamps(n)}
		put(t, db, o)
		organizations = append(organizations, o)
	}
	return organizations
}

func growApplications(t testing.TB, db storetest.DB, users []*models.User, organizations []*models.Organization) []*models.Application {
	var applications []*models.Application
	for n, text := range texts {
		a := &models.Application{Name: text, Description: pick(texts, n+11), ClientID: fmt.Sprintf("%s-%d", text, n), SkipAuthorization: n%3 == 0,
			ClientType: []models.ClientType{models.Confidential, models.Public}[n%2], AuthorizationGrantType: []string{"password", "authorization-code"}[n/2%2],
			Platform: []models.Platform{models.Gateway, models.Controller}[n/3%2], RedirectURIs: models.ParseWords(pick(texts, n+5)), Stamps: stamps(n),
			RequirePKCE: n%4 == 0, IntrospectAll: n%5 == 0, Algorithm: []string{"", "RS256"}[n%2], PostLogoutRedirectURIs: models.ParseWords(pick(texts, n+9))}
		if n%4 != 0 {
			a.Organization = pick(organizations, n/3)
			a.OrganizationID = &a.Organization.ID
		}
		if n%3 == 0 {
			a.User = pick(users, n)
			a.UserID = &a.User.ID
		}
		put(t, db, a)
		applications = append(applications, a)
	}
	return applications
}

func growTokens(t testing.TB, db storetest.DB, users []*models.User, applications []*models.Application) ([]*models.AccessToken, map[int64]any) {
	var tokens []*models.AccessToken
	refresh := map[int64]any{}
	for n := range 3 * len(texts) {
		k := &models.AccessToken{Description: pick(texts, n), Scope: []models.Scope{models.ScopeRead, models.ScopeWrite, models.ScopeAll}[n%3],
			Platform: []models.Platform{models.Gateway, models.Controller}[n/5%2], Expires: pick(times, n/2), Stamps: stamps(n)}
		if n%5 != 0 {
			k.User = pick(users, n)
			k.UserID = &k.User.ID
		}
		if n%2 == 0 {
			k.Application = pick(applications, n/2)
			k.ApplicationID = &k.Application.ID
		}
		if n%3 == 0 {
			k.LastUsed = ref(pick(times, n))
		}
		put(t, db, k)
		tokens, refresh[k.ID] = append(tokens, k), nil
		if k.Application != nil && n%4 == 0 {
			token := &models.RefreshToken{ApplicationID: *k.ApplicationID, AccessTokenID: &k.ID}
			put(t, db, token)
			refresh[k.ID] = token.ID
		}
	}
	return tokens, refresh
}

func growActivity(t testing.TB, db storetest.DB) []row {
	var rows []row
	for n, text := range texts {
		a := models.Activity{ActorName: pick(texts, n+2), Operation: []models.Operation{models.OperationCreate, models.OperationDelete}[n%2],
			ObjectType: []models.ObjectType{models.ObjectUser, models.ObjectAccessToken}[n/2%2], ObjectID: int64(n % 6), ObjectName: text,
			Origin: pick([]string{"api", "oauth", "command:x"}, n), Note: strings.ToUpper(text), OwnerID: ref(int64(n % 5)),
			Changes: models.Added(models.Fields{"name": &text})}
		if n%3 != 0 {
			a.ActorID = ref(int64(n % 4))
		}
		write(t, db, func(tx *store.Tx) error { return tx.Record(a) })
		number := int64(n + 1)
		rows = append(rows, activityRow(number, db.Now(), a))
		db.Clock.Advance(time.Second)
	}
	return rows
}

// activityRow is an entry in the words of both platforms.
func activityRow(number int64, at time.Time, a models.Activity) row {
	changes, _ := a.Changes.Value()
	fields := map[string]any{"id": number, "created": at, "timestamp": at, "operation": string(a.Operation), "object_type": string(a.ObjectType),
		"content_type_model": string(a.ObjectType), "content_type__model": string(a.ObjectType), "content_type": a.ObjectType.Number(),
		"object1": a.ObjectType.ControllerName(), "object2": "", "object_id": a.ObjectID, "object_name": a.ObjectName, "related_object_id": nil,
		"related_content_type": nil, "related_content_type_model": "", "origin": a.Origin, "note": a.Note, "changes": changes}
	for _, name := range []string{"actor", "created_by"} {
		fields[name], fields[name+"__id"], fields[name+"__username"] = id(a.ActorID), id(a.ActorID), a.ActorName
	}
	fields["actor_name"] = a.ActorName
	for name, kind := range map[string]models.ObjectType{"o_auth2_access_token": models.ObjectAccessToken, "o_auth2_application": models.ObjectApplication,
		"organization": models.ObjectOrganization, "user": models.ObjectUser} {
		fields[name] = nil
		if kind == a.ObjectType {
			fields[name] = a.ObjectID
		}
		if kind == models.ObjectUser && kind == a.ObjectType {
			fields[name] = id(a.OwnerID)
		}
		fields[name+"__id"] = fields[name]
	}
	return row{number, fields}
}
