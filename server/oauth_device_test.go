package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// option is how a request differs.
type option = func(*http.Request)

// device asks for a device authorization.
func (b *bed) device(values url.Values, options ...option) answer {
	return b.send(b.ServeDeviceAuthorization(), "/o/device_authorization/", values.Encode(), options...)
}

// codes are what a device was given.
type codes struct{ device, user string }

// started has the client begin a device authorization.
func (b *bed) started(t testing.TB, c client, pairs ...string) codes {
	t.Helper()
	a := b.device(form(pairs...), by(c))
	if a.Code != 200 {
		t.Fatalf("status %d, want 200; %s", a.Code, a.text)
	}
	var got codes
	got.device, _ = a.body["device_code"].(string)
	got.user, _ = a.body["user_code"].(string)
	return got
}

// approved has the client begin a device authorization that the user approves, and gives its device code.
func (b *bed) approved(t testing.TB, c client, user *models.User, pairs ...string) string {
	t.Helper()
	started := b.started(t, c, pairs...)
	_, err := b.EnterUserCode(t.Context(), as(user), started.user)
	check(t, err)
	check(t, b.DecideDevice(t.Context(), as(user), started.user, true))
	return started.device
}

// poll is the token request of a device.
func poll(deviceCode string) url.Values {
	return form("grant_type", models.GrantDeviceCode, "device_code", deviceCode)
}

// TestDeviceAuthorization: the whole answer (RFC 8628 §3.2), and that only digests are kept.
func TestDeviceAuthorization(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, c := range []client{b.web, b.native} {
			// openid-client names itself in the body beside the header.
			a := b.device(form("scope", "read", "client_id", c.ClientID), basicOf(c)...)
			if a.Code != 200 {
				t.Fatalf("status %d: %s", a.Code, a.text)
			}
			a.notKept(t)
			device, _ := a.body["device_code"].(string)
			user, _ := a.body["user_code"].(string)
			if !tokenPattern.MatchString(device) || !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(user) {
				t.Errorf("codes %q and %q", device, user)
			}
			want := map[string]any{"device_code": device, "user_code": user, "verification_uri": testIssuer + "/device",
				"verification_uri_complete": testIssuer + "/device?user_code=" + user, "expires_in": 600.0, "interval": 5.0}
			if diff := cmp.Diff(want, a.body); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			kept, err := b.db.Read(t.Context()).DeviceCodeByDigest(models.SecretOf(device).Digest())
			check(t, err)
			parsed, _ := models.ParseUserCode(user)
			row := &models.DeviceCode{ID: kept.ID, Digest: models.SecretOf(device).Digest(), UserCodeDigest: parsed.Digest(), ApplicationID: c.ID, Audience: models.Words{},
				Scope: "read", State: models.DevicePending, IntervalSeconds: 5, FamilyID: kept.FamilyID, Created: b.Now(), Expires: b.Now().Add(600 * time.Second)}
			if diff := cmp.Diff(row, kept); diff != "" || len(kept.FamilyID) != 22 {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		}
		b.started(t, b.web)
		b.counted(t, map[string]int{"device_codes": 3, "device_codes WHERE scope = 'read write'": 1, "activity": 0})
	})
}

// TestDeviceAuthorizationRefused: each refusal leaves nothing behind.
func TestDeviceAuthorizationRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		const malformed = "The requested scope is invalid, unknown, or malformed."
		for _, c := range []struct {
			name        string
			values      url.Values
			options     []option
			status      int
			code        server.ErrorCode
			description string
		}{
			{"no client", form(), nil, 401, server.InvalidClient, clientFailed},
			{"an unknown client", form("client_id", "nobody"), nil, 401, server.InvalidClient, clientFailed},
			{"a wrong secret", form(), []option{basic(b.web.ClientID + ":x")}, 401, server.InvalidClient, clientFailed},
			{"a confidential client by its id alone", form("client_id", b.web.ClientID), nil, 401, server.InvalidClient, clientFailed},
			{"two clients", form("client_id", b.job.ClientID), []option{by(b.web)}, 400, server.InvalidRequest,
				"The client_id in the body is not the one in the Authorization header."},
			{"a client without the grant", form(), []option{by(b.job)}, 400, server.UnauthorizedClient, "This client may not use this grant type."},
			{"an unknown scope", form("scope", "read admin"), []option{by(b.web)}, 400, server.InvalidScope, malformed},
			{"a scope twice", form("scope", "read read"), []option{by(b.web)}, 400, server.InvalidScope, malformed},
			{"a repeated parameter", url.Values{"scope": {"read", "read"}}, []option{by(b.web)}, 400, server.InvalidRequest, "The parameter scope is repeated."},
			{"a NUL", form("scope", "read\x00"), []option{by(b.web)}, 400, server.InvalidRequest, "A parameter holds a NUL or is not valid UTF-8."},
			{"JSON", form(), []option{by(b.web), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }}, 400, server.InvalidRequest, "The Content-Type must be application/x-www-form-urlencoded."},
		} {
			t.Run(c.name, func(t *testing.T) {
				b.unchanged(t, func() { b.device(c.values, c.options...).refused(t, c.status, c.code, c.description) })
			})
		}
		a := b.send(b.ServeDeviceAuthorization(), "/o/device_authorization/?client_id="+b.native.ClientID, "")
		a.refused(t, 400, server.InvalidRequest, "Parameters belong into the body of the request, not into the query.")
	})
}

// TestDeviceCodeLifetime: the setting rules the answer and the code.
func TestDeviceCodeLifetime(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		a := b.device(form(), by(b.web))
		if a.body["expires_in"] != 60.0 {
			t.Errorf("expires_in is %v", a.body["expires_in"])
		}
		code := a.body["device_code"].(string)
		b.db.Clock.Advance(60*time.Second - time.Microsecond)
		b.token(poll(code), by(b.web)).refused(t, 400, server.AuthorizationPending, pendingYet)
		b.db.Clock.Advance(time.Microsecond)
		b.unchanged(t, func() {
			b.token(poll(code), by(b.web)).refused(t, 400, server.ExpiredToken, "The device code has expired.")
		})
	}, func(o *server.Options) { o.Lifetimes.DeviceCode = 60 })
}

// TestDeviceMeetsDeletion: an application that is being deleted takes no device with it, nor leaves one behind.
func TestDeviceMeetsDeletion(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var device sync.WaitGroup
		var got answer
		b.change(t, func(tx *store.Tx) error {
			if _, err := tx.LockApplication(b.native.ID); err != nil {
				return err
			}
			device.Go(func() { got = b.device(form(), by(b.native)) })
			b.awaitBlockedWriter(t)
			return tx.DeleteApplication(b.native.ID)
		})
		device.Wait()
		got.refused(t, 401, server.InvalidClient, clientFailed)
		b.counted(t, map[string]int{"device_codes": 0})
	})
}

// TestDeviceCodesAreCleared: expired ones in whatever state, with a word in the entry of the run; what lives stays.
func TestDeviceCodesAreCleared(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.started(t, b.web)
		b.approved(t, b.web, b.alice)
		long := b.another(t, func(o *server.Options) { o.Lifetimes.DeviceCode = 1800 })
		live := long.approved(t, b.web, b.alice)
		b.db.Clock.Advance(601 * time.Second)
		b.records(t, func() {
			cleared, err := b.ClearTokens(t.Context(), clearing)
			check(t, err)
			if diff := cmp.Diff(server.Cleared{DeviceCodes: 2}, cleared); diff != "" {
				t.Errorf("cleared (-want +got):\n%s", diff)
			}
		}, "delete oauth2accesstoken 0 by nobody, command:cleartokens (cleared 0 access tokens, 0 refresh tokens, 0 authorization codes, 0 sessions, 2 device codes)")
		b.token(poll(live), by(b.web)).succeeded(t, "read write", true)
	}, shortLived)
}

// TestDeviceOfDeletedApplication: what was begun goes with the application, and with the user who entered the code.
func TestDeviceOfDeletedApplication(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		code := b.approved(t, b.web, b.alice)
		check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID))
		b.unchanged(t, func() { b.token(poll(code), by(b.web)).refused(t, 400, server.InvalidGrant, noDeviceCode) })
		b.approved(t, b.web, b.bob)
		check(t, b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID))
		b.counted(t, map[string]int{"device_codes": 0})
		b.change(t, func(tx *store.Tx) error {
			b.native.GrantTypes = models.Words{models.GrantRefreshToken}
			return tx.UpdateApplication(b.native.Application)
		})
		b.device(form(), by(b.native)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
	})
}
