package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/web/webtest"
)

// roles are the columns of the table: nobody, a user who belongs nowhere, a member and an administrator of the organization, an
// auditor, a superuser.
var roles = []string{"", "alice", "om", "oa", "aud", "admin"}

const authorization = "?response_type=code&client_id={client}&state=s"

// access is what each role gets of a page or form.
type access struct {
	method, path, form string
	want               string // a status for each of roles
}

// open reports whether the page is also for who is not signed in; the authorization endpoint asks for that itself.
func (a access) open() bool {
	return a.path == "/" || a.path == "/setup" || a.path == "/login" || a.path == "/logout"
}

var accesses = []access{
	{"GET", "/", "", "303 200 200 200 200 200"},
	{"GET", "/setup", "", "303 303 303 303 303 303"},
	{"POST", "/setup", "code=x username=x password=12345678 password_confirm=12345678", "303 303 303 303 303 303"},
	{"GET", "/login", "", "200 302 302 302 302 302"},
	{"POST", "/login", "username=nobody password=wrong", "401 401 401 401 401 401"},
	{"POST", "/logout", "", "303 303 303 303 303 303"},

	{"GET", "/tokens", "", "302 200 200 200 200 200"},
	{"GET", "/tokens/new", "", "302 200 200 200 200 200"},
	{"POST", "/tokens/new", "scope=read expiry=7", "303 200 200 200 200 200"},
	{"POST", "/tokens/new", "scope=read expiry=7 application={application}", "303 403 200 200 200 200"},
	{"POST", "/tokens/new", "scope=read expiry=7 application={job}", "303 422 422 422 422 422"},
	{"POST", "/tokens/delete", "id={personal}&id={other}", "303 200 403 403 403 200"},
	{"POST", "/tokens/delete", "id={personal}&id={other} confirm=yes", "303 303 403 403 403 303"},
	{"POST", "/tokens/delete", "id={issued} confirm=yes", "303 403 303 303 403 303"},
	{"GET", "/tokens/{personal}", "", "302 200 403 403 200 200"},
	{"GET", "/tokens/{issued}", "", "302 403 200 200 200 200"},
	{"POST", "/tokens/{personal}", "description=x scope=read", "303 303 403 403 403 303"},
	{"POST", "/tokens/{issued}", "description=x scope=read", "303 403 303 303 403 303"},
	{"POST", "/tokens/{theirs}", "description=x scope=read", "303 303 403 403 403 303"},
	{"POST", "/tokens/{personal}/refresh", "", "303 422 403 403 403 422"},
	{"POST", "/tokens/{issued}/refresh", "", "303 403 200 403 403 200"},
	{"POST", "/tokens/{theirs}/refresh", "", "303 403 403 403 403 403"},
	{"GET", "/tokens/{personal}/regenerate", "", "302 200 403 403 403 403"},
	{"GET", "/tokens/{issued}/regenerate", "", "302 403 422 403 403 403"},
	{"GET", "/tokens/{theirs}/regenerate", "", "302 403 403 403 403 403"},
	{"POST", "/tokens/{personal}/regenerate", "overlap_seconds=0", "303 200 403 403 403 403"},
	{"POST", "/tokens/{theirs}/regenerate", "overlap_seconds=0", "303 403 403 403 403 403"},
	{"GET", "/tokens/{personal}/delete", "", "302 200 403 403 403 200"},
	{"POST", "/tokens/{personal}/delete", "", "303 303 403 403 403 303"},
	{"POST", "/tokens/{issued}/delete", "", "303 403 303 303 403 303"},
	{"POST", "/tokens/{theirs}/delete", "", "303 303 403 403 403 303"},

	{"GET", "/sessions", "", "302 200 200 200 200 200"},
	{"POST", "/sessions/{session}/end", "", "303 303 403 403 403 303"}, // alice's
	{"POST", "/sessions/end", "id={session}", "303 200 403 403 403 200"},
	{"POST", "/sessions/end", "id={session} confirm=yes", "303 303 403 403 403 303"},
	{"POST", "/sessions/others", "", "303 303 303 303 303 303"},

	{"GET", "/applications", "", "302 200 200 200 200 200"},
	{"GET", "/authorized", "", "302 200 200 200 200 200"},
	{"GET", "/authorized/{application}/withdraw", "", "302 404 404 404 404 404"}, // nobody consented to it
	{"POST", "/authorized/{application}/withdraw", "", "303 404 404 404 404 404"},

	{"POST", "/authorized/withdraw", "id={application} confirm=yes", "303 303 303 303 303 303"}, // as good as withdrawn

	{"GET", "/applications/new", "", "302 403 403 200 403 200"},
	{"POST", "/applications/new", "name=made-{personal} organization={organization} client_type=public authorization_grant_type=password", "303 403 403 200 403 200"},
	{"POST", "/applications/new", "name=made-{personal} organization={organization} client_type=public authorization_grant_type=password skip_authorization=true", "303 403 403 403 403 200"},
	{"GET", "/applications/{application}", "", "302 403 200 200 200 200"},
	{"POST", "/applications/{application}", "name=renamed organization={organization}", "303 403 403 303 403 303"},
	{"POST", "/applications/{application}", "skip_authorization=true", "303 403 403 403 403 303"},
	{"POST", "/applications/{job}", "name=renamed organization={organization}", "303 403 403 303 403 303"},
	{"GET", "/applications/{application}/rotate", "", "302 403 403 200 403 200"},
	{"GET", "/applications/{job}/rotate", "", "302 403 403 200 403 200"},
	{"POST", "/applications/{application}/rotate", "overlap_seconds=0 current_password=wrong", "303 403 403 422 403 422"},
	{"GET", "/applications/{application}/delete", "", "302 403 403 200 403 200"},
	{"POST", "/applications/{application}/delete", "", "303 403 403 303 403 303"},
	{"POST", "/applications/delete", "id={application}&id={job}", "303 403 403 200 403 200"},
	{"POST", "/applications/delete", "id={application}&id={job} confirm=yes", "303 403 403 303 403 303"},
	{"POST", "/applications/{job}/delete", "", "303 403 403 303 403 303"},

	{"GET", "/users", "", "302 200 200 200 200 200"},
	{"GET", "/users/new", "", "302 403 403 200 403 200"},
	{"POST", "/users/new", "username=made-{personal} organization={organization} password=12345678 password_confirm=12345678", "303 403 403 303 403 303"},
	{"POST", "/users/new", "username=made-{personal} password=12345678 password_confirm=12345678 is_platform_auditor=true", "303 403 403 403 403 422"},
	{"GET", "/users/{user}", "", "302 403 200 200 200 200"},
	{"GET", "/users/{admin}", "", "302 200 200 200 200 200"},
	{"POST", "/users/{user}", "first_name=x", "303 403 403 303 403 303"},
	{"POST", "/users/{user}", "is_platform_auditor=true", "303 403 403 403 403 422"}, // without one's own password
	{"POST", "/users/{user}", "is_superuser=true", "303 403 403 403 403 422"},        // likewise
	{"POST", "/users/{user}/password", "password=12345678 password_confirm=12345678 current_password=wrong", "303 403 403 422 403 422"},
	{"GET", "/users/{user}/delete", "", "302 403 403 200 403 200"},
	{"POST", "/users/{user}/delete", "", "303 403 403 303 403 303"},
	{"POST", "/users/delete", "id={user}", "303 403 403 200 403 200"},
	{"POST", "/users/delete", "id={user} confirm=yes", "303 403 403 303 403 303"},
	{"POST", "/users/disable", "id={user}", "303 403 403 200 403 200"},
	{"POST", "/users/disable", "id={user} confirm=yes", "303 403 403 303 403 303"},
	{"GET", "/users/{user}/disable", "", "302 403 403 200 403 200"},
	{"POST", "/users/{user}/disable", "", "303 403 403 303 403 303"},
	{"GET", "/users/{alice}/disable", "", "302 403 403 403 403 200"}, // of oneself: no
	{"GET", "/users/{user}/enable", "", "302 403 403 200 403 200"},
	{"POST", "/users/{user}/enable", "", "303 403 403 303 403 303"},
	{"GET", "/users/{alice}/revoke", "", "302 200 403 403 403 200"},
	{"POST", "/users/{alice}/revoke", "", "303 422 403 403 403 422"},
	{"POST", "/users/{alice}/revoke", "confirm=yes refresh=true", "303 303 403 403 403 303"},
	{"GET", "/users/{user}/revoke", "", "302 403 403 403 403 200"}, // whom oa administers, not their tokens
	{"POST", "/users/{user}/revoke", "confirm=yes", "303 403 403 403 403 303"},
	{"POST", "/users/{admin}/delete", "", "303 403 403 403 403 403"},

	{"GET", "/organizations", "", "302 200 200 200 200 200"},
	{"GET", "/organizations/new", "", "302 403 403 403 403 200"},
	{"POST", "/organizations/new", "name=made-{personal}", "303 403 403 403 403 303"},
	{"GET", "/organizations/{organization}", "", "302 403 200 200 200 200"},
	{"POST", "/organizations/{organization}", "name=renamed-{personal}", "303 403 403 303 403 303"},
	{"POST", "/organizations/{organization}/add", "username=om role=admin", "303 403 403 422 403 422"}, // without one's own password
	{"POST", "/organizations/{organization}/add", "username=om role=auditor", "303 403 403 303 403 303"},
	{"POST", "/organizations/{organization}/add", "username=bob role=member", "303 403 403 403 403 303"}, // bob belongs nowhere
	{"POST", "/organizations/{organization}/remove", "user={user} role=member", "303 403 403 303 403 303"},
	{"GET", "/organizations/{organization}/delete", "", "302 403 403 403 403 200"},
	{"POST", "/organizations/delete", "id={organization}", "303 403 403 403 403 200"},
	{"POST", "/organizations/delete", "id={organization} confirm=yes", "303 403 403 403 403 303"},
	{"POST", "/organizations/{organization}/delete", "", "303 403 403 403 403 303"},

	{"GET", "/activity", "", "302 200 200 200 200 200"},
	{"GET", "/activity/{entry}", "", "302 404 200 200 200 200"}, // a token of om and of an application

	{"GET", "/maintenance", "", "302 403 403 403 403 200"},
	{"GET", "/maintenance/revoke-tokens", "", "302 403 403 403 403 200"},
	{"GET", "/maintenance/revoke-tokens?user=nobody", "", "302 403 403 403 403 422"},
	{"POST", "/maintenance/revoke-tokens", "confirm=yes user=alice", "303 403 403 403 403 303"},
	{"POST", "/maintenance/revoke-tokens", "confirm=yes your_password=wrong", "303 403 403 403 403 422"},
	{"POST", "/maintenance/revoke-tokens", "", "303 403 403 403 403 422"},
	{"GET", "/maintenance/clear-tokens", "", "302 403 403 403 403 200"},
	{"POST", "/maintenance/clear-tokens", "confirm=yes", "303 403 403 403 403 303"},
	{"GET", "/maintenance/clear-sessions", "", "302 403 403 403 403 200"},
	{"POST", "/maintenance/clear-sessions", "confirm=yes", "303 403 403 403 403 303"},
	{"GET", "/maintenance/expire-sessions", "", "302 403 403 403 403 200"},
	{"POST", "/maintenance/expire-sessions", "confirm=yes user=bob", "303 403 403 403 403 303"},
	{"GET", "/maintenance/imports/{personal}", "", "302 403 403 403 403 404"}, // nothing was imported

	{"GET", "/policy", "", "302 403 403 403 200 200"},
	{"GET", "/policy?idle_days=30", "", "302 403 403 403 403 200"},
	{"POST", "/policy", "idle_days=30 your_password=wrong", "303 403 403 403 403 422"},
	{"GET", "/tokens/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/tokens/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/applications/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/applications/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/users/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/users/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/organizations/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/organizations/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/sessions/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/sessions/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/authorized/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/authorized/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/activity/export.csv", "", "302 200 200 200 200 200"},
	{"GET", "/activity/export.json", "", "302 200 200 200 200 200"},
	{"GET", "/users/export.csv?organization={organization}", "", "302 403 200 200 200 200"},

	{"GET", "/docs", "", "302 200 200 200 200 200"},
	{"GET", "/docs/{operation}", "", "302 200 200 200 200 200"},

	{"GET", "/device", "", "302 200 200 200 200 200"},
	{"POST", "/device", "user_code={user_code}", "303 200 200 200 200 200"},
	{"POST", "/device/decide", "user_code={user_code} decision=authorize", "303 422 422 422 422 422"}, // a code that was not entered before
	{"GET", "/device/done", "", "302 200 200 200 200 200"},

	{"GET", "/o/authorize/" + authorization, "", "302 200 200 200 200 200"},
	{"GET", "/api/o/authorize/" + authorization, "", "302 200 200 200 200 200"},
	{"GET", "/api/controller/o/authorize/" + authorization, "", "302 200 200 200 200 200"},
	{"GET", "/authorize/" + authorization, "", "302 200 200 200 200 200"},
	{"POST", "/authorize/", "decision=deny client_id={client} response_type=code", "303 303 303 303 303 303"},
	{"POST", "/o/authorize/", "decision=deny client_id={client} response_type=code", "303 303 303 303 303 303"},
	{"POST", "/api/o/authorize/", "decision=deny client_id={client} response_type=code", "303 303 303 303 303 303"},
	{"POST", "/api/controller/o/authorize/", "decision=deny client_id={client} response_type=code", "303 303 303 303 303 303"},
}

// TestAccess: who gets which page. Each form has fresh objects; anonymous people are sent to sign in, never further.
func TestAccess(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		devices := register(t, s, models.FaceConsole, s.Organization.ID, forDevices)
		for _, row := range accesses {
			var x things
			for n, want := range strings.Fields(row.want) {
				if x == nil || row.method == http.MethodPost {
					x = makeThings(t, s)
				}
				client, err := s.DB.Read(t.Context()).Application(x["application"])
				if err != nil {
					t.Fatal(err)
				}
				fill := func(text string) string {
					return strings.NewReplacer("{client}", client.ClientID, "{operation}", "createGatewayToken", "{user_code}", startDevice(t, s, devices).userCode).Replace(x.in(text))
				}
				b := as(t, s, roles[n])
				got := b.send(row.method, fill(row.path), form(fill(row.form), b.cookies["csrftoken"]))
				if strconv.Itoa(got.status) != want {
					t.Errorf("%s %s (%s) as %q: %d, want %s: %s", row.method, row.path, row.form, roles[n], got.status, want, got.read("main"))
				}
				if roles[n] == "" && strings.HasPrefix(want, "30") && !row.open() && !strings.HasPrefix(got.leadsTo(), "/login?next=%2F") {
					t.Errorf("%s %s leads an anonymous browser to %q", row.method, row.path, got.leadsTo())
				}
			}
		}
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Devices.Failures = 10_000 // each row and role begins one
	})
}

// form reads "a=1 b=2", or a query, into a form with the token.
func form(text, csrf string) map[string][]string {
	values := webtest.Form("csrf_token", csrf)
	for _, pair := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '&' }) {
		name, value, _ := strings.Cut(pair, "=")
		values.Add(name, value)
	}
	return values
}

// TestAccessIsComplete: the table above has a row for every page and form.
func TestAccessIsComplete(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		known := map[string]bool{}
		for _, row := range accesses {
			path, _, _ := strings.Cut(row.path, "?")
			known[row.method+" "+pattern(path)] = true
		}
		for _, each := range routes(t, s) {
			if !known[each.method+" "+each.path] {
				t.Errorf("nothing says who may %s %s", each.method, each.path)
			}
		}
	})
}

// pattern writes every id of a path as :id.
func pattern(path string) string {
	segments := strings.Split(path, "/")
	for n, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[n] = ":id"
		}
	}
	return strings.Join(segments, "/")
}
