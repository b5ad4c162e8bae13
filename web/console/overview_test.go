package console_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// figures are the numbers of the overview, in its order.
func figures(page *answer) string { return strings.Join(page.column(".figure-number"), " | ") }

// TestOverview: administrators and auditors see what there is, others what is theirs; what has expired or was deleted does not count.
func TestOverview(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		old := token(t, s, "alice", models.FaceConsole, 0)
		token(t, s, "alice", models.FaceController, 0)
		token(t, s, "om", models.FaceConsole, s.App.ID)
		change(t, s, func(tx *store.Tx) error {
			return tx.SetLastUsed(store.Use{TokenID: old, At: s.DB.Now(), Address: "192.0.2.1"})
		})
		s.DB.Clock.Advance(40 * 24 * time.Hour) // out of the chart
		soon := s.DB.Now().Add(3 * 24 * time.Hour)
		short, err := s.CreateToken(t.Context(), actor(t, s, "alice"), models.FaceConsole, server.TokenInput{Scope: new("read"), Expires: &soon})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteToken(t.Context(), actor(t, s, "alice"), models.FaceConsole, token(t, s, "alice", models.FaceConsole, 0)); err != nil {
			t.Fatal(err)
		}
		s.DB.Clock.Advance(24 * time.Hour)
		token(t, s, "om", models.FaceController, 0)

		for who, want := range map[string]string{"admin": "5 | 4 personal / 1 of applications | 3 | 0", "aud": "5 | 4 personal / 1 of applications | 3 | 0",
			"alice": "3 | 3 personal / 0 of applications | 2 | 0", "om": "2 | 1 personal / 1 of applications | 1 | 0", "oa": "0 | 0 personal / 0 of applications | 0 | 0"} {
			if got := figures(as(t, s, who).get("/").is(200).says("h1", "Overview")); got != want {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
		}
		b := as(t, s, "admin")
		page := b.get("/").is(200)
		page.says(".notice", "1 personal token expires within 7 days.").has(`.notice a[href="/tokens?kind=personal&order_by=expires&state=expiring"]`)
		page.has(`.chart-bars[aria-label="2 tokens in 30 days, most on 10 Apr: 1"]`).says(".figures", "3 gateway").says(".figures", "2 controller")
		if rows := page.column(".overview tbody tr"); len(rows) != 30 || !strings.HasPrefix(rows[28], "10 Apr1") || !strings.HasPrefix(rows[29], "11 Apr0") {
			t.Errorf("the table behind the chart is %q", rows)
		}
		b.get("/tokens?kind=personal&order_by=expires&state=expiring").is(200).has(`tbody a[href="/tokens/`+itoa(short.AccessToken.ID)+`"]`).says(".lede", "1 token")
		never := b.get("/tokens?order_by=created&use=never").is(200).says(".lede", "3 tokens")
		never.lacks(`tbody a[href="/tokens/` + itoa(old) + `"]`)
	})
}

// TestFailedSignIns: who watches over all accounts sees where passwords were wrong, others what concerns their own; names that nobody has are
// not kept.
func TestFailedSignIns(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, username := range []string{"alice", "alice", "om", "correct horse battery", "hunter2"} {
			b := stranger(t, s)
			b.submit(b.get("/login").is(200), "main form", "username", username, "password", "not this one").is(401)
		}
		page := as(t, s, "admin").get("/").is(200).says(".figures", "3 accounts, from 1 address")
		if strings.Contains(page.text, "hunter2") {
			t.Error("a name that nobody has is told")
		}
		page.says("main", "Names that nobody has").has(`main a[href="/users/` + itoa(s.ID("alice")) + `"]`)
		if got := figures(page); !strings.HasSuffix(got, "| 5") {
			t.Errorf("the figures are %q", got)
		}
		own := as(t, s, "alice").get("/").is(200).says(".figures", "To your account, from 1 address")
		if got := figures(own); !strings.HasSuffix(got, "| 2") {
			t.Errorf("alice's figures are %q", got)
		}
		if got := figures(as(t, s, "oa").get("/").is(200)); !strings.HasSuffix(got, "| 0") {
			t.Errorf("the administrator of an organization is told of other accounts: %q", got)
		}
		s.DB.Clock.Advance(25 * time.Hour)
		read := s.DB.Read(t.Context())
		if failed, err := read.FailedSignIns(s.DB.Now().Add(-24*time.Hour), 0); err != nil || failed.Failures != 0 {
			t.Errorf("a day later there are %+v, %v", failed, err)
		}
		s.DB.Clock.Advance(7 * 24 * time.Hour)
		if _, err := s.ClearSessions(t.Context(), server.Command("clearsessions")); err != nil {
			t.Fatal(err)
		}
		if failed, err := read.FailedSignIns(time.Time{}, 0); err != nil || failed.Failures != 0 {
			t.Errorf("after clearing there are %+v, %v", failed, err)
		}
	})
}
