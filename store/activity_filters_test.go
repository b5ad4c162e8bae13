package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Filters in the words of both platforms (contract §8), the places in changes among them.
func TestActivityFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		token, app := models.ObjectAccessToken, models.ObjectApplication
		number := func(kind models.ObjectType) string { return fmt.Sprint(kind.Number()) }
		write(t, db, func(tx *store.Tx) error {
			return tx.Record(
				models.Activity{Operation: "create", ObjectType: token, ObjectID: 5, ActorID: ref(int64(1)), ActorName: "Alice", OwnerID: ref(int64(1)), Platform: models.Gateway,
					Changes: models.Added(models.Fields{"scope": ref("read"), "user": ref("1"), "application": nil, "description": ref(`a "b" & <c>`)})},
				models.Activity{Operation: "update", ObjectType: token, ObjectID: 5, OwnerID: ref(int64(1)),
					Changes: models.Difference(models.Fields{"scope": ref("write"), "application": nil}, models.Fields{"scope": ref("read"), "application": ref("3")})},
				models.Activity{Operation: "delete", ObjectType: app, ObjectID: 5, OrganizationID: ref(int64(2)), Changes: models.Removed(models.Fields{"name": ref("Éva's"), "skip_authorization": ref("true")})},
				models.Activity{Operation: "associate", ObjectType: models.ObjectOrganization, ObjectID: 5, OwnerID: ref(int64(7)), RelatedType: models.ObjectUser, RelatedID: 7},
				models.Activity{Operation: "create", ObjectType: models.ObjectUser, ObjectID: 5, OwnerID: ref(int64(5)), Changes: models.Added(models.Fields{"email": ref("a@example.org")})})
		})
		for text, want := range map[string][]int64{
			"changes__added_fields__scope=read": {1}, "changes__added_fields__email=a@example.org": {5}, "changes__added_fields__email__iendswith=EXAMPLE.ORG": {5},
			"changes__added_fields__user=1": {1}, "changes__added_fields__application__isnull=false": {}, "changes__added_fields__description__contains=\"b\" & <": {1},
			"changes__changed_fields__scope__1=read": {2}, "changes__changed_fields__scope__0=read": {}, "changes__changed_fields__scope__0__in=x,write": {2},
			"changes__changed_fields__application__0__isnull=false": {}, "changes__changed_fields__application__1=3": {2},
			"changes__removed_fields__name__icontains=ÉVA": {3}, "changes__removed_fields__skip_authorization=true": {3}, "changes__removed_fields__scope=read": {},
			"changes__icontains=& <C>": {1}, "changes__contains=Éva": {3},
			"content_type=" + number(token): {2, 1}, "content_type=99": {}, "content_type__in=1,3": {3, 2, 1}, "content_type_model=user": {5}, "content_type__model__in=user,organization": {5, 4},
			"object1=o_auth2_application": {3}, "object1=oauth2application": {}, "object1__in=o_auth2_access_token,user": {5, 2, 1}, "object1__startswith=o_auth2": {3, 2, 1}, "object2=user": {4},
			"o_auth2_access_token=5": {2, 1}, "o_auth2_access_token__id=5": {2, 1}, "o_auth2_access_token__id__in=4,5": {2, 1}, "o_auth2_access_token__id=4": {},
			"o_auth2_access_token=null": {5, 4, 3}, "o_auth2_access_token__isnull=false": {2, 1}, "o_auth2_application__id=5": {3}, "organization=5": {4}, "user__id=5": {5}, "user=7": {4}, "user=1": {},
			"related_object_id=7": {4}, "related_content_type=" + number(models.ObjectUser): {4}, "related_content_type_model=user": {4}, "related_object_id__isnull=true": {5, 3, 2, 1},
			"object_id=5": {5, 4, 3, 2, 1}, "actor__username__icontains=ali": {1}, "created_by=1": {1}, "created_by=null": {5, 4, 3, 2}, "actor__id=2": {}, "operation__in=create,delete": {5, 3, 1},
			"timestamp__gte=2026-03-01T12:00:00Z": {5, 4, 3, 2, 1}, "created__gt=2026-03-01T12:00:00Z": {},
			"content_type__gt=9223372036854775807": {},
		} {
			page, err := db.Read(t.Context()).Activity(store.Query{Filters: []store.Filter{filterOf(text)}}, everyEntry)
			check(t, err)
			equal(t, text, ids(page.Rows), want)
			page, err = db.Read(t.Context()).Activity(store.Query{Filters: []store.Filter{negated(filterOf(text))}}, everyEntry)
			check(t, err)
			if len(page.Rows)+len(want) != 5 {
				t.Errorf("not %s: %v", text, ids(page.Rows))
			}
		}
		both := store.Query{Filters: []store.Filter{filterOf("content_type=" + number(token)), filterOf("object_id=5"), filterOf("operation=update")}, Search: []string{"READ"}}
		page, err := db.Read(t.Context()).Activity(both, everyEntry)
		check(t, err)
		equal(t, "several, and a search in changes", ids(page.Rows), []int64{2})
	})
}

// filterOf reads "field=value", or "field__lookup=value".
func filterOf(text string) store.Filter {
	field, value, _ := strings.Cut(text, "=")
	f := store.Filter{Field: field, Value: value}
	for _, lookup := range []string{"isnull", "in", "gt", "gte", "lt", "lte", "contains", "icontains", "startswith", "iendswith"} {
		if cut, has := strings.CutSuffix(field, "__"+lookup); has {
			f.Field, f.Lookup = cut, lookup
		}
	}
	return f
}

func negated(f store.Filter) store.Filter {
	f.Not = true
	return f
}

// A key inside changes is one of the fields that entries tell of, or nothing: it never becomes a part of a statement. There are no
// secrets to look for.
func TestHostileActivityKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growTold(t, db, growShown(t, db))
		for _, field := range []string{"changes__added_fields", "changes__added_fields__", "changes__added_fields__nothing", "changes__added_fields__scope__1", "changes__changed_fields__scope",
			"changes__changed_fields__scope__2", "changes__changed_fields__scope__-1", "changes__changed_fields__scope__1__0", "changes__nothing__scope", "changes__scope", "changes__",
			"changes__added_fields__scope') OR ('1'='1", "changes__added_fields__scope'||pg_sleep(9)||'", "changes__added_fields__$", "changes__added_fields__*", "changes__added_fields__scope[0]",
			`changes__added_fields__"scope"`, "changes__added_fields__sc\x00ope", "owner_id", "organization_id", "form", "address", "activity.changes", "json_extract(changes, '$')"} {
			for _, q := range []store.Query{{Filters: []store.Filter{{Field: field, Value: "read"}}}, {Order: []store.Order{{Field: field}}}} {
				_, err := db.Read(t.Context()).Activity(q, everyEntry)
				var refused *store.QueryError
				if !errors.As(err, &refused) || refused.Secret {
					t.Errorf("%q: %v", field, err)
				}
			}
		}
		for _, name := range []string{"token", "client_secret", "password"} {
			for _, field := range []string{"changes__added_fields__", "changes__removed_fields__", "changes__changed_fields__"} {
				for _, end := range []string{"", "__0", "__1"} {
					for _, q := range []store.Query{{Filters: []store.Filter{{Field: field + name + end, Lookup: "startswith", Value: "a", Or: true}}}, {Order: []store.Order{{Field: field + name + end}}}} {
						_, err := db.Read(t.Context()).Activity(q, everyEntry)
						var refused *store.QueryError
						if !errors.As(err, &refused) || !refused.Secret || refused.Message != "Filtering on "+name+" is not allowed." {
							t.Errorf("%s: %v", field+name+end, err)
						}
					}
				}
			}
		}
		for _, value := range []string{"'", `"`, "$.a", "') OR 1=1 --", "\\", "{}", "[0]"} {
			page, err := db.Read(t.Context()).Activity(store.Query{Filters: []store.Filter{{Field: "changes__added_fields__scope", Value: value}}, Search: []string{value}}, everyEntry)
			if err != nil || len(page.Rows) > 0 {
				t.Errorf("%q: %d rows, %v", value, len(page.Rows), err)
			}
		}
	})
}
