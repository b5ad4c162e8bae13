package server_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestBearerAtFaces: a controller application's token counts at the controller only, unless the setting says otherwise (contract §0.4).
func TestBearerAtFaces(t *testing.T) {
	faces := []models.Face{models.FaceGateway, models.FaceController, models.FaceGatewayOAuth, models.FaceControllerOAuth, models.FaceForward}
	onBed(t, func(t *testing.T, b *bed) {
		everywhere := b.another(t, func(o *server.Options) { o.Policy.ControllerTokensEverywhere = true })
		for _, c := range []struct {
			name, token string
			want        [5]bool
		}{
			{"gateway, personal", b.personal(t, b.alice, models.FaceGateway, "read"), [5]bool{true, true, true, true, true}},
			{"controller, personal", b.personal(t, b.alice, models.FaceController, "read"), [5]bool{true, true, true, true, true}},
			{"gateway, application", b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).access, [5]bool{true, true, true, true, true}},
			{"controller, application", b.token(passwordGrant(), by(b.job)).succeeded(t, "read write", true).access, [5]bool{false, true, false, true, false}},
		} {
			for n, face := range faces {
				if got := b.accepts(t, face, c.token); got != c.want[n] {
					t.Errorf("%s at %s: accepted %t, want %t", c.name, face, got, c.want[n])
				}
				if !everywhere.accepts(t, face, c.token) {
					t.Errorf("%s at %s with the setting: refused", c.name, face)
				}
			}
		}
	})
}

// TestBearerRefused is case 42: what is no live access token, byte by byte.
func TestBearerRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		code := b.code(t, b.web, b.alice)
		for name, value := range map[string]string{"nothing": "", "unknown": "unknown", "refresh token": token.refresh, "code": code,
			"client secret": b.web.Secret, "and more": token.access + "x", "its beginning": token.access[:29],
			"its digest": models.SecretOf(token.access).Digest().String(), "another case": swapCase(token.access), "wildcard": "%", "NUL": "\x00"} {
			if b.accepts(t, models.FaceController, value) {
				t.Errorf("%s: accepted", name)
			}
		}
	})
}

// TestBearerRestsOn: a token dies at once with what it rests on (contract §4.7, case 36).
func TestBearerRestsOn(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		personal := func() string { return b.personal(t, b.alice, models.FaceGateway, "write") }
		application := func() string { return b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).access }
		setActive := func(active bool) {
			b.alice.IsActive = active
			b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.alice) })
		}
		for _, c := range []struct {
			name  string
			token func() string
			end   func()
		}{
			{"disabled user", personal, func() { setActive(false) }},
			{"disabled user of an application's token", application, func() { setActive(false) }},
			{"deleted application", application, func() { check(t, b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID)) }},
			{"deleted user", personal, func() { check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID)) }},
		} {
			t.Run(c.name, func(t *testing.T) {
				setActive(true)
				value := c.token()
				if !b.accepts(t, models.FaceGateway, value) {
					t.Fatal("refused from the beginning")
				}
				c.end()
				if b.accepts(t, models.FaceGateway, value) {
					t.Error("accepted")
				}
			})
		}
	})
}

// TestBearerExpires: a token is expired from the moment of its expiry on.
func TestBearerExpires(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		value := b.personal(t, b.alice, models.FaceGateway, "read")
		b.db.Clock.Advance(31_536_000*time.Second - time.Microsecond)
		if !b.accepts(t, models.FaceGateway, value) {
			t.Error("refused a microsecond before its expiry")
		}
		b.db.Clock.Advance(time.Microsecond)
		if b.accepts(t, models.FaceGateway, value) {
			t.Error("accepted at its expiry")
		}
	})
}

// TestBearerKnowsItsUser: the user comes with what decides now, not with what was true when the token was made (contract §4.7).
func TestBearerKnowsItsUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		value := b.personal(t, b.orgAdmin, models.FaceGateway, "read")
		token := b.presented(t, value)
		if !token.User.Has(b.organization.ID, models.RoleAdmin) || token.User.IsSuperuser {
			t.Errorf("user %+v", token.User)
		}
		b.orgAdmin.IsSuperuser = true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateUser(b.orgAdmin) })
		if !b.presented(t, value).User.IsSuperuser {
			t.Error("a new superuser is not seen")
		}
	})
}

// TestBearerUseIsNoted is case 43: at most once a minute, without an entry in the activity stream.
func TestBearerUseIsNoted(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		value := b.personal(t, b.alice, models.FaceGateway, "read")
		entries := b.count(t, "activity")
		start := b.Now()
		for _, c := range []struct {
			wait    time.Duration
			address string
			want    time.Duration // of the noted use, from the start
		}{
			{0, "192.0.2.1", 0},
			{59 * time.Second, "192.0.2.2", 0},
			{time.Second, "192.0.2.3", time.Minute},
		} {
			b.db.Clock.Advance(c.wait)
			_, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, models.SecretOf(value), c.address)
			check(t, err)
			token, err := b.db.Read(t.Context()).AccessTokenByDigest(models.SecretOf(value).Digest())
			check(t, err)
			if token.LastUsed == nil || !token.LastUsed.Equal(start.Add(c.want)) {
				t.Errorf("used at %v from %s, noted %v", b.Now(), c.address, token.LastUsed)
			}
		}
		b.counted(t, map[string]int{"activity": entries, "access_tokens WHERE last_used_address = '192.0.2.3'": 1})
	})
}

// TestBearerErrorIsOne: callers tell a bad token from a database that is not there.
func TestBearerErrorIsOne(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		_, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, models.SecretOf("unknown"), "")
		if !errors.Is(err, server.ErrInvalidToken) || server.Unavailable(err) {
			t.Errorf("%v, want ErrInvalidToken", err)
		}
	})
}

// TestVerifyBearer: for a proxy the scope decides, after the token and its user; the use is noted, also of a request that does not pass.
func TestVerifyBearer(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		reading, writing := b.personal(t, b.alice, models.FaceGateway, "read"), b.personal(t, b.alice, models.FaceGateway, "write")
		nobodys := b.token(form("grant_type", "client_credentials", "scope", "read"), by(b.web)).succeeded(t, "read", false).access
		for _, c := range []struct {
			name, token string
			write       bool
			want        models.Outcome // "" lets it pass
		}{
			{"reading reads", reading, false, ""},
			{"reading writes", reading, true, models.ScopeTooNarrow},
			{"writing reads", writing, false, ""},
			{"writing writes", writing, true, ""},
			{"without a user, reads", nobodys, false, ""},
			{"without a user, writes", nobodys, true, models.ScopeTooNarrow},
		} {
			token, err := b.VerifyBearer(t.Context(), models.SecretOf(c.token), c.write, "192.0.2.5")
			var denied *models.Denied
			if c.want == "" && (err != nil || token == nil) || c.want != "" && (!errors.As(err, &denied) || denied.Outcome != c.want || token != nil) {
				t.Errorf("%s: %v, %v", c.name, token, err)
			}
		}
		b.counted(t, map[string]int{"access_tokens WHERE last_used_address = '192.0.2.5'": 3})
		b.db.Clock.Advance(31_536_000 * time.Second)
		for name, value := range map[string]string{"expired": writing, "unknown": "unknown", "empty": ""} {
			if token, err := b.VerifyBearer(t.Context(), models.SecretOf(value), false, ""); !errors.Is(err, server.ErrInvalidToken) || token != nil {
				t.Errorf("%s: %v, %v", name, token, err)
			}
		}
	})
}
