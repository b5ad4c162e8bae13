package manage

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) listSettings() *cobra.Command {
	return &cobra.Command{
		Use:   "settings",
		Short: "List all settings with their defaults",
		Long: "Lists all settings with their defaults and what is allowed, in the form of a file that GATEHOUSE_CONFIG may name. The same keys can\n" +
			"be set in the environment, which wins over the file.",
		Example: "  gatehouse settings > gatehouse.conf",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(p.stdout, settingsFile())
			return err
		},
	}
}

// settingsFile is a file of settings in which everything is at its default.
func settingsFile() string {
	var out strings.Builder
	for n, row := range table {
		if n > 0 {
			fmt.Fprintln(&out)
		}
		fmt.Fprintf(&out, "# %s\n# allowed: %s\n", row.help, row.allowed)
		if row.unset != "" {
			fmt.Fprintf(&out, "# when not set: %s\n", row.unset)
		}
		fmt.Fprintf(&out, "#%s=%s\n", row.key, row.fallback)
	}
	return out.String()
}
