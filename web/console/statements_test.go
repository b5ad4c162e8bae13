package console_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// TestStatementsOfEveryPage: no page takes more statements the more rows there are, and no form more than what it changes needs.
func TestStatementsOfEveryPage(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		var n atomic.Int64
		if err := s.DB.Trace(func(store.Statement) { n.Add(1) }); err != nil {
			t.Fatal(err)
		}
		devices := register(t, s, models.FaceConsole, s.Organization.ID, forDevices)
		b := as(t, s, "admin")
		ask := func(row access, x things) int64 {
			client, err := s.DB.Read(t.Context()).Application(x["application"])
			if err != nil {
				t.Fatal(err)
			}
			fill := func(text string) string {
				text = x.in(text)
				if strings.Contains(text, "{user_code}") {
					text = strings.ReplaceAll(text, "{user_code}", startDevice(t, s, devices).userCode)
				}
				return strings.NewReplacer("{client}", client.ClientID, "{operation}", "createGatewayToken").Replace(text)
			}
			path, values := fill(row.path), form(fill(row.form), b.cookies["csrftoken"])
			before := n.Load()
			b.send(row.method, path, values)
			return n.Load() - before
		}
		first, few := makeThings(t, s), map[string]int64{}
		for _, row := range accesses {
			if row.method == http.MethodGet {
				ask(row, first)
				few[row.path] = ask(row, first)
			}
		}
		for range 12 {
			makeThings(t, s)
		}
		for _, row := range accesses {
			if row.method != http.MethodGet {
				if now := ask(row, makeThings(t, s)); now > 25 {
					t.Errorf("the form %s (%s) takes %d statements", row.path, row.form, now)
				}
				continue
			}
			ask(row, first)
			if now := ask(row, first); now > few[row.path] || now > 25 {
				t.Errorf("%s takes %d statements, with fewer rows %d", row.path, now, few[row.path])
			}
		}
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Devices.Failures = 10_000
	})
}
