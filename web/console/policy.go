package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/templates"
)

// policyFields are the fields of the operation, as the form calls them: it asks for days.
var policyFields = map[string]string{"default_lifetime": "default_days", "longest_lifetime": "longest_days", "idle_lifetime": "idle_days"}

// showPolicy shows the token policy, and where the address names another, what that would do.
func (w *Console) showPolicy(c *gin.Context) error {
	query := c.Request.URL.Query()
	asked := query.Has("default_days") || query.Has("longest_days") || query.Has("idle_days")
	if asked {
		if err := w.server.Policy().SetTokenPolicy(actorOf(c).Actor); err != nil {
			return err
		}
	}
	return w.renderPolicy(c, http.StatusOK, query, asked, nil)
}

// renderPolicy shows the policy, and if asked the one that values describe, with what it would do.
func (w *Console) renderPolicy(c *gin.Context, status int, values url.Values, asked bool, problems templates.Errors) error {
	actor, ctx := actorOf(c), c.Request.Context()
	set, err := w.server.TokenPolicy(ctx, actor)
	if err != nil {
		return err
	}
	environment := w.server.Lifetimes().AccessToken
	data := templates.PolicyPage{Page: w.page(c, "policy"), Rows: policyRows(set, environment), Set: set != models.TokenPolicy{},
		Environment: models.LifetimeWords(environment), Errors: problems, MayChange: w.server.Policy().SetTokenPolicy(actor.Actor) == nil,
		Form: formOf(set)}
	if asked {
		data.Form = policyForm(values, data.Form)
		if err := w.review(c, &data, set); err != nil {
			return err
		}
	}
	if len(data.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return w.render(c, status, "policy", data)
}

// review fills in what the policy in the form would do; nothing of it, where it is not allowed.
func (w *Console) review(c *gin.Context, data *templates.PolicyPage, set models.TokenPolicy) error {
	wish := policyOf(data.Form)
	effects, err := w.server.PreviewTokenPolicy(c.Request.Context(), actorOf(c), wish)
	if wrong := refused(err, policyFields); wrong != nil {
		data.Errors = wrong
		return nil
	}
	if err != nil {
		return err
	}
	data.Asked = true
	environment := w.server.Lifetimes().AccessToken
	was, is := policyRows(set, environment), policyRows(wish, environment)
	for n := range was {
		if was[n] != is[n] {
			data.Changes = append(data.Changes, templates.PolicyChange{Name: is[n].Name, Old: was[n], New: is[n]})
		}
	}
	data.Stopping, data.Reviving, data.Beyond = personal(effects.Stopping), personal(effects.Reviving), personal(effects.Beyond)
	data.Idle, data.Longest = is[2].Value, is[1].Value
	return nil
}

func personal(amount store.Amount) templates.Amount {
	return templates.Amount{Number: amount.Number, More: amount.More, Noun: "personal token"}
}

// policyRows say what a policy makes hold, and why.
func policyRows(set models.TokenPolicy, environment int64) []templates.PolicyRow {
	holds := set.InForce(environment)
	row := func(name string, set, holds int64) templates.PolicyRow {
		row := templates.PolicyRow{Name: name, Value: models.LifetimeWords(holds), Here: set != 0}
		row.Bounded = holds != 0 && set != holds && (set != 0 || holds != environment)
		return row
	}
	return []templates.PolicyRow{row("Default lifetime", set.Default, holds.Default), row("Longest lifetime", set.Longest, holds.Longest),
		row("Idle lifetime", set.Idle, holds.Idle)}
}

// formOf is the form of the policy that is set.
func formOf(set models.TokenPolicy) templates.PolicyForm {
	days := func(seconds int64) string {
		if seconds == 0 {
			return ""
		}
		return strconv.FormatInt(seconds/models.Day, 10)
	}
	return templates.PolicyForm{Default: days(set.Default), Longest: days(set.Longest), Idle: days(set.Idle)}
}

// policyForm is what was typed. What was not asked about stays as it is.
func policyForm(values url.Values, form templates.PolicyForm) templates.PolicyForm {
	for name, field := range map[string]*string{"default_days": &form.Default, "longest_days": &form.Longest, "idle_days": &form.Idle} {
		if values.Has(name) {
			*field = strings.TrimSpace(values.Get(name))
		}
	}
	return form
}

// policyOf reads what was typed. An empty field sets nothing; what is no number of days is no lifetime that the operation takes.
func policyOf(form templates.PolicyForm) models.TokenPolicy {
	lifetime := func(text string) int64 {
		days, err := strconv.ParseInt(text, 10, 32)
		switch {
		case text == "":
			return 0
		case err != nil || days < 1:
			return -1
		}
		return days * models.Day
	}
	return models.TokenPolicy{Default: lifetime(form.Default), Longest: lifetime(form.Longest), Idle: lifetime(form.Idle)}
}

// changePolicy sets what was looked at before. It asks for the actor's own password, and for a tick where tokens stop working.
func (w *Console) changePolicy(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	if err := w.server.Policy().SetTokenPolicy(actor.Actor); err != nil {
		return err
	}
	again := func(problems templates.Errors) error {
		return w.renderPolicy(c, http.StatusUnprocessableEntity, c.Request.PostForm, true, problems)
	}
	set, err := w.server.TokenPolicy(ctx, actor)
	if err != nil {
		return err
	}
	policy := policyOf(policyForm(c.Request.PostForm, formOf(set)))
	effects, err := w.server.PreviewTokenPolicy(ctx, actor, policy)
	var invalid models.Invalid
	switch {
	case errors.As(err, &invalid):
		return again(nil)
	case err != nil:
		return err
	case (effects.Stopping.Number > 0 || effects.Stopping.More) && field(c, "confirm") != "yes":
		return again(templates.Errors{{Field: "confirm", Message: "Tick the box to confirm."}})
	}
	problems, err := w.confirmOneself(ctx, actor, "your_password", field(c, "your_password"))
	if err != nil {
		return err
	}
	if problems != nil {
		return again(problems)
	}
	if err := w.server.SetTokenPolicy(ctx, actor, policy); err != nil {
		return err
	}
	return w.done(c, "/policy", "policy-saved")
}
