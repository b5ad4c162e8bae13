package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// storeTokens stores n personal tokens of a user, described 1 to n, each an hour after the one before and expiring an hour earlier.
func storeTokens(t *testing.T, s *webtest.Site, who string, n int, platform models.Platform) {
	t.Helper()
	id := s.ID(who)
	err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
		for number := 1; number <= n; number++ {
			created := tx.Now().Add(time.Duration(number) * time.Hour)
			err := tx.CreateAccessToken(&models.AccessToken{Digest: models.NewSecret(30).Digest(), Hint: "abcd", UserID: &id, Scope: "read",
				Description: fmt.Sprintf("number %d", number), Expires: tx.Now().AddDate(1, 0, 0).Add(-time.Duration(number) * time.Hour), Platform: platform,
				Stamps: models.Stamps{Created: created, Modified: created}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCase37Secrets(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for query, field := range map[string]string{
			"applications/?client_secret__isnull=false": "client_secret",
			"tokens/?token__startswith=a":               "token",
			"tokens/?not__token=a":                      "token",
			"tokens/?or__token=a&or__id=1":              "token",
			"tokens/?application__client_secret=x":      "client_secret",
			"tokens/?refresh_token__token=x":            "token",
			"tokens/?user__password__startswith=x":      "password",
			"users/?password__contains=x":               "password",
			"tokens/?order_by=token":                    "token",
			"applications/?order_by=-client_secret":     "client_secret",
		} {
			for _, mount := range []string{G, C} {
				s.Get(t, "admin", mount+query).Want(403).Equal("detail", "Filtering on "+field+" is not allowed.")
			}
		}
		s.Get(t, "admin", C+"applications/?client_id=x").Want(403).Equal("detail", "Filtering on client_id is not allowed.")
		s.Get(t, "admin", G+"applications/?client_id="+s.App.ClientID).Want(200).Equal("count", 1)
	})
}

func TestCase38Pages(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "alice", 230, models.Controller)
		rows := func(a *webtest.Answer) int { return len(a.Want(200).Column("id")) }
		for mount, size := range map[string]int{G: 50, C: 25} {
			list := mount + "tokens/"
			first := s.Get(t, "alice", list).Equal("count", 230).Equal("previous", nil).Equal("next", list+"?page=2")
			if rows(first) != size {
				t.Errorf("%s: %d rows, want %d", list, rows(first), size)
			}
			if got := rows(s.Get(t, "alice", list+"?page_size=500")); got != 200 {
				t.Errorf("page_size=500: %d rows", got)
			}
			for _, wrong := range []string{"0", "-1", "many", ""} {
				if got := rows(s.Get(t, "alice", list+"?page_size="+wrong)); got != size {
					t.Errorf("page_size=%s: %d rows", wrong, got)
				}
			}
			for _, wrong := range []string{"99", "0", "-1", "x", "", "99999999999999999999", "10000001"} {
				s.Get(t, "alice", list+"?page="+wrong).Want(404).Equal("detail", "Invalid page.")
			}
			uncounted := s.Get(t, "alice", list+"?count_disabled=1&page_size=3").Want(200)
			if uncounted.Has("count") || uncounted.Has("next") || rows(uncounted) != 3 {
				t.Errorf("count_disabled: %s", uncounted.Text)
			}
			s.Get(t, "alice", list+"?page=3&page_size=10&description__contains=number+1").Equal("next", list+"?description__contains=number+1&page=4&page_size=10").
				Equal("previous", list+"?description__contains=number+1&page=2&page_size=10")
			s.Get(t, "alice", list+"?page=23&page_size=10").Equal("next", nil).Equal("previous", list+"?page=22&page_size=10")
			s.Get(t, "bob", list).Want(200).Equal("count", 0)
			s.Get(t, "bob", list+"?page=2").Want(404)
		}
		s.Get(t, "alice", G+"tokens/?page=2").Equal("previous", G+"tokens/")
		s.Get(t, "alice", C+"tokens/?page=2").Equal("previous", C+"tokens/?page=1")
		s.Get(t, "alice", G+"tokens/?page_size=500").Equal("next", G+"tokens/?page=2&page_size=500")
		s.Get(t, "alice", C+"tokens/?page_size=500").Equal("next", C+"tokens/?page=2&page_size=200")
	})
}

func TestPageSizesThatAreSet(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "alice", 8, models.Controller)
		for _, mount := range []string{G, C, short} {
			for query, want := range map[string]int{"": 3, "?page_size=100": 5} {
				if got := len(s.Get(t, "alice", mount+"tokens/"+query).Want(200).Column("id")); got != want {
					t.Errorf("%s%s: %d rows, want %d", mount, query, got, want)
				}
			}
		}
	}, func(c *webtest.Config) { c.Web.DefaultPageSize, c.Web.MaxPageSize = 3, 5 })
}

func TestCase39Filters(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "alice", 12, models.Gateway)
		ids := s.Get(t, "alice", G+"tokens/").Column("id")
		numbered := func(n int) string { return fmt.Sprint(ids[n-1]) }
		app := "name=" + url.QueryEscape(s.App.Name)
		for query, want := range map[string]int{
			"applications/?" + app:                                                  1,
			"applications/?name__icontains=GATEWAY":                                 1,
			"applications/?name__contains=GATEWAY":                                  0,
			"applications/?name__startswith=app&platform=gateway":                   1,
			"applications/?name__iexact=" + strings.ToUpper("app+of+the+gateway"):   1,
			fmt.Sprintf("applications/?organization=%d&%s", s.Organization.ID, app): 1,
			fmt.Sprintf("applications/?organization=%d&%s", s.Other.ID, app):        0,
			"applications/?organization__name=O":                                    2,
			"applications/?organization=null":                                       0,
			"applications/?organization__isnull=true":                               0,
			"applications/?skip_authorization=false":                                2,
			fmt.Sprintf("applications/?or__id=%d&or__%s", s.Job.ID, app):            2,
			"applications/?not__" + app:                                             1,
			"applications/?chain__" + app:                                           1,
			"applications/?name__endswith=gateway&name__startswith=x":               0,
			"applications/?type=o_auth2_application":                                2,
			"applications/?type=user":                                               0,
			"applications/?search=gateway":                                          1,
			"applications/?search=app,gateway":                                      1,
			"applications/?search=gateway+controller":                               0,
			"applications/?search=%25":                                              0,
			"applications/?search=":                                                 2,
			"applications/?format=json&limit=1&no_truncate=1":                       2,
			"tokens/?id__in=" + numbered(1) + "," + numbered(2):                     2,
			"tokens/?id=4711":                                                       0,
			"tokens/?id__int=" + numbered(1):                                        1,
			"tokens/?id__gt=" + numbered(10):                                        2,
			"tokens/?id__gte=" + numbered(10) + "&id__lt=" + numbered(12):           2,
			"tokens/?created__gt=2026-03-01T22:30:00Z":                              2,
			"tokens/?created__gt=2024-01-01":                                        12,
			"tokens/?created__lte=2026-03-01T14:00:00":                              2,
			"tokens/?user__username=alice":                                          12,
			"tokens/?user__username__icontains=ALI":                                 12,
			"tokens/?user__username__in=bob,alice":                                  12,
			"tokens/?application__isnull=true":                                      12,
			"tokens/?application=none":                                              12,
			"tokens/?description=number+1&description=number+2":                     0,
			"tokens/?description__contains=_":                                       0,
			"tokens/?search=number+12":                                              1,
			"tokens/?search=ALICE":                                                  12,
			"tokens/?not__or__description=number+1&or__id=" + numbered(1):           12,
			"users/?username=alice":                                                 1,
			"users/?username=nobody":                                                0,
			"users/?is_superuser=true":                                              1,
			"users/?is_superuser=1":                                                 1,
			"users/?first_name__exact=Alice":                                        1,
			"organizations/?name=O":                                                 1,
		} {
			if got := s.Get(t, "admin", G+query).Want(200).Int("count"); got != int64(want) {
				t.Errorf("%s: %d rows, want %d", query, got, want)
			}
		}
		for _, query := range []string{"tokens/?nonsense=1", "tokens/?user__nonsense=1", "tokens/?user__user=1", "tokens/?id=x", "tokens/?id__in=", "tokens/?id__in=1,x",
			"tokens/?created__gt=yesterday", "tokens/?id__iexact=1", "users/?is_superuser=perhaps", "tokens/?id__isnull=perhaps", "tokens/?=1", "tokens/?__=1",
			"tokens/?description=%00", "tokens/?description__contains=%00", "tokens/?a=%zz"} {
			for _, mount := range []string{G, C} {
				if a := s.Get(t, "admin", mount+query).Want(400); a.String("detail") == "" {
					t.Errorf("%s: %s", query, a.Text)
				}
			}
		}
		s.Get(t, "admin", G+"tokens/?nonsense=1").Want(400).Contains("has no field named 'nonsense'")
	})
}

func TestCase40Order(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "om", 2, models.Controller)
		storeTokens(t, s, "alice", 2, models.Controller)
		ids := s.Get(t, "admin", C+"tokens/").Want(200).Column("id")
		for query, want := range map[string][]int{
			"order_by=-expires":                 {0, 2, 1, 3},
			"order_by=expires,-id":              {3, 1, 2, 0},
			"order=-id":                         {3, 2, 1, 0},
			"order_by=user__username":           {2, 3, 0, 1},
			"order_by=-user__username,-created": {1, 0, 3, 2},
			"order_by=":                         {0, 1, 2, 3},
			"order_by=last_used":                {0, 1, 2, 3},
		} {
			var expected []any
			for _, place := range want {
				expected = append(expected, ids[place])
			}
			for _, mount := range []string{G, C} {
				if diff := cmp.Diff(expected, s.Get(t, "admin", mount+"tokens/?"+query).Want(200).Column("id")); diff != "" {
					t.Errorf("%s%s: %s", mount, query, diff)
				}
			}
		}
		s.Get(t, "admin", G+"tokens/?order_by=nope").Want(400)
		s.Get(t, "admin", C+"tokens/?order_by=id,nope").Want(400)
		names := s.Get(t, "admin", C+"users/").Want(200).Column("username")
		if diff := cmp.Diff([]any{"admin", "alice", "aud", "bob", "oa", "om", "pa"}, names); diff != "" {
			t.Error(diff)
		}
		if names := s.Get(t, "admin", G+"users/").Want(200).Column("username"); names[1] != "aud" {
			t.Errorf("the gateway's order is %v", names)
		}
	})
}
