package server

import (
	"testing"
	"time"
)

// TestNextBatch: beside others a batch is what takes 15 ms, 100 rows at least; else twice the last one, beyond a thousand as long as it takes a tenth of the time that it has been quiet.
func TestNextBatch(t *testing.T) {
	for _, test := range []struct {
		rows        int
		took, quiet time.Duration
		crowded     bool
		want        int
	}{
		{100, time.Hour, 0, false, 200},
		{999, time.Hour, 0, false, 1998},
		{1000, 100 * time.Millisecond, 2 * time.Second, false, 1000},
		{1000, 100 * time.Millisecond, 2001 * time.Millisecond, false, 2000},
		{100, 5 * time.Millisecond, time.Hour, true, 299},
		{400, 100 * time.Millisecond, time.Hour, true, 100},
		{10_000, time.Second, time.Hour, true, 149},
		{1000, time.Hour, time.Hour, true, 100},
		{100, 0, time.Hour, true, 1_500_000_000},
	} {
		if got := nextBatch(test.rows, test.took, test.quiet, test.crowded); got != test.want {
			t.Errorf("after %+v: %d", test, got)
		}
	}
}
