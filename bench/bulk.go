package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// bulkWork is a command that goes over a million tokens while others are served.
type bulkWork struct {
	command string
	seeding []string // what it is about, beside what there is; nil: that
	limits  map[string]time.Duration
	left    string // SQL that counts what it should have dealt with
}

var bulkWorks = []bulkWork{
	{"revoke_oauth2_tokens", nil, map[string]time.Duration{"SQLite": time.Minute, "PostgreSQL": 40 * time.Second}, "SELECT count(*) FROM access_tokens WHERE hint = 'abcd'"},
	{"cleartokens", expired, map[string]time.Duration{"SQLite": 30 * time.Second, "PostgreSQL": 15 * time.Second}, "SELECT count(*) FROM access_tokens WHERE hint = 'abcd' AND expires < (SELECT created FROM users WHERE id = 1)"},
}

const (
	liveRate  = 200              // requests a second that are sent meanwhile, in turn to issue and to introspect a token
	quietFor  = 10 * time.Second // before
	liveFor   = 20 * time.Second // meanwhile: the rest of the work goes on by itself
	liveLimit = 2.0              // of p99 meanwhile, as a ratio to what it is before
)

// measureBulk prints how long each command takes, and what becomes of requests meanwhile.
func measureBulk(ctx context.Context, database, binary string) error {
	p, err := stored(ctx, database, binary, many)
	if err != nil {
		return err
	}
	defer p.drop()
	client, err := p.register(ctx)
	if err != nil {
		return err
	}
	for _, work := range bulkWorks {
		if work.seeding != nil {
			p.stop()
			if err := seedWith(ctx, p.address, many, work.seeding); err != nil {
				return err
			}
			if err := p.begin(ctx); err != nil {
				return err
			}
		}
		if err := work.measure(ctx, database, p.process, client); err != nil {
			return fmt.Errorf("%s: %w", work.command, err)
		}
	}
	return nil
}

func (w bulkWork) measure(ctx context.Context, database string, p *process, client credentials) error {
	quiet, err := p.live(ctx, client, quietFor, nil)
	if err != nil {
		return err
	}
	var took time.Duration
	busy, err := p.live(ctx, client, liveFor, func() error {
		command := exec.CommandContext(ctx, p.binary, w.command) // #nosec G204 -- the program to measure is named by whoever runs this
		command.Env, command.Dir = append(os.Environ(), p.variables...), p.folder
		begin := time.Now()
		_, err := command.Output()
		took = time.Since(begin)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.check(ctx, p.address); err != nil {
		return err
	}
	fmt.Printf("\n%s: %s of %d tokens %.1f s (limit %.0f s)%s\n", database, w.command, many, took.Seconds(), w.limits[database].Seconds(), over(took > w.limits[database]))
	for n, what := range []string{"client_credentials", "introspection"} {
		before, meanwhile := quiet[n].Latencies, busy[n].Latencies
		ratio := meanwhile.P99.Seconds() / before.P99.Seconds()
		fmt.Printf("  %-20s p50 %.2f and p99 %.2f ms before, p50 %.2f, p99 %.2f and at most %.0f ms meanwhile: ratio of p99 %.2f (limit %.1f)%s\n", what,
			before.P50.Seconds()*1e3, before.P99.Seconds()*1e3, meanwhile.P50.Seconds()*1e3, meanwhile.P99.Seconds()*1e3, meanwhile.Max.Seconds()*1e3,
			ratio, liveLimit, over(ratio > liveLimit))
	}
	return nil
}

func over(so bool) string {
	if so {
		return "   over the limit"
	}
	return ""
}

// check makes sure that the command did its work.
func (w bulkWork) check(ctx context.Context, address string) error {
	driver, source := sourceOf(address)
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var left int
	if err := db.QueryRowContext(ctx, w.left).Scan(&left); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%d tokens are left", left)
	}
	return nil
}

// live issues and introspects tokens for a time, or until the work is done if that is sooner, and gives what each came to; it comes back when the work is done.
// Requests go on at their rate whether answers come or not.
func (p *process) live(ctx context.Context, client credentials, duration time.Duration, work func() error) (measured [2]vegeta.Metrics, err error) {
	issue := post(p.url+"/o/token/", client, form("grant_type", "client_credentials", "scope", "read"))
	first, err := fetch(issue)
	if err != nil {
		return measured, err
	}
	targets := []vegeta.Target{issue, post(p.url+"/o/introspect/", client, form("token", first.AccessToken))}
	attacker := vegeta.NewAttacker(vegeta.KeepAlive(true))
	done := make(chan error, 1)
	if work == nil {
		done <- nil
	} else {
		go func() {
			done <- work()
			attacker.Stop()
		}()
	}
	var sent atomic.Uint64
	targeter := func(target *vegeta.Target) error {
		*target = targets[sent.Add(1)%2]
		return ctx.Err()
	}
	for r := range attacker.Attack(targeter, vegeta.Rate{Freq: liveRate, Per: time.Second}, duration, "") {
		if r.Code != http.StatusOK && err == nil {
			err = fmt.Errorf("%s: status %d: %s %s", r.URL, r.Code, r.Body, r.Error)
			attacker.Stop()
		}
		which := 0
		if r.URL == targets[1].URL {
			which = 1
		}
		measured[which].Add(r)
	}
	for n := range measured {
		measured[n].Close()
	}
	return measured, errors.Join(err, <-done)
}
