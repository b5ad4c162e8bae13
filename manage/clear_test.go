package manage

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// stock is what case 60 begins with: 100 expired and 100 live access tokens, 25 of each with refresh tokens, and as many codes.
type stock struct {
	user                        *models.User
	application                 *models.Application
	expired, live               []models.Secret // access tokens without a refresh token
	expiredPaired, livePaired   []models.Secret // access tokens with one
	expiredRefresh, liveRefresh []models.Secret
	expiredCodes, liveCodes     []models.Secret
}

func (w *world) stock() *stock {
	w.t.Helper()
	s := &stock{user: w.alice, application: w.applications()[models.Gateway]}
	w.write(func(tx *store.Tx) error {
		*s = stock{user: s.user, application: s.application}
		var failed error
		for range 75 {
			failed = errors.Join(failed, s.add(tx, -24*time.Hour, &s.expired, nil, &s.expiredCodes), s.add(tx, 24*time.Hour, &s.live, nil, &s.liveCodes))
		}
		for range 25 {
			failed = errors.Join(failed, s.add(tx, -24*time.Hour, &s.expiredPaired, &s.expiredRefresh, &s.expiredCodes),
				s.add(tx, 24*time.Hour, &s.livePaired, &s.liveRefresh, &s.liveCodes))
		}
		return failed
	})
	return s
}

// add stores an access token with a code and, where asked for, a refresh token.
func (s *stock) add(tx *store.Tx, lifetime time.Duration, access, refresh, codes *[]models.Secret) error {
	token, renewal, err := tokenSpec{user: s.user, application: s.application, refresh: refresh != nil, lifetime: lifetime}.store(tx)
	if err != nil {
		return err
	}
	code := models.NewSecret(models.TokenLength)
	*access, *codes = append(*access, token), append(*codes, code)
	if refresh != nil {
		*refresh = append(*refresh, renewal)
	}
	return tx.CreateAuthorizationCode(&models.AuthorizationCode{Digest: code.Digest(), ApplicationID: s.application.ID, UserID: s.user.ID,
		RedirectURI: "https://client.example.org/callback", Scope: models.ScopeWrite, FamilyID: models.RandomText(20),
		Created: tx.Now().Add(lifetime - time.Minute), Expires: tx.Now().Add(lifetime)})
}

// counts are how many of each kind of the stock are there.
type counts struct {
	Expired, Live, ExpiredPaired, LivePaired, ExpiredRefresh, LiveRefresh, ExpiredCodes, LiveCodes int
}

func (w *world) count(s *stock) counts {
	read := w.db.Read(w.t.Context())
	access := func(of []models.Secret) int {
		return found(w, of, func(d models.Digest) error { _, err := read.AccessTokenByDigest(d); return err })
	}
	refresh := func(of []models.Secret) int {
		return found(w, of, func(d models.Digest) error { _, err := read.RefreshTokenByDigest(d); return err })
	}
	codes := func(of []models.Secret) int {
		return found(w, of, func(d models.Digest) error { _, err := read.AuthorizationCodeByDigest(d); return err })
	}
	return counts{access(s.expired), access(s.live), access(s.expiredPaired), access(s.livePaired),
		refresh(s.expiredRefresh), refresh(s.liveRefresh), codes(s.expiredCodes), codes(s.liveCodes)}
}

func found(w *world, secrets []models.Secret, look func(models.Digest) error) int {
	w.t.Helper()
	n := 0
	for _, secret := range secrets {
		switch err := look(secret.Digest()); {
		case err == nil:
			n++
		case !errors.Is(err, store.ErrNotFound):
			w.t.Fatal(err)
		}
	}
	return n
}

func (w *world) expectCounts(s *stock, want counts) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.count(s)); diff != "" {
		w.t.Errorf("rows (-want +got):\n%s", diff)
	}
}

var fullStock = counts{Expired: 75, Live: 75, ExpiredPaired: 25, LivePaired: 25, ExpiredRefresh: 25, LiveRefresh: 25, ExpiredCodes: 100, LiveCodes: 100}

// cleared is what clearing leaves of the stock when refresh tokens live shorter than the expired tokens' age.
var cleared = counts{Live: 75, LivePaired: 25, LiveRefresh: 25, LiveCodes: 100}

// TestCase60ClearTokens is case 60, in one batch and in batches of 10 beside a running server.
func TestCase60ClearTokens(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"10000", "10"} {
		t.Run("batches of "+size, func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, address string) {
				w := newWorld(t, address, "OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS=3600", "CLEAR_EXPIRED_TOKENS_BATCH_SIZE="+size)
				s := w.stock()
				w.expectCounts(s, fullStock)
				w.serve()
				entries := len(w.activity())
				w.prints("Deleted access tokens: 100\nDeleted refresh tokens: 25\nDeleted authorization codes: 100\n", "cleartokens")
				w.expectCounts(s, cleared)
				entry := w.activity()[0]
				if len(w.activity()) != entries+1 || entry.Origin != "command:cleartokens" || entry.Operation != models.OperationDelete || entry.ActorID != nil {
					t.Errorf("%d activity entries, the last of them %+v", len(w.activity())-entries, entry)
				}
				w.prints("Deleted access tokens: 0\nDeleted refresh tokens: 0\nDeleted authorization codes: 0\n", "cleartokens")
				w.prints("", "cleartokens", "-v", "0")
				w.expectCounts(s, cleared)
				if len(w.activity()) != entries+1 {
					t.Error("clearing nothing left an activity entry")
				}
			})
		})
	}
}

// TestCase61ClearTokensKeeps is case 61: refresh tokens that live longer than the expired access tokens' age keep these.
func TestCase61ClearTokensKeeps(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		s := w.stock()
		w.prints("Deleted access tokens: 75\nDeleted refresh tokens: 0\nDeleted authorization codes: 100\n", "cleartokens")
		want := cleared
		want.ExpiredPaired, want.ExpiredRefresh = 25, 25
		w.expectCounts(s, want)
	})
}

// TestCase59CleanupTokens is case 59.
func TestCase59CleanupTokens(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address, "OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS=3600")
		application := w.applications()[models.Controller]
		expire := func() {
			w.token(tokenSpec{user: w.alice, application: application, refresh: true, lifetime: -24 * time.Hour})
		}
		expire()
		numbers := "Expired OAuth 2 Access Tokens deleted: %[1]d\nExpired OAuth 2 Refresh Tokens deleted: %[1]d\n"
		if got := w.run("cleanup_tokens"); got != (result{Err: fmt.Sprintf(numbers, 1)}) {
			t.Errorf("%+v", got)
		}
		if got := w.run("cleanup_tokens", "--verbosity=3"); got != (result{Err: fmt.Sprintf(numbers, 0)}) {
			t.Errorf("again: %+v", got)
		}
		expire()
		if got := w.run("cleanup_tokens", "-v0"); got != (result{}) || len(w.accessTokens()) != 0 {
			t.Errorf("-v0: %+v", got)
		}
	})
}

// TestClearDeviceCodes: device codes have a line of their own, after the three that scripts know and only where there were some.
func TestClearDeviceCodes(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		application := w.applications()[models.Gateway]
		w.write(func(tx *store.Tx) error {
			var failed error
			for _, lifetime := range []time.Duration{-time.Hour, -time.Minute, time.Hour} {
				failed = errors.Join(failed, tx.CreateDeviceCode(&models.DeviceCode{Digest: models.NewSecret(models.TokenLength).Digest(),
					UserCodeDigest: models.NewUserCode().Digest(), ApplicationID: application.ID, Scope: models.ScopeRead, State: models.DevicePending,
					IntervalSeconds: 5, FamilyID: models.RandomText(20), Created: tx.Now().Add(-time.Hour), Expires: tx.Now().Add(lifetime)}))
			}
			return failed
		})
		const nothing = "Deleted access tokens: 0\nDeleted refresh tokens: 0\nDeleted authorization codes: 0\n"
		w.prints(nothing+"Deleted device codes: 2\n", "cleartokens")
		w.prints(nothing, "cleartokens")
		if entry := w.activity()[0]; entry.Note != "cleared 0 access tokens, 0 refresh tokens, 0 authorization codes, 0 sessions, 2 device codes" {
			t.Errorf("the entry says %q", entry.Note)
		}
	})
}
