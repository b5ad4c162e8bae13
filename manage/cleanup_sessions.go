package manage

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/server"
)

func (p *program) cleanupSessions() *cobra.Command {
	return &cobra.Command{
		Use:   "cleanup_sessions",
		Short: "Like clearsessions, with the number of sessions on standard error",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				cleared, err := s.ClearSessions(ctx, actor)
				if err != nil || p.verbosity == 0 {
					return err
				}
				_, err = fmt.Fprintf(p.stderr, "Expired Sessions deleted %d\n", cleared.Sessions)
				return err
			})
		},
	}
}
