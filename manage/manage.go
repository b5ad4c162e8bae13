// Package manage is the command line: the server itself and the management commands, one file each. It reads the environment, which
// no other package does, and calls the operations of package server; it decides nothing that these decide.
//
// The frame is the one that scripts of both platforms know (contract §6): what goes wrong is one line "CommandError: …" on standard
// error and exit code 1, wrong usage is the usage on standard error and 2, everything else is 0.
package manage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/cobra"

	"gatehouse/models"
)

// names are those under which the program may be called, by symbolic link; it has the same commands under each.
var names = []string{"gatehouse", "aap-gateway-manage", "awx-manage"}

// program is one run of the program.
type program struct {
	version     string
	name        string
	environment []string
	stdin       *os.File
	stdout      *os.File
	stderr      *os.File
	verbosity   int
}

// Execute runs the command that args (with the program's name first) asks for and returns the exit code. SIGINT and SIGTERM ask it to
// stop; a second one stops it at once.
func Execute(version string, args []string, stdin, stdout, stderr *os.File) int {
	p := &program{version: version, name: programName(args), environment: os.Environ(), stdin: stdin, stdout: stdout, stderr: stderr}
	signal.Ignore(syscall.SIGPIPE) // a reader that went away is an error of the writing, not the end of the work
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return p.exitCode(p.run(ctx, args[min(1, len(args)):]))
}

func programName(args []string) string {
	if len(args) > 0 && slices.Contains(names, filepath.Base(args[0])) {
		return filepath.Base(args[0])
	}
	return names[0]
}

func (p *program) run(ctx context.Context, args []string) error {
	root := p.root()
	command, rest, err := root.Find(args)
	if err == nil && command.Name() == "help" {
		_, rest, err = root.Find(rest) // what help is asked for
	}
	if err != nil {
		return fmt.Errorf("unknown command: %s. Type '%s help' for the commands", firstWord(rest), p.name)
	}
	if err := lacksValue(command, rest); err != nil {
		return err
	}
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

func firstWord(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return fmt.Sprintf("%q", arg)
		}
	}
	return "none"
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:               p.name,
		Short:             "Gatehouse, the OAuth2 authorization server of an automation platform",
		Version:           p.version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			if p.verbosity < 0 || p.verbosity > 3 {
				return usageError{command, fmt.Sprintf("argument -v/--verbosity: invalid choice: %d (choose from 0, 1, 2, 3)", p.verbosity)}
			}
			return nil
		},
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error { return usageError{command, err.Error()} })
	root.PersistentFlags().IntVarP(&p.verbosity, "verbosity", "v", 1, "how much to tell: `LEVEL` 0 to 3")
	root.PersistentFlags().Bool("no-color", false, "accepted for scripts: nothing is coloured")
	root.AddCommand(p.serve(), p.migrate(), p.check(), p.createToken(), p.revokeTokens(), p.clearTokens(), p.clearSessions(), p.cleanupTokens(),
		p.cleanupSessions(), p.expireSessions(), p.createSuperuser(), p.changePassword(), p.importController(), p.importGateway(), p.listSettings(), p.showVersion())
	root.InitDefaultHelpCmd() // before the command is looked for
	return root
}

// usageError is a call that the command does not understand.
type usageError struct {
	command *cobra.Command
	message string
}

// Error is what was not understood.
func (e usageError) Error() string { return e.message }

// noArguments refuses words beside the options.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{command, "unrecognized arguments: " + strings.Join(args, " ")}
	}
	return nil
}

// lacksValue refuses an option that wants a value and is followed by another option, which would otherwise be taken for the value. A
// value that starts with a dash is given as --option=-value.
func lacksValue(command *cobra.Command, args []string) error {
	for n, arg := range args {
		if arg == "--" {
			return nil
		}
		name, long := strings.CutPrefix(arg, "--")
		if !long || n+1 == len(args) || len(args[n+1]) < 2 || args[n+1][0] != '-' {
			continue
		}
		if flag := command.Flag(name); flag != nil && flag.NoOptDefVal == "" {
			return usageError{command, "flag needs an argument: " + arg}
		}
	}
	return nil
}

// exitCode tells what went wrong, if anything, and gives the code to exit with.
func (p *program) exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(p.stderr, "%s%s: error: %s\n", usage.command.UsageString(), usage.command.CommandPath(), usage.message)
		return 2
	default:
		_, _ = fmt.Fprintf(p.stderr, "CommandError: %s\n", oneLine(err))
		return 1
	}
}

// oneLine is the error in one line. A refusal, or what is wrong with the input, stands without the steps that led there.
func oneLine(err error) string {
	var invalid models.Invalid
	var denied *models.Denied
	switch {
	case errors.As(err, &invalid):
		err = invalid
	case errors.As(err, &denied):
		err = denied
	case errors.Is(err, context.Canceled):
		return "Interrupted."
	}
	return strings.Join(strings.Fields(printable(err.Error())), " ")
}

// printable is the text without what moves the cursor or colours a terminal: a database's own words may be in it.
func printable(text string) string {
	return strings.Map(func(each rune) rune {
		if unicode.IsPrint(each) || unicode.IsSpace(each) {
			return each
		}
		return unicode.ReplacementChar
	}, text)
}
