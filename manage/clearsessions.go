package manage

import (
	"context"

	"github.com/spf13/cobra"

	"gatehouse/server"
)

func (p *program) clearSessions() *cobra.Command {
	return &cobra.Command{
		Use:   "clearsessions",
		Short: "Delete expired sessions",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				ctx, done := p.counting(ctx, "clearing")
				_, err := s.ClearSessions(ctx, actor)
				done()
				return err
			})
		},
	}
}
