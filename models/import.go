package models

import (
	"encoding/json"
	"time"
)

// ImportRun is one run of the importer that changed something.
type ImportRun struct {
	ID       int64
	Source   Platform
	Started  time.Time
	Finished time.Time
	Last     bool          // the last one before the source was switched off
	Report   *ImportReport `gorm:"serializer:json"`
}

// ImportRow remembers what a row of the source became here. It stays when that is deleted, so that nothing deleted here comes back
// (contract §12.27).
type ImportRow struct {
	SourceTable string
	SourceID    int64
	Digest      Digest // of what the source had when it was imported; zero for what was here before
	ID          int64  // of the row here
}

// Kept reports whether the row here was there before the import, which took it for the same thing and left it as it was.
func (r *ImportRow) Kept() bool { return r.Digest.Equal(Digest{}) }

// ImportReport tells what an import did, or would do. No token or secret is in it.
type ImportReport struct {
	Source          Platform                   `json:"source"`
	Level           string                     `json:"level"` // the source's last migration
	DryRun          bool                       `json:"dry_run"`
	Started         time.Time                  `json:"started"`
	Finished        time.Time                  `json:"finished"`
	Tables          []*ImportedTable           `json:"tables"`
	Conflicts       []ImportConflict           `json:"conflicts"`
	ChangedSince    []ImportConflict           `json:"changed_since"` // rows that were imported before
	Renumbered      []Renumbered               `json:"renumbered"`
	SecretsToRotate []int64                    `json:"secrets_to_rotate"` // ids of applications
	ThroughTeams    []ThroughTeam              `json:"through_teams"`
	Settings        map[string]json.RawMessage `json:"settings"` // of the source, to be set here by who wishes
}

// ImportedTable counts what became of one table's rows: each that was read was imported or skipped for one reason.
type ImportedTable struct {
	Table    string           `json:"table"`
	Read     int64            `json:"read"`
	Imported int64            `json:"imported"`
	Revoked  int64            `json:"revoked"` // imported before, and revoked since at the source: now here too
	Skipped  map[string]int64 `json:"skipped"` // by reason
	Remarks  map[string]int64 `json:"remarks"` // what is worth knowing of those imported
}

// ImportConflict is a row of the source whose place is taken here.
type ImportConflict struct {
	Table   string `json:"table"`
	ID      int64  `json:"id"` // at the source
	Name    string `json:"name"`
	Problem string `json:"problem"`
}

// Renumbered is a row that has another id, or another name, here than at the source.
type Renumbered struct {
	Table string `json:"table"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Name  string `json:"name,omitempty"` // the name here, where it is another
}

// ThroughTeam counts the people who have a role in an organization through a team only, which is not brought along.
type ThroughTeam struct {
	OrganizationID int64  `json:"organization_id"`
	Organization   string `json:"organization"`
	Kind           Role   `json:"kind"`
	Users          int64  `json:"users"`
}

// Total is the number of rows that were skipped.
func (t *ImportedTable) Total() (skipped int64) {
	for _, number := range t.Skipped {
		skipped += number
	}
	return skipped
}

// Skip counts a row that is not imported.
func (t *ImportedTable) Skip(reason string) { count(&t.Skipped, reason) }

// Remark counts a row that is worth a word.
func (t *ImportedTable) Remark(kind string) { count(&t.Remarks, kind) }

func count(into *map[string]int64, key string) {
	if *into == nil {
		*into = map[string]int64{}
	}
	(*into)[key]++
}

// Changed reports whether the run stored anything.
func (r *ImportReport) Changed() bool {
	for _, table := range r.Tables {
		if table.Imported+table.Revoked > 0 {
			return true
		}
	}
	return false
}
