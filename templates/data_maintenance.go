package templates

import "time"

// Amount is a number of things. With More there are others that were not counted.
type Amount struct {
	Number int64
	More   bool
	Noun   string
}

// Words are "1 access token", "10,000+ access tokens".
func (a Amount) Words() string {
	if a.More {
		return number(a.Number) + "+ " + a.Noun + "s"
	}
	return plural(a.Number, a.Noun)
}

// Some reports whether there are any.
func (a Amount) Some() bool { return a.Number > 0 || a.More }

// TaskCard is a task on the page of all.
type TaskCard struct {
	Title   string
	Text    string
	Amounts []Amount
	Address string
	Danger  bool // it stops people's work
}

// RunningTask is the task that this server has under way, or that has failed; no Title for none.
type RunningTask struct {
	Title    string
	By       string
	Started  time.Time
	Progress int64 // tokens, codes and sessions so far
	Failed   bool
}

// ImportSummary is an import in the table of all.
type ImportSummary struct {
	ID        int64
	Platform  string // of the source
	Finished  time.Time
	Last      bool // the source is switched off
	Imported  int64
	Skipped   int64
	Revoked   int64
	Conflicts int64
	Secrets   int64 // applications that need another secret
}

// MaintenancePage is filled into "maintenance".
type MaintenancePage struct {
	Page
	Cards   []TaskCard
	Task    RunningTask
	Result  string // what the task that the address names did; "" for none
	Runs    []Entry
	Imports []ImportSummary
}

// RunTable is the table of the last runs.
func (p MaintenancePage) RunTable() ActivityTable {
	return ActivityTable{Now: p.Now, Rows: p.Runs, Caption: "Last runs"}
}

// TaskPage is filled into "task", which shows what a task would do and asks. The choice sends user, platform and refresh ("true") by GET to
// Action; the confirmation posts them there with confirm ("yes") and, where it is asked for, your_password.
type TaskPage struct {
	Page
	Title        string
	Text         string
	Action       string
	OfUser       bool // a user can be chosen
	OfTokens     bool // the refresh tokens can be chosen, and with OfUser the platform
	User         string
	Platform     string
	Refresh      bool
	Amounts      []Amount
	Consequences []string
	Nothing      bool   // there is nothing to do
	Confirm      string // "Yes, I confirm that I want to revoke …"
	Button       string
	Danger       bool
	AskPassword  bool
	Back         string // where it was asked for; "" for the maintenance
	Errors       Errors
}

// Platforms are the platforms to choose from.
func (p TaskPage) Platforms() []Choice {
	return append([]Choice{{"", "Both platforms"}}, filterChoices["platform"]...)
}

// ImportPage is filled into "import".
type ImportPage struct {
	Page
	Summary    ImportSummary
	Level      string // the source's last migration
	Started    time.Time
	Tables     []ImportTable
	Conflicts  []ImportRemark
	Changed    []ImportRemark // rows that have changed at the source since they were imported
	Renumbered []ImportRemark
	Secrets    []Part // applications that need another secret
	Teams      []ImportRemark
	Settings   []ImportSetting
}

// ImportTable is what became of one table of the source.
type ImportTable struct {
	Name     string
	Read     int64
	Imported int64
	Skipped  int64
	Revoked  int64
	Reasons  []Amount // why rows were skipped
	Remarks  []Amount
}

// ImportRemark is something to know about one row of the source.
type ImportRemark struct {
	Table string
	ID    int64
	Name  string
	Text  string
}

// ImportSetting is a setting of the source.
type ImportSetting struct {
	Key   string
	Value string
}

// mostRemarks is how many rows of each kind a page shows.
const mostRemarks = 500

// RemarkTable is a table of remarks.
type RemarkTable struct {
	ID    string
	Title string
	Rows  []ImportRemark
	More  int64 // that are left out
}

func remarkTable(id, title string, rows []ImportRemark) RemarkTable {
	shown := rows[:min(len(rows), mostRemarks)]
	return RemarkTable{id, title, shown, int64(len(rows) - len(shown))}
}

// ConflictTable are the rows whose place is taken here.
func (p ImportPage) ConflictTable() RemarkTable {
	return remarkTable("conflicts", "Conflicts", p.Conflicts)
}

// ChangedTable are the rows that have changed since.
func (p ImportPage) ChangedTable() RemarkTable {
	return remarkTable("changed", "Changed at the source since", p.Changed)
}

// RenumberedTable are the rows that have another id or name here.
func (p ImportPage) RenumberedTable() RemarkTable {
	return remarkTable("renumbered", "With another number or name here", p.Renumbered)
}

// TeamTable are the organizations in which people have roles through teams.
func (p ImportPage) TeamTable() RemarkTable {
	return remarkTable("teams", "Roles through teams, which were not brought along", p.Teams)
}
