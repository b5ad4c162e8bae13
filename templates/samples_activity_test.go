package templates

import "time"

func sampleEntries() []Entry {
	admin, nobody := Part{"admin", "/users/1", true}, Part{Text: "Command revoke_oauth2_tokens"}
	long := "A description that somebody wrote at length, since it was to say everything that…"
	return []Entry{
		{ID: 71, Created: ago(time.Minute), By: admin, Event: []Part{{Text: "Created personal token"}, {"Nightly inventory sync", "/tokens/101", true}}, Through: "Console", From: "2001:db8:85a3:8d3:1319:8a2e:370:7348"},
		{ID: 70, Created: ago(time.Hour), By: Part{"audit.office@subsidiary.example.com", "", true}, Event: []Part{{Text: "Added user"}, {"svc-desk", "/users/12", true}, {Text: "to organization"}, {"Platform engineering and developer experience, northern region", "/organizations/2", true}, {Text: "as administrator"}}, Through: "API", From: "192.0.2.7"},
		{ID: 69, Created: ago(2 * time.Hour), By: nobody, Event: []Part{{Text: "Deleted access token"}, {long, "", true}, {Text: "of application"}, {"Service desk", "/applications/3", true}}, Note: "revoked", Through: "Command line"},
		{ID: 12, Created: ago(400 * aDay), By: Part{Text: "The server itself"}, Event: []Part{{Text: "Cleared what had expired"}}, Note: "cleared 1204 access tokens, 33 refresh tokens, 0 authorization codes, 0 sessions", Through: "Command line"},
	}
}

func sampleActivity(query string) ActivitySection {
	return ActivitySection{Now: sampleNow, Rows: sampleEntries()[:2], All: "/activity?" + query}
}

func activitySamples() []sample {
	entries := sampleEntries()
	text := func(text string) FieldValue { return FieldValue{Part: Part{Text: text}} }
	none := FieldValue{None: true}
	changed := []ChangedField{{"Client secret", FieldValue{Secret: true}, FieldValue{Secret: true}}, {"Description", text(""), text("Opens and closes changes")},
		{"Organization", none, FieldValue{Part: Part{"Network operations", "/organizations/1", true}}}, {"Redirect URIs", text("https://desk.example.com/oauth/callback https://desk-staging.example.com/oauth/callback"), text("")}}
	return []sample{
		{"activity", "all", ActivityPage{Page: samplePage("activity"), List: List{Path: "/activity", Count: 10_000, More: true, Number: 2, Size: 50}, Rows: entries, Everybody: true}},
		{"activity", "filtered", ActivityPage{Page: samplePage("activity"), List: sampleList("/activity", "search=desk&actor=admin&about=applications-and-tokens&operation=update&from=2026-01-01&to=2026-02-01", "", 1, 1, 50), Rows: entries[:1], Everybody: true}},
		{"activity", "of-one", ActivityPage{Page: samplePage("activity"), List: sampleList("/activity", "token=101", "", 3, 1, 50), Rows: entries[:1], About: entries[0].Event[1], AboutKind: "access token", Everybody: true}},
		{"activity", "no-results", ActivityPage{Page: sampleOwnPage(), List: sampleList("/activity", "search=zebra", "", 0, 1, 50)}},
		{"activity", "empty", ActivityPage{Page: sampleOwnPage(), List: sampleList("/activity", "", "", 0, 1, 50)}},
		{"activity_entry", "changed", EntryPage{Page: samplePage("activity"), Entry: entries[0], Platform: "gateway", Kind: "Application", Object: Part{"Service desk", "/applications/3", true}, Number: 3, Changes: changed}},
		{"activity_entry", "made", EntryPage{Page: samplePage("activity"), Entry: entries[1], Kind: "User", Object: Part{"svc-desk", "/users/12", true}, Number: 12, Changes: []ChangedField{{"Active", none, text("Yes")}, {"Password", none, FieldValue{Secret: true}}}, Created: true}},
		{"activity_entry", "gone", EntryPage{Page: samplePage("activity"), Entry: entries[2], Kind: "Access token", Object: entries[2].Event[1], Number: 109, Changes: []ChangedField{{"Scope", text("read write"), none}}, Removed: true}},
		{"activity_entry", "run", EntryPage{Page: samplePage("activity"), Entry: entries[3], Kind: "Access token"}},
	}
}
