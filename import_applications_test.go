package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestImportedApplications: every application is there with its fields, at both mounts, as one of the controller.
func TestImportedApplications(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		const query = `SELECT jsonb_build_object('id', id, 'name', name, 'description', description, 'organization', organization_id, 'client_id', client_id,
			'client_type', client_type, 'authorization_grant_type', authorization_grant_type, 'redirect_uris', redirect_uris,
			'skip_authorization', skip_authorization, 'platform', 'controller', 'created', %s, 'modified', %s%s) FROM main_oauth2application ORDER BY id`
		i.sameRows("/api/gateway/v1/applications/", fmt.Sprintf(query, inUTC("created"), inUTC("updated"),
			`, 'user', user_id, 'require_pkce', false, 'introspect_all', false, 'resource_uris', '[]'::jsonb`))
		i.sameRows("/api/controller/v2/applications/", fmt.Sprintf(query, inUTC("created"), inUTC("updated"), ""))
		const list = "/api/gateway/v1/applications/?"
		want := map[string]int{
			list + "platform=controller":               i.Expected["main_oauth2application"].Imported,
			list + "organization__isnull=true":         i.Totals.WithoutOrganization,
			list + "user__isnull=false":                i.Totals.WithOwner,
			list + "redirect_uris__contains=http%3A//": i.Totals.WithHTTPRedirect,
		}
		for kind, n := range i.Totals.ByType {
			want[list+"client_type="+kind] = n
		}
		for kind, n := range i.Totals.ByGrant {
			want[list+"authorization_grant_type="+kind] = n
		}
		i.counts(want)
		for _, a := range i.Applications {
			i.isApplication(a)
		}
	})
}

// isApplication checks what is told of an application, at both mounts.
func (i *imported) isApplication(want applicationFacts) {
	t := i.t
	t.Helper()
	expected := map[string]any{"name": want.Name, "client_id": want.ClientID, "client_type": want.ClientType, "description": want.Description,
		"authorization_grant_type": want.GrantType, "redirect_uris": want.RedirectURIs, "skip_authorization": want.Skip, "organization": any(nil)}
	if want.OrganizationID != nil {
		expected["organization"] = float64(*want.OrganizationID)
	}
	for platform, mount := range mounts {
		at := i.api(http.MethodGet, fmt.Sprintf("%sapplications/%d/", mount, want.ID), i.admin, nil).want(t, http.StatusOK)
		for field, value := range expected {
			if at.json[field] != value {
				t.Errorf("application %d at the %s: %s is %v, want %v", want.ID, platform, field, at.json[field], value)
			}
		}
		if _, shown := at.json["client_secret"]; shown != (want.ClientType == "confidential") {
			t.Errorf("application %d at the %s: the member client_secret is there: %v", want.ID, platform, shown)
		}
		if strings.Contains(at.text, want.ClientSecret) {
			t.Errorf("application %d at the %s shows its secret", want.ID, platform)
		}
	}
	owner, _ := i.api(http.MethodGet, fmt.Sprintf("/api/gateway/v1/applications/%d/", want.ID), i.admin, nil).json["user"].(float64)
	if want.Owner != nil && int(owner) != i.user(t, *want.Owner).ID || want.Owner == nil && owner != 0 {
		t.Errorf("application %d is owned by %v, want %v", want.ID, owner, want.Owner)
	}
}

// TestInsecureRedirectsAreFlagged: what was accepted over there is accepted here; where codes go over plain http, the console says so.
func TestInsecureRedirectsAreFlagged(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		person := i.visitorNamed("admin", *i.user(t, "admin").Password)
		for _, a := range i.Applications {
			insecure := false
			for uri := range strings.FieldsSeq(a.RedirectURIs) {
				insecure = insecure || strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "http://127.0.0.1")
			}
			page := person.page(fmt.Sprintf("/applications/%d", a.ID))
			if flagged := strings.Contains(page.Find("main").Text(), "Plain http"); flagged != insecure {
				t.Errorf("application %d (%s) is flagged: %v", a.ID, a.RedirectURIs, flagged)
			}
		}
	})
}

// TestCase73OldSecretsWork: clients go on with the secrets that they have, each in the way that its type and grant permit, from introspection to
// tokens; a wrong secret is refused.
func TestCase73OldSecretsWork(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		mira := i.user(t, "mira.tellwood")
		person := i.visitorNamed(mira.Username, *mira.Password)
		for _, a := range i.Applications {
			if !a.SecretUsable {
				t.Fatalf("application %d is described without a usable secret", a.ID)
			}
			i.authenticates(a)
			switch {
			case a.Owner != nil: // people may not get its tokens themselves, which would act as the owner
			case a.GrantType == "password":
				pair := i.client(a, "/api/o/token/", "grant_type", "password", "username", mira.Username, "password", *mira.Password, "scope", "read").want(t, http.StatusOK)
				i.isTokenOf(pair, a, mira)
			default:
				for uri := range strings.FieldsSeq(a.RedirectURIs) {
					code := person.authorize(a, uri)
					pair := i.client(a, "/api/o/token/", "grant_type", "authorization_code", "code", code, "redirect_uri", uri).want(t, http.StatusOK)
					i.isTokenOf(pair, a, mira)
				}
			}
		}
	})
}

// authenticates tries the secret of a confidential client, and wrong ones.
func (i *imported) authenticates(a applicationFacts) {
	t := i.t
	t.Helper()
	if a.ClientType == "public" {
		return
	}
	for _, root := range []string{"/api/o/", "/api/controller/o/", "/o/"} {
		if state := i.form(root+"introspect/", a.ClientID, a.ClientSecret, "token", "unknown").want(t, http.StatusOK); state.json["active"] != false {
			t.Errorf("application %d: introspection says %s", a.ID, state.text)
		}
	}
	for _, wrong := range []string{a.ClientSecret[:127], strings.ToLower(a.ClientSecret)} {
		i.form("/api/o/introspect/", a.ClientID, wrong, "token", "unknown").want(t, http.StatusUnauthorized)
	}
}

// isTokenOf checks that a pair of tokens was made for the application and acts as the person at the controller alone.
func (i *imported) isTokenOf(pair answer, a applicationFacts, user userFacts) {
	t := i.t
	t.Helper()
	token := pair.string("access_token")
	for mount, status := range map[string]int{"/api/controller/v2/": http.StatusOK, "/api/v2/": http.StatusOK, "/api/gateway/v1/": http.StatusUnauthorized} {
		if me := i.api(http.MethodGet, mount+"me/", token, nil); me.status != status || status == http.StatusOK && !strings.Contains(me.text, user.Username) {
			t.Errorf("application %d: its token at %s: %d %s", a.ID, mount, me.status, me.text)
		}
	}
	made := i.rows(fmt.Sprintf("/api/gateway/v1/applications/%d/tokens/?user=%d&id__gt=%d", a.ID, user.ID, i.Totals.HighestIDs["main_oauth2accesstoken"]))
	if len(made) == 0 || made[0]["platform"] != "controller" {
		t.Errorf("application %d has made %v", a.ID, made)
	}
	if a.ClientType == "confidential" {
		if state := i.form("/api/o/introspect/", a.ClientID, a.ClientSecret, "token", token).want(t, http.StatusOK); state.json["active"] != true ||
			state.string("platform") != "controller" || state.string("client_id") != a.ClientID {
			t.Errorf("application %d: introspection says %s", a.ID, state.text)
		}
	}
}

// client sends a form as the client authenticates: by its secret, or by its id alone when it is public.
func (i *imported) client(a applicationFacts, path string, pairs ...string) answer {
	i.t.Helper()
	if a.ClientType == "confidential" {
		return i.form(path, a.ClientID, a.ClientSecret, pairs...)
	}
	values := url.Values{"client_id": {a.ClientID}}
	for n := 0; n < len(pairs); n += 2 {
		values.Set(pairs[n], pairs[n+1])
	}
	request, err := http.NewRequestWithContext(i.t.Context(), http.MethodPost, i.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		i.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(i.t, request)
}

// person is somebody signed in, with the pages but without a browser: what they are sent to is on no machine.
type person struct {
	*imported
	http *http.Client
}

func (i *imported) visitorNamed(username, password string) *person {
	i.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		i.t.Fatal(err)
	}
	p := &person{i, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	p.submit(p.page("/login"), "username", username, "password", password)
	return p
}

// page is a page that the person opens.
func (p *person) page(path string) *goquery.Document {
	p.t.Helper()
	response, err := p.http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return page
}

// submit sends the form of a page with all its hidden fields, and returns where the person is sent.
func (p *person) submit(page *goquery.Document, pairs ...string) *url.URL {
	p.t.Helper()
	form, values := page.Find(`main form[method="post"]`).First(), url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, field *goquery.Selection) {
		values.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	})
	for n := 0; n < len(pairs); n += 2 {
		values.Set(pairs[n], pairs[n+1])
	}
	response, err := p.http.PostForm(p.url+form.AttrOr("action", ""), values)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	to, err := response.Location()
	if err != nil {
		p.t.Fatalf("a form is answered by %s: %v", response.Status, err)
	}
	return to
}

// authorize lets the person allow what the client asks for without PKCE, as clients of the controller do, and returns the code.
func (p *person) authorize(a applicationFacts, redirectURI string) string {
	p.t.Helper()
	path := "/api/o/authorize/?" + url.Values{"client_id": {a.ClientID}, "response_type": {"code"}, "scope": {"read"}, "state": {"s"}, "redirect_uri": {redirectURI}}.Encode()
	response, err := p.http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = response.Body.Close()
	to, err := response.Location()
	if asked := err != nil; asked == a.Skip {
		p.t.Errorf("application %d: the person is asked: %v", a.ID, asked)
	}
	if err != nil {
		to = p.submit(p.page(path), "decision", "authorize")
	}
	if !strings.HasPrefix(to.String(), redirectURI) || to.Query().Get("state") != "s" || to.Query().Get("code") == "" {
		p.t.Fatalf("application %d sends to %s, want %s", a.ID, to, redirectURI)
	}
	return to.Query().Get("code")
}
