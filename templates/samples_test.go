package templates

import (
	"net/url"
	"time"
)

// sample is one page filled with data.
type sample struct {
	page string
	name string
	data any
}

var sampleNow = time.Date(2026, 3, 18, 14, 5, 9, 0, time.UTC)

func ago(d time.Duration) time.Time { return sampleNow.Add(-d) }
func in(d time.Duration) time.Time  { return sampleNow.Add(d) }

const aDay = 24 * time.Hour

func samplePage(active string, flashes ...Flash) Page {
	return Page{
		Now: sampleNow, Issuer: "https://gatehouse.example.com", RequestID: "01JPN5T3M8Q4", CSRFToken: "csrf-sample",
		Viewer:  Viewer{ID: 1, Username: "admin", IsSuperuser: true},
		Nav:     Nav{Active: active, Applications: true, Users: true, Organizations: true, Maintenance: true, Policy: true},
		Flashes: flashes,
	}
}

func sampleOwnPage() Page {
	page := samplePage("tokens")
	page.Viewer = Viewer{ID: 7, Username: "audit.office@subsidiary.example.com"}
	page.Nav = Nav{Active: "tokens"}
	return page
}

func sampleList(path, query, order string, count, number, size int64) List {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return List{Path: path, Query: values, Order: order, Count: count, Number: number, Size: size}
}

func sampleTokens() []Token {
	desk, metrics := Link{3, "Service desk"}, Link{4, "Metrics portal"}
	tokens := []Token{
		{Description: "Nightly inventory sync", Owner: Link{11, "svc-inventory"}, Platform: "gateway", Scope: "write", State: "active", LastUsed: ago(2 * time.Minute), Expires: in(280 * aDay)},
		{Description: "Ticket desk", Application: desk, Owner: Link{12, "svc-desk"}, Platform: "gateway", Scope: "read", State: "active", LastUsed: ago(time.Hour), Expires: in(29 * aDay)},
		{Description: "Legacy provisioning", Owner: Link{13, "svc-provision"}, Platform: "controller", Scope: "write", State: "active", LastUsed: ago(26 * time.Hour), Expires: sampleNow.AddDate(998, 0, 0)},
		{Description: "Dashboards", Application: metrics, Owner: Link{14, "svc-metrics"}, Platform: "controller", Scope: "read", State: "expiring", LastUsed: ago(3 * aDay), Expires: in(3*aDay + time.Hour)},
		{Description: "CI deploy key", Owner: Link{15, "release-bot"}, Platform: "gateway", Scope: "write", State: "expiring", LastUsed: ago(12 * time.Minute), Expires: in(6*aDay + time.Hour)},
		{Description: "Migration test 2", Owner: Link{16, "svc-migrate"}, Platform: "controller", Scope: "read write", State: "expired", LastUsed: ago(250 * aDay), Expires: ago(65 * aDay)},
		{Description: "", Application: desk, Owner: Link{12, "svc-desk"}, Platform: "gateway", Scope: "read", State: "revoked", Expires: in(370 * aDay)},
		{Description: "Terraform workspace runs for the platform team in the northern region, kept until the new pipeline is in place and everybody has moved", Owner: Link{17, "svc-terraform-northern-region-production-0001"}, Platform: "gateway", Scope: "write", State: "active", LastUsed: ago(5 * time.Minute), Expires: in(130 * aDay)},
		{Description: "NoSpacesAtAllInThisDescriptionBecauseAMachineWroteIt_4f1c2e9a7b6d5c4e3f2a1b0c9d8e7f6a", Application: Link{5, "An application with a rather long name that nobody shortened"}, Owner: Link{7, "audit.office@subsidiary.example.com"}, Platform: "gateway", Scope: "write", State: "active", LastUsed: ago(9 * aDay), Expires: in(9 * aDay)},
	}
	for at := range tokens {
		tokens[at].ID, tokens[at].Hint, tokens[at].MayDelete = int64(101+at), "kX3q", true
		tokens[at].Created, tokens[at].Modified = ago(time.Duration(at+1)*20*aDay), ago(time.Duration(at+1)*aDay)
		tokens[at].CreatedBy = Link{1, "admin"}
	}
	return tokens
}

func sampleApplications() []Application {
	netops, platform := Link{1, "Network operations"}, Link{2, "Platform engineering and developer experience, northern region"}
	return []Application{
		{ID: 3, Name: "Service desk", Description: "Opens and closes changes for people who file tickets.", Organization: netops, Platform: "gateway", ClientID: "x4Zq9TtB1mV7cKp2Lw8RsYdN3hFgJ6aUeQoXiW5b", ClientType: "confidential", GrantType: "authorization-code", RedirectURIs: []RedirectURI{{URI: "https://desk.example.com/oauth/callback"}, {URI: "https://desk-staging.example.com/oauth/callback"}}, TokenCount: 1284, Created: ago(400 * aDay), Modified: ago(3 * time.Hour)},
		{ID: 4, Name: "Metrics portal", Organization: netops, Platform: "controller", ClientID: "m4Zq9TtB1mV7cKp2Lw8RsYdN3hFgJ6aUeQoXiW5b", ClientType: "confidential", GrantType: "password", Owner: Link{14, "svc-metrics"}, RedirectURIs: []RedirectURI{{URI: "http://metrics.internal.example.com/callback", Insecure: true}}, TokenCount: 31, Created: ago(900 * aDay), Modified: ago(40 * aDay)},
		{ID: 5, Name: "An application with a rather long name that nobody shortened", Description: "Somebody once wrote a whole paragraph here, because the field let them: who runs it, where, since when, and whom to call at night.", Organization: platform, Platform: "gateway", ClientID: "l4Zq9TtB1mV7cKp2Lw8RsYdN3hFgJ6aUeQoXiW5b", ClientType: "public", GrantType: "authorization-code", SkipAuthorization: true, RedirectURIs: []RedirectURI{{URI: "http://127.0.0.1/callback"}}, Created: ago(aDay), Modified: ago(30 * time.Second)},
		{ID: 6, Name: "Nightly reports", Platform: "gateway", ClientID: "n4Zq9TtB1mV7cKp2Lw8RsYdN3hFgJ6aUeQoXiW5b", ClientType: "confidential", GrantType: "client-credentials", TokenCount: 1, Created: ago(5 * aDay)},
	}
}

func sampleUsers() []User {
	return []User{
		{ID: 1, Username: "admin", Email: "admin@example.com", IsSuperuser: true, IsActive: true, LastLogin: ago(3 * time.Minute), Created: ago(800 * aDay), Modified: ago(aDay)},
		{ID: 7, Username: "audit.office@subsidiary.example.com", FirstName: "Audit office", LastName: "Northern-Subsidiary", Email: "audit.office@subsidiary.example.com", IsPlatformAuditor: true, IsActive: true, LastLogin: ago(30 * time.Hour), Created: ago(90 * aDay)},
		{ID: 12, Username: "svc-desk", IsActive: true, External: "corporate directory", Created: ago(400 * aDay)},
		{ID: 16, Username: "svc-migrate", FirstName: "Migration", Created: ago(700 * aDay), LastLogin: ago(650 * aDay)},
	}
}

func sampleOrganizations() []Organization {
	return []Organization{
		{ID: 1, Name: "Network operations", Description: "Routers, switches, and the people who wake up for them", UserCount: 214, AdminCount: 3, ApplicationCount: 2, Created: ago(900 * aDay), Modified: ago(2 * aDay)},
		{ID: 2, Name: "Platform engineering and developer experience, northern region", UserCount: 12, AdminCount: 1, ApplicationCount: 1, Created: ago(90 * aDay)},
		{ID: 9, Name: "Empty one", Created: ago(time.Minute)},
	}
}

func sampleChoices() []Choice {
	return []Choice{{"1", "Network operations"}, {"2", "Platform engineering and developer experience, northern region"}}
}

// filledSamples has every page at least once, filled as an administrator may see it.
func filledSamples() []sample {
	var all []sample
	for _, group := range [][]sample{overviewSamples(), tokenSamples(), applicationSamples(), peopleSamples(), activitySamples(), maintenanceSamples(), policySamples(), deedSamples(), aloneSamples()} {
		all = append(all, group...)
	}
	return all
}

func tokenSamples() []sample {
	tokens := sampleTokens()
	good := Flash{"good", "Token “CI deploy key” was deleted."}
	form := TokenForm{Description: "Ticket desk", Scope: "read"}
	unused := tokens[0]
	unused.State, unused.Unused = StateUnused, "90 days"
	bad := TokenForm{Description: "Deploys from the pipeline", Scope: "write", Application: "3", Expiry: "date", ExpiresOn: "2031-01-01"}
	applications := []Choice{{"3", "Service desk (Network operations)"}, {"5", "An application with a rather long name that nobody shortened (Platform engineering)"}}
	tokenErrors := Errors{{"expires_on", "The longest lifetime ends on 18 March 2027."}, {"", "This form was sent before."}}
	secret := TokenCreatedPage{Page: samplePage("tokens"), Token: tokens[4], Value: "Vd8fLq2ZpX0bRk5TnY7wHs3MgJ1cAe"}
	refreshed := TokenCreatedPage{Page: samplePage("tokens"), Token: tokens[1], Value: "Vd8fLq2ZpX0bRk5TnY7wHs3MgJ1cAe", Refresh: "7wHs3MgJ1cAeVd8fLq2ZpX0bRk5TnY", Refreshed: true}
	return []sample{
		{"tokens", "all", TokensPage{Page: samplePage("tokens", good), List: sampleList("/tokens", "", "description", 1284, 1, 50), Rows: tokens, Everybody: true, MayCreate: true}},
		{"tokens", "filtered", TokensPage{Page: samplePage("tokens"), List: sampleList("/tokens", "application=3&platform=gateway&order_by=-expires&search=desk&page=2&page_size=25", "-expires", 57, 2, 25), Rows: tokens[:2], Everybody: true, Application: Link{3, "Service desk"}, MayCreate: true}},
		{"tokens", "own", TokensPage{Page: sampleOwnPage(), List: sampleList("/tokens", "", "-created", 2, 1, 50), Rows: tokens[1:3], Reason: "Tokens cannot be created by users who sign in with an external source (corporate directory)."}},
		{"tokens", "no-results", TokensPage{Page: samplePage("tokens"), List: sampleList("/tokens", "search=zebra&state=expired", "description", 0, 1, 50), Everybody: true, MayCreate: true}},
		{"tokens", "empty", TokensPage{Page: sampleOwnPage(), List: sampleList("/tokens", "", "-created", 0, 1, 50), MayCreate: true}},
		{"tokens", "unused", TokensPage{Page: samplePage("tokens"), List: sampleList("/tokens", "state=unused", "description", 1, 1, 50), Rows: []Token{unused}, Idle: true, MayCreate: true}},
		{"token", "gateway", TokenPage{Page: samplePage("tokens", Flash{"good", "Token saved."}), Token: tokens[1], Form: form, MayEdit: true, MayRefresh: true, Once: "n1", Activity: sampleActivity("token=102")}},
		{"token", "controller", TokenPage{Page: samplePage("tokens"), Token: tokens[2], Form: form, MayEdit: true}},
		{"token", "long", TokenPage{Page: samplePage("tokens"), Token: tokens[8], Form: TokenForm{Scope: "x"}, Errors: Errors{{"scope", "Invalid scope: x. Must be one of: read, write"}}, MayEdit: true}},
		{"token", "read-only", TokenPage{Page: sampleOwnPage(), Token: tokens[5]}},
		{"token", "unused", TokenPage{Page: samplePage("tokens"), Token: unused, Form: form, MayEdit: true}},
		{"token_new", "fresh", TokenNewPage{Page: samplePage("tokens"), Form: TokenForm{Scope: "read", Expiry: "90"}, Applications: applications, Longest: in(365 * aDay), Last: in(365 * aDay), Once: "n2"}},
		{"token_new", "policy", TokenNewPage{Page: samplePage("tokens"), Form: TokenForm{Scope: "read", Expiry: "default"}, Applications: applications, Default: "30 days", Longest: in(90 * aDay), OfApplication: "365 days", Last: in(365 * aDay), Idle: "14 days", Once: "n2"}},
		{"token_new", "wrong", TokenNewPage{Page: samplePage("tokens"), Form: bad, Errors: tokenErrors, Applications: applications, Longest: in(365 * aDay), Last: in(365 * aDay), Once: "n2"}},
		{"token_created", "personal", secret},
		{"token_created", "refreshed", refreshed},
	}
}

func applicationSamples() []sample {
	applications, tokens := sampleApplications(), sampleTokens()
	form := ApplicationForm{Name: "Service desk", Description: "Opens and closes changes.", Organization: "1", ClientType: "confidential", GrantType: "authorization-code", RedirectURIs: "https://desk.example.com/oauth/callback\nhttps://desk-staging.example.com/oauth/callback"}
	wrong := form
	wrong.Name, wrong.RedirectURIs = "", "http://desk.example.com/*"
	errors := Errors{{"name", "Name is required."}, {"redirect_uris", "http://desk.example.com/*: plain http is only for this very machine."}}
	return []sample{
		{"applications", "all", ApplicationsPage{Page: samplePage("applications"), List: sampleList("/applications", "", "name", 4, 1, 50), Rows: applications, MayCreate: true}},
		{"applications", "no-results", ApplicationsPage{Page: samplePage("applications"), List: sampleList("/applications", "organization=2&search=x", "name", 0, 1, 50), Organization: Link{2, "Platform engineering"}, Reason: "Only administrators of an organization create applications."}},
		{"applications", "empty", ApplicationsPage{Page: samplePage("applications"), List: sampleList("/applications", "", "name", 0, 1, 50), MayCreate: true}},
		{"application", "filled", ApplicationPage{Page: samplePage("applications"), Application: applications[0], Form: form, Organizations: sampleChoices(), Tokens: tokens[:3], MayEdit: true, MayDelete: true, MaySkip: true, MayRotate: true, Activity: sampleActivity("application=3")}},
		{"application", "insecure", ApplicationPage{Page: samplePage("applications"), Application: applications[1], Form: form, Organizations: sampleChoices(), MayEdit: true}},
		{"application_new", "fresh", ApplicationNewPage{Page: samplePage("applications"), Form: ApplicationForm{ClientType: "confidential", GrantType: "authorization-code"}, Organizations: sampleChoices(), MaySkip: true, Once: "n3"}},
		{"application_new", "wrong", ApplicationNewPage{Page: samplePage("applications"), Form: wrong, Errors: errors, Organizations: sampleChoices(), Once: "n3"}},
		{"application_new", "without-organization", ApplicationNewPage{Page: samplePage("applications")}},
		{"application_created", "confidential", ApplicationCreatedPage{Page: samplePage("applications"), Application: applications[0], Secret: "bB6oGx0DkPzq1WnT8Yc4VfRj7LhMs2AeUi9KdXpQ5tEwNyZr3CgHmJvFaSlOuB6oGx0DkPzq1WnT8Yc4VfRj7LhMs2AeUi9KdXpQ5tEwNyZr3CgHmJvFaSlOu123"}},
		{"application_created", "public", ApplicationCreatedPage{Page: samplePage("applications"), Application: applications[2]}},
		{"renew", "token", RenewPage{Page: samplePage("tokens"), Verb: "Regenerate token", Name: tokens[8].Description, Lede: "The token gets a new value, shown once.", Action: "/tokens/1/regenerate", Cancel: "/tokens/1", Overlap: "3600", Once: "n3"}},
		{"renew", "refused", RenewPage{Page: samplePage("applications"), Verb: "Rotate secret", Name: "Service desk", Lede: "The application gets a new client secret, shown once.", Action: "/applications/1/rotate", Cancel: "/applications/1", Errors: Errors{{"current_password", "This is not your password."}}, Once: "n4", Password: true}},
	}
}

func peopleSamples() []sample {
	users, organizations, tokens := sampleUsers(), sampleOrganizations(), sampleTokens()
	form := UserForm{Username: users[1].Username, FirstName: "Audit office", LastName: "Northern-Subsidiary", Email: users[1].Email, IsPlatformAuditor: true, IsActive: true}
	memberships := []Membership{{Link{1, "Network operations"}, "admin"}, {Link{2, "Platform engineering and developer experience, northern region"}, "member"}}
	people := []Person{{users[1], "admin"}, {users[1], "member"}, {users[2], "member"}, {users[3], "auditor"}}
	users[1].MayDelete, users[1].MayDisable, users[3].MayEnable, organizations[1].MayDelete = true, true, true, true
	own := UserPage{Page: sampleOwnPage(), User: users[1], Form: form, Tokens: tokens[8:], TokenCount: 1, MayEdit: true, MayPassword: true, PasswordErrors: Errors{{"password_confirm", "The two passwords differ."}}}
	return []sample{
		{"users", "all", UsersPage{Page: samplePage("users"), List: sampleList("/users", "order_by=-last_login", "-last_login", 214, 1, 50), Rows: users, MayCreate: true}},
		{"users", "no-results", UsersPage{Page: samplePage("users"), List: sampleList("/users", "type=auditor&organization=1", "username", 0, 1, 50), Organization: Link{1, "Network operations"}, Reason: "Only administrators create users."}},
		{"users", "empty", UsersPage{Page: samplePage("users"), List: sampleList("/users", "", "username", 0, 1, 50), MayCreate: true}},
		{"user", "filled", UserPage{Page: samplePage("users"), User: users[1], Form: form, Organizations: memberships, Tokens: tokens[:2], TokenCount: 2, MayEdit: true, MayRename: true, MayGrant: true, MayPassword: true, MayRevoke: true, PersonalCount: 1, Activity: sampleActivity("user=7")}},
		{"user", "own", own},
		{"user", "external", UserPage{Page: samplePage("users"), User: users[2]}},
		{"authorized", "some", AuthorizedPage{Page: samplePage("authorized"), Rows: []Authorized{
			{ID: 3, Name: "Service desk", Organization: "Network operations", Platform: "gateway", Scope: "read write", Hosts: []string{"desk.example.com", "com.example.desk:"}, Since: sampleNow},
			{ID: 4, Name: "An application with a rather long name that nobody shortened", Platform: "controller", Scope: "read", Hosts: []string{"metrics.a-long-internal-name.northern-region.example.com"}, Since: sampleNow}}}},
		{"authorized", "none", AuthorizedPage{Page: samplePage("authorized")}},
		{"user_new", "fresh", UserNewPage{Page: samplePage("users"), Organizations: sampleChoices(), MayGrant: true}},
		{"user_new", "wrong", UserNewPage{Page: samplePage("users"), Form: UserForm{Username: "a b"}, Errors: Errors{{"username", "Letters, digits and @ . + - _ only."}, {"password", "Use at least 12 characters."}, {"organization", "Choose an organization."}}, Organizations: sampleChoices(), OrganizationRequired: true}},
		{"organizations", "all", OrganizationsPage{Page: samplePage("organizations"), List: sampleList("/organizations", "", "name", 3, 1, 50), Rows: organizations, MayCreate: true}},
		{"organizations", "no-results", OrganizationsPage{Page: samplePage("organizations"), List: sampleList("/organizations", "search=x", "name", 0, 1, 50)}},
		{"organizations", "empty", OrganizationsPage{Page: samplePage("organizations"), List: sampleList("/organizations", "", "name", 0, 1, 50), MayCreate: true}},
		{"organization", "filled", OrganizationPage{Page: samplePage("organizations"), Organization: organizations[0], Form: OrganizationForm{"Network operations", organizations[0].Description}, People: people, PeopleCount: 217, Username: "nobody", Role: "admin", PeopleErrors: Errors{{"username", "There is no user with this username."}}, MayEdit: true, MayManage: true, MayDelete: true, Activity: sampleActivity("organization=1")}},
		{"organization", "empty", OrganizationPage{Page: samplePage("organizations"), Organization: organizations[2], MayManage: true}},
		{"organization_new", "fresh", OrganizationNewPage{Page: samplePage("organizations")}},
		{"organization_new", "wrong", OrganizationNewPage{Page: samplePage("organizations"), Form: OrganizationForm{Name: "Network operations"}, Errors: Errors{{"name", "An organization with this name already exists."}}}},
	}
}

func aloneSamples() []sample {
	nobody := Page{Now: sampleNow, RequestID: "01JPN5T3M8Q4", CSRFToken: "csrf-sample"}
	consent := ConsentPage{Page: samplePage(""), Application: "Service desk", Description: "Opens and closes changes for people who file tickets.", Organization: "Network operations", Scopes: []string{"read", "write"}, RedirectHost: "desk.example.com", Action: "/o/authorize/", Hidden: []Hidden{{"request", "abc"}}}
	insecure := consent
	insecure.Resources = []string{"https://files.example.com/", "urn:example:queue"}
	insecure.Application, insecure.RedirectHost, insecure.Insecure = "An application with a rather long name that nobody shortened", "metrics.a-long-internal-name.northern-region.example.com", true
	return []sample{
		{"login", "fresh", LoginPage{Page: nobody}},
		{"login", "failed", LoginPage{Page: nobody, Username: "admin", Next: "/tokens", Message: "Username or password is wrong.", Client: "Service desk"}},
		{"sessions", "everybody", SessionsPage{Page: samplePage("sessions"), List: sampleList("/sessions", "", "-last_seen", 3, 1, 50), Everybody: true, Rows: []Session{
			{ID: 1, Owner: Link{1, "admin"}, Device: "Firefox on Linux", Agent: "Mozilla/5.0", Address: "192.0.2.4", Created: ago(time.Hour), LastSeen: ago(time.Minute), Current: true},
			{ID: 2, Owner: Link{7, "audit.office@subsidiary.example.com"}, Device: "Unknown device", Agent: "x", Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348", Created: ago(30 * aDay), LastSeen: ago(aDay)},
			{ID: 3, Owner: Link{9, "svc"}, Device: "Python", Created: ago(time.Hour), LastSeen: ago(time.Hour)}}}},
		{"sessions", "own", SessionsPage{Page: sampleOwnPage(), List: sampleList("/sessions", "", "-last_seen", 1, 1, 50), Rows: []Session{{ID: 1, Owner: Link{7, "n"}, Device: "Safari on iPhone", Address: "192.0.2.4", Created: ago(time.Hour), LastSeen: ago(time.Minute), Current: true}}}},
		{"sessions", "no-results", SessionsPage{Page: samplePage("sessions"), List: sampleList("/sessions", "search=x", "-last_seen", 0, 1, 50), Everybody: true}},
		{"setup", "fresh", SetupPage{Page: nobody, Code: "kX3q-81mB-Zz0T"}},
		{"setup", "wrong", SetupPage{Page: nobody, Code: "x", Username: "admin", Errors: Errors{{"code", "This code is not the one that the server printed."}, {"password_confirm", "The two passwords differ."}}}},
		{"consent", "filled", consent},
		{"consent", "insecure", insecure},
		{"form_post", "filled", FormPostPage{Page: samplePage(""), Application: "Service desk", RedirectHost: "desk.example.com", Action: "https://desk.example.com/callback", Hidden: []Hidden{{"code", "abc"}, {"state", "<xyz>"}}}},
		{"device", "linked", DevicePage{Page: samplePage(""), UserCode: "WDJB-MJHT"}},
		{"device", "wrong", DevicePage{Page: samplePage(""), UserCode: "wdjb", Errors: Errors{{"user_code", "This code cannot be used."}}}},
		{"device_confirm", "filled", DeviceConfirmPage{Page: samplePage(""), Application: "Shop floor display", Description: "Shows which changes are under way.", Organization: "Network operations", Scopes: []string{"read", "write"}, Resources: []string{"https://files.example.com/"}, UserCode: "WDJB-MJHT"}},
		{"reference", "filled", ReferencePage{Page: samplePage("reference"), Description: "/api/openapi.json", Text: "One `code`.\n\n**Two** words.",
			List: sampleList("/docs", "", "", 2, 1, 50), Groups: []OperationGroup{{ID: "group-tokens", Name: "Tokens", Text: "Of `both`.", Operations: []OperationLink{
				{ID: "listTokens", Method: "GET", Path: "/api/tokens/", Summary: "List <tokens>"}, {ID: "deleteToken", Method: "DELETE", Path: "/api/tokens/{id}/", Summary: "Delete a token"}}}}}},
		{"reference", "no-results", ReferencePage{Page: samplePage("reference"), Description: "/api/openapi.json", List: sampleList("/docs", "search=x", "", 0, 1, 50)}},
		{"operation", "filled", sampleOperation()},
		{"operation", "least", OperationPage{Page: samplePage("reference"), Operation: OperationLink{ID: "ping", Method: "GET", Path: "/ping/", Summary: "Ping"}, Group: "Gateway", GroupID: "group-gateway",
			Answers: []DescribedAnswer{{Status: "204", Text: "Done.", Open: true}}, Request: SampleRequest{Method: "GET", Address: "https://gate.example.com/ping/"}}},
		{"device_done", "authorized", DeviceDonePage{Page: samplePage("", Flash{"good", "The device is authorized."})}},
		{"error", "signed-in", ErrorPage{Page: samplePage(""), Status: 404, Heading: "Not found", Message: "There is no token with this number, or it is not yours.", Advice: "It may have been deleted a moment ago.", BackPath: "/tokens", BackLabel: "Back to tokens"}},
		{"error", "alone", ErrorPage{Page: nobody, Status: 400, Heading: "This link cannot be used", Message: "The application sent a redirect URI that is not registered.", Advice: "Tell the people who run the application."}},
	}
}
