package templates

import "time"

func overviewSamples() []sample {
	var days []IssuedDay
	for n := range 30 {
		days = append(days, IssuedDay{sampleNow.Truncate(aDay).AddDate(0, 0, n-29), int64(n * 7 % 31), int64(n * 3 % 5)})
	}
	failed := []FailedSignIn{{Account: Link{ID: 12, Name: "svc-desk"}, Network: "2001:db8:85a3::/64", Failures: 1204, Last: ago(time.Minute)},
		{Unknown: true, Network: "192.0.2.7", Failures: 1, Last: ago(time.Hour)}, {Account: Link{ID: 99}, Network: "192.0.2.8", Failures: 3, Last: ago(2 * time.Hour)}}
	page, own := samplePage("overview"), sampleOwnPage()
	own.Nav.Active = "overview"
	return []sample{
		{"overview", "all", OverviewPage{Page: page, Everybody: true, Active: ActiveTokens{902, 288, 846, 344}, Ending: 7, NeverUsed: Amount{Number: 10_000, More: true, Noun: "token"},
			Oldest: sampleTokens()[0], Days: days, Failures: 1208, Accounts: 3, Networks: 3, FailedSignIns: failed, Recent: sampleEntries(), MayCreate: true}},
		{"overview", "own", OverviewPage{Page: own, Active: ActiveTokens{1, 0, 1, 0}, Ending: 1, Days: days[:1], Failures: 2, Accounts: 1, Networks: 1, FailedSignIns: failed[:1], Recent: sampleEntries()[:1]}},
		{"overview", "nothing", OverviewPage{Page: own, Days: make([]IssuedDay, 30)}},
	}
}
