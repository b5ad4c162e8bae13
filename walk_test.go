package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"gatehouse/store/storetest"
)

const (
	adminPassword = "correct horse battery staple"
	alicePassword = "wrong donkey capacitor pin"
)

// walker is one walk through the running program, as an administrator and the programs that call it go.
type walker struct {
	*program
	*browser
	organization string // id
	confidential client
	public       client
	callback     *httptest.Server
	codes        chan url.Values
}

type client struct{ page, id, secret string }

// TestWalk does the whole of it once: first run, applications, tokens by every grant and face, revocation.
func TestWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		p.serve()
		w := &walker{program: p, browser: openBrowser(t, p.url), codes: make(chan url.Values, 1)}
		w.listenForCodes()
		w.firstRun()
		w.makeThings()
		w.authorizationCode()
		w.machineGrants()
		w.controllerTokens()
		w.revokeByCommand()
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("the program ended with %d after SIGTERM, want 0:\n%s", code, p.log)
		}
	})
}

// listenForCodes is the client's own page, to which the browser is sent back.
func (w *walker) listenForCodes() {
	w.callback = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/callback" {
			w.codes <- r.URL.Query()
		}
		_, _ = answer.Write([]byte("<!doctype html><title>Client</title><h1>Back at the client</h1>"))
	}))
	w.program.t.Cleanup(w.callback.Close)
}

// firstRun follows the setup link and makes the administrator.
func (w *walker) firstRun() {
	t := w.program.t
	file := filepath.Join(w.folder, "setup-code")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`[A-Za-z0-9]{30}`).FindString(string(text))
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the setup code's file: %v %v, want mode 0600", info, err)
	}
	if code == "" || strings.Contains(w.log.String(), code) {
		t.Fatalf("setup code %q: want one, and not in the log", code)
	}
	w.visit("/")
	w.fill("code", "not-the-code", "username", "admin", "email", "admin@example.org", "password", adminPassword, "password_confirm", adminPassword)
	w.submit()
	w.see("Nothing was saved")
	w.fill("code", code, "password", adminPassword, "password_confirm", adminPassword)
	w.submit()
	w.notSee("Nothing was saved")
	w.signOutIfSignedIn()
	w.signIn("admin", "not the password")
	w.see("Sign in")
	w.signIn("admin", adminPassword)
	w.see("Tokens")
}

func (w *walker) signOutIfSignedIn() {
	if w.text(`form[action="/logout"] button`) != "" {
		w.click(`form[action="/logout"] button`)
	}
}

// makeThings makes an organization, a user and two applications in the console.
func (w *walker) makeThings() {
	w.visit("/organizations/new")
	w.fill("name", "Operations")
	w.submit()
	w.organization = regexp.MustCompile(`/organizations/(\d+)`).FindStringSubmatch(w.address())[1]
	w.visit("/users/new")
	w.fill("username", "alice", "password", alicePassword, "password_confirm", alicePassword, "email", "alice@example.org")
	w.submit()
	w.see("alice")
	w.confidential = w.makeApplication("Service desk", "confidential", "password")
	w.public = w.makeApplication("Field app", "public", "authorization-code")
	if len(w.confidential.secret) != 128 || w.public.secret != "" {
		w.program.t.Errorf("client secrets of %d and %d characters, want 128 and none", len(w.confidential.secret), len(w.public.secret))
	}
}

func (w *walker) makeApplication(name, clientType, grantType string) client {
	w.visit("/applications/new")
	w.fill("name", name, "redirect_uris", w.callback.URL+"/callback")
	w.choose("organization", w.organization, "client_type", clientType, "authorization_grant_type", grantType)
	w.submit()
	made := client{id: w.text("#client-id"), secret: w.text("#client-secret")}
	w.click(`main .actions a.button-primary`)
	made.page = strings.TrimPrefix(w.address(), w.base)
	w.see(name)
	if made.secret != "" {
		w.notSee(made.secret)
	}
	return made
}

// authorizationCode gets a token as a Go program does, with PKCE, through the real pages; refreshes it; the old one is refused.
func (w *walker) authorizationCode() {
	t := w.program.t
	config := &oauth2.Config{ClientID: w.public.id, RedirectURL: w.callback.URL + "/callback", Scopes: []string{"read"},
		Endpoint: oauth2.Endpoint{AuthURL: w.base + "/o/authorize/", TokenURL: w.base + "/o/token/"}}
	w.signOutIfSignedIn()
	verifier := oauth2.GenerateVerifier()
	address := config.AuthCodeURL("state-é&=", oauth2.S256ChallengeOption(verifier))
	w.visit(strings.TrimPrefix(address, w.base))
	w.fill("username", "alice", "password", alicePassword)
	w.submit()
	w.see("Field app")
	w.click(`button[name="decision"][value="authorize"]`)
	answered := w.waitForCode()
	if answered.Get("state") != "state-é&=" || answered.Get("iss") != w.base {
		t.Fatalf("the client was told %v, want its state and the issuer %s", answered, w.base)
	}
	token, err := config.Exchange(t.Context(), answered.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	w.isUser(token.AccessToken, "alice")
	expired := *token
	expired.Expiry = expired.Expiry.AddDate(-10, 0, 0)
	renewed, err := config.TokenSource(context.WithoutCancel(t.Context()), &expired).Token()
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	w.isUser(renewed.AccessToken, "alice")
	w.api(http.MethodGet, "/api/gateway/v1/me/", token.AccessToken, nil).want(t, http.StatusUnauthorized)
	if _, err := config.Exchange(t.Context(), answered.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code was redeemed twice")
	}
	w.api(http.MethodGet, "/api/gateway/v1/me/", renewed.AccessToken, nil).want(t, http.StatusUnauthorized)
}

// waitForCode is what the client's page was called with.
func (w *walker) waitForCode() url.Values {
	select {
	case answered := <-w.codes:
		return answered
	case <-time.After(20 * time.Second):
		w.program.t.Fatalf("the browser did not come back to the client; it is at %s:\n%s", w.address(), w.text("body"))
		return nil
	}
}

// isUser checks that the token authenticates as the user at both APIs.
func (w *walker) isUser(token, username string) {
	t := w.program.t
	t.Helper()
	for _, mount := range []string{"/api/gateway/v1/", "/api/controller/v2/", "/api/v2/"} {
		me := w.api(http.MethodGet, mount+"me/", token, nil).want(t, http.StatusOK)
		if !strings.Contains(me.text, strconv.Quote(username)) {
			t.Fatalf("%sme/ is not %s: %s", mount, username, me.text)
		}
	}
}

// machineGrants: client credentials, password, introspection, revocation, as scripts use them.
func (w *walker) machineGrants() {
	t, id, secret := w.program.t, w.confidential.id, w.confidential.secret
	w.form("/o/token/", id, secret, "grant_type", "client_credentials").want(t, http.StatusBadRequest)
	wrong := w.form("/o/token/", id, secret, "grant_type", "password", "username", "alice", "password", "wrong").want(t, http.StatusBadRequest)
	if wrong.string("error") != "invalid_grant" {
		t.Errorf("a wrong password answers %s", wrong.text)
	}
	made := w.form("/o/token/", id, secret, "grant_type", "password", "username", "alice", "password", alicePassword, "scope", "read").want(t, http.StatusOK)
	token := made.string("access_token")
	w.isUser(token, "alice")
	w.api(http.MethodPost, "/api/gateway/v1/tokens/", token, map[string]any{}).want(t, http.StatusForbidden)
	state := w.form("/o/introspect/", id, secret, "token", token).want(t, http.StatusOK)
	if state.json["active"] != true || state.string("username") != "alice" || state.string("platform") != "gateway" {
		t.Errorf("introspection says %s", state.text)
	}
	w.form("/o/revoke_token/", id, secret, "token", token).want(t, http.StatusOK)
	if state := w.form("/o/introspect/", id, secret, "token", token).want(t, http.StatusOK); state.text != "{\"active\":false}\n" {
		t.Errorf("introspection of a revoked token says %s", state.text)
	}
	w.api(http.MethodGet, "/api/gateway/v1/me/", token, nil).want(t, http.StatusUnauthorized)
	machine := w.machineApplication()
	issued := w.form("/token", machine.id, machine.secret, "grant_type", "client_credentials").want(t, http.StatusOK)
	if issued.json["refresh_token"] != nil || issued.string("scope") != "read write" {
		t.Errorf("client credentials answer %s", issued.text)
	}
	w.api(http.MethodGet, "/api/gateway/v1/me/", issued.string("access_token"), nil).want(t, http.StatusForbidden)
}

func (w *walker) machineApplication() client {
	t := w.program.t
	organization, _ := strconv.Atoi(w.organization)
	admin := w.newToken("admin")
	made := w.api(http.MethodPost, "/api/gateway/v1/applications/", admin, map[string]any{"name": "Machine", "organization": organization,
		"client_type": "confidential", "authorization_grant_type": "client-credentials"}).want(t, http.StatusCreated)
	return client{id: made.string("client_id"), secret: made.string("client_secret")}
}
