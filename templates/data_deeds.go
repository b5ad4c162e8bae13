package templates

// ConfirmPage is filled into "confirm", which asks before anything is deleted, disabled or ended. The form posts Hidden to Action, and
// confirm ("yes") where there is a box to tick.
type ConfirmPage struct {
	Page
	Verb         string // the heading and the button: "Delete token"
	Undo         string // how it is undone; "" where that cannot be
	Danger       bool   // something stops working
	Rows         []Chosen
	Left         []Outcome // what was chosen as well and is left alone, with the reason
	Consequences []string  // what will stop working, a sentence each
	Confirm      string    // what the box beside says; "" for none
	Errors       Errors
	Action       string
	Hidden       []Hidden // "id", once for each thing, where they were chosen in a list
	Cancel       string   // the address to go back to
}

// Chosen is a thing that was chosen, with what ends with it.
type Chosen struct {
	Name  string
	Notes []string
}

// Count is how many things were chosen.
func (p ConfirmPage) Count() int64 { return int64(len(p.Rows)) }

// The kinds of outcomes.
const (
	OutcomeDone    = "done"
	OutcomeGone    = "gone"
	OutcomeRefused = "refused"
	OutcomeFailed  = "failed"
	OutcomeUntried = "untried" // after one that failed
)

// Outcome is what became of one of several things.
type Outcome struct {
	Name   string
	Result string
	Words  string // "Deleted"
	Reason string
}

// OutcomesPage is filled into "outcomes", which tells of each of several things what became of it.
type OutcomesPage struct {
	Page
	Title string // "Delete tokens"
	Past  string // "deleted"
	Rows  []Outcome
	Back  string
}

// Done is how many of the things it was done to.
func (p OutcomesPage) Done() (done int64) {
	for _, row := range p.Rows {
		if row.Result == OutcomeDone {
			done++
		}
	}
	return done
}

// Count is how many things there are.
func (p OutcomesPage) Count() int64 { return int64(len(p.Rows)) }

// Selection is the form that acts on the rows that are ticked in a list: it posts id for each, and query, the state of the list.
type Selection struct {
	CSRFToken string
	Query     string
	Buttons   []SelectionButton
}

// SelectionButton posts the form to its address.
type SelectionButton struct {
	Action string
	Label  string
	Icon   string
}

func (p Page) selection(list List, buttons ...SelectionButton) Selection {
	return Selection{CSRFToken: p.CSRFToken, Query: list.Query.Encode(), Buttons: buttons}
}
