package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// TaskKind is one of the operations on many tokens or sessions at once.
type TaskKind string

// The tasks.
const (
	TaskRevokeTokens   TaskKind = "revoke-tokens"
	TaskClearTokens    TaskKind = "clear-tokens"
	TaskClearSessions  TaskKind = "clear-sessions"
	TaskExpireSessions TaskKind = "expire-sessions"
)

// Task says what is to be done. User, RefreshTokens and Platform are as in Revocation; expiring sessions has a User only.
type Task struct {
	Kind          TaskKind
	User          string
	RefreshTokens bool
	Platform      models.Platform
}

// Everybody reports whether the task stops people's work, and everybody's.
func (t Task) Everybody() bool {
	return t.User == "" && (t.Kind == TaskRevokeTokens || t.Kind == TaskExpireSessions)
}

// ErrTaskRunning says that this server has another task under way.
var ErrTaskRunning = errors.New("another task is under way")

// Running is a task that goes on by itself, whoever started it. Entry and Err are set when it is Done.
type Running struct {
	Task    Task
	By      string
	Started time.Time
	Entry   int64 // of the activity stream that tells the numbers; 0: there was nothing to do
	Err     error

	progress atomic.Int64
	done     chan struct{}
}

// Progress is how many tokens, codes and sessions the task has dealt with so far.
func (r *Running) Progress() int64 { return r.progress.Load() }

// Done is closed when the task has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

// Ended reports whether it has.
func (r *Running) Ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// tasks holds the one task of this server that runs, or that ran last. Its zero value is ready.
type tasks struct {
	mu      sync.Mutex
	last    *Running
	cancel  context.CancelFunc
	stopped bool
}

// StartTask begins a task, which goes on when ctx ends, until it is done or StopTasks (ADR 0023). One runs at a time: ErrTaskRunning. An
// unknown user is store.ErrNotFound.
func (s *Server) StartTask(ctx context.Context, actor Actor, task Task) (*Running, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return nil, err
	}
	if task.User != "" {
		if _, err := s.store.Read(ctx).UserByName(task.User); err != nil {
			return nil, err
		}
	}
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	if s.tasks.stopped || s.tasks.last != nil && !s.tasks.last.Ended() {
		return nil, ErrTaskRunning
	}
	running := &Running{Task: task, Started: s.Now(), done: make(chan struct{})}
	if actor.User != nil {
		running.By = actor.User.Username
	}
	work, cancel := context.WithCancel(WithProgress(context.WithoutCancel(ctx), running.progress.Store))
	s.tasks.last, s.tasks.cancel = running, cancel
	go func() {
		defer cancel()
		defer close(running.done)
		running.Entry, running.Err = s.run(work, actor, task)
		if running.Err != nil {
			s.log.ErrorContext(work, "a task has failed", "task", task.Kind, "error", running.Err)
		}
	}()
	return running, nil
}

func (s *Server) run(ctx context.Context, actor Actor, task Task) (entry int64, err error) {
	switch task.Kind {
	case TaskRevokeTokens:
		return s.revokeTokens(ctx, actor, Revocation{User: task.User, RefreshTokens: task.RefreshTokens, Platform: task.Platform})
	case TaskClearTokens:
		_, entry, err = s.clearTokens(ctx, actor)
	case TaskClearSessions:
		_, entry, err = s.clearSessions(ctx, actor)
	case TaskExpireSessions:
		return s.expireSessions(ctx, actor, task.User)
	default:
		err = errors.New("there is no task " + string(task.Kind))
	}
	return entry, err
}

// LastTask is the task that this server runs, or ran last; nil for none.
func (s *Server) LastTask() *Running {
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	return s.tasks.last
}

// StopTasks ends the task under way after its present batch, waits for that, and lets no other begin.
func (s *Server) StopTasks() {
	s.tasks.mu.Lock()
	last := s.tasks.last
	s.tasks.stopped = true
	if last != nil {
		s.tasks.cancel()
	}
	s.tasks.mu.Unlock()
	if last != nil {
		<-last.done
	}
}

// PreviewTask counts what the task would do now. An unknown user is store.ErrNotFound.
func (s *Server) PreviewTask(ctx context.Context, actor Actor, task Task) (store.Preview, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return store.Preview{}, err
	}
	read := s.store.Read(ctx)
	var userID int64
	if task.User != "" {
		user, err := read.UserByName(task.User)
		if err != nil {
			return store.Preview{}, err
		}
		userID = user.ID
	}
	switch task.Kind {
	case TaskRevokeTokens:
		return read.PreviewRevocation(userID, task.Platform, task.RefreshTokens)
	case TaskClearTokens:
		return read.PreviewClearing(after(s.Now(), -s.lifetimes.RefreshToken))
	case TaskClearSessions:
		return read.PreviewSessions(0, true)
	default:
		return read.PreviewSessions(userID, false)
	}
}

// TaskRuns lists the entries that tell the numbers of the last runs, also of those that commands made.
func (s *Server) TaskRuns(ctx context.Context, actor Actor, most int) ([]models.Activity, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return nil, err
	}
	page, err := s.Activity(ctx, actor, models.FaceConsole, store.Query{SkipCount: true, Limit: most, Order: []store.Order{{Field: "id", Descending: true}},
		Filters: []store.Filter{{Field: "object_type", Lookup: "in", Value: string(models.ObjectAccessToken) + "," + string(models.ObjectSession)},
			{Field: "object_id", Value: "0"}, {Field: "operation", Value: string(models.OperationDelete)}}})
	return page.Rows, err
}

// ImportRuns lists the imports that changed something, the latest first.
func (s *Server) ImportRuns(ctx context.Context, actor Actor, most int) ([]models.ImportRun, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return nil, err
	}
	return s.store.Read(ctx).ImportRuns(most)
}

// ImportRun loads one of them; store.ErrNotFound.
func (s *Server) ImportRun(ctx context.Context, actor Actor, id int64) (*models.ImportRun, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return nil, err
	}
	return s.store.Read(ctx).ImportRun(id)
}
