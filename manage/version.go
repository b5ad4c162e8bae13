package manage

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) showVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, "gatehouse", p.version)
			return err
		},
	}
}
