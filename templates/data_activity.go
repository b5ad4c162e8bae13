package templates

import (
	"strings"
	"time"
)

// The words by which the address of the activity stream says what entries are about.
const (
	AboutApplicationsAndTokens = "applications-and-tokens"
	AboutAccessTokens          = "access-tokens"
	AboutRefreshTokens         = "refresh-tokens"
	AboutApplications          = "applications"
	AboutUsers                 = "users"
	AboutOrganizations         = "organizations"
	AboutSessions              = "sessions"
	AboutSettings              = "settings"
)

// Part is a piece of a sentence: words, or the name of something.
type Part struct {
	Text    string
	Address string // of what the name stands for, "" where it is gone, or not for the viewer
	Name    bool
}

// Entry is one entry of the activity stream as pages show it.
type Entry struct {
	ID      int64
	Created time.Time
	By      Part   // who did it; no name where nobody was signed in
	Event   []Part // what was done: "Created personal token", a name
	Note    string // a remark that the event does not say already
	Through string // the way by which it came: "Console"
	From    string // the network address, "" for none
}

// Title is the event in words alone.
func (e Entry) Title() string {
	var words []string
	for _, part := range e.Event {
		words = append(words, part.Text)
	}
	return strings.Join(words, " ")
}

// ActivityTable is a table of entries, on the page of the activity stream or on that of what they are about.
type ActivityTable struct {
	Now     time.Time
	Rows    []Entry
	Caption string
}

// ActivityPage is filled into "activity". The keys of its filters are actor (a username), about, operation, from and to (days), and token,
// application, user or organization (an id).
type ActivityPage struct {
	Page
	List      List
	Rows      []Entry
	About     Part // what the entries are about where the address names it
	AboutKind string
	Everybody bool // the viewer sees all there is
}

// Table is the table of the page.
func (p ActivityPage) Table() ActivityTable {
	return ActivityTable{Now: p.Now, Rows: p.Rows, Caption: "Activity"}
}

// ActivitySection is the latest of what was done to one thing.
type ActivitySection struct {
	Now  time.Time
	Rows []Entry
	All  string // the address of all of it
}

// Table is the table of the section.
func (s ActivitySection) Table() ActivityTable {
	return ActivityTable{Now: s.Now, Rows: s.Rows, Caption: "The latest activity"}
}

// EntryPage is filled into "activity_entry".
type EntryPage struct {
	Page
	Entry    Entry
	Platform string // "" for what both platforms share
	Kind     string // "Access token"
	Object   Part   // what the entry is about; no text for a run over many things
	Number   int64  // its id
	Changes  []ChangedField
	Created  bool // Changes are the fields of what was made
	Removed  bool // Changes are the fields of what is gone
}

// Title is what was done.
func (p EntryPage) Title() string { return p.Entry.Title() }

// Changed reports whether Changes have an old and a new side.
func (p EntryPage) Changed() bool { return !p.Created && !p.Removed }

// ChangedField is a field with what it was and what it is.
type ChangedField struct {
	Label string
	Old   FieldValue
	New   FieldValue
}

// FieldValue is one side of a change. Text "" is an empty text, unless None.
type FieldValue struct {
	Part
	None   bool
	Secret bool // there is a value that nobody is shown
}
