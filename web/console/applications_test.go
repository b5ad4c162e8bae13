package console_test

import (
	"net/http"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

func storedApplication(t testing.TB, s *webtest.Site, id int64) *models.Application {
	t.Helper()
	application, err := s.DB.Read(t.Context()).Application(id)
	if err != nil {
		t.Fatal(err)
	}
	return application
}

// TestCreateApplication: the secret is shown once and authenticates; a public application has none.
func TestCreateApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "oa")
		page := b.get("/applications/new").is(200).lacks(`[name="skip_authorization"]`)
		page.lacks(`#f-organization option[value="` + itoa(s.Other.ID) + `"]`)
		made := b.submit(page, "main form", "name", "Portal", "description", "for staff", "redirect_uris", callback+"\n https://two.example.org/cb \n").is(200)
		id, secret := made.read("#client-id"), made.read("#client-secret")
		s.Post(t, "", "/o/token/", webtest.Form("grant_type", "password", "client_id", id, "client_secret", "wrong")).Want(401)
		s.Post(t, "", "/o/token/", webtest.Form("grant_type", "password", "client_id", id, "client_secret", secret)).Want(400)
		details := b.get("/applications/"+madeID(t, made, "/applications")).is(200).says("h1", "Portal").says(".details", id).says(".details", "for staff")
		details.says(".details", callback).says(".details", "https://two.example.org/cb").says(".chips", "Platform gateway").says(".details", "Asked for")
		public := b.submit(b.get("/applications/new"), "main form", "name", "Field", "client_type", "public", "redirect_uris", callback).is(200)
		public.lacks("#client-secret").says("main", "has no secret")
		b.get("/applications?search=port").says("tbody", "Portal")
	})
}

// TestCreateApplicationRefused: bad input keeps what was typed, with the message beside its field; nothing is made.
func TestCreateApplicationRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b, before := as(t, s, "admin"), count(t, s)
		fill := func(pairs ...string) *answer {
			all := append([]string{"name", "Portal", "description", "kept", "redirect_uris", callback, "organization", itoa(s.Organization.ID)}, pairs...)
			return b.submit(b.get("/applications/new"), "main form", all...)
		}
		fill("name", " ").wrong("name", "Name is required.", "description", "kept", "redirect_uris", callback)
		fill("name", "app of the gateway").wrong("name", "has an application of this name already", "name", "app of the gateway")
		fill("redirect_uris", "").wrong("redirect_uris", "Redirect URIs are required", "name", "Portal")
		fill("redirect_uris", "http://plain.example.org/cb").wrong("redirect_uris", "Unauthorized redirect scheme: http", "redirect_uris", "http://plain.example.org/cb")
		fill("redirect_uris", callback+"#x").wrong("redirect_uris", "Line 1: Redirect URIs must not contain a fragment")
		several := fill("name", " ", "redirect_uris", "\n"+callback+"\r\nno URI  "+callback+"\r\n\r\nftp://files.example.org/ http://plain.example.org/cb").wrong("redirect_uris", "Line 2: Enter a valid URL.")
		for _, message := range []string{"Name is required.", "Line 2: Enter a valid URL.", "Line 4: Unauthorized redirect scheme: ftp", "Line 4: Unauthorized redirect scheme: http."} {
			several.says(".flash-error", message)
		}
		if n := several.Find(".flash-error li").Length(); n != 5 { // "no" and "URI" are two
			t.Errorf("%d messages: %s", n, several.read(".flash-error"))
		}
		fill("organization", "999999").wrong("organization", "Choose another one.")
		fill("organization", "").wrong("organization", "Organization is required.")
		fill("client_type", "secret").wrong("client_type", "not a valid choice")
		fill("client_type", "public", "authorization_grant_type", "client-credentials").wrong("client_type", "confidential clients only")
		fill("authorization_grant_type", "implicit").wrong("authorization_grant_type", "not a valid choice")
		if after := count(t, s); after != before {
			t.Errorf("%s, before %s", after, before)
		}
	})
}

// TestNoOrganizationYet: where there is none the page says what to do first.
func TestNoOrganizationYet(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, id := range []int64{s.Organization.ID, s.Other.ID} {
			as(t, s, "admin").post("/organizations/" + itoa(id) + "/delete").goesTo("/organizations")
		}
		as(t, s, "admin").get("/applications/new").is(200).has(`main a[href="/organizations/new"]`).lacks("main form")
	})
}

// TestUpdateApplication: of either platform; what becomes confidential gets a secret, shown once; what is left out of the form stays.
func TestUpdateApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		skip := true
		app := register(t, s, models.FaceConsole, s.Organization.ID, public, func(in *server.ApplicationInput) { in.SkipAuthorization = &skip })
		path := "/applications/" + itoa(app.ID)
		b := as(t, s, "oa")
		b.follow(b.submit(b.get(path), "section form", "name", "Renamed").goesTo(path)).says(".flash-good", "saved").says(".details", "Not asked for")
		b.submit(b.get(path), "section form", "redirect_uris", "https://evil.example.org/cb").is(http.StatusForbidden)
		b.submit(b.get(path), "section form", "client_type", "confidential").is(http.StatusForbidden)
		su := as(t, s, "admin")
		saved := su.submit(su.get(path), "section form", "redirect_uris", "https://new.example.org/cb").goesTo(path)
		su.follow(saved).says(".flash-good", "saved").says("h1", "Renamed").says(".details", "https://new.example.org/cb")
		b.submit(b.get(path), "section form", "name", "").wrong("name", "Name is required.", "redirect_uris", "https://new.example.org/cb")
		for _, password := range []string{"", "wrong"} {
			su.submit(su.get(path), "section form", "client_type", "confidential", "name", "Kept", "your_password", password).
				wrong("your_password", "This is not your password.", "name", "Kept", "client_type", "confidential")
		}
		if kept := storedApplication(t, s, app.ID); kept.ClientType != models.Public || kept.Name != "Renamed" {
			t.Errorf("without the password it became %+v", kept)
		}
		changed := su.submit(su.get(path), "section form", "client_type", "confidential", "your_password", webtest.Password).is(200).says(".lede", "confidential now")
		if len(changed.read("#client-secret")) != models.ClientSecretLength {
			t.Error("the new secret is not shown")
		}
		b.post(path, "client_type", "confidential").goesTo(path)
		as(t, s, "admin").submit(as(t, s, "admin").get(path), "section form", "skip_authorization", "-").is(http.StatusForbidden)
		admin := as(t, s, "admin")
		admin.submit(admin.get(path), "section form", "skip_authorization", "-").goesTo(path)
		if kept := storedApplication(t, s, app.ID); kept.SkipAuthorization || kept.Name != "Renamed" || kept.AuthorizationGrantType != "authorization-code" {
			t.Errorf("kept is %+v", kept)
		}
		job := "/applications/" + itoa(s.Job.ID)
		b.submit(b.get(job), "section form", "redirect_uris", "https://fine.example.org/cb\ncom.example.app:/cb").wrong("redirect_uris", "Line 2: Unauthorized redirect scheme: com.example.app")
		b.submit(b.get(job).says(".chips", "Automation controller"), "section form", "name", "Job renamed").goesTo(job)
		if kept := storedApplication(t, s, s.Job.ID); kept.Name != "Job renamed" || kept.Platform != models.Controller {
			t.Errorf("kept is %+v", kept)
		}
	})
}

// TestDeleteApplication: the page says how many tokens die; they do.
func TestDeleteApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		value := b.post("/tokens/new", "scope", "read", "application", itoa(s.App.ID)).is(200).read("#token-value")
		token(t, s, "om", models.FaceConsole, s.App.ID)
		path := "/applications/" + itoa(s.App.ID)
		page := b.get(path).is(200).says("main", "All tokens (2)")
		if n := page.Find("main tbody tr").Length(); n != 2 {
			t.Errorf("%d tokens are listed", n)
		}
		asks := b.get(path+"/delete").is(200).says("main", "2 tokens die with it, at once.").says("main", s.App.Name)
		b.follow(b.submit(asks, "main form").goesTo("/applications")).says(".flash-good", "deleted")
		if live(t, s, value) {
			t.Error("a token outlives its application")
		}
		b.get(path).is(http.StatusNotFound)
		b.post(path + "/delete").is(http.StatusNotFound)
	})
}

// TestMemberSeesApplication: who may only look is offered nothing to change.
func TestMemberSeesApplication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		path := "/applications/" + itoa(s.App.ID)
		for _, who := range []string{"om", "aud"} {
			b := as(t, s, who)
			b.get(path).is(200).lacks("section form").lacks(`a[href="` + path + `/delete"]`)
			b.get("/applications").is(200).lacks(`a[href="/applications/new"]`).says(".flash", "Applications are created by")
		}
		as(t, s, "oa").get(path).has("section form").has(`a[href="` + path + `/delete"]`)
	})
}
