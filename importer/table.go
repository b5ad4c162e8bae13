package importer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
	"gatehouse/store"
)

// Why a row is not imported.
const (
	reasonImported  = "already imported"
	reasonHere      = "exists here"
	reasonRemoved   = "removed here"
	reasonNoUser    = "no user"
	reasonExpired   = "expired"
	reasonRevoked   = "revoked long ago"
	reasonGone      = "access token gone"
	reasonDuplicate = "duplicate"
	reasonOther     = "another token than before" // has the id of one that was imported
)

// What is told of tokens, and of roles, that were imported before.
const (
	remarkGone    = "gone at the source since"
	remarkRevoked = "revoked at the source since, not revoked here without --follow or --finish"
)

// rowsAtOnce is the number of rows that are read before they are stored: many, since what counts tokens adds up each user's once for each time.
const rowsAtOnce = 10_000

// table says how the rows of one of the source's tables are brought along.
type table[S any] struct {
	name   string // at the source
	target string // here
	query  string // gives a row for each of the table's, in the order of ids
	id     func(*S) int64
	digest func(*S) models.Digest
	reason func(*S) string // why it has no place here, whatever is here; "" for none

	// again is asked of a row that was imported before; it returns the reason why it is not again, which is mostly reasonImported.
	again func(*part, *S, store.ImportedRow) (string, error)
	// gone is told of rows that were imported before and are at the source no longer.
	gone func(*part, []store.ImportedRow) error
	// place stores rows that are new, and counts each; it returns what they have become.
	place func(*part, []S) ([]models.ImportRow, error)
}

// part is a table while it is brought along: its part of the report, and where it goes.
type part struct {
	*models.ImportedTable
	target string
	empty  bool // was the target when that began
	before bool // was anything of the table imported before
}

// bring reads a table and brings along what is new.
func bring[S any](r *run, t table[S]) error {
	counted := &part{ImportedTable: r.counted(t.name), target: t.target}
	total, err := r.source.number(r.ctx, "SELECT count(*) FROM "+t.name)
	if err != nil {
		return err
	}
	finish := func() error { return nil }
	if counted.empty, err = r.reader.Empty(t.target); err != nil {
		return err
	}
	if counted.before, err = r.reader.ImportedBefore(t.name); err != nil {
		return err
	}
	if r.stores() {
		if finish, err = r.tx.Bulk(t.target, total); err != nil {
			return fmt.Errorf("import %s: %w", t.name, err)
		}
	}
	rows, err := r.source.tx.Query(r.ctx, t.query)
	if err != nil {
		return failed("read the source's table "+t.name, err)
	}
	defer rows.Close()
	chunk, after := make([]S, 0, rowsAtOnce), int64(math.MinInt64)
	for more := true; more; {
		chunk = chunk[:0]
		for len(chunk) < rowsAtOnce && rows.Next() {
			row, err := pgx.RowToStructByName[S](rows)
			if err != nil {
				return failed("read the source's table "+t.name, err)
			}
			if err := check(t.id(&row), &row); err != nil {
				return failed("read the source's table "+t.name, err)
			}
			chunk = append(chunk, row)
		}
		more = len(chunk) == rowsAtOnce
		upTo := int64(math.MaxInt64)
		if more {
			upTo = t.id(&chunk[len(chunk)-1])
		} else if err := rows.Err(); err != nil {
			return failed("read the source's table "+t.name, err)
		}
		var known map[int64]store.ImportedRow
		if counted.before {
			if known, err = r.reader.Imported(t.target, t.name, after, upTo); err != nil {
				return fmt.Errorf("import %s: %w", t.name, err)
			}
		}
		if err := bringChunk(r, t, counted, chunk, known); err != nil {
			return fmt.Errorf("import %s: %w", t.name, err)
		}
		after = upTo
		if len(chunk) > 0 || counted.Read == 0 {
			r.Progress(t.name, counted.Read, total)
		}
	}
	if err := finish(); err != nil {
		return fmt.Errorf("index what was imported of %s: %w", t.name, err)
	}
	return nil
}

// bringChunk brings rows along that follow each other; known are those that were imported before of the same stretch of ids.
func bringChunk[S any](r *run, t table[S], counted *part, chunk []S, known map[int64]store.ImportedRow) (err error) {
	fresh := make([]S, 0, len(chunk))
	for n := range chunk {
		counted.Read++
		was, imported := known[t.id(&chunk[n])]
		delete(known, t.id(&chunk[n]))
		reason := ""
		if imported && was.Present {
			reason, err = t.again(counted, &chunk[n], was)
		} else if reason = t.reason(&chunk[n]); reason == "" && imported {
			reason = reasonRemoved
		}
		switch {
		case err != nil:
			return err
		case reason == "":
			fresh = append(fresh, chunk[n])
		default:
			counted.Skip(reason)
		}
	}
	var gone []store.ImportedRow
	for _, row := range known {
		if row.Present {
			gone = append(gone, row)
		}
	}
	if len(gone) > 0 {
		slices.SortFunc(gone, func(a, b store.ImportedRow) int { return cmp.Compare(a.SourceID, b.SourceID) })
		if err := t.gone(counted, gone); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	become, err := t.place(counted, fresh)
	if err != nil || !r.stores() {
		return err
	}
	return r.tx.Remember(become)
}

// counted is the table's part of the report.
func (r *run) counted(name string) *models.ImportedTable {
	table := &models.ImportedTable{Table: name, Skipped: map[string]int64{}, Remarks: map[string]int64{}}
	r.report.Tables = append(r.report.Tables, table)
	return table
}

// What is told of rows that were imported before and are others at the source since. Which of both is right is not for an import to say.
const (
	problemChanged  = "changed at the source since it was imported; not taken over"
	problemGone     = "deleted at the source since it was imported; not here"
	problemDisabled = "disabled at the source since it was imported; now here too"
	problemDeleted  = "deleted at the source since it was imported; now disabled here"
	problemStranger = "is another user than the one who was imported with this id; nothing of theirs is imported"
)

// since notes such a row.
func (r *run) since(counted *part, id int64, name, problem string) {
	if len(r.report.ChangedSince) >= namedMost {
		counted.Remark("more that have changed, which are not named")
		return
	}
	r.report.ChangedSince = append(r.report.ChangedSince, models.ImportConflict{Table: counted.Table, ID: id, Name: name, Problem: problem})
}

// noteGone names rows that are gone at the source, which changes nothing here.
func (r *run) noteGone(counted *part, gone []store.ImportedRow) error {
	for _, row := range gone {
		r.since(counted, row.SourceID, "", problemGone)
	}
	return nil
}
