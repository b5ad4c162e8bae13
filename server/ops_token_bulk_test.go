package server_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

var revoking = server.Command("revoke_oauth2_tokens")

// revoked runs a revocation and gives what it reported, one text for each token in order.
func (b *bed) revoked(t testing.TB, r server.Revocation) []string {
	t.Helper()
	told := []string{}
	r.Report = func(refresh []models.RefreshToken, access []models.AccessToken) error {
		for _, token := range refresh {
			told = append(told, fmt.Sprintf("refresh %d %s", token.ID, token.Hint))
		}
		for _, token := range access {
			told = append(told, fmt.Sprintf("access %d %s", token.ID, token.Hint))
		}
		return nil
	}
	check(t, b.RevokeTokens(t.Context(), revoking, r))
	return told
}

func told(issued *server.Issued, kind string) string {
	if kind == "refresh" {
		return fmt.Sprintf("refresh %d %s", issued.RefreshToken.ID, issued.RefreshToken.Hint)
	}
	return fmt.Sprintf("access %d %s", issued.AccessToken.ID, issued.AccessToken.Hint)
}

// TestRevokeTokens: cases 57 and 58: access tokens of everybody or of one user, of one platform, expired ones included; refresh tokens
// stay unless they are asked for.
func TestRevokeTokens(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		mine, controller := b.issued(t, b.alice, models.FaceGateway, nil), b.issued(t, b.alice, models.FaceController, nil)
		application := b.issued(t, b.member, models.FaceGateway, &b.web)
		b.db.Clock.Advance(2 * 365 * 24 * time.Hour) // all of these have expired
		fresh := b.issued(t, b.member, models.FaceController, &b.job)

		b.refuses(t, "not found", "", func() error {
			return b.RevokeTokens(t.Context(), revoking, server.Revocation{User: "nobody", RefreshTokens: true})
		})
		for _, actor := range []server.Actor{as(b.alice), as(b.auditor), as(b.orgAdmin), {}} {
			b.refuses(t, "forbidden", "", func() error { return b.RevokeTokens(t.Context(), actor, server.Revocation{User: "alice"}) })
		}
		b.records(t, func() {
			got := b.revoked(t, server.Revocation{User: "alice", Platform: models.Controller})
			if diff := cmp.Diff([]string{told(controller, "access")}, got); diff != "" {
				t.Errorf("alice's at the controller (-want +got):\n%s", diff)
			}
		}, fmt.Sprintf("delete oauth2accesstoken %d by nobody, command:revoke_oauth2_tokens (revoked)", controller.AccessToken.ID),
			"delete oauth2accesstoken 0 by nobody, command:revoke_oauth2_tokens (revoked 1 access tokens, 0 refresh tokens of alice, controller only)")
		want := []string{told(mine, "access"), told(application, "access"), told(fresh, "access")}
		if diff := cmp.Diff(want, b.revoked(t, server.Revocation{})); diff != "" {
			t.Errorf("everybody's (-want +got):\n%s", diff)
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE revoked IS NULL AND access_token_id IS NULL": 2})
		for _, issued := range []*server.Issued{mine, application, fresh} {
			if b.accepts(t, models.FaceController, issued.AccessTokenValue.Reveal()) {
				t.Error("a revoked token is accepted")
			}
		}
		b.unchanged(t, func() {
			if got := b.revoked(t, server.Revocation{}); len(got) != 0 {
				t.Errorf("the second run reports %v", got)
			}
		})
		b.controllerToken(refreshGrant(fresh.RefreshTokenValue.Reveal()), by(b.job)).succeeded(t, "write", true)
		got := b.revoked(t, server.Revocation{RefreshTokens: true})
		if len(got) != 3 || got[0] != told(application, "refresh") { // the rotated one is revoked already
			t.Errorf("refresh tokens and all: %v", got)
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens": 3, "refresh_tokens WHERE revoked IS NULL": 0,
			"refresh_tokens WHERE reason = 'revoked'": 2, "refresh_tokens WHERE reason = 'rotated'": 1})
	})
}

// TestRevokeRefreshTokensOfUser: contract §6: an access token counts by the user it acts as, a refresh token by its own user.
func TestRevokeRefreshTokensOfUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.change(t, func(tx *store.Tx) error {
			b.web.UserID = &b.member.ID // tokens of web act as om
			return tx.UpdateApplication(b.web.Application)
		})
		byAdmin := b.issued(t, b.admin, models.FaceGateway, &b.web)
		byMember := b.issued(t, b.member, models.FaceGateway, &b.web)
		unowned := b.issued(t, b.admin, models.FaceController, &b.job)
		alices := b.issued(t, b.alice, models.FaceGateway, nil)

		if diff := cmp.Diff([]string{told(unowned, "access")}, b.revoked(t, server.Revocation{User: "admin"})); diff != "" {
			t.Errorf("admin's access tokens (-want +got):\n%s", diff)
		}
		b.records(t, func() {
			want := []string{told(byAdmin, "refresh"), told(unowned, "refresh"), told(byAdmin, "access")}
			if diff := cmp.Diff(want, b.revoked(t, server.Revocation{User: "admin", RefreshTokens: true})); diff != "" {
				t.Errorf("admin's refresh tokens and what came with them (-want +got):\n%s", diff)
			}
		},
			fmt.Sprintf(`update oauth2refreshtoken %d by nobody, command:revoke_oauth2_tokens (revoked); revoked null > "2026-03-01T12:00:00Z"`, byAdmin.RefreshToken.ID),
			fmt.Sprintf(`update oauth2refreshtoken %d by nobody, command:revoke_oauth2_tokens (revoked); revoked null > "2026-03-01T12:00:00Z"`, unowned.RefreshToken.ID),
			fmt.Sprintf("delete oauth2accesstoken %d by nobody, command:revoke_oauth2_tokens (revoked)", byAdmin.AccessToken.ID),
			"delete oauth2accesstoken 0 by nobody, command:revoke_oauth2_tokens (revoked 1 access tokens, 2 refresh tokens of admin)")
		for _, issued := range []*server.Issued{byMember, alices} {
			if !b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
				t.Error("a token of somebody else was revoked")
			}
		}
		b.token(refreshGrant(byMember.RefreshTokenValue.Reveal()), by(b.web)).succeeded(t, "write", true)
		b.unchanged(t, func() { _ = b.revoked(t, server.Revocation{User: "admin", RefreshTokens: true}) })
	})
}

// many stores application tokens of alice with a refresh token each, fast.
func (b *bed) many(t testing.TB, number int) {
	t.Helper()
	for made := 0; made < number; made += 500 {
		b.change(t, func(tx *store.Tx) error {
			for range min(500, number-made) {
				access := &models.AccessToken{Digest: models.NewSecret(30).Digest(), Hint: "many", UserID: &b.alice.ID, ApplicationID: &b.web.ID,
					Scope: models.ScopeRead, Expires: tx.Now().Add(time.Hour), Platform: models.Gateway, FamilyID: models.RandomText(22)}
				if err := tx.CreateAccessToken(access); err != nil {
					return err
				}
				refresh := &models.RefreshToken{Digest: models.NewSecret(30).Digest(), Hint: "many", UserID: &b.alice.ID, ApplicationID: b.web.ID,
					SubjectUserID: &b.alice.ID, AccessTokenID: &access.ID, Scope: models.ScopeRead, Platform: models.Gateway,
					FamilyID: access.FamilyID, Created: tx.Now(), Expires: tx.Now().Add(2 * time.Hour)}
				if err := tx.CreateRefreshToken(refresh); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// TestRevokeTokensInStretches: where ids are many, a run divides them, on PostgreSQL among lanes that go on beside each other, and each token is revoked once, told of once and entered once.
func TestRevokeTokensInStretches(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		const tokens, step = 300, 307 // ids up to 92,100
		b.change(t, func(tx *store.Tx) error {
			for n := int64(1); n <= tokens; n++ {
				access := &models.AccessToken{ID: n * step, Digest: models.NewSecret(30).Digest(), Hint: "far", UserID: &b.alice.ID, Scope: models.ScopeRead,
					Expires: tx.Now().Add(time.Hour), Platform: models.Gateway}
				if err := tx.CreateAccessToken(access); err != nil {
					return err
				}
				refresh := &models.RefreshToken{ID: n * (step - 1), Digest: models.NewSecret(30).Digest(), Hint: "far", UserID: &b.alice.ID, ApplicationID: b.web.ID, SubjectUserID: &b.alice.ID,
					Scope: models.ScopeRead, Platform: models.Gateway, Created: tx.Now(), Expires: tx.Now().Add(2 * time.Hour)}
				if n%2 == 0 {
					refresh.AccessTokenID = &access.ID
				}
				if err := tx.CreateRefreshToken(refresh); err != nil {
					return err
				}
			}
			return nil
		})
		var want []string
		for n := int64(1); n <= tokens; n++ {
			want = append(want, fmt.Sprintf("access %d far", n*step), fmt.Sprintf("refresh %d far", n*(step-1)))
		}
		if crowd, deadline := new(store.Crowd), time.Now().Add(time.Minute); b.db.Lanes() > 1 {
			for b.db.Crowded(t.Context(), crowd) { // by what made the tokens
				if time.Now().After(deadline) {
					t.Fatal("somebody is always at work")
				}
			}
		}
		var shared atomic.Int64
		check(t, b.db.Trace(func(statement store.Statement) {
			if strings.Contains(statement.SQL, "pg_advisory_xact_lock_shared") && len(statement.Vars) > 1 && statement.Vars[1] == "on" {
				shared.Add(1)
			}
		}))
		got := b.revoked(t, server.Revocation{RefreshTokens: true})
		if (shared.Load() > 0) != (b.db.Lanes() > 1) {
			t.Errorf("%d transactions passed beside each other in %d lanes", shared.Load(), b.db.Lanes())
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("revoked (-want +got):\n%s", diff)
		}
		if n := b.noted(t, "revoked"); n != 2*tokens {
			t.Errorf("%d entries of %d tokens", n, 2*tokens)
		}
	})
}

// firstBatch is how many tokens the first transaction of a revocation takes: a few, where others might wait for it.
func firstBatch(b *bed) int {
	if b.db.Dialect() == store.SQLite {
		return 100
	}
	return 1000
}

// TestRevokeTokensInBatches: 2,500 tokens go in batches of at most 1,000; what is reported is durable; a run that is stopped is taken up by the
// next; tokens that are issued meanwhile do not keep a run going.
func TestRevokeTokensInBatches(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.many(t, 2500)
		stop := errors.New("stopped")
		var reported []int
		report := func(refresh []models.RefreshToken, access []models.AccessToken) error {
			reported = append(reported, len(refresh), len(access))
			gone := 0
			for n := 1; n < len(reported); n += 2 {
				gone += reported[n]
			}
			b.counted(t, map[string]int{"access_tokens": 2500 - gone, "activity WHERE object_type = 'oauth2accesstoken' AND object_id > 0": gone})
			if len(reported) == 2 {
				return stop
			}
			return nil
		}
		revocation := server.Revocation{User: "alice", RefreshTokens: true, Report: report}
		if err := b.RevokeTokens(t.Context(), revoking, revocation); !errors.Is(err, stop) {
			t.Fatalf("the first run ends with %v, want what Report returned", err)
		}
		check(t, b.RevokeTokens(t.Context(), revoking, revocation))
		sum := 0
		for n := 0; n < len(reported); n += 2 {
			if sum += reported[n]; reported[n] > 1000 || reported[n] != reported[n+1] {
				t.Errorf("batches of refresh and access tokens: %v", reported)
			}
		}
		if reported[0] != firstBatch(b) || sum != 2500 || b.db.Dialect() == store.PostgreSQL && len(reported) != 6 {
			t.Errorf("batches of refresh and access tokens: %v", reported)
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens WHERE reason = 'revoked'": 2500,
			"activity WHERE note = 'revoked' AND object_type = 'oauth2refreshtoken'": 2500,
			"activity WHERE note = 'revoked' AND object_type = 'oauth2accesstoken'":  2500})

		b.many(t, 1)
		batches := 0
		check(t, b.RevokeTokens(t.Context(), revoking, server.Revocation{Report: func([]models.RefreshToken, []models.AccessToken) error {
			batches++
			b.many(t, 1)
			return nil
		}}))
		if batches != 3 { // what there was, what came meanwhile, and what came then
			t.Errorf("a busy server kept the run going for %d batches, want 3", batches)
		}
	})
}
