package manage

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/store"
)

func (p *program) migrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: "Brings the database's schema up to date, and makes a SQLite file that is not there. serve does it by itself. The schema\n" +
			"only ever moves forward; servers of the previous release may go on running meanwhile.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.withDatabase(command, true, func(ctx context.Context, _ *settings, db *store.Store) error {
				applied, err := migrate(ctx, db)
				if err != nil || p.verbosity == 0 {
					return err
				}
				for _, version := range applied {
					if _, err := fmt.Fprintf(p.stdout, "Applied migration %04d\n", version); err != nil {
						return err
					}
				}
				if len(applied) == 0 {
					_, err = fmt.Fprintln(p.stdout, "No migrations to apply.")
				}
				return err
			})
		},
	}
}

func migrate(ctx context.Context, db *store.Store) ([]int64, error) {
	applied, err := db.Migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot bring the database up to date: %w", err)
	}
	return applied, nil
}
