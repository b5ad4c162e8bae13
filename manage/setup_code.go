package manage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gatehouse/models"
	"gatehouse/server"
)

// setupCheck is how often a server with a setup code in a file looks whether it is needed still.
const setupCheck = time.Second

// setup is the way to the first administrator: a one-time code, on the terminal or in a file that its owner alone can read.
type setup struct {
	server *server.Server
	path   string // of the file
	log    *slog.Logger
}

// setupCodeFile is where the code goes: beside the SQLite file unless a setting says otherwise.
func setupCodeFile(set *settings) string {
	if set.setupCodeFile != "" {
		return set.setupCodeFile
	}
	if path, ok := sqlitePath(set.databaseURL); ok {
		return filepath.Join(filepath.Dir(path), "setup-code")
	}
	return filepath.Join("data", "setup-code")
}

// prepareSetup tells whoever started the server how to make the first administrator, if there is none. The code is never logged.
func (p *program) prepareSetup(ctx context.Context, set *settings, s *server.Server, log *slog.Logger) (*setup, error) {
	w := &setup{server: s, path: setupCodeFile(set), log: log}
	needed, err := s.SetupNeeded(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot look for an administrator: %w", err)
	}
	if !needed {
		return w, removeSetupCode(w.path)
	}
	terminal := p.terminal()
	var code models.Secret
	if terminal == nil || set.setupCodeFile != "" {
		code, err = w.codeInFile(ctx)
	} else {
		code, err = s.NewSetupCode(ctx)
	}
	if err != nil || code.Empty() {
		return w, err
	}
	if terminal != nil {
		_, err = fmt.Fprintf(terminal, "\n  There is no administrator yet. This link makes the first one, and works once:\n\n"+
			"      %[1]s/setup#code=%[2]s\n\n  Or open %[1]s/setup and type the code %[2]s\n\n", set.server.Issuer, code.Reveal())
	}
	return w, err
}

// terminal is where a person reads what the server says, nil when nobody does.
func (p *program) terminal() *os.File {
	for _, file := range []*os.File{p.stderr, p.stdout} {
		if isTerminal(file) {
			return file
		}
	}
	return nil
}

// codeInFile keeps the code that the file holds if it is good still, so that a restart does not invalidate it; else it puts a new one
// there.
func (w *setup) codeInFile(ctx context.Context) (models.Secret, error) {
	code, err := readSetupCode(w.path)
	if err != nil {
		return models.Secret{}, err
	}
	if !code.Empty() {
		err = w.server.CheckSetupCode(ctx, code)
	}
	if code.Empty() || errors.Is(err, server.ErrWrongCredentials) {
		code, err = w.newCodeInFile(ctx)
	}
	if err == nil && !code.Empty() {
		w.log.Warn("there is no administrator yet: open /setup with the one-time code in the file", "file", w.path)
	}
	return code, err
}

func (w *setup) newCodeInFile(ctx context.Context) (models.Secret, error) {
	code, err := w.server.NewSetupCode(ctx)
	if err != nil || code.Empty() {
		return code, err
	}
	return code, writeSetupCode(w.path, code)
}

// forget removes the file once there is an administrator, however they were made.
func (w *setup) forget(ctx context.Context) {
	for tick := time.NewTicker(setupCheck); ; {
		if _, err := os.Lstat(w.path); err != nil {
			tick.Stop()
			return
		}
		stopped := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			stopped = true
		}
		check, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		needed, err := w.server.SetupNeeded(check)
		cancel()
		if err == nil && !needed {
			if err := removeSetupCode(w.path); err != nil {
				w.log.Error("the setup code is spent, but its file is still there", "error", err)
			}
			stopped = true
		}
		if stopped {
			tick.Stop()
			return
		}
	}
}

var setupCodePattern = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9]{%d}\n?$`, models.TokenLength))

// readSetupCode reads the code in the file, empty when there is none. A file that holds something else is an error: it is not ours.
func readSetupCode(path string) (models.Secret, error) {
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return models.Secret{}, nil
	case err != nil:
		return models.Secret{}, setupFileError(path, err)
	case !setupCodePattern.Match(text):
		return models.Secret{}, setupFileError(path, errors.New("it is there already and holds something else"))
	}
	return models.SecretOf(strings.TrimSpace(string(text))), nil
}

func writeSetupCode(path string, code models.Secret) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return setupFileError(path, err)
	}
	if err := removeSetupCode(path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return setupFileError(path, err)
	}
	_, err = fmt.Fprintln(file, code.Reveal())
	if err := errors.Join(err, file.Close()); err != nil {
		return setupFileError(path, err)
	}
	return nil
}

// removeSetupCode removes the file if it holds a setup code; another file of that name is left alone.
func removeSetupCode(path string) error {
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil || !setupCodePattern.Match(text) {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return setupFileError(path, err)
	}
	return nil
}

func setupFileError(path string, err error) error {
	return fmt.Errorf("cannot use %s for the setup code: %w. %s names another file", path, withoutPath(err), keySetupCodeFile)
}
