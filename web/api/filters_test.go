package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// Contract §2.1 over HTTP, the same at both platforms as far as the rows are.
func TestFiltersOverHTTP(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		one, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID, "description": "nightly [1]", "scope": "read"})
		two, _ := newToken(t, s, "oa", C, fields{"application": s.Job.ID, "description": `100% "quoted" back\slash_x's`})
		personal, _ := newToken(t, s, "alice", C, fields{"description": "Ünïcode"})
		q := url.QueryEscape
		for query, want := range map[string]int{
			// lookups
			"tokens/?description__exact=nightly+%5B1%5D":               1,
			"tokens/?description__iexact=NIGHTLY+%5B1%5D":              1,
			"tokens/?description__contains=ight":                       1,
			"tokens/?description__icontains=IGHT":                      1,
			"tokens/?description__startswith=nig":                      1,
			"tokens/?description__istartswith=NIG":                     1,
			"tokens/?description__endswith=1%5D":                       1,
			"tokens/?description__iendswith=NÏCODE":                    1,
			"tokens/?description__regex=" + q(`^nightly \[\d\]$`):      1,
			"tokens/?description__regex=" + q(`^N`):                    0,
			"tokens/?description__iregex=" + q(`^N|^ü`):                2,
			"tokens/?description__gt=n&description__lte=o":             1,
			"tokens/?description__in=" + q("Ünïcode,other"):            1,
			"tokens/?description__isnull=true":                         0,
			"tokens/?description=" + q(`100% "quoted" back\slash_x's`): 1,
			"tokens/?description__contains=" + q(`\s`):                 1,
			"tokens/?description__contains=" + q(`_x'`):                1,
			"tokens/?last_used__isnull=1":                              3,
			fmt.Sprintf("tokens/?id__in=%d,%d", one, two):              2,
			fmt.Sprintf("tokens/?id__gt__int=%d", one):                 2,
			fmt.Sprintf("tokens/?id__int__gt=%d", one):                 2,
			fmt.Sprintf("tokens/?id__in__int=%d,%d", one, two):         2,
			"tokens/?application__name__int=5":                         0,
			// a missing relation
			"tokens/?application=null":               1,
			"tokens/?application=None":               1,
			"tokens/?application__id=none":           1,
			"tokens/?application__isnull=false":      2,
			"tokens/?application__id__isnull=true":   1,
			"tokens/?not__application=null":          2,
			"tokens/?refresh_token=null":             1,
			"tokens/?refresh_token__isnull=0":        2,
			"tokens/?application__organization=null": 1,
			"applications/?tokens=null":              0,
			"users/?tokens__isnull=true":             4,
			// relations
			"tokens/?application__organization__name=O":                                      2,
			fmt.Sprintf("tokens/?application__organization=%d", s.Organization.ID):           2,
			"tokens/?application__organization__users__username=om":                          2,
			"tokens/?user__organizations__name=O&user__username=om":                          1,
			"tokens/?user__search=LICE":                                                      1,
			"tokens/?user__search=alice@example.org":                                         1,
			"tokens/?user__search=alice,bob":                                                 0,
			"tokens/?application__search=app+controller":                                     2,
			"tokens/?created_by__username=oa":                                                1,
			"applications/?tokens__description__contains=nightly":                            1,
			"applications/?tokens__description__contains=nightly&tokens__scope=write":        0,
			"applications/?tokens__description__contains=nightly&chain__tokens__scope=write": 1,
			"applications/?tokens__search=nightly,1":                                         1,
			"applications/?organization__admins__username=oa&name__contains=controller":      1,
			"organizations/?applications__tokens__user__username=om":                         1,
			"organizations/?users__username=om":                                              1,
			"users/?organizations__name=O":                                                   2,
			"users/?organizations=null":                                                      4,
			"users/?tokens__application__name__istartswith=APP":                              2,
			// prefixes
			"tokens/?or__description__startswith=n&or__user__username=alice":              2,
			"tokens/?or__not__user__username=alice&or__scope=read":                        2,
			"tokens/?not__or__user__username=alice&or__scope=read":                        2,
			"tokens/?or__user__username=alice&or__user__username=om&scope=read":           1,
			"tokens/?not__user__username=alice&not__user__username=om":                    1,
			"tokens/?not__user__username__in=alice,om":                                    1,
			"tokens/?chain__user__username=alice&chain__not__scope=read":                  1,
			"applications/?not__tokens__scope=read&name__contains=controller":             0,
			"users/?or__id=" + fmt.Sprint(s.ID("bob")) + "&or__username=4711":             1,
			"tokens/?search=controller":                                                   2,
			"tokens/?search=controller,nightly":                                           1,
			"tokens/?search=Alice+ünï":                                                    1,
			"users/?search=example.org":                                                   1,
			"users/?is_system_auditor=true":                                               1,
			"users/?is_platform_auditor=1":                                                1,
			"tokens/?type=user":                                                           0,
			"tokens/?type=user,o_auth2_access_token":                                      3,
			"tokens/?page_size=200&format=json&host_filter=x&validate=true&no_truncate=1": 3,
		} {
			if got := s.Get(t, "admin", C+query).Want(200).Int("count"); got != int64(want) {
				t.Errorf("%s: %d rows, want %d", query, got, want)
			}
			s.Get(t, "admin", G+query).Want(200)
		}
		for order, want := range map[string][]any{
			"user__username": {personal, two, one}, "-user__username": {one, two, personal}, "application__name,-id": {two, one, personal},
			"-application__organization__name,user__username": {two, one, personal}, "user__email,id": {one, two, personal}, "created_by__username": {personal, two, one},
		} {
			for _, mount := range []string{G, C} {
				got := s.Get(t, "admin", mount+"tokens/?order_by="+order).Want(200).Column("id")
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s by %s: %v, want %v", mount, order, got, want)
				}
			}
		}
	})
}

// Contract §2.1: what is wrong with a filter, in the answer's detail.
func TestFilterErrors(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for query, words := range map[string]string{
			"tokens/?nonsense=1":                                          "access_tokens has no field named 'nonsense'",
			"tokens/?user__nonsense=1":                                    "users has no field named 'nonsense'",
			"tokens/?user__user__username=1":                              "users has no field named 'user'",
			"tokens/?description__nonsense=1":                             "access_tokens has no field named 'nonsense'",
			"tokens/?" + strings.Repeat("x", 5000) + "=1":                 "has no field named 'xxx",
			"tokens/?application__tokens__description=1":                  "Loops not allowed",
			"tokens/?user__created_by__username=1":                        "Loops not allowed",
			"users/?created_by__modified_by__username=1":                  "Loops not allowed",
			"users/?tokens__application__tokens__isnull=true":             "Loops not allowed",
			"organizations/?chain__users__organizations__name=x":          "Loops not allowed",
			"tokens/?order_by=application__tokens__id":                    "Loops not allowed",
			"applications/?order_by=tokens__description":                  "cannot be sorted by",
			"tokens/?order_by=user__nope":                                 "has no field named 'nope'",
			"tokens/?id=x":                                                "'x' is not an integer",
			"tokens/?user__id=1.5":                                        "not an integer",
			"tokens/?id=99999999999999999999":                             "not an integer",
			"tokens/?id__in=":                                             "empty value for __in",
			"tokens/?description__in=":                                    "empty value for __in",
			"tokens/?application__organization__in=1,x":                   "not an integer",
			"tokens/?description__int=x":                                  "has to be an integer",
			"tokens/?id__in__int=1,":                                      "has to be an integer",
			"tokens/?created__gt=2024-13-01":                              "not a date",
			"tokens/?user__last_login__lt=now":                            "not a date",
			"users/?is_superuser=2":                                       "not a boolean",
			"tokens/?user__isnull=x":                                      "not a boolean",
			"tokens/?id__iexact=1":                                        "does not support iexact",
			"tokens/?created__contains=2024":                              "does not support contains",
			"users/?is_superuser__istartswith=t":                          "does not support istartswith",
			"tokens/?id__regex=1":                                         "does not support regex",
			"tokens/?description__regex=%28":                              "description__regex: invalid regular expression",
			"tokens/?description__iregex=%28a%29%5C1":                     "description__iregex: invalid regular expression",
			"tokens/?description__regex=%28%3F%3Da%29":                    "invalid regular expression",
			"tokens/?description__regex=" + strings.Repeat("a", 1001):     "too long",
			"tokens/?description=" + strings.Repeat("a", 10001):           "too long",
			"tokens/?search=" + strings.Repeat("a", 10001):                "too long",
			"tokens/?description__search=x":                               "does not support search",
			"tokens/?user__search=%00":                                    "Null characters",
			"tokens/?user__search=%ff":                                    "UTF-8",
			"tokens/?" + strings.Repeat("or__user=1&", 1000):              "too long",
			"tokens/?" + strings.Repeat("or__user__organizations=1&", 26): "too many relations",
		} {
			for _, mount := range []string{G, C} {
				if detail := s.Get(t, "admin", mount+query).Want(400).String("detail"); !strings.Contains(detail, words) || len(detail) > 250 {
					t.Errorf("%.60s: %q, want %q", query, detail, words)
				}
			}
		}
	})
}

// Case 37 through every kind of detour.
func TestCase37SecretsBehindRelations(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		paths := map[string][]string{
			"tokens": {"token", "refresh_token__token", "application__client_secret", "user__password", "user__tokens__token", "user__applications__client_secret",
				"application__organization__users__password", "created_by__password", "digest", "hint", "code"},
			"applications":  {"client_secret", "tokens__token", "access_tokens__refresh_token__token", "user__password", "organization__admins__password", "tokens__digest"},
			"users":         {"password", "tokens__token", "applications__client_secret", "created_by__password", "tokens__refresh_token__token"},
			"organizations": {"users__password", "applications__client_secret", "applications__tokens__token", "users__tokens__hint"},
		}
		own := map[string][]string{
			"tokens":       {"application__client_id", "user__applications__client_id"},
			"applications": {"client_id"}, "users": {"applications__client_id", "tokens__application__client_id"}, "organizations": {"applications__client_id"},
		}
		keys := []string{"%s=x", "not__%s=x", "or__%s=x", "chain__%s=x", "not__or__%s__regex=x", "%s__isnull=true", "%s__in=a,b", "%s__startswith=a", "%s__search=x",
			"%s__gt=", "%s__int=1", "%s__id=1", "order_by=%s", "order_by=id,-%s", "order=%s"}
		refused := func(mount, list, path string) {
			for _, key := range keys {
				query := fmt.Sprintf(key, path)
				name := path[strings.LastIndex("__"+path, "__"):]
				s.Get(t, "bob", mount+list+"/?"+query).Want(403).Equal("detail", "Filtering on "+name+" is not allowed.")
			}
		}
		for list := range paths {
			for _, path := range paths[list] {
				refused(G, list, path)
			}
			for _, path := range own[list] {
				refused(C, list, path)
			}
		}
		s.Get(t, "admin", G+"tokens/?application__client_id__isnull=true&order_by=application__client_id").Want(200)
	})
}

// ADR 0015: nobody learns by asking what they could not read.
func TestProbing(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		change(t, s, "pa", func(u *models.User) { u.Email, u.FirstName = "secret@example.net", "Pat" })
		hidden, _ := newToken(t, s, "pa", G, fields{"description": "hidden words"})
		newToken(t, s, "oa", G, fields{"application": s.App.ID, "description": "the administrator's"})
		newToken(t, s, "om", G, fields{"application": s.App.ID, "description": "the member's"})
		for query, want := range map[string]struct{ om, admin int64 }{
			"applications/?tokens__description__contains=administrator":     {0, 1},
			"applications/?tokens__description__contains=member":            {1, 1},
			"applications/?tokens__user__email__contains=@":                 {0, 0},
			"organizations/?applications__tokens__search=administrator":     {0, 1},
			"users/?tokens__description__startswith=hidden":                 {0, 1},
			fmt.Sprintf("users/?tokens=%d", hidden):                         {0, 1},
			"users/?organizations__name=P":                                  {0, 1},
			"users/?username=pa":                                            {0, 1},
			"organizations/?admins__email__startswith=secret":               {0, 1},
			"organizations/?admins__username=pa":                            {0, 1},
			"tokens/?user__email__startswith=secret":                        {0, 1},
			"tokens/?or__user__email__startswith=secret&or__id=0":           {0, 1},
			"tokens/?application__organization__admins__email__isnull=true": {0, 0},
		} {
			for who, count := range map[string]int64{"om": want.om, "admin": want.admin} {
				if got := s.Get(t, who, G+query).Want(200).Int("count"); got != count {
					t.Errorf("%s asks %s: %d rows, want %d", who, query, got, count)
				}
			}
		}
	})
}

// Contract §1.3: the filter on created of a user is one on the day of joining.
func TestCreatedOfUsers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.DB.Clock.Advance(48 * time.Hour)
		s.Post(t, "admin", G+"users/", fields{"username": "late", "password": webtest.Password}).Want(201)
		for query, want := range map[string][]any{
			"created__gt=2026-03-02": {"late"}, "created__gte=2026-03-03T12:00:00Z": {"late"}, "created__lt=2026-03-02&username__in=bob,late": {"bob"},
			"created__gt=2027-01-01": {}, "order_by=-created&username__in=bob,late": {"late", "bob"}, "created=2026-03-03T12:00:00": {"late"},
		} {
			for _, mount := range []string{G, C} {
				if got := s.Get(t, "admin", mount+"users/?"+query).Want(200).Column("username"); !slices.Equal(got, want) {
					t.Errorf("%s%s: %v, want %v", mount, query, got, want)
				}
			}
		}
	})
}

// OPTIONS says what can be filtered and searched by, no more and no less.
func TestOptionsAgreeWithFilters(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		related := map[string][]any{
			"tokens":        {"application__search", "created_by__search", "modified_by__search", "user__search"},
			"applications":  {"access_tokens__search", "created_by__search", "modified_by__search", "organization__search", "tokens__search", "user__search"},
			"users":         {"applications__search", "created_by__search", "modified_by__search", "organizations__search", "tokens__search"},
			"organizations": {"admins__search", "applications__search", "created_by__search", "modified_by__search", "users__search"},
			"stream":        {"actor__search", "created_by__search"},
		}
		for _, mount := range []string{G, C} {
			for list, want := range related {
				address := mount + list + "/"
				if list == "stream" {
					address = mount + stream(mount)
				}
				options := s.Do(t, "admin", "OPTIONS", address, nil).Want(200)
				keys, _ := options.At("related_search_fields").([]any)
				if !slices.Equal(keys, want) {
					t.Errorf("%s: related_search_fields are %v, want %v", address, keys, want)
				}
				for _, key := range keys {
					s.Get(t, "admin", fmt.Sprintf("%s?%s=a", address, key)).Want(200)
				}
				described, _ := options.At("actions.GET").(map[string]any)
				for key, field := range described {
					filterable, _ := field.(map[string]any)["filterable"].(bool)
					a := s.Get(t, "admin", address+"?"+key+"__isnull=false")
					switch {
					case filterable:
						a.Want(200)
						s.Get(t, "admin", address+"?order_by="+key).Want(200)
					case list == "stream" && (key == "changes" || key == "object_type"): // our own columns, not what is shown by these names
					case a.Status != 400 && a.Status != 403:
						t.Errorf("%s: %s is not filterable and answers %d", address, key, a.Status)
					}
				}
			}
		}
	})
}
