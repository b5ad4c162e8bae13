package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/templates"
)

const (
	taskWait   = 3 * time.Second // how long a form waits for its task, which goes on beyond that (ADR 0023)
	lastRuns   = 10
	mostImport = 50
)

// taskWords are what the pages call a task.
type taskWords struct {
	title, text, verb, button string
	danger                    bool
}

var words = map[server.TaskKind]taskWords{
	server.TaskRevokeTokens: {"Revoke tokens", "Ends access tokens at once, expired ones included: of everybody or of one user, with or without their refresh tokens.",
		"revoke", "Revoke tokens", true},
	server.TaskClearTokens: {"Clear expired tokens", "Deletes tokens and codes that have expired and cannot be used again. The server does it once a day by itself.",
		"clear", "Clear expired tokens", false},
	server.TaskClearSessions: {"Clear expired sessions", "Deletes sessions that have expired. Nobody is signed out by it.",
		"clear", "Clear expired sessions", false},
	server.TaskExpireSessions: {"Sign people out", "Ends sessions at once: of everybody or of one user. Tokens stay as they are.",
		"end", "Sign out", true},
}

func taskAddress(kind server.TaskKind) string { return "/maintenance/" + string(kind) }

// maintenancePages are the page of each task, and its form.
func (w *Console) maintenancePages() []page {
	pages := []page{{method: http.MethodGet, path: "/maintenance", handler: w.showMaintenance},
		{method: http.MethodGet, path: "/maintenance/imports/:id", handler: w.showImport}}
	for _, kind := range []server.TaskKind{server.TaskRevokeTokens, server.TaskClearTokens, server.TaskClearSessions, server.TaskExpireSessions} {
		pages = append(pages,
			page{method: http.MethodGet, path: taskAddress(kind), handler: func(c *gin.Context) error { return w.showTask(c, kind) }},
			page{method: http.MethodPost, path: taskAddress(kind), handler: func(c *gin.Context) error { return w.doTask(c, kind) }})
	}
	return pages
}

func (w *Console) showMaintenance(c *gin.Context) error {
	actor, ctx := actorOf(c), c.Request.Context()
	var cards []templates.TaskCard
	for _, task := range []server.Task{{Kind: server.TaskRevokeTokens, RefreshTokens: true}, {Kind: server.TaskClearTokens}, {Kind: server.TaskClearSessions},
		{Kind: server.TaskExpireSessions}} {
		preview, err := w.server.PreviewTask(ctx, actor, task)
		if err != nil {
			return err
		}
		words := words[task.Kind]
		cards = append(cards, templates.TaskCard{Title: words.title, Text: words.text, Amounts: amounts(task, preview), Address: taskAddress(task.Kind), Danger: words.danger})
	}
	running := underWay(w.server.LastTask()) // before the runs: one that ends in between stands among these
	runs, err := w.server.TaskRuns(ctx, actor, lastRuns)
	if err != nil {
		return err
	}
	imports, err := w.server.ImportRuns(ctx, actor, mostImport)
	if err != nil {
		return err
	}
	known, err := w.knownOf(c, runs...)
	if err != nil {
		return err
	}
	data := templates.MaintenancePage{Page: w.page(c, "maintenance"), Cards: cards, Runs: entryRows(runs, known), Task: running,
		Result: w.resultOf(c)}
	const policy = "Content-Security-Policy"
	c.Header(policy, c.Writer.Header().Get(policy)+"; connect-src 'self'") // to see how far a task is
	for n := range imports {
		data.Imports = append(data.Imports, importSummary(&imports[n]))
	}
	return w.render(c, http.StatusOK, "maintenance", data)
}

// underWay is what there is to say of the last task of this server: nothing, once it was successful.
func underWay(last *server.Running) templates.RunningTask {
	if last == nil || last.Ended() && last.Err == nil {
		return templates.RunningTask{}
	}
	return templates.RunningTask{Title: words[last.Task.Kind].title, By: last.By, Started: last.Started, Progress: last.Progress(), Failed: last.Ended()}
}

// resultOf is what the entry says that the address names as the result of a task.
func (w *Console) resultOf(c *gin.Context) string {
	id, err := strconv.ParseInt(c.Query("done"), 10, 64)
	if err != nil {
		return ""
	}
	entry, err := w.server.ActivityEntry(c.Request.Context(), actorOf(c), face, id)
	if err != nil || entry.ObjectID != 0 {
		return ""
	}
	return entry.Note
}

// amounts are the numbers of a preview that concern the task.
func amounts(task server.Task, p store.Preview) []templates.Amount {
	amount := func(of store.Amount, noun string) templates.Amount {
		return templates.Amount{Number: of.Number, More: of.More, Noun: noun}
	}
	access, refresh := amount(p.AccessTokens, "access token"), amount(p.RefreshTokens, "refresh token")
	switch {
	case task.Kind == server.TaskRevokeTokens && task.RefreshTokens:
		return []templates.Amount{access, refresh}
	case task.Kind == server.TaskRevokeTokens:
		return []templates.Amount{access}
	case task.Kind == server.TaskClearTokens:
		all := []templates.Amount{access, refresh, amount(p.AuthorizationCodes, "authorization code")}
		if p.DeviceCodes.Number > 0 {
			all = append(all, amount(p.DeviceCodes, "device code"))
		}
		return all
	default:
		return []templates.Amount{amount(p.Sessions, "session")}
	}
}

// taskOf reads what a task is about, from its address or from its form.
func taskOf(kind server.TaskKind, values url.Values) server.Task {
	task := server.Task{Kind: kind}
	if kind == server.TaskRevokeTokens || kind == server.TaskExpireSessions {
		task.User = values.Get("user")
	}
	if kind == server.TaskRevokeTokens {
		task.RefreshTokens, task.Platform = values.Get("refresh") != "", models.Platform(values.Get("platform"))
	}
	return task
}

func (w *Console) showTask(c *gin.Context, kind server.TaskKind) error {
	return w.renderTask(c, http.StatusOK, taskOf(kind, c.Request.URL.Query()), nil)
}

// renderTask shows what the task would do now, and asks. What the address says wrongly is a problem beside its field, and nothing is asked.
func (w *Console) renderTask(c *gin.Context, status int, task server.Task, problems templates.Errors) error {
	words := words[task.Kind]
	data := templates.TaskPage{Title: words.title, Text: words.text, Action: taskAddress(task.Kind), User: task.User, Platform: string(task.Platform),
		Refresh: task.RefreshTokens, Button: words.button, Danger: words.danger, AskPassword: task.Everybody(), Errors: problems,
		OfTokens: task.Kind == server.TaskRevokeTokens, OfUser: task.Kind == server.TaskRevokeTokens || task.Kind == server.TaskExpireSessions}
	preview, err := w.server.PreviewTask(c.Request.Context(), actorOf(c), task)
	switch wrong := misnamed(task, err); {
	case wrong != nil:
		status, data.Errors, data.Platform = http.StatusUnprocessableEntity, wrong, ""
	case err != nil:
		return err
	default:
		fillPreview(&data, task, preview)
	}
	data.Page = w.page(c, "maintenance")
	return w.render(c, status, "task", data)
}

// fillPreview says what the task would do now, and what somebody signs.
func fillPreview(data *templates.TaskPage, task server.Task, preview store.Preview) {
	data.Amounts, data.Consequences, data.Nothing = amounts(task, preview), consequences(task), true
	data.Confirm = confirmation(task, data.Amounts)
	for _, each := range data.Amounts {
		data.Nothing = data.Nothing && each.Number == 0 && !each.More
	}
}

// confirmation is what somebody signs: what is done to how many, and whose.
func confirmation(task server.Task, amounts []templates.Amount) string {
	var numbers []string
	for _, each := range amounts {
		if each.Number > 0 || each.More {
			numbers = append(numbers, each.Words())
		}
	}
	text := "Yes, I confirm that I want to " + words[task.Kind].verb + " " + strings.Join(numbers, " and ")
	switch {
	case task.Everybody():
		text += " of everybody"
	case task.User != "":
		text += " of " + task.User
	}
	if task.Platform != "" {
		text += ", " + task.Platform.Label() + " only"
	}
	return text + "."
}

// misnamed says what is wrong with a task's user or platform.
func misnamed(task server.Task, err error) templates.Errors {
	var denied *models.Denied
	switch {
	case errors.As(err, &denied):
		return nil
	case task.User != "" && errors.Is(err, store.ErrNotFound):
		return templates.Errors{{Field: "user", Message: "There is no user of this name."}}
	case task.Platform != "" && !task.Platform.Valid():
		return templates.Errors{{Field: "platform", Message: "There is no such platform."}}
	default:
		return nil
	}
}

func consequences(task server.Task) []string {
	switch task.Kind {
	case server.TaskRevokeTokens:
		stop := "Every program that uses one of these tokens is refused from then on, and needs a new one."
		if task.RefreshTokens {
			return []string{stop, "Applications cannot get other tokens: people have to authorize them again.", "Codes that nobody has redeemed yet end too."}
		}
		return []string{stop, "Applications that hold a refresh token can get another access token with it."}
	case server.TaskExpireSessions:
		if task.User == "" {
			return []string{"Everybody has to sign in again, you too.", "Forms that people are filling in are lost. Tokens go on working."}
		}
		return []string{task.User + " has to sign in again. Tokens go on working."}
	case server.TaskClearTokens:
		return []string{"Nothing that still works is touched.", "The expired tokens are no longer in the lists. The activity stream keeps what happened to them."}
	default:
		return []string{"Nobody is signed out by it."}
	}
}

// doTask starts what was confirmed, waits for it for a while, and leads to what it did.
func (w *Console) doTask(c *gin.Context, kind server.TaskKind) error {
	actor, ctx, task := actorOf(c), c.Request.Context(), taskOf(kind, c.Request.PostForm)
	if err := w.server.Policy().Maintain(actor.Actor); err != nil {
		return err
	}
	if field(c, "confirm") != "yes" {
		return w.renderTask(c, http.StatusUnprocessableEntity, task, templates.Errors{{Field: "confirm", Message: "Tick the box to confirm."}})
	}
	if task.Platform != "" && !task.Platform.Valid() {
		return w.renderTask(c, http.StatusUnprocessableEntity, task, nil)
	}
	if task.Everybody() {
		problems, err := w.confirmOneself(ctx, actor, "your_password", field(c, "your_password"))
		if err != nil {
			return err
		}
		if problems != nil {
			return w.renderTask(c, http.StatusUnprocessableEntity, task, problems)
		}
	}
	running, err := w.server.StartTask(ctx, actor, task)
	switch {
	case errors.Is(err, server.ErrTaskRunning):
		return w.done(c, "/maintenance", "task-refused")
	case errors.Is(err, store.ErrNotFound):
		return w.renderTask(c, http.StatusUnprocessableEntity, task, nil)
	case err != nil:
		return err
	}
	return w.waitFor(c, running)
}

func (w *Console) waitFor(c *gin.Context, running *server.Running) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), taskWait)
	defer cancel()
	select {
	case <-ctx.Done():
		return w.done(c, "/maintenance", "task-goes-on")
	case <-running.Done():
	}
	switch {
	case running.Err != nil:
		return w.done(c, "/maintenance", "task-failed")
	case running.Entry == 0:
		return w.done(c, "/maintenance", "task-nothing")
	}
	c.Redirect(http.StatusSeeOther, "/maintenance?done="+strconv.FormatInt(running.Entry, 10))
	return nil
}
