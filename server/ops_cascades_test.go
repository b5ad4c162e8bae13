package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// estate is what hangs on one user and one application, and beside it a bystander's that must not be touched.
type estate struct {
	hers, spent, retired, personal *server.Issued // alice's: of an application; refreshed; its access token deleted; of nothing
	bystander                      *server.Issued // om's, of another application
}

// settle gives alice tokens of every kind, a code, a consent, a session, and om a token of his own.
func (b *bed) settle(t testing.TB) estate {
	t.Helper()
	b.change(t, func(tx *store.Tx) error {
		_, err := tx.AddMembership(models.Membership{OrganizationID: b.organization.ID, UserID: b.alice.ID, Role: models.RoleMember, Created: tx.Now()})
		return err
	})
	b.alice = b.user(t, b.alice.ID)
	e := estate{hers: b.issued(t, b.alice, models.FaceGateway, &b.web), spent: b.issued(t, b.alice, models.FaceGateway, &b.web),
		retired: b.issued(t, b.alice, models.FaceGateway, &b.web), personal: b.issued(t, b.alice, models.FaceGateway, nil),
		bystander: b.issued(t, b.member, models.FaceController, &b.job)}
	b.token(refreshGrant(e.spent.RefreshTokenValue.Reveal()), by(b.web)).succeeded(t, "write", true)
	check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceGateway, e.retired.AccessToken.ID))
	b.code(t, b.web, b.alice)
	_, err := b.StartSession(t.Context(), as(b.alice), b.alice, "browser")
	check(t, err)
	return e
}

// kinds counts entries by operation, type and note.
func kinds(entries []models.Activity) map[string]int {
	count := map[string]int{}
	for _, e := range entries {
		text := fmt.Sprintf("%s %s", e.Operation, e.ObjectType)
		if e.Note != "" {
			text += " (" + e.Note + ")"
		}
		count[text]++
	}
	return count
}

// survives checks that the bystander's tokens are there and work.
func (b *bed) survives(t testing.TB, e estate) {
	t.Helper()
	if !b.accepts(t, models.FaceController, e.bystander.AccessTokenValue.Reveal()) {
		t.Error("a bystander's token is gone")
	}
	b.controllerToken(refreshGrant(e.bystander.RefreshTokenValue.Reveal()), by(b.job)).succeeded(t, "write", true)
}

// TestDeleteApplicationCascade: case 36 and contract §7: all tokens, refresh tokens, codes, secrets and consents of it go at once.
func TestDeleteApplicationCascade(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		e := b.settle(t)
		entries := b.recorded(t, func() { check(t, b.DeleteApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID)) })
		want := map[string]int{"delete oauth2accesstoken (application deleted)": 2, "delete oauth2application": 1}
		if diff := cmp.Diff(want, kinds(entries)); diff != "" {
			t.Errorf("activity (-want +got):\n%s", diff)
		}
		of := fmt.Sprintf(" WHERE application_id = %d", b.web.ID)
		b.counted(t, map[string]int{"access_tokens" + of: 0, "refresh_tokens" + of: 0, "authorization_codes" + of: 0, "consents" + of: 0,
			"client_secrets" + of: 0, "applications": 3, "sessions": 1, "users": 6})
		if b.accepts(t, models.FaceGateway, e.hers.AccessTokenValue.Reveal()) {
			t.Error("a token of the deleted application is accepted")
		}
		if !b.accepts(t, models.FaceGateway, e.personal.AccessTokenValue.Reveal()) {
			t.Error("a personal token is gone")
		}
		b.survives(t, e)
		b.refuses(t, "not found", "", func() error { return b.DeleteApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID) })
	})
}

// TestDeleteUserCascade: contract §7: tokens, refresh tokens, codes, consents, sessions and memberships go, and the applications that
// the user owns with the tokens of everybody; what the user did stays told, under the name.
func TestDeleteUserCascade(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		e := b.settle(t)
		owned := b.registration("owned")
		owned.UserID = pointer(&b.alice.ID)
		application, _, err := b.CreateApplication(t.Context(), as(b.admin), models.FaceGateway, owned)
		check(t, err)
		asOwner := b.issued(t, b.admin, models.FaceGateway, &client{Application: application})
		entries := b.recorded(t, func() { check(t, b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID)) })
		want := map[string]int{"delete oauth2accesstoken (application deleted)": 1, "delete oauth2application": 1,
			"delete oauth2accesstoken (user deleted)": 3, "delete user": 1}
		if diff := cmp.Diff(want, kinds(entries)); diff != "" {
			t.Errorf("activity (-want +got):\n%s", diff)
		}
		if last := entries[len(entries)-1]; last.ObjectName != "alice" || last.ActorName != "admin" || *last.Changes.Removed["username"] != "alice" {
			t.Errorf("the entry of the deletion: %+v", last)
		}
		of := fmt.Sprintf(" WHERE user_id = %d", b.alice.ID)
		b.counted(t, map[string]int{"access_tokens" + of: 0, "refresh_tokens" + of: 0, "authorization_codes" + of: 0, "consents" + of: 0,
			"sessions" + of: 0, "organization_users" + of: 0, "applications" + of: 0, "applications": 4, "users": 5, "refresh_tokens": 1})
		for _, issued := range []*server.Issued{e.hers, e.personal, asOwner} {
			if b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
				t.Error("a token of the deleted user is accepted")
			}
		}
		if b.count(t, "activity WHERE actor_name = 'alice'") == 0 {
			t.Error("what the user did is not told any more")
		}
		b.survives(t, e)
	})
}

// TestDeleteOrganizationCascade: contract §7: its applications go, of both platforms, with all that hangs on them; its members stay.
func TestDeleteOrganizationCascade(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		e := b.settle(t)
		other := b.elsewhere(t)
		in := b.registration("elsewhere")
		in.OrganizationID = pointer(&other.ID)
		elsewhere, _, err := b.CreateApplication(t.Context(), as(b.admin), models.FaceGateway, in)
		check(t, err)
		safe := b.issued(t, b.admin, models.FaceGateway, &client{Application: elsewhere})
		for _, actor := range []server.Actor{as(b.orgAdmin), as(b.auditor), as(b.member), {}} {
			b.refuses(t, "forbidden", "", func() error { return b.DeleteOrganization(t.Context(), actor, models.FaceGateway, b.organization.ID) })
		}
		entries := b.recorded(t, func() {
			check(t, b.DeleteOrganization(t.Context(), as(b.admin), models.FaceConsole, b.organization.ID))
		})
		want := map[string]int{"delete oauth2accesstoken (application deleted)": 3, "delete oauth2application": 4, "delete organization": 1}
		if diff := cmp.Diff(want, kinds(entries)); diff != "" {
			t.Errorf("activity (-want +got):\n%s", diff)
		}
		var names []string
		for _, entry := range entries {
			if entry.ObjectType == models.ObjectApplication {
				names = append(names, entry.ObjectName)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "desktop job native web" {
			t.Errorf("applications told as deleted: %s", got)
		}
		b.counted(t, map[string]int{"applications": 1, "organizations": 1, "organization_users": 0, "users": 6, "access_tokens": 2,
			"refresh_tokens": 1, "authorization_codes": 0, "consents": 0, "client_secrets": 1, "sessions": 1})
		if !b.accepts(t, models.FaceGateway, safe.AccessTokenValue.Reveal()) || !b.accepts(t, models.FaceGateway, e.personal.AccessTokenValue.Reveal()) {
			t.Error("a token that has nothing to do with the organization is gone")
		}
		b.refuses(t, "not found", "", func() error {
			return b.DeleteOrganization(t.Context(), as(b.admin), models.FaceConsole, b.organization.ID)
		})
	})
}

// TestDeleteApplicationOfMany: more tokens than one transaction takes, one entry for each; whoever asked may have gone away after the first.
func TestDeleteApplicationOfMany(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.many(t, 2100)
		ctx, leave := context.WithCancel(t.Context())
		check(t, b.db.Trace(func(s store.Statement) {
			if strings.HasPrefix(s.SQL, `DELETE FROM "refresh_tokens"`) || strings.HasPrefix(s.SQL, "DELETE FROM `refresh_tokens`") {
				leave()
			}
		}))
		check(t, b.DeleteApplication(ctx, as(b.orgAdmin), models.FaceGateway, b.web.ID))
		if ctx.Err() == nil {
			t.Error("nobody went away")
		}
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens": 0, "activity WHERE note = 'application deleted'": 2100})
		if b.db.Dialect() == store.PostgreSQL {
			b.counted(t, map[string]int{"(SELECT DISTINCT xmin::text FROM activity WHERE note = 'application deleted') AS transactions": 3})
		}
	})
}

// TestDeleteUserOfManyRefused: who may not be deleted keeps all tokens.
func TestDeleteUserOfManyRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.change(t, func(tx *store.Tx) error {
			for range 1200 {
				err := tx.CreateAccessToken(&models.AccessToken{Digest: models.NewSecret(30).Digest(), UserID: &b.admin.ID, Scope: models.ScopeRead, Platform: models.Gateway,
					Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}, Expires: tx.Now().Add(time.Hour)})
				if err != nil {
					return err
				}
			}
			return nil
		})
		b.refuses(t, "forbidden", "last active superuser", func() error { return b.DeleteUser(t.Context(), server.Command("test"), models.FaceCommand, b.admin.ID) })
		b.counted(t, map[string]int{"access_tokens": 1200})
	})
}
