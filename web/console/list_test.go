package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// described makes tokens that differ in what the list can be narrowed and sorted by.
func described(t testing.TB, s *webtest.Site) {
	t.Helper()
	now := s.DB.Now()
	for _, each := range []struct {
		who         string
		face        models.Face
		application int64
		description string
		expires     time.Time
	}{
		{"alice", models.FaceConsole, 0, "Backup of orders", now.AddDate(0, 1, 0)},
		{"alice", models.FaceController, 0, "Legacy inventory", now.AddDate(0, 0, 3)},
		{"om", models.FaceConsole, s.App.ID, "Portal 100%", now.AddDate(0, 2, 0)},
		{"om", models.FaceController, s.Job.ID, "Old job", now.Add(-time.Hour)},
		{"oa", models.FaceConsole, 0, "backup of the wiki", now.AddDate(0, 0, 7)},
	} {
		id := token(t, s, each.who, each.face, each.application)
		change(t, s, func(tx *store.Tx) error {
			token, err := tx.LockAccessToken(id)
			if err != nil {
				return err
			}
			token.Description, token.Expires = each.description, each.expires
			return tx.UpdateAccessToken(token)
		})
	}
}

// TestTokenList: search, filters and order of the address, for an auditor, who sees everything.
func TestTokenList(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		described(t, s)
		b := as(t, s, "aud")
		for query, want := range map[string]string{
			"":                                  "backup of the wiki|Old job|Portal 100%|Legacy inventory|Backup of orders",
			"search=backup":                     "backup of the wiki|Backup of orders",
			"search=backup+alice":               "Backup of orders",
			"search=app+of+the+gateway":         "Portal 100%",
			"search=100%25":                     "Portal 100%",
			"search=%25":                        "Portal 100%", // a text, not a wildcard
			"search=_":                          "",
			"owner=%25":                         "",
			"platform=controller":               "Old job|Legacy inventory",
			"platform=controller&kind=personal": "Legacy inventory",
			"kind=application":                  "Old job|Portal 100%",
			"kind=personal":                     "backup of the wiki|Legacy inventory|Backup of orders",
			"state=active":                      "Portal 100%|Backup of orders",
			"state=expiring":                    "backup of the wiki|Legacy inventory",
			"state=expired":                     "Old job",
			"owner=om":                          "Old job|Portal 100%",
			"owner=o":                           "",
			"application=" + itoa(s.App.ID):     "Portal 100%",
			"order_by=description":              "Backup of orders|Legacy inventory|Old job|Portal 100%|backup of the wiki",
			"order_by=-expires":                 "Portal 100%|Backup of orders|backup of the wiki|Legacy inventory|Old job",
			"order_by=user__username&platform=gateway":                                   "Backup of orders|backup of the wiki|Portal 100%",
			"platform=nonsense&order_by=token&page=x&page_size=-1&application=x&foo=bar": "backup of the wiki|Old job|Portal 100%|Legacy inventory|Backup of orders",
		} {
			page := b.get("/tokens?" + query).is(200)
			if got := strings.Join(page.column("tbody th > a"), "|"); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		shown := b.get("/tokens?search=backup&state=expiring&owner=oa&order_by=-created").is(200)
		if got := fieldsOf(shown.Find("form.filters")); cmp.Diff(webtest.Form("search", "backup", "state", "expiring", "owner", "oa", "platform", "", "kind", "", "use", "", "order_by", "-created"), got) != "" {
			t.Errorf("the filters show %v", got)
		}
		shown.has(`th[aria-sort="descending"] a[href="/tokens?order_by=created&owner=oa&search=backup&state=expiring"]`)
		b.get("/tokens?search=nothing-like-this").is(200).says("main", "No results for these filters").has(`main a[href="/tokens"]`)
	})
}

// TestTokenStates: each state is said in words, with the platform and the kind.
func TestTokenStates(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		described(t, s)
		rows := as(t, s, "admin").get("/tokens?order_by=created").is(200).column("tbody tr")
		for n, want := range []string{"Personal alice Platform gateway Write Active", "Personal alice Automation controller Write Expires soon",
			"Application · app of the gateway om Platform gateway Write Active", "Application · app of the controller om Automation controller Write Expired", "Expires soon"} {
			if !strings.Contains(rows[n], want) {
				t.Errorf("row %d says %q, want %q", n, rows[n], want)
			}
		}
	})
}

// TestListsShowWhatMayBeSeen: ordinary users see their own tokens, without a column for the owner; administrators of an organization
// also those of its applications.
func TestListsShowWhatMayBeSeen(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		described(t, s)
		for who, want := range map[string]string{"alice": "Legacy inventory|Backup of orders", "bob": "", "om": "Old job|Portal 100%",
			"oa": "backup of the wiki|Old job|Portal 100%", "pa": ""} {
			page := as(t, s, who).get("/tokens").is(200)
			if got := strings.Join(page.column("tbody th > a"), "|"); got != want {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
		}
		as(t, s, "alice").get("/tokens").lacks(`[name="owner"]`).lacks(`[data-label="Owner"]`)
		as(t, s, "bob").get("/tokens").says("main", "No tokens yet").has(`main a[href="/tokens/new"]`)
		as(t, s, "alice").get("/tokens?owner=om&state=expired").says("main", "No results")
		for who, want := range map[string]string{"alice": "admin|alice", "om": "admin|oa|om", "oa": "admin|alice|aud|bob|oa|om|pa", "aud": "admin|alice|aud|bob|oa|om|pa"} {
			if got := strings.Join(as(t, s, who).get("/users").column("tbody th a"), "|"); got != want {
				t.Errorf("%s sees the users %q, want %q", who, got, want)
			}
		}
		for who, want := range map[string]string{"alice": "", "om": "O", "oa": "O", "pa": "P", "aud": "O|P"} {
			if got := strings.Join(as(t, s, who).get("/organizations").column("tbody th a"), "|"); got != want {
				t.Errorf("%s sees the organizations %q, want %q", who, got, want)
			}
		}
		for who, want := range map[string]string{"alice": "", "om": "app of the controller|app of the gateway", "pa": "", "aud": "app of the controller|app of the gateway"} {
			if got := strings.Join(as(t, s, who).get("/applications").column("tbody th a"), "|"); got != want {
				t.Errorf("%s sees the applications %q, want %q", who, got, want)
			}
		}
	})
}

// TestOtherLists: the filters of applications and users, the counts of organizations.
func TestOtherLists(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		token(t, s, "om", models.FaceConsole, s.App.ID)
		for address, want := range map[string]string{
			"/applications?platform=controller":                       "app of the controller",
			"/applications?search=gateway":                            "app of the gateway",
			"/applications?order_by=-name":                            "app of the gateway|app of the controller",
			"/applications?organization=" + itoa(s.Other.ID):          "",
			"/users?type=superuser":                                   "admin",
			"/users?type=auditor":                                     "aud",
			"/users?type=normal&order_by=-username":                   "pa|om|oa|bob|alice",
			"/users?active=false":                                     "",
			"/users?search=alice@example":                             "alice",
			"/users?organization=" + itoa(s.Organization.ID):          "oa|om",
			"/users?search=m&organization=" + itoa(s.Organization.ID): "om",
			"/organizations?search=p":                                 "P",
			"/organizations?order_by=-name":                           "P|O",
		} {
			if got := strings.Join(b.get(address).is(200).column("tbody th a"), "|"); got != want {
				t.Errorf("%s lists %q, want %q", address, got, want)
			}
		}
		b.get("/organizations?search=o").says(`tbody [data-label="Members"]`, "2").says(`tbody [data-label="Administrators"]`, "1").says(`tbody [data-label="Applications"]`, "2")
		b.get("/applications?search=gateway").says(`tbody [data-label="Tokens"]`, "1")
		b.get("/users?organization="+itoa(s.Organization.ID)).says(".lede", "of O")
		as(t, s, "alice").get("/users?organization=" + itoa(s.Organization.ID)).is(http.StatusForbidden)
		b.get("/users?organization=999999").is(http.StatusNotFound)
	})
}

// TestPaging: pages follow each other without gap or repeat; an address beyond the last leads to it.
func TestPaging(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for range 7 {
			token(t, s, "alice", models.FaceConsole, 0)
		}
		b := as(t, s, "alice")
		seen := map[string]bool{}
		address := "/tokens?page_size=3&platform=gateway"
		for n := 1; address != ""; n++ {
			page := b.get(address).is(200)
			for _, name := range page.column("tbody th a") {
				if seen[name] {
					t.Errorf("%s is shown twice", name)
				}
				seen[name] = true
			}
			page.says(".table-foot", fmt.Sprintf("Page %d of 3", n)).says(".table-foot", "of 7").says(".lede", "7 tokens")
			address = page.Find(`a[rel="next"]`).AttrOr("href", "")
		}
		if len(seen) != 7 {
			t.Errorf("%d tokens on all pages, want 7", len(seen))
		}
		b.get("/tokens?page_size=3&page=9&platform=gateway").goesTo("/tokens?" + url.Values{"page": {"3"}, "page_size": {"3"}, "platform": {"gateway"}}.Encode())
		b.get("/tokens?page=2&search=nothing").goesTo("/tokens?page=1&search=nothing")
		b.get("/tokens?page_size=100000").is(200).says(".table-foot", "1–7 of 7")
		if got := b.get("/tokens?page_size=2").Find("tbody tr").Length(); got != 2 {
			t.Errorf("%d rows", got)
		}
	})
}

// TestHostileAddresses: whatever an address holds, the answer is a page and not an error of the server.
func TestHostileAddresses(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		for _, list := range []string{"/tokens", "/applications", "/users", "/organizations", "/activity"} {
			for _, name := range []string{"search", "owner", "application", "organization", "platform", "kind", "state", "type", "active", "about", "operation", "actor", "from", "to", "token", "user", "order_by", "page", "page_size"} {
				for _, value := range []string{"\x00", "\xff\xfe", "%", "_", `\`, "'", `"><script>alert(1)</script>`, "-1", "0", "99999999999999999999", "9223372036854775807",
					strings.Repeat("x", 20_000), strings.Repeat("x ", 300), "é", "id", "--id", "token"} {
					a := b.get(list + "?" + url.Values{name: {value}}.Encode())
					if a.status != 200 && a.status != 302 && a.status != 400 && a.status != 404 {
						t.Errorf("%s?%s=%.30q answers %d", list, name, value, a.status)
					}
					if n := a.Find("main script").Length(); n > 0 {
						t.Errorf("%s?%s=%.30q puts a script into the page", list, name, value)
					}
				}
			}
		}
		for _, id := range []string{"0", "-1", "x", "1.5", "99999999999999999999", "%00", "1%2F2", "٣", "+1"} {
			for _, list := range []string{"/tokens/", "/applications/", "/users/", "/organizations/", "/activity/", "/maintenance/imports/"} {
				b.get(list + id).is(http.StatusNotFound)
			}
		}
	})
}
