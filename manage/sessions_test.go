package manage

import (
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestCase62Sessions is case 62, for each of the commands that end sessions.
func TestCase62Sessions(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		w.session(w.admin, time.Hour)
		w.session(w.alice, time.Hour)
		w.session(w.alice, -time.Hour)
		w.prints("", "clearsessions")
		w.expectSessions("clearsessions", 1, 1)
		w.session(w.alice, -time.Hour)
		if got := w.run("cleanup_sessions"); got != (result{Err: "Expired Sessions deleted 1\n"}) {
			t.Errorf("cleanup_sessions: %+v", got)
		}
		if got := w.run("cleanup_sessions", "-v", "0"); got != (result{}) {
			t.Errorf("cleanup_sessions -v 0: %+v", got)
		}
		w.expectSessions("cleanup_sessions", 1, 1)
		w.session(w.alice, time.Hour)
		w.fails("The user does not exist.", "expire_sessions", "--user", "nobody")
		w.fails("The user does not exist.", "expire_sessions", "--user", "")
		w.expectSessions("refused", 1, 2)
		w.prints("", "expire_sessions", "--user", "alice")
		w.expectSessions("of alice", 1, 0)
		if run := w.activity()[0]; run.Note != "ended 2 sessions of 1 users" {
			t.Errorf("the entry of the run: %+v", run)
		}
		entry := w.activity()[1]
		if entry.Origin != "command:expire_sessions" || entry.Operation != models.OperationSignOut || entry.ObjectName != "alice" || entry.Note != "ended 2 sessions" {
			t.Errorf("activity entry %+v", entry)
		}
		w.session(w.alice, time.Hour)
		w.prints("", "expire_sessions")
		w.expectSessions("of everybody", 0, 0)
		w.prints("", "expire_sessions")
	})
}

func (w *world) session(user *models.User, lifetime time.Duration) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		return tx.CreateSession(&models.Session{Digest: models.NewSecret(models.TokenLength).Digest(), UserID: user.ID, Created: tx.Now(),
			LastSeen: tx.Now(), Expires: tx.Now().Add(lifetime)})
	})
}

func (w *world) expectSessions(what string, admins, alices int) {
	w.t.Helper()
	for user, want := range map[*models.User]int{w.admin: admins, w.alice: alices} {
		got, err := w.db.Read(w.t.Context()).Sessions(user.ID)
		if err != nil || len(got) != want {
			w.t.Errorf("%s: %s has %d sessions (%v), want %d", what, user.Username, len(got), err, want)
		}
	}
}
