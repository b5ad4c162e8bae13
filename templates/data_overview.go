package templates

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// OverviewPage is filled into "overview": all tokens or the viewer's own, and what happened of late.
type OverviewPage struct {
	Page
	Everybody bool // all there is; otherwise what concerns the viewer
	Active    ActiveTokens
	Ending    int64 // personal tokens that expire within 7 days
	NeverUsed Amount
	Oldest    Token       // of those that were never used; no ID where there is none
	Days      []IssuedDay // the days of the chart, the last is today

	Failures      int64 // sign-ins that failed within a day: to the viewer's account, or to any
	Accounts      int64
	Networks      int64
	FailedSignIns []FailedSignIn // the latest
	Recent        []Entry
	MayCreate     bool
}

// ActiveTokens are numbers of tokens that have not expired.
type ActiveTokens struct {
	Gateway     int64
	Controller  int64
	Personal    int64
	Application int64
}

// Add adds tokens of a platform and kind.
func (a *ActiveTokens) Add(platform string, personal bool, number int64) {
	if platform == PlatformController {
		a.Controller += number
	} else {
		a.Gateway += number
	}
	if personal {
		a.Personal += number
	} else {
		a.Application += number
	}
}

// All is their sum.
func (a ActiveTokens) All() int64 { return a.Gateway + a.Controller }

// IssuedDay is how many tokens of each platform were made on a day.
type IssuedDay struct {
	Day        time.Time
	Gateway    int64
	Controller int64
}

// All is their sum.
func (d IssuedDay) All() int64 { return d.Gateway + d.Controller }

// Date is the day as the chart names it.
func (d IssuedDay) Date() string { return d.Day.UTC().Format("2 Jan") }

// FailedSignIn is how often signing in to an account failed from one network. Unknown: the name is nobody's, and not kept.
type FailedSignIn struct {
	Account  Link // no name where the account is gone
	Unknown  bool
	Network  string
	Failures int64
	Last     time.Time
}

// Tokens is the address of the list of tokens that a number is about, with more of what narrows it, in order.
func (p OverviewPage) Tokens(more ...string) string {
	if !p.Everybody {
		more = append(more, "owner="+url.QueryEscape(p.Viewer.Username))
	}
	if len(more) == 0 {
		return "/tokens"
	}
	slices.Sort(more)
	return "/tokens?" + strings.Join(more, "&")
}

// From says how many addresses sign-ins failed from.
func (p OverviewPage) From() string {
	if p.Networks == 1 {
		return "1 address"
	}
	return number(p.Networks) + " addresses"
}

// Issued is the number of tokens in the chart.
func (p OverviewPage) Issued() (sum int64) {
	for _, day := range p.Days {
		sum += day.All()
	}
	return sum
}

// Most is the largest number of a day.
func (p OverviewPage) Most() (most int64) {
	for _, day := range p.Days {
		most = max(most, day.All())
	}
	return most
}

// Summary says in words what the chart shows.
func (p OverviewPage) Summary() string {
	text := plural(p.Issued(), "token")
	for _, day := range p.Days {
		if most := p.Most(); most > 0 && day.All() == most {
			return fmt.Sprintf("%s in %d days, most on %s: %s", text, len(p.Days), day.Date(), number(most))
		}
	}
	return text
}

// The size of the chart, in units of its own: it is as wide as there is room.
const (
	chartHeight = 100
	barWidth    = 7
	barStep     = 10
)

// Bar is a day of the chart, drawn from the bottom: the gateway's tokens, and the controller's on them.
type Bar struct {
	IssuedDay
	X              int
	GatewayY       float64
	GatewayTall    float64
	ControllerY    float64
	ControllerTall float64
}

// Bars are the drawn days.
func (p OverviewPage) Bars() []Bar {
	most := max(p.Most(), 1)
	tall := func(n int64) float64 { return float64(n*1000*chartHeight/most) / 1000 }
	var bars []Bar
	for n, day := range p.Days {
		bar := Bar{IssuedDay: day, X: n * barStep, GatewayTall: tall(day.Gateway), ControllerTall: tall(day.Controller)}
		bar.GatewayY = chartHeight - bar.GatewayTall
		bar.ControllerY = bar.GatewayY - bar.ControllerTall
		bars = append(bars, bar)
	}
	return bars
}

// Wide is how wide the chart is.
func (p OverviewPage) Wide() int { return max(len(p.Days)*barStep-(barStep-barWidth), 1) }

// Ticks are the days that are named below the chart: the first, that in the middle, and the last.
func (p OverviewPage) Ticks() []string {
	if len(p.Days) == 0 {
		return nil
	}
	return []string{p.Days[0].Date(), p.Days[len(p.Days)/2].Date(), "today"}
}
