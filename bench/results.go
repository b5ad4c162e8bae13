package main

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Limits that are no ratio, for both databases but for the first.
const (
	issuingCPU  = 0.10 // ms of the server for client_credentials, on PostgreSQL
	readyLimit  = 100 * time.Millisecond
	memoryLimit = 40.0 // MiB
	sizeLimit   = 45.0 // MB
)

// report is what the contests came to on one database.
type report struct {
	database, version string
	outcomes          []outcome
	ready             time.Duration
	memory, size      float64 // MiB, MB
}

// contend measures Gatehouse and the floor on one database and prints what comes out.
func contend(ctx context.Context, database, binary, floor string, l load) (*report, error) {
	info, err := os.Stat(binary)
	if err != nil {
		return nil, err
	}
	r := &report{database: database, size: float64(info.Size()) / 1e6}
	address := ":memory:"
	if database == "PostgreSQL" {
		address = os.Getenv("TEST_POSTGRES_DSN")
		if l.postmaster, err = postmaster(ctx, address); err != nil {
			return nil, err
		}
	}
	if r.version, err = versionOf(ctx, database, address); err != nil {
		return nil, err
	}
	fmt.Printf("\n%s\n", database)
	a, err := openArena(ctx, database, binary, floor, l.connections)
	if err != nil {
		return nil, err
	}
	defer a.close()
	r.ready, r.memory = a.ready[len(a.ready)/2], a.memory
	fmt.Printf("  ready after %d ms, %.1f MiB resident when idle\n", r.ready.Milliseconds(), r.memory)
	if r.outcomes, err = a.run(ctx, l); err != nil {
		return nil, err
	}
	fmt.Print("\n" + r.table())
	return r, nil
}

func versionOf(ctx context.Context, database, address string) (version string, err error) {
	driver := "pgx"
	question := `SELECT split_part(current_setting('server_version'), ' ', 1) || ' (fsync ' || current_setting('fsync') || ', synchronous_commit ' ||
		current_setting('synchronous_commit') || ')'`
	if database == "SQLite" {
		driver, question = "sqlite", "SELECT sqlite_version() || ' (synchronous FULL)'"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(ctx, question).Scan(&version)
	return version, err
}

func met(so bool) string {
	if so {
		return "met"
	}
	return "**not met**"
}

// table is what was measured, in Markdown.
func (r *report) table() string {
	var text strings.Builder
	column, rule := " PostgreSQL CPU ms |", "--:|"
	if r.database == "SQLite" {
		column, rule = "", ""
	}
	fmt.Fprintf(&text, "| workload | program | requests/s | p50 ms | p99 ms | server CPU ms |%s Gatehouse / floor | wanted | |\n", column)
	fmt.Fprintf(&text, "|---|---|--:|--:|--:|--:|%s--:|---|---|\n", rule)
	for _, o := range r.outcomes {
		line := func(what string, of result, rest string) {
			fmt.Fprintf(&text, "| %s | %s | %.0f | %.2f | %.2f | %.3f | ", what, of.name, of.rate, of.p50.Seconds()*1e3, of.p99.Seconds()*1e3, of.cpu*1e3)
			switch {
			case r.database == "SQLite":
			case math.IsNaN(of.database):
				text.WriteString("unknown | ")
			default:
				fmt.Fprintf(&text, "%.3f | ", of.database*1e3)
			}
			text.WriteString(rest + " |\n")
		}
		line(o.workload, o.ours, "| |")
		for _, of := range o.against {
			ratio, wanted, so := o.verdict(of)
			verdict := met(so)
			if wanted == "" {
				verdict = ""
			}
			line("", o.floors[of.floor], fmt.Sprintf("%.2f | %s | %s", ratio, wanted, verdict))
		}
	}
	text.WriteString("\n| Gatehouse alone | | wanted | |\n|---|--:|--:|---|\n")
	if cpu, limited := r.issuingCPU(); limited {
		fmt.Fprintf(&text, "| server CPU for client_credentials | %.3f ms | ≤ %.2f ms | %s |\n", cpu, issuingCPU, met(cpu <= issuingCPU))
	}
	fmt.Fprintf(&text, "| start to ready, migrated | %d ms | ≤ %d ms | %s |\n", r.ready.Milliseconds(), readyLimit.Milliseconds(), met(r.ready <= readyLimit))
	fmt.Fprintf(&text, "| resident memory when idle | %.1f MiB | ≤ %.0f MiB | %s |\n", r.memory, memoryLimit, met(r.memory <= memoryLimit))
	fmt.Fprintf(&text, "| size of the stripped binary | %.1f MB | ≤ %.0f MB | %s |\n", r.size, sizeLimit, met(r.size <= sizeLimit))
	return text.String()
}

// issuingCPU is what the server takes for client_credentials, in ms, and whether there is a limit for it.
func (r *report) issuingCPU() (ms float64, limited bool) {
	for _, o := range r.outcomes {
		if o.workload == issuing {
			return o.ours.cpu * 1e3, r.database == "PostgreSQL"
		}
	}
	return 0, false
}

// shortcomings says in words which limits are not met, and where the time goes.
func (r *report) shortcomings() []string {
	var all []string
	for _, o := range r.outcomes {
		for _, of := range o.against {
			ratio, wanted, so := o.verdict(of)
			if so {
				continue
			}
			floor := o.floors[of.floor]
			text := fmt.Sprintf("%s, %s: %.2f beside “%s” where %s is wanted. Of the processor a request takes Gatehouse %.3f ms and that one %.3f ms",
				r.database, o.workload, ratio, of.floor, wanted, o.ours.cpu*1e3, floor.cpu*1e3)
			if !math.IsNaN(floor.database) {
				text += fmt.Sprintf("; PostgreSQL %.3f ms for Gatehouse and %.3f ms for that", o.ours.database*1e3, floor.database*1e3)
			}
			all = append(all, text+".")
		}
	}
	if cpu, limited := r.issuingCPU(); limited && cpu > issuingCPU {
		all = append(all, fmt.Sprintf("%s, server CPU for client_credentials: %.3f ms where at most %.2f ms is wanted.", r.database, cpu, issuingCPU))
	}
	if r.ready > readyLimit {
		all = append(all, fmt.Sprintf("%s, start to ready: %d ms where at most %d ms is wanted.", r.database, r.ready.Milliseconds(), readyLimit.Milliseconds()))
	}
	if r.memory > memoryLimit {
		all = append(all, fmt.Sprintf("%s, memory when idle: %.1f MiB where at most %.0f MiB is wanted.", r.database, r.memory, memoryLimit))
	}
	if r.size > sizeLimit {
		all = append(all, fmt.Sprintf("Size of the binary: %.1f MB where at most %.0f MB is wanted.", r.size, sizeLimit))
	}
	return all
}

const introduction = `# What Gatehouse takes, beside the least that does the same

Written by ` + "`go run ./bench`" + ` (` + "`make bench`" + `). The floor (` + "`bench/floor`" + `) is net/http and a driver: it writes the rows that Gatehouse writes, into a copy of the same
database on the same server, as safely, and gives the same answers. It knows its clients by heart, plans each statement once, takes no locks but those of
rows, throttles nobody, and knows no rule that the measured requests do not meet. On SQLite it leaves what triggers note, which Gatehouse adds up.

- *shared commits*: changes that come at once share a statement and a commit; what is asked is one SELECT.
- *own commits*: each change is a transaction of its own, on PostgreSQL in one round trip.
- *from memory*: introspection asks a map, as a cache that always hits and is never out of date would.

The programs are measured in turn, each %d times for %v after %v to warm up, with %d connections unless it says one; figures are means. The load comes from this
machine too and takes its part of the processors, from the floor the larger part, so that the ratio of the rates flatters Gatehouse; the CPU for a request, beside
it, hardly depends on that. At the beginning there were %d tokens of the client, each with a refresh token.
`

// writeResults puts the reports into a file.
func writeResults(ctx context.Context, path string, l load, reports []*report) error {
	var text strings.Builder
	fmt.Fprintf(&text, introduction+"\n", turnsOfContest, l.duration, l.warm, l.connections, stocked)
	fmt.Fprintf(&text, "- Machine: %s, %d cores, Linux %s\n- Go %s", processor(), runtime.NumCPU(), firstLine("/proc/sys/kernel/osrelease"), strings.TrimPrefix(runtime.Version(), "go"))
	apart := 0.0
	for _, r := range reports {
		fmt.Fprintf(&text, ", %s %s", r.database, r.version)
		for _, o := range r.outcomes {
			apart = max(apart, o.apart)
		}
	}
	fmt.Fprintf(&text, "\n- Commit %s, %s\n- The turns of one program differ by up to %.0f %% of their rate.\n", commitOf(ctx), time.Now().UTC().Format(time.DateOnly), 100*apart)
	var short []string
	for _, r := range reports {
		fmt.Fprintf(&text, "\n## %s\n\n%s", r.database, r.table())
		short = append(short, r.shortcomings()...)
	}
	text.WriteString("\n## What is not met\n\n")
	if len(short) == 0 {
		short = []string{"Nothing."}
	}
	for _, each := range short {
		text.WriteString("- " + each + "\n")
	}
	return os.WriteFile(path, []byte(text.String()), 0o644) // #nosec G306 -- for all to read
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path) // #nosec G304 -- of proc(5)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func commitOf(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude", "*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
