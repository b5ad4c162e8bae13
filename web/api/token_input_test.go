package api_test

import (
	"testing"
	"time"

	"gatehouse/web/webtest"
)

func TestTokenExpires(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		in := func(d time.Duration) string { return s.Now().Add(d).Format(time.RFC3339Nano) }
		const year = 31_536_000 * time.Second
		s.Post(t, "alice", G+"tokens/", fields{"expires": in(time.Hour)}).Want(201).Equal("expires", "2026-03-01T13:00:00.000000Z")
		s.Post(t, "alice", G+"tokens/", fields{"expires": "2026-03-02T00:00:00"}).Want(201).Equal("expires", "2026-03-02T00:00:00.000000Z")
		s.Post(t, "alice", G+"tokens/", fields{"expires": nil}).Want(201).Equal("expires", "2027-03-01T12:00:00.000000Z")
		s.Post(t, "alice", C+"tokens/", fields{"expires": in(time.Hour)}).Want(201).Equal("expires", "2027-03-01T12:00:00.000000Z")
		s.Post(t, "alice", C+"tokens/", fields{"expires": 12}).Want(201) // ignored there
		for _, wrong := range []any{in(-time.Second), in(0), in(year + time.Second), "tomorrow", 12, true} {
			if a := s.Post(t, "alice", G+"tokens/", fields{"expires": wrong}).Want(400); a.String("expires.0") == "" {
				t.Errorf("expires %v: %s", wrong, a.Text)
			}
		}
	})
}

func TestTokenApplicationOfTheWrongType(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			for wrong, message := range map[any]string{
				4711:                   `Invalid pk "4711" - object does not exist.`,
				"4711":                 `Invalid pk "4711" - object does not exist.`,
				"0":                    `Invalid pk "0" - object does not exist.`,
				"99999999999999999999": `Invalid pk "99999999999999999999" - object does not exist.`,
				true:                   "Incorrect type. Expected pk value, received bool.",
				"app":                  "Incorrect type. Expected pk value, received str.",
				1.5:                    "Incorrect type. Expected pk value, received float.",
				[1]int{1}:              "Incorrect type. Expected pk value, received list.",
				struct{}{}:             "Incorrect type. Expected pk value, received dict.",
			} {
				s.Post(t, "admin", mount+"tokens/", fields{"application": wrong}).Want(400).Equal("application.0", message)
			}
			for _, none := range []any{nil, ""} {
				s.Post(t, "admin", mount+"tokens/", fields{"application": none}).Want(201).Equal("application", nil).Equal("refresh_token", nil)
			}
		}
		s.Post(t, "admin", C+"tokens/", fields{"application": s.App.ID}).Want(400) // the gateway's is not there
	})
}

func TestTokenFullUpdateTakesDefaults(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, _ := newToken(t, s, "alice", G, fields{"scope": "read", "description": "before"})
		s.Put(t, "alice", path(G, "tokens", id), fields{}).Want(200).Equal("scope", "write").Equal("description", "")
		s.Put(t, "alice", path(G, "tokens", id), fields{"scope": "nonsense"}).Want(400)
		s.Put(t, "alice", path(G, "tokens", id), fields{"scope": "read", "description": "after"}).Want(200).Equal("description", "after")
	})
}
