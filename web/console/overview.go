package console

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

// recent is how many entries the overview shows.
const recent = 8

// showStart is the overview for who is signed in; others are led to sign-in, or to setup as long as there is nobody who could.
func (w *Console) showStart(c *gin.Context) error {
	if actorOf(c).User != nil {
		return w.showOverview(c)
	}
	needed, err := w.server.SetupNeeded(c.Request.Context())
	if err != nil {
		return err
	}
	address := "/login"
	if needed {
		address = "/setup"
	}
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

func (w *Console) showOverview(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	o, err := w.server.Overview(ctx, actor)
	if err != nil {
		return err
	}
	data := templates.OverviewPage{Page: w.page(c, "overview"), Everybody: o.Everybody, Ending: o.Ending, MayCreate: w.mayCreateToken(actor, nil) == nil,
		NeverUsed: templates.Amount{Number: o.NeverUsed.Number, More: o.NeverUsed.More, Noun: "token"},
		Failures:  o.FailedSignIns.Failures, Accounts: o.FailedSignIns.Accounts, Networks: o.FailedSignIns.Networks}
	for _, each := range o.Active {
		data.Active.Add(string(each.Platform), each.Personal, each.Number)
	}
	data.Days = issuedEachDay(o)
	if token := o.OldestUnused; token != nil {
		data.Oldest = w.tokenRow(actor, token)
	}
	if data.FailedSignIns, err = w.failedSignIns(c, o.FailedSignIns.Latest); err != nil {
		return err
	}
	entries, err := w.server.Activity(ctx, actor, face, store.Query{SkipCount: true, Order: []store.Order{{Field: "id", Descending: true}}, Limit: recent})
	if err != nil {
		return err
	}
	known, err := w.knownOf(c, entries.Rows...)
	if err != nil {
		return err
	}
	data.Recent = entryRows(entries.Rows, known)
	return w.render(c, http.StatusOK, "overview", data)
}

// issuedEachDay are the days of the chart, those without tokens too.
func issuedEachDay(o server.Overview) []templates.IssuedDay {
	var days []templates.IssuedDay
	first := o.FirstDay.Unix() / secondsOfDay
	for n := range o.Days() {
		days = append(days, templates.IssuedDay{Day: o.FirstDay.AddDate(0, 0, n)})
	}
	for _, each := range o.Issued {
		n := each.Day - first
		switch {
		case n < 0 || n >= int64(len(days)):
		case each.Platform == models.Controller:
			days[n].Controller += each.Number
		default:
			days[n].Gateway += each.Number
		}
	}
	return days
}

const secondsOfDay = int64(24 * time.Hour / time.Second)

// failedSignIns names the accounts.
func (w *Console) failedSignIns(c *gin.Context, failed []models.FailedSignIn) ([]templates.FailedSignIn, error) {
	var ids []int64
	if len(failed) == 0 {
		return nil, nil
	}
	for _, each := range failed {
		ids = append(ids, each.UserID)
	}
	names, err := w.namesOf(c, models.ObjectUser, ids)
	if err != nil {
		return nil, err
	}
	var rows []templates.FailedSignIn
	for _, each := range failed {
		rows = append(rows, templates.FailedSignIn{Account: templates.Link{ID: each.UserID, Name: names[each.UserID]}, Unknown: each.UserID == 0,
			Network: each.Network, Failures: each.Failures, Last: each.Last})
	}
	return rows, nil
}
