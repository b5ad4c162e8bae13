package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// tokenOperations are what can be done to a token that is there.
func (b *bed) tokenOperations(t testing.TB, face models.Face, id int64) map[string]func(server.Actor) error {
	return map[string]func(server.Actor) error{
		"read": func(actor server.Actor) error {
			_, err := b.Token(t.Context(), actor, face, id)
			return err
		},
		"change": func(actor server.Actor) error {
			_, err := b.UpdateToken(t.Context(), actor, face, id, server.TokenInput{Description: pointer("x" + models.RandomText(4))})
			return err
		},
		"delete": func(actor server.Actor) error { return b.DeleteToken(t.Context(), actor, face, id) },
	}
}

// TestTokenPermissions: cases 9 to 13 on every face. Owners are alice (application token) and om (personal token).
func TestTokenPermissions(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		auditingAdmin := as(b.stranger(t, models.User{Username: "audoa", IsPlatformAuditor: true},
			models.Membership{OrganizationID: b.organization.ID, Role: models.RoleAdmin})) // case 13
		orgAuditor := as(b.stranger(t, models.User{Username: "oaud"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleAuditor}))
		parties := b.parties()
		parties["audoa"], parties["oaud"] = auditingAdmin, orgAuditor
		b.change(t, func(tx *store.Tx) error {
			_, err := tx.AddMembership(models.Membership{OrganizationID: b.organization.ID, UserID: b.alice.ID, Role: models.RoleMember, Created: tx.Now()})
			return err
		})
		for _, face := range faces {
			of := &b.web
			if face == models.FaceController {
				of = &b.job
			}
			applicationToken := map[string]string{"SU": "read change delete", "alice": "read change delete", "oa": "read change delete",
				"audoa": "read change delete", "aud": "read"}
			if face == models.FaceController {
				applicationToken["oaud"] = "read"
			}
			personal := map[string]string{"SU": "read change delete", "om": "read change delete", "aud": "read", "audoa": "read"}
			b.permits(t, face, parties, applicationToken, func() *server.Issued { return b.issued(t, b.user(t, b.alice.ID), face, of) })
			b.permits(t, face, parties, personal, func() *server.Issued { return b.issued(t, b.member, face, nil) })
		}
	})
}

// permits checks who may do what to a token made for the purpose.
func (b *bed) permits(t *testing.T, face models.Face, parties map[string]server.Actor, want map[string]string, make func() *server.Issued) {
	t.Helper()
	token := make().AccessToken
	for name, actor := range parties {
		allowed := map[string]bool{}
		for _, word := range models.ParseWords(want[name]) {
			allowed[word] = true
		}
		for _, action := range []string{"read", "change", "delete"} {
			operation := b.tokenOperations(t, face, token.ID)[action]
			if !allowed[action] {
				b.refuses(t, "forbidden", "", func() error { return operation(actor) })
				continue
			}
			if got := outcome(operation(actor)); got != "done" {
				t.Errorf("%s may not %s at %s: %s", name, action, face, got)
			}
			if action == "delete" {
				token = make().AccessToken
			}
		}
	}
}

// TestTokenOfOtherPlatform: contract §0, rules 2 and 3, and cases 2 and 69.
func TestTokenOfOtherPlatform(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		ofGateway := b.issued(t, b.alice, models.FaceGateway, nil).AccessToken
		for action, operation := range b.tokenOperations(t, models.FaceController, ofGateway.ID) {
			for _, actor := range []server.Actor{as(b.alice), as(b.admin), as(b.auditor)} {
				t.Run(action, func(t *testing.T) { b.refuses(t, "hidden", "", func() error { return operation(actor) }) })
			}
		}
		for _, face := range []models.Face{models.FaceGateway, models.FaceConsole} {
			issued := b.issued(t, b.alice, models.FaceController, nil)
			for _, action := range []string{"read", "change", "delete"} {
				check(t, b.tokenOperations(t, face, issued.AccessToken.ID)[action](as(b.alice)))
			}
			if b.accepts(t, models.FaceController, issued.AccessTokenValue.Reveal()) {
				t.Errorf("a controller token deleted at %s still works", face)
			}
		}
	})
}

// TestUpdateToken: cases 14, 15 and 68, the entry and the stamps.
func TestUpdateToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			issued := b.issued(t, b.alice, face, nil)
			token, made := issued.AccessToken, b.db.Now()
			b.db.Clock.Advance(time.Minute)
			past := b.db.Now()
			in := server.TokenInput{Scope: pointer("read"), Description: pointer("y"),
				Application: &b.web.ID, Expires: &past, User: b.bob, Platform: models.Gateway} // case 15
			b.records(t, func() {
				changed, err := b.UpdateToken(t.Context(), as(b.admin), face, token.ID, in)
				check(t, err)
				want := *token
				want.Scope, want.Description = models.ScopeRead, "y"
				want.Stamps = models.Stamps{Created: made, Modified: made.Add(time.Minute), CreatedBy: &b.alice.ID, ModifiedBy: &b.admin.ID}
				b.stored(t, changed)
				b.stored(t, &want)
			}, fmt.Sprintf(`update oauth2accesstoken %d by admin, console; description "" > "y"; scope "write" > "read"`, token.ID))

			b.db.Clock.Advance(time.Minute)
			b.unchanged(t, func() { // case 68
				_, err := b.UpdateToken(t.Context(), as(b.alice), face, token.ID, server.TokenInput{Scope: pointer("read"), Description: pointer("y")})
				check(t, err)
				_, err = b.UpdateToken(t.Context(), as(b.alice), face, token.ID, server.TokenInput{})
				check(t, err)
			})
			bearer, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, issued.AccessTokenValue, "")
			check(t, err)
			actor := server.Actor{Actor: models.Actor{User: bearer.User, Token: bearer}}
			if got := outcome(b.Policy().Enter(actor.Actor, true)); got != "scope" { // case 14
				t.Errorf("%s: a write with the narrowed token is %q", face, got)
			}
			check(t, b.Policy().Enter(actor.Actor, false))
			for _, bad := range []server.TokenInput{{Scope: pointer("")}, {Scope: pointer("admin")}, {Description: pointer("\x00")},
				{Description: pointer(strings.Repeat("x", 10_001))}} {
				want := map[bool]string{true: "invalid scope", false: "invalid description"}[bad.Scope != nil]
				b.refuses(t, want, "", func() error {
					_, err := b.UpdateToken(t.Context(), as(b.alice), face, token.ID, bad)
					return err
				})
			}
			b.refuses(t, "not found", "", func() error {
				_, err := b.UpdateToken(t.Context(), as(b.admin), face, 99_999, server.TokenInput{})
				return err
			})
		}
	})
}

// TestDeleteToken: cases 16 and 17 and contract §7, row 1: the refresh token stays, loses its link, and keeps its scope.
func TestDeleteToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			of, root := &b.web, b.token
			if face == models.FaceController {
				of, root = &b.job, b.controllerToken
			}
			issued := b.issued(t, b.member, face, of)
			other := b.issued(t, b.member, face, of)
			before := b.tokensOf(t, *of)
			b.records(t, func() { check(t, b.DeleteToken(t.Context(), as(b.orgAdmin), face, issued.AccessToken.ID)) },
				fmt.Sprintf("delete oauth2accesstoken %d by oa, console", issued.AccessToken.ID))
			if b.accepts(t, models.FaceController, issued.AccessTokenValue.Reveal()) || !b.accepts(t, models.FaceController, other.AccessTokenValue.Reveal()) {
				t.Errorf("%s: not exactly the deleted token is refused", face)
			}
			kept, err := b.db.Read(t.Context()).RefreshTokenByDigest(issued.RefreshToken.Digest)
			check(t, err)
			want := *issued.RefreshToken
			want.AccessTokenID, want.AccessToken = nil, nil
			want.Audience = models.Words{}
			want.Application, kept.Application = nil, nil // loaded with it
			if diff := cmp.Diff(&want, kept); diff != "" {
				t.Errorf("%s: refresh token (-want +got):\n%s", face, diff)
			}
			if got := b.tokensOf(t, *of); got != before-1 {
				t.Errorf("%s: the application counts %d tokens, %d before", face, got, before)
			}
			b.refuses(t, "not found", "", func() error { return b.DeleteToken(t.Context(), as(b.orgAdmin), face, issued.AccessToken.ID) })
			root(refreshGrant(issued.RefreshTokenValue.Reveal()), by(*of)).succeeded(t, "write", true) // case 17
			check(t, b.DeleteToken(t.Context(), as(b.member), face, other.AccessToken.ID))
		}
	})
}

// tokensOf is the number of the application's tokens as its summary counts them.
func (b *bed) tokensOf(t testing.TB, of client) int64 {
	t.Helper()
	hints, err := b.ApplicationTokens(t.Context(), []int64{of.ID})
	check(t, err)
	return hints[of.ID].Count
}

// TestTokenEntries: case 67: made, changed and deleted, with no secret in any entry; deleted things keep theirs.
func TestTokenEntries(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var issued *server.Issued
		entries := b.recorded(t, func() {
			issued = b.issued(t, b.member, models.FaceGateway, &b.web)
			_, err := b.UpdateToken(t.Context(), as(b.member), models.FaceGateway, issued.AccessToken.ID, server.TokenInput{Description: pointer("ci")})
			check(t, err)
			check(t, b.DeleteToken(t.Context(), as(b.member), models.FaceGateway, issued.AccessToken.ID))
		})
		fields := func(description string) models.Fields {
			return models.Fields{"user": pointer(fmt.Sprint(b.member.ID)), "application": pointer(fmt.Sprint(b.web.ID)), "scope": pointer("write"),
				"description": &description, "expires": pointer("2027-03-01T12:00:00Z"), "platform": pointer("gateway")}
		}
		want := []models.Changes{models.Added(fields("")), {Changed: map[string][2]*string{"description": {pointer(""), pointer("ci")}}},
			models.Removed(fields("ci"))}
		got := []models.Changes{}
		for _, entry := range entries {
			got = append(got, entry.Changes)
			if entry.ObjectID != issued.AccessToken.ID || entry.ActorName != "om" || entry.Address != "192.0.2.1" {
				t.Errorf("entry %+v is not om's about the token", entry)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		b.plain(t, issued.AccessTokenValue, issued.RefreshTokenValue)
	})
}
