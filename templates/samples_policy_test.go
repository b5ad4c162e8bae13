package templates

func policySamples() []sample {
	environment := []PolicyRow{{"Default lifetime", "365 days", false, false}, {"Longest lifetime", "365 days", false, false}, {"Idle lifetime", "", false, false}}
	here := []PolicyRow{{"Default lifetime", "90 days", true, true}, {"Longest lifetime", "90 days", true, false}, {"Idle lifetime", "30 days", true, false}}
	changes := []PolicyChange{{"Default lifetime", environment[0], here[0]}, {"Longest lifetime", environment[1], here[1]}, {"Idle lifetime", environment[2], here[2]}}
	reset := []PolicyChange{{"Default lifetime", here[0], environment[0]}, {"Idle lifetime", here[2], environment[2]}}
	auditor := samplePage("policy")
	auditor.Viewer = Viewer{ID: 3, Username: "auditor", IsPlatformAuditor: true}
	elsewhere := samplePage("policy")
	elsewhere.Viewer.Passwordless = true
	wish := PolicyForm{"365", "90", "30"}
	none := Amount{Noun: "personal token"}
	return []sample{
		{"policy", "environment", PolicyPage{Page: samplePage("policy"), Rows: environment, Environment: "365 days", MayChange: true}},
		{"policy", "set", PolicyPage{Page: samplePage("policy", Flash{"good", "The token policy is set."}), Rows: here, Set: true, Environment: "365 days", Form: wish, MayChange: true}},
		{"policy", "auditor", PolicyPage{Page: auditor, Rows: here, Set: true, Environment: "10 hours"}},
		{"policy", "wrong", PolicyPage{Page: samplePage("policy"), Rows: environment, Environment: "365 days", Form: PolicyForm{"x", "", "4000"}, MayChange: true,
			Errors: Errors{{"default_days", "Enter a lifetime from 1 day to 365000 days, or nothing."}, {"idle_days", "Enter a lifetime from 1 day to 3650 days, or nothing."}}}},
		{"policy", "stops", PolicyPage{Page: samplePage("policy"), Rows: environment, Environment: "365 days", Form: wish, MayChange: true, Asked: true, Changes: changes,
			Idle: "30 days", Longest: "90 days", Stopping: Amount{10_000, true, "personal token"}, Reviving: none, Beyond: Amount{1284, false, "personal token"},
			Errors: Errors{{"confirm", "Tick the box to confirm."}, {"your_password", "This is not your password."}}}},
		{"policy", "revives", PolicyPage{Page: samplePage("policy"), Rows: here, Set: true, Environment: "365 days", Form: PolicyForm{}, MayChange: true, Asked: true, Changes: reset,
			Longest: "365 days", Stopping: none, Reviving: Amount{1, false, "personal token"}, Beyond: none}},
		{"policy", "elsewhere", PolicyPage{Page: elsewhere, Rows: here, Set: true, Environment: "365 days", Form: wish, MayChange: true, Asked: true, Changes: reset[:1],
			Idle: "30 days", Longest: "365 days", Stopping: none, Reviving: none, Beyond: Amount{1, false, "personal token"},
			Errors: Errors{{"your_password", "You signed in too long ago. Sign out and in again, and do this within 5 minutes."}}}},
		{"policy", "same", PolicyPage{Page: samplePage("policy"), Rows: here, Set: true, Environment: "365 days", Form: wish, MayChange: true, Asked: true}},
	}
}
