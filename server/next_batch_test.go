package server

import (
	"testing"
	"time"
)

// TestNextBatch: beside others a batch is what takes 15 ms, 100 rows at least; else twice the last one.
func TestNextBatch(t *testing.T) {
	for _, test := range []struct {
		rows    int
		took    time.Duration
		crowded bool
		want    int
	}{
		{100, time.Hour, false, 200},
		{100, 5 * time.Millisecond, true, 299},
		{400, 100 * time.Millisecond, true, 100},
		{10_000, time.Second, true, 149},
		{1000, time.Hour, true, 100},
		{100, 0, true, 1_500_000_000},
	} {
		if got := nextBatch(test.rows, test.took, test.crowded); got != test.want {
			t.Errorf("after %d rows in %v, beside others %v: %d, want %d", test.rows, test.took, test.crowded, got, test.want)
		}
	}
}
