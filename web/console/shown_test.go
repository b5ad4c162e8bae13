package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// offer is a button or link of a page that changes something, and who is shown it, of those who may open the page.
type offer struct {
	page, selector string
	to             string
}

var offers = []offer{
	{"/tokens", `main a[href="/tokens/new"]`, "alice om oa aud admin"},
	{"/tokens", `input[value="{personal}"]`, "alice admin"},
	{"/tokens", `input[value="{issued}"]`, "om oa admin"},
	{"/tokens", `input[value="{theirs}"]`, "alice admin"},
	{"/tokens/{personal}", `form[action="/tokens/{personal}"]`, "alice admin"},
	{"/tokens/{personal}", `a[href="/tokens/{personal}/delete"]`, "alice admin"},
	{"/tokens/{personal}", `a[href="/tokens/{personal}/regenerate"]`, "alice"},
	{"/tokens/{personal}", `form[action$="/refresh"]`, ""},
	{"/tokens/{issued}", `form[action="/tokens/{issued}"]`, "om oa admin"},
	{"/tokens/{issued}", `a[href="/tokens/{issued}/delete"]`, "om oa admin"},
	{"/tokens/{issued}", `form[action="/tokens/{issued}/refresh"]`, "om admin"},
	{"/tokens/{issued}", `a[href$="/regenerate"]`, ""},
	{"/tokens/{theirs}", `form[action="/tokens/{theirs}"]`, "alice admin"},
	{"/tokens/{theirs}", `form[action$="/refresh"], a[href$="/regenerate"]`, ""},

	{"/sessions", `form[action="/sessions/others"]`, "alice om oa aud admin"},
	{"/sessions", `form[action="/sessions/{session}/end"]`, "alice admin"},

	{"/applications", `a[href="/applications/new"]`, "oa admin"},
	{"/applications/{application}", `form[action="/applications/{application}"]`, "oa admin"},
	{"/applications/{application}", `[name="skip_authorization"]`, "admin"},
	{"/applications/{application}", `a[href="/applications/{application}/rotate"]`, "oa admin"},
	{"/applications/{application}", `a[href="/applications/{application}/delete"]`, "oa admin"},
	{"/applications/{job}", `form[action="/applications/{job}"]`, "oa admin"},
	{"/applications/new", `[name="skip_authorization"]`, "admin"},

	{"/users", `a[href="/users/new"]`, "oa admin"},
	{"/users/new", `[name="is_superuser"], [name="is_platform_auditor"]`, "admin"},
	{"/users/{user}", `form[action="/users/{user}"]`, "oa admin"},
	{"/users/{user}", `form[action="/users/{user}/password"]`, "oa admin"},
	{"/users/{user}", `a[href="/users/{user}/delete"]`, "oa admin"},
	{"/users/{user}", `[name="is_superuser"]`, "admin"},
	{"/users/{user}", `[name="username"]`, "oa admin"},
	{"/users/{admin}", `form[action="/users/{admin}"]`, "admin"},
	{"/users/{admin}", `a[href$="/delete"]`, ""},

	{"/organizations", `a[href="/organizations/new"]`, "admin"},
	{"/organizations/{organization}", `form[action="/organizations/{organization}"]`, "oa admin"},
	{"/organizations/{organization}", `form[action="/organizations/{organization}/add"]`, "oa admin"},
	{"/organizations/{organization}", `form[action="/organizations/{organization}/remove"]`, "oa admin"},
	{"/organizations/{organization}", `a[href="/organizations/{organization}/delete"]`, "admin"},
}

// TestOffers: a page offers what its reader may do, and nothing else.
func TestOffers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		for _, who := range roles[1:] {
			b, pages := as(t, s, who), map[string]*answer{}
			for _, row := range offers {
				path := x.in(row.page)
				if pages[path] == nil {
					pages[path] = b.get(path)
				}
				shown, want := pages[path].Find(x.in(row.selector)).Length() > 0, strings.Contains(" "+row.to+" ", " "+who+" ")
				if shown != want {
					t.Errorf("%s (%d) shows %s %s: %v, want %v", row.page, pages[path].status, who, row.selector, shown, want)
				}
			}
		}
	})
}

// lookers are those who change nothing of others, with the forms that they meet: for what is their own.
var lookers = map[string][]string{
	"aud": {"/logout", "/sessions/others", "/tokens/new", "/device", "/device/decide", "/authorize/"},
	"alice": {"/logout", "/sessions/others", "/tokens/new", "/device", "/device/decide", "/authorize/", "/tokens/delete", "/sessions/{session}/end", "/sessions/end", "/users/{alice}/revoke",
		"/tokens/{personal}", "/tokens/{personal}/delete", "/tokens/{personal}/regenerate", "/tokens/{issued}", "/tokens/{theirs}", "/tokens/{theirs}/delete", "/users/{alice}", "/users/{alice}/password"},
}

// TestLookersChangeNothing: on no page of the table there is a form for an auditor, or for who belongs nowhere, that changes what is another's.
func TestLookersChangeNothing(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		client := storedApplication(t, s, x["application"])
		for who, own := range lookers {
			b, opened := as(t, s, who), 0
			for _, row := range accesses {
				if row.method != http.MethodGet {
					continue
				}
				page := b.get(strings.ReplaceAll(x.in(row.path), "{client}", client.ClientID))
				if page.status != http.StatusOK {
					continue
				}
				opened++
				page.Find(`form[method="post"]`).Each(func(_ int, form *goquery.Selection) {
					action := form.AttrOr("action", "")
					for _, each := range own {
						if action == x.in(each) || strings.HasSuffix(action, each) && each == "/authorize/" {
							return
						}
					}
					if strings.HasPrefix(action, "/sessions/") && form.Closest("tr").Find(".chip-active").Length() == 0 && who == "aud" {
						return // another session of their own, as TestSessions sees to
					}
					t.Errorf("%s offers %s to post to %s", row.path, who, action)
				})
			}
			if opened < 12 {
				t.Errorf("%s opened only %d pages", who, opened)
			}
		}
	})
}

// TestNobodySeesOthersThings: who belongs nowhere meets the names of others' things on no page; an auditor meets all of them.
func TestNobodySeesOthersThings(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		names := []string{"secret-organization", "secret-application", "secret-user", "secret-token"}
		change(t, s, func(tx *store.Tx) error { return rename(tx, x, names) })
		for who, sees := range map[string]bool{"alice": false, "pa": false, "aud": true, "admin": true, "oa": true} {
			b, shown := as(t, s, who), ""
			for _, row := range accesses {
				if row.method == http.MethodGet && !strings.Contains(row.path, "authorize") {
					shown += b.get(x.in(row.path)).text
				}
			}
			for _, name := range names {
				if who == "pa" && name == names[2] {
					continue // administrators of organizations see all users, as the settings say
				}
				if strings.Contains(shown, name) != sees {
					t.Errorf("the pages show %s to %s: %v, want %v", name, who, !sees, sees)
				}
			}
		}
	})
}

// rename gives an organization, an application, a user and a token names that are found in pages.
func rename(tx *store.Tx, x things, names []string) error {
	organization, err := tx.LockOrganization(x["organization"])
	if err != nil {
		return err
	}
	application, err := tx.LockApplication(x["application"])
	if err != nil {
		return err
	}
	user, err := tx.LockUser(x["user"])
	if err != nil {
		return err
	}
	token, err := tx.LockAccessToken(x["issued"])
	if err != nil {
		return err
	}
	organization.Name, application.Name, user.Username, token.Description = names[0], names[1], names[2], names[3]
	for _, err := range []error{tx.UpdateOrganization(organization), tx.UpdateApplication(application), tx.UpdateUser(user), tx.UpdateAccessToken(token)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestMakers: the page of each thing says who made it and who changed it last, where the viewer may see them.
func TestMakers(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		x := makeThings(t, s)
		admin := as(t, s, "admin")
		for path, fields := range map[string]string{"/tokens/{personal}": "description=x&scope=read", "/applications/{application}": "description=x",
			"/users/{user}": "first_name=x", "/organizations/{organization}": "name=x&description=x"} {
			admin.send(http.MethodPost, x.in(path), form(fields, admin.cookies["csrftoken"])).is(http.StatusSeeOther)
			admin.get(x.in(path)).says(".details", "Last modified").says(".details", "by admin").has(`.details a[href="/users/` + itoa(s.ID("admin")) + `"]`)
		}
		as(t, s, "alice").get(x.in("/tokens/{personal}")).says(".details", "by alice").says(".details", "by admin")
		change(t, s, func(tx *store.Tx) error {
			return tx.SetLastUsed(store.Use{TokenID: x["personal"], At: tx.Now(), Address: "2001:db8::7"})
		})
		admin.get(x.in("/tokens/{personal}")).says(".details", "from 2001:db8::7")
		lonely := token(t, s, "alice", models.FaceConsole, 0)
		as(t, s, "aud").get("/tokens/"+itoa(lonely)).says(".details", "by alice")
	})
}
