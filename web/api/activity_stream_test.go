package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// TestActivityStreamIsReadOnly: other methods are 405, OPTIONS says what there is, and HEAD answers as GET does (contract §2.2, §2.3).
func TestActivityStreamIsReadOnly(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "alice", C, nil)
		for mount, name := range map[string]string{G: "activitystream", C: "activity_stream", short: "activity_stream"} {
			s.Get(t, "", mount).Want(200).Equal(name, mount+name+"/")
			addresses := []string{mount + name + "/", mount + name + "/1/"}
			if mount != G {
				addresses = append(addresses, path(mount, "tokens", id, "activity_stream"), path(mount, "applications", s.Job.ID, "activity_stream"),
					path(mount, "users", s.ID("alice"), "activity_stream"), path(mount, "organizations", s.Organization.ID, "activity_stream"))
			}
			for _, address := range addresses {
				for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
					if a := s.Do(t, "admin", method, address, fields{}).Want(405); a.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
						t.Errorf("%s %s: Allow is %q", method, address, a.Header.Get("Allow"))
					}
				}
				get, head := s.Get(t, "admin", address).Want(200), s.Do(t, "admin", "HEAD", address, nil).Want(200)
				if head.Text != "" || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
					t.Errorf("HEAD %s: %q", address, head.Text)
				}
				about := s.Do(t, "admin", "OPTIONS", address, nil).Want(200).Equal("types.0", "activity_stream").Equal("actions.POST", nil).Equal("actions.PUT", nil)
				described, _ := about.At("actions.GET").(map[string]any)
				entry := s.Get(t, "admin", newestAt(mount)).Want(200)
				shown, _ := entry.At("results.0").(map[string]any)
				if len(shown) != len(described) {
					t.Errorf("%s: %d fields are shown, %d described", address, len(shown), len(described))
				}
				for key := range shown {
					if described[key] == nil {
						t.Errorf("%s: OPTIONS lacks %s", address, key)
					}
				}
				s.Get(t, "", address).Want(401)
			}
			for _, wrong := range []string{"0", "4711", "x", "-1", "99999999999999999999"} {
				s.Get(t, "admin", mount+name+"/"+wrong+"/").Want(404).Equal("detail", "Not found.")
			}
		}
		s.Get(t, "admin", G+"activity_stream/").Want(404)
		s.Get(t, "admin", C+"activitystream/").Want(404)
		s.Get(t, "admin", path(G, "tokens", id, "activity_stream")).Want(404)
	})
}

// TestActivityStreamsOfThings are for who may read the thing (contract §2.3), at the controller also by name.
func TestActivityStreamsOfThings(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		s.Patch(t, "oa", path(C, "applications", s.Job.ID), fields{"description": "x"}).Want(200)
		s.Patch(t, "om", path(C, "users", s.ID("om")), fields{"first_name": "Om"}).Want(200)
		s.Patch(t, "oa", path(C, "organizations", s.Organization.ID), fields{"description": "x"}).Want(200)
		for _, mount := range []string{C, short} {
			for address, may := range map[string]map[string]int{
				path(mount, "tokens", id, "activity_stream"):                           {"admin": 1, "aud": 1, "om": 1, "oa": 1, "bob": -403},
				path(mount, "applications", s.Job.ID, "activity_stream"):               {"admin": 1, "aud": 1, "om": 1, "oa": 1, "bob": -403},
				path(mount, "users", s.ID("om"), "activity_stream"):                    {"admin": 1, "aud": 1, "om": 1, "oa": 1, "bob": -403},
				path(mount, "organizations", s.Organization.ID, "activity_stream"):     {"admin": 1, "aud": 1, "om": 1, "oa": 1, "bob": -403},
				mount + "users/om/activity_stream/":                                    {"admin": 1, "om": 1, "bob": -404},
				mount + "applications/app%20of%20the%20controller++O/activity_stream/": {"admin": 1, "om": 1, "bob": -404},
				path(mount, "applications", s.App.ID, "activity_stream"):               {"admin": -404, "oa": -404}, // of the gateway
				path(mount, "tokens", 4711, "activity_stream"):                         {"admin": -404, "bob": -404},
			} {
				for who, want := range may {
					if want < 0 {
						s.Get(t, who, address).Want(-want)
						continue
					}
					s.Get(t, who, address).Want(200).Equal("count", want)
				}
			}
		}
	})
}

// TestWhoSeesWhichActivity: an entry is in the list of exactly those who may read it by itself; to others it is 404 (contract §12.19).
func TestWhoSeesWhichActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.SignIn(t, "alice")
		mark := entries(t, s)[0].ID
		newToken(t, s, "alice", G, fields{"description": "personal of the gateway"})
		newToken(t, s, "alice", C, fields{"description": "personal of the controller"})
		newToken(t, s, "om", G, fields{"application": s.App.ID, "description": "of app"})
		gone, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID, "description": "of job"})
		s.Delete(t, "om", path(C, "tokens", gone)).Want(204)
		s.Patch(t, "admin", path(G, "users", s.ID("alice")), fields{"first_name": "A"}).Want(200)
		s.Patch(t, "admin", path(G, "users", s.ID("om")), fields{"first_name": "O"}).Want(200)
		s.Post(t, "admin", path(C, "organizations", s.Organization.ID, "users"), fields{"id": s.ID("bob")}).Want(204)
		s.Patch(t, "admin", path(G, "applications", s.App.ID), fields{"description": "x"}).Want(200)
		s.Patch(t, "admin", path(C, "applications", s.Job.ID), fields{"description": "x"}).Want(200)
		all := entries(t, s)
		slices.Reverse(all)
		all = slices.DeleteFunc(all, func(e models.Activity) bool { return e.ID <= mark })
		if len(all) != 10 {
			t.Fatalf("%d entries", len(all))
		}
		const personalG, personalC, ofApp, made, deleted, alice, om, joined, app, job = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
		for mount, table := range map[string]map[string][]int{
			G: {"admin": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "aud": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "alice": {personalG, personalC, alice},
				"om": {ofApp, made, deleted, om}, "oa": {ofApp, made, deleted, joined, app, job}, "bob": {joined}, "pa": nil},
			C: {"admin": {personalC, made, deleted, alice, om, joined, job}, "aud": {personalC, made, deleted, alice, om, joined, job}, "alice": {personalC, alice},
				"om": {made, deleted, om, joined, job}, "oa": {made, deleted, alice, om, joined, job}, "bob": {om, joined, job}, "pa": {alice, om}},
		} {
			for who, want := range table {
				list := s.Get(t, who, fmt.Sprintf("%s%s?order_by=id&id__gt=%d", mount, stream(mount), mark)).Want(200).Equal("count", len(want))
				var expected []any
				for n, entry := range all {
					status := 404
					if slices.Contains(want, n) {
						status, expected = 200, append(expected, float64(entry.ID))
					}
					s.Get(t, who, path(mount, strings.TrimSuffix(stream(mount), "/"), entry.ID)).Want(status)
				}
				if got := list.Column("id"); !slices.Equal(got, expected) {
					t.Errorf("%s: %s sees %v, want %v", mount, who, got, expected)
				}
			}
		}
	})
}

// TestSignInsAreNoPartOfTheStreams: the originals keep none; not even their user finds one through the APIs.
func TestSignInsAreNoPartOfTheStreams(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.SignIn(t, "alice")
		entry := entries(t, s)[0]
		if entry.Operation != models.OperationSignIn {
			t.Fatalf("the newest entry is %+v", entry)
		}
		for _, mount := range []string{G, C, short} {
			for _, who := range []string{"admin", "aud", "alice", "bob"} {
				s.Get(t, who, path(mount, strings.TrimSuffix(stream(mount), "/"), entry.ID)).Want(404)
				for _, query := range []string{"?operation=sign_in", "?operation__in=sign_in,sign_out", "?or__operation=sign_in&or__id__gt=0", fmt.Sprintf("?id=%d", entry.ID)} {
					for _, operation := range s.Get(t, who, mount+stream(mount)+query).Want(200).Column("operation") {
						if operation == "sign_in" || operation == "sign_out" {
							t.Errorf("%s finds a sign-in at %s%s", who, mount, query)
						}
					}
				}
			}
		}
	})
}

// TestActivityPages: sizes, order and links of each platform (contract §2.1).
func TestActivityPages(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for n := range 60 {
			s.Patch(t, "oa", path(C, "applications", s.Job.ID), fields{"description": fmt.Sprint(n)}).Want(200)
		}
		for mount, size := range map[string]int{G: 50, C: 25, short: 25} {
			first := s.Get(t, "admin", mount+stream(mount)).Want(200).Equal("count", 60).Equal("next", mount+stream(mount)+"?page=2")
			if got := len(first.Column("id")); got != size {
				t.Errorf("%s: %d entries on a page", mount, got)
			}
			ids := first.Column("id")
			if newestFirst := ids[0].(float64) > ids[1].(float64); newestFirst != (mount == G) {
				t.Errorf("%s: entries %v and %v come first", mount, ids[0], ids[1])
			}
			s.Get(t, "admin", mount+stream(mount)+"?order_by=-id&page_size=1").Want(200).Equal("results.0.note", "")
			s.Get(t, "admin", mount+stream(mount)+"?page=9").Want(404).Equal("detail", "Invalid page.")
			s.Get(t, "admin", mount+stream(mount)+"?order_by=nope").Want(400)
			s.Get(t, "admin", mount+stream(mount)+"?type=user").Want(200).Equal("count", 0)
			s.Get(t, "admin", mount+stream(mount)+"?type=activity_stream&search=58").Want(200).Equal("count", 2)
		}
	})
}

// TestActivityFilterKeys: the filters of both platforms, and keys that are none (contract §8).
func TestActivityFilterKeys(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID, "scope": "write"})
		s.Patch(t, "om", path(C, "tokens", id), fields{"scope": "read"}).Want(200)
		s.Post(t, "admin", G+"users/", fields{"username": "carol", "email": "carol@example.org", "password": "Sesame open thyself"}).Want(201)
		token, owner := fmt.Sprint(id), fmt.Sprint(s.ID("om"))
		for query, want := range map[string]int{
			"operation=create&changes__added_fields__email=carol@example.org": 1, "operation=update&changes__added_fields__email=carol@example.org": 0,
			"changes__changed_fields__scope__1=read": 1, "changes__changed_fields__scope__0=read": 0, "changes__added_fields__scope=write": 1,
			"content_type=1&object_id=" + token: 2, "content_type=4&object_id=" + token: 0, "content_type_model=user": 1, "created_by=" + owner: 2,
			"created_by__username=om": 2, "o_auth2_access_token__id=" + token: 2, "o_auth2_application__id=1": 0, "object1=o_auth2_access_token": 2,
			"object1__in=user,o_auth2_application": 1, "actor__username__icontains=ADM": 1, "changes__icontains=CAROL@": 1, "search=carol": 1, "search=carol,nothing": 0,
			"created__gt=2026-03-01T11:59:59Z": 3, "timestamp__lt=2026-03-01T11:59:59Z": 0, "not__operation=create": 1, "origin=api": 3, "user=" + owner: 0,
		} {
			for _, mount := range []string{G, C, short} {
				s.Get(t, "admin", mount+stream(mount)+"?"+query).Want(200).Equal("count", want)
			}
		}
		for _, key := range []string{"changes__added_fields", "changes__added_fields__nothing", "changes__changed_fields__scope__7", "changes__x__scope", "address", "form", "owner_id",
			"changes__added_fields__scope')--", "changes__added_fields__$.a", "activity.changes", "object_id=x&object_id"} {
			for _, mount := range []string{G, C} {
				s.Get(t, "admin", mount+stream(mount)+"?"+strings.ReplaceAll(url.QueryEscape(key), "%3Dx%26object_id", "=x&object_id")+"=1").Want(400)
			}
		}
		for key, name := range map[string]string{"changes__added_fields__token": "token", "changes__added_fields__client_secret__startswith": "client_secret",
			"changes__changed_fields__password__1": "password", "or__changes__removed_fields__token": "token", "not__o_auth2_access_token__token": "token",
			"o_auth2_application__client_secret__isnull": "client_secret", "user__password": "password"} {
			for _, mount := range []string{G, C} {
				s.Get(t, "admin", mount+stream(mount)+"?"+key+"=1").Want(403).Equal("detail", "Filtering on "+name+" is not allowed.")
			}
		}
	})
}

// TestActivityOfCommandsAndEndpoints: who acted is null, and the origin says how (contract §8).
func TestActivityOfCommandsAndEndpoints(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		form := webtest.Form("grant_type", "password", "username", "om", "password", webtest.Password, "client_id", s.Job.ClientID, "client_secret", s.Job.Secret)
		s.Post(t, "", "/api/o/token/", form).Want(200)
		if err := s.RevokeTokens(t.Context(), server.Command("revoke_oauth2_tokens"), server.Revocation{}); err != nil {
			t.Fatal(err)
		}
		for _, mount := range []string{G, C, short} {
			a := s.Get(t, "om", newestAt(mount)).Want(200).Equal("results.0.origin", "command:revoke_oauth2_tokens").Equal("results.0.note", "revoked").
				Equal("results.0.operation", "delete").Equal("results.1.origin", "oauth").Equal("results.1.operation", "create")
			if mount == G {
				a.Equal("results.0.created_by", nil).Equal("results.1.created_by", nil)
			}
			for _, key := range []string{"summary_fields.actor", "summary_fields.created_by", "related.actor", "related.created_by"} {
				if a.At("results.0."+key) != nil || a.At("results.1."+key) != nil {
					t.Errorf("%s: somebody acted: %s", mount, a.Text)
				}
			}
		}
	})
}
