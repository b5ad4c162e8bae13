package server_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store/storetest"
)

// unadministered is a bed on which nobody is a superuser yet.
func unadministered(t *testing.T, test func(t *testing.T, b *bed)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		test(t, &bed{t: t, cast: &cast{}, Server: newServer(t, db), db: db, tables: openTables(t, db)})
	})
}

// TestSetup: the code is kept as a digest, opens setup until a superuser exists, and makes exactly that superuser, active and told.
func TestSetup(t *testing.T) {
	unadministered(t, func(t *testing.T, b *bed) {
		b.needed(t, true)
		spent, err := b.NewSetupCode(t.Context())
		check(t, err)
		code, err := b.NewSetupCode(t.Context())
		check(t, err)
		b.plain(t, spent, code)
		b.counted(t, map[string]int{"settings": 1})
		complete := func(code models.Secret, in server.UserInput) func() error {
			return func() error {
				_, err := b.CompleteSetup(t.Context(), browser, code, in)
				return err
			}
		}
		for _, wrong := range []models.Secret{spent, {}, models.SecretOf(""), models.NewSecret(30), models.SecretOf(code.Digest().String())} {
			b.refuses(t, "wrong credentials", "", func() error { return b.CheckSetupCode(t.Context(), wrong) })
			b.refuses(t, "wrong credentials", "", complete(wrong, newcomer("root")))
		}
		weak := newcomer("a b")
		weak.Password = pointer("short")
		b.refuses(t, "invalid username,password", "", complete(code, weak))
		check(t, b.CheckSetupCode(t.Context(), code))

		in := newcomer("root")
		in.IsSuperuser, in.IsActive, in.IsPlatformAuditor = pointer(false), pointer(false), pointer(true) // not to be chosen
		var made *models.User
		entries := b.recorded(t, func() {
			made, err = b.CompleteSetup(t.Context(), browser, code, in)
			check(t, err)
		})
		if !made.IsSuperuser || !made.IsActive || made.IsPlatformAuditor || made.CreatedBy != nil || !made.Created.Equal(b.db.Now()) {
			t.Errorf("made %+v", made)
		}
		if want := fmt.Sprintf("create user %d by nobody, console", made.ID); len(entries) != 1 || line(entries[0]) != want {
			t.Errorf("activity %+v, want %s", entries, want)
		}
		b.plain(t, models.SecretOf(*in.Password))
		b.counted(t, map[string]int{"users": 1, "settings": 0})
		_, err = b.StartSession(t.Context(), browser, made, "")
		check(t, err)

		b.needed(t, false)
		b.refuses(t, "wrong credentials", "", func() error { return b.CheckSetupCode(t.Context(), code) })
		b.refuses(t, "wrong credentials", "", complete(code, newcomer("second")))
		b.unchanged(t, func() {
			if none, err := b.NewSetupCode(t.Context()); err != nil || !none.Empty() {
				t.Errorf("a further code is made: %v", err)
			}
		})
	})
}

func (b *bed) needed(t testing.TB, want bool) {
	t.Helper()
	if got, err := b.SetupNeeded(t.Context()); err != nil || got != want {
		t.Errorf("setup needed: %v, %v, want %v", got, err, want)
	}
}

// TestSetupClosesBySuperuser: a superuser who was made otherwise closes setup, though the code is still kept.
func TestSetupClosesBySuperuser(t *testing.T) {
	unadministered(t, func(t *testing.T, b *bed) {
		code, err := b.NewSetupCode(t.Context())
		check(t, err)
		in := newcomer("root")
		in.IsSuperuser = pointer(true)
		_, err = b.CreateUser(t.Context(), server.Command("createsuperuser"), models.FaceCommand, in, 0)
		check(t, err)
		b.counted(t, map[string]int{"settings": 1})
		b.refuses(t, "wrong credentials", "", func() error {
			_, err := b.CompleteSetup(t.Context(), browser, code, newcomer("second"))
			return err
		})
	})
}

// TestSetupUsernameTaken: a name that is there already spends nothing.
func TestSetupUsernameTaken(t *testing.T) {
	unadministered(t, func(t *testing.T, b *bed) {
		_, err := b.CreateUser(t.Context(), server.Command("test"), models.FaceCommand, newcomer("root"), 0)
		check(t, err)
		code, err := b.NewSetupCode(t.Context())
		check(t, err)
		b.refuses(t, "invalid username", "already exists", func() error {
			_, err := b.CompleteSetup(t.Context(), browser, code, newcomer("root"))
			return err
		})
		_, err = b.CompleteSetup(t.Context(), browser, code, newcomer("root2"))
		check(t, err)
	})
}

// TestSetupRace: of eight who hold the code one becomes superuser.
func TestSetupRace(t *testing.T) {
	unadministered(t, func(t *testing.T, b *bed) {
		code, err := b.NewSetupCode(t.Context())
		check(t, err)
		outcomes := make([]string, racers)
		race(func(n int) {
			if n < 8 {
				_, err := b.CompleteSetup(t.Context(), browser, code, newcomer(fmt.Sprint("root", n)))
				outcomes[n] = outcome(err)
			}
		})
		if got := strings.Count(strings.Join(outcomes, ","), "done"); got != 1 {
			t.Errorf("%d of eight completed setup: %v", got, outcomes[:8])
		}
		if got := strings.Count(strings.Join(outcomes, ","), "wrong credentials"); got != 7 {
			t.Errorf("the others got %v", outcomes[:8])
		}
		b.counted(t, map[string]int{"users": 1, "settings": 0, "activity": 1})
	})
}
