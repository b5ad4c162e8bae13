package templates

// PolicyForm is what the form of the token policy sends, each a number of days or "": default_days, longest_days, idle_days.
type PolicyForm struct {
	Default string
	Longest string
	Idle    string
}

// PolicyRow is one of the lifetimes of personal tokens.
type PolicyRow struct {
	Name    string
	Value   string // "90 days"; "" for none
	Here    bool   // it was set on this page, not by the environment
	Bounded bool   // it is what the longest lifetime leaves of it
}

// PolicyChange is a lifetime before and after a change.
type PolicyChange struct {
	Name string
	Old  PolicyRow
	New  PolicyRow
}

// PolicyPage is filled into "policy". The choice sends the fields of PolicyForm by GET to /policy, which shows what they would do; the
// confirmation posts them there with your_password, and with confirm ("yes") where tokens stop working.
type PolicyPage struct {
	Page
	Rows        []PolicyRow
	Set         bool   // something was set on this page
	Environment string // the lifetime that the environment gives access tokens
	Form        PolicyForm
	Errors      Errors
	MayChange   bool

	Asked    bool // the form was sent and is allowed: what follows tells what it would do
	Changes  []PolicyChange
	Idle     string // the idle lifetime that it would set, "" for none
	Longest  string // the longest lifetime likewise
	Stopping Amount // tokens that would stop working at once
	Reviving Amount // tokens that would work again
	Beyond   Amount // tokens that live longer than the longest lifetime
}

// Stops reports whether tokens would stop working.
func (p PolicyPage) Stops() bool { return p.Stopping.Some() }

// Choosing are the messages about the form in which the lifetimes are chosen.
func (p PolicyPage) Choosing() Errors {
	if p.Asked {
		return nil // they are about the confirmation
	}
	return p.Errors
}

// DefaultHint explains the field.
func (p PolicyPage) DefaultHint() string {
	return "What a new token gets when nothing is chosen. Empty: as the environment says, " + p.Environment + ", or the longest lifetime if that is less."
}

// LongestHint explains the field.
func (p PolicyPage) LongestHint() string {
	return "What can be chosen at most. Empty: as the environment says, " + p.Environment + ". Tokens that there are keep their expiry."
}
