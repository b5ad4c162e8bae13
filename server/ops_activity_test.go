package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// whose tells what decides who may see an entry.
func whose(e models.Activity) string {
	text := func(id *int64) string {
		if id == nil {
			return "none"
		}
		return fmt.Sprint(*id)
	}
	return fmt.Sprintf("%s %s: owner %s, organization %s, platform %q", e.Operation, e.ObjectType, text(e.OwnerID), text(e.OrganizationID), e.Platform)
}

// TestEntriesSayWhoseTheyAre: whoever changes a thing and however it ends, its entry keeps the owner, the organization and the platform,
// so that who may see it can be told when the thing is gone (contract §8).
func TestEntriesSayWhoseTheyAre(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		alice, member, organization := fmt.Sprint(b.alice.ID), fmt.Sprint(b.member.ID), fmt.Sprint(b.organization.ID)
		personal := `oauth2accesstoken: owner ` + alice + `, organization none, platform "gateway"`
		ofJob := `oauth2accesstoken: owner ` + member + `, organization ` + organization + `, platform "controller"`
		refreshOfJob := `oauth2refreshtoken: owner ` + member + `, organization ` + organization + `, platform "controller"`
		job := `oauth2application: owner none, organization ` + organization + `, platform "controller"`
		description := pointer("changed")
		var own, issued *server.Issued
		for _, step := range []struct {
			name string
			do   func() error
			want []string
		}{
			{"personal token", func() error { own = b.issued(t, b.alice, models.FaceGateway, nil); return nil }, []string{"create " + personal}},
			{"its change", func() error {
				_, err := b.UpdateToken(ctx, as(b.alice), models.FaceGateway, own.AccessToken.ID, server.TokenInput{Description: description})
				return err
			}, []string{"update " + personal}},
			{"its end", func() error { return b.DeleteToken(ctx, as(b.alice), models.FaceGateway, own.AccessToken.ID) }, []string{"delete " + personal}},
			{"application token", func() error { issued = b.issued(t, b.member, models.FaceController, &b.job); return nil }, []string{"create " + ofJob}},
			{"refresh", func() error {
				b.controllerToken(refreshGrant(issued.RefreshTokenValue.Reveal()), by(b.job)).succeeded(t, "write", true)
				return nil
			}, []string{"delete " + ofJob, "create " + ofJob}},
			{"reuse", func() error {
				b.db.Clock.Advance(20 * time.Second)
				b.controllerToken(refreshGrant(issued.RefreshTokenValue.Reveal()), by(b.job))
				return nil
			}, []string{"update " + refreshOfJob, "update " + refreshOfJob, "delete " + ofJob}},
			{"revoke by command", func() error {
				b.issued(t, b.member, models.FaceController, &b.job)
				return b.RevokeTokens(ctx, server.Command("x"), server.Revocation{RefreshTokens: true})
			}, []string{"create " + ofJob, "update " + refreshOfJob, "delete " + ofJob, `delete oauth2accesstoken: owner none, organization none, platform ""`}},
			{"application", func() error {
				_, _, err := b.UpdateApplication(ctx, as(b.orgAdmin), models.FaceController, b.job.ID, server.ApplicationInput{Description: description})
				return err
			}, []string{"update " + job}},
			{"membership", func() error { return b.Associate(ctx, as(b.admin), b.organization.ID, b.alice.ID, models.RoleMember) },
				[]string{`associate organization: owner ` + alice + `, organization ` + organization + `, platform ""`}},
			{"organization", func() error {
				_, err := b.UpdateOrganization(ctx, as(b.admin), models.FaceGateway, b.organization.ID, server.OrganizationInput{Description: description})
				return err
			}, []string{`update organization: owner none, organization ` + organization + `, platform ""`}},
			{"user", func() error {
				_, err := b.UpdateUser(ctx, as(b.admin), models.FaceGateway, b.alice.ID, server.UserInput{FirstName: description})
				return err
			}, []string{`update user: owner ` + alice + `, organization none, platform ""`}},
			{"application and its tokens", func() error {
				b.issued(t, b.member, models.FaceController, &b.job)
				return b.DeleteApplication(ctx, as(b.admin), models.FaceController, b.job.ID)
			}, []string{"create " + ofJob, "delete " + ofJob, "delete " + job}},
		} {
			var got []string
			for _, entry := range b.recorded(t, func() { check(t, step.do()) }) {
				got = append(got, whose(entry))
			}
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	})
}

// TestConsentIsNoMatterOfTheOrganization: that somebody withdrew a consent is theirs to know, not the administrators'.
func TestConsentIsNoMatterOfTheOrganization(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		b.change(t, func(tx *store.Tx) error {
			return tx.KeepConsent(&models.Consent{UserID: b.alice.ID, ApplicationID: b.web.ID, RedirectURI: "https://client.example.org/cb", Scope: models.ScopeRead,
				Created: tx.Now(), Modified: tx.Now()})
		})
		entries := b.recorded(t, func() { check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID)) })
		if len(entries) != 1 || whose(entries[0]) != fmt.Sprintf(`disassociate oauth2application: owner %d, organization none, platform "gateway"`, b.alice.ID) {
			t.Errorf("recorded %+v", entries)
		}
	})
}

// TestActivityEntry: who may not see an entry is told that it is not there (contract §12.19).
func TestActivityEntry(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		entries := b.recorded(t, func() { b.issued(t, b.alice, models.FaceGateway, nil) })
		for user, want := range map[*models.User]string{b.alice: "done", b.admin: "done", b.bob: string(models.Hidden)} {
			_, err := b.ActivityEntry(t.Context(), as(user), models.FaceGateway, entries[0].ID)
			if got := outcome(err); got != want {
				t.Errorf("%s: outcome %q, want %q", user.Username, got, want)
			}
			page, err := b.Activity(t.Context(), as(user), models.FaceGateway, store.Query{})
			check(t, err)
			listed := slices.ContainsFunc(page.Rows, func(e models.Activity) bool { return e.ID == entries[0].ID })
			if listed != (want == "done") {
				t.Errorf("%s: listed %t", user.Username, listed)
			}
		}
		if _, err := b.ActivityEntry(t.Context(), as(b.admin), models.FaceGateway, 4711); outcome(err) != "not found" {
			t.Errorf("an entry that is not there: %v", err)
		}
	})
}
