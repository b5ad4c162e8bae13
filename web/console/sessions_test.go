package console_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// TestSessions: a person sees their own sessions and ends others of them, by one and all at once; the one that looks stays.
func TestSessions(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		desk, phone, stolen := as(t, s, "alice"), as(t, s, "alice"), as(t, s, "alice")
		as(t, s, "om")
		page := desk.get("/sessions").is(200).says(".lede", "3 sessions").says("tbody", "This one").lacks(`a[href*="user__username"]`)
		if forms := page.Find(`tbody form[action$="/end"]`).Length(); forms != 2 {
			t.Errorf("%d sessions can be ended, want 2", forms)
		}
		desk.follow(desk.submit(page, `tbody tr:nth-child(2) form`).goesTo("/sessions")).says(".flash-good", "The session has ended.")
		ended := 0
		for _, b := range []*browser{phone, stolen} {
			if b.get("/tokens").status != 200 {
				ended++
			}
		}
		if ended != 1 {
			t.Errorf("%d sessions ended, want 1", ended)
		}
		desk.follow(desk.submit(desk.get("/sessions"), ".page-head form").goesTo("/sessions")).says(".flash-good", "All your other sessions have ended.")
		phone.get("/tokens").is(302)
		stolen.get("/tokens").is(302)
		desk.follow(desk.submit(desk.get("/sessions"), ".page-head form").goesTo("/sessions")).says(".flash-warning", "no other session").says(".lede", "1 session")
		notes := map[string]int{}
		entries, err := s.DB.Read(t.Context()).Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries.Rows {
			if entry.Operation == models.OperationSignOut {
				notes[entry.Note]++
			}
		}
		if notes["ended a session"] != 1 || notes["ended 1 other sessions"] != 1 {
			t.Errorf("the entries are %v", notes)
		}
	})
}

// TestSessionsOfEverybody: a superuser sees and ends everybody's, by owner and search.
func TestSessionsOfEverybody(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		alice, b := as(t, s, "alice"), as(t, s, "admin")
		makeThings(t, s)
		b.get("/sessions").is(200).says(".lede", "3 sessions").says("tbody", "Firefox on Linux").says("tbody", "203.0.113.9")
		b.get("/sessions?search=203.0.113").is(200).says(".lede", "1 session")
		b.get("/sessions?search=nowhere").is(200).says("main", "No results")
		page := b.get("/sessions?owner=alice").is(200).says(".lede", "2 sessions")
		for range 2 {
			b.follow(b.submit(page, "tbody tr:nth-child(1) form")).says(".flash-good", "The session has ended.")
			page = b.get("/sessions?owner=alice")
		}
		alice.get("/tokens").is(302)
		b.post("/sessions/99999/end").is(404)
		aud := as(t, s, "aud")
		aud.get("/sessions").is(200).says(".lede", "1 session")
	})
}

// TestDeviceNames: a session is called by what its browser says it is, whatever that is.
func TestDeviceNames(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		agents := map[string]string{
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0": "Edge on Windows",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1":     "Safari on iPhone",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36":         "Chrome on macOS",
			"python-requests/2.31": "Python", "<script>alert(1)</script>": "Unknown device", "": "Unknown device",
		}
		var want []string
		change(t, s, func(tx *store.Tx) error {
			want = nil
			for agent, name := range agents {
				want = append(want, name)
				session := &models.Session{Digest: models.NewSecret(40).Digest(), UserID: s.ID("om"), Agent: agent, Created: tx.Now(), LastSeen: tx.Now(),
					Expires: tx.Now().Add(time.Hour)}
				if err := tx.CreateSession(session); err != nil {
					return err
				}
			}
			return nil
		})
		names := as(t, s, "admin").get("/sessions?owner=om").is(200).lacks("tbody script").column("tbody th span[title]")
		slices.Sort(names)
		slices.Sort(want)
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("devices (-want +got):\n%s", diff)
		}
	})
}
