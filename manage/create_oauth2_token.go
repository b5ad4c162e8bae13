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

func (p *program) createToken() *cobra.Command {
	var username, platform string
	var quiet bool
	var days int
	command := &cobra.Command{
		Use:   "create_oauth2_token --user NAME",
		Short: "Make a personal access token for a user",
		Long: "Makes a personal access token with the scope write, and prints it. This is the only time that it can be read: the database\n" +
			"keeps a digest. It lives for as many days as are asked for, within the longest lifetime of the token policy, or for the default.",
		Example: "  gatehouse create_oauth2_token --user example_user\n  TOKEN=$(gatehouse create_oauth2_token --quiet --user example_user)",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			of := models.Platform(platform)
			if !of.Valid() {
				return usageError{command, fmt.Sprintf("argument --platform: invalid choice: %q (choose from 'gateway', 'controller')", platform)}
			}
			if username == "" {
				return errors.New("Username not supplied. Usage: create_oauth2_token --user=username.") //nolint:staticcheck // the contract's words
			}
			if command.Flags().Changed("days") && (days < 1 || days > mostDays) {
				return usageError{command, fmt.Sprintf("argument --days: %d is not a number from 1 to %d", days, mostDays)}
			}
			return p.use(command, func(ctx context.Context, s *server.Server, actor server.Actor) error {
				in := server.TokenInput{Platform: of}
				if days > 0 {
					expires := s.Now().AddDate(0, 0, days)
					in.Expires = &expires
				}
				return p.printNewToken(ctx, s, actor, username, in, quiet)
			})
		},
	}
	command.Flags().StringVar(&username, "user", "", "`NAME` of the user whom the token is for")
	command.Flags().StringVar(&platform, "platform", string(models.Gateway), "`PLATFORM` of the token, gateway or controller")
	command.Flags().IntVar(&days, "days", 0, "`NUMBER` of days that the token lives")
	command.Flags().BoolVar(&quiet, "quiet", false, "print the token and nothing else")
	return command
}

// mostDays is the most that --days takes: a thousand years.
const mostDays = models.LongestAllowed / models.Day

func (p *program) printNewToken(ctx context.Context, s *server.Server, actor server.Actor, username string, in server.TokenInput, quiet bool) error {
	user, err := s.UserByName(ctx, actor, models.FaceCommand, username)
	if err != nil {
		return unknownUser(err)
	}
	in.User = user
	issued, err := s.CreateToken(ctx, actor, models.FaceCommand, in)
	if err != nil {
		return err
	}
	line := issued.AccessTokenValue.Reveal()
	if !quiet {
		line = fmt.Sprintf("New OAuth2 token for %s: %s", user.Username, line)
	}
	if _, err := fmt.Fprintln(p.stdout, line); err != nil {
		lost := fmt.Errorf("the token could not be printed and was deleted again: %w", err)
		return errors.Join(lost, s.DeleteToken(context.WithoutCancel(ctx), actor, models.FaceCommand, issued.AccessToken.ID))
	}
	return nil
}

// unknownUser gives the contract's words for a user who is not there.
func unknownUser(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("The user does not exist.") //nolint:staticcheck // the contract's words
	}
	return err
}
