package main

import "net/url"

// consolePage is a page of the console as somebody comes to see it. Every page that there is stands in consolePages, which the tests of
// all pages go through: whoever makes a page adds its line.
type consolePage struct {
	name   string // of its pictures
	who    string // has it open; "" is nobody, firstRun nobody on a server without an administrator
	path   string // with {words} for the ids of what seedPages made
	route  string // of the table of pages, where the path does not tell
	status int    // 0 is 200
	reach  func(*browser, *shown)
}

// firstRun is nobody, on a server that has no administrator yet.
const firstRun = "first run"

const (
	askForCode = "?response_type=code&state=s&scope=read&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&client_id="
	authorize  = "/o/authorize/" + askForCode
)

var consolePages = []consolePage{
	{name: "setup", who: firstRun, path: "/setup"},
	{name: "setup-wrong", who: firstRun, path: "/setup", status: 422, reach: enter("code", "wrong", "username", "admin", "password", "short", "password_confirm", "shorter")},
	{name: "login", path: "/login"},
	{name: "login-to-client", path: "/login?next=" + url.QueryEscape(authorize) + "{client-desk}"},
	{name: "login-wrong", path: "/login", status: 401, reach: enter("username", "nobody", "password", "wrong")},
	{name: "overview", who: administrator, path: "/"},
	{name: "overview-audited", who: auditor, path: "/"},
	{name: "overview-own", who: runner, path: "/"},
	{name: "overview-empty", who: newcomer, path: "/"},

	{name: "tokens", who: administrator, path: "/tokens"},
	{name: "tokens-filtered", who: administrator, path: "/tokens?platform=controller&search=lab&order_by=-expires&page_size=25"},
	{name: "tokens-extreme", who: administrator, path: "/tokens?order_by=-created&page_size=25"},
	{name: "tokens-never-used", who: administrator, path: "/tokens?order_by=created&use=never&page_size=25"},
	{name: "tokens-no-results", who: administrator, path: "/tokens?search=nothing-like-this&state=expired"},
	{name: "tokens-own", who: runner, path: "/tokens"},
	{name: "tokens-empty", who: newcomer, path: "/tokens"},
	{name: "token-new", who: runner, path: "/tokens/new"},
	{name: "token-new-wrong", who: runner, path: "/tokens/new", status: 422, reach: func(b *browser, _ *shown) {
		b.fill("description", "Deployment pipeline")
		b.choose("expiry", "date")
		b.submit()
	}},
	{name: "token-created", who: runner, path: "/tokens/new", reach: enter("description", "Deployment pipeline")},
	{name: "tokens-delete", who: administrator, path: "/tokens?page_size=25", reach: selectTokens},
	{name: "tokens-delete-unconfirmed", who: administrator, path: "/tokens?page_size=25", status: 422, reach: func(b *browser, x *shown) {
		b.do("tick", press("[data-select-all]"))
		b.scripts(false) // which keep the button off until the box is ticked
		b.click("[data-selected]")
		b.do("do without the browser's own check", evaluate(`document.querySelector("#f-confirm").required = false`))
		b.click(`main .button-danger`)
		b.scripts(true)
	}},
	{name: "token", who: runner, path: "/tokens/{token-personal}"},
	{name: "token-saved", who: runner, path: "/tokens/{token-other}", reach: click(`main section form button.button-primary`)},
	{name: "token-of-application", who: runner, path: "/tokens/{token-application}"},
	{name: "token-controller", who: runner, path: "/tokens/{token-controller}"},
	{name: "token-audited", who: auditor, path: "/tokens/{token-personal}"},
	{name: "token-wide", who: administrator, path: "/tokens/{token-wide}"},
	{name: "token-rtl", who: administrator, path: "/tokens/{token-rtl}"},
	{name: "token-refreshed", who: runner, path: "/tokens/{token-application}", reach: func(b *browser, _ *shown) {
		b.do("ask", press(`form[action$="/refresh"] button`))
		b.click(`dialog .button-danger`)
	}},
	{name: "token-regenerate", who: runner, path: "/tokens/{token-other}/regenerate"},
	{name: "token-regenerated", who: runner, path: "/tokens/{token-other}/regenerate", reach: enter()},
	{name: "token-delete", who: runner, path: "/tokens/{token-personal}/delete"},

	{name: "sessions", who: administrator, path: "/sessions"},
	{name: "sessions-own", who: runner, path: "/sessions"},
	{name: "sessions-no-results", who: administrator, path: "/sessions?search=nothing-like-this"},
	{name: "authorized", who: runner, path: "/authorized"},
	{name: "authorized-empty", who: newcomer, path: "/authorized"},
	{name: "authorized-withdraw", who: runner, path: "/authorized/{app-desk}/withdraw"},

	{name: "applications", who: administrator, path: "/applications"},
	{name: "applications-no-results", who: administrator, path: "/applications?search=nothing-like-this"},
	{name: "applications-empty", who: newcomer, path: "/applications"},
	{name: "application", who: administrator, path: "/applications/{app-desk}"},
	{name: "application-controller", who: netopsLead, path: "/applications/{app-provision}"},
	{name: "application-imported", who: administrator, path: "/applications/{app-bridge}"},
	{name: "application-audited", who: auditor, path: "/applications/{app-desk}"},
	{name: "application-wide", who: administrator, path: "/applications/{app-wide}"},
	{name: "application-new", who: administrator, path: "/applications/new"},
	{name: "application-new-wrong", who: administrator, path: "/applications/new", status: 422, reach: register("Service desk", "http://desk.example.com/*")},
	{name: "application-created", who: administrator, path: "/applications/new", reach: register("Change calendar", "https://calendar.example.com/callback")},
	{name: "application-rotate", who: administrator, path: "/applications/{app-desk}/rotate"},
	{name: "application-rotate-wrong", who: administrator, path: "/applications/{app-desk}/rotate", status: 422, reach: enter("current_password", "wrong")},
	{name: "application-rotated", who: administrator, path: "/applications/{app-desk}/rotate", reach: enter("current_password", adminPassword)},
	{name: "application-delete", who: administrator, path: "/applications/{app-desk}/delete"},

	{name: "users", who: administrator, path: "/users"},
	{name: "users-no-results", who: administrator, path: "/users?search=nothing-like-this"},
	{name: "users-of-organization", who: netopsLead, path: "/users?organization={org-netops}"},
	{name: "user", who: administrator, path: "/users/{ci-runner}"},
	{name: "user-self", who: runner, path: "/users/{ci-runner}"},
	{name: "user-audited", who: auditor, path: "/users/{ci-runner}"},
	{name: "user-wide", who: administrator, path: "/users/{wide}"},
	{name: "user-wide-self", who: "wide", path: "/tokens"},
	{name: "user-new", who: administrator, path: "/users/new"},
	{name: "user-new-wrong", who: administrator, path: "/users/new", status: 422, reach: enter("username", "ci-runner", "password", "short", "password_confirm", "shorter")},
	{name: "user-disable", who: administrator, path: "/users/{ci-runner}/disable"},
	{name: "user-enable", who: administrator, path: "/users/{ci-runner}/enable"},
	{name: "user-revoke", who: administrator, path: "/users/{ci-runner}/revoke"},
	{name: "user-revoke-self", who: runner, path: "/users/{ci-runner}/revoke?refresh=true"},
	{name: "user-delete", who: administrator, path: "/users/{ci-runner}/delete"},

	{name: "organizations", who: administrator, path: "/organizations"},
	{name: "organizations-no-results", who: administrator, path: "/organizations?search=nothing-like-this"},
	{name: "organization", who: administrator, path: "/organizations/{org-netops}"},
	{name: "organization-empty", who: administrator, path: "/organizations/{org-empty}"},
	{name: "organization-audited", who: auditor, path: "/organizations/{org-netops}"},
	{name: "organization-wide", who: administrator, path: "/organizations/{org-wide}"},
	{name: "organization-person-wrong", who: administrator, path: "/organizations/{org-netops}", status: 422, reach: func(b *browser, _ *shown) {
		b.fill("username", "nobody-of-this-name")
		b.click(`form[action$="/add"] button`)
	}},
	{name: "organization-new", who: administrator, path: "/organizations/new"},
	{name: "organization-delete", who: administrator, path: "/organizations/{org-netops}/delete"},

	{name: "activity", who: administrator, path: "/activity"},
	{name: "activity-filtered", who: administrator, path: "/activity?about=access-tokens&operation=update"},
	{name: "activity-no-results", who: administrator, path: "/activity?search=nothing-like-this"},
	{name: "activity-empty", who: newcomer, path: "/activity"},
	{name: "activity-entry", who: administrator, path: "/activity/{entry}"},

	{name: "maintenance", who: administrator, path: "/maintenance"},
	{name: "maintenance-revoke-tokens", who: administrator, path: "/maintenance/revoke-tokens"},
	{name: "maintenance-revoke-tokens-of-user", who: administrator, path: "/maintenance/revoke-tokens?user=ci-runner&refresh=true"},
	{name: "maintenance-revoke-tokens-wrong", who: administrator, path: "/maintenance/revoke-tokens?user=nobody-of-this-name", status: 422},
	{name: "maintenance-clear-tokens", who: administrator, path: "/maintenance/clear-tokens"},
	{name: "maintenance-clear-sessions", who: administrator, path: "/maintenance/clear-sessions"},
	{name: "maintenance-expire-sessions", who: administrator, path: "/maintenance/expire-sessions"},
	{name: "maintenance-import", who: administrator, path: "/maintenance/imports/{import}"},

	{name: "policy", who: administrator, path: "/policy"},
	{name: "policy-preview", who: administrator, path: "/policy?idle_days=30"},
	{name: "policy-wrong", who: administrator, path: "/policy?idle_days=30", status: 422, reach: func(b *browser, _ *shown) {
		b.do("confirm", press("#f-confirm"))
		b.fill("your_password", "wrong")
		b.click(`main form[method="post"] button`)
	}},
	{name: "policy-audited", who: auditor, path: "/policy"},

	{name: "reference", who: administrator, path: "/docs"},
	{name: "reference-search", who: administrator, path: "/docs?search=controller+token"},
	{name: "reference-no-results", who: runner, path: "/docs?search=nothing+of+the+kind"},
	{name: "operation", who: administrator, path: "/docs/listGatewayTokens", route: "/docs/:id"},
	{name: "operation-sends", who: runner, path: "/docs/createGatewayToken"},
	{name: "operation-form", who: runner, path: "/docs/token"},

	{name: "device", who: runner, path: "/device"},
	{name: "device-wrong", who: runner, path: "/device", status: 422, reach: enter("user_code", "BCDF-BCDF")},
	{name: "device-confirm", who: runner, path: "/device", reach: enterCode},
	{name: "device-done", who: runner, path: "/device", route: "/device/done", reach: func(b *browser, x *shown) {
		enterCode(b, x)
		b.click(`button[value="authorize"]`)
	}},
	{name: "consent", who: netopsLead, path: authorize + "{client-desk}"},
	{name: "consent-wide", who: "wide", path: authorize + "{client-wide}"},
	{name: "consent-sent-on", who: netopsLead, path: authorize + "{client-desk}&response_mode=form_post", reach: func(b *browser, _ *shown) {
		b.scripts(false) // by which the page would be left at once
		b.click(`button[value="authorize"]`)
		b.scripts(true)
	}},
	{name: "consent-refused", who: netopsLead, path: "/o/authorize/?client_id=unknown", status: 400},

	{name: "error-not-found", who: administrator, path: "/nowhere", status: 404},
	{name: "error-not-found-anonymous", path: "/nowhere", status: 404},
	{name: "error-not-allowed", who: newcomer, path: "/organizations/new", status: 403},
	{name: "error-not-done", who: runner, path: "/tokens/{token-personal}", status: 422, reach: func(b *browser, x *shown) {
		b.forge(x.in("/tokens/{token-personal}/refresh"), "once", "forged")
	}},
	{name: "error-unexpected", who: runner, path: "/sessions", status: 500, reach: func(b *browser, x *shown) {
		x.statement("ALTER TABLE consents RENAME TO lost")
		b.visit("/authorized")
		x.statement("ALTER TABLE lost RENAME TO consents")
	}},
}

// elsewhere are routes of the table that show no page of their own, with the reason.
var elsewhere = map[string]string{
	"/authorize/":                  "consent, under another address",
	"/api/o/authorize/":            "consent, under another address",
	"/api/controller/o/authorize/": "consent, under another address",
}

// enter fills the page's form and sends it.
func enter(pairs ...string) func(*browser, *shown) {
	return func(b *browser, _ *shown) {
		b.do("do without the browser's own checks", evaluate(`document.querySelectorAll("form").forEach((form) => { form.noValidate = true; })`))
		b.fill(pairs...)
		b.submit()
	}
}

// register sends the form for a new application.
func register(name, redirect string) func(*browser, *shown) {
	return func(b *browser, x *shown) {
		b.choose("organization", x.in("{org-netops}"))
		enter("name", name, "redirect_uris", redirect)(b, x)
	}
}

func click(selector string) func(*browser, *shown) {
	return func(b *browser, _ *shown) { b.click(selector) }
}

// selectTokens ticks all tokens of the page and asks to delete them.
func selectTokens(b *browser, _ *shown) {
	b.do("tick", press("[data-select-all]"))
	b.click("[data-selected]")
}

// enterCode has a device ask for codes, and enters its user code.
func enterCode(b *browser, x *shown) {
	code := x.form("/o/device_authorization/", x.clients["display"], "", "scope", "read").want(b.t, 200)
	b.fill("user_code", code.string("user_code"))
	b.submit()
}
