package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// browser is a client that is not signed in yet.
var browser = server.Actor{Origin: "console", Address: "192.0.2.7"}

// TestSignIn: the session, its digest, the last login, and an entry of its own kind (contract §8).
func TestSignIn(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.db.Clock.Advance(time.Minute)
		var id models.Secret
		agent := "Mozilla\x00\xff " + strings.Repeat("é", 400)
		b.records(t, func() {
			var user *models.User
			var err error
			id, user, err = b.SignIn(t.Context(), browser, "alice", testPassword, agent)
			check(t, err)
			if user.ID != b.alice.ID {
				t.Errorf("signed in as %s", user.Username)
			}
		}, fmt.Sprintf("sign_in user %d by alice, console", b.alice.ID))
		session, user, err := b.AuthenticateSession(t.Context(), id)
		check(t, err)
		want := &models.Session{ID: session.ID, Digest: id.Digest(), UserID: b.alice.ID, Address: "192.0.2.7",
			Agent:   "Mozilla\ufffd " + strings.Repeat("é", 291),
			Created: b.db.Now(), LastSeen: b.db.Now(), Expires: b.db.Now().Add(1800 * time.Second)}
		if diff := cmp.Diff(want, session); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
		if user.LastLogin == nil || !user.LastLogin.Equal(b.db.Now()) || !user.Modified.Equal(b.db.Now().Add(-time.Minute)) {
			t.Errorf("last login %v, modified %v", user.LastLogin, user.Modified)
		}
		b.plain(t, id, models.SecretOf(testPassword))

		other, _, err := b.SignIn(t.Context(), browser, "alice", testPassword, "")
		check(t, err)
		actor := server.Actor{Actor: models.Actor{User: user}, Session: session, Origin: "console"}
		b.records(t, func() { check(t, b.SignOut(t.Context(), actor)) }, fmt.Sprintf("sign_out user %d by alice, console", b.alice.ID))
		b.signedIn(t, map[string]models.Secret{"": id, "alice": other})
		b.unchanged(t, func() { check(t, b.SignOut(t.Context(), as(b.alice))) })
	})
}

// signedIn checks whose session each id is; "" is nobody's.
func (b *bed) signedIn(t testing.TB, want map[string]models.Secret) {
	t.Helper()
	for name, id := range want {
		_, user, err := b.AuthenticateSession(t.Context(), id)
		switch {
		case name == "" && outcome(err) != "wrong credentials":
			t.Errorf("an ended session authenticates: %v", err)
		case name != "" && (err != nil || user.Username != name):
			t.Errorf("the session of %s does not authenticate: %v", name, err)
		}
	}
}

// TestSignInRefused: one answer for an unknown name, a wrong password, a disabled user and one without a password; nothing is stored.
func TestSignInRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.change(t, func(tx *store.Tx) error {
			b.bob.IsActive = false
			b.member.Password = "!"
			b.orgAdmin.Password = ""
			return firstError(tx.UpdateUser(b.bob), tx.UpdateUser(b.member), tx.UpdateUser(b.orgAdmin))
		})
		for username, password := range map[string]string{"alice": "wrong wrong", "Alice": testPassword, "nobody": testPassword, "bob": testPassword,
			"om": testPassword, "oa": "", "": "", "ali\x00ce": testPassword, "auditor": strings.Repeat("x", 1025), "admin": testPassword + "\x00"} {
			b.refuses(t, "wrong credentials", server.ErrWrongCredentials.Error(), func() error {
				id, user, err := b.SignIn(t.Context(), browser, username, password, "")
				if !id.Empty() || user != nil {
					t.Errorf("%q: a refusal returns a session", username)
				}
				return err
			})
		}
		b.refuses(t, "wrong credentials", "", func() error {
			_, _, err := b.AuthenticateSession(t.Context(), models.NewSecret(30))
			return err
		})
	})
}

// TestSignInMeetsChange: a sign-in that was verified before the password changed or the user was disabled gets no session after it.
func TestSignInMeetsChange(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for name, in := range map[string]server.UserInput{"password": {Password: pointer("another password")}, "disabled": {IsActive: pointer(false)}} {
			t.Run(name, func(t *testing.T) {
				user := b.stranger(t, models.User{Username: name})
				verified, err := b.Authenticate(t.Context(), name, testPassword)
				check(t, err)
				_, err = b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, user.ID, in)
				check(t, err)
				b.refuses(t, "wrong credentials", "", func() error {
					_, err := b.StartSession(t.Context(), browser, verified, "")
					return err
				})
			})
		}
		verified, err := b.Authenticate(t.Context(), "bob", testPassword)
		check(t, err)
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.bob.ID))
		b.refuses(t, "wrong credentials", "", func() error {
			_, err := b.StartSession(t.Context(), browser, verified, "")
			return err
		})
	})
}

// TestSessionSlides: a session in use lives on, one that is not used ends; the expiry is not written at each request (contract §5).
func TestSessionSlides(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		used, _, err := b.SignIn(t.Context(), browser, "alice", testPassword, "")
		check(t, err)
		idle, _, err := b.SignIn(t.Context(), browser, "bob", testPassword, "")
		check(t, err)
		b.db.Clock.Advance(59 * time.Second)
		b.unchanged(t, func() { b.signedIn(t, map[string]models.Secret{"alice": used}) })
		b.db.Clock.Advance(time.Second)
		session, _, err := b.AuthenticateSession(t.Context(), used)
		check(t, err)
		if !session.LastSeen.Equal(b.db.Now()) || !session.Expires.Equal(b.db.Now().Add(1800*time.Second)) {
			t.Errorf("seen %v, expires %v at %v", session.LastSeen, session.Expires, b.db.Now())
		}
		b.db.Clock.Advance(1739 * time.Second)
		b.signedIn(t, map[string]models.Secret{"alice": used, "bob": idle})
		idle, _, err = b.SignIn(t.Context(), browser, "bob", testPassword, "")
		check(t, err)
		b.db.Clock.Advance(1799*time.Second + 999999*time.Microsecond)
		b.signedIn(t, map[string]models.Secret{"alice": used})
		b.db.Clock.Advance(time.Microsecond)
		b.signedIn(t, map[string]models.Secret{"": idle, "alice": used})
		b.change(t, func(tx *store.Tx) error {
			b.alice.IsActive = false
			return tx.UpdateUser(b.alice)
		})
		b.unchanged(t, func() { b.signedIn(t, map[string]models.Secret{"": used}) })
		b.change(t, func(tx *store.Tx) error {
			b.alice.IsActive = true
			return tx.UpdateUser(b.alice)
		})
		b.signedIn(t, map[string]models.Secret{"alice": used})
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID))
		b.signedIn(t, map[string]models.Secret{"": used})
	})
}

// TestSessionsPerUser: case 63: of five only the latest three work, other users' are untouched, also when all sign in at once.
func TestSessionsPerUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		bobs, _, err := b.SignIn(t.Context(), browser, "bob", testPassword, "")
		check(t, err)
		var ids []models.Secret
		for range 5 {
			id, _, err := b.SignIn(t.Context(), browser, "alice", testPassword, "")
			check(t, err)
			ids = append(ids, id)
		}
		for n, id := range ids {
			b.signedIn(t, map[string]models.Secret{map[bool]string{true: "alice"}[n >= 2]: id, "bob": bobs})
		}
		race(func(int) {
			if _, err := b.StartSession(t.Context(), browser, b.alice, ""); err != nil {
				t.Error(err)
			}
		})
		b.counted(t, map[string]int{fmt.Sprintf("sessions WHERE user_id = %d", b.alice.ID): 3, "sessions": 4})
		unlimited := newServer(t, b.db, func(o *server.Options) { o.SessionsPerUser = -1 })
		for range 5 {
			_, err := unlimited.StartSession(t.Context(), browser, b.bob, "")
			check(t, err)
		}
		b.counted(t, map[string]int{fmt.Sprintf("sessions WHERE user_id = %d", b.bob.ID): 6})
	}, func(o *server.Options) { o.SessionsPerUser = 3 })
}

// TestPasswordChange: contract §7: it ends the user's sessions but the current one, leaves tokens alone, and is told without the password.
func TestPasswordChange(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		sessions := map[string]models.Secret{}
		for _, name := range []string{"here", "there"} {
			id, _, err := b.SignIn(t.Context(), browser, "alice", testPassword, name)
			check(t, err)
			sessions[name] = id
		}
		bobs, _, err := b.SignIn(t.Context(), browser, "bob", testPassword, "")
		check(t, err)
		token := b.issued(t, b.alice, models.FaceGateway, nil)
		current, user, err := b.AuthenticateSession(t.Context(), sessions["here"])
		check(t, err)
		actor := server.Actor{Actor: models.Actor{User: user}, Session: current, Origin: "console"}
		change := func(actor server.Actor, password string) {
			t.Helper()
			b.records(t, func() {
				_, err := b.UpdateUser(t.Context(), actor, models.FaceConsole, b.alice.ID, server.UserInput{Password: &password})
				check(t, err)
			}, fmt.Sprintf("update user %d by %s, console (password changed); password null > null", b.alice.ID, actor.User.Username))
			b.plain(t, models.SecretOf(password))
			_, err := b.Authenticate(t.Context(), "alice", password)
			check(t, err)
		}
		change(actor, "a new password")
		b.signedIn(t, map[string]models.Secret{"alice": sessions["here"], "": sessions["there"], "bob": bobs})
		b.refuses(t, "wrong credentials", "", func() error {
			_, err := b.Authenticate(t.Context(), "alice", testPassword)
			return err
		})
		change(as(b.admin), "yet another one")
		b.signedIn(t, map[string]models.Secret{"": sessions["here"], "bob": bobs})
		if !b.accepts(t, models.FaceGateway, token.AccessTokenValue.Reveal()) {
			t.Error("the new password ended a token")
		}
	})
}

// TestExpireSessions: case 62, second half: everybody is signed out, or one user, told once for each user; not by just anybody.
func TestExpireSessions(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		ids := map[string][]models.Secret{}
		for _, name := range []string{"alice", "bob", "alice", "om"} {
			id, _, err := b.SignIn(t.Context(), browser, name, testPassword, "")
			check(t, err)
			ids[name] = append(ids[name], id)
		}
		command := server.Command("expire_sessions")
		for _, actor := range []server.Actor{as(b.alice), as(b.auditor), as(b.orgAdmin), {}} {
			b.refuses(t, "forbidden", "", func() error { return b.ExpireSessions(t.Context(), actor, "alice") })
		}
		b.refuses(t, "not found", "", func() error { return b.ExpireSessions(t.Context(), command, "nobody") })
		b.records(t, func() { check(t, b.ExpireSessions(t.Context(), command, "alice")) },
			fmt.Sprintf("sign_out user %d by nobody, command:expire_sessions (ended 2 sessions)", b.alice.ID),
			"delete session 0 by nobody, command:expire_sessions (ended 2 sessions of 1 users)")
		for _, id := range ids["alice"] {
			b.signedIn(t, map[string]models.Secret{"": id, "bob": ids["bob"][0], "om": ids["om"][0]})
		}
		b.unchanged(t, func() { check(t, b.ExpireSessions(t.Context(), command, "alice")) })
		entries := b.recorded(t, func() { check(t, b.ExpireSessions(t.Context(), command, "")) })
		if diff := cmp.Diff(map[string]int{"sign_out user (ended 1 sessions)": 2, "delete session (ended 2 sessions of 2 users)": 1}, kinds(entries)); diff != "" {
			t.Errorf("activity (-want +got):\n%s", diff)
		}
		b.counted(t, map[string]int{"sessions": 0})
	})
}
