package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// The workloads that Gatehouse and the floor have in common.
const (
	issuing      = "client_credentials"
	introspected = "introspection of one token"
	inTurn       = "introspection of 10,000 tokens in turn"
	tooMany      = "introspection of 40,000 tokens in turn, more than are kept"
	rotating     = "refresh_token, a chain for each connection"
	showing      = "GET tokens/N/ with a bearer token"
	alone        = "client_credentials, one connection"
)

// The kinds of floor, each a process of its own: changes that come at once share commits, or each has its own, in one round trip; both ask the
// database what they are asked. The third introspects without it.
const (
	batched = "floor, shared commits"
	single  = "floor, own commits"
	held    = "floor, from memory"
)

var floors = map[string][]string{batched: {"-batched"}, single: nil, held: {"-held"}}

// contest is a workload with the floors that it is measured against.
type contest struct {
	workload string
	against  []limit
}

// limit is what Gatehouse's figure may be in units of the floor's: at least of requests per second, or at most of the time to an answer. Without
// either the requests per second are compared for information.
type limit struct {
	floor  string
	least  float64
	most   float64 // of p50
	beside string  // the only database for which it is compared, "" for both
}

var contests = []contest{
	{issuing, []limit{{floor: batched, least: 0.5}, {floor: single, beside: "PostgreSQL"}}},
	{introspected, []limit{{floor: held, least: 0.5, beside: "PostgreSQL"}, {floor: batched, least: 0.6}}},
	{inTurn, []limit{{floor: held, least: 0.5, beside: "PostgreSQL"}, {floor: batched, least: 0.6}}},
	{tooMany, []limit{{floor: batched, least: 0.6, beside: "PostgreSQL"}, {floor: batched, beside: "SQLite"}}},
	{rotating, []limit{{floor: batched, least: 0.5}}},
	{showing, []limit{{floor: batched, least: 0.5}}},
	{alone, []limit{{floor: single, most: 1.3}}},
}

// turnsOfContest is how often each program is measured, in turn with the others, so that a disturbance of the machine meets all.
const turnsOfContest = 2

// arena is Gatehouse and the floors, running on two databases of one server that began alike.
type arena struct {
	database string
	ours     *process
	floors   map[string]*process
	stock    stock
	ready    []time.Duration // what each of some starts took, on a migrated database
	memory   float64         // MiB, after the last of them
	close    func()
}

// openArena fills a database by Gatehouse, copies it for the floor, and starts all.
func openArena(ctx context.Context, database, binary, floor string, chains int) (a *arena, err error) {
	var undo []func()
	a = &arena{database: database, floors: map[string]*process{}, close: func() {
		for _, each := range slices.Backward(undo) {
			each()
		}
	}}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	undo = append(undo, func() { _ = os.RemoveAll(folder) })
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		return nil, err
	}
	undo = append(undo, drop)
	if a.ours, err = start(ctx, binary, folder, address, func() error { return nil }); err != nil {
		return nil, err
	}
	err = a.stock.fill(ctx, a.ours, chains)
	a.ours.stop()
	if err == nil {
		err = a.stock.store(ctx, address)
	}
	if err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	copied, drop, err := copyDatabase(ctx, address, "floor")
	if err != nil {
		return nil, err
	}
	undo = append(undo, drop)
	if err := a.begin(ctx); err != nil {
		return nil, err
	}
	undo = append(undo, a.ours.stop)
	for kind, flags := range floors {
		if a.floors[kind], err = startFloor(ctx, floor, folder, copied, a.ours.url, flags); err != nil {
			return nil, err
		}
		undo = append(undo, a.floors[kind].stop)
	}
	return a, nil
}

// begin starts Gatehouse on its migrated database, some times for the sake of the figure.
func (a *arena) begin(ctx context.Context) (err error) {
	for n := range 3 {
		if n > 0 {
			a.ours.stop()
		}
		if err := a.ours.begin(ctx); err != nil {
			return err
		}
		a.ready = append(a.ready, a.ours.readyAfter)
	}
	slices.Sort(a.ready)
	a.memory, err = a.ours.memory()
	return err
}

func startFloor(ctx context.Context, binary, folder, address, issuer string, flags []string) (*process, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &process{url: "http://" + listen, binary: binary, folder: folder,
		arguments: append([]string{"-listen", listen, "-database", address, "-issuer", issuer}, flags...)}
	return p, p.begin(ctx)
}

// buildFloor builds the floor as Gatehouse is built; remove deletes it.
func buildFloor(ctx context.Context) (binary string, remove func(), err error) {
	folder, err := os.MkdirTemp("", "gatehouse-floor-")
	if err != nil {
		return "", nil, err
	}
	binary = filepath.Join(folder, "floor")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./bench/floor") // #nosec G204 -- into a folder made here
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		_ = os.RemoveAll(folder)
		return "", nil, fmt.Errorf("build the floor: %w: %s", err, out)
	}
	return binary, func() { _ = os.RemoveAll(folder) }, nil
}

// contestants are the floor, built when it is first needed, and what the contests came to so far.
type contestants struct {
	floor   string
	remove  func()
	reports []*report
}

func (c *contestants) close() {
	if c.remove != nil {
		c.remove()
	}
}

// measure runs the contests on one database, and writes the file once both are done.
func (c *contestants) measure(ctx context.Context, database, binary, results string, l load) (err error) {
	if c.remove == nil {
		if c.floor, c.remove, err = buildFloor(ctx); err != nil {
			return err
		}
	}
	r, err := contend(ctx, database, binary, c.floor, l)
	if err != nil {
		return err
	}
	c.reports = append(c.reports, r)
	if results == "" || len(c.reports) < 2 {
		return nil
	}
	return writeResults(ctx, results, l, c.reports)
}

// outcome is what a contest came to.
type outcome struct {
	contest
	ours   result
	floors map[string]result
	apart  float64 // by how much the turns of one program differ at most, as a part of their mean
}

// run measures all contests.
func (a *arena) run(ctx context.Context, l load) ([]outcome, error) {
	ours, theirs := a.stock.asked(a.ours.url), map[string]map[string]workload{}
	for kind, p := range a.floors {
		theirs[kind] = a.stock.asked(p.url)
	}
	var outcomes []outcome
	for _, c := range contests {
		c.against = slices.DeleteFunc(slices.Clone(c.against), func(of limit) bool { return of.beside != "" && of.beside != a.database })
		fmt.Printf("  %s\n", c.workload)
		measured, o := map[string][]result{}, outcome{contest: c, floors: map[string]result{}}
		measureOne := func(who string, p *process, w workload) error {
			with := l
			if c.workload == alone {
				with.connections = 1
			}
			r, err := with.run(ctx, p, w)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.workload, who, err)
			}
			r.name = who
			fmt.Println("    " + r.String())
			measured[who] = append(measured[who], r)
			return nil
		}
		for range turnsOfContest {
			for _, of := range c.against {
				if err := measureOne(of.floor, a.floors[of.floor], theirs[of.floor][c.workload]); err != nil {
					return nil, err
				}
			}
			if err := measureOne("Gatehouse", a.ours, ours[c.workload]); err != nil {
				return nil, err
			}
		}
		for who, results := range measured {
			mean, apart := meanOf(results)
			o.apart = max(o.apart, apart)
			o.floors[who] = mean
		}
		o.ours = o.floors["Gatehouse"]
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// meanOf is the mean of each figure, and how far the rates are apart as a part of theirs.
func meanOf(results []result) (mean result, apart float64) {
	mean = result{name: results[0].name}
	least, most := math.Inf(1), 0.0
	for _, r := range results {
		n := float64(len(results))
		mean.rate += r.rate / n
		mean.cpu += r.cpu / n
		mean.database += r.database / n
		mean.p50 += r.p50 / time.Duration(len(results))
		mean.p99 += r.p99 / time.Duration(len(results))
		least, most = min(least, r.rate), max(most, r.rate)
	}
	return mean, (most - least) / mean.rate
}

// verdict is Gatehouse's figure in units of the floor's, the limit in words, "" where there is none, and whether it is met.
func (o outcome) verdict(of limit) (ratio float64, wanted string, met bool) {
	floor := o.floors[of.floor]
	switch ratio = o.ours.rate / floor.rate; {
	case of.most > 0:
		ratio = o.ours.p50.Seconds() / floor.p50.Seconds()
		return ratio, fmt.Sprintf("p50 ≤ %.1f", of.most), ratio <= of.most
	case of.least > 0:
		return ratio, fmt.Sprintf("requests/s ≥ %.1f", of.least), ratio >= of.least
	}
	return ratio, "", true
}
