package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/web/webtest"
)

// roots are the OAuth roots with the face that registers their applications.
var roots = map[string]models.Face{"/o/": models.FaceConsole, "/api/o/": models.FaceController, "/api/controller/o/": models.FaceController}

// at is the request at another root.
func at(root, address string) string { return root + strings.TrimPrefix(address, "/o/") }

func TestCase50Authorize(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for root, face := range roots {
			app := register(t, s, face, s.Organization.ID, public, named("asks at "+root))
			address := at(root, request(app))
			b := as(t, s, "alice")
			page := b.get(address).is(200).says("h1", app.Name)
			values := fieldsOf(page.Find("main form"))
			values.Set("allow", "Authorize")
			got := b.send(http.MethodPost, root+"authorize/", values).atClient(http.StatusSeeOther) // a POST of a page answers 303 (contract §12.29)
			if got.Get("code") == "" || got.Has("error") {
				t.Errorf("%s: the client gets %v", root, got)
			}
			s.Post(t, "", root+"token/", webtest.Form("grant_type", "authorization_code", "client_id", app.ClientID, "code", got.Get("code"),
				"redirect_uri", callback, "code_verifier", strings.Repeat("v", 43))).Want(200).Equal("scope", "read")
		}
	})
}

func TestCase51WhoIsNotSignedIn(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for root, face := range roots {
			app := register(t, s, face, s.Organization.ID, public, named("asks at "+root))
			address := at(root, request(app))
			nobody := stranger(t, s).get(address).is(http.StatusFound)
			if want := "/login?" + (url.Values{"next": {address}}).Encode(); nobody.leadsTo() != want {
				t.Errorf("%s leads to %q, want %q", root, nobody.leadsTo(), want)
			}
			b := as(t, s, "alice")
			b.get(at(root, request(app, "client_id", "-"))).is(http.StatusBadRequest).says("main", "Missing client_id parameter.")
			b.get(root+"authorize/").is(http.StatusBadRequest).says("main", "Missing client_id parameter.")
		}
	})
}

// TestCase71ControllerThings: the console offers no creating and no refreshing for the controller, and refuses forms that were forged.
func TestCase71ControllerThings(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := itoa(token(t, s, "om", models.FaceController, s.Job.ID))
		b := as(t, s, "om")
		b.get("/tokens/new").is(200).lacks(`#f-application option[value="` + itoa(s.Job.ID) + `"]`)
		b.get("/tokens/new?application=" + itoa(s.Job.ID)).is(200).lacks(`#f-application option[value="` + itoa(s.Job.ID) + `"]`)
		b.get("/tokens/" + id).is(200).lacks(`form[action$="/refresh"]`)
		b.get("/applications/" + itoa(s.Job.ID)).is(200).lacks(`a[href^="/tokens/new"]`)
		before := count(t, s)
		b.post("/tokens/new", "scope", "read", "application", itoa(s.Job.ID)).is(http.StatusUnprocessableEntity).says("main", "belongs to the automation controller")
		b.post("/tokens/"+id+"/refresh").is(http.StatusForbidden).says("main", "/api/o/token/")
		if after := count(t, s); after != before {
			t.Errorf("%s, before %s", after, before)
		}
	})
}
