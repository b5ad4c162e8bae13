package manage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/importer"
	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// importing is a call of one of the two commands.
type importing struct {
	importer.Options
	keyFile  string
	follow   bool
	interval int
	format   string
	rounds   int // begun
}

func (p *program) importController() *cobra.Command {
	in := &importing{Options: importer.Options{From: models.Controller, Command: "import_controller"}}
	command := &cobra.Command{
		Use:   "import_controller --source URL --secret-key-file FILE",
		Short: "Bring the users, applications and tokens of an automation controller along",
		Long: "Reads the database of an automation controller and brings along its users with their passwords, its organizations with their\n" +
			"administrators, members and auditors, and its applications and tokens, which keep their ids, secrets and expiry. The source is only\n" +
			"read. All of it is stored at once or, when the command is stopped or anything fails, nothing. It can be run again: then it brings\n" +
			"along what is new. What was deleted here does not come back.\n\n" +
			"To move without a pause: run it once with --dry-run and read the report, start it with --follow, point clients here, switch the\n" +
			"controller off (its database stays), stop the command, and run it for the last time with --finish.\n\n" +
			"The password of the source is better kept in PGPASSWORD or in the file of PGPASSFILE than in the URL. docs/importing.md says how to\n" +
			"make a database user who may only read, where the key is, and what to look at afterwards.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return p.runImport(command, in) },
	}
	command.Flags().StringVar(&in.keyFile, "secret-key-file", "", "`FILE` that holds the controller's SECRET_KEY: a copy of /etc/tower/SECRET_KEY, or of the operator's secret NAME-secret-key")
	command.Flags().BoolVar(&in.WithoutSecrets, "without-secrets", false, "import applications whose secrets cannot be decrypted without them")
	in.flags(command)
	return command
}

func (p *program) importGateway() *cobra.Command {
	in := &importing{Options: importer.Options{From: models.Gateway, Command: "import_gateway"}}
	command := &cobra.Command{
		Use:   "import_gateway --source URL",
		Short: "Bring the users, applications and tokens of a platform gateway along",
		Long: "Does for the database of a platform gateway what import_controller does for a controller's. Its tokens and client secrets are\n" +
			"digests already, and are taken over as they are.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return p.runImport(command, in) },
	}
	in.flags(command)
	return command
}

// flags are those that both commands have.
func (in *importing) flags(command *cobra.Command) {
	command.Flags().StringVar(&in.Source, "source", "", "`URL` of the database to import from: postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	command.Flags().BoolVar(&in.DryRun, "dry-run", false, "show the whole report and store nothing")
	command.Flags().BoolVar(&in.Renumber, "renumber", false, "where an id or a name is taken here, use the one of that name or give another id, and report which")
	command.Flags().BoolVar(&in.follow, "follow", false, "stay, and import again what is new; revoke here what is revoked at the source")
	command.Flags().IntVar(&in.interval, "interval", 30, "with --follow: `SECONDS` between two imports")
	command.Flags().BoolVar(&in.Last, "finish", false, "the last import, when nobody uses the source any more; revokes here what was revoked there")
	command.Flags().StringVar(&in.format, "format", "text", "`FORMAT` of the report, text or json")
}

// check finds what is wrong with the call.
func (in *importing) check(command *cobra.Command) error {
	problem := ""
	switch {
	case in.Source == "":
		problem = "the following arguments are required: --source"
	case in.format != "text" && in.format != "json":
		problem = fmt.Sprintf("argument --format: invalid choice: %q (choose from 'text', 'json')", in.format)
	case in.follow && (in.DryRun || in.Last):
		problem = "argument --follow: not allowed with --dry-run or --finish"
	case in.interval < 1 || in.interval > 86_400:
		problem = fmt.Sprintf("argument --interval: %d is not between 1 and 86400", in.interval)
	case in.keyFile != "" && in.WithoutSecrets:
		problem = "argument --without-secrets: not allowed with --secret-key-file"
	}
	if problem != "" {
		return usageError{command, problem}
	}
	return nil
}

func (p *program) runImport(command *cobra.Command, in *importing) error {
	if err := in.check(command); err != nil {
		return err
	}
	if in.keyFile != "" {
		key, err := importer.ReadSecretKey(in.keyFile)
		if err != nil {
			return err
		}
		in.SecretKey = &key
	}
	in.Revoke = in.follow || in.Last
	return p.withDatabase(command, !in.DryRun, func(ctx context.Context, set *settings, db *store.Store) error {
		if in.DryRun {
			if err := upToDate(ctx, db); err != nil {
				return err
			}
		} else if _, err := migrate(ctx, db); err != nil {
			return err
		}
		s, err := newServer(set, db)
		if err != nil {
			return err
		}
		in.RefreshLifetime = set.server.Lifetimes.RefreshToken
		if !in.follow {
			return p.importOnce(ctx, s, db, in)
		}
		return p.followSource(ctx, s, db, in)
	})
}

// importOnce imports and prints the report, also where nothing could be stored.
func (p *program) importOnce(ctx context.Context, s *server.Server, db *store.Store, in *importing) error {
	in.rounds++
	options := in.Options
	done := func() {}
	if in.rounds == 1 {
		options.Progress, done = p.progress()
	}
	outcome, err := importer.Import(ctx, db, options)
	done()
	if outcome == nil || err != nil && !errors.Is(err, importer.ErrConflicts) {
		return err
	}
	if err == nil && !in.DryRun {
		r := outcome.Revoked
		err = s.RevokeImported(ctx, server.Command(in.Command), r.AccessTokens, r.RefreshTokens, r.Families)
	}
	return errors.Join(err, p.printReport(outcome.Report, in))
}

// followSource imports until it is asked to stop. What fails after the first time is told and tried again. An import that the end
// interrupts has stored nothing, which is no failure unless it was the first.
func (p *program) followSource(ctx context.Context, s *server.Server, db *store.Store, in *importing) error {
	for first := true; ; first = false {
		err := p.importOnce(ctx, s, db, in)
		if ctx.Err() == nil && err != nil {
			if first || errors.Is(err, importer.ErrConflicts) {
				return err
			}
			_, _ = fmt.Fprintf(p.stderr, "%s: %s. Trying again in %d seconds.\n", in.Command, oneLine(err), in.interval)
		}
		select {
		case <-ctx.Done():
			if first && err != nil {
				return err
			}
			_, err := fmt.Fprintf(p.stderr, "Stopped. When nobody uses the source any more, run %s with --finish.\n", in.Command)
			return err
		case <-time.After(time.Duration(in.interval) * time.Second):
		}
	}
}
