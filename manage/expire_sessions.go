package manage

import (
	"context"

	"github.com/spf13/cobra"

	"gatehouse/server"
	"gatehouse/store"
)

func (p *program) expireSessions() *cobra.Command {
	var username string
	command := &cobra.Command{
		Use:   "expire_sessions",
		Short: "End all sessions, or those of one user",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed("user") && username == "" { // a variable that was empty must not mean everybody
				return unknownUser(store.ErrNotFound)
			}
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				ctx, done := p.counting(ctx, "ending sessions")
				err := s.ExpireSessions(ctx, actor, username)
				done()
				return unknownUser(err)
			})
		},
	}
	command.Flags().StringVar(&username, "user", "", "`NAME` of the user who is signed out, instead of everybody")
	return command
}
