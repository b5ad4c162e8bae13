package templates

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		then time.Time
		want string
	}{
		{"none", time.Time{}, "never"},
		{"now", sampleNow, "just now"},
		{"seconds ago", ago(59 * time.Second), "just now"},
		{"in seconds", in(59 * time.Second), "in a moment"},
		{"one minute", ago(time.Minute), "1 minute ago"},
		{"minutes", in(59*time.Minute + 29*time.Second), "in 59 minutes"},
		{"almost an hour", in(59*time.Minute + 59*time.Second), "in 1 hour"},
		{"one hour", ago(time.Hour), "1 hour ago"},
		{"hours", ago(23 * time.Hour), "23 hours ago"},
		{"yesterday", ago(25 * time.Hour), "yesterday"},
		{"tomorrow", in(35 * time.Hour), "tomorrow"},
		{"days", in(3*aDay + time.Hour), "in 3 days"},
		{"thirty days, a moment later", in(30*aDay - time.Second), "in 30 days"},
		{"one month", ago(31 * aDay), "1 month ago"},
		{"months", in(280 * aDay), "in 9 months"},
		{"a year, a moment later", in(365*aDay - time.Second), "in 1 year"},
		{"ten years", sampleNow.AddDate(10, 0, 1), "in 10 years"},
		{"a thousand years, which no time.Duration holds", sampleNow.AddDate(998, 0, 0), "in the year 3024"},
		{"long ago", time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "in 1970"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := moment(sampleNow, test.then, "never").Words; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestMomentIsExactInUTC(t *testing.T) {
	t.Parallel()
	then := time.Date(2026, 3, 18, 16, 5, 9, 123456000, time.FixedZone("", 2*3600))
	want := Moment{"just now", "18 Mar 2026, 14:05:09 UTC", "2026-03-18T14:05:09.123456Z"}
	if diff := cmp.Diff(want, moment(sampleNow.Add(time.Second), then, "")); diff != "" {
		t.Error(diff)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1284: "1,284", 1234567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got := plural(1, "token") + ", " + plural(0, "token") + ", " + plural(1284, "token"); got != "1 token, 0 tokens, 1,284 tokens" {
		t.Errorf("got %q", got)
	}
}

func TestListAddresses(t *testing.T) {
	t.Parallel()
	l := sampleList("/tokens", "search=a b&state=active&order_by=-expires&page=2&page_size=25", "-expires", 70, 2, 25)
	for _, test := range []struct{ name, got, want string }{
		{"previous", l.Previous(), "/tokens?order_by=-expires&page_size=25&search=a+b&state=active"},
		{"next", l.Next(), "/tokens?order_by=-expires&page=3&page_size=25&search=a+b&state=active"},
		{"sort by another column", l.Head("created", "").Address, "/tokens?order_by=created&page_size=25&search=a+b&state=active"},
		{"sort the other way round", l.Head("expires", "").Address, "/tokens?order_by=expires&page_size=25&search=a+b&state=active"},
		{"sorted", l.Head("expires", "").Sorted, "descending"},
		{"not sorted", l.Head("created", "").Sorted, ""},
		{"another size begins at the first page", l.With("page_size", "100"), "/tokens?order_by=-expires&page_size=100&search=a+b&state=active"},
		{"cleared", l.Cleared(), "/tokens?order_by=-expires&page_size=25"},
		{"no query", List{Path: "/users"}.With("search", ""), "/users"},
		{"first page has none before", List{Number: 1, Size: 50, Count: 70}.Previous(), ""},
		{"last page has none after", List{Number: 2, Size: 50, Count: 70}.Next(), ""},
		{"rows", number(l.First()) + "–" + number(l.Last()), "26–50"},
		{"rows of the last page", number(List{Number: 3, Size: 25, Count: 70}.Last()), "70"},
		{"rows of an empty list", number(List{Number: 1, Size: 25}.First()), "0"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
	if diff := cmp.Diff(url.Values{"search": {"a b"}, "state": {"active"}, "order_by": {"-expires"}, "page": {"2"}, "page_size": {"25"}}, l.Query); diff != "" {
		t.Errorf("the query was changed: %s", diff)
	}
}

func TestListIsFiltered(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]bool{"": false, "page=2&order_by=name&page_size=25": false, "search=": false, "search=x": true, "state=active": true} {
		if got := sampleList("/tokens", query, "", 0, 1, 50).Filtered(); got != want {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
}

func TestExpiriesStayWithinTheLongest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		longest time.Time
		want    string
	}{
		{in(365 * aDay), "1 7 30 90 180 longest date "},
		{in(366 * aDay), "1 7 30 90 180 365 longest date "},
		{in(2 * time.Hour), "longest date "},
		{sampleNow.AddDate(1000, 0, 0), "1 7 30 90 180 365 longest date "},
	} {
		got := ""
		for _, choice := range (TokenNewPage{Page: Page{Now: sampleNow}, Longest: test.longest}).Expiries() {
			got += choice.Value + " "
		}
		if got != test.want {
			t.Errorf("longest %v: got %q, want %q", test.longest, got, test.want)
		}
	}
}

func TestTooManyAttempts(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{1: "1 second", 59: "59 seconds", 60: "60 seconds", 61: "2 minutes", 120: "2 minutes", 121: "3 minutes", 600: "10 minutes"} {
		if got := TooManyAttempts(seconds); got != "Too many attempts to sign in have failed. Try again in "+want+"." {
			t.Errorf("%d: %s", seconds, got)
		}
	}
}
