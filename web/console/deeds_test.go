package console_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// boxes are the ids of the rows of a list that can be ticked.
func boxes(a *answer) []string {
	ids := []string{}
	for _, box := range a.Find(`input[data-select][name="id"][form="selection"]`).EachIter() {
		ids = append(ids, box.AttrOr("value", ""))
	}
	slices.Sort(ids)
	return ids
}

// tick sends the form of a list by one of its buttons, with rows ticked, as a browser does.
func (b *browser) tick(list *answer, action string, ids ...string) *answer {
	b.t.Helper()
	if list.Find(`form#selection button[formaction="`+action+`"]`).Length() != 1 {
		b.t.Fatalf("%s: no button for %s: %s", list.what, action, list.read("main"))
	}
	form := fieldsOf(list.Find("form#selection"))
	form["id"] = ids
	return b.send(http.MethodPost, action, form)
}

// TestDeleteTokens: a page asks and names what goes; then it goes, and only that; the list is as it was.
func TestDeleteTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		one, two, three := itoa(token(t, s, "alice", models.FaceConsole, 0)), itoa(token(t, s, "alice", models.FaceController, 0)), itoa(token(t, s, "alice", models.FaceConsole, 0))
		list := b.get("/tokens?order_by=created&kind=personal").is(200)
		if got := boxes(list); !slices.Equal(got, []string{one, two, three}) {
			t.Errorf("the boxes are %v", got)
		}
		b.follow(b.tick(list, "/tokens/delete").goesTo("/tokens?kind=personal&order_by=created")).says(".flash-warning", "nothing was done")
		b.get("/tokens/"+one+"/delete").is(200).says("main", "Token "+one).says(".flash-warning", "refused from then on").says(".lede", "cannot be undone")
		b.tick(list, "/tokens/delete", one).is(200).says("h1", "Delete token").says("main", "I want to delete this token.")
		asked := b.tick(list, "/tokens/delete", one, two, two).is(200)
		asked.says("h1", "Delete tokens").says("main", "Token "+one).says("main", "Token "+two).says("main", "Yes, I confirm that I want to delete these 2 tokens.").
			says(".flash-warning", "refused from then on").has(`form[data-ticked] #f-confirm[required]`).has(`a.button[href="/tokens?kind=personal&order_by=created"]`)
		again := b.submitAll(asked).is(http.StatusUnprocessableEntity).says("#f-confirm-error", "Tick the box")
		gone := b.submitAll(again, "confirm", "yes").goesTo("/tokens?kind=personal&order_by=created")
		if got := b.follow(gone).says(".flash-good", "deleted").column("tbody th a"); len(got) != 1 || got[0] != "Token "+three {
			t.Errorf("left are %v", got)
		}
		b.submitAll(again, "confirm", "yes").goesTo("/tokens?kind=personal&order_by=created") // is as it should be
		b.post("/tokens/delete", "id", "x").is(http.StatusBadRequest)
		b.post("/tokens/delete", "id", three, "query", "next=//evil.example.org", "confirm", "yes").goesTo("/tokens?next=%2F%2Fevil.example.org")
	})
}

// submitAll sends the form that asks, with all ids in it.
func (b *browser) submitAll(asks *answer, pairs ...string) *answer {
	b.t.Helper()
	form := asks.Find("main form")
	values := fieldsOf(form)
	values.Del("confirm")
	for n := 0; n < len(pairs); n += 2 {
		values.Set(pairs[n], pairs[n+1])
	}
	return b.send(http.MethodPost, form.AttrOr("action", ""), values)
}

// TestTooManyAtOnce: not more than a page of a list holds, so that a form never asks for work without end.
func TestTooManyAtOnce(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		pairs := []string{}
		form := webtest.Form(pairs...)
		form.Set("csrf_token", b.cookies["csrftoken"])
		for id := range int64(201) {
			form.Add("id", itoa(id+1))
		}
		for _, action := range []string{"/tokens/delete", "/applications/delete", "/users/delete", "/users/disable", "/organizations/delete", "/sessions/end", "/authorized/withdraw"} {
			b.send(http.MethodPost, action, form).is(http.StatusBadRequest)
		}
	})
}

// TestSeveral: what can be ticked in each list, by whom, what the page that asks names of it, and what is gone afterwards.
func TestSeveral(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		as(t, s, "om")
		for _, row := range []struct{ list, action, noun, names, flash string }{
			{"/sessions?owner=om", "/sessions/end", "session", "Signed in as om", "The sessions have ended."},
			{"/applications?search=desk", "/applications/delete", "application", "1 token dies with it, at once.", "The applications were deleted"},
			{"/users?search=svc-", "/users/disable", "user", "1 token stops working, at once.", "The users are disabled."},
			{"/users?search=svc-", "/users/delete", "user", "1 token dies with it, at once.", "The users were deleted"},
			{"/organizations?search=unit", "/organizations/delete", "organization", "Its 1 application is deleted as well.", "The organizations were deleted"},
		} {
			makeMany(t, s)
			for _, who := range []string{"aud", "alice"} {
				as(t, s, who).get(row.list).is(200).lacks(`form#selection`).lacks("[data-select]").lacks("[data-select-all]")
			}
			b := as(t, s, "admin")
			list := b.get(row.list).is(200).has(`thead [data-select-all]`)
			ids := boxes(list)
			if len(ids) == 0 {
				t.Errorf("%s: nothing to tick", row.list)
			}
			asks := b.tick(list, row.action, ids...).is(200).says("main", row.names)
			these := "these " + itoa(int64(len(ids))) + " " + row.noun + "s"
			if len(ids) == 1 {
				these = "this " + row.noun
			}
			asks.says("label", these)
			b.submitAll(asks).is(http.StatusUnprocessableEntity)
			if got := boxes(b.get(row.list)); !slices.Equal(got, ids) {
				t.Errorf("%s: without the box %v are left of %v", row.list, got, ids)
			}
			after := b.follow(b.submitAll(asks, "confirm", "yes").goesTo(row.list)).says(".flash-good", row.flash)
			if left := boxes(after); row.action != "/users/disable" && len(left) > 0 {
				t.Errorf("%s: %v are left", row.list, left)
			}
			if row.action == "/users/disable" {
				for _, id := range ids {
					if user := storedUser(t, s, number(id)); user.IsActive {
						t.Errorf("%s is active", user.Username)
					}
				}
			}
		}
	})
}

func number(text string) (id int64) {
	for _, digit := range text {
		id = id*10 + int64(digit-'0')
	}
	return id
}

// makeMany makes an organization with an application of a user, who has a token of it.
func makeMany(t *testing.T, s *webtest.Site) {
	t.Helper()
	change(t, s, func(tx *store.Tx) error {
		stamps := models.Stamps{Created: tx.Now(), Modified: tx.Now()}
		for range 2 {
			organization := &models.Organization{Name: "unit " + models.RandomText(6), Stamps: stamps}
			if err := tx.CreateOrganization(organization); err != nil {
				return err
			}
			user := &models.User{Username: "svc-" + models.RandomText(6), IsActive: true, Stamps: stamps}
			if err := tx.CreateUser(user); err != nil {
				return err
			}
			application := &models.Application{Name: "desk " + models.RandomText(6), OrganizationID: &organization.ID, ClientID: models.RandomText(30), ClientType: models.Public,
				Platform: models.Gateway, AuthorizationGrantType: "password", Stamps: stamps}
			if err := tx.CreateApplication(application); err != nil {
				return err
			}
			token := &models.AccessToken{Digest: models.NewSecret(30).Digest(), UserID: &user.ID, ApplicationID: &application.ID, Scope: models.ScopeRead, Platform: models.Gateway,
				Expires: tx.Now().Add(time.Hour), Stamps: stamps}
			if err := tx.CreateAccessToken(token); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestSeveralOfAnAdministrator: who administers an organization ticks what belongs to it, and what else is named by hand is refused by name
// of its reason while the rest is done.
func TestSeveralOfAnAdministrator(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		b := as(t, s, "oa")
		user, application := itoa(x["user"]), itoa(x["application"])
		if got := boxes(b.get("/users").is(200)); !slices.Equal(got, sorted(itoa(s.ID("om")), user)) {
			t.Errorf("the boxes of users are %v", got)
		}
		if got := boxes(b.get("/applications").is(200)); len(got) != 4 || !slices.Contains(got, application) {
			t.Errorf("the boxes of applications are %v", got)
		}
		b.get("/organizations").is(200).lacks("[data-select]")
		list := b.get("/users")
		asks := b.tick(list, "/users/delete", user, itoa(s.ID("admin")), itoa(s.ID("oa")), "999999").is(200).says("main", "this user")
		asks.says("main", "admin: You do not have permission").says("main", "oa: You can't delete yourself").says("main", "User 999999: Already gone")
		told := b.tick(list, "/users/delete", user, itoa(s.ID("admin")), itoa(s.ID("oa")), "999999").is(200)
		form := fieldsOf(told.Find("main form"))
		form["id"], form["confirm"] = []string{user, itoa(s.ID("admin")), itoa(s.ID("oa")), "999999"}, []string{"yes"}
		page := b.send(http.MethodPost, "/users/delete", form).is(200).says("h1", "Delete users").says(".lede", "1 of 4 deleted")
		rows := page.column("tbody tr")
		want := []string{"Deleted none", "admin Refused You do not have permission to do this.", "oa Refused You can't delete yourself", "User 999999 Already gone none"}
		for n, each := range want {
			if !strings.HasSuffix(rows[n], each) {
				t.Errorf("row %d says %q, want %q", n, rows[n], each)
			}
		}
		storedUser(t, s, s.ID("admin"))
		om := as(t, s, "om") // who sees neither alice's token nor what it is called
		hidden := om.post("/tokens/delete", "id", itoa(x["personal"])).is(http.StatusForbidden).says("tbody", "Token "+itoa(x["personal"])+" Refused")
		hidden.lacks("main form")
		om.post("/tokens/delete", "id", itoa(x["personal"]), "confirm", "yes").is(http.StatusForbidden)
		stored(t, s, x["personal"])
	})
}

func sorted(texts ...string) []string {
	slices.Sort(texts)
	return texts
}

// TestSeveralUntilItFails: what was done before the server failed is told, and what was not tried; the page has the status of the failure.
func TestSeveralUntilItFails(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		first, second, third := token(t, s, "alice", models.FaceConsole, 0), token(t, s, "alice", models.FaceConsole, 0), token(t, s, "alice", models.FaceConsole, 0)
		refuse := map[string][]string{ // the second cannot be deleted: its entry is refused
			store.SQLite: {"CREATE TRIGGER refuse BEFORE INSERT ON activity WHEN NEW.operation = 'delete' AND NEW.object_id = " + itoa(second) + " BEGIN SELECT RAISE(ABORT, 'refused'); END"},
			store.PostgreSQL: {"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$",
				"CREATE TRIGGER refuse BEFORE INSERT ON activity FOR EACH ROW WHEN (NEW.operation = 'delete' AND NEW.object_id = " + itoa(second) + ") EXECUTE FUNCTION refuse()"}}
		behind(t, s, refuse[s.DB.Dialect()]...)
		b := as(t, s, "alice")
		form := webtest.Form("csrf_token", b.cookies["csrftoken"], "confirm", "yes")
		form["id"] = []string{itoa(first), itoa(second), itoa(third)}
		page := b.send(http.MethodPost, "/tokens/delete", form).is(http.StatusInternalServerError).says(".lede", "1 of 3 deleted")
		for n, want := range []string{"Deleted", "Failed", "Not tried"} {
			if got := page.column("tbody tr")[n]; !strings.Contains(got, want) || strings.Contains(got, "refused") {
				t.Errorf("row %d says %q, want %q", n, got, want)
			}
		}
		if left := ids(t, s, "alice"); !slices.Equal(left, []int64{third, second}) {
			t.Errorf("left are %v", left)
		}
		late := func(r *http.Request) {
			ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
			t.Cleanup(cancel)
			*r = *r.WithContext(ctx)
		}
		b.send(http.MethodPost, "/tokens/delete", form, late).is(http.StatusServiceUnavailable)
	})
}

// TestWithdrawSeveral: consents that are ticked are withdrawn, each application's tokens with its own.
func TestWithdrawSeveral(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		var apps []string
		for range 3 {
			app := register(t, s, models.FaceConsole, s.Organization.ID, public, func(in *server.ApplicationInput) { name := "App " + models.RandomText(5); in.Name = &name })
			page := b.get(request(app)).is(200)
			redeem(t, s, app, b.send(http.MethodPost, "/o/authorize/", decide(page, "authorize")).atClient(http.StatusSeeOther).Get("code")).Want(200)
			apps = append(apps, itoa(app.ID))
		}
		list := b.get("/authorized").is(200).says(".table-foot", "3 applications")
		if got := boxes(list); !slices.Equal(got, sorted(slices.Clone(apps)...)) {
			t.Errorf("the boxes are %v", got)
		}
		asks := b.tick(list, "/authorized/withdraw", apps[0], apps[1]).is(200).says("main", "withdraw these 2 consents").says("main", "has to ask you again")
		b.follow(b.submitAll(asks, "confirm", "yes").goesTo("/authorized")).says(".flash-good", "The consents were withdrawn.").says(".table-foot", "1 application")
		if left := ids(t, s, "alice"); len(left) != 1 {
			t.Errorf("tokens %v are left, want one", left)
		}
	})
}
