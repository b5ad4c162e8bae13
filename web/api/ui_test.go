package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/web/webtest"
)

// TestVendorUI asks what the platform's own user interface asks, with the session of a browser: who is there, what may be done, and
// pages of lists, sorted and filtered as its tables do it (contract §2.4).
func TestVendorUI(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		storeTokens(t, s, "om", 12, s.Job.Platform)
		for mount, app := range map[string]webtest.Client{G: s.App, C: s.Job} {
			for _, who := range []string{"om", "oa", "oa"} {
				newToken(t, s, who, mount, fields{"application": app.ID, "scope": "read"})
			}
			administrator, member := browser{t, s, s.SignIn(t, "oa")}, browser{t, s, s.SignIn(t, "om")}
			me := administrator.get(mount+"me/").Equal("count", 1).Equal("results.0.username", "oa").Equal("results.0.is_superuser", false)

			administrator.options(mount+"applications/").Equal("actions.GET.name.filterable", true).Equal("actions.POST.name.required", true)
			member.options(mount+"applications/").Equal("actions.GET.name.type", "string").Equal("actions.POST", nil)

			list := administrator.get(mount+"applications/?order_by=-name&page=1&page_size=10&organization__name__icontains=o&name__icontains=THE+"+
				strings.ToUpper(string(app.Platform))).Equal("next", nil)
			wantRows(t, list, "name", app.Name)
			may := func(edits bool) map[string]any { return map[string]any{"edit": edits, "delete": edits} }
			list.Equal("results.0.summary_fields.user_capabilities", may(true)).Equal("results.0.summary_fields.organization.name", "O").
				Equal("results.0.summary_fields.tokens.count", 3)
			member.get(mount+"applications/?order_by=name&page=1&page_size=10").Equal("results.0.summary_fields.user_capabilities", may(false))

			tokens := path(mount, "applications", app.ID, "tokens")
			wantRows(t, administrator.get(tokens+"?order_by=-user__username&page=1&page_size=10"), "summary_fields.user.username", "om", "oa", "oa")
			wantRows(t, administrator.get(tokens+"?order_by=user__username&page=2&page_size=2"), "summary_fields.user.username", "om")
			wantRows(t, administrator.get(tokens+"?user__username__icontains=M&page=1&page_size=10"), "summary_fields.user.username", "om")

			own := path(mount, "users", me.Int("results.0.id"), "tokens")
			administrator.options(own).Equal("actions.GET.description.type", "string")
			wantRows(t, administrator.get(own+"?order_by=application__name&page=1&page_size=10&application__name__icontains="+string(app.Platform)),
				"summary_fields.application.name", app.Name, app.Name)
			many := path(mount, "users", s.ID("om"), "tokens")
			page := member.get(many+"?order_by=-id&page=2&page_size=10").Equal("previous", many+firstPage(mount))
			if rows := len(page.Column("id")); int64(rows) != page.Int("count")-10 {
				t.Errorf("%s: the second page of %d has %d rows", mount, page.Int("count"), rows)
			}
		}
	})
}

// firstPage is the query of a link back to the first page: the gateway leaves the number out.
func firstPage(mount string) string {
	if mount == G {
		return "?order_by=-id&page_size=10"
	}
	return "?order_by=-id&page=1&page_size=10"
}

// browser asks with a session, and has to get an answer.
type browser struct {
	t       *testing.T
	s       *webtest.Site
	session *webtest.Session
}

func (b browser) get(address string) *webtest.Answer {
	b.t.Helper()
	return b.s.Get(b.t, "", address, b.session.Reads).Want(http.StatusOK)
}

func (b browser) options(address string) *webtest.Answer {
	b.t.Helper()
	return b.s.Do(b.t, "", http.MethodOptions, address, nil, b.session.Reads).Want(http.StatusOK)
}

// wantRows checks one value of each row of a page.
func wantRows(t *testing.T, page *webtest.Answer, at string, want ...string) {
	t.Helper()
	var got []string
	for n := range page.Column("id") {
		got = append(got, page.String(fmt.Sprintf("results.%d.%s", n, at)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows:\n%s", diff)
	}
}
