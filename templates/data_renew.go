package templates

import "strconv"

// RenewPage is filled into "renew": it asks how long the old secret of an application, or the old value of a token, works beside the new one.
// The form posts once, overlap_seconds and, where Password is set, current_password to Action.
type RenewPage struct {
	Page
	Verb     string // what the button says
	Name     string // of the application or token
	Lede     string
	Action   string
	Cancel   string
	Overlap  string // what was chosen, in seconds
	Errors   Errors
	Once     string // the single-use number of the form
	Password bool   // asks for the viewer's own password
}

var overlaps = []struct {
	seconds int64
	label   string
}{{0, "no longer: it stops at once"}, {3600, "for an hour"}, {86_400, "for a day"}, {604_800, "for 7 days"}, {2_592_000, "for 30 days"}}

// Overlaps are the times to choose from.
func (p RenewPage) Overlaps() []Choice {
	var choices []Choice
	for _, each := range overlaps {
		choices = append(choices, Choice{strconv.FormatInt(each.seconds, 10), each.label})
	}
	return choices
}

// fate says what becomes of the old value.
func fate(overlap int64) string {
	for _, each := range overlaps {
		if each.seconds == overlap && overlap > 0 {
			return "The old one works on " + each.label + "."
		}
	}
	if overlap > 0 {
		return "The old one works on for " + strconv.FormatInt(overlap, 10) + " seconds."
	}
	return "The old one no longer works."
}
