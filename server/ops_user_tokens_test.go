package server_test

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestRevokeUserTokens: a user's tokens of both platforms, and on request what gets others, by the user or a superuser; the numbers before
// are those of the entry afterwards, and a caller who has gone leaves the rest for the next time.
func TestRevokeUserTokens(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		mine, controller := b.issued(t, b.member, models.FaceGateway, &b.web), b.issued(t, b.member, models.FaceController, nil)
		others := b.issued(t, b.alice, models.FaceGateway, nil)
		for _, actor := range []server.Actor{as(b.alice), as(b.auditor), as(b.orgAdmin), {}} {
			b.refuses(t, "forbidden", "", func() error { _, err := b.RevokeUserTokens(t.Context(), actor, b.member.ID, true); return err })
			b.refuses(t, "forbidden", "", func() error { _, err := b.PreviewUserRevocation(t.Context(), actor, b.member.ID, true); return err })
		}
		b.refuses(t, "not found", "", func() error { _, err := b.RevokeUserTokens(t.Context(), as(b.admin), 99_999, true); return err })
		b.refuses(t, "not found", "", func() error { _, err := b.PreviewUserRevocation(t.Context(), as(b.admin), 99_999, true); return err })
		b.refuses(t, "not found", "", func() error { _, err := b.UserTokens(t.Context(), as(b.admin), models.FaceConsole, 99_999); return err })
		b.refuses(t, "forbidden", "", func() error {
			_, err := b.UserTokens(t.Context(), as(b.alice), models.FaceConsole, b.member.ID)
			return err
		})

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.RevokeUserTokens(gone, as(b.member), b.member.ID, true); err == nil {
			t.Error("somebody who has gone revokes tokens")
		}
		preview, err := b.PreviewUserRevocation(t.Context(), as(b.member), b.member.ID, true)
		check(t, err)
		if preview.AccessTokens != (store.Amount{Number: 2}) || preview.RefreshTokens != (store.Amount{Number: 1}) {
			t.Errorf("the preview is %+v", preview)
		}
		if n, err := b.UserTokens(t.Context(), as(b.admin), models.FaceConsole, b.member.ID); err != nil || n != 2 {
			t.Errorf("%d tokens, %v", n, err)
		}
		b.records(t, func() {
			done, err := b.RevokeUserTokens(t.Context(), as(b.member), b.member.ID, false)
			check(t, err)
			if !done {
				t.Error("there was nothing to revoke")
			}
		}, fmt.Sprintf("delete oauth2accesstoken %d by om, console (revoked)", mine.AccessToken.ID), fmt.Sprintf("delete oauth2accesstoken %d by om, console (revoked)", controller.AccessToken.ID),
			"delete oauth2accesstoken 0 by om, console (revoked 2 access tokens, 0 refresh tokens of om)")
		b.records(t, func() {
			done, err := b.RevokeUserTokens(t.Context(), as(b.admin), b.member.ID, true)
			check(t, err)
			if !done {
				t.Error("the refresh token was revoked before")
			}
		}, fmt.Sprintf("update oauth2refreshtoken %d by admin, console (revoked); revoked null > \"2026-03-01T12:00:00Z\"", mine.RefreshToken.ID), "delete oauth2accesstoken 0 by admin, console (revoked 0 access tokens, 1 refresh tokens of om)")
		b.records(t, func() {
			if done, err := b.RevokeUserTokens(t.Context(), as(b.admin), b.member.ID, true); err != nil || done {
				t.Errorf("again: %t, %v", done, err)
			}
		})
		if !b.accepts(t, models.FaceGateway, others.AccessTokenValue.Reveal()) {
			t.Error("another's token was revoked")
		}
	})
}
