package manage

import (
	"context"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"gatehouse/server"
)

// progress shows how far a work is that goes through tables, on standard error: a bar on a terminal, elsewhere a line for each table. done
// ends it.
func (p *program) progress() (step func(table string, read, all int64), done func()) {
	if p.verbosity == 0 {
		return nil, func() {}
	}
	if !isTerminal(p.stderr) {
		return func(table string, read, all int64) {
			if read == all {
				_, _ = fmt.Fprintf(p.stderr, "read %s: %d rows\n", table, read)
			}
		}, func() {}
	}
	var bar *progressbar.ProgressBar
	current := ""
	done = func() {
		if bar != nil {
			_ = bar.Exit()
			_, _ = fmt.Fprintln(p.stderr)
		}
	}
	return func(table string, read, all int64) {
		if table != current {
			done()
			current = table
			bar = progressbar.NewOptions64(all, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription(table),
				progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		if _ = bar.Set64(read); read == all {
			_ = bar.Finish()
		}
	}, done
}

// counting shows on a terminal how much of a work is done whose whole nobody knows before: a number that counts up, and how fast. Elsewhere it
// shows nothing. done ends it.
func (p *program) counting(ctx context.Context, what string) (counted context.Context, done func()) {
	if p.verbosity == 0 || !isTerminal(p.stderr) {
		return ctx, func() {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return server.WithProgress(ctx, func(done int64) { _ = bar.Set64(done) }), func() { _ = bar.Finish() }
}
