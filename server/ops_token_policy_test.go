package server_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

const day = models.Day

// sets sets the token policy as a superuser.
func (b *bed) sets(t testing.TB, policy models.TokenPolicy) {
	t.Helper()
	check(t, b.SetTokenPolicy(t.Context(), as(b.admin), policy))
}

// TestSetTokenPolicy: who may, what is kept and told, and that another server on the database goes by it at once.
func TestSetTokenPolicy(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		policy := models.TokenPolicy{Default: 7 * day, Longest: 30 * day, Idle: 14 * day}
		for name, actor := range b.parties() {
			if name == "SU" {
				continue
			}
			b.refuses(t, "forbidden", "", func() error { return b.SetTokenPolicy(t.Context(), actor, policy) })
			_, err := b.TokenPolicy(t.Context(), actor)
			_, previewed := b.PreviewTokenPolicy(t.Context(), actor, policy)
			want := map[bool]string{true: "done", false: "forbidden"}[name == "aud"]
			if outcome(err) != want || outcome(previewed) != want {
				t.Errorf("%s reads: %v, %v, want %s", name, err, previewed, want)
			}
		}
		b.refuses(t, "invalid default_lifetime", "cannot be longer than the longest lifetime, which is 30 days", func() error {
			return b.SetTokenPolicy(t.Context(), as(b.admin), models.TokenPolicy{Default: 31 * day, Longest: 30 * day})
		})
		b.refuses(t, "invalid idle_lifetime", "1 day to 3650 days", func() error {
			return b.SetTokenPolicy(t.Context(), as(b.admin), models.TokenPolicy{Idle: 60})
		})
		_, err := b.PreviewTokenPolicy(t.Context(), as(b.admin), models.TokenPolicy{Idle: 60})
		if outcome(err) != "invalid idle_lifetime" {
			t.Errorf("previewed: %v", err)
		}
		b.records(t, func() { b.sets(t, policy) },
			`update setting 0 by admin, console; default_lifetime null > "604800"; idle_lifetime null > "1209600"; longest_lifetime null > "2592000"`)
		b.unchanged(t, func() { b.sets(t, policy) })
		other := b.another(t, func(o *server.Options) { o.Lifetimes.AccessToken = 3600 })
		if holds, set, err := other.TokenPolicyInForce(t.Context()); err != nil || holds != policy || set != policy {
			t.Errorf("another server goes by %+v, %+v, %v", holds, set, err)
		}
		b.records(t, func() { b.sets(t, models.TokenPolicy{Longest: 60 * day}) },
			`update setting 0 by admin, console; default_lifetime "604800" > null; idle_lifetime "1209600" > null; longest_lifetime "2592000" > "5184000"`)
		if holds, _, err := other.TokenPolicyInForce(t.Context()); err != nil || holds != (models.TokenPolicy{Default: 3600, Longest: 60 * day}) {
			t.Errorf("another server goes by %+v, %v", holds, err)
		}
		b.sets(t, models.TokenPolicy{})
		if holds, _, err := b.TokenPolicyInForce(t.Context()); err != nil || holds != (models.TokenPolicy{Default: 365 * day, Longest: 365 * day}) {
			t.Errorf("without one it is %+v, %v", holds, err)
		}
	})
}

// TestTokenPolicyOfNewTokens: on every face a personal token gets the default, or what is asked for up to the longest; tokens of applications go by
// the environment, and tokens that there are keep their expiry (contract §5).
func TestTokenPolicyOfNewTokens(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		before := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		b.sets(t, models.TokenPolicy{Default: 7 * day, Longest: 30 * day})
		b.stored(t, before)
		at := func(seconds int64) time.Time { return b.db.Now().Add(time.Duration(seconds) * time.Second) }
		make := func(actor server.Actor, face models.Face, in server.TokenInput) func() error {
			return func() error { _, err := b.CreateToken(t.Context(), actor, face, in); return err }
		}
		command := server.Command("create_oauth2_token")
		longest, beyond := at(30*day), at(30*day).Add(time.Microsecond)
		for _, each := range []struct {
			actor server.Actor
			face  models.Face
			user  *models.User
		}{{as(b.alice), models.FaceGateway, nil}, {as(b.alice), models.FaceConsole, nil}, {as(b.admin), models.FaceConsole, nil}, {command, models.FaceCommand, b.alice},
			{as(b.alice), models.FaceController, nil}} {
			issued, err := b.CreateToken(t.Context(), each.actor, each.face, server.TokenInput{User: each.user})
			check(t, err)
			if !issued.AccessToken.Expires.Equal(at(7 * day)) {
				t.Errorf("%s: expires %v, want the default", each.face, issued.AccessToken.Expires)
			}
			if each.face == models.FaceController {
				continue // which takes no expiry
			}
			issued, err = b.CreateToken(t.Context(), each.actor, each.face, server.TokenInput{User: each.user, Expires: &longest})
			check(t, err)
			if !issued.AccessToken.Expires.Equal(longest) {
				t.Errorf("%s: expires %v, want the longest", each.face, issued.AccessToken.Expires)
			}
			b.refuses(t, "invalid expires", "The expiry may be at most 30 days from now.", make(each.actor, each.face, server.TokenInput{User: each.user, Expires: &beyond}))
			b.refuses(t, "invalid scope,expires", "at most 30 days", make(each.actor, each.face, server.TokenInput{User: each.user, Expires: &beyond, Scope: pointer("x")}))
		}
		year := at(365 * day)
		of := server.TokenInput{Application: &b.web.ID, Expires: &year}
		issued, err := b.CreateToken(t.Context(), as(b.member), models.FaceGateway, of)
		check(t, err)
		if !issued.AccessToken.Expires.Equal(year) {
			t.Errorf("the application's expires %v", issued.AccessToken.Expires)
		}
		beyond = year.Add(time.Microsecond)
		of.Expires = &beyond
		b.refuses(t, "invalid expires", "at most 365 days", make(as(b.member), models.FaceGateway, of))
		if got := b.presented(t, b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).access); !got.Expires.Equal(year) {
			t.Errorf("a granted token expires %v", got.Expires)
		}
	})
}

// TestTokenPolicyBeyondTheEnvironment: a longest that is longer than the environment's lifetime is honoured, for years beyond a time.Duration too.
func TestTokenPolicyBeyondTheEnvironment(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.sets(t, models.TokenPolicy{Longest: models.LongestAllowed})
		far := b.db.Now().AddDate(0, 0, 365_000)
		issued, err := b.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{Expires: &far})
		check(t, err)
		if !issued.AccessToken.Expires.Equal(far) || far.Year() < 3000 {
			t.Errorf("expires %v, want %v", issued.AccessToken.Expires, far)
		}
		b.stored(t, issued.AccessToken)
		far = far.Add(time.Microsecond)
		b.refuses(t, "invalid expires", "at most 365000 days", func() error {
			_, err := b.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{Expires: &far})
			return err
		})
	})
}

// TestIdleLifetime: a personal token of either platform that goes unused for so long is refused like an expired one, by every server and wherever
// tokens are taken; use keeps it, and nothing else does. It is no more refused when the policy lets it live.
func TestIdleLifetime(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.another(t)
		used, unused := b.personal(t, b.alice, models.FaceGateway, "read"), b.issued(t, b.alice, models.FaceGateway, nil)
		controllers := b.personal(t, b.alice, models.FaceController, "read")
		application := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true).access
		admin := b.personal(t, b.admin, models.FaceGateway, "read")
		value := unused.AccessTokenValue.Reveal()
		works := func(value string, want bool) {
			t.Helper()
			for _, server := range []*bed{b, other} {
				for _, face := range []models.Face{models.FaceGateway, models.FaceController, models.FaceForward, models.FaceGatewayOAuth} {
					if got := server.accepts(t, face, value); got != want && (face != models.FaceController || value != application) {
						t.Errorf("%s: accepted %t, want %t", face, got, want)
					}
				}
				_, err := server.VerifyBearer(t.Context(), models.SecretOf(value), false, "192.0.2.1")
				if (err == nil) != want {
					t.Errorf("forward authentication: %v, want %t", err, want)
				}
			}
		}
		b.sets(t, models.TokenPolicy{Idle: 14 * day})
		b.db.Clock.Advance(14*24*time.Hour - time.Microsecond)
		works(used, true)
		works(admin, true)
		b.introspect(form("token", value), bearer(admin)) // which is no use of it
		_, err := b.UpdateToken(t.Context(), as(b.alice), models.FaceGateway, unused.AccessToken.ID, server.TokenInput{Description: pointer("changed")})
		check(t, err)
		b.db.Clock.Advance(time.Microsecond)
		works(used, true)
		works(application, true)
		works(value, false)
		works(controllers, false)
		b.introspect(form("token", value), bearer(admin)).inactive(t)
		kept, err := b.Token(t.Context(), as(b.alice), models.FaceConsole, unused.AccessToken.ID)
		check(t, err)
		if kept.Unused != 14*day || kept.LastUsed != nil {
			t.Errorf("it is shown as %d, used %v", kept.Unused, kept.LastUsed)
		}
		b.refuses(t, "invalid ", "has expired", func() error {
			_, err := b.RegenerateToken(t.Context(), as(b.alice), models.FaceGateway, unused.AccessToken.ID, 0, "")
			return err
		})
		cleared, err := b.ClearTokens(t.Context(), clearing)
		check(t, err)
		if cleared.AccessTokens != 0 {
			t.Errorf("%d tokens were cleared", cleared.AccessTokens)
		}
		b.sets(t, models.TokenPolicy{Idle: 15 * day})
		works(value, true)
		b.sets(t, models.TokenPolicy{Idle: 14 * day})
		works(value, true) // it was used meanwhile
		b.sets(t, models.TokenPolicy{})
		works(controllers, true)
	})
}

// TestIdleLifetimeLists: a list says which of its tokens have gone unused for too long.
func TestIdleLifetimeLists(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		old := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		b.db.Clock.Advance(48 * time.Hour)
		young := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		list := func() map[int64]int64 {
			page, err := b.Tokens(t.Context(), as(b.alice), models.FaceConsole, store.Query{})
			check(t, err)
			unused := map[int64]int64{}
			for _, row := range page.Rows {
				unused[row.ID] = row.Unused
			}
			return unused
		}
		if got := list(); got[old.ID] != 0 || got[young.ID] != 0 {
			t.Errorf("without an idle lifetime: %v", got)
		}
		b.sets(t, models.TokenPolicy{Idle: 2 * day})
		if got := list(); got[old.ID] != 2*day || got[young.ID] != 0 {
			t.Errorf("with one of two days: %v", got)
		}
	})
}

// TestPreviewTokenPolicy: the numbers are those of the tokens that a change stops or lets work again, in comparison with the policy in force.
func TestPreviewTokenPolicy(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 3 {
			b.issued(t, b.alice, models.FaceGateway, nil)
			b.issued(t, b.member, models.FaceGateway, &b.web) // which no token policy touches
			b.db.Clock.Advance(10 * 24 * time.Hour)
		}
		preview := func(policy models.TokenPolicy, stopping, reviving, beyond int64) {
			t.Helper()
			got, err := b.PreviewTokenPolicy(t.Context(), as(b.auditor), policy)
			check(t, err)
			want := server.TokenPolicyEffects{Stopping: store.Amount{Number: stopping}, Reviving: store.Amount{Number: reviving}, Beyond: store.Amount{Number: beyond}}
			if got != want {
				t.Errorf("%+v: %+v, want %+v", policy, got, want)
			}
		}
		preview(models.TokenPolicy{}, 0, 0, 0)
		preview(models.TokenPolicy{Idle: 20 * day}, 2, 0, 0)
		preview(models.TokenPolicy{Idle: 10 * day, Longest: 340 * day}, 3, 0, 2)
		b.sets(t, models.TokenPolicy{Idle: 20 * day})
		preview(models.TokenPolicy{Idle: 20 * day}, 0, 0, 0)
		preview(models.TokenPolicy{Idle: 10 * day, Longest: day}, 1, 0, 3)
		preview(models.TokenPolicy{Idle: 30 * day}, 0, 1, 0)
		preview(models.TokenPolicy{}, 0, 2, 0)
	})
}

// TestTokenPolicyIsReadAsItIs: nothing of the policy is remembered. A policy that cannot be read lets no token pass that it might end, and
// those of daily use pass all the same.
func TestTokenPolicyIsReadAsItIs(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		old := b.issued(t, b.alice, models.FaceGateway, nil).AccessTokenValue
		b.db.Clock.Advance(24 * time.Hour)
		young := b.issued(t, b.alice, models.FaceGateway, nil).AccessTokenValue
		b.change(t, func(tx *store.Tx) error { return tx.SetSetting("token_policy", "no policy") })
		if !b.accepts(t, models.FaceGateway, young.Reveal()) {
			t.Error("a token of today is refused")
		}
		_, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, old, "192.0.2.1")
		if outcome(err) == "done" || outcome(err) == "invalid token" {
			t.Errorf("a token of yesterday: %v", err)
		}
		if answer := b.introspect(form("token", old.Reveal()), bearer(young.Reveal())); answer.Code == 200 {
			t.Errorf("introspected: %s", answer.text)
		}
	})
}

// TestTokenPolicyRaces: of many who set it at once each entry tells what was there before, and what is kept is what the last one says.
func TestTokenPolicyRaces(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		entries := b.recorded(t, func() {
			race(func(n int) { b.sets(t, models.TokenPolicy{Idle: int64(n+1) * day}) })
		})
		last := (*string)(nil)
		for _, entry := range entries {
			change := entry.Changes.Changed["idle_lifetime"]
			if shown(change[0]) != shown(last) {
				t.Errorf("%s follows upon %s", line(entry), shown(last))
			}
			last = change[1]
		}
		kept, err := b.TokenPolicy(t.Context(), as(b.admin))
		check(t, err)
		if shown(last) != fmt.Sprintf("%q", fmt.Sprint(kept.Idle)) {
			t.Errorf("kept is %d, the last entry says %s", kept.Idle, shown(last))
		}
	})
}
