package api_test

import (
	"fmt"
	"net/url"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// TestCase39AtBothPlatforms asks the case's own queries at both APIs, with an application whose name is the id of another.
func TestCase39AtBothPlatforms(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			client := clientOf(s, mount)
			other := s.Post(t, "admin", mount+"applications/", application(s, fields{"name": itoa(client.ID)})).Want(201).Int("id")
			name := url.QueryEscape(client.Name)
			ours := "&platform=" + string(client.Platform)
			for query, want := range map[string][]any{
				"name=" + name:                              {client.ID},
				"name__icontains=APP+OF" + ours:             {client.ID},
				"organization=1&name=" + name:               {client.ID},
				"organization=2&name=" + name:               {},
				"not__name=" + name + ours:                  {other},
				"id__in=" + itoa(client.ID) + ",4711":       {client.ID},
				"created__gt=2024-01-01&order_by=id" + ours: {client.ID, other},
				"created__gt=2027-01-01" + ours:             {},
				fmt.Sprintf("or__id=%d&or__name=%d&order_by=id", client.ID, client.ID) + ours: {client.ID, other},
			} {
				a := s.Get(t, "admin", mount+"applications/?"+query).Want(200).Equal("count", len(want))
				for n, id := range want {
					a.Equal(fmt.Sprintf("results.%d.id", n), id)
				}
			}
			if a := s.Get(t, "admin", mount+"applications/?nonsense=1").Want(400); a.String("detail") == "" {
				t.Errorf("%s: %s", mount, a.Text)
			}
		}
	})
}

// TestTokenSearch: contract §12.20: each term is in the description, the owner's username or the application's name.
func TestTokenSearch(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			described, _ := newToken(t, s, "alice", mount, fields{"description": "nightly run"})
			ofApplication, _ := newToken(t, s, "om", mount, fields{"application": clientOf(s, mount).ID})
			ours := "&platform=" + string(clientOf(s, mount).Platform)
			for query, want := range map[string][]any{"NIGHTLY": {described}, "alice": {described}, "app+of": {ofApplication}, "om,app": {ofApplication},
				"alice+nightly": {described}, "alice+app": {}, "write": {}, "": {described, ofApplication}} {
				a := s.Get(t, "admin", mount+"tokens/?search="+query+ours).Want(200).Equal("count", len(want))
				for n, id := range want {
					a.Equal(fmt.Sprintf("results.%d.id", n), id)
				}
			}
		}
	})
}

// TestPlatformField: contract §12.8: its name and its two values, which lists can be narrowed to and which OPTIONS names.
func TestPlatformField(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		newToken(t, s, "admin", G, nil)
		newToken(t, s, "admin", C, nil)
		for _, list := range []string{"tokens/", "applications/"} {
			for _, platform := range []models.Platform{models.Gateway, models.Controller} {
				s.Get(t, "admin", G+list+"?platform="+string(platform)).Want(200).Equal("count", 1).Equal("results.0.platform", string(platform))
			}
			s.Get(t, "admin", C+list).Want(200).Equal("count", 1).Equal("results.0.platform", "controller")
			s.Get(t, "admin", C+list+"?platform=gateway").Want(200).Equal("count", 0)
			for _, mount := range []string{G, C} {
				options := s.Do(t, "admin", "OPTIONS", mount+list, nil).Want(200).Equal("actions.GET.platform.type", "choice")
				options.Equal("actions.GET.platform.choices.0.0", "gateway").Equal("actions.GET.platform.choices.1.0", "controller").Equal("actions.POST.platform", nil)
			}
		}
	})
}

// TestUsersByJoinDate: contract §1.3: created is when the user joined.
func TestUsersByJoinDate(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.DB.Clock.Advance(48 * 3600 * 1e9)
		s.Post(t, "admin", C+"users/", fields{"username": "carol", "password": "a long password"}).Want(201).Equal("created", "2026-03-03T12:00:00.000000Z")
		for _, mount := range []string{G, C} {
			s.Get(t, "admin", mount+"users/?created__gt=2026-03-02").Want(200).Equal("count", 1).Equal("results.0.username", "carol")
			s.Get(t, "admin", mount+"users/?created__lt=2026-03-02T00:00:00Z").Want(200).Equal("count", 7)
			s.Get(t, "admin", mount+"users/?created__gte=2026-03-03T12:00:00.000001Z").Want(200).Equal("count", 0)
		}
	})
}
