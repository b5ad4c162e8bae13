package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// Options say what is imported, and how.
type Options struct {
	Source          string // the address of the PostgreSQL database, which is only read
	From            models.Platform
	SecretKey       *SecretKey // of the controller; nil: none
	WithoutSecrets  bool       // import what cannot be decrypted without its secret
	DryRun          bool       // store nothing
	Renumber        bool       // give rows whose place is taken another id, or name
	Revoke          bool       // revoke here what was revoked at the source since it was imported
	Last            bool       // the source will give no more ids
	RefreshLifetime int64      // of refresh tokens here, in seconds
	Command         string     // the name of the command, for the activity stream
	Progress        func(table string, done, all int64)
}

// Outcome is what an import leaves to do, beside its report.
type Outcome struct {
	Report  *models.ImportReport
	Revoked Revoked
}

// Revoked are tokens here, by id, that were revoked or deleted at the source since they were imported. Where a refresh token was used here
// meanwhile, all that came of it is meant.
type Revoked struct {
	AccessTokens  []int64
	RefreshTokens []int64
	Families      []string
}

// ErrConflicts says that rows of the source have no place here; the report names each. Nothing was stored.
var ErrConflicts = errors.New("some ids or names are taken here; nothing was imported. With --renumber those of that name are used, or other ids given")

// idsAbove is how far the ids that are given here stay above those of the source until the last run (contract §12.27).
const idsAbove = 1_000_000

// idHighest is the highest id of a source: with what is given here above it, all are numbers that JavaScript has.
const idHighest = 1<<53 - 1 - 1_000*idsAbove

// run is one import.
type run struct {
	Options
	ctx    context.Context
	source *source
	store  *store.Store
	reader store.Reader
	tx     *store.Import // nil where nothing is stored
	now    time.Time
	report *models.ImportReport

	users, organizations, applications map[int64]int64 // ids here by those of the source
	kept, keptOrganizations            map[int64]bool  // of the source, which were here before: who was, has no more rights in what was than before
	strangers                          map[int64]bool  // users of the source who have the id of another who was imported
	odd                                map[int64]bool  // applications of the source that nothing here is
	lastIDs                            map[string]int64
	unused                             map[string][]string // tables of sources by those here that gave none of the ids above the source's
	families                           families
	refreshed                          map[int64]int64 // access tokens here that this import stored, by their refresh tokens' ids at the source
	revoked                            Revoked
}

// Import brings along what is not here yet, in one transaction: all of it or, when ctx ends or anything fails, nothing. Nothing that is
// here is overwritten, and nothing that was deleted here comes back. The report is there also with ErrConflicts. It writes one activity
// entry, if it stored anything (contract §10).
func Import(ctx context.Context, db *store.Store, o Options) (*Outcome, error) {
	r := &run{Options: o, ctx: ctx, store: db, now: db.Now(),
		users: map[int64]int64{}, organizations: map[int64]int64{}, applications: map[int64]int64{}, kept: map[int64]bool{}, odd: map[int64]bool{},
		keptOrganizations: map[int64]bool{}, strangers: map[int64]bool{}, refreshed: map[int64]int64{}, lastIDs: map[string]int64{}, unused: map[string][]string{}}
	if r.Progress == nil {
		r.Progress = func(string, int64, int64) {}
	}
	var err error
	if r.source, err = openSource(ctx, o); err != nil {
		return nil, err
	}
	defer r.source.close()
	r.report = &models.ImportReport{Source: o.From, Level: r.source.level, DryRun: o.DryRun, Started: r.now,
		Conflicts: []models.ImportConflict{}, ChangedSince: []models.ImportConflict{}, Renumbered: []models.Renumbered{}, SecretsToRotate: []int64{}, ThroughTeams: []models.ThroughTeam{}}
	if err := r.checkKey(); err != nil {
		return nil, err
	}
	if o.DryRun {
		r.reader = db.Read(ctx)
		err = r.all()
	} else {
		err = db.Import(ctx, func(tx *store.Import) error {
			r.tx, r.reader = tx, tx.Reader
			return r.all()
		})
		if err == nil && o.Last {
			err = db.Write(ctx, func(tx *store.Tx) error { return tx.LowerIDs(r.unused) })
		}
	}
	if errors.Is(err, store.ErrConflict) {
		err = fmt.Errorf("rows with the same ids or names were made here meanwhile. Run it again: %w", err)
	}
	return &Outcome{r.report, r.revoked}, err
}

func (r *run) all() error {
	if err := r.sameSource(); err != nil {
		return err
	}
	for _, step := range []func() error{r.notEmptied, r.importUsers, r.importOrganizations, r.importRoles, r.importApplications, r.importAccessTokens,
		r.importRefreshTokens, r.countCodes, r.describe} {
		if err := step(); err != nil {
			return err
		}
	}
	r.report.Finished = r.store.Now()
	if len(r.report.Conflicts) > 0 {
		return ErrConflicts
	}
	if r.tx == nil {
		return nil
	}
	return r.finish()
}

// finish keeps the report, and writes the activity entry.
func (r *run) finish() error {
	before, err := r.reader.ImportRuns(1)
	if err != nil || !r.report.Changed() && (!r.Last || len(before) > 0 && before[0].Last) {
		return err
	}
	if err := r.tx.Keep(&models.ImportRun{Source: r.From, Started: r.report.Started, Finished: r.report.Finished, Last: r.Last, Report: r.report}); err != nil {
		return err
	}
	entry := models.Activity{Origin: "command:" + r.Command, Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, Platform: r.From}
	var numbers []string
	for _, table := range r.report.Tables {
		if table.Imported > 0 {
			numbers = append(numbers, fmt.Sprintf("%d of %s", table.Imported, table.Table))
		}
		if table.Revoked > 0 {
			numbers = append(numbers, fmt.Sprintf("the end of %d of %s", table.Revoked, table.Table))
		}
	}
	entry.Note = "imported from the " + strings.ToLower(r.From.Label()) + ": " + cmp.Or(strings.Join(numbers, ", "), "nothing new")
	return r.tx.Record(entry)
}

// stores reports whether rows are stored: not in a dry run, and not after a conflict, which ends in nothing anyway.
func (r *run) stores() bool { return r.tx != nil && len(r.report.Conflicts) == 0 }

// namedMost is the number of conflicts, or of rows that have changed, that a report names.
const namedMost = 10_000

// conflict notes a row whose place is taken.
func (r *run) conflict(counted *part, id int64, name, problem string) {
	if len(r.report.Conflicts) >= namedMost {
		counted.Remark("more conflicts, which are not named")
		return
	}
	r.report.Conflicts = append(r.report.Conflicts, models.ImportConflict{Table: counted.Table, ID: id, Name: name, Problem: problem})
}

// nextID gives an id that neither the source nor anybody here has, or gets meanwhile.
func (r *run) nextID(table string) (int64, error) {
	if r.tx != nil {
		return r.tx.NextID(table)
	}
	r.lastIDs[table]++
	return r.lastIDs[table], nil
}

// reserve finds out which ids of the table are free for what is given another one, and for what is made here from now on: also while the import
// runs, so that it meets nothing that others store meanwhile.
func (r *run) reserve(table, sourceTable string) error {
	highest, err := r.source.highest(r.ctx, sourceTable)
	if err != nil {
		return err
	}
	if highest > idHighest {
		return fmt.Errorf("the source's table %s has the id %d, which leaves none for rows that are made here", sourceTable, highest)
	}
	last, err := r.reader.LastID(table)
	if last <= highest+idsAbove {
		r.unused[table] = r.source.tablesLike(table)
	}
	r.lastIDs[table] = max(last, highest+idsAbove)
	if highest == 0 {
		r.lastIDs[table] = last
	}
	if err != nil || r.tx == nil {
		return err
	}
	return r.tx.RaiseIDs(table, r.lastIDs[table])
}
