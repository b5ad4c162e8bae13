package templates

func deedSamples() []sample {
	one := ConfirmPage{Page: samplePage("applications"), Verb: "Delete application", Danger: true, Rows: []Chosen{{Name: "Service desk"}},
		Consequences: []string{"1,284 tokens of this application stop working at once.", "Programs that sign in with its client ID are refused."},
		Action:       "/applications/3/delete", Cancel: "/applications/3"}
	several := ConfirmPage{Page: samplePage("tokens"), Verb: "Delete tokens", Danger: true, Rows: []Chosen{{Name: "Nightly inventory sync", Notes: []string{"It acts as svc-inventory."}},
		{Name: "Ticket desk", Notes: []string{"It acts as svc-desk.", "Its refresh token stays: the application Service desk can get another token with it. Delete the application to end that too."}}, {Name: sampleTokens()[8].Description}},
		Left:         []Outcome{{Name: "Token 7", Result: OutcomeGone, Words: "Already gone"}, {Name: "Dashboards", Result: OutcomeRefused, Words: "Refused", Reason: "You do not have permission to do this."}},
		Consequences: []string{"Whatever uses these tokens is refused at once."}, Confirm: "Yes, I confirm that I want to delete these 3 tokens.",
		Errors: Errors{{"confirm", "Tick the box to confirm."}}, Action: "/tokens/delete", Hidden: []Hidden{{"id", "101"}, {"id", "102"}, {"id", "109"}}, Cancel: "/tokens?owner=svc-desk"}
	enable := ConfirmPage{Page: samplePage("users"), Verb: "Enable user", Undo: "An active user can be disabled again.", Rows: []Chosen{{Name: "svc-migrate"}},
		Consequences: []string{"svc-migrate can sign in again."}, Action: "/users/16/enable", Cancel: "/users/16"}
	return []sample{
		{"confirm", "one", one},
		{"confirm", "several", several},
		{"confirm", "mild", enable},
		{"outcomes", "all-kinds", OutcomesPage{Page: samplePage("users"), Title: "Delete users", Past: "deleted", Back: "/users?type=normal", Rows: []Outcome{
			{"svc-desk", OutcomeDone, "Deleted", ""}, {"User 12", OutcomeGone, "Already gone", ""}, {"admin", OutcomeRefused, "Refused", "This is the last active superuser. Make another one first."},
			{"nadja.kowalczyk@subsidiary.example.com", OutcomeFailed, "Failed", "The server cannot reach its database at the moment."}, {"User 16", OutcomeUntried, "", ""}}}},
	}
}
