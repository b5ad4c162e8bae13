package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// tokensOf counts the tokens of somebody.
func tokensOf(t testing.TB, s *webtest.Site, who string) int { return len(ids(t, s, who)) }

// TestRevokeTokens: the preview names the numbers and what stops working; it needs a tick, and for everybody the password; then it tells
// what was done.
func TestRevokeTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		token(t, s, "alice", models.FaceController, 0)
		token(t, s, "om", models.FaceConsole, s.App.ID)
		b := as(t, s, "admin")
		b.get("/maintenance").is(200).says(".task:first-child .amounts", "3 access tokens").has(`a[href="/maintenance/revoke-tokens"]`).says("main", "Nothing has been revoked")

		page := b.get("/maintenance/revoke-tokens?user=alice&platform=controller").is(200).says(".amounts", "1 access token").says(".flash-warning", "Every program that uses one").
			says(".flash-warning", "can get another access token").says(`label[for="f-confirm"]`, "I want to revoke 1 access token of alice, Automation controller only.").lacks(`[name="your_password"]`)
		b.submit(page, `main form[method="post"]`).wrong("confirm", "Tick the box", "user", "alice", "platform", "controller")
		done := b.submit(page, `main form[method="post"]`, "confirm", "yes")
		b.follow(done).is(200).says(".flash-good", "Done: revoked 1 access tokens, 0 refresh tokens of alice, controller only.").says(".cell-event", "Revoked tokens").says(".cell-actor", "admin")
		if tokensOf(t, s, "alice") != 1 || tokensOf(t, s, "om") != 1 {
			t.Error("others were revoked")
		}

		page = b.get("/maintenance/revoke-tokens?refresh=true").is(200).says(".amounts", "2 access tokens").says(".flash-warning", "people have to authorize them again")
		b.submit(page, `main form[method="post"]`, "confirm", "yes", "your_password", "wrong").wrong("your_password", "This is not your password.", "refresh", "true")
		b.submit(page, `main form[method="post"]`, "confirm", "yes").wrong("your_password", "This is not your password.")
		if tokensOf(t, s, "om") != 1 {
			t.Error("tokens were revoked without the password")
		}
		b.follow(b.submit(page, `main form[method="post"]`, "confirm", "yes", "your_password", webtest.Password)).says(".flash-good", "Done: revoked 2 access tokens")
		if tokensOf(t, s, "alice")+tokensOf(t, s, "om") != 0 {
			t.Error("some are left")
		}
		b.get("/maintenance/revoke-tokens").is(200).says("main", "There is nothing to do.").lacks("#f-confirm")
		b.follow(b.post("/maintenance/revoke-tokens", "user", "om", "confirm", "yes")).says(".flash-good", "There was nothing to do any more")
	})
}

// TestTaskChoicesRefused: who is not there, and a platform that there is not, are said beside the field and nothing is asked or done; an
// empty name never comes from a wrong one.
func TestTaskChoicesRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		b := as(t, s, "admin")
		for _, address := range []string{"/maintenance/revoke-tokens", "/maintenance/expire-sessions"} {
			b.get(address+"?user=nobody").wrong("user", "There is no user of this name.", "user", "nobody").lacks(`main form[method="post"]`)
			for _, name := range []string{"nobody", " ", " alice"} {
				b.post(address, "user", name, "confirm", "yes", "your_password", webtest.Password).wrong("user", "There is no user of this name.")
			}
		}
		for _, hostile := range []string{"%00", "%FF%FE", "%25", "%27", strings.Repeat("x", 20_000)} {
			b.get("/maintenance/revoke-tokens?user=" + hostile).is(http.StatusUnprocessableEntity)
			b.get("/maintenance/revoke-tokens?platform=" + hostile).is(http.StatusUnprocessableEntity)
		}
		b.get("/maintenance/revoke-tokens?platform=x").wrong("platform", "There is no such platform.").lacks(`main form[method="post"]`)
		b.post("/maintenance/revoke-tokens", "user", "alice", "platform", "x", "confirm", "yes").wrong("platform", "There is no such platform.")
		if tokensOf(t, s, "alice") != 1 || s.LastTask() != nil {
			t.Error("something was done")
		}
	})
}

// TestClearByPage: what has expired is counted and cleared; what works stays.
func TestClearByPage(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		live, dead := token(t, s, "alice", models.FaceConsole, 0), token(t, s, "alice", models.FaceConsole, 0)
		change(t, s, func(tx *store.Tx) error {
			token, err := tx.LockAccessToken(dead)
			if err != nil {
				return err
			}
			token.Expires = tx.Now().Add(-time.Hour)
			return tx.UpdateAccessToken(token)
		})
		as(t, s, "om")
		s.DB.Clock.Advance(time.Hour) // ends that session
		b := as(t, s, "admin")
		page := b.get("/maintenance/clear-tokens").is(200).says(".amounts", "1 access token").says(".amounts", "0 refresh tokens").says("main", "Nothing that still works is touched.").lacks(`[name="your_password"]`)
		b.follow(b.submit(page, `main form[method="post"]`, "confirm", "yes")).says(".flash-good", "Done: cleared 1 access tokens")
		if got := ids(t, s, "alice"); len(got) != 1 || got[0] != live {
			t.Errorf("alice has %v", got)
		}
		page = b.get("/maintenance/clear-sessions").is(200).says(".amounts", "1 session").says("main", "Nobody is signed out by it.")
		b.follow(b.submit(page, `main form[method="post"]`, "confirm", "yes")).says(".flash-good", "1 sessions")
		if n := len(b.get("/maintenance").is(200).column(".activity tbody tr")); n != 2 {
			t.Errorf("%d runs", n)
		}
	})
}

// TestSignPeopleOut: one user, then everybody, the administrator too, who finds the result after signing in again.
func TestSignPeopleOut(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		alice, om, b := as(t, s, "alice"), as(t, s, "om"), as(t, s, "admin")
		page := b.get("/maintenance/expire-sessions?user=alice").is(200).says(".amounts", "1 session").says("main", "alice has to sign in again").lacks(`[name="your_password"]`)
		b.follow(b.submit(page, `main form[method="post"]`, "confirm", "yes")).says(".flash-good", "Done: ended 1 sessions of 1 users")
		alice.get("/tokens").is(http.StatusFound)
		om.get("/tokens").is(200)
		page = b.get("/maintenance/expire-sessions").is(200).says(".amounts", "2 sessions").says("main", "you too")
		done := b.submit(page, `main form[method="post"]`, "confirm", "yes", "your_password", webtest.Password)
		om.get("/tokens").is(http.StatusFound)
		result := done.leadsTo()
		b.get(result).is(http.StatusFound)
		as(t, s, "admin").get(result).is(200).says(".flash-good", "Done: ended 2 sessions of 2 users")
		for _, other := range []string{"999999", "x", itoa(newestEntry(t, s).ID)} { // the last is a sign-in
			as(t, s, "admin").get("/maintenance?done=" + other).is(200).lacks(".flash-good")
		}
	})
}

// TestTaskGoesOn: what takes longer than a page waits goes on by itself; the page says so, another is refused, and the result is not lost.
func TestTaskGoesOn(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		b := as(t, s, "admin")
		held, release := make(chan struct{}), make(chan struct{})
		go func() { // has the turn for a while
			_ = s.DB.WriteInTurn(context.WithoutCancel(t.Context()), func(*store.Tx) error {
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		impatient := func(r *http.Request) {
			ctx, leave := context.WithCancel(r.Context())
			*r = *r.WithContext(ctx)
			go func() {
				for s.LastTask() == nil && t.Context().Err() == nil {
					runtime.Gosched()
				}
				leave()
			}()
		}
		form := webtest.Form("csrf_token", b.cookies["csrftoken"], "user", "alice", "confirm", "yes")
		b.send(http.MethodPost, "/maintenance/revoke-tokens", form, impatient).goesTo("/maintenance")
		b.get("/maintenance").is(200).says(`main [role="status"]`, "This takes longer. It goes on by itself").says("main", "“Revoke tokens”, started just now by admin, is under way")
		b.follow(b.post("/maintenance/clear-sessions", "confirm", "yes")).says(".flash-warning", "Another task is under way")
		close(release)
		<-s.LastTask().Done()
		b.get("/maintenance").is(200).says(".activity", "revoked 1 access tokens, 0 refresh tokens of alice").lacks(".flash")
		if s.LastTask().Task != (server.Task{Kind: server.TaskRevokeTokens, User: "alice"}) {
			t.Errorf("the task was %+v", s.LastTask().Task)
		}
	})
}

// TestTaskFailed: a task that fails says so, on the page and in the log, with no word of why on the page.
func TestTaskFailed(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		loseTable(t, s, "device_codes")
		b.post("/maintenance/clear-tokens", "confirm", "yes").goesTo("/maintenance")
		if s.LastTask().Err == nil || !strings.Contains(s.Log.String(), "a task has failed") {
			t.Errorf("the log does not tell: %s", s.Log.String())
		}
	})
}

// TestImportPages: what imports did, in numbers and reasons, with what is left to do.
func TestImportPages(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		b.get("/maintenance").is(200).says("main", "Nothing has been imported.")
		run := &models.ImportRun{Source: models.Controller, Started: s.DB.Now(), Finished: s.DB.Now().Add(time.Minute), Last: true, Report: &models.ImportReport{
			Source: models.Controller, Level: "0192_custom", Tables: []*models.ImportedTable{
				{Table: "auth_user", Read: 1240, Imported: 1200, Skipped: map[string]int64{"here already": 38, "removed here": 2}},
				{Table: "main_oauth2accesstoken", Read: 9, Imported: 5, Revoked: 3, Skipped: map[string]int64{"no user": 4}, Remarks: map[string]int64{"expired": 2}}},
			Conflicts: []models.ImportConflict{{Table: "main_organization", ID: 7, Name: evil, Problem: "its name is taken"}}, ChangedSince: []models.ImportConflict{{Table: "auth_user", ID: 8, Name: "eve", Problem: "has changed"}},
			Renumbered: []models.Renumbered{{Table: "main_oauth2application", From: 3, To: 1003, Name: "Desk (2)"}}, SecretsToRotate: []int64{s.App.ID, 9999},
			ThroughTeams: []models.ThroughTeam{{OrganizationID: 4, Organization: "Net", Kind: models.RoleMember, Users: 6}},
			Settings:     map[string]json.RawMessage{"SESSION_COOKIE_AGE": json.RawMessage("1800"), "LOGIN_REDIRECT": json.RawMessage(`"https://x.example.org/?a=1&b"`)}}}
		if err := s.DB.Import(t.Context(), func(tx *store.Import) error { return tx.Keep(run) }); err != nil {
			t.Fatal(err)
		}
		b.get("/maintenance").is(200).has(`a[href="/maintenance/imports/1"]`).says("main", "1,205").says("main", "44").says(".chip-warning", "1 conflict").says(".chip-warning", "2 secrets")
		page := b.get("/maintenance/imports/1").is(200).says("h1", "Import 1").says(".chips", "Automation controller").says(".details", "0192_custom").lacks("#evil").
			has(`a[href="/applications/`+itoa(s.App.ID)+`"]`).says("main", "Application 9999").says("main", evil).says("main", "Desk (2)").says("main", "people who are member through a team only: 6").
			says(".settings", "https://x.example.org/?a=1&b").says(".settings", "1800").says("main", "has changed")
		rows := strings.Join(page.column(`[aria-labelledby="tables-heading"] tbody tr [data-label]`), "|")
		if want := "1,240|1,200|0|40|38 skipped: here already 2 skipped: removed here|9|5|3|4|4 skipped: no user 2 expired"; rows != want {
			t.Errorf("the tables are %q, want %q", rows, want)
		}
		for _, id := range []string{"2", "0", "x", "-1"} {
			b.get("/maintenance/imports/" + id).is(http.StatusNotFound)
		}
	})
}
