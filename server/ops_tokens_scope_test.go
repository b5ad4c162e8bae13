package server_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// scopes are those of the live refresh tokens of a family.
func (b *bed) scopes(t testing.TB, family string) []string {
	t.Helper()
	return b.query(t, "SELECT scope FROM refresh_tokens WHERE revoked IS NULL AND family_id = '"+family+"'")
}

// TestNarrowToken: contract §12.26: narrowing an application's token narrows the live refresh tokens of its family at once, and no
// others.
func TestNarrowToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for _, face := range faces {
			of, root := &b.web, b.token
			if face == models.FaceController {
				of, root = &b.job, b.controllerToken
			}
			first := b.issued(t, b.member, face, of)
			rotated := root(refreshGrant(first.RefreshTokenValue.Reveal()), by(*of)).succeeded(t, "write", true)
			token, other := b.presented(t, rotated.access), b.issued(t, b.member, face, of)
			changed, err := b.UpdateToken(t.Context(), as(b.orgAdmin), face, token.ID, server.TokenInput{Scope: pointer("read")})
			check(t, err)
			if changed.Scope != models.ScopeRead {
				t.Errorf("%s: the scope is %q", face, changed.Scope)
			}
			if got := b.scopes(t, token.FamilyID); len(got) != 1 || got[0] != `scope="read"` {
				t.Errorf("%s: live refresh tokens of the family have %v", face, got)
			}
			if got := b.scopes(t, other.AccessToken.FamilyID); len(got) != 1 || got[0] != `scope="write"` {
				t.Errorf("%s: another family has %v", face, got)
			}
			root(refreshGrant(rotated.refresh, "scope", "write"), by(*of)).refused(t, 400, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token.")
			root(refreshGrant(rotated.refresh), by(*of)).succeeded(t, "read", true)
		}
	})
}

// TestWidenToken: who may raise a scope: the user whom the token acts as and a superuser, by hand only as far as was consented.
func TestWidenToken(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		widen := func(actor server.Actor, id int64, scope string) func() error {
			return func() error {
				_, err := b.UpdateToken(t.Context(), actor, models.FaceGateway, id, server.TokenInput{Scope: &scope})
				return err
			}
		}
		narrow := func(issued *server.Issued) int64 {
			check(t, widen(as(b.admin), issued.AccessToken.ID, "read")())
			return issued.AccessToken.ID
		}
		id := narrow(b.issued(t, b.member, models.FaceGateway, &b.web))
		b.refuses(t, "invalid scope", "can only be narrowed", widen(as(b.orgAdmin), id, "write"))
		b.refuses(t, "invalid scope", "can only be narrowed", widen(as(b.orgAdmin), id, "read write"))
		check(t, widen(as(b.member), id, "write")())
		family := b.family(t, id)
		if got := b.scopes(t, family); got[0] != `scope="read"` {
			t.Errorf("raising the access token raised the refresh token too: %v", got)
		}
		// As much as before in other words is no narrowing and must not raise what was narrowed.
		check(t, widen(as(b.member), id, "read write")())
		if got := b.scopes(t, family); got[0] != `scope="read"` {
			t.Errorf("rewording the access token's scope raised the refresh token: %v", got)
		}
		id = narrow(b.issued(t, b.member, models.FaceGateway, &b.web))
		check(t, widen(as(b.admin), id, "write")())

		personal := b.issued(t, b.alice, models.FaceGateway, nil)
		id = narrow(personal)
		reading, err := b.AuthenticateBearer(t.Context(), models.FaceGateway, personal.AccessTokenValue, "")
		check(t, err)
		bearer := server.Actor{Actor: models.Actor{User: reading.User, Token: reading}}
		b.refuses(t, "scope", "", widen(bearer, id, "write")) // contract §4, rule 5
		check(t, widen(as(b.alice), id, "write")())

		b.consented(t, b.member, b.web, models.ScopeRead)
		id = narrow(b.issued(t, b.member, models.FaceGateway, &b.web))
		for _, actor := range []server.Actor{as(b.member), as(b.admin)} {
			b.refuses(t, "invalid scope", "cannot exceed what the user consented to", widen(actor, id, "write"))
		}
		check(t, widen(as(b.member), id, "read")())
		b.consented(t, b.member, b.web, models.ScopeAll)
		check(t, widen(as(b.member), id, "write")())
	})
}

func (b *bed) family(t testing.TB, tokenID int64) string {
	t.Helper()
	token, err := b.db.Read(t.Context()).AccessToken(tokenID)
	check(t, err)
	return token.FamilyID
}

// consented stores what the user granted to the client.
func (b *bed) consented(t testing.TB, user *models.User, to client, scope models.Scope) {
	t.Helper()
	b.change(t, func(tx *store.Tx) error {
		return tx.KeepConsent(&models.Consent{UserID: user.ID, ApplicationID: to.ID, RedirectURI: to.RedirectURIs[0], Scope: scope,
			Created: tx.Now(), Modified: tx.Now()})
	})
}
