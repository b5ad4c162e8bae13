package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// controllerTokens: a token by command works at both APIs; one made through the controller API is labelled, edited and deleted in the
// console, and a forged refresh is refused with the reason.
func (w *walker) controllerTokens() {
	t := w.program.t
	line := w.mustCommand("create_oauth2_token", "--user", "admin")
	found := regexp.MustCompile(`^New OAuth2 token for admin: ([A-Za-z0-9]{30})\n$`).FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("create_oauth2_token prints %q", line)
	}
	w.isUser(found[1], "admin")
	made := w.api(http.MethodPost, "/api/controller/v2/tokens/", found[1], map[string]any{"description": "Legacy provisioning"}).want(t, http.StatusCreated)
	w.isUser(made.string("token"), "admin")
	page := fmt.Sprintf("/tokens/%.0f", made.json["id"])
	w.visit("/tokens")
	w.signOutIfSignedIn()
	w.signIn("admin", adminPassword)
	w.visit("/tokens?platform=controller")
	w.see("Legacy provisioning")
	w.see("Automation controller")
	w.visit(page)
	w.fill("description", "Renamed here")
	w.click(`main section form button.button-primary`)
	w.see("Renamed here")
	if w.text(fmt.Sprintf(`form[action="%s/refresh"]`, page)) != "" {
		t.Error("the page of a controller token offers to refresh it")
	}
	organization, _ := strconv.Atoi(w.organization)
	legacy := w.api(http.MethodPost, "/api/controller/v2/applications/", found[1], map[string]any{"name": "Legacy", "organization": organization,
		"client_type": "confidential", "authorization_grant_type": "password"}).want(t, http.StatusCreated)
	w.refusesForgery(page, fmt.Sprintf("%.0f", legacy.json["id"]))
	w.visit(page + "/delete")
	w.click(`main form button[type="submit"]`)
	w.api(http.MethodGet, "/api/controller/v2/me/", made.string("token"), nil).want(t, http.StatusUnauthorized)
}

// refusesForgery posts by hand what the pages do not offer: to refresh a controller token, and to make one.
func (w *walker) refusesForgery(page, application string) {
	t := w.program.t
	if status := w.forge(page+"/refresh", "once", "forged"); status != http.StatusForbidden {
		t.Errorf("a forged refresh answers %d, want 403", status)
	}
	w.see("belongs to the automation controller")
	w.visit("/tokens/new")
	if status := w.forge("/tokens/new", "once", "forged-too", "scope", "write", "application", application, "expiry", "30"); status != http.StatusUnprocessableEntity {
		t.Errorf("a forged creation answers %d, want 422", status)
	}
	w.see("belongs to the automation controller")
}

// revokeByCommand stops exactly one user's tokens in the running server, then everybody's with their refresh tokens, then clears.
func (w *walker) revokeByCommand() {
	t, id, secret := w.program.t, w.confidential.id, w.confidential.secret
	admin, alice := w.newToken("admin"), w.newToken("alice")
	grant := url.Values{"grant_type": {"password"}, "username": {"alice"}, "password": {alicePassword}}
	pair := w.form("/api/o/token/", id, secret, flat(grant)...).want(t, http.StatusOK)
	w.mustCommand("revoke_oauth2_tokens", "--user", "alice")
	w.api(http.MethodGet, "/api/v2/me/", alice, nil).want(t, http.StatusUnauthorized)
	w.api(http.MethodGet, "/api/v2/me/", pair.string("access_token"), nil).want(t, http.StatusUnauthorized)
	w.isUser(admin, "admin")
	pair = w.form("/o/token/", id, secret, "grant_type", "refresh_token", "refresh_token", pair.string("refresh_token")).want(t, http.StatusOK)
	w.isUser(pair.string("access_token"), "alice")
	if out, problems, code := w.command("revoke_oauth2_tokens", "--user", "nobody"); code != 1 || out != "" ||
		!strings.Contains(problems, "CommandError: A user with that username does not exist.") {
		t.Errorf("an unknown user: exit %d, %q, %q", code, out, problems)
	}
	w.mustCommand("revoke_oauth2_tokens", "--revoke_refresh")
	w.api(http.MethodGet, "/api/v2/me/", admin, nil).want(t, http.StatusUnauthorized)
	w.api(http.MethodGet, "/api/v2/me/", pair.string("access_token"), nil).want(t, http.StatusUnauthorized)
	w.form("/o/token/", id, secret, "grant_type", "refresh_token", "refresh_token", pair.string("refresh_token")).want(t, http.StatusBadRequest)
	kept := w.newToken("admin")
	w.mustCommand("cleartokens")
	w.mustCommand("clearsessions")
	w.isUser(kept, "admin")
	w.visit("/tokens")
	w.see("Sign out")
}

func flat(values url.Values) []string {
	var pairs []string
	for name, each := range values {
		pairs = append(pairs, name, each[0])
	}
	return pairs
}
