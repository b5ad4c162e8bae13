package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/web/webtest"
)

// TestActivityFieldsOfEachPlatform: exactly the members of contract §8, and ours beside them.
func TestActivityFieldsOfEachPlatform(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		newToken(t, s, "om", C, fields{"application": s.Job.ID})
		gateway := "changes content_type content_type_model created created_by id note object_id operation origin related related_content_type " +
			"related_content_type_model related_object_id summary_fields type url"
		controller := "action_node changes id note object1 object2 object_association object_type operation origin related summary_fields timestamp type url"
		for mount, want := range map[string]string{G: gateway, C: controller, short: controller} {
			list := s.Get(t, "om", newestAt(mount)).Want(200)
			one := s.Get(t, "om", list.String("results.0.url")).Want(200).Equal("type", "activity_stream").
				Equal("url", path(mount, strings.TrimSuffix(stream(mount), "/"), list.Int("results.0.id")))
			row, _ := list.At("results.0").(map[string]any)
			for _, object := range []map[string]any{row, one.JSON} {
				var keys []string
				for key := range object {
					keys = append(keys, key)
				}
				slices.Sort(keys)
				if got := strings.Join(keys, " "); got != want {
					t.Errorf("%s: %s\nwant %s", mount, got, want)
				}
			}
			for _, key := range []string{"created", "timestamp"} {
				if one.Has(key) && !momentPattern.MatchString(one.String(key)) {
					t.Errorf("%s is %q", key, one.String(key))
				}
			}
		}
	})
}

// TestActivityChangesAtTheGateway: values in their own types, secrets masked, names of what is pointed at in the detail only.
func TestActivityChangesAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Post(t, "oa", G+"applications/", application(s, fields{"user": s.ID("oa")})).Want(201)
		entry := func(at int, operation string) *webtest.Answer {
			t.Helper()
			list := s.Get(t, "admin", newestAt(G)).Want(200).Equal(fmt.Sprintf("results.%d.operation", at), operation)
			for _, key := range []string{"content_object", "changes.user", "changes.organization"} {
				if summary, _ := list.At(fmt.Sprintf("results.%d.summary_fields", at)).(map[string]any); summary[key] != nil {
					t.Errorf("the list names %s", key)
				}
			}
			return s.Get(t, "admin", list.String(fmt.Sprintf("results.%d.url", at))).Want(200)
		}
		made := entry(0, "create").Equal("changes.added_fields.organization", s.Organization.ID).Equal("changes.added_fields.user", s.ID("oa")).
			Equal("changes.added_fields.skip_authorization", false).Equal("changes.added_fields.client_secret", "$encrypted$").
			Equal("changes.added_fields.grant_types.0", "authorization_code").Equal("related.content_object", a.String("url")).
			Equal("summary_fields.content_object.name", a.String("name")).Equal("summary_fields.created_by.username", "oa").Equal("related_object_id", nil)
		summary, _ := made.At("summary_fields").(map[string]any)
		for key, want := range map[string]string{"changes.user": "username:oa", "changes.organization": "name:O"} {
			if !strings.Contains(fmt.Sprint(summary[key]), want) {
				t.Errorf("%s is %v", key, summary[key])
			}
		}
		for _, empty := range []string{"removed_fields", "changed_fields"} {
			if fields, _ := made.At("changes." + empty).(map[string]any); fields == nil || len(fields) > 0 {
				t.Errorf("%s is %v", empty, fields)
			}
		}
		s.Patch(t, "oa", a.String("url"), fields{"client_type": "public"}).Want(200)
		entry(0, "update").Equal("changes.changed_fields.client_type.0", "confidential").Equal("changes.changed_fields.client_type.1", "public").
			Equal("changes.changed_fields.client_secret.0", "$encrypted$").Equal("changes.changed_fields.client_secret.1", "$encrypted$").
			Equal("changes.changed_fields.require_pkce.0", false).Equal("changes.changed_fields.require_pkce.1", true)
		s.Delete(t, "oa", a.String("url")).Want(204)
		entry(0, "delete").Equal("changes.removed_fields.name", a.String("name")).Equal("changes.removed_fields.client_secret", nil).Equal("related.content_object", nil)
		carol := s.Post(t, "admin", G+"users/", fields{"username": "carol", "password": "Sesame open thyself"}).Want(201)
		entry(0, "create").Equal("changes.added_fields.password", "$encrypted$").Equal("changes.added_fields.is_active", true).Equal("content_type_model", "user")
		s.Patch(t, "admin", carol.String("url"), fields{"password": "Another long word"}).Want(200)
		entry(0, "update").Equal("changes.changed_fields.password.0", "$encrypted$").Equal("changes.changed_fields.password.1", "$encrypted$").Equal("note", "password changed")
		s.Patch(t, "admin", carol.String("url"), fields{"is_active": false}).Want(200)
		entry(0, "update").Equal("changes.changed_fields.is_active.0", true).Equal("changes.changed_fields.is_active.1", false)
		s.Post(t, "admin", path(G, "organizations", s.Organization.ID, "users", "associate"), fields{"instances": []int64{carol.Int("id")}}).Want(204)
		entry(0, "associate").Equal("changes", nil).Equal("content_type_model", "organization").Equal("related_content_type_model", "user").
			Equal("related_object_id", fmt.Sprint(carol.Int("id"))).Equal("related_content_type", 4).Equal("related.related_content_object", carol.String("url"))
		_, _ = newToken(t, s, "om", G, nil)
		entry(0, "create").Equal("changes.added_fields.application", nil).Equal("changes.added_fields.token", "$encrypted$")
	})
}

// TestActivityChangesAtTheController: flat on creation and deletion, pairs on a change, both sides of an association.
func TestActivityChangesAtTheController(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{C, short} {
			newest := func(operation string) *webtest.Answer {
				t.Helper()
				list := s.Get(t, "admin", newestAt(mount)).Want(200).Equal("results.0.operation", operation)
				return s.Get(t, "admin", list.String("results.0.url")).Want(200)
			}
			carol := s.Post(t, "admin", mount+"users/", fields{"username": "carol", "password": "Sesame open thyself"}).Want(201)
			newest("create").Equal("changes.username", "carol").Equal("changes.is_system_auditor", false).Equal("changes.password", "************").
				Equal("changes.id", carol.Int("id")).Equal("changes.is_platform_auditor", nil).Equal("object1", "user").Equal("object2", "").Equal("object_type", "").
				Equal("related.user.0", carol.String("url")).Equal("summary_fields.user.0.username", "carol").Equal("summary_fields.actor.username", "admin")
			s.Patch(t, "admin", carol.String("url"), fields{"password": "Another long word", "first_name": "C"}).Want(200)
			newest("update").Equal("changes.first_name.0", "").Equal("changes.first_name.1", "C").Equal("changes.password.1", "************").Equal("changes.id", nil)
			for n, operation := range []string{"associate", "disassociate"} {
				s.Post(t, "admin", path(mount, "organizations", s.Organization.ID, "admins"), fields{"id": carol.Int("id"), "disassociate": n == 1}).Want(204)
				newest(operation).Equal("changes.object1", "organization").Equal("changes.object1_pk", s.Organization.ID).Equal("changes.object2", "user").
					Equal("changes.object2_pk", carol.Int("id")).Equal("changes.action", operation).Equal("changes.relationship", "organization.admin_role").
					Equal("object_association", "role").Equal("object_type", "organization").Equal("related.organization.0", path(mount, "organizations", s.Organization.ID))
			}
			app := s.Post(t, "oa", mount+"applications/", application(s, nil)).Want(201)
			s.Patch(t, "oa", app.String("url"), fields{"client_type": "public"}).Want(200)
			newest("update").Equal("changes.client_type.1", "public").Equal("changes.client_secret", nil).Equal("summary_fields.o_auth2_application.0.name", app.String("name"))
			s.Delete(t, "admin", carol.String("url")).Want(204)
			newest("delete").Equal("changes.username", "carol").Equal("changes.id", carol.Int("id")).Equal("related.user", nil).Equal("summary_fields.user", nil)
		}
	})
}

// TestActivityOfWhoIsGone: the entries that somebody made stay when they go, under the name (contract §8).
func TestActivityOfWhoIsGone(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Patch(t, "oa", path(C, "applications", s.Job.ID), fields{"description": "x"}).Want(200)
		at := s.Get(t, "admin", newestAt(C)).Want(200).Int("results.0.id")
		s.Delete(t, "admin", path(G, "users", s.ID("oa"))).Want(204)
		one := s.Get(t, "admin", path(G, "activitystream", at)).Want(200).Equal("created_by", s.ID("oa")).Equal("summary_fields.created_by.username", "oa")
		two := s.Get(t, "admin", path(C, "activity_stream", at)).Want(200).Equal("summary_fields.actor.username", "oa").Equal("summary_fields.actor.id", nil)
		if one.At("related.created_by") != nil || two.At("related.actor") != nil {
			t.Error("a link leads to who is gone")
		}
		s.Get(t, "admin", C+"activity_stream/?actor__username=oa").Want(200).Equal("count", 1)
	})
}

// TestActivityLinksNothingUnreadable: an entry stays with who could see it, what has moved away since is neither named nor linked.
func TestActivityLinksNothingUnreadable(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Patch(t, "oa", path(C, "applications", s.Job.ID), fields{"description": "ours"}).Want(200)
		s.Patch(t, "admin", path(C, "applications", s.Job.ID), fields{"organization": s.Other.ID, "description": "a matter of P"}).Want(200)
		entry := s.Get(t, "oa", C+"activity_stream/?object1=o_auth2_application").Want(200).Equal("count", 1).Equal("results.0.changes.description.1", "ours")
		if entry.At("results.0.related.o_auth2_application") != nil || strings.Contains(entry.Text, "a matter of P") {
			t.Errorf("what moved away is shown: %s", entry.Text)
		}
		s.Get(t, "pa", C+"activity_stream/?object1=o_auth2_application").Want(200).Equal("count", 1).Equal("results.0.changes.organization.1", s.Other.ID)
		s.Get(t, "pa", path(C, "applications", s.Job.ID, "activity_stream")).Want(200).Equal("count", 1)
		s.Get(t, "oa", path(C, "applications", s.Job.ID, "activity_stream")).Want(403)
	})
}

// TestRelatedActivityStream: every object of both platforms leads to its entries (contract §1.1 to §1.4).
func TestRelatedActivityStream(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		for number, object := range map[int]string{1: fmt.Sprintf("tokens/%d", id), 3: fmt.Sprintf("applications/%d", s.Job.ID), 4: fmt.Sprintf("users/%d", s.ID("om")),
			5: fmt.Sprintf("organizations/%d", s.Organization.ID)} {
			for mount, want := range map[string]string{C: C + object + "/activity_stream/", short: short + object + "/activity_stream/",
				G: fmt.Sprintf("%sactivitystream/?content_type=%d&object_id=%s", G, number, object[strings.Index(object, "/")+1:])} {
				link := s.Get(t, "admin", mount+object+"/").Want(200).Equal("related.activity_stream", want).String("related.activity_stream")
				before := s.Get(t, "admin", link).Want(200).Int("count")
				change := map[int]fields{1: {"description": mount}, 3: {"description": mount}, 4: {"first_name": mount + "!"}, 5: {"description": mount}}[number]
				s.Patch(t, "admin", G+object+"/", change).Want(200)
				if after := s.Get(t, "admin", link).Want(200).Int("count"); after <= before {
					t.Errorf("%s leads from %d entries to %d", link, before, after)
				}
			}
		}
	})
}

// TestRelatedLinks: the keys of related, of each platform (contract §1.1, §1.2, §1.4).
func TestRelatedLinks(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := s.Post(t, "admin", G+"applications/", application(s, fields{"user": s.ID("om")})).Want(201)
		ofApp, _ := newToken(t, s, "om", G, fields{"application": app.Int("id")})
		ofJob, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		organization := s.Post(t, "admin", G+"organizations/", fields{"name": "Q"}).Want(201).Int("id")
		for address, want := range map[string]string{
			path(G, "tokens", ofApp):               "activity_stream application created_by modified_by user",
			path(C, "tokens", ofJob):               "activity_stream application user",
			path(G, "applications", app.Int("id")): "access_tokens activity_stream created_by modified_by organization tokens user",
			path(C, "applications", s.Job.ID):      "access_tokens activity_stream named_url organization tokens",
			path(G, "organizations", organization): "activity_stream admins applications auditors created_by modified_by users",
			path(C, "organizations", organization): "activity_stream admins applications auditors users",
		} {
			related, _ := s.Get(t, "admin", address).Want(200).At("related").(map[string]any)
			var keys []string
			for key := range related {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			if got := strings.Join(keys, " "); got != want {
				t.Errorf("%s: %s, want %s", address, got, want)
			}
		}
	})
}
