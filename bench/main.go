// Command bench measures the built program: it starts bin/gatehouse on a fresh database, SQLite and then PostgreSQL (TEST_POSTGRES_DSN,
// with fsync on), and loads it over loopback from this machine. It prints how long the program takes to be ready, what it weighs
// idle, and for each workload requests per second and latency. Absolute figures hold for the machine they were taken on only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/gatehouse", "the program to measure")
	duration := flag.Duration("duration", 8*time.Second, "how long each workload runs")
	connections := flag.Int("connections", 32, "how many requests are under way at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, load{*duration, *connections}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, l load) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return fmt.Errorf("%w; run make build first", err)
	}
	fmt.Printf("binary: %.1f MiB\n", float64(info.Size())/(1<<20))
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		if err := measure(ctx, database, binary, l); err != nil {
			return fmt.Errorf("%s: %w", database, err)
		}
	}
	return nil
}

// measure runs every workload against a program of its own on an empty database.
func measure(ctx context.Context, database, binary string, l load) error {
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		return err
	}
	defer drop()
	p, err := start(ctx, binary, folder, address)
	if err != nil {
		return err
	}
	defer p.stop()
	memory, err := p.memory()
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n  ready after %d ms, %.1f MiB resident when idle\n", database, p.readyAfter.Milliseconds(), memory)
	client, err := p.register(ctx)
	if err != nil {
		return err
	}
	for _, w := range workloads(p.url, client) {
		result, err := l.run(ctx, p, w)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Println("  " + result.String())
	}
	return nil
}
