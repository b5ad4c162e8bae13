package api_test

import (
	"net/http"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// TestTokenPolicy: both APIs go by the token policy: the default and the longest lifetime of a new personal token, and the idle lifetime of those
// there are, at forward authentication too; the change stands in both activity streams.
func TestTokenPolicy(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		old := map[string]string{}
		for _, mount := range []string{G, C} {
			old[mount] = s.Post(t, "alice", mount+"tokens/", fields{}).Want(201).String("token")
		}
		job := s.Post(t, "om", C+"tokens/", fields{"application": s.Job.ID}).Want(201).String("token")
		admin := server.Actor{Actor: models.Actor{User: s.Users["admin"]}, Origin: "console"}
		if err := s.SetTokenPolicy(t.Context(), admin, models.TokenPolicy{Default: 7 * models.Day, Longest: 30 * models.Day, Idle: 14 * models.Day}); err != nil {
			t.Fatal(err)
		}
		for _, mount := range []string{G, C} {
			s.Post(t, "alice", mount+"tokens/", fields{}).Want(201).Equal("expires", "2026-03-08T12:00:00.000000Z")
		}
		s.Post(t, "alice", G+"tokens/", fields{"expires": "2026-03-31T12:00:00Z"}).Want(201).Equal("expires", "2026-03-31T12:00:00.000000Z")
		s.Post(t, "alice", G+"tokens/", fields{"expires": "2026-03-31T12:00:01Z"}).Want(400).Equal("expires.0", "The expiry may be at most 30 days from now.")
		s.Post(t, "alice", C+"tokens/", fields{"expires": "2099-01-01T00:00:00Z"}).Want(201).Equal("expires", "2026-03-08T12:00:00.000000Z")
		s.Post(t, "om", G+"tokens/", fields{"application": s.App.ID, "expires": "2027-03-01T12:00:00Z"}).Want(201).Equal("expires", "2027-03-01T12:00:00.000000Z")

		all := func(token string, status int) {
			t.Helper()
			for _, path := range []string{G + "me/", C + "me/", "/auth/verify"} {
				s.Get(t, "", path, webtest.Bearer(token), webtest.Header("X-Forwarded-Method", http.MethodGet)).Want(status)
			}
		}
		s.DB.Clock.Advance(14*24*time.Hour - time.Second)
		all(old[C], 200)
		s.DB.Clock.Advance(time.Second)
		all(old[C], 200) // it was used
		for _, path := range []string{G + "me/", C + "me/", "/auth/verify"} {
			a := s.Get(t, "", path, webtest.Bearer(old[G]), webtest.Header("X-Forwarded-Method", http.MethodGet)).Want(401)
			expired := s.Get(t, "", path, webtest.Bearer(models.RandomText(models.TokenLength)), webtest.Header("X-Forwarded-Method", http.MethodGet)).Want(401)
			if a.Text != expired.Text || a.Header.Get("WWW-Authenticate") != expired.Header.Get("WWW-Authenticate") {
				t.Errorf("%s: %s %s, unknown: %s %s", path, a.Header.Get("WWW-Authenticate"), a.Text, expired.Header.Get("WWW-Authenticate"), expired.Text)
			}
		}
		s.Get(t, "", C+"me/", webtest.Bearer(job)).Want(200)

		entry := s.Get(t, "aud", G+"activitystream/?content_type_model=setting").Want(200).Equal("count", 1).Equal("results.0.content_type", 7).Equal("results.0.operation", "update")
		entry.Equal("results.0.changes.changed_fields.longest_lifetime.0", nil).Equal("results.0.changes.changed_fields.longest_lifetime.1", 2_592_000)
		s.Get(t, "aud", entry.String("results.0.url")).Want(200).Equal("object_id", "0")
		s.Get(t, "admin", C+"activity_stream/?object1=setting").Want(200).Equal("count", 1).Equal("results.0.changes.idle_lifetime.1", 1_209_600).Equal("results.0.object1", "setting")
		s.Get(t, "alice", G+"activitystream/?content_type_model=setting").Want(200).Equal("count", 0)
	})
}
