package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

// deed is what is done, after a page that asks, to one thing from its own page or to several that were ticked in a list; to each in a
// transaction of its own.
type deed struct {
	list    string // of the address: /LIST/ID/VERB and /LIST/VERB
	verb    string
	title   string // "Delete"
	noun    string // "token"
	past    string // "Deleted"
	undo    string // how it is undone; "" where that cannot be
	back    string // where the page of one thing leads afterwards: its list, or itself for ""
	flash   string // the message afterwards
	flashes string // likewise, after several things
	stops   []string
	mild    bool                                                     // nothing stops working
	alone   bool                                                     // to one thing only
	several bool                                                     // to several only
	weigh   func(c *gin.Context, id int64) (templates.Chosen, error) // what it is called and what ends with it, or why it may not be done
	do      func(c *gin.Context, id int64) error
}

func (d deed) titleFor(several bool) string {
	if several {
		return d.title + " " + d.noun + "s"
	}
	return d.title + " " + d.noun
}

// deedPages are the pages that ask, and the forms on them.
func (w *Console) deedPages() []page {
	var pages []page
	for _, d := range w.deeds() {
		one := "/" + d.list + "/:id/" + d.verb
		if !d.several {
			pages = append(pages,
				page{method: http.MethodGet, path: one, handler: func(c *gin.Context) error { return w.askOne(c, d) }},
				page{method: http.MethodPost, path: one, handler: func(c *gin.Context) error { return w.doOne(c, d) }})
		}
		if !d.alone {
			pages = append(pages, page{method: http.MethodPost, path: "/" + d.list + "/" + d.verb, handler: func(c *gin.Context) error { return w.doSeveral(c, d) }})
		}
	}
	return pages
}

func (w *Console) askOne(c *gin.Context, d deed) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	chosen, err := d.weigh(c, id)
	if err != nil {
		return err
	}
	page := at("/"+d.list, id)
	data := templates.ConfirmPage{Page: w.page(c, d.list), Verb: d.titleFor(false), Undo: d.undo, Danger: !d.mild, Consequences: slices.Concat(chosen.Notes, d.stops),
		Action: page + "/" + d.verb, Cancel: page, Rows: []templates.Chosen{{Name: chosen.Name}}}
	if d.list == "authorized" {
		data.Cancel = "/authorized"
	}
	return w.render(c, http.StatusOK, "confirm", data)
}

func (w *Console) doOne(c *gin.Context, d deed) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if err := d.do(c, id); err != nil {
		return err
	}
	if d.back == "" {
		return w.done(c, at("/"+d.list, id), d.flash)
	}
	return w.done(c, d.back, d.flash)
}

// doSeveral asks about what was ticked, and does it where the box says so. What somebody else did meanwhile is as it should be; where
// something is refused or fails, a page tells what became of each.
func (w *Console) doSeveral(c *gin.Context, d deed) error {
	ids, err := w.selected(c)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return w.done(c, listAgain(c, d), "nothing-selected")
	}
	if field(c, "confirm") != "yes" {
		return w.askSeveral(c, d, ids)
	}
	status, outcomes := w.doEach(c, d, ids)
	if status == 0 {
		return w.done(c, listAgain(c, d), d.flashes)
	}
	return w.renderOutcomes(c, d, status, outcomes)
}

// listAgain is the list as it was when something was ticked in it.
func listAgain(c *gin.Context, d deed) string {
	query, err := url.ParseQuery(field(c, "query"))
	if err != nil || len(query) == 0 {
		return "/" + d.list
	}
	return "/" + d.list + "?" + query.Encode()
}

// selected are the ids of the ticked rows, each once.
func (w *Console) selected(c *gin.Context) ([]int64, error) {
	var ids []int64
	for _, text := range c.Request.PostForm["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errUnreadable
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		if int64(len(ids)) > w.mostRows {
			return nil, errUnreadable
		}
	}
	return ids, nil
}

func (w *Console) askSeveral(c *gin.Context, d deed, ids []int64) error {
	data := templates.ConfirmPage{Verb: d.titleFor(true), Undo: d.undo, Danger: !d.mild, Consequences: d.stops, Action: "/" + d.list + "/" + d.verb,
		Cancel: listAgain(c, d), Hidden: []templates.Hidden{{Name: "asked", Value: "yes"}, {Name: "query", Value: field(c, "query")}}}
	status := http.StatusOK
	if field(c, "asked") != "" {
		status, data.Errors = http.StatusUnprocessableEntity, templates.Errors{{Field: "confirm", Message: "Tick the box to confirm."}}
	}
	for _, id := range ids {
		chosen, err := d.weigh(c, id)
		outcome, ours := d.outcome(id, chosen, err)
		switch {
		case !ours:
			return err
		case err != nil:
			data.Left = append(data.Left, outcome)
		default:
			data.Rows = append(data.Rows, chosen)
			data.Hidden = append(data.Hidden, templates.Hidden{Name: "id", Value: strconv.FormatInt(id, 10)})
		}
	}
	data.Confirm = fmt.Sprintf("Yes, I confirm that I want to %s these %d %ss.", strings.ToLower(d.title), len(data.Rows), d.noun)
	switch len(data.Rows) {
	case 0:
		return w.renderOutcomes(c, d, statusOf(data.Left), data.Left)
	case 1:
		data.Verb, data.Confirm = d.titleFor(false), fmt.Sprintf("Yes, I confirm that I want to %s this %s.", strings.ToLower(d.title), d.noun)
	}
	data.Page = w.page(c, d.list)
	return w.render(c, status, "confirm", data)
}

// doEach does it to one after the other, and tells what became of each. The status is 0 where nothing was refused and nothing failed. What
// the server cannot do it does not try further: the rest is left.
func (w *Console) doEach(c *gin.Context, d deed, ids []int64) (int, []templates.Outcome) {
	var outcomes []templates.Outcome
	for n, id := range ids {
		chosen, err := d.weigh(c, id)
		if err == nil {
			err = d.do(c, id)
		}
		outcome, ours := d.outcome(id, chosen, err)
		outcomes = append(outcomes, outcome)
		if ours {
			continue
		}
		for _, id := range ids[n+1:] {
			outcomes = append(outcomes, templates.Outcome{Name: d.unnamed(id), Result: templates.OutcomeUntried})
		}
		p := problemOf(err)
		w.log.ErrorContext(c.Request.Context(), "page failed", "request_id", c.Writer.Header().Get("X-Request-ID"), "path", c.Request.URL.Path, "error", err)
		return p.status, outcomes
	}
	for _, outcome := range outcomes {
		if outcome.Result == templates.OutcomeRefused {
			return statusOf(outcomes), outcomes
		}
	}
	return 0, outcomes
}

// outcome says what became of one. ours is false for what is the server's failure, not an answer about this thing.
func (d deed) outcome(id int64, chosen templates.Chosen, err error) (outcome templates.Outcome, ours bool) {
	outcome = templates.Outcome{Name: or(chosen.Name, d.unnamed(id)), Result: templates.OutcomeDone, Words: d.past}
	var denied *models.Denied
	var invalid models.Invalid
	switch {
	case err == nil:
		return outcome, true
	case errors.Is(err, store.ErrNotFound), errors.As(err, &denied) && denied.Outcome == models.Hidden:
		outcome.Result, outcome.Words = templates.OutcomeGone, "Already gone"
		return outcome, true
	case errors.As(err, &denied):
		outcome.Result, outcome.Words, outcome.Reason = templates.OutcomeRefused, "Refused", or(denied.Message, problems[http.StatusForbidden].message)
		return outcome, true
	case errors.As(err, &invalid):
		outcome.Result, outcome.Words, outcome.Reason = templates.OutcomeRefused, "Refused", messages(invalid)
		return outcome, true
	}
	outcome.Result, outcome.Words, outcome.Reason = templates.OutcomeFailed, "Failed", problems[problemOf(err).status].message
	return outcome, false
}

// unnamed is what a thing is called whose name is not known, or not for the person.
func (d deed) unnamed(id int64) string { return fmt.Sprintf("%s %d", capital(d.noun), id) }

// statusOf is that of a page that tells outcomes: 403 where all that was asked for was refused.
func statusOf(outcomes []templates.Outcome) int {
	status := http.StatusOK
	for _, outcome := range outcomes {
		switch outcome.Result {
		case templates.OutcomeDone:
			return http.StatusOK
		case templates.OutcomeRefused:
			status = http.StatusForbidden
		}
	}
	return status
}

func (w *Console) renderOutcomes(c *gin.Context, d deed, status int, outcomes []templates.Outcome) error {
	return w.render(c, status, "outcomes", templates.OutcomesPage{Page: w.page(c, d.list), Title: d.titleFor(true), Past: strings.ToLower(d.past),
		Rows: outcomes, Back: listAgain(c, d)})
}
