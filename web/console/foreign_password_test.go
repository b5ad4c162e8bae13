package console_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// TestSignInWithForeignPassword: who comes from another system signs in with the password of there, in the form as with Basic, and the
// next time too.
func TestSignInWithForeignPassword(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		const password = "correct horse"
		brought := models.PasswordDigest("pbkdf2_sha256$600000$seasalt0123456789abcde$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc=")
		kept := func(username string) string {
			user, err := s.DB.Read(t.Context()).UserByName(username)
			if err != nil {
				t.Fatal(err)
			}
			return string(user.Password)
		}
		change(t, s, func(tx *store.Tx) error {
			for _, username := range []string{"alice", "bob", "om"} {
				user, err := tx.LockUser(s.ID(username))
				if err != nil {
					return err
				}
				user.Password, user.IsActive = brought, username != "om"
				if err := tx.UpdateUser(user); err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 {
			b := stranger(t, s)
			b.follow(b.submit(b.get("/login?next=/tokens"), "main form", "username", "alice", "password", password).goesTo("/tokens")).is(200).says(".account", "alice")
			s.Get(t, "", "/api/gateway/v1/me/", func(r *http.Request) { r.SetBasicAuth("bob", password) }).Want(200)
		}
		for _, username := range []string{"alice", "bob"} {
			if !strings.HasPrefix(kept(username), "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("the password of %s is not stored anew", username)
			}
		}
		for _, each := range [][2]string{{"om", password}, {"alice", string(brought)}, {"alice", password + "!"}} {
			b := stranger(t, s)
			b.submit(b.get("/login"), "main form", "username", each[0], "password", each[1]).is(http.StatusUnauthorized).says("#login-message", "The username or the password is wrong.")
			s.Get(t, "", "/api/gateway/v1/me/", func(r *http.Request) { r.SetBasicAuth(each[0], each[1]) }).Want(401)
		}
		if kept("om") != string(brought) {
			t.Error("the password of a disabled user is stored anew")
		}
	})
}
