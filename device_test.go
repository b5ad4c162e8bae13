package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"gatehouse/models"
	"gatehouse/store/storetest"
)

// deviceWalk is a program on a device without a browser, and its user at a browser elsewhere.
type deviceWalk struct {
	*program
	*browser
	config *oauth2.Config
}

// TestDeviceWalk goes through the device grant as a Go program and its user do, against the running program.
func TestDeviceWalk(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD="+adminPassword)
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		w := &deviceWalk{program: p, browser: openBrowser(t, p.url)}
		w.register("Display")
		w.authorize()
		w.deny()
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("the program ended with %d after SIGTERM, want 0:\n%s", code, p.log)
		}
	})
}

// register makes the device's client at the API, and finds the endpoints where the metadata says that they are.
func (w *deviceWalk) register(name string) {
	t := w.program.t
	admin := w.newToken("admin")
	organization := w.api(http.MethodPost, "/api/gateway/v1/organizations/", admin, map[string]any{"name": "Operations"}).want(t, http.StatusCreated)
	made := w.api(http.MethodPost, "/api/gateway/v1/applications/", admin, map[string]any{"name": name, "organization": organization.json["id"],
		"client_type": "public", "authorization_grant_type": models.GrantDeviceCode}).want(t, http.StatusCreated)
	metadata := w.api(http.MethodGet, "/.well-known/oauth-authorization-server", "", nil).want(t, http.StatusOK)
	w.config = &oauth2.Config{ClientID: made.string("client_id"), Scopes: []string{"read"},
		Endpoint: oauth2.Endpoint{DeviceAuthURL: metadata.string("device_authorization_endpoint"), TokenURL: metadata.string("token_endpoint")}}
}

// polled is what the device ends with.
type polled struct {
	token *oauth2.Token
	err   error
}

// start asks for a code and polls with it until something comes of it.
func (w *deviceWalk) start() (*oauth2.DeviceAuthResponse, <-chan polled) {
	t := w.program.t
	code, err := w.config.DeviceAuth(t.Context())
	if err != nil {
		t.Fatalf("device authorization: %v", err)
	}
	result := make(chan polled, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		token, err := w.config.DeviceAccessToken(ctx, code)
		result <- polled{token, err}
	}()
	return code, result
}

// authorize: by the link, through sign-in; the link fills the code in and decides nothing. The token works, is refreshed, and neither
// code is in the log or the database.
func (w *deviceWalk) authorize() {
	t := w.program.t
	code, result := w.start()
	w.visit(strings.TrimPrefix(code.VerificationURIComplete, w.base))
	w.fill("username", "admin", "password", adminPassword)
	w.submit()
	w.see("Connect a device")
	w.submit()
	w.see("Authorize Display on a device?")
	w.see(code.UserCode)
	w.click(`button[name="decision"][value="authorize"]`)
	w.see("You can go back to your device")
	w.see("The device is authorized")
	got := <-result
	if got.err != nil {
		t.Fatalf("the device polled and got %v", got.err)
	}
	w.isAdmin(got.token)
	expired := *got.token
	expired.Expiry = expired.Expiry.AddDate(-10, 0, 0)
	renewed, err := w.config.TokenSource(context.WithoutCancel(t.Context()), &expired).Token()
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	w.isAdmin(renewed)
	w.form("/o/token/", w.config.ClientID, "", "grant_type", models.GrantDeviceCode, "device_code", code.DeviceCode).want(t, http.StatusBadRequest)
	kept := secrets{"device code": code.DeviceCode, "user code": code.UserCode, "user code without its dash": strings.ReplaceAll(code.UserCode, "-", "")}
	kept.absent(t, "the log", w.log.String())
	for table, rows := range dump(t, w.database()) {
		kept.absent(t, "table "+table, rows)
	}
}

func (w *deviceWalk) isAdmin(token *oauth2.Token) {
	w.program.t.Helper()
	me := w.api(http.MethodGet, "/api/gateway/v1/me/", token.AccessToken, nil).want(w.program.t, http.StatusOK)
	if !strings.Contains(me.text, `"admin"`) {
		w.program.t.Errorf("the token is not admin's: %s", me.text)
	}
}

// database is the address that the program was started with.
func (w *deviceWalk) database() string {
	for _, each := range w.env {
		if address, ok := strings.CutPrefix(each, "GATEHOUSE_DATABASE_URL="); ok {
			return address
		}
	}
	return ""
}

// deny: the code is typed by hand, first a wrong one; the device is told.
func (w *deviceWalk) deny() {
	t := w.program.t
	code, result := w.start()
	w.visit("/device")
	w.fill("user_code", "bcdf bcdf")
	w.submit()
	w.see("This code cannot be used.")
	w.fill("user_code", strings.ToLower(strings.ReplaceAll(code.UserCode, "-", " ")))
	w.submit()
	w.see(code.UserCode)
	w.click(`button[name="decision"][value="deny"]`)
	w.see("You refused.")
	got := <-result
	var problem *oauth2.RetrieveError
	if !errors.As(got.err, &problem) || problem.ErrorCode != "access_denied" {
		t.Errorf("the device got %v, %v, want access_denied", got.token, got.err)
	}
}
