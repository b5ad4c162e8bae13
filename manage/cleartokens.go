package manage

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/server"
)

func (p *program) clearTokens() *cobra.Command {
	return &cobra.Command{
		Use:   "cleartokens",
		Short: "Delete expired tokens and authorization codes",
		Long: "Deletes access tokens, refresh tokens and authorization codes that have expired. An access token stays as long as its refresh\n" +
			"token does, and a used refresh token as long as its coming again must be noticed.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				cleared, err := s.ClearTokens(ctx, actor)
				if err != nil || p.verbosity == 0 {
					return err
				}
				_, err = fmt.Fprintf(p.stdout, "Deleted access tokens: %d\nDeleted refresh tokens: %d\nDeleted authorization codes: %d\n",
					cleared.AccessTokens, cleared.RefreshTokens, cleared.AuthorizationCodes)
				return err
			})
		},
	}
}
