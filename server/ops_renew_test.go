package server_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// secretWorks reports whether the client authenticates with the secret.
func (b *bed) secretWorks(t testing.TB, c client, secret string) bool {
	t.Helper()
	return b.token(passwordGrant(), basic(c.ClientID+":"+secret)).Code == 200
}

// TestRotateSecret: contract §12.33: both secrets work for as long as is asked, then the new one alone; tokens are not touched (§7).
func TestRotateSecret(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		rotate := func(overlap int64) string {
			_, secret, err := b.RotateSecret(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID, overlap, "")
			check(t, err)
			return secret.Reveal()
		}
		works := func(secret string, want bool) {
			t.Helper()
			if got := b.secretWorks(t, b.web, secret); got != want {
				t.Errorf("the secret works: %t, want %t", got, want)
			}
		}
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		first, second := b.web.Secret, ""
		b.records(t, func() { second = rotate(60) }, fmt.Sprintf("update oauth2application %d by oa, console (secret rotated)", b.web.ID))
		works(first, true)
		works(second, true)
		third := rotate(60) // of those from before, one at most is left
		works(first, false)
		works(second, true)
		works(third, true)
		b.db.Clock.Advance(time.Minute)
		works(second, false)
		works(third, true)
		fourth := rotate(0)
		works(third, false)
		works(fourth, true)
		b.token(refreshGrant(token.refresh), basic(b.web.ClientID+":"+fourth)).succeeded(t, "read write", true)
		for _, spent := range []string{first, second, third} {
			if spent == fourth || len(spent) != models.ClientSecretLength {
				t.Error("a secret of another length, or one twice")
			}
		}
	})
}

func TestRotateSecretRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		rotate := func(actor server.Actor, face models.Face, id, overlap int64) func() error {
			return func() error {
				_, _, err := b.RotateSecret(t.Context(), actor, face, id, overlap, "")
				return err
			}
		}
		for _, actor := range []server.Actor{as(b.auditor), as(b.member), as(b.bob), {}} {
			b.refuses(t, "forbidden", "", rotate(actor, models.FaceGateway, b.web.ID, 0))
		}
		b.refuses(t, "hidden", "", rotate(as(b.admin), models.FaceController, b.web.ID, 0))
		b.refuses(t, "not found", "", rotate(as(b.admin), models.FaceGateway, 99_999, 0))
		for _, overlap := range []int64{-1, server.LongestOverlap + 1} {
			b.refuses(t, "invalid overlap_seconds", "from 0 to 2592000", rotate(as(b.admin), models.FaceGateway, b.web.ID, overlap))
		}
		b.refuses(t, "invalid ", "public client", rotate(as(b.admin), models.FaceGateway, b.native.ID, 0))
		b.web.UserID = &b.alice.ID
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		b.refuses(t, "forbidden", "Only its owner or a superuser", rotate(as(b.orgAdmin), models.FaceGateway, b.web.ID, 0))
		b.web.UserID, b.web.IntrospectAll = nil, true
		b.change(t, func(tx *store.Tx) error { return tx.UpdateApplication(b.web.Application) })
		b.refuses(t, "forbidden", "Only a superuser may rotate", rotate(as(b.orgAdmin), models.FaceGateway, b.web.ID, 0))
		check(t, rotate(as(b.admin), models.FaceGateway, b.web.ID, server.LongestOverlap)())
		check(t, rotate(as(b.orgAdmin), models.FaceGateway, b.job.ID, 0)()) // a controller's application is edited at the gateway too
	})
}

// TestRegenerateToken: contract §12.33: all but the value stays, and the old value works for as long as is asked.
func TestRegenerateToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		made, err := b.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{Description: pointer("ci"), Scope: pointer("read")})
		check(t, err)
		id, first := made.AccessToken.ID, made.AccessTokenValue
		b.db.Clock.Advance(time.Hour)
		regenerate := func(overlap int64) models.Secret {
			issued, err := b.RegenerateToken(t.Context(), as(b.alice), models.FaceGateway, id, overlap, "")
			check(t, err)
			if token := issued.AccessToken; token.ID != id || token.Description != "ci" || token.Scope != "read" || !token.Expires.Equal(made.AccessToken.Expires) ||
				!token.Modified.Equal(b.db.Now()) || token.Hint != issued.AccessTokenValue.Reveal()[:4] {
				t.Errorf("regenerated is %+v", token)
			}
			return issued.AccessTokenValue
		}
		works := func(value models.Secret, want bool) {
			t.Helper()
			if got := b.accepts(t, models.FaceGateway, value.Reveal()); got != want {
				t.Errorf("the value works: %t, want %t", got, want)
			}
		}
		var second models.Secret
		b.records(t, func() { second = regenerate(60) }, fmt.Sprintf("update oauth2accesstoken %d by alice, console (regenerated)", id))
		works(first, true)
		works(second, true)
		if old := b.presented(t, first.Reveal()); old.ID != id || !old.Expires.Equal(b.db.Now().Add(time.Minute)) {
			t.Errorf("the old value is token %d and expires %v", old.ID, old.Expires)
		}
		third := regenerate(60)
		works(first, false)
		works(second, true)
		b.db.Clock.Advance(time.Minute)
		works(second, false)
		works(third, true)
		cleared, err := b.ClearTokens(t.Context(), clearing)
		check(t, err)
		if cleared != (server.Cleared{}) {
			t.Errorf("cleared %+v", cleared)
		}
		b.counted(t, map[string]int{"replaced_tokens": 0, "access_tokens": 1})
		fourth := regenerate(3600)
		check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceGateway, id))
		works(third, false)
		works(fourth, false)
		b.counted(t, map[string]int{"replaced_tokens": 0})
	})
}

func TestRegenerateTokenRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		personal := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		other := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		controller := b.issued(t, b.alice, models.FaceController, nil).AccessToken
		ofApplication := b.issued(t, b.member, models.FaceGateway, &b.web).AccessToken
		regenerate := func(actor server.Actor, face models.Face, id, overlap int64) func() error {
			return func() error {
				_, err := b.RegenerateToken(t.Context(), actor, face, id, overlap, "")
				return err
			}
		}
		for _, actor := range []server.Actor{as(b.admin), as(b.auditor), as(b.bob), {}} { // a superuser neither: the value opens what is alice's
			b.refuses(t, "forbidden", "", regenerate(actor, models.FaceGateway, personal.ID, 0))
		}
		b.refuses(t, "forbidden", "automation controller", regenerate(as(b.alice), models.FaceGateway, controller.ID, 0))
		b.refuses(t, "forbidden", "automation controller", regenerate(as(b.alice), models.FaceController, controller.ID, 0))
		b.refuses(t, "hidden", "", regenerate(as(b.alice), models.FaceController, personal.ID, 0))
		b.refuses(t, "invalid ", "Only personal access tokens", regenerate(as(b.member), models.FaceGateway, ofApplication.ID, 0))
		b.refuses(t, "not found", "", regenerate(as(b.alice), models.FaceGateway, 99_999, 0))
		for _, overlap := range []int64{-1, server.LongestOverlap + 1} {
			b.refuses(t, "invalid overlap_seconds", "from 0 to 2592000", regenerate(as(b.alice), models.FaceGateway, personal.ID, overlap))
		}
		bearer := as(b.alice)
		bearer.Token = other
		b.refuses(t, "forbidden", "itself only", regenerate(bearer, models.FaceGateway, personal.ID, 0))
		check(t, regenerate(bearer, models.FaceGateway, other.ID, 0)())
		external := b.stranger(t, models.User{Username: "sso"})
		theirs := b.issued(t, external, models.FaceGateway, nil).AccessToken
		external.ExternalAccount = "ldap"
		b.refuses(t, "forbidden", models.ReasonExternalUser, regenerate(as(external), models.FaceGateway, theirs.ID, 0))
		b.db.Clock.Advance(366 * 24 * time.Hour)
		b.refuses(t, "invalid ", "has expired", regenerate(as(b.alice), models.FaceGateway, personal.ID, 0))
	})
}

// TestRegenerateTokenRace: of many at once each gets a value; one value is the token's in the end, and one from before overlaps.
func TestRegenerateTokenRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		values := make([]models.Secret, racers)
		race(func(n int) {
			issued, err := b.RegenerateToken(t.Context(), as(b.alice), models.FaceGateway, token.ID, 60, "")
			if err != nil {
				t.Errorf("regenerate: %v", err)
				return
			}
			values[n] = issued.AccessTokenValue
		})
		working := 0
		for _, value := range values {
			if b.accepts(t, models.FaceGateway, value.Reveal()) {
				working++
			}
		}
		if working != 2 {
			t.Errorf("%d values work, want the last one and the one before", working)
		}
		b.counted(t, map[string]int{"replaced_tokens": 1, "access_tokens": 1, "activity WHERE note = 'regenerated'": racers})
	})
}
