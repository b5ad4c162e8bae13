package templates

import (
	"fmt"
	"math"
	"time"
)

// Moment is a time as people say it, with the exact one beside it.
type Moment struct {
	Words   string // "in 3 days"; where there is no time, the word for that
	Exact   string // "2 Jan 2026, 15:04:05 UTC"
	Machine string // RFC 3339, for <time datetime>; "" where there is no time
}

// moment says then relative to now. The zero time is none, for which it says none ("never").
func moment(now, then time.Time, none string) Moment {
	if then.IsZero() {
		return Moment{Words: none}
	}
	then = then.UTC()
	return Moment{relative(now, then), then.Format("2 Jan 2006, 15:04:05 UTC"), then.Format("2006-01-02T15:04:05.000000Z")}
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	year   = 365 * day
	month  = year / 12
)

// The script counts in the same steps, so that a page that stays open keeps saying the same.
var steps = []struct {
	length float64 // seconds
	below  int64   // of these; from there on the next unit is used
	unit   string
}{
	{minute, 60, "minute"}, {hour, 24, "hour"}, {day, 31, "day"}, {month, 12, "month"}, {year, math.MaxInt64, "year"},
}

// relative rounds to the nearest. It counts in seconds: a time.Duration ends at 292 years, and some tokens live for 1000.
func relative(now, then time.Time) string {
	seconds := float64(then.Unix()-now.Unix()) + float64(then.Nanosecond()-now.Nanosecond())/1e9
	future, distance := seconds > 0, math.Abs(seconds)
	if distance < minute {
		return either(future, "in a moment", "just now")
	}
	at := 0
	for int64(math.Round(distance/steps[at].length)) >= steps[at].below {
		at++
	}
	count := int64(math.Round(distance / steps[at].length))
	switch {
	case steps[at].unit == "day" && count == 1:
		return either(future, "tomorrow", "yesterday")
	case steps[at].unit == "year" && count > 10:
		return either(future, fmt.Sprintf("in the year %d", then.Year()), fmt.Sprintf("in %d", then.Year()))
	}
	amount := plural(count, steps[at].unit)
	return either(future, "in "+amount, amount+" ago")
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// TooManyAttempts says to somebody who signs in that too many attempts have failed, and when to try again.
func TooManyAttempts(seconds int64) string {
	wait := plural(seconds, "second")
	if seconds > minute {
		wait = plural((seconds+minute-1)/minute, "minute")
	}
	return "Too many attempts to sign in have failed. Try again in " + wait + "."
}
