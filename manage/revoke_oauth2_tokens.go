package manage

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func (p *program) revokeTokens() *cobra.Command {
	var revocation server.Revocation
	var platform string
	var all bool
	command := &cobra.Command{
		Use:   "revoke_oauth2_tokens",
		Short: "Revoke access tokens, of everybody or of one user",
		Long: "Revokes access tokens, expired ones included: they are refused from then on. Refresh tokens stay usable unless\n" +
			"--revoke_refresh is given. Prints a line for each token, with its id and its first 4 characters. It can be stopped and run again.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			revocation.Platform = models.Platform(platform)
			if platform != "" && !revocation.Platform.Valid() {
				return usageError{command, fmt.Sprintf("argument --platform: invalid choice: %q (choose from 'gateway', 'controller')", platform)}
			}
			if command.Flags().Changed("user") && revocation.User == "" { // a variable that was empty must not mean everybody
				return errRevokeUser
			}
			revocation.RefreshTokens = revocation.RefreshTokens || all
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				return p.revoke(ctx, s, actor, revocation)
			})
		},
	}
	command.Flags().StringVar(&revocation.User, "user", "", "`NAME` of the user whose tokens are revoked, instead of everybody's")
	command.Flags().BoolVar(&revocation.RefreshTokens, "revoke_refresh", false, "revoke refresh tokens too")
	command.Flags().BoolVar(&all, "all", false, "the same as --revoke_refresh")
	command.Flags().StringVar(&platform, "platform", "", "`PLATFORM` whose tokens alone are revoked, gateway or controller")
	return command
}

var errRevokeUser = errors.New("A user with that username does not exist.") //nolint:staticcheck // the contract's words

// revoke prints what is revoked as it goes. Revoking goes first: when nobody reads the lines it is completed all the same.
func (p *program) revoke(ctx context.Context, s *server.Server, actor server.Actor, revocation server.Revocation) error {
	var unread error
	print := func(class string, id int64, hint string) {
		if unread == nil {
			_, unread = fmt.Fprintf(p.stdout, "revoked %s %d %s…\n", class, id, hint)
		}
	}
	revocation.Report = func(refresh []models.RefreshToken, access []models.AccessToken) error {
		for _, token := range refresh {
			print(refreshTokenClass(token.Platform), token.ID, token.Hint)
		}
		for _, token := range access {
			print("OAuth2AccessToken", token.ID, token.Hint)
		}
		return nil
	}
	done := func() {}
	if !isTerminal(p.stdout) { // there the lines show it
		ctx, done = p.counting(ctx, "revoking")
	}
	err := s.RevokeTokens(ctx, actor, revocation)
	done()
	if errors.Is(err, store.ErrNotFound) {
		return errRevokeUser
	}
	return errors.Join(err, unread)
}

// refreshTokenClass is what each platform calls its refresh tokens in this command's lines.
func refreshTokenClass(of models.Platform) string {
	if of == models.Controller {
		return "RefreshToken"
	}
	return "OAuth2RefreshToken"
}
