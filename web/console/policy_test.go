package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// keptPolicy is the token policy in the database.
func keptPolicy(t testing.TB, s *webtest.Site) models.TokenPolicy {
	t.Helper()
	policy, err := s.DB.Read(t.Context()).TokenPolicy()
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// withPolicy sets a token policy past the pages.
func withPolicy(t testing.TB, s *webtest.Site, policy models.TokenPolicy) {
	t.Helper()
	if err := s.SetTokenPolicy(t.Context(), actor(t, s, "admin"), policy); err != nil {
		t.Fatal(err)
	}
}

const (
	choosing   = `main form[method="get"]`
	confirming = `main form[method="post"]`
)

// TestPolicyPage: what is in force and from where; a choice is shown with what it would do, and set with the own password, and a tick where tokens
// stop working; it can be taken back.
func TestPolicyPage(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		old := token(t, s, "alice", models.FaceConsole, 0)
		s.DB.Clock.Advance(20 * 24 * time.Hour)
		token(t, s, "alice", models.FaceController, 0)
		b := as(t, s, "admin")
		page := b.get("/policy").is(200).says("tr:nth-child(1)", "365 days").says("tr:nth-child(1)", "The environment").says("tr:nth-child(3)", "none").says("tr:nth-child(3)", "Not set").
			has(`.nav-link[href="/policy"][aria-current="page"]`).lacks(confirming).lacks(`a[href*="idle_days=&"], a[href$="idle_days="]`)
		if fields := fieldsOf(page.Find(choosing)); fields.Get("default_days")+fields.Get("longest_days")+fields.Get("idle_days") != "" {
			t.Errorf("the form says %v", fields)
		}
		before := count(t, s)
		const wish = "/policy?default_days=7&longest_days=30&idle_days=14"
		review := b.get(wish).is(200).says(confirming, "365 days → becomes 7 days").says(confirming, "none → becomes 14 days").
			says(".flash-warning", "1 personal token stops working at once").says(".points", "2 personal tokens expire more than 30 days from now").
			says(`label[for="f-confirm"]`, "1 personal token stops working at once.")
		b.submit(review, confirming, "your_password", webtest.Password).wrong("confirm", "Tick the box", "default_days", "7", "idle_days", "14")
		b.submit(review, confirming, "confirm", "yes", "your_password", "wrong").wrong("your_password", "This is not your password.", "default_days", "7")
		b.submit(review, confirming, "confirm", "yes").wrong("your_password", "This is not your password.")
		if after := count(t, s); after != before || keptPolicy(t, s) != (models.TokenPolicy{}) {
			t.Errorf("something changed: %s, before %s", after, before)
		}
		set := b.follow(b.submit(review, confirming, "confirm", "yes", "your_password", webtest.Password).goesTo("/policy")).is(200).says(".flash-good", "The token policy is set")
		set.says("tr:nth-child(1)", "7 days").says("tr:nth-child(1)", "This page").says("tr:nth-child(3)", "14 days")
		if kept := keptPolicy(t, s); kept != (models.TokenPolicy{Default: 7 * models.Day, Longest: 30 * models.Day, Idle: 14 * models.Day}) {
			t.Errorf("kept is %+v", kept)
		}
		b.get(wish).is(200).says("main", "That is how it stands already.").lacks(confirming)
		b.get("/activity?about=settings").is(200).says(".cell-event", "Changed the token policy").says(".cell-actor", "admin")
		entry := b.get("/activity?about=settings").Find(".row-link").First().AttrOr("href", "")
		b.get(entry).is(200).says("main", "as the environment says").says("main", "14 days").says("main", "Idle lifetime")

		b.get("/tokens?state=unused").is(200).says(".lede", "1 token").says(".chip-expired", "Expired, not used for 14 days").has(`a[href="/tokens/` + itoa(old) + `"]`)
		b.get("/tokens?state=active").is(200).says(".lede", "1 token").lacks(`a[href="/tokens/` + itoa(old) + `"]`)
		b.get("/tokens?state=expired").is(200).says("main", "No")
		as(t, s, "alice").get("/tokens/"+itoa(old)).is(200).says(".chips", "not used for 14 days").lacks(`a[href$="/regenerate"]`)

		reset := b.get(b.get("/policy").Find(`a[href$="idle_days="]`).AttrOr("href", "")).is(200).says(".points", "1 personal token that is refused for want of use works again.").
			says(".points", "No token expires more than 365 days").says(confirming, "14 days → becomes none")
		b.follow(b.submit(reset, confirming, "your_password", webtest.Password)).says("tr:nth-child(2)", "The environment")
		b.get("/tokens?state=unused").is(200).lacks("tbody tr")
		withPolicy(t, s, models.TokenPolicy{Longest: 30 * models.Day})
		b.get("/policy").says("tr:nth-child(1)", "30 days").says("tr:nth-child(1)", "The longest lifetime").says("tr:nth-child(2)", "This page")
	})
}

// TestPolicyRefused: what is no lifetime is said beside its field, with what was typed, and nothing is asked or changed; an address names some
// lifetimes and leaves the others as they are.
func TestPolicyRefused(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "admin")
		for query, fields := range map[string][]string{
			"default_days=0&longest_days=-1&idle_days=3651":           {"default_days", "longest_days", "idle_days"},
			"default_days=1.5&longest_days=90d&idle_days=99999999999": {"default_days", "longest_days", "idle_days"},
			"longest_days=365001":                                     {"longest_days"},
			"default_days=%00&idle_days=%FF":                          {"default_days", "idle_days"},
			"idle_days=" + strings.Repeat("9", 5000):                  {"idle_days"},
			"default_days=31&longest_days=30":                         {"default_days"},
			"default_days=366":                                        {"default_days"},
			"idle_days=%3Cscript%3E":                                  {"idle_days"},
		} {
			page := b.get("/policy?" + query).is(http.StatusUnprocessableEntity).lacks(confirming)
			for _, field := range fields {
				page.has("#f-" + field + "-error")
			}
			if got := page.Find(choosing + " .field-error").Length(); got != len(fields) {
				t.Errorf("%s: %d messages, want %d", query[:min(60, len(query))], got, len(fields))
			}
		}
		b.get("/policy?default_days=31&longest_days=30").wrong("default_days", "which is 30 days.", "default_days", "31", "longest_days", "30")
		b.post("/policy", "default_days", "31", "longest_days", "30", "your_password", webtest.Password).wrong("default_days", "which is 30 days.")
		b.post("/policy", "idle_days", "soon", "your_password", webtest.Password).wrong("idle_days", "Enter a lifetime from 1 day to 3650 days")
		if kept := keptPolicy(t, s); kept != (models.TokenPolicy{}) {
			t.Errorf("kept is %+v", kept)
		}
		withPolicy(t, s, models.TokenPolicy{Default: 7 * models.Day, Longest: 30 * models.Day})
		b.get("/policy?idle_days=+14+").is(200).says(confirming, "none → becomes 14 days").has(confirming + ` [name="longest_days"][value="30"]`)
	})
}

// TestPolicyByRole: administrators set it, auditors look at it, nobody else sees the page; each is told whom to ask.
func TestPolicyByRole(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		withPolicy(t, s, models.TokenPolicy{Idle: 14 * models.Day})
		auditor := as(t, s, "aud")
		auditor.get("/policy").is(200).says("tr:nth-child(3)", "14 days").says("main", "Only system administrators change").lacks(choosing).lacks(confirming).has(`.nav-link[href="/policy"]`)
		auditor.get("/policy?idle_days=3").is(http.StatusForbidden).says("main", "Platform auditors look at everything")
		for _, who := range []string{"alice", "om", "oa"} {
			as(t, s, who).get("/policy").is(http.StatusForbidden).lacks(`.nav-link[href="/policy"]`)
			as(t, s, who).post("/policy", "idle_days", "3", "your_password", webtest.Password).is(http.StatusForbidden)
		}
		if keptPolicy(t, s).Idle != 14*models.Day {
			t.Error("it was changed")
		}
	})
}

// TestPolicyInTokenForm: the form offers what the policy allows and begins with its default; a longer wish is refused beside the field.
func TestPolicyInTokenForm(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "alice")
		chosen := func() string { return fieldsOf(b.get("/tokens/new").Find("main form")).Get("expiry") }
		if got := chosen(); got != "90" {
			t.Errorf("without a policy the form begins with %q", got)
		}
		withPolicy(t, s, models.TokenPolicy{Longest: 30 * models.Day})
		if got := chosen(); got != "longest" {
			t.Errorf("with a longest of 30 days the form begins with %q", got)
		}
		withPolicy(t, s, models.TokenPolicy{Default: 10 * models.Day, Longest: 30 * models.Day, Idle: 14 * models.Day})
		if got := chosen(); got != "default" {
			t.Errorf("with a default the form begins with %q", got)
		}
		page := b.get("/tokens/new").is(200).says(`option[value="default"]`, "The default: 10 days").says("#f-expiry-hint", "not used for 14 days").has(`option[value="7"]`).
			lacks(`option[value="30"]`).lacks(`option[value="90"]`).has(`#f-expires_on[max="2026-03-30"]`)
		ends := func(want time.Time, pairs ...string) {
			t.Helper()
			made := b.submit(b.get("/tokens/new"), "main form", append([]string{"scope", "read"}, pairs...)...).is(200)
			b.get("/tokens/"+madeID(t, made, "/tokens")).says(".details", want.Format("2 Jan 2006, 15:04:05 UTC"))
		}
		now := s.DB.Now()
		ends(now.AddDate(0, 0, 10))
		ends(now.AddDate(0, 0, 30), "expiry", "longest")
		ends(now.AddDate(0, 0, 7), "expiry", "7")
		b.submit(page, "main form", "scope", "read", "expiry", "31").wrong("expiry", "The expiry may be at most 30 days from now.", "scope", "read")
		b.submit(page, "main form", "scope", "read", "expiry", "date", "expires_on", "2026-03-31").wrong("expires_on", "at most 30 days")
		if made := len(ids(t, s, "alice")); made != 3 {
			t.Errorf("%d tokens, want 3", made)
		}
		member := as(t, s, "om")
		member.get("/tokens/new").says(`option[value="default"]`, "of an application 365 days").has(`#f-expires_on[max="2027-02-28"]`)
		made := member.submit(member.get("/tokens/new"), "main form", "scope", "read", "application", itoa(s.App.ID), "expiry", "longest").is(200)
		member.get("/tokens/"+madeID(t, made, "/tokens")).says(".details", "1 Mar 2027")
	})
}

// TestOwnPasswordElsewhere: who signs in elsewhere has no password to give; a sign-in of the last five minutes counts instead, and the page says so.
func TestOwnPasswordElsewhere(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		admin := s.Users["admin"]
		admin.Password, admin.ExternalAccount = "", "ldap"
		if err := s.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateUser(admin) }); err != nil {
			t.Fatal(err)
		}
		b := as(t, s, "admin")
		const wish = "/policy?idle_days=14"
		b.get(wish).is(200).lacks(`[name="your_password"]`).says("#f-your_password", "your sign-in has to be less than 5 minutes old instead.")
		s.DB.Clock.Advance(5 * time.Minute)
		for page, form := range map[string]string{wish: confirming, "/maintenance/expire-sessions": confirming, "/applications/" + itoa(s.App.ID) + "/rotate": "main form"} {
			pairs := []string{}
			if strings.HasPrefix(page, "/maintenance") {
				pairs = []string{"confirm", "yes"}
			}
			b.submit(b.get(page), form, pairs...).is(http.StatusUnprocessableEntity).says(".field-error", "You signed in too long ago.")
		}
		b.post("/organizations/"+itoa(s.Organization.ID)+"/add", "username", "om", "role", "admin").wrong("your_password", "You signed in too long ago.")
		if keptPolicy(t, s) != (models.TokenPolicy{}) {
			t.Error("the policy was set")
		}
		b = as(t, s, "admin")
		b.submit(b.get(wish), confirming).goesTo("/policy")
		if keptPolicy(t, s).Idle != 14*models.Day {
			t.Error("the policy was not set")
		}
	})
}
