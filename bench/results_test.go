package main

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// TestReport: what is met and what is not is said in the table, and what is not in words too.
func TestReport(t *testing.T) {
	floor := result{name: batched, rate: 1000, p50: time.Millisecond, cpu: 0.0001, database: 0.0002}
	slow := result{name: "Gatehouse", rate: 400, p50: 2 * time.Millisecond, cpu: 0.0004, database: 0.0008}
	quick := result{name: "Gatehouse", rate: 700, p50: 1200 * time.Microsecond, cpu: 0.0001, database: math.NaN()}
	for _, each := range []struct {
		name  string
		o     outcome
		wants []string
		short int
	}{
		{"too slow", outcome{contest: contest{issuing, []limit{{floor: batched, least: 0.5}}}, ours: slow, floors: map[string]result{batched: floor}},
			[]string{"| 0.40 | requests/s ≥ 0.5 | **not met** |", "| 0.400 | 0.800 |", "| 0.400 ms | ≤ 0.10 ms | **not met** |"}, 2},
		{"quick enough", outcome{contest: contest{issuing, []limit{{floor: batched, least: 0.5}}}, ours: quick, floors: map[string]result{batched: floor}},
			[]string{"| 0.70 | requests/s ≥ 0.5 | met |", "| 0.100 | unknown |", "| 0.100 ms | ≤ 0.10 ms | met |"}, 0},
		{"an answer too late", outcome{contest: contest{alone, []limit{{floor: batched, most: 1.3}}}, ours: slow, floors: map[string]result{batched: floor}},
			[]string{"| 2.00 | p50 ≤ 1.3 | **not met** |"}, 1},
		{"an answer in time", outcome{contest: contest{alone, []limit{{floor: batched, most: 1.3}}}, ours: quick, floors: map[string]result{batched: floor}},
			[]string{"| 1.20 | p50 ≤ 1.3 | met |"}, 0},
		{"without a limit", outcome{contest: contest{alone, []limit{{floor: batched}}}, ours: slow, floors: map[string]result{batched: floor}},
			[]string{"| 0.40 |  |  |"}, 0},
	} {
		t.Run(each.name, func(t *testing.T) {
			r := &report{database: "PostgreSQL", outcomes: []outcome{each.o}, ready: readyLimit, memory: memoryLimit, size: sizeLimit}
			table := r.table()
			for _, want := range each.wants {
				if !strings.Contains(table, want) {
					t.Errorf("the table lacks %q:\n%s", want, table)
				}
			}
			if short := r.shortcomings(); len(short) != each.short {
				t.Errorf("%d shortcomings, want %d: %q", len(short), each.short, short)
			}
		})
	}
}

func TestTimeOfProcesses(t *testing.T) {
	for begin := time.Now(); time.Since(begin) < 60*time.Millisecond; { // to have used some
	}
	own, err := statOf(os.Getpid())
	if err != nil || own.own <= 0 || own.parent != os.Getppid() || own.name == "" {
		t.Fatalf("%+v, %v", own, err)
	}
	tree, err := treeCPU(os.Getpid())
	if err != nil || tree < own.own {
		t.Errorf("the process and its children took %v, the process alone %v, %v", tree, own.own, err)
	}
}

// TestPostmaster: the server of the tests runs on this machine.
func TestPostmaster(t *testing.T) {
	pid, err := postmaster(t.Context(), os.Getenv("TEST_POSTGRES_DSN"))
	if err != nil || pid == 0 {
		t.Fatalf("process %d, %v", pid, err)
	}
	if used, err := treeCPU(pid); err != nil || used <= 0 {
		t.Errorf("it has taken %v, %v", used, err)
	}
}
