package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/web/webtest"
)

// TestDescriptionIsServed: anybody gets it, whatever credentials they have.
func TestDescriptionIsServed(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, who := range []func(*http.Request){func(*http.Request) {}, webtest.Bearer("unknown")} {
			a := s.Get(t, "", "/api/openapi.json", who).Want(200).Equal("openapi", "3.1.0").Equal("info.title", "Gatehouse")
			if got := a.Header.Get("Content-Type"); got != "application/json" || !a.Has("paths") {
				t.Errorf("Content-Type is %q: %.80s", got, a.Text)
			}
		}
		s.Post(t, "admin", "/api/openapi.json", nil).Want(405)
	})
}

func TestRoots(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Get(t, "", "/api/").Want(200).Equal("available_versions.v2", "/api/v2/").Equal("current_version", "/api/v2/").Equal("oauth2", "/api/o/").
			Equal("apis.gateway", "/api/gateway/").Equal("custom_login_info", "")
		prefixed := s.Get(t, "", "/api/controller/").Want(200).Equal("available_versions.v2", "/api/controller/v2/")
		if prefixed.Has("oauth2") || prefixed.Has("apis") {
			t.Errorf("under a prefix: %s", prefixed.Text)
		}
		s.Get(t, "", "/api/gateway/").Want(200).Equal("available_versions.v1", G)
		for _, mount := range []string{G, C, short} {
			root := s.Get(t, "", mount).Want(200)
			for _, forbidden := range []string{"login", "import", "export", "inventories"} { // they break the command-line client
				if root.Has(forbidden) {
					t.Errorf("%s lists %s", mount, forbidden)
				}
			}
			for name, link := range root.JSON {
				if link != mount+name+"/" {
					t.Errorf("%s leads to %v", name, link)
				}
				s.Get(t, "admin", link.(string)).Want(200)
			}
		}
		for _, root := range []string{"/api/", "/api/controller/", "/api/gateway/", G, C} {
			if cookies(s.Get(t, "", root))["csrftoken"] == nil {
				t.Errorf("%s sets no csrftoken", root)
			}
		}
	})
}

// TestRootKeys: exactly what the contract names (§2.2, §2.3); the activity stream is looked at by its own tests.
func TestRootKeys(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		controller := []string{"applications", "config", "me", "organizations", "ping", "settings", "tokens", "users"}
		api := []string{"available_versions", "current_version", "custom_login_info", "custom_logo", "description", "login_redirect_override"}
		for root, want := range map[string][]string{
			G: {"applications", "me", "organizations", "ping", "role_definitions", "role_user_assignments", "tokens", "users"},
			C: controller, short: controller, "/api/controller/": api, "/api/": append([]string{"apis", "oauth2"}, api...),
		} {
			keys := slices.Sorted(maps.Keys(s.Get(t, "", root).Want(200).JSON))
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == "activity_stream" || key == "activitystream" })
			slices.Sort(want)
			if diff := cmp.Diff(want, keys); diff != "" {
				t.Errorf("%s (-want +got):\n%s", root, diff)
			}
		}
	})
}

// TestConfig: contract §2.3: its keys, and more for who administers or audits.
func TestConfig(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		plain := []string{"analytics_collectors", "analytics_status", "become_methods", "eula", "license_info", "time_zone", "ui_next", "version"}
		more := slices.Sorted(slices.Values(append([]string{"custom_virtualenvs", "project_base_dir", "project_local_paths"}, plain...)))
		for _, mount := range []string{C, short} {
			for who, want := range map[string][]string{"admin": more, "aud": more, "oa": more, "om": plain, "alice": plain} {
				a := s.Get(t, who, mount+"config/").Want(200).Equal("version", "4.5.0").Equal("time_zone", "UTC").Equal("analytics_status", "off").Equal("eula", "")
				if diff := cmp.Diff(want, slices.Sorted(maps.Keys(a.JSON))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", who, diff)
				}
				for key, empty := range map[string]string{"license_info": "{}", "analytics_collectors": "{}", "become_methods": "[]"} {
					a.Contains(`"` + key + `":` + empty)
				}
			}
			s.Get(t, "", mount+"config/").Want(401)
			s.Post(t, "admin", mount+"config/", fields{}).Want(405)
			s.Get(t, "alice", mount+"settings/").Want(200).Equal("count", 0).Equal("next", nil).Contains(`"results":[]`)
			if a := s.Get(t, "alice", mount+"settings/all/").Want(200); strings.TrimSpace(a.Text) != "{}" {
				t.Errorf("settings: %s", a.Text)
			}
			s.Do(t, "admin", "OPTIONS", mount+"settings/all/", nil).Want(200).Equal("actions.PUT", map[string]any{}) // the command line needs it
			s.Patch(t, "admin", mount+"settings/all/", fields{"SESSION_COOKIE_AGE": 60}).Want(405)
			s.Get(t, "", mount+"settings/").Want(401)
		}
		s.Get(t, "admin", G+"config/").Want(404)
	})
}

func TestPing(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Get(t, "", G+"ping/").Want(200).Equal("version", "4.5.0").Equal("pong", "2026-03-01T12:00:00.000000Z")
		a := s.Get(t, "", C+"ping/").Want(200).Equal("ha", false).Equal("version", "4.5.0")
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(a.String("install_uuid")) {
			t.Errorf("install_uuid is %q", a.String("install_uuid"))
		}
		s.Get(t, "", short+"ping/").Want(200).Equal("install_uuid", a.String("install_uuid"))
	})
}

func TestVersionsWithoutNumbers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		if got := s.Get(t, "alice", G+"me/").Want(200).Header.Get("X-API-Product-Version"); got != "0.0" {
			t.Errorf("the version is %q", got)
		}
	}, func(c *webtest.Config) { c.Web.Version = "dev" })
}

func TestCase78Options(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		options := func(who, address string) *webtest.Answer { return s.Do(t, who, "OPTIONS", address, nil).Want(200) }
		for _, mount := range []string{G, C, short} {
			post := options("alice", mount+"tokens/").Equal("actions.POST.scope.type", "string").Equal("max_page_size", 200).Equal("types.0", "o_auth2_access_token")
			for _, key := range []string{"application", "description", "scope"} {
				if post.At("actions.POST."+key) == nil {
					t.Errorf("%s: POST lacks %s", mount, key)
				}
			}
			for _, key := range []string{"token", "refresh_token", "user", "id"} {
				if post.At("actions.POST."+key) != nil || post.At("actions.GET."+key) == nil {
					t.Errorf("%s: %s in POST, or not in GET", mount, key)
				}
			}
			for who, may := range map[string]bool{"bob": false, "om": false, "aud": false, "oa": true, "admin": true} {
				if has := options(who, mount+"applications/").At("actions.POST") != nil; has != may {
					t.Errorf("%s: POST for %s is %t", mount, who, has)
				}
			}
			a := options("alice", mount+"tokens/1/").Equal("actions.PUT", nil)
			if allow := a.Header.Get("Allow"); allow != "GET, PUT, PATCH, DELETE, HEAD, OPTIONS" {
				t.Errorf("Allow is %q", allow)
			}
			id, read := newToken(t, s, "alice", mount, fields{"scope": "read"})
			options("alice", path(mount, "tokens", id)).Equal("actions.PUT.description.type", "string").Equal("actions.PUT.application", nil)
			limited := s.Do(t, "", "OPTIONS", mount+"tokens/", nil, webtest.Bearer(read)).Want(200)
			if limited.At("actions.POST") != nil {
				t.Error("a token of scope read is told that it may create")
			}
			s.Do(t, "", "OPTIONS", mount+"tokens/", nil).Want(401)
			s.Do(t, "", "OPTIONS", mount, nil).Want(200)
		}
		tokens := path(C, "applications", s.Job.ID, "tokens")
		for who, may := range map[string]bool{"bob": false, "alice": false, "om": true, "oa": true, "admin": true} {
			if has := options(who, tokens).At("actions.POST") != nil; has != may {
				t.Errorf("%s: POST at the application's tokens for %s is %t", tokens, who, has)
			}
		}
		auditor := map[string]string{G: "is_platform_auditor", C: "is_system_auditor"}
		for mount, key := range auditor {
			options("admin", mount+"users/").Equal("actions.POST."+key+".type", "boolean").Equal("actions.POST.username.required", true)
		}
	})
}

// TestOptionsForTheCommandLine: each field has a type, lists have GET and POST only, and resources that are not served here answer.
func TestOptionsForTheCommandLine(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, name := range []string{"tokens", "applications", "users", "organizations"} {
			for _, mount := range []string{G, C} {
				actions, _ := s.Do(t, "admin", "OPTIONS", mount+name+"/", nil).Want(200).At("actions").(map[string]any)
				for method, described := range actions {
					if method != "GET" && method != "POST" {
						t.Errorf("%s%s describes %s", mount, name, method)
					}
					for key, field := range described.(map[string]any) {
						if kind, _ := field.(map[string]any)["type"].(string); kind == "" {
							t.Errorf("%s%s: %s has no type", mount, name, key)
						}
					}
				}
				if allow := s.Do(t, "admin", "OPTIONS", mount+name+"/1/", nil).Want(200).Header.Get("Allow"); allow != "GET, PUT, PATCH, DELETE, HEAD, OPTIONS" {
					t.Errorf("%s%s/1/: Allow is %q", mount, name, allow)
				}
			}
		}
		for _, name := range []string{"projects", "inventories", "teams", "credentials", "job_templates", "workflow_job_templates", "instance_groups"} {
			if a := s.Do(t, "admin", "OPTIONS", C+name+"/", nil).Want(200); strings.TrimSpace(a.Text) != "{}" {
				t.Errorf("%s: %s", name, a.Text)
			}
			s.Do(t, "", "OPTIONS", C+name+"/", nil).Want(401)
			s.Get(t, "admin", C+name+"/").Want(405)
		}
	})
}

var rolesAt = map[string][]string{G: {"role_definitions", "role_user_assignments"}}

// TestOptionsNameWhatIsAnswered: the fields described are the fields of the objects, at both platforms.
func TestOptionsNameWhatIsAnswered(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			newToken(t, s, "om", mount, nil)
			for _, name := range append([]string{"tokens", "applications", "users", "organizations"}, rolesAt[mount]...) {
				row, _ := s.Get(t, "admin", mount+name+"/?page_size=1").Want(200).At("results.0").(map[string]any)
				described, _ := s.Do(t, "admin", "OPTIONS", mount+name+"/", nil).Want(200).At("actions.GET").(map[string]any)
				for key := range row {
					if described[key] == nil {
						t.Errorf("%s%s: %s is not described", mount, name, key)
					}
				}
				for key, field := range described {
					if _, there := row[key]; !there {
						t.Errorf("%s%s: %s is described and not there", mount, name, key)
					}
					if filterable, _ := field.(map[string]any)["filterable"].(bool); filterable {
						s.Get(t, "admin", mount+name+"/?"+key+"__isnull=false").Want(200)
					}
				}
			}
		}
	})
}

func TestNothingIsNullInLists(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		var body struct{ Results json.RawMessage }
		if err := json.Unmarshal([]byte(s.Get(t, "bob", G+"applications/").Want(200).Text), &body); err != nil || string(body.Results) != "[]" {
			t.Errorf("an empty list is %s, %v", body.Results, err)
		}
	})
}
