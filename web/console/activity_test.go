package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// did does one of each of what the stream tells of, a day apart, and gives the things.
func did(t testing.TB, s *webtest.Site) things {
	t.Helper()
	ctx, admin := t.Context(), actor(t, s, "admin")
	nextDay := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		s.DB.Clock.Advance(24 * time.Hour)
	}
	x := things{}
	made := register(t, s, models.FaceConsole, s.Organization.ID, func(in *server.ApplicationInput) { *in.Name = "Desk" })
	nextDay(nil)
	public := "public"
	_, _, err := s.UpdateApplication(ctx, admin, models.FaceConsole, made.ID, server.ApplicationInput{ClientType: &public})
	nextDay(err)
	x["application"], x["kept"] = made.ID, token(t, s, "om", models.FaceConsole, made.ID)
	nextDay(nil)
	x["gone"] = token(t, s, "alice", models.FaceController, 0)
	nextDay(nil)
	nextDay(s.DeleteToken(ctx, actor(t, s, "alice"), models.FaceConsole, x["gone"]))
	nextDay(s.Associate(ctx, admin, s.Organization.ID, s.ID("bob"), models.RoleAdmin))
	nextDay(s.ExpireSessions(ctx, server.Command("expire_sessions"), ""))
	as(t, s, "pa")
	nextDay(nil)
	return x
}

// TestActivity: what was done, by whom, through what, with links to what is still there, newest first (contract §9).
func TestActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := did(t, s)
		b := as(t, s, "admin")
		page := b.get("/activity").is(200)
		if heads := strings.Join(page.column("thead th"), "|"); heads != "Time|Initiated by|Event|From" {
			t.Errorf("the columns are %q", heads)
		}
		want := []string{"admin|Signed in|Console 192.0.2.7", "pa|Signed in|Console 192.0.2.7", "admin|Added user bob to organization O as administrator|API",
			"alice|Deleted personal token " + itoa(x["gone"]) + "|API", "alice|Created personal token " + itoa(x["gone"]) + "|API",
			"om|Created access token " + itoa(x["kept"]) + " of application Desk|API", "admin|Changed application Desk|API", "admin|Created application Desk|API"}
		who, events, from := page.column(".cell-actor"), page.column(".cell-event > span"), page.column(`td[data-label="From"]`)
		for n, row := range want {
			if got := who[n] + "|" + events[n] + "|" + from[n]; got != row {
				t.Errorf("row %d says %q, want %q", n, got, row)
			}
		}
		page.has(`.cell-event a[href="/tokens/` + itoa(x["kept"]) + `"]`).has(`.cell-event a[href="/applications/` + itoa(x["application"]) + `"]`).
			has(`.cell-event a[href="/users/` + itoa(s.ID("bob")) + `"]`).has(`.cell-actor a[href="/users/` + itoa(s.ID("om")) + `"]`).
			lacks(`.cell-event a[href="/tokens/` + itoa(x["gone"]) + `"]`)
		if n := page.Find(".row-link").Length(); n != len(events) {
			t.Errorf("%d of %d rows lead to their details", n, len(events))
		}
	})
}

// TestActivityFilters: each filter of the address, for who sees everything.
func TestActivityFilters(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := did(t, s)
		b := as(t, s, "aud")
		app, gone, kept := itoa(x["application"]), itoa(x["gone"]), itoa(x["kept"])
		for query, want := range map[string]string{
			"search=desk&about=applications":                    "Changed application Desk|Created application Desk",
			"actor=alice":                                       "Deleted personal token " + gone + "|Created personal token " + gone,
			"actor=nobody-of-this-name":                         "",
			"about=applications-and-tokens&operation=update":    "Changed application Desk",
			"about=access-tokens":                               "Deleted personal token " + gone + "|Created personal token " + gone + "|Created access token " + kept + " of application Desk",
			"about=sessions":                                    "Signed in|Signed in",
			"about=sessions&operation=sign_out":                 "",
			"about=organizations":                               "Added user bob to organization O as administrator",
			"about=refresh-tokens":                              "",
			"operation=associate":                               "Added user bob to organization O as administrator",
			"from=2026-03-04&to=2026-03-05":                     "Deleted personal token " + gone + "|Created personal token " + gone,
			"from=2026-03-04&to=2026-03-05&operation=delete":    "Deleted personal token " + gone,
			"to=2026-03-01&about=applications&search=Desk":      "Created application Desk",
			"from=2027-01-01":                                   "",
			"token=" + gone:                                     "Deleted personal token " + gone + "|Created personal token " + gone,
			"application=" + app + "&operation=create":          "Created application Desk",
			"user=" + itoa(s.ID("bob")):                         "Added user bob to organization O as administrator",
			"organization=" + itoa(s.Organization.ID):           "Added user bob to organization O as administrator",
			"about=nonsense&from=then&token=x&operation=update": "Changed application Desk",
		} {
			page := b.get("/activity?" + query).is(200)
			if got := strings.Join(page.column(".cell-event > span"), "|"); got != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		b.get("/activity?search=desk&actor=om&from=2026-03-01").is(200).has(`input[name="actor"][value="om"]`).has(`input[name="from"][value="2026-03-01"]`)
		b.get("/activity?token="+gone).says(".lede", "about the access token "+gone).has(`form.filters input[name="token"]`)
		b.get("/activity?search=nothing-like-this").is(200).says("main", "No results for these filters").has(`main a[href="/activity"]`)
	})
}

// TestActivityOfWhoIsGone: what somebody did is found by the name when they are gone, and by the present name when they were renamed.
func TestActivityOfWhoIsGone(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		token(t, s, "bob", models.FaceConsole, 0)
		name := "robert"
		if _, err := s.UpdateUser(t.Context(), actor(t, s, "admin"), models.FaceConsole, s.ID("bob"), server.UserInput{Username: &name}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteUser(t.Context(), actor(t, s, "admin"), models.FaceConsole, s.ID("alice")); err != nil {
			t.Fatal(err)
		}
		b := as(t, s, "admin")
		for _, who := range []string{"alice", "robert"} {
			if got := b.get("/activity?operation=create&actor=" + who).is(200).column(".cell-event"); len(got) != 1 || !strings.HasPrefix(got[0], "Created personal token") {
				t.Errorf("%s did %q", who, got)
			}
		}
		b.get("/activity?operation=create&actor=alice").says(".cell-actor", "alice").lacks(".cell-actor a")
		b.get("/activity?operation=create&actor=robert").says(".cell-actor", "bob") // as it was then
	})
}

// TestWhoSeesWhichActivity: administrators and auditors see all, others what is theirs; a thing's page shows no more.
func TestWhoSeesWhichActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := did(t, s)
		count := func(who, address string) int { return len(as(t, s, who).get(address).is(200).column(".cell-event")) }
		if all, audited := count("admin", "/activity?operation=create"), count("aud", "/activity?operation=create"); all != 3 || audited != 3 {
			t.Errorf("the administrator sees %d, the auditor %d", all, audited)
		}
		for who, want := range map[string]int{"alice": 1, "om": 1, "oa": 2, "bob": 2, "pa": 0} { // bob has become an administrator
			if got := count(who, "/activity?operation=create"); got != want {
				t.Errorf("%s sees %d, want %d", who, got, want)
			}
		}
		as(t, s, "alice").get("/activity").is(200).says(".lede", "about you and what is yours")
		as(t, s, "alice").get("/activity?application="+itoa(x["application"])).is(200).says("main", "No results").says(".lede", "about the application "+itoa(x["application"]))
		as(t, s, "om").get("/tokens/"+itoa(x["kept"])).is(200).says("section.card:last-of-type", "Created access token").
			has(`a[href="/activity?token=` + itoa(x["kept"]) + `"]`)
		as(t, s, "om").get("/applications/"+itoa(x["application"])).is(200).says("main", "Nothing yet, or nothing that you may see.")
		as(t, s, "admin").get("/applications/"+itoa(x["application"])).is(200).says("main", "Changed application Desk").
			has(`a[href="/activity?application=` + itoa(x["application"]) + `"]`)
	})
}

// TestActivityEntry: the page of an entry shows old and new, the address, the origin and the note; secrets are concealed.
func TestActivityEntry(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := did(t, s)
		b := as(t, s, "admin")
		open := func(query string) *answer {
			t.Helper()
			return b.get(b.get("/activity?"+query).is(200).Find(".row-link").First().AttrOr("href", "")).is(200)
		}
		changed := open("application="+itoa(x["application"])+"&operation=update").says("h1", "Changed application Desk").says(".details", "API").
			says(".details", "2 Mar 2026, 12:00:00 UTC").has(`.details a[href="/applications/` + itoa(x["application"]) + `"]`)
		rows := strings.Join(changed.column(".changes tbody tr"), "|")
		for _, want := range []string{"Client secret $encrypted$ $encrypted$", "Client type confidential public", "Require PKCE No Yes"} {
			if !strings.Contains(rows, want) {
				t.Errorf("the changes are %q, want %q", rows, want)
			}
		}
		open("token="+itoa(x["kept"])).says("main", "What was made").says(".changes", "Token $encrypted$").says(".changes", "Scope write").
			has(`.changes a[href="/users/` + itoa(s.ID("om")) + `"]`).has(`.changes a[href="/applications/` + itoa(x["application"]) + `"]`)
		open("token="+itoa(x["gone"])).says("h1", "Deleted personal token").says("main", "What it was").says(".chips", "Automation controller").says(".changes", "Application none")
		open("about=sessions&actor=pa").says("h1", "Signed in").says(".details", "192.0.2.7").lacks(".changes")
		for _, hidden := range []string{"alice", "bob"} {
			as(t, s, hidden).get(b.get("/activity?about=sessions&actor=pa").Find(".row-link").AttrOr("href", "")).is(http.StatusNotFound)
		}
	})
}

// TestActivityWords: the rest of what there is to say.
func TestActivityWords(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id, user := s.ID("alice"), models.ObjectUser
		text := func(text string) *string { return &text }
		for want, entry := range map[string]models.Activity{
			"Cleared what had expired cleared 1 access tokens":      {Operation: models.OperationDelete, ObjectType: models.ObjectAccessToken, Note: "cleared 1 access tokens"},
			"Imported users, applications and tokens imported from": {Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, Note: "imported from"},
			"Withdrew the consent to application Desk":              {Operation: models.OperationDisassociate, ObjectType: models.ObjectApplication, ObjectID: 99, ObjectName: "Desk", RelatedType: user, RelatedID: id, RelatedName: "alice", Note: "consent"},
			"Added user alice to organization Old as auditor":       {Operation: models.OperationAssociate, ObjectType: models.ObjectOrganization, ObjectID: 99, ObjectName: "Old", RelatedType: user, RelatedID: id, RelatedName: "alice", Note: "auditor"},
			"Removed user alice from organization Old as member":    {Operation: models.OperationDisassociate, ObjectType: models.ObjectOrganization, ObjectID: 99, ObjectName: "Old", RelatedType: user, RelatedID: id, RelatedName: "alice", Note: "member"},
			"Changed the password of user alice":                    {Operation: models.OperationUpdate, ObjectType: user, ObjectID: id, ObjectName: "alice", Note: "password changed", Changes: models.Changes{Changed: map[string][2]*string{"password": {}}}},
			"Rotated the secret of application Desk":                {Operation: models.OperationUpdate, ObjectType: models.ObjectApplication, ObjectID: 99, ObjectName: "Desk", Note: "secret rotated"},
			"Regenerated personal token T":                          {Operation: models.OperationUpdate, ObjectType: models.ObjectAccessToken, ObjectID: 99, ObjectName: "T", Note: "regenerated"},
			"Revoked refresh token 98 refresh token reused":         {Operation: models.OperationUpdate, ObjectType: models.ObjectRefreshToken, ObjectID: 98, Note: "refresh token reused", Changes: models.Changes{Changed: map[string][2]*string{"revoked": {nil, text("x")}}}},
			"Signed out user alice ended 2 sessions":                {Operation: models.OperationSignOut, ObjectType: user, ObjectID: id, ObjectName: "alice", Note: "ended 2 sessions", Origin: "command:expire_sessions"},
			"Deleted access token " + strings.Repeat("é", 79) + "…": {Operation: models.OperationDelete, ObjectType: models.ObjectAccessToken, ObjectID: 99, ObjectName: strings.Repeat("é", 500)},
		} {
			change(t, s, func(tx *store.Tx) error { return tx.Record(entry) })
			got := as(t, s, "admin").get("/activity?page_size=2").is(200).column(".cell-event")[1] // the first is this sign-in
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		for origin, want := range map[string]string{"command:auto_clear": "The server itself", "command:x": "Command x", "oauth": "An application", "": "Nobody signed in"} {
			change(t, s, func(tx *store.Tx) error {
				return tx.Record(models.Activity{Operation: models.OperationDelete, ObjectType: models.ObjectSession, Origin: origin})
			})
			as(t, s, "admin").get("/activity?about=sessions&operation=delete&page_size=1").is(200).says(".cell-actor", want)
		}
	})
}

// TestActivityCountedPartly: a count that would take reading ends, and the pages go on.
func TestActivityCountedPartly(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		entries := make([]models.Activity, 10_030)
		for n := range entries {
			entries[n] = models.Activity{Operation: models.OperationDelete, ObjectType: models.ObjectAccessToken, ObjectID: int64(n + 1), ObjectName: "many", Note: fmt.Sprintf("number %d", n)}
		}
		change(t, s, func(tx *store.Tx) error { return tx.Record(entries...) })
		b := as(t, s, "admin")
		b.get("/activity?search=many").is(200).says(".lede", "10,000+ entries").says(".table-foot", "1–50 of 10,000+").has(`a[rel="next"]`)
		b.get("/activity?search=many&page=200").is(200).says(".table-foot", "9,951–10,000 of 10,000+").has(`a[rel="next"]`)
		b.get("/activity?search=many&page=201").is(200).says(".table-foot", "10,001–10,030 of 10,030").lacks(`a[rel="next"]`).has(`a[rel="prev"]`)
		b.get("/activity?search=many&page=500").goesTo("/activity?page=200&search=many")
		b.get("/activity?about=access-tokens&operation=delete").is(200).says(".lede", "10,030 entries") // which is counted
	})
}
