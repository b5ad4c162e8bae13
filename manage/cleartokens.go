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
		Short: "Delete expired tokens, authorization codes and device codes",
		Long: "Deletes access tokens, refresh tokens, authorization codes and device codes that have expired. An access token stays as long as\n" +
			"its refresh token does, and a used refresh token as long as its coming again must be noticed. Device codes have a line of their\n" +
			"own where there were some.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				ctx, done := p.counting(ctx, "clearing")
				cleared, err := s.ClearTokens(ctx, actor)
				done()
				if err != nil || p.verbosity == 0 {
					return err
				}
				text := fmt.Sprintf("Deleted access tokens: %d\nDeleted refresh tokens: %d\nDeleted authorization codes: %d\n",
					cleared.AccessTokens, cleared.RefreshTokens, cleared.AuthorizationCodes)
				if cleared.DeviceCodes > 0 { // the originals know none, and scripts know their three lines
					text += fmt.Sprintf("Deleted device codes: %d\n", cleared.DeviceCodes)
				}
				_, err = fmt.Fprint(p.stdout, text)
				return err
			})
		},
	}
}
