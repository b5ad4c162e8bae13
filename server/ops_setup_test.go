package server_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// faces are the doors at which the operations are asked.
var faces = []models.Face{models.FaceGateway, models.FaceController, models.FaceConsole}

// outcome names the answer of an operation in a word or two, for tables.
func outcome(err error) string {
	var denied *models.Denied
	var invalid models.Invalid
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &denied):
		return string(denied.Outcome)
	case errors.As(err, &invalid):
		var fields []string
		for _, each := range invalid {
			fields = append(fields, each.Field)
		}
		return "invalid " + strings.Join(slices.Compact(fields), ",")
	case errors.Is(err, store.ErrNotFound):
		return "not found"
	case errors.Is(err, server.ErrWrongCredentials):
		return "wrong credentials"
	case errors.Is(err, server.ErrInvalidToken):
		return "invalid token"
	}
	return "error " + err.Error()
}

// refuses checks that an operation is refused as want says, in these words, and that no row of any table changes.
func (b *bed) refuses(t testing.TB, want, words string, operation func() error) {
	t.Helper()
	b.unchanged(t, func() {
		t.Helper()
		err := operation()
		if got := outcome(err); got != want {
			t.Errorf("outcome %q, want %q", got, want)
		}
		if err != nil && !strings.Contains(err.Error(), words) {
			t.Errorf("the refusal says %q, want %q in it", err, words)
		}
	})
}

// recorded runs a step and gives the activity entries that it writes, oldest first.
func (b *bed) recorded(t testing.TB, step func()) []models.Activity {
	t.Helper()
	before, err := b.db.Read(t.Context()).Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
	check(t, err)
	step()
	after, err := b.db.Read(t.Context()).Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
	check(t, err)
	written := after.Rows[:len(after.Rows)-len(before.Rows)]
	slices.Reverse(written)
	return written
}

// records checks the activity entries that a step writes, each as told by line, oldest first.
func (b *bed) records(t testing.TB, step func(), want ...string) {
	t.Helper()
	got := []string{}
	for _, entry := range b.recorded(t, step) {
		got = append(got, line(entry))
	}
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("activity (-want +got):\n%s", diff)
	}
}

// line tells an entry: what was done to what, by whom and through which door, with what, and which fields changed.
func line(e models.Activity) string {
	by := e.ActorName
	if e.ActorID == nil {
		by = "nobody"
	}
	text := fmt.Sprintf("%s %s %d by %s, %s", e.Operation, e.ObjectType, e.ObjectID, by, e.Origin)
	if e.RelatedType != "" {
		text += fmt.Sprintf(" with %s %d", e.RelatedType, e.RelatedID)
	}
	if e.Note != "" {
		text += " (" + e.Note + ")"
	}
	for _, field := range sortedKeys(e.Changes.Changed) {
		change := e.Changes.Changed[field]
		text += fmt.Sprintf("; %s %s > %s", field, shown(change[0]), shown(change[1]))
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := []string{}
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func shown(value *string) string {
	if value == nil {
		return "null"
	}
	return fmt.Sprintf("%q", *value)
}

// plain makes sure that none of the secrets stands in any row of any table, nor the first half of it.
func (b *bed) plain(t testing.TB, secrets ...models.Secret) {
	t.Helper()
	kept := fmt.Sprint(b.rows(t))
	for _, secret := range secrets {
		value := secret.Reveal()
		if value == "" || strings.Contains(kept, value) || strings.Contains(kept, value[:len(value)/2]) {
			t.Errorf("a secret of %d characters is empty or kept in plain text", len(value))
		}
	}
}

// issued makes a token through an operation, a personal one for client nil.
func (b *bed) issued(t testing.TB, user *models.User, face models.Face, of *client) *server.Issued {
	t.Helper()
	in := server.TokenInput{}
	if of != nil {
		in.Application = &of.ID
	}
	issued, err := b.CreateToken(t.Context(), as(user), face, in)
	check(t, err)
	return issued
}

// stranger is an active user who was not in the cast.
func (b *bed) stranger(t testing.TB, user models.User, memberships ...models.Membership) *models.User {
	t.Helper()
	user.IsActive, user.Password = true, passwordDigest()
	b.change(t, func(tx *store.Tx) error {
		user.Stamps = models.Stamps{Created: tx.Now(), Modified: tx.Now(), CreatedBy: user.CreatedBy}
		if err := tx.CreateUser(&user); err != nil {
			return err
		}
		for n := range memberships {
			memberships[n].UserID, memberships[n].Created = user.ID, tx.Now()
			if _, err := tx.AddMembership(memberships[n]); err != nil {
				return err
			}
		}
		return nil
	})
	return b.user(t, user.ID)
}

// user loads a user as an authenticated request would.
func (b *bed) user(t testing.TB, id int64) *models.User {
	t.Helper()
	user, err := b.db.Read(t.Context()).User(id)
	check(t, err)
	return user
}

// elsewhere stores a further organization, P.
func (b *bed) elsewhere(t testing.TB) *models.Organization {
	t.Helper()
	organization := &models.Organization{Name: "P"}
	b.change(t, func(tx *store.Tx) error { return tx.CreateOrganization(organization) })
	return organization
}

// awaitWaiting returns once another transaction waits for a lock of this one, or has not waited and put its result into done. SQLite
// has one writer, so there the other one waits from its beginning.
func (b *bed) awaitWaiting(t testing.TB, done <-chan error) {
	t.Helper()
	if b.db.Dialect() == store.SQLite {
		return
	}
	for b.count(t, "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0 && len(done) == 0 {
		check(t, t.Context().Err())
	}
}

// parties are the callers of the acceptance cases, by the contract's names for them.
func (b *bed) parties() map[string]server.Actor {
	return map[string]server.Actor{"SU": as(b.admin), "aud": as(b.auditor), "oa": as(b.orgAdmin), "om": as(b.member),
		"alice": as(b.alice), "bob": as(b.bob), "anonymous": {Origin: "api"}}
}
