package manage

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

const somePassword = "correct horse battery"

// signsIn reports whether username and password are good.
func (w *world) signsIn(username, password string) bool {
	w.t.Helper()
	_, err := w.server().Authenticate(w.t.Context(), username, password)
	if err != nil && !errors.Is(err, server.ErrWrongCredentials) {
		w.t.Fatal(err)
	}
	return err == nil
}

// TestCreateSuperuser makes one on an empty database, as newcomers do, and shows what is refused.
func TestCreateSuperuser(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := &world{machine: newMachine(t, address)}
		noName := "no username: give --username, or run this in a terminal without --noinput"
		noPassword := "no password: set GATEHOUSE_SUPERUSER_PASSWORD, or run this in a terminal without --noinput"
		w.fails(noName, "createsuperuser")
		w.fails(noName, "createsuperuser", "--noinput", "--email", "root@example.org")
		w.fails(noPassword, "createsuperuser", "--no-input", "--username", "root")
		w.env = append(w.env, "GATEHOUSE_SUPERUSER_PASSWORD="+somePassword)
		create := []string{"createsuperuser", "--noinput", "--username", "root", "--email", "root@example.org"}
		w.prints("Superuser created successfully.\n", create...)
		w.db = w.open()
		root, err := w.db.Read(t.Context()).UserByName("root")
		if err != nil || !root.IsSuperuser || !root.IsActive || root.Email != "root@example.org" || !w.signsIn("root", somePassword) {
			t.Errorf("made %+v (%v)", root, err)
		}
		entry := w.activity()[0]
		if entry.Operation != models.OperationCreate || entry.Origin != "command:createsuperuser" || entry.ObjectName != "root" || entry.ActorID != nil {
			t.Errorf("activity entry %+v", entry)
		}
		w.fails("username: A user with that username already exists.", create...)
		w.prints("", "createsuperuser", "--username=second", "-v", "0") // no terminal, nothing to ask
		w.env = append(w.env, "GATEHOUSE_SUPERUSER_PASSWORD=short")
		w.fails("password: This password is too short. It must contain at least 8 characters: 3 are missing.", "createsuperuser", "--username", "third")
		got := w.run("createsuperuser", "--username", "a b", "--email", "nonsense")
		if got.Code != 1 || !strings.Contains(got.Err, "username: ") || !strings.Contains(got.Err, "; email: ") || strings.Count(got.Err, "\n") != 1 {
			t.Errorf("several mistakes: %+v", got)
		}
		if users := w.users(); users != 2 {
			t.Errorf("%d users, want 2", users)
		}
	})
}

// TestChangePassword changes it from standard input, which is no terminal here, beside a running server.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		w.serve()
		w.session(w.alice, time.Hour)
		w.session(w.admin, time.Hour)
		done := result{Out: "Password changed successfully for user 'alice'\n"}
		for _, typed := range []string{"first password\n", "second password", "third password\r\n", "fourth password\nfourth password\n", " fifth password \n\n"} {
			password, _, _ := strings.Cut(strings.TrimRight(typed, "\r\n"), "\n")
			if got := w.call(typed, "gatehouse", "changepassword", "alice"); got != done || !w.signsIn("alice", password) {
				t.Errorf("%q: %+v", typed, got)
			}
		}
		w.expectSessions("after the change", 1, 0)
		refused := []struct{ typed, want string }{
			{"", "no password on standard input"},
			{"\n", "no password on standard input"},
			{"one password\nanother password\n", "the two lines on standard input are not the same password"},
			{"short\n", "password: This password is too short. It must contain at least 8 characters: 3 are missing."},
			{strings.Repeat("x", 1025) + "\n", "password: This password is too long: at most 1024 bytes are allowed."},
		}
		for _, test := range refused {
			got := w.call(test.typed, "gatehouse", "changepassword", "alice")
			if want := (result{Err: "CommandError: " + test.want + "\n", Code: 1}); got != want || !w.signsIn("alice", " fifth password ") {
				t.Errorf("%.40q: %+v, want %+v", test.typed, got, want)
			}
		}
		w.fails("user 'nobody' does not exist", "changepassword", "nobody")
		entry := w.activity()[0]
		if entry.Origin != "command:changepassword" || entry.Note != "password changed" || entry.ObjectName != "alice" {
			t.Errorf("activity entry %+v", entry)
		}
	})
}

func (w *world) users() int {
	w.t.Helper()
	page, err := w.db.Read(w.t.Context()).Users(store.Query{}, models.Visibility{All: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(page.Rows)
}
