package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"gatehouse/models"
	"gatehouse/store/storetest"
)

// TestStrictClients lets OAuth libraries that check every answer do all that they can: those of clients/, and Go's. People sign in and
// decide on the real pages.
func TestStrictClients(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "visitor", "--email", "visitor@example.org")
		p.serve()
		v := &visitor{program: p, browser: openBrowser(t, p.url)}
		v.signIn("visitor", adminPassword)
		for _, script := range []string{"oauth4webapi.mjs", "openid-client.mjs", "device.mjs"} {
			v.runScript(script)
		}
		v.runGo()
	})
}

// TestLockedPackages: what npm fetches for the tests is held by its digest, and the lock file names no place to fetch it from.
func TestLockedPackages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("clients/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Resolved, Integrity string }
	}
	if err := json.Unmarshal(text, &lock); err != nil || len(lock.Packages) < 3 {
		t.Fatalf("%d packages: %v", len(lock.Packages), err)
	}
	for name, held := range lock.Packages {
		if held.Resolved != "" || name != "" && !strings.HasPrefix(held.Integrity, "sha512-") {
			t.Errorf("%s: %+v", name, held)
		}
	}
}

// visitor is somebody at a browser, with applications to sign in to.
type visitor struct {
	*program
	*browser
}

// makeClients registers a native application and one on a web server, for loopback redirects.
func (v *visitor) makeClients(name string) (native, web client) {
	t := v.program.t
	t.Helper()
	admin := v.newToken("visitor")
	organization := v.api(http.MethodPost, "/api/gateway/v1/organizations/", admin, map[string]any{"name": name}).want(t, http.StatusCreated)
	register := func(clientType, grantTypes string) client {
		made := v.api(http.MethodPost, "/api/gateway/v1/applications/", admin, map[string]any{"name": clientType, "organization": organization.json["id"],
			"client_type": clientType, "authorization_grant_type": "authorization-code", "grant_types": strings.Fields(grantTypes),
			"redirect_uris": "http://127.0.0.1/callback"}).want(t, http.StatusCreated)
		return client{id: made.string("client_id"), secret: made.string("client_secret")}
	}
	return register("public", "authorization_code "+models.GrantDeviceCode),
		register("confidential", "authorization_code client_credentials password "+models.GrantDeviceCode)
}

// runScript runs a script of clients/ and does at the browser what its lines ask for.
func (v *visitor) runScript(script string) {
	t := v.program.t
	native, web := v.makeClients(script)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	command := exec.CommandContext(ctx, "node", "clients/"+script)
	problems := &lockedBuffer{}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "ISSUER=" + v.url, "PUBLIC_ID=" + native.id, "CONFIDENTIAL_ID=" + web.id, "CONFIDENTIAL_SECRET=" + web.secret,
		"USERNAME=visitor", "PASSWORD=" + adminPassword}
	command.Stderr = problems
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		cancel()
		t.Fatalf("node: %v: run the tests with `make test`, which installs it", err)
	}
	defer func() {
		cancel()
		_ = command.Wait() // where a page was not as it should be and ended the test
	}()
	last := ""
	for lines := bufio.NewScanner(output); lines.Scan(); {
		last = lines.Text()
		switch words := strings.Fields(last); {
		case len(words) == 2:
			v.decide(words[0], words[1])
		case len(words) == 4 && words[0] == "device":
			v.decideDevice(words[1], words[2], words[3])
		}
	}
	if err := command.Wait(); err != nil || last != "done" {
		t.Errorf("%s: %v, the last line is %q:\n%s", script, err, last, problems)
	}
}

// decide opens an authorization request and presses the button on the page that asks for consent.
func (v *visitor) decide(decision, address string) {
	v.visit(strings.TrimPrefix(address, v.base))
	v.click(`button[name="decision"][value="` + decision + `"]`)
	v.do("go on from a page that posts the answer", chromedp.WaitReady(chromedp.CSS(`body:not(:has([data-submit-at-once]))`)))
	v.see("Back at the client")
}

// decideDevice enters a user code on the page that the device names, and presses the button on the page that asks.
func (v *visitor) decideDevice(decision, address, userCode string) {
	v.visit(strings.TrimPrefix(address, v.base))
	v.fill("user_code", userCode)
	v.submit()
	v.see(userCode)
	v.click(`button[name="decision"][value="` + decision + `"]`)
	v.see("device")
}

// runGo does what Go programs do, which find out by trying how a client authenticates.
func (v *visitor) runGo() {
	t := v.program.t
	native, web := v.makeClients("golang.org/x/oauth2")
	back := make(chan url.Values, 2)
	pages := http.NewServeMux()
	pages.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		back <- r.URL.Query()
		_, _ = w.Write([]byte("<!doctype html><html lang=en><title>Client</title><h1>Back at the client</h1>"))
	})
	callback := httptest.NewServer(pages)
	defer callback.Close()
	for name, who := range map[string]client{"public": native, "confidential": web} {
		config := &oauth2.Config{ClientID: who.id, ClientSecret: who.secret, RedirectURL: callback.URL + "/callback", Scopes: []string{"read"},
			Endpoint: oauth2.Endpoint{AuthURL: v.url + "/o/authorize/", TokenURL: v.url + "/o/token/"}}
		verifier := oauth2.GenerateVerifier()
		v.decide("authorize", config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
		redeemByGo(t, name, config, verifier, <-back)
	}
	script := &oauth2.Config{ClientID: web.id, ClientSecret: web.secret, Scopes: []string{"read"}, Endpoint: oauth2.Endpoint{TokenURL: v.url + "/o/token/"}}
	if token, err := script.PasswordCredentialsToken(t.Context(), "visitor", adminPassword); err != nil || token.RefreshToken == "" {
		t.Errorf("password: %v, %v", token, err)
	}
	_, err := script.PasswordCredentialsToken(t.Context(), "visitor", "wrong")
	wantCode(t, "a wrong password", err, "invalid_grant")
	machine := clientcredentials.Config{ClientID: web.id, ClientSecret: web.secret, TokenURL: v.url + "/o/token/", Scopes: []string{"read"}}
	token, err := machine.Token(t.Context())
	if err != nil || token.Type() != "Bearer" || token.RefreshToken != "" || token.Extra("scope") != "read" {
		t.Errorf("client credentials: %v, %v", token, err)
	}
	machine.ClientSecret = "wrong"
	_, err = machine.Token(t.Context())
	wantCode(t, "a wrong secret", err, "invalid_client")
}

// redeemByGo gets tokens for what the authorization endpoint answered, refreshes them, and sends the code once more.
func redeemByGo(t *testing.T, name string, config *oauth2.Config, verifier string, answered url.Values) {
	t.Helper()
	if answered.Get("state") != "state" || config.Endpoint.AuthURL != answered.Get("iss")+"/o/authorize/" {
		t.Errorf("%s: the client was told %v", name, answered)
	}
	token, err := config.Exchange(t.Context(), answered.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("%s: exchange: %v", name, err)
	}
	expired := *token
	expired.Expiry = expired.Expiry.AddDate(-10, 0, 0)
	renewed, err := config.TokenSource(t.Context(), &expired).Token()
	if err != nil || renewed.AccessToken == token.AccessToken || renewed.RefreshToken == token.RefreshToken {
		t.Errorf("%s: refresh: %v", name, err)
	}
	_, err = config.Exchange(t.Context(), answered.Get("code"), oauth2.VerifierOption(verifier))
	wantCode(t, name+": a code that comes again", err, "invalid_grant")
}

// wantCode checks that the library reports the error code.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}
