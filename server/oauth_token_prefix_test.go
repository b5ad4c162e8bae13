package server_test

import (
	"regexp"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestTokenPrefix: with a prefix new tokens can be told from other text; those made before go on working, and codes stay as they were.
func TestTokenPrefix(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		before := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		prefixed := b.another(t, func(o *server.Options) { o.TokenFormat.Prefix = "acme_" })
		code := prefixed.code(t, b.web, b.alice)
		issued, err := prefixed.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{})
		check(t, err)
		made := prefixed.token(redemption(b.web, code), by(b.web))
		pattern := regexp.MustCompile(`^acme_[A-Za-z0-9]{36}$`)
		for _, value := range []string{issued.AccessTokenValue.Reveal(), made.body["access_token"].(string), made.body["refresh_token"].(string)} {
			if !pattern.MatchString(value) {
				t.Errorf("made %s", value)
			}
		}
		if hint := issued.AccessToken.Hint; hint != issued.AccessTokenValue.Reveal()[5:9] {
			t.Errorf("the hint %q begins with the prefix", hint)
		}
		if !prefixed.accepts(t, models.FaceGateway, before.access) || !b.accepts(t, models.FaceGateway, issued.AccessTokenValue.Reveal()) {
			t.Error("a token of the other format is refused")
		}
		if a := prefixed.token(refreshGrant(before.refresh), by(b.web)); a.Code != 200 || !pattern.MatchString(a.body["access_token"].(string)) {
			t.Errorf("refreshed to %s", a.text)
		}
	})
}

// TestRevokedEverywhere: another server on the same database refuses at once what this one revoked.
func TestRevokedEverywhere(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		other := b.another(t)
		for name, revoke := range map[string]func(p pair){
			"by its client": func(p pair) { b.revoke(form("token", p.refresh), by(b.web)) },
			"deleted": func(p pair) {
				check(t, b.DeleteToken(t.Context(), as(b.alice), models.FaceGateway, b.presented(t, p.access).ID))
			},
			"with its consent": func(pair) { check(t, b.WithdrawConsent(t.Context(), as(b.alice), b.web.ID)) },
			"by a command":     func(pair) { check(t, b.RevokeTokens(t.Context(), revoking, server.Revocation{User: "alice"})) },
		} {
			p := b.token(redemption(b.web, b.code(t, b.web, b.alice)), by(b.web)).succeeded(t, "read write", true)
			if !other.accepts(t, models.FaceGateway, p.access) {
				t.Errorf("%s: refused before", name)
			}
			revoke(p)
			if other.accepts(t, models.FaceGateway, p.access) {
				t.Errorf("%s: the other server accepts it", name)
			}
			other.introspect(form("token", p.access), by(b.web)).inactive(t)
		}
	})
}
