package manage

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

func (p *program) changePassword() *cobra.Command {
	return &cobra.Command{
		Use:   "changepassword [USERNAME]",
		Short: "Change a user's password",
		Long: "Changes the password of a user, by default of the one who is called like you are on this machine, and ends their sessions. The new\n" +
			"password is asked for twice without echo. Where standard input is no terminal, its first line is the password.",
		Args: func(command *cobra.Command, args []string) error {
			return noArguments(command, args[min(1, len(args)):])
		},
		RunE: func(command *cobra.Command, args []string) error {
			username, err := whose(args)
			if err != nil {
				return err
			}
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				return p.setPassword(ctx, s, actor, username)
			})
		},
	}
}

func whose(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	self, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("whose password? Give a username: %w", err)
	}
	return self.Username, nil
}

func (p *program) setPassword(ctx context.Context, s *server.Server, actor server.Actor, username string) error {
	of, err := s.UserByName(ctx, actor, models.FaceCommand, username)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("user '%s' does not exist", username)
	}
	if err != nil {
		return err
	}
	password, err := p.newPassword(ctx, of.Username)
	if err != nil {
		return err
	}
	if _, err := s.UpdateUser(ctx, actor, models.FaceCommand, of.ID, server.UserInput{Password: &password}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Password changed successfully for user '%s'\n", of.Username)
	return err
}

func (p *program) newPassword(ctx context.Context, username string) (string, error) {
	if !isTerminal(p.stdin) {
		password, err := p.pipedPassword()
		return strings.TrimSuffix(password, "\r"), err
	}
	if _, err := fmt.Fprintf(p.stdout, "Changing password for user '%s'\n", username); err != nil {
		return "", err
	}
	return p.askPassword(ctx)
}
