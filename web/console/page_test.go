package console_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

const evil = `<b id="evil">'"&</b>`

// TestStoredTextIsText: whatever people call things, pages show it as text.
func TestStoredTextIsText(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		change(t, s, func(tx *store.Tx) error { return nameEvil(tx, x) })
		client := storedApplication(t, s, x["application"])
		b := as(t, s, "admin")
		for path, shows := range map[string]string{"/tokens": "tbody", "/tokens/{issued}": "h1", "/tokens/{issued}/delete": "main", "/tokens/new": "#f-application",
			"/applications": "tbody", "/applications/{application}": "h1", "/applications/{application}/delete": "main", "/applications/new": "#f-organization",
			"/users": "tbody", "/users/{user}": ".details", "/users/new": "#f-organization", "/users?organization={organization}": ".lede",
			"/organizations": "tbody", "/organizations/{organization}": "h1", "/organizations/{organization}/delete": "main",
			"/tokens?application={application}": ".lede", "/applications?organization={organization}": ".lede",
			"/activity?application={application}": ".lede", "/activity?token={issued}": ".lede"} {
			b.get(x.in(path)).is(200).says(shows, evil).lacks("#evil")
		}
		address := "/o/authorize/?response_type=code&state=%3Cb%20id%3Devil%3E&client_id=" + client.ClientID
		b.get(address).is(200).says("h1", evil).says(".lede", evil).lacks("#evil")
		stranger(t, s).get("/login?next="+strings.ReplaceAll(address, "&", "%26")).is(200).says(".lede", evil).lacks("#evil")
		b.post("/tokens/new", "scope", "bad", "description", evil).wrong("scope", "Invalid scope", "description", evil).lacks("#evil")
		b.post("/login", "username", evil, "password", "x").is(401).lacks("#evil")
		d := startDevice(t, s, storedApplication(t, s, register(t, s, models.FaceConsole, x["organization"], forDevices, func(in *server.ApplicationInput) {
			name := evil + "on a device"
			in.Name, in.Description = &name, &name
		}).ID))
		b.post("/device", "user_code", d.userCode).is(200).says("h1", evil).says(".lede", evil).lacks("#evil")
		b.get("/tokens?search=%3Cb%20id%3Devil%3E").is(200).lacks("#evil")
		b.get("/%3Cb%20id%3Devil%3E").is(404).lacks("#evil")
	})
}

func nameEvil(tx *store.Tx, x things) error {
	organization, err := tx.LockOrganization(x["organization"])
	if err != nil {
		return err
	}
	organization.Name, organization.Description = evil, evil
	user, err := tx.LockUser(x["user"])
	if err != nil {
		return err
	}
	user.FirstName, user.LastName, user.Email = evil, evil, evil
	application, err := tx.LockApplication(x["application"])
	if err != nil {
		return err
	}
	application.Name, application.Description = evil, evil
	token, err := tx.LockAccessToken(x["issued"])
	if err != nil {
		return err
	}
	token.Description = evil
	for _, err := range []error{tx.UpdateOrganization(organization), tx.UpdateUser(user), tx.UpdateApplication(application), tx.UpdateAccessToken(token)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestHeaders: no page is kept, framed, sniffed or scripted by others; a form stays here, but for those whose redirects end at a client.
func TestHeaders(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app := register(t, s, models.FaceConsole, s.Organization.ID)
		ask := request(app)
		login := "/login?" + webtest.Form("next", ask).Encode()
		people := map[string]*browser{"": as(t, s, ""), "admin": as(t, s, "admin")}
		for _, row := range []struct {
			who, path string
			status    int
			referrer  string
			leaves    bool
		}{
			{"", "/login", 200, "same-origin", false},
			{"", login, 200, "same-origin", true},
			{"", "/tokens", 302, "same-origin", false},
			{"", ask, 302, "no-referrer", true},
			{"admin", ask, 200, "no-referrer", true},
			{"admin", request(app, "client_id", "-"), 400, "no-referrer", true},
			{"", "/device?user_code=WDJB-MJHT", 302, "no-referrer", false},
			{"admin", "/device?user_code=WDJB-MJHT", 200, "no-referrer", false},
			{"admin", "/device/done", 200, "no-referrer", false},
			{"admin", "/setup", 303, "no-referrer", false},
			{"admin", "/tokens", 200, "same-origin", false},
			{"admin", "/tokens/new", 200, "same-origin", false},
			{"admin", "/users/" + itoa(s.ID("alice")), 200, "same-origin", false},
			{"admin", "/nowhere", 404, "same-origin", false},
			{"admin", "/logout", 405, "same-origin", false},
			{"admin", "/activity", 200, "same-origin", false},
			{"admin", "/maintenance", 200, "same-origin", false},
			{"admin", "/maintenance/revoke-tokens", 200, "same-origin", false},
			{"admin", "/docs", 200, "same-origin", false},
		} {
			a := people[row.who].get(row.path).is(row.status)
			policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
			if row.path == "/maintenance" {
				policy += "; connect-src 'self'"
			}
			if row.leaves {
				policy = strings.Replace(policy, "form-action 'self'; ", "", 1)
			}
			for name, want := range map[string]string{"Content-Security-Policy": policy, "Referrer-Policy": row.referrer, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if got := a.header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %s is %q, want %q", row.path, name, got, want)
				}
			}
			a.lacks("[style], style, script:not([src]), [onclick]")
		}
		wrong := people[""].post("/login", "username", "x", "password", "y", "next", ask).is(401)
		if strings.Contains(wrong.header.Get("Content-Security-Policy"), "form-action") {
			t.Error("a failed sign-in keeps the next one from leading to the client")
		}
	})
}

// TestErrorPages: each says what happened, names the request, and is logged where it is the server's doing.
func TestErrorPages(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		check := func(a *answer, status int, heading string) {
			t.Helper()
			a.is(status).says("h1", heading).says("main", "name this request: "+a.header.Get("X-Request-ID")).has(`main a[href="/"]`)
		}
		check(b.get("/nowhere"), 404, "Not found")
		check(b.get("/tokens/999999"), 404, "Not found")
		check(stranger(t, s).get("/nowhere"), 404, "Not found")
		check(b.get("/organizations/new"), 403, "Not allowed")
		check(b.send(http.MethodDelete, "/tokens", nil), 405, "Not done this way")
		check(b.post("/tokens"), 405, "Not done this way")
		check(b.post("/tokens/"+itoa(token(t, s, "alice", models.FaceConsole, 0))+"/refresh"), 422, "This cannot be done")
		check(b.post("/tokens/new", "description", strings.Repeat("x", 2<<20)), 413, "Too much")
		check(b.post("/tokens/new", "description", "\xff"), 400, "This request makes no sense")
		check(b.post("/login", "username", "a\x00b", "password", "x"), 400, "This request makes no sense")
		b.get("/nowhere").has(`nav a[href="/tokens"]`)
		if log := s.Log.String(); strings.Contains(log, "page failed") {
			t.Errorf("people's mistakes are logged as failures: %s", log)
		}
	})
}

// TestUnavailable: when the time to answer is over the server says so, to everybody, and that it is worth another try.
func TestUnavailable(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		late := func(r *http.Request) {
			ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
			t.Cleanup(cancel)
			*r = *r.WithContext(ctx)
		}
		for _, a := range everywhere(t, s, late) {
			a.is(http.StatusServiceUnavailable).says("h1", "Not available right now").says("main", a.header.Get("X-Request-ID"))
			if a.header.Get("Retry-After") != "5" {
				t.Errorf("%s: Retry-After is %q", a.what, a.header.Get("Retry-After"))
			}
		}
	})
}

// TestUnexpected: what nobody foresaw is a page that says nothing of it; the log does, with the number that the page shows.
func TestUnexpected(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		var once sync.Once
		for _, a := range everywhere(t, s, func(*http.Request) { once.Do(func() { loseTable(t, s, "users") }) }) {
			id := a.is(http.StatusInternalServerError).says("h1", "Something went wrong").header.Get("X-Request-ID")
			a.says("main", id)
			if strings.Contains(a.text, "no such") || strings.Contains(a.text, "relation") || !strings.Contains(s.Log.String(), `"request_id":"`+id+`","path":"`) {
				t.Errorf("%s: %s", a.what, a.text)
			}
		}
	})
}

// loseTable takes a table away behind the program's back, which nothing expects.
func loseTable(t testing.TB, s *webtest.Site, name string) {
	t.Helper()
	behind(t, s, "ALTER TABLE "+name+" RENAME TO lost")
}

// behind changes the database behind the program's back.
func behind(t testing.TB, s *webtest.Site, statements ...string) {
	t.Helper()
	driver, dsn := "pgx", s.DB.URL
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", path
	}
	db, err := sql.Open(driver, dsn)
	for _, statement := range statements {
		if err == nil {
			_, err = db.ExecContext(t.Context(), statement)
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// everywhere asks for pages and sends forms of every kind, as somebody who is signed in and as nobody.
func everywhere(t testing.TB, s *webtest.Site, option func(*http.Request)) []*answer {
	t.Helper()
	b, nobody := as(t, s, "admin"), as(t, s, "")
	mine, theirs := webtest.Form("csrf_token", b.cookies["csrftoken"]), webtest.Form("csrf_token", nobody.cookies["csrftoken"], "username", "alice", "password", webtest.Password)
	return []*answer{b.get("/tokens", option), b.send(http.MethodPost, "/tokens/new", mine, option), b.get(request(s.App.Application), option),
		nobody.get("/login", option), nobody.get("/", option), nobody.send(http.MethodPost, "/login", theirs, option)}
}

// TestThemeAndTimes: the remembered theme is written into the page; times are said in words, with the exact one beside.
func TestThemeAndTimes(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := token(t, s, "alice", models.FaceConsole, 0)
		s.DB.Clock.Advance(3 * time.Hour)
		b := as(t, s, "alice")
		b.cookies["theme"] = "dark"
		b.get("/tokens/"+itoa(id)).is(200).has(`html[lang="en"][data-theme="dark"]`).says(".details", "3 hours ago · 1 Mar 2026, 12:00:00 UTC").
			has(`time[datetime="2026-03-01T12:00:00.000000Z"][title="1 Mar 2026, 12:00:00 UTC"]`).says(".details", "by alice")
		b.cookies["theme"] = "><b/id=evil>"
		b.get("/tokens").lacks("[data-theme]").lacks("#evil")
	})
}

// TestNavigation: administrators and auditors see the lists, others their tokens and themselves.
func TestNavigation(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for who, want := range map[string]string{"alice": "Overview Tokens Authorized by you Sessions Activity API", "om": "Overview Tokens Authorized by you Sessions Activity API",
			"oa": "Overview Tokens Authorized by you Sessions Applications Users Organizations Activity API", "aud": "Overview Tokens Authorized by you Sessions Applications Users Organizations Activity Token policy API",
			"admin": "Overview Tokens Authorized by you Sessions Applications Users Organizations Activity Maintenance Token policy API"} {
			page := as(t, s, who).get("/tokens").has(`.side-bar a[href="/users/` + itoa(s.ID(who)) + `"]`).has(`.side-bar a[href="/tokens"][aria-current="page"]`)
			if got := strings.Join(page.column(".side-bar .nav-link"), " "); got != want {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
		}
	})
}

// TestSettingsOfLists: rows of a page as the operator set them.
func TestSettingsOfLists(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		if n := b.get("/users").Find("tbody tr").Length(); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
		if n := b.get("/users?page_size=4").Find("tbody tr").Length(); n != 2 {
			t.Errorf("%d rows with a size above the most, want 2", n)
		}
	}, func(c *webtest.Config) { c.Web.DefaultPageSize, c.Web.MaxPageSize = 2, 3 })
}

// TestForbiddenAdvice: who is refused is told whom to ask, and nobody to ask themselves.
func TestForbiddenAdvice(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for who, want := range map[string]string{"alice": "Ask an administrator if you think that you should.", "oa": "Ask a system administrator if you think that you should.",
			"aud": "Platform auditors look at everything"} {
			as(t, s, who).get("/maintenance").is(403).says("main", want)
		}
		refused := as(t, s, "admin").post("/users/"+itoa(s.ID("admin"))+"/delete").is(403).says("main", "This is not for system administrators either.")
		if strings.Contains(refused.read("main"), "Ask ") {
			t.Errorf("an administrator is sent to one: %s", refused.read("main"))
		}
	})
}
