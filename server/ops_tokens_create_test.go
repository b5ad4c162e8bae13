package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestCreatePersonalToken: cases 1, 3 and 4, on every face.
func TestCreatePersonalToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			var issued *server.Issued
			entries := b.recorded(t, func() {
				var err error
				// Whose token it is follows from who asks, not from what is asked for.
				issued, err = b.CreateToken(t.Context(), as(b.alice), face, server.TokenInput{Description: pointer("laptop"), User: b.bob})
				check(t, err)
			})
			token := issued.AccessToken
			if !tokenPattern.MatchString(issued.AccessTokenValue.Reveal()) {
				t.Errorf("%s: the value is not of 30 letters and digits", face)
			}
			if issued.RefreshToken != nil || !issued.RefreshTokenValue.Empty() {
				t.Errorf("%s: a personal token has a refresh token", face)
			}
			want := models.AccessToken{ID: token.ID, Digest: issued.AccessTokenValue.Digest(), Hint: issued.AccessTokenValue.Reveal()[:4],
				UserID: &b.alice.ID, Scope: models.ScopeWrite, Description: "laptop", Expires: b.db.Now().AddDate(1, 0, 0), Platform: face.Platform(),
				Stamps: models.Stamps{Created: b.db.Now(), Modified: b.db.Now(), CreatedBy: &b.alice.ID, ModifiedBy: &b.alice.ID},
				User:   b.alice}
			if diff := cmp.Diff(&want, token); diff != "" {
				t.Errorf("%s: token (-want +got):\n%s", face, diff)
			}
			b.stored(t, token)
			want.User = nil
			wantEntry := models.Activity{ID: entries[0].ID, Created: b.db.Now(), ActorID: &b.alice.ID, OwnerID: &b.alice.ID, Platform: face.Platform(), ActorName: "alice", Origin: "console",
				Address: "192.0.2.1", Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, ObjectID: token.ID,
				ObjectName: "laptop", Changes: models.Added(models.Fields{"user": pointer(fmt.Sprint(b.alice.ID)), "application": nil,
					"scope": pointer("write"), "description": pointer("laptop"), "expires": pointer("2027-03-01T12:00:00Z"),
					"platform": pointer(string(face.Platform()))})}
			if diff := cmp.Diff([]models.Activity{wantEntry}, entries); diff != "" {
				t.Errorf("%s: activity (-want +got):\n%s", face, diff)
			}
			b.plain(t, issued.AccessTokenValue)
		}
	})
}

// stored checks that a token that an operation returned is the one that is kept.
func (b *bed) stored(t testing.TB, token *models.AccessToken) {
	t.Helper()
	kept, err := b.db.Read(t.Context()).AccessToken(token.ID)
	check(t, err)
	if kept.Created.Location() != time.UTC || kept.Expires.Location() != time.UTC {
		t.Errorf("times come back in %v and %v, want UTC", kept.Created.Location(), kept.Expires.Location())
	}
	returned := *token
	returned.User, returned.Application, returned.RefreshToken = nil, nil, nil
	kept.User, kept.Application, kept.RefreshToken = nil, nil, nil
	if diff := cmp.Diff(kept, &returned, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("returned token (-kept +returned):\n%s", diff)
	}
}

// TestCreateTokenScope: case 5 and the messages of contract §1.1.
func TestCreateTokenScope(t *testing.T) {
	const family = "must be a simple space-separated string with allowed scopes ['read', 'write']"
	foo := map[models.Face]string{models.FaceGateway: "Invalid scope: foo. Must be one of: read, write",
		models.FaceConsole: "Invalid scope: foo. Must be one of: read, write", models.FaceController: family}
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			for _, scope := range []string{"read write", "write read", "read", "write"} {
				issued, err := b.CreateToken(t.Context(), as(b.alice), face, server.TokenInput{Scope: &scope})
				check(t, err)
				if got := string(issued.AccessToken.Scope); got != scope {
					t.Errorf("%s: scope %q, want %q", face, got, scope)
				}
			}
			for scope, words := range map[string]string{"read write foo": foo[face], "foo": foo[face], "read read": family, "": family,
				"Write": "", " read": family, "read  write": family, "read\x00": ""} {
				b.refuses(t, "invalid scope", words, func() error {
					_, err := b.CreateToken(t.Context(), as(b.alice), face, server.TokenInput{Scope: &scope})
					return err
				})
			}
		}
	})
}

// TestCreateTokenExpiry: the gateway honours an expiry within the limit, the controller ignores it (contract §1.1, §12.24).
func TestCreateTokenExpiry(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		soon, latest := b.db.Now().Add(time.Hour), b.db.Now().AddDate(1, 0, 0)
		for _, expires := range []time.Time{soon, latest} {
			for _, face := range faces {
				issued, err := b.CreateToken(t.Context(), as(b.alice), face, server.TokenInput{Expires: &expires})
				check(t, err)
				want := expires
				if face == models.FaceController {
					want = latest
				}
				if got := issued.AccessToken.Expires; !got.Equal(want) {
					t.Errorf("%s: expires %v, want %v", face, got, want)
				}
			}
		}
		for words, expires := range map[string]time.Time{"in the future": b.db.Now(), "at most 365 days": latest.Add(time.Microsecond)} {
			for _, face := range []models.Face{models.FaceGateway, models.FaceConsole} {
				b.refuses(t, "invalid expires", words, func() error {
					_, err := b.CreateToken(t.Context(), as(b.alice), face, server.TokenInput{Expires: &expires})
					return err
				})
			}
		}
	})
}

// TestCreateApplicationToken: cases 6, 7 and 8: who may read the application may make its tokens, at the faces of its platform.
func TestCreateApplicationToken(t *testing.T) {
	readers := map[string]bool{"SU": true, "aud": true, "oa": true, "om": true}
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			application := b.web
			if face == models.FaceController {
				application = b.job
			}
			in := server.TokenInput{Application: &application.ID, Scope: pointer("read")}
			for name, actor := range b.parties() {
				if !readers[name] {
					want := map[bool]string{true: "unauthenticated", false: "forbidden"}[name == "anonymous"]
					b.refuses(t, want, "", func() error {
						_, err := b.CreateToken(t.Context(), actor, face, in)
						return err
					})
					continue
				}
				var issued *server.Issued
				var err error
				entries := b.recorded(t, func() {
					issued, err = b.CreateToken(t.Context(), actor, face, in)
					check(t, err)
				})
				wantRefresh := models.RefreshToken{ID: issued.RefreshToken.ID, Digest: issued.RefreshTokenValue.Digest(),
					Hint: issued.RefreshTokenValue.Reveal()[:4], ApplicationID: application.ID, UserID: &actor.User.ID, SubjectUserID: &actor.User.ID,
					AccessTokenID: &issued.AccessToken.ID, Scope: models.ScopeRead, Platform: application.Platform,
					FamilyID: issued.AccessToken.FamilyID, Created: b.db.Now(), Expires: b.db.Now().Add(2_628_000 * time.Second)}
				if diff := cmp.Diff(&wantRefresh, issued.RefreshToken); diff != "" {
					t.Errorf("%s at %s: refresh token (-want +got):\n%s", name, face, diff)
				}
				if issued.AccessToken.FamilyID == "" || *issued.AccessToken.ApplicationID != application.ID || !tokenPattern.MatchString(issued.RefreshTokenValue.Reveal()) {
					t.Errorf("%s at %s: the token is not of a family of the application", name, face)
				}
				if len(entries) != 1 || entries[0].ObjectID != issued.AccessToken.ID {
					t.Errorf("%s at %s: entries %v, want one of the token's creation", name, face, entries)
				}
				b.stored(t, issued.AccessToken)
				b.plain(t, issued.AccessTokenValue, issued.RefreshTokenValue)
			}
		}
	})
}

// TestCreateTokenRefused: what is refused stores nothing: cases 26, 49 and 71 and contract §0, rules 2 and 5.
func TestCreateTokenRefused(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		external := b.stranger(t, models.User{Username: "sso", ExternalAccount: "social", ExternalSource: "GitHub"})
		gone := int64(99_999)
		for _, test := range []struct {
			name  string
			actor server.Actor
			face  models.Face
			in    server.TokenInput
			want  string
			words string
		}{
			{"anonymous", server.Actor{}, models.FaceGateway, server.TokenInput{}, "unauthenticated", ""},
			{"unknown application", as(b.alice), models.FaceGateway, server.TokenInput{Application: &gone}, "invalid application",
				`Invalid pk "99999" - object does not exist.`},
			{"controller application at the gateway", as(b.admin), models.FaceGateway, server.TokenInput{Application: &b.job.ID},
				"invalid application", "automation controller"},
			{"controller application in the console", as(b.member), models.FaceConsole, server.TokenInput{Application: &b.desktop.ID},
				"invalid application", "automation controller"},
			{"gateway application at the controller", as(b.admin), models.FaceController, server.TokenInput{Application: &b.web.ID},
				"invalid application", "object does not exist"},
			{"application of others", as(b.bob), models.FaceGateway, server.TokenInput{Application: &b.web.ID}, "forbidden", ""},
			{"external user", as(external), models.FaceGateway, server.TokenInput{}, "forbidden", models.ReasonExternalUser + " (GitHub)"},
			{"external user at the controller", as(external), models.FaceController, server.TokenInput{}, "forbidden", models.ReasonExternalUser},
			{"NUL in the description", as(b.alice), models.FaceGateway, server.TokenInput{Description: pointer("a\x00b")},
				"invalid description", "Null characters"},
			{"description of 10001 characters", as(b.alice), models.FaceGateway, server.TokenInput{Description: pointer(strings.Repeat("ü", 10_001))},
				"invalid description", "no more than 10000 characters"},
			{"several at once", as(b.alice), models.FaceGateway, server.TokenInput{Scope: pointer("x"), Description: pointer("\xff"), Expires: &time.Time{}},
				"invalid scope,description,expires", ""},
			{"command without user", server.Command("create_oauth2_token"), models.FaceCommand, server.TokenInput{}, "unauthenticated", ""},
			{"command for an external user", server.Command("create_oauth2_token"), models.FaceCommand, server.TokenInput{User: external},
				"forbidden", models.ReasonExternalUser},
			{"command for an unknown platform", server.Command("create_oauth2_token"), models.FaceCommand,
				server.TokenInput{User: b.alice, Platform: "tower"}, "invalid platform", "tower"},
		} {
			t.Run(test.name, func(t *testing.T) {
				b.refuses(t, test.want, test.words, func() error {
					_, err := b.CreateToken(t.Context(), test.actor, test.face, test.in)
					return err
				})
			})
		}
	})
}

// TestCreateTokenSwitches: the switches of the policy at the operation: external users (case 49) and creation at the controller.
// TestCreateTokenOfOwner: case 79 and the owner rule of contract §1.1.
func TestCreateTokenOfOwner(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		owner := b.stranger(t, models.User{Username: "owner"}, models.Membership{OrganizationID: b.organization.ID, Role: models.RoleMember})
		b.change(t, func(tx *store.Tx) error {
			b.web.UserID = &owner.ID
			return tx.UpdateApplication(b.web.Application)
		})
		in := server.TokenInput{Application: &b.web.ID}
		for _, actor := range []server.Actor{as(b.member), as(b.orgAdmin), as(b.auditor)} {
			b.refuses(t, "forbidden", "Only its owner or a superuser", func() error {
				_, err := b.CreateToken(t.Context(), actor, models.FaceGateway, in)
				return err
			})
		}
		for _, requester := range []*models.User{b.admin, owner} {
			issued, err := b.CreateToken(t.Context(), as(requester), models.FaceGateway, in)
			check(t, err)
			if *issued.AccessToken.UserID != owner.ID || issued.AccessToken.User.Username != "owner" || *issued.RefreshToken.SubjectUserID != owner.ID {
				t.Errorf("made by %s: the token does not act as the owner", requester.Username)
			}
			if *issued.RefreshToken.UserID != requester.ID || *issued.AccessToken.CreatedBy != requester.ID {
				t.Errorf("made by %s: the refresh token is not recorded for the requester", requester.Username)
			}
			token, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, issued.AccessTokenValue, "")
			check(t, err)
			if token.User.ID != owner.ID {
				t.Errorf("bearer use acts as %s", token.User.Username)
			}
		}
	})
}

// TestCreateTokenByCommand: contract §6, create_oauth2_token.
func TestCreateTokenByCommand(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for asked, platform := range map[models.Platform]models.Platform{"": models.Gateway, models.Gateway: models.Gateway, models.Controller: models.Controller} {
			var issued *server.Issued
			entries := b.recorded(t, func() {
				var err error
				issued, err = b.CreateToken(t.Context(), server.Command("create_oauth2_token"), models.FaceCommand,
					server.TokenInput{User: b.alice, Platform: asked})
				check(t, err)
			})
			token := issued.AccessToken
			if token.Platform != platform || !token.Personal() || token.Scope != models.ScopeWrite || token.Description != "" ||
				!token.OwnedBy(b.alice.ID) || token.User.Username != "alice" || token.CreatedBy != nil || token.ModifiedBy != nil {
				t.Errorf("asked for %q: token %+v", asked, token)
			}
			if want := fmt.Sprintf("create oauth2accesstoken %d by nobody, command:create_oauth2_token", token.ID); len(entries) != 1 || line(entries[0]) != want {
				t.Errorf("activity %v, want %q", entries, want)
			}
			for _, face := range []models.Face{models.FaceGateway, models.FaceController} {
				if !b.accepts(t, face, issued.AccessTokenValue.Reveal()) {
					t.Errorf("asked for %q: the token does not work at %s", asked, face)
				}
			}
		}
	})
}
