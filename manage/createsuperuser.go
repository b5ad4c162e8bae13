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

func (p *program) createSuperuser() *cobra.Command {
	var username, email string
	var noInput bool
	command := &cobra.Command{
		Use:   "createsuperuser",
		Short: "Make a user who may do everything",
		Long: "Makes a user who may do everything, and asks on the terminal for what is not given. The password is taken from\n" +
			"GATEHOUSE_SUPERUSER_PASSWORD, or asked for twice without echo. A database that is not there or of an earlier release is made and\n" +
			"brought up to date first.",
		Example: "  GATEHOUSE_SUPERUSER_PASSWORD=… gatehouse createsuperuser --noinput --username admin --email admin@example.org",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			set, err := loadSettings(p.environment)
			if err != nil {
				return err
			}
			in := server.UserInput{Username: &username, Email: &email}
			asks := !noInput && isTerminal(p.stdin)
			switch {
			case !asks && username == "":
				return errors.New("no username: give --username, or run this in a terminal without --noinput")
			case !asks && set.superuserPassword.Empty():
				return errors.New("no password: set " + keySuperuserPassword + ", or run this in a terminal without --noinput")
			}
			return withOpen(command.Context(), set, true, commandCache(), func(ctx context.Context, db *store.Store) error {
				return p.makeSuperuser(ctx, set, db, &in, asks && !command.Flags().Changed("email"))
			})
		},
	}
	command.Flags().StringVar(&username, "username", "", "the new user's `NAME`")
	command.Flags().StringVar(&email, "email", "", "the new user's e-mail `ADDRESS`")
	command.Flags().BoolVar(&noInput, "noinput", false, "ask nothing")
	command.Flags().BoolVar(&noInput, "no-input", false, "the same as --noinput")
	return command
}

// completeSuperuser asks for what was not given. What is wrong with a name or an address is said before a password is asked for.
func (p *program) completeSuperuser(ctx context.Context, set *settings, s *server.Server, actor server.Actor, in *server.UserInput, asksEmail bool) (err error) {
	if *in.Username == "" {
		if *in.Username, err = p.ask(ctx, "Username: "); err != nil {
			return err
		}
	}
	switch _, err := s.UserByName(ctx, actor, models.FaceCommand, *in.Username); {
	case err == nil:
		return models.Invalid{{Field: "username", Message: server.UsernameTaken}}
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if asksEmail {
		if *in.Email, err = p.ask(ctx, "Email address: "); err != nil {
			return err
		}
	}
	if err := (&models.User{Username: *in.Username, Email: *in.Email}).Validate(); err != nil {
		return err
	}
	password := set.superuserPassword.Reveal()
	if password == "" {
		if password, err = p.askPassword(ctx); err != nil {
			return err
		}
	}
	in.Password = &password
	return nil
}

func (p *program) makeSuperuser(ctx context.Context, set *settings, db *store.Store, in *server.UserInput, asksEmail bool) error {
	if _, err := migrate(ctx, db); err != nil {
		return err
	}
	s, err := newServer(set, db)
	if err != nil {
		return err
	}
	actor := server.Command("createsuperuser")
	if err := p.completeSuperuser(ctx, set, s, actor, in, asksEmail); err != nil {
		return err
	}
	yes := true
	in.IsSuperuser = &yes
	if _, err := s.CreateUser(ctx, actor, models.FaceCommand, *in, 0); err != nil {
		return err
	}
	if err := removeSetupCode(setupCodeFile(set)); err != nil {
		return err
	}
	if p.verbosity == 0 {
		return nil
	}
	_, err = fmt.Fprintln(p.stdout, "Superuser created successfully.")
	return err
}
