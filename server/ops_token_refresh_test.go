package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestRefreshToken: the console renews a gateway application's token: contract §7, row refresh.
func TestRefreshToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, actor := range []server.Actor{as(b.member), as(b.admin)} {
			old, err := b.CreateToken(t.Context(), as(b.member), models.FaceConsole,
				server.TokenInput{Application: &b.web.ID, Scope: pointer("read"), Description: pointer("ci")})
			check(t, err)
			b.db.Clock.Advance(time.Hour)
			var issued *server.Issued
			entries := b.recorded(t, func() {
				issued, err = b.RefreshToken(t.Context(), actor, models.FaceConsole, old.AccessToken.ID, "")
				check(t, err)
			})
			token := issued.AccessToken
			want := []string{fmt.Sprintf("delete oauth2accesstoken %d by %s, console (refreshed)", old.AccessToken.ID, actor.User.Username),
				fmt.Sprintf("create oauth2accesstoken %d by %s, console", token.ID, actor.User.Username)}
			if got := []string{line(entries[0]), line(entries[1])}; len(entries) != 2 || cmp.Diff(want, got) != "" {
				t.Errorf("activity %v, want %v", got, want)
			}
			if token.FamilyID != old.AccessToken.FamilyID || token.Scope != models.ScopeRead || token.Description != "ci" ||
				!token.OwnedBy(b.member.ID) || *issued.RefreshToken.UserID != b.member.ID || token.User.Username != "om" {
				t.Errorf("the new pair is not the old one's successor: %+v", token)
			}
			if !token.Expires.Equal(b.db.Now().AddDate(1, 0, 0)) {
				t.Errorf("expires %v", token.Expires)
			}
			b.stored(t, token)
			b.plain(t, issued.AccessTokenValue, issued.RefreshTokenValue)
			b.counted(t, map[string]int{ // case 47
				"refresh_tokens WHERE revoked IS NOT NULL AND reason = 'rotated' AND access_token_id IS NULL AND family_id = '" + token.FamilyID + "'": 1,
				"refresh_tokens WHERE family_id = '" + token.FamilyID + "'":                                                                            2,
				"access_tokens WHERE family_id = '" + token.FamilyID + "'":                                                                             1})
			if b.accepts(t, models.FaceGateway, old.AccessTokenValue.Reveal()) || !b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
				t.Error("not exactly the new access token works")
			}
		}
	})
}

// TestRefreshTokenRefused: what is refused spends nothing; a controller token is refreshed at the controller only (case 71).
func TestRefreshTokenRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		refresh := func(actor server.Actor, face models.Face, id int64) func() error {
			return func() error {
				_, err := b.RefreshToken(t.Context(), actor, face, id, "")
				return err
			}
		}
		ours := b.issued(t, b.member, models.FaceGateway, &b.web).AccessToken.ID
		theirs := b.issued(t, b.member, models.FaceController, &b.job).AccessToken.ID
		for _, actor := range []server.Actor{as(b.orgAdmin), as(b.auditor), as(b.bob), {}} {
			b.refuses(t, "forbidden", "", refresh(actor, models.FaceConsole, ours))
		}
		for _, face := range []models.Face{models.FaceConsole, models.FaceGateway} {
			for _, actor := range []server.Actor{as(b.member), as(b.admin)} {
				b.refuses(t, "forbidden", models.ReasonControllerRefresh, refresh(actor, face, theirs))
			}
		}
		check(t, refresh(as(b.member), models.FaceController, theirs)())
		b.refuses(t, "not found", "", refresh(as(b.member), models.FaceController, theirs))
		personal := b.issued(t, b.member, models.FaceGateway, nil).AccessToken.ID
		b.refuses(t, "invalid ", "no refresh token", refresh(as(b.member), models.FaceConsole, personal))

		b.change(t, func(tx *store.Tx) error {
			b.member.IsActive = false
			return tx.UpdateUser(b.member)
		})
		b.refuses(t, "forbidden", "", refresh(as(b.admin), models.FaceConsole, ours))
		b.change(t, func(tx *store.Tx) error {
			b.member.IsActive, b.member.ExternalAccount = true, "social"
			return tx.UpdateUser(b.member)
		})
		b.refuses(t, "forbidden", models.ReasonExternalUser, refresh(as(b.admin), models.FaceConsole, ours))
		b.change(t, func(tx *store.Tx) error {
			b.member.ExternalAccount = ""
			b.web.GrantTypes = models.Words{models.GrantAuthorizationCode}
			return firstError(tx.UpdateUser(b.member), tx.UpdateApplication(b.web.Application))
		})
		b.refuses(t, "invalid ", "may not use refresh tokens", refresh(as(b.member), models.FaceConsole, ours))
		b.change(t, func(tx *store.Tx) error {
			b.web.GrantTypes = append(b.web.GrantTypes, models.GrantRefreshToken)
			return tx.UpdateApplication(b.web.Application)
		})
		b.db.Clock.Advance(2_628_000 * time.Second)
		b.refuses(t, "invalid ", "no refresh token that is still valid", refresh(as(b.member), models.FaceConsole, ours))
	})
}

// TestRefreshTokenRace: of many who renew one token at once, by hand and as the client, one succeeds, and the client is answered five times
// more.
func TestRefreshTokenRace(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		issued := b.issued(t, b.member, models.FaceGateway, &b.web)
		won, errs := make([]bool, racers), make([]string, racers)
		race(func(n int) {
			if n%2 == 0 {
				_, err := b.RefreshToken(t.Context(), as(b.member), models.FaceConsole, issued.AccessToken.ID, "")
				errs[n], won[n] = outcome(err), err == nil
				return
			}
			a := b.token(refreshGrant(issued.RefreshTokenValue.Reveal()), by(b.web))
			errs[n], won[n] = fmt.Sprintf("%d %s", a.Code, a.body["error"]), a.Code == 200
		})
		winners := 0
		for n, err := range errs {
			if won[n] {
				winners++
			} else if err != "not found" && err != "invalid " && err != "400 invalid_grant" {
				t.Errorf("a racer got %q", err)
			}
		}
		if winners != 6 {
			t.Errorf("%d racers renewed the token, want 1 and 5", winners)
		}
		b.counted(t, map[string]int{"access_tokens": 6, "refresh_tokens WHERE revoked IS NULL": 6, "refresh_tokens WHERE repeats = 5": 1, "refresh_tokens": 7})
	})
}
