package server_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// ours is what a password is stored as once it is known.
const ours = "$argon2id$v=19$m=19456,t=2,p=1$"

// foreignVectors are passwords as other systems keep them: those of Django were made by it, the others by libraries in C.
var foreignVectors = []struct {
	name, password string
	digest         models.PasswordDigest
}{
	{"PBKDF2 with SHA-1", "s-h-a-one-legacy", "pbkdf2_sha1$260000$pxDvrqzfvAQiKfee0Yvum0$otXYMO4bCrhYNiIH/PeFWtCm8CY="},
	{"PBKDF2 with SHA-256", "correct horse", "pbkdf2_sha256$600000$seasalt0123456789abcde$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc="},
	{"PBKDF2 of a password beyond ASCII", "Pässwörd mit ß und 😀", "pbkdf2_sha256$600000$nJeefmkFzlW6gJs8kOAYKq$vlobEfKVZ3TLpzD1yYWVCq9VJG3JdS/MnZC2l8qzr1k="},
	{"argon2id", "argon-Two-Id!", "argon2$argon2id$v=19$m=102400,t=2,p=8$SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ$oL/RRgA5mR2IWGhaYh+hng"},
	{"argon2i", "password", "argon2$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
	{"bcrypt over SHA-256", "blow-fish-256", "bcrypt_sha256$$2b$12$yBqygB/y/BM8ZyYY8apsuOdXu6jF3NMa53EgzsEDx8bumKKj2qWK6"},
	{"bcrypt", "blow fish plain", "bcrypt$$2b$04$abcdefghijklmnopqrstuuDBWR2.a1GCaHGSCmMRPJq1oEPPQkyOy"},
	{"bcrypt of more than it looks at", strings.Repeat("x", 80), "bcrypt$$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"},
	{"scrypt", "memory-Hard-88", "scrypt$16384$9hJR3O9gw8l6gWD3hWYmzR$8$1$93Zrmcs8rGME4OLSB2yQNOPLuH+NcUwtsDTMHGb5jzCJaI0xl3jKydDuMdHhn9FsuS9Iv2hawZNw6mnrxj698Q=="},
	{"bcrypt, alone", "zwölf", "$2y$05$abcdefghijklmnopqrstuuVigCXxcqdwxTm2JeU5kq7y4FoObwn56"},
	{"PBKDF2 of the PHC", "of the PHC", "$pbkdf2-sha512$1000$cGhjc2FsdHBoY3NhbHQxMg$ShAIuHtb.gO23RGF5DrLqpowaWjHLRiv9/LZhXhaUv9r7Vmh1O2UVlPgzGDWBUQnszfooRc73Xko33aqbCSQ.g"},
	{"scrypt of the PHC", "scrypt here", "$scrypt$ln=10,r=8,p=2$cGhjc2FsdHBoY3NhbHQxMg$7x13GeKPJCqYykKYWPYU2ppDmqGr7oPSPWsFj7g7ELk"},
}

// cheap is the password as Django keeps it, but of few iterations.
func cheap(t testing.TB, password string) models.PasswordDigest {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte("seasalt"), 3, 32)
	check(t, err)
	return models.PasswordDigest("pbkdf2_sha256$3$seasalt$" + base64.StdEncoding.EncodeToString(key))
}

// brought makes a user whose password comes from another system.
func (b *bed) brought(t testing.TB, username string, digest models.PasswordDigest, active bool) *models.User {
	t.Helper()
	user := &models.User{Username: username, Password: digest, IsActive: active, Stamps: models.Stamps{Created: b.db.Now(), Modified: b.db.Now()}}
	b.change(t, func(tx *store.Tx) error { return tx.CreateUser(user) })
	return user
}

// kept is what is kept of the user's password.
func (b *bed) kept(t testing.TB, user *models.User) string {
	t.Helper()
	found, err := b.db.Read(t.Context()).User(user.ID)
	check(t, err)
	return string(found.Password)
}

// patient bears what a test fails at.
func patient(o *server.Options) {
	o.Limits = server.DefaultLimits()
	o.Limits.Account.Failures, o.Limits.Address.Failures = 1000, 1000
}

// TestCase72Password is case 72, and one vector of every other form: each lets in who knows it, nobody else, and is stored anew then.
func TestCase72Password(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for n, test := range foreignVectors {
			user := b.brought(t, fmt.Sprint("user", n), test.digest, true)
			if _, err := b.Authenticate(t.Context(), user.Username, "!"+test.password); outcome(err) != "wrong credentials" {
				t.Errorf("%s lets another password in: %v", test.name, err)
			}
			if b.kept(t, user) != string(test.digest) {
				t.Errorf("%s is replaced though nobody knew it", test.name)
			}
			for range 2 { // with their digest, with ours
				if got, err := b.Authenticate(t.Context(), user.Username, test.password); err != nil || got.ID != user.ID {
					t.Errorf("%s does not let in: %v", test.name, err)
				}
				if !strings.HasPrefix(b.kept(t, user), ours) {
					t.Errorf("%s is not stored anew", test.name)
				}
			}
		}
	}, patient)
}

// TestForeignPasswordStoredAnew: that is no change of the password. Sessions live on, no entry tells of it, and no other row is touched.
func TestForeignPasswordStoredAnew(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		user, other := b.brought(t, "brought", cheap(t, testPassword), true), b.brought(t, "other", cheap(t, testPassword), true)
		session, err := b.StartSession(t.Context(), browser, user, "")
		check(t, err)
		b.db.Clock.Advance(time.Minute)
		before := b.rows(t)
		b.records(t, func() {
			_, err := b.Authenticate(server.WithActor(t.Context(), browser), "brought", testPassword)
			check(t, err)
		})
		after := b.rows(t)
		for table := range after {
			if changed := strings.Join(before[table], "\n") != strings.Join(after[table], "\n"); changed && table != "users" && table != "known_devices" {
				t.Errorf("%s changed", table)
			}
		}
		found, err := b.db.Read(t.Context()).User(user.ID)
		check(t, err)
		found.Password, user.Password = "", ""
		if found.Modified != user.Modified || found.ModifiedBy != nil || found.IsActive != user.IsActive {
			t.Errorf("the user is %+v, was %+v", found, user)
		}
		if b.kept(t, other) != string(cheap(t, testPassword)) {
			t.Error("another user's is replaced")
		}
		b.signedIn(t, map[string]models.Secret{"brought": session})
	})
}

// TestForeignPasswordEverywhere: sessions and tokens come of it as of any other, at the first use.
func TestForeignPasswordEverywhere(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		user := b.brought(t, "form", cheap(t, testPassword), true)
		session, _, err := b.SignIn(t.Context(), browser, "form", testPassword, "")
		check(t, err)
		b.signedIn(t, map[string]models.Secret{"form": session})
		granted := b.brought(t, "grant", cheap(t, testPassword), true)
		b.token(passwordGrant("username", "grant"), by(b.web)).succeeded(t, "read write", true)
		for _, each := range []*models.User{user, granted} {
			if !strings.HasPrefix(b.kept(t, each), ours) {
				t.Errorf("that of %s is not stored anew", each.Username)
			}
		}
		b.plain(t, models.SecretOf(testPassword))
	})
}

// TestForeignPasswordRefused: a disabled user, and what can match nothing, get the answer of a wrong password, and nothing is stored.
func TestForeignPasswordRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		right := cheap(t, testPassword)
		b.brought(t, "disabled", right, false)
		unusable := map[string]models.PasswordDigest{
			"unusable": "!" + right, "random": "!bZlhTxsl6K99U1MOLABZhRJRsfZerp7ftmkX4mhc", "empty": "", "unknown": "md5$salt$0123456789abcdef0123456789abcdef",
			"cut off": right[:40], "many iterations": "pbkdf2_sha256$2000000000" + right[len("pbkdf2_sha256$3"):],
			"gigabytes":     "argon2$argon2id$v=19$m=4194304,t=1,p=1$SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ$oL/RRgA5mR2IWGhaYh+hng",
			"large scrypt":  "scrypt$1073741824$9hJR3O9gw8l6gWD3hWYmzR$8$1$" + models.PasswordDigest(strings.Repeat("A", 86)) + "==",
			"costly bcrypt": "bcrypt$$2b$31$abcdefghijklmnopqrstuuDBWR2.a1GCaHGSCmMRPJq1oEPPQkyOy",
		}
		for name, digest := range unusable {
			b.brought(t, name, digest, true)
		}
		b.unchanged(t, func() {
			refused := func(username, password string) {
				t.Helper()
				if _, err := b.Authenticate(t.Context(), username, password); outcome(err) != "wrong credentials" {
					t.Errorf("%s with %.40q: %v", username, password, err)
				}
			}
			for name, digest := range unusable {
				refused(name, testPassword)
				refused(name, string(digest))
			}
			for _, password := range []string{testPassword, "wrong", "", string(right), strings.Repeat("x", 1025)} {
				refused("disabled", password)
			}
		})
	}, patient)
}

// TestForeignPasswordNotStored: a disk that is full keeps nobody out, and the next sign-in stores it.
func TestForeignPasswordNotStored(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		user := b.brought(t, "brought", cheap(t, testPassword), true)
		full := `CREATE TRIGGER full_disk BEFORE UPDATE OF password ON users BEGIN SELECT RAISE(ABORT, 'full'); END`
		free := `DROP TRIGGER full_disk`
		if b.db.Dialect() != store.SQLite {
			full = `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full' USING ERRCODE = '53100'; END $$;
				CREATE TRIGGER full_disk BEFORE UPDATE OF password ON users FOR EACH ROW EXECUTE FUNCTION full_disk()`
			free += ` ON users`
		}
		_, err := b.tables.ExecContext(t.Context(), full)
		check(t, err)
		session, _, err := b.SignIn(t.Context(), browser, "brought", testPassword, "")
		check(t, err)
		b.signedIn(t, map[string]models.Secret{"brought": session})
		if b.kept(t, user) != string(cheap(t, testPassword)) {
			t.Error("it was stored on a full disk")
		}
		_, err = b.tables.ExecContext(t.Context(), free)
		check(t, err)
		_, err = b.Authenticate(t.Context(), "brought", testPassword)
		check(t, err)
		if !strings.HasPrefix(b.kept(t, user), ours) {
			t.Error("it is not stored anew once there is room")
		}
	})
}

// TestForeignPasswordRace: many first sign-ins at once all succeed, with a session each.
func TestForeignPasswordRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		user := b.brought(t, "brought", cheap(t, testPassword), true)
		race(func(int) {
			if _, _, err := b.SignIn(t.Context(), browser, "brought", testPassword, ""); err != nil {
				t.Errorf("one of many is refused: %v", err)
			}
		})
		b.counted(t, map[string]int{fmt.Sprintf("sessions WHERE user_id = %d", user.ID): racers, "activity WHERE operation = 'update'": 0})
		if !strings.HasPrefix(b.kept(t, user), ours) {
			t.Error("it is not stored anew")
		}
	}, patient)
}
