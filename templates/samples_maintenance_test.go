package templates

import "time"

func maintenanceSamples() []sample {
	tokens := []Amount{{1_284, false, "access token"}, {10_000, true, "refresh token"}}
	cards := []TaskCard{{"Revoke tokens", "Ends access tokens at once.", tokens, "/maintenance/revoke-tokens", true},
		{"Clear expired sessions", "Deletes sessions that have expired.", []Amount{{1, false, "session"}}, "/maintenance/clear-sessions", false}}
	imports := []ImportSummary{{ID: 2, Platform: "controller", Finished: ago(time.Hour), Last: true, Imported: 1_204_331, Skipped: 12, Revoked: 3},
		{ID: 1, Platform: "gateway", Finished: ago(aDay), Imported: 12, Conflicts: 1, Secrets: 2}}
	revoke := TaskPage{Page: samplePage("maintenance"), Title: "Revoke tokens", Text: "Ends access tokens at once.", Action: "/maintenance/revoke-tokens", OfUser: true, OfTokens: true,
		Refresh: true, Platform: "controller", Amounts: tokens, Consequences: []string{"Every program that uses one of these tokens is refused.", "People have to authorize applications again."},
		Confirm: "Yes, I confirm that I want to revoke these tokens.", Button: "Revoke tokens", Danger: true, AskPassword: true, Errors: Errors{{"your_password", "This is not your password."}}}
	unknown := TaskPage{Page: samplePage("maintenance"), Title: "Sign people out", Text: "Ends sessions.", Action: "/maintenance/expire-sessions", OfUser: true, User: "nobody",
		Errors: Errors{{"user", "There is no user of this name."}}}
	nothing := TaskPage{Page: samplePage("maintenance"), Title: "Clear expired sessions", Text: "Deletes sessions that have expired.", Action: "/maintenance/clear-sessions", Amounts: []Amount{{0, false, "session"}}, Nothing: true}
	remarks := []ImportRemark{{"main_oauth2application", 7, "An application with a rather long name that nobody shortened", "its name is taken here"}, {"auth_user", 12, "", "its id is taken here"}}
	return []sample{
		{"maintenance", "all", MaintenancePage{Page: samplePage("maintenance"), Cards: cards, Runs: sampleEntries()[3:], Imports: imports, Result: "revoked 3 access tokens, 0 refresh tokens of alice"}},
		{"maintenance", "running", MaintenancePage{Page: samplePage("maintenance"), Cards: cards, Task: RunningTask{Title: "Revoke tokens", By: "admin", Started: ago(time.Minute), Progress: 1_204_000}}},
		{"maintenance", "failed", MaintenancePage{Page: samplePage("maintenance"), Cards: cards, Task: RunningTask{Title: "Revoke tokens", By: "admin", Started: ago(time.Minute), Failed: true}}},
		{"task", "everybody", revoke},
		{"task", "unknown-user", unknown},
		{"task", "nothing", nothing},
		{"task", "of-a-user", TaskPage{Page: samplePage("users"), Title: "Revoke all tokens", Text: "Ends all access tokens of svc-desk at once, expired ones included.", Action: "/users/12/revoke", Back: "/users/12",
			User: "svc-desk", OfTokens: true, Refresh: true, Amounts: []Amount{{31, false, "access token"}, {2, false, "refresh token"}}, Consequences: []string{"Every program that uses one of these tokens is refused."},
			Confirm: "Yes, I confirm that I want to revoke 31 access tokens and 2 refresh tokens of svc-desk.", Button: "Revoke all tokens", Danger: true}},
		{"import", "full", ImportPage{Page: samplePage("maintenance"), Summary: imports[1], Level: "main.0192_custom_roles", Started: ago(aDay),
			Tables: []ImportTable{{Name: "auth_user", Read: 214, Imported: 200, Skipped: 14, Revoked: 0, Reasons: []Amount{{14, false, "here already"}}},
				{Name: "main_oauth2accesstoken", Read: 1_204_331, Imported: 1_204_319, Skipped: 12, Revoked: 3, Reasons: []Amount{{10, false, "removed here"}, {2, false, "no user"}}, Remarks: []Amount{{7, false, "expired"}}}},
			Conflicts: remarks, Changed: remarks, Renumbered: remarks, Secrets: []Part{{"Service desk", "/applications/3", true}, {"9", "", true}}, Teams: remarks[:1],
			Settings: []ImportSetting{{"OAUTH2_PROVIDER", `{"ACCESS_TOKEN_EXPIRE_SECONDS":31536000000,"AUTHORIZATION_CODE_EXPIRE_SECONDS":600}`}}}},
		{"import", "empty", ImportPage{Page: samplePage("maintenance"), Summary: imports[0]}},
	}
}
