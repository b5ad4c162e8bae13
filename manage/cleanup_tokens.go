package manage

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/server"
)

func (p *program) cleanupTokens() *cobra.Command {
	return &cobra.Command{
		Use:   "cleanup_tokens",
		Short: "Like cleartokens, with the numbers of tokens on standard error",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				cleared, err := s.ClearTokens(ctx, actor)
				if err != nil || p.verbosity == 0 {
					return err
				}
				_, err = fmt.Fprintf(p.stderr, "Expired OAuth 2 Access Tokens deleted: %d\nExpired OAuth 2 Refresh Tokens deleted: %d\n",
					cleared.AccessTokens, cleared.RefreshTokens)
				return err
			})
		},
	}
}
