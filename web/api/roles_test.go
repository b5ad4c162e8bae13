package api_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// TestPlatformAuditorRole: what the gateway's collection does to make somebody a platform auditor, and to end it (contract §2.4).
func TestPlatformAuditorRole(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		role := s.Get(t, "admin", G+"role_definitions/?name=Platform+Auditor").Want(200).Equal("count", 1).Equal("results.0.name", "Platform Auditor").Int("results.0.id")
		s.Get(t, "admin", path(G, "role_definitions", role)).Want(200).Equal("url", path(G, "role_definitions", role)).Equal("managed", true).Equal("type", "role_definition")
		before := len(entries(t, s))
		body := fields{"role_definition": role, "user": s.ID("alice")}
		a := s.Post(t, "admin", G+"role_user_assignments/", body).Want(201).Equal("user", s.ID("alice")).Equal("role_definition", role).
			Equal("object_id", nil).Equal("summary_fields.user.username", "alice").Equal("summary_fields.role_definition.name", "Platform Auditor")
		if a.Header.Get("Location") != a.String("url") {
			t.Errorf("Location is %q", a.Header.Get("Location"))
		}
		s.Get(t, "alice", G+"me/").Want(200).Equal("results.0.is_platform_auditor", true)
		s.Get(t, "alice", C+"me/").Want(200).Equal("results.0.is_system_auditor", true)
		s.Get(t, "alice", path(G, "applications", s.App.ID)).Want(200)
		s.Post(t, "admin", G+"role_user_assignments/", body).Want(201).Equal("id", a.Int("id"))
		if all := entries(t, s); len(all) != before+1 || all[0].ObjectType != models.ObjectUser || *all[0].Changes.Changed["is_platform_auditor"][1] != "true" {
			t.Errorf("%d new entries, the newest is %+v", len(all)-before, all[0])
		}
		ask := path(G, "role_user_assignments")
		for query, count := range map[string]int{"": 2, "?user=" + itoa(s.ID("alice")): 1, "?user=" + itoa(s.ID("bob")): 0, "?user__username=alice": 1, "?role_definition=1": 2,
			"?role_definition=2": 0, "?role_definition__name=Platform+Auditor&user__username=aud": 1, "?role_definition=" + itoa(role) + "&user=" + itoa(s.ID("alice")): 1,
			"?order_by=-user": 2, "?not__user=" + itoa(s.ID("alice")): 1, "?type=user": 0} {
			s.Get(t, "admin", ask+query).Want(200).Equal("count", count)
		}
		s.Get(t, "admin", a.String("url")).Want(200).Equal("url", a.String("url"))
		s.Delete(t, "admin", a.String("url")).Want(204)
		s.Get(t, "alice", G+"me/").Want(200).Equal("results.0.is_platform_auditor", false)
		s.Get(t, "admin", a.String("url")).Want(404)
		s.Delete(t, "admin", a.String("url")).Want(404)
		if newest := entries(t, s)[0]; *newest.Changes.Changed["is_platform_auditor"][1] != "false" {
			t.Errorf("the newest entry is %+v", newest)
		}
	})
}

// TestPlatformAuditorRoleRefused: only a superuser gives or takes the role, and nothing is stored where something is wrong.
func TestPlatformAuditorRoleRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, who := range []string{"admin", "aud", "alice", "oa"} {
			s.Get(t, who, G+"me/").Want(200) // from where they come is noted once
		}
		before, assignments := dump(t, s), G+"role_user_assignments/"
		for _, who := range []string{"aud", "alice", "oa"} {
			for _, body := range []fields{{"role_definition": 1, "user": s.ID(who)}, {"role_definition": 1, "user": s.ID("om")}, {"role_definition": 1, "user": 4711}, {}} {
				s.Post(t, who, assignments, body).Want(403)
			}
			s.Delete(t, who, path(G, "role_user_assignments", s.ID("aud"))).Want(403)
			s.Get(t, who, G+"role_definitions/").Want(200).Equal("count", 1)
			if s.Do(t, who, "OPTIONS", assignments, nil).Want(200).At("actions.POST") != nil {
				t.Errorf("%s is told that they may give roles", who)
			}
		}
		s.Get(t, "aud", assignments).Want(200).Equal("count", 1)
		s.Get(t, "alice", assignments).Want(200).Equal("count", 0)
		s.Get(t, "alice", path(G, "role_user_assignments", s.ID("aud"))).Want(403)
		for _, row := range []struct {
			body  fields
			field string
			says  string
		}{
			{fields{"user": 1}, "role_definition", "This field is required."},
			{fields{"role_definition": 1}, "user", "This field is required."},
			{fields{"role_definition": nil, "user": 1}, "role_definition", "This field may not be null."},
			{fields{"role_definition": 2, "user": 1}, "role_definition", `Invalid pk "2" - object does not exist.`},
			{fields{"role_definition": "Platform Auditor", "user": 1}, "role_definition", "Incorrect type. Expected pk value, received str."},
			{fields{"role_definition": 1, "user": 4711}, "user", `Invalid pk "4711" - object does not exist.`},
			{fields{"role_definition": 1, "user": s.ID("om"), "object_id": 1}, "object_id", "This role is given for the whole platform, not for an object."},
		} {
			s.Post(t, "admin", assignments, row.body).Want(400).Equal(row.field+".0", row.says)
		}
		for _, query := range []string{"?object_id=1", "?order_by=nope", "?user__nonsense=1", "?or__role_definition=1", "?role_definition__gt=0", "?role_definition__description=x"} {
			s.Get(t, "admin", assignments+query).Want(400)
		}
		s.Get(t, "admin", assignments+"?user__password=x").Want(403)
		s.Post(t, "admin", assignments+"?validate=true", fields{"role_definition": 1, "user": s.ID("om")}).Want(202)
		if dump(t, s) != before {
			t.Error("something was stored")
		}
		s.Get(t, "admin", path(G, "role_user_assignments", s.ID("om"))).Want(404)
		s.Patch(t, "admin", path(G, "role_user_assignments", s.ID("aud")), fields{}).Want(405)
		s.Get(t, "admin", C+"role_definitions/").Want(404)
	})
}

func TestRoleDefinitions(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		list := G + "role_definitions/"
		for query, count := range map[string]int{"": 1, "?name=Platform": 0, "?name__iexact=platform+auditor": 1, "?name__icontains=audit": 1, "?name__in=x,Platform+Auditor": 1,
			"?id=1": 1, "?id=2": 0, "?not__id=1": 0, "?or__id=5&or__name=Platform+Auditor": 1, "?or__id=5&or__name=x": 0, "?search=platform,reads": 1, "?search=write": 0,
			"?type=role_definition": 1, "?order_by=-name": 1} {
			s.Get(t, "alice", list+query).Want(200).Equal("count", count)
		}
		for _, query := range []string{"?nonsense=1", "?name__regex=x", "?order_by=nope"} {
			s.Get(t, "alice", list+query).Want(400)
		}
		for _, each := range []string{list, G + "role_user_assignments/"} {
			s.Do(t, "admin", "OPTIONS", each, nil).Want(200).Equal("related_search_fields", []any{}).Equal("actions.GET.type.type", "choice")
			s.Do(t, "admin", "OPTIONS", each+"1/", nil).Want(200)
		}
		s.Get(t, "alice", list+"?page=2").Want(404)
		s.Get(t, "alice", list+"2/").Want(404)
		s.Post(t, "admin", list, fields{"name": "mine"}).Want(405)
		s.Get(t, "", list).Want(401)
	})
}
