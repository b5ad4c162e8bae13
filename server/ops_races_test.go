package server_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// expected complains about an answer of a racer that is none of those that may come.
func expected(t *testing.T, got string, allowed ...string) {
	t.Helper()
	for _, each := range allowed {
		if got == each {
			return
		}
	}
	t.Errorf("a racer got %q, want one of %q", got, allowed)
}

// TestDeleteApplicationMeetsIssuing: an application is deleted while tokens are made of it in every way; nothing of it is left, nobody
// sees a deadlock, and what was answered before is refused after.
func TestDeleteApplicationMeetsIssuing(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var old []*server.Issued
		for range racers {
			old = append(old, b.issued(t, b.member, models.FaceGateway, &b.web))
		}
		issued := make([]*server.Issued, racers)
		race(func(n int) {
			var err error
			switch {
			case n == racers/2:
				if err := b.DeleteApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID); err != nil {
					t.Errorf("delete the application: %v", err)
				}
			case n%4 == 0:
				issued[n], err = b.CreateToken(t.Context(), as(b.member), models.FaceGateway, server.TokenInput{Application: &b.web.ID})
				expected(t, outcome(err), "done", "invalid application")
			case n%4 == 1:
				a := b.token(refreshGrant(old[n].RefreshTokenValue.Reveal()), by(b.web))
				expected(t, fmt.Sprintf("%d %v", a.Code, a.body["error"]), "200 <nil>", "400 invalid_grant", "401 invalid_client")
			case n%4 == 2:
				a := b.token(passwordGrant(), by(b.web))
				expected(t, fmt.Sprintf("%d %v", a.Code, a.body["error"]), "200 <nil>", "400 invalid_grant", "401 invalid_client")
			default:
				expected(t, outcome(b.DeleteToken(t.Context(), as(b.member), models.FaceGateway, old[n].AccessToken.ID)), "done", "not found")
			}
		})
		b.counted(t, map[string]int{"access_tokens": 0, "refresh_tokens": 0, "client_secrets": 1, "applications": 3})
		for _, each := range issued {
			if each != nil && b.accepts(t, models.FaceGateway, each.AccessTokenValue.Reveal()) {
				t.Error("a token of the deleted application is accepted")
			}
		}
		created := b.count(t, "activity WHERE object_type = 'oauth2accesstoken' AND operation = 'create'")
		deleted := b.count(t, "activity WHERE object_type = 'oauth2accesstoken' AND operation = 'delete'")
		if created != deleted {
			t.Errorf("%d tokens told as made, %d as deleted", created, deleted)
		}
	})
}

// TestDeleteTokenMeetsRefresh: a token is deleted while it is refreshed: the refresh and its five repeats are answered, and no deadlock comes out.
func TestDeleteTokenMeetsRefresh(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 4 {
			issued := b.issued(t, b.member, models.FaceGateway, &b.web)
			outcomes := make([]string, racers)
			race(func(n int) {
				if n%2 == 0 {
					err := b.DeleteToken(t.Context(), as(b.member), models.FaceGateway, issued.AccessToken.ID)
					expected(t, outcome(err), "done", "not found")
					outcomes[n] = "delete " + outcome(err)
					return
				}
				a := b.token(refreshGrant(issued.RefreshTokenValue.Reveal()), by(b.web))
				outcomes[n] = fmt.Sprintf("refresh %d", a.Code)
				expected(t, outcomes[n], "refresh 200", "refresh 400")
			})
			all := strings.Join(outcomes, ",")
			if strings.Count(all, "refresh 200") != 6 || strings.Count(all, "delete done") > 1 {
				t.Errorf("outcomes %s", all)
			}
			family := " WHERE family_id = '" + issued.AccessToken.FamilyID + "'"
			b.counted(t, map[string]int{"access_tokens" + family: 6, "refresh_tokens" + family: 7, "refresh_tokens" + family + " AND revoked IS NULL": 6,
				fmt.Sprintf("activity WHERE operation = 'delete' AND object_id = %d", issued.AccessToken.ID): 1})
		}
	})
}

// TestUpdatesMeet: two fields of one thing, changed at once by many: no change is lost, and each is told once.
func TestUpdatesMeet(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.issued(t, b.member, models.FaceGateway, &b.web).AccessToken
		race(func(n int) {
			var err error
			switch n % 4 {
			case 0:
				_, err = b.UpdateToken(t.Context(), as(b.member), models.FaceGateway, token.ID, server.TokenInput{Scope: pointer("read")})
			case 1:
				_, err = b.UpdateToken(t.Context(), as(b.orgAdmin), models.FaceConsole, token.ID, server.TokenInput{Description: pointer("both")})
			case 2:
				_, _, err = b.UpdateApplication(t.Context(), as(b.orgAdmin), models.FaceGateway, b.web.ID, server.ApplicationInput{Description: pointer("both")})
			default:
				_, _, err = b.UpdateApplication(t.Context(), as(b.admin), models.FaceConsole, b.web.ID, server.ApplicationInput{Algorithm: pointer("RS256")})
			}
			expected(t, outcome(err), "done")
		})
		b.counted(t, map[string]int{"access_tokens WHERE scope = 'read' AND description = 'both'": 1,
			"applications WHERE algorithm = 'RS256' AND description = 'both'": 1, "activity WHERE operation = 'update'": 4,
			"refresh_tokens WHERE scope = 'read'": 1})
	})
}

// TestUserUpdatesMeet: the same of a user, whose memberships change meanwhile.
func TestUserUpdatesMeet(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		race(func(n int) {
			var err error
			switch n % 4 {
			case 0:
				_, err = b.UpdateUser(t.Context(), as(b.admin), models.FaceGateway, b.alice.ID, server.UserInput{FirstName: pointer("A")})
			case 1:
				_, err = b.UpdateUser(t.Context(), as(b.admin), models.FaceConsole, b.alice.ID, server.UserInput{LastName: pointer("B")})
			case 2:
				err = b.Associate(t.Context(), as(b.admin), b.organization.ID, b.alice.ID, models.RoleMember)
			default:
				_, err = b.StartSession(t.Context(), browser, b.alice, "")
			}
			expected(t, outcome(err), "done")
		})
		b.counted(t, map[string]int{"users WHERE first_name = 'A' AND last_name = 'B' AND last_login IS NOT NULL": 1,
			"activity WHERE operation = 'update'": 2, "activity WHERE operation = 'associate'": 1, "sessions": racers / 4,
			fmt.Sprintf("organization_users WHERE user_id = %d", b.alice.ID): 1})
	})
}

// TestDeletionsMeet: an organization, one of its applications, one of its users and all tokens are deleted at once: no deadlock comes out,
// nothing is left, and each deletion is told once.
func TestDeletionsMeet(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 10 {
			b.issued(t, b.member, models.FaceGateway, &b.web)
			b.issued(t, b.member, models.FaceController, &b.job)
		}
		b.change(t, func(tx *store.Tx) error {
			b.web.UserID = &b.member.ID
			return tx.UpdateApplication(b.web.Application)
		})
		race(func(n int) {
			var err error
			switch n % 4 {
			case 0:
				err = b.DeleteOrganization(t.Context(), as(b.admin), models.FaceGateway, b.organization.ID)
			case 1:
				err = b.DeleteApplication(t.Context(), as(b.admin), models.FaceGateway, b.web.ID)
			case 2:
				err = b.DeleteUser(t.Context(), as(b.admin), models.FaceGateway, b.member.ID)
			default:
				err = b.RevokeTokens(t.Context(), revoking, server.Revocation{RefreshTokens: true})
			}
			expected(t, outcome(err), "done", "not found")
		})
		b.counted(t, map[string]int{"applications": 0, "organizations": 0, "users": 5, "access_tokens": 0, "refresh_tokens": 0,
			"activity WHERE operation = 'delete' AND object_type = 'oauth2accesstoken' AND object_id > 0": 20,
			"activity WHERE operation = 'delete' AND object_type = 'oauth2application'":                   4,
			"activity WHERE operation = 'delete' AND object_type = 'user'":                                1,
			"activity WHERE operation = 'delete' AND object_type = 'organization'":                        1})
	})
}
