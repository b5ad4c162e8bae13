package server_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// finished starts a task and waits for its end.
func (b *bed) finished(t testing.TB, task server.Task) *server.Running {
	t.Helper()
	running, err := b.StartTask(t.Context(), as(b.admin), task)
	check(t, err)
	<-running.Done()
	check(t, running.Err)
	return running
}

// note is what the entry of a run says.
func (b *bed) note(t testing.TB, id int64) string {
	t.Helper()
	entry, err := b.db.Read(t.Context()).ActivityEntry(id)
	check(t, err)
	return entry.Note
}

// TestTasks: each does what its preview tells, and leads to the entry with the numbers; without work to none.
func TestTasks(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		now := b.db.Now()
		b.perishable(t, 7, 3, now.Add(-3000*60*60*1e9), now.Add(-2000*60*60*1e9))
		b.perishable(t, 5, 2, now, now.Add(60*60*1e9))
		for _, name := range []string{"alice", "alice", "om"} {
			_, _, err := b.SignIn(t.Context(), browser, name, testPassword, "")
			check(t, err)
		}
		for _, step := range []struct {
			task server.Task
			want store.Preview
			note string
		}{
			{server.Task{Kind: server.TaskClearTokens}, store.Preview{AccessTokens: store.Amount{Number: 7}, RefreshTokens: store.Amount{Number: 3}, AuthorizationCodes: store.Amount{Number: 7}},
				"cleared 7 access tokens, 3 refresh tokens, 7 authorization codes, 0 sessions"},
			{server.Task{Kind: server.TaskClearSessions}, store.Preview{}, ""},
			{server.Task{Kind: server.TaskExpireSessions, User: "alice"}, store.Preview{Sessions: store.Amount{Number: 2}}, "ended 2 sessions of 1 users"},
			{server.Task{Kind: server.TaskExpireSessions}, store.Preview{Sessions: store.Amount{Number: 1}}, "ended 1 sessions of 1 users"},
			{server.Task{Kind: server.TaskRevokeTokens, User: "om"}, store.Preview{}, ""},
			{server.Task{Kind: server.TaskRevokeTokens, User: "alice", Platform: models.Gateway}, store.Preview{AccessTokens: store.Amount{Number: 5}}, "revoked 5 access tokens, 0 refresh tokens of alice, gateway only"},
			{server.Task{Kind: server.TaskRevokeTokens, RefreshTokens: true}, store.Preview{RefreshTokens: store.Amount{Number: 2}}, "revoked 0 access tokens, 2 refresh tokens"},
		} {
			preview, err := b.PreviewTask(t.Context(), as(b.admin), step.task)
			check(t, err)
			if preview != step.want {
				t.Errorf("%+v: the preview is %+v, want %+v", step.task, preview, step.want)
			}
			running := b.finished(t, step.task)
			if step.note == "" && running.Entry != 0 || step.note != "" && b.note(t, running.Entry) != step.note {
				t.Errorf("%+v: entry %d, want %q", step.task, running.Entry, step.note)
			}
		}
		runs, err := b.TaskRuns(t.Context(), as(b.admin), 10)
		check(t, err)
		if len(runs) != 5 || runs[0].Note != "revoked 0 access tokens, 2 refresh tokens" || runs[0].ActorName != "admin" {
			t.Errorf("the last runs are %+v", runs)
		}
	})
}

// TestTasksRefused: to everybody but superusers, for users that there are not, and one at a time; nothing is done.
func TestTasksRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		task := server.Task{Kind: server.TaskExpireSessions}
		for _, actor := range []server.Actor{as(b.alice), as(b.auditor), as(b.orgAdmin), {}} {
			for _, ask := range []func() error{
				func() error { _, err := b.StartTask(t.Context(), actor, task); return err },
				func() error { _, err := b.PreviewTask(t.Context(), actor, task); return err },
				func() error { _, err := b.TaskRuns(t.Context(), actor, 1); return err },
				func() error { _, err := b.ImportRuns(t.Context(), actor, 1); return err },
				func() error { _, err := b.ImportRun(t.Context(), actor, 1); return err },
			} {
				b.refuses(t, "forbidden", "", ask)
			}
		}
		for _, kind := range []server.TaskKind{server.TaskRevokeTokens, server.TaskExpireSessions} {
			nobody := server.Task{Kind: kind, User: "nobody"}
			b.refuses(t, "not found", "", func() error { _, err := b.StartTask(t.Context(), as(b.admin), nobody); return err })
			b.refuses(t, "not found", "", func() error { _, err := b.PreviewTask(t.Context(), as(b.admin), nobody); return err })
		}
		b.refuses(t, "not found", "", func() error { _, err := b.ImportRun(t.Context(), as(b.admin), 1); return err })
		if b.LastTask() != nil {
			t.Error("a task was started")
		}
	})
}

// TestTaskGoesOn: it does not end with the request that started it; another does not begin meanwhile, and none after the server is told to
// stop, which waits for it.
func TestTaskGoesOn(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.issued(t, b.alice, models.FaceGateway, nil)
		release := make(chan struct{})
		held := make(chan struct{})
		go func() { // has the turn for a while
			_ = b.db.WriteInTurn(context.WithoutCancel(t.Context()), func(*store.Tx) error {
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		request, leave := context.WithCancel(t.Context())
		task := server.Task{Kind: server.TaskRevokeTokens, User: "alice"}
		running, err := b.StartTask(request, as(b.admin), task)
		check(t, err)
		leave()
		if _, err := b.StartTask(t.Context(), as(b.admin), task); !errors.Is(err, server.ErrTaskRunning) {
			t.Errorf("another task: %v", err)
		}
		if last := b.LastTask(); last != running || last.Ended() || last.By != "admin" {
			t.Errorf("the task under way is %+v", last)
		}
		close(release)
		<-running.Done()
		if running.Err != nil || b.note(t, running.Entry) != "revoked 1 access tokens, 0 refresh tokens of alice" {
			t.Errorf("entry %d, %v", running.Entry, running.Err)
		}
		b.StopTasks()
		if _, err := b.StartTask(t.Context(), as(b.admin), task); !errors.Is(err, server.ErrTaskRunning) {
			t.Errorf("a task after the end: %v", err)
		}
	})
}

// TestTaskStopped: what was revoked by then is told, the rest is left; it can be started again.
func TestTaskStopped(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		now := b.db.Now()
		b.perishable(t, 1100, 0, now, now.Add(60*60*1e9))
		ctx, cancel := context.WithCancel(t.Context())
		err := b.RevokeTokens(ctx, as(b.admin), server.Revocation{User: "alice", Report: func([]models.RefreshToken, []models.AccessToken) error { cancel(); return nil }})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped: %v", err)
		}
		runs, err := b.TaskRuns(t.Context(), as(b.admin), 1)
		check(t, err)
		first := firstBatch(b)
		if len(runs) != 1 || runs[0].Note != fmt.Sprintf("revoked %d access tokens, 0 refresh tokens of alice (stopped before the end)", first) {
			t.Errorf("told: %+v", runs)
		}
		b.counted(t, map[string]int{"access_tokens": 1100 - first})
		again := b.finished(t, server.Task{Kind: server.TaskRevokeTokens, User: "alice"})
		if b.note(t, again.Entry) != fmt.Sprintf("revoked %d access tokens, 0 refresh tokens of alice", 1100-first) {
			t.Errorf("again: %+v", again)
		}
		b.perishable(t, 1100, 0, now, now.Add(60*60*1e9))
		running, err := b.StartTask(t.Context(), as(b.admin), server.Task{Kind: server.TaskRevokeTokens})
		check(t, err)
		b.StopTasks()
		if left := b.count(t, "access_tokens"); !running.Ended() || left == 1100 && running.Entry != 0 || left > 0 && left < 1100 && !errors.Is(running.Err, context.Canceled) {
			t.Errorf("the server has stopped, with %d tokens left and the task %+v", left, running)
		}
	})
}
