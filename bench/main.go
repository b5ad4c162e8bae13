// Command bench measures the built program: it starts bin/gatehouse on a fresh database, SQLite and then PostgreSQL (TEST_POSTGRES_DSN,
// with fsync on), and loads it over loopback from this machine, in turn with command floor, the least program that does the same work. It prints how
// long the program takes to be ready, what it weighs idle, and for each workload requests per second, latency and processor time, which
// bench/RESULTS.md keeps with the limits that are wanted; then how long it takes to answer pages of lists, with few and with many
// tokens; and, if asked, what it takes to import a large automation controller. Absolute figures hold for the machine they were taken on only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/gatehouse", "the program to measure")
	against := flag.String("against", "", "another build, measured in turn with it: the ratio of their figures is printed at the end")
	duration := flag.Duration("duration", 3*time.Second, "how long each workload runs, each time")
	connections := flag.Int("connections", 32, "how many requests are under way at once")
	only := flag.String("only", "", "load, lists, bulk or import: one part alone; the last two are measured only so")
	results := flag.String("results", "bench/RESULTS.md", "the file for what the load beside the floor came to; empty for none")
	flag.Func("pages", "of lists, those alone whose caller and path match this pattern, as in 'user .*order_by'", func(text string) (err error) {
		pagesMeasured, err = regexp.Compile(text)
		return err
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *against, *only, *results, load{duration: *duration, connections: *connections, warm: 400 * time.Millisecond}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, against, only, results string, l load) error {
	info, err := os.Stat(binary)
	if err != nil {
		return fmt.Errorf("%w; run make build first", err)
	}
	fmt.Printf("binary: %.1f MiB\n", float64(info.Size())/(1<<20))
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	var large controller
	defer large.close()
	var loaded contestants
	defer loaded.close()
	for _, part := range []struct {
		name    string
		measure func(database string) error
	}{
		{"load", func(database string) error {
			if against != "" {
				return compare(ctx, database, binary, against, l)
			}
			return loaded.measure(ctx, database, binary, results, l)
		}},
		{"lists", func(database string) error { return compareLists(ctx, database, binary) }},
		{"bulk", func(database string) error { return measureBulk(ctx, database, binary) }},
		{"import", func(database string) error { return large.measureImport(ctx, database, binary) }},
	} {
		if only != part.name && (only != "" || slices.Contains(onlyAsked, part.name) || against != "" && part.name != "load") {
			continue
		}
		for _, database := range []string{"SQLite", "PostgreSQL"} {
			if err := part.measure(database); err != nil {
				return fmt.Errorf("%s: %w", database, err)
			}
		}
	}
	return nil
}

// onlyAsked are the parts that are measured only when they are asked for: the others take ten minutes already.
var onlyAsked = []string{"bulk", "import"}

// rounds is how often two builds are measured in turn, so that a disturbance of the machine meets both.
const rounds = 3

// compare measures two builds in turn and prints what binary takes of the time of the other, by workload: medians of the rounds.
func compare(ctx context.Context, database, binary, against string, l load) error {
	ours, theirs := map[string][]result{}, map[string][]result{}
	var names []string
	for range rounds {
		for path, results := range map[string]map[string][]result{binary: ours, against: theirs} {
			measured, err := measure(ctx, database, path, l)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			names = names[:0]
			for _, each := range measured {
				results[each.name] = append(results[each.name], each)
				names = append(names, each.name)
			}
		}
	}
	fmt.Printf("\n%s: %s in units of %s\n", database, binary, against)
	for _, name := range names {
		interval := func(r result) float64 { return 1 / r.rate }
		processor := func(r result) float64 { return r.cpu }
		fmt.Printf("  %-20s time per request %.2f   server CPU %.2f\n", name, median(ours[name], interval)/median(theirs[name], interval),
			median(ours[name], processor)/median(theirs[name], processor))
	}
	return nil
}

func median(results []result, figure func(result) float64) float64 {
	var figures []float64
	for _, each := range results {
		figures = append(figures, figure(each))
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// measure runs every workload against a program of its own on an empty database.
func measure(ctx context.Context, database, binary string, l load) ([]result, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		return nil, err
	}
	defer drop()
	p, err := start(ctx, binary, folder, address, func() error { return nil })
	if err != nil {
		return nil, err
	}
	defer p.stop()
	memory, err := p.memory()
	if err != nil {
		return nil, err
	}
	fmt.Printf("\n%s\n  ready after %d ms, %.1f MiB resident when idle\n", database, p.readyAfter.Milliseconds(), memory)
	client, err := p.register(ctx)
	if err != nil {
		return nil, err
	}
	all, err := workloads(p.url, client, l.connections)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, w := range all {
		result, err := l.run(ctx, p, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Println("  " + result.String())
		results = append(results, result)
	}
	return results, nil
}
