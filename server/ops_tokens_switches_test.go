package server_test

import (
	"testing"

	"gatehouse/models"
	"gatehouse/server"
)

// TestCase49CreateTokenOfExternalUser: refused while the setting is off; what was made while it was on goes on working.
func TestCase49CreateTokenOfExternalUser(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		external := b.stranger(t, models.User{Username: "sso", ExternalAccount: "ldap"})
		allowing := newServer(t, b.db, func(o *server.Options) { o.Policy.AllowExternalUsers = true })
		for _, face := range faces {
			create := func() error {
				_, err := b.CreateToken(t.Context(), as(external), face, server.TokenInput{})
				return err
			}
			b.refuses(t, "forbidden", models.ReasonExternalUser+" (ldap)", create)
			issued, err := allowing.CreateToken(t.Context(), as(external), face, server.TokenInput{})
			check(t, err)
			b.refuses(t, "forbidden", models.ReasonExternalUser, create)
			if !b.accepts(t, face, issued.AccessTokenValue.Reveal()) {
				t.Errorf("%s: the token of an external user is refused once the switch is off again", face)
			}
		}
	})
}

func TestCreateTokenSwitches(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		gatewayOnly := newServer(t, b.db, func(o *server.Options) { o.Policy.ControllerTokenCreation = false })
		b.refuses(t, "forbidden", "switched off", func() error {
			_, err := gatewayOnly.CreateToken(t.Context(), as(b.alice), models.FaceController, server.TokenInput{})
			return err
		})
		_, err := gatewayOnly.CreateToken(t.Context(), as(b.alice), models.FaceGateway, server.TokenInput{})
		check(t, err)
	})
}
