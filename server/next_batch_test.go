package server

import (
	"testing"
	"time"
)

// TestNextBatch: beside others a batch is what takes 15 ms, 100 rows at least; else twice the last one, beyond a thousand as long as it takes a tenth of the time that it has been quiet, and less
// than a second.
func TestNextBatch(t *testing.T) {
	for _, test := range []struct {
		rows int
		took time.Duration
		want int
	}{
		{100, 5 * time.Millisecond, 299},
		{400, 100 * time.Millisecond, 100},
		{10_000, time.Second, 149},
		{1000, time.Hour, 100},
		{100, 0, 1_500_000_000},
	} {
		if got := batchBeside(test.rows, test.took); got != test.want {
			t.Errorf("beside others after %+v: %d", test, got)
		}
	}
	for _, test := range []struct {
		rows        int
		took, quiet time.Duration
		want        int
	}{
		{100, time.Hour, 0, 200},
		{500, time.Hour, 0, 1000},
		{501, time.Hour, 0, 501},
		{1000, 100 * time.Millisecond, 2 * time.Second, 1000},
		{1000, 100 * time.Millisecond, 2001 * time.Millisecond, 2000},
		{4000, 499 * time.Millisecond, time.Hour, 8000},
		{4000, 500 * time.Millisecond, time.Hour, 4000},
	} {
		if got := batchAlone(test.rows, test.took, test.quiet); got != test.want {
			t.Errorf("alone after %+v: %d", test, got)
		}
	}
}
