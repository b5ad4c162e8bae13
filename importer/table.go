package importer

import (
	"fmt"
	"math"

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
)

// What is told of rows that were imported before.
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
	again func(*S, store.ImportedRow) (string, error)
	// gone is told of rows that were imported before and are at the source no longer.
	gone func([]store.ImportedRow)
	// place stores rows that are new, and counts each; it returns what they have become.
	place func(*models.ImportedTable, []S) ([]models.ImportRow, error)
}

// bring reads a table and brings along what is new.
func bring[S any](r *run, t table[S]) error {
	counted := r.counted(t.name)
	total, err := r.source.number(r.ctx, "SELECT count(*) FROM "+t.name)
	if err != nil {
		return err
	}
	finish := func() error { return nil }
	if r.empty, err = r.reader.Empty(t.target); err != nil {
		return err
	}
	if r.before, err = r.reader.ImportedBefore(t.name); err != nil {
		return err
	}
	if r.stores() {
		if finish, err = r.tx.Bulk(t.target, total); err != nil {
			return fmt.Errorf("import %s: %w", t.name, err)
		}
	}
	rows, err := r.source.tx.Query(r.ctx, t.query)
	if err != nil {
		return fmt.Errorf("read the source's table %s: %w", t.name, err)
	}
	defer rows.Close()
	chunk, after := make([]S, 0, rowsAtOnce), int64(math.MinInt64)
	for more := true; more; {
		chunk = chunk[:0]
		for len(chunk) < rowsAtOnce && rows.Next() {
			row, err := pgx.RowToStructByName[S](rows)
			if err != nil {
				return fmt.Errorf("read the source's table %s: %w", t.name, err)
			}
			chunk = append(chunk, row)
		}
		more = len(chunk) == rowsAtOnce
		upTo := int64(math.MaxInt64)
		if more {
			upTo = t.id(&chunk[len(chunk)-1])
		} else if err := rows.Err(); err != nil {
			return fmt.Errorf("read the source's table %s: %w", t.name, err)
		}
		if err := bringChunk(r, t, counted, chunk, after, upTo); err != nil {
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

func bringChunk[S any](r *run, t table[S], counted *models.ImportedTable, chunk []S, after, upTo int64) error {
	var known map[int64]store.ImportedRow
	var err error
	if r.before {
		if known, err = r.reader.Imported(t.target, t.name, after, upTo); err != nil {
			return err
		}
	}
	fresh := make([]S, 0, len(chunk))
	for n := range chunk {
		counted.Read++
		was, imported := known[t.id(&chunk[n])]
		delete(known, t.id(&chunk[n]))
		reason := ""
		if imported && was.Present {
			reason, err = t.again(&chunk[n], was)
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
		t.gone(gone)
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

// current is the part of the report that is about the table that is being read.
func (r *run) current() *models.ImportedTable { return r.report.Tables[len(r.report.Tables)-1] }

// changed notes a row that is another at the source than when it was imported. Which of both is right is not for an import to say.
func (r *run) changed(id int64, name string) {
	r.report.ChangedSince = append(r.report.ChangedSince, models.ImportConflict{Table: r.current().Table, ID: id, Name: name,
		Problem: "changed at the source since it was imported; not taken over"})
}

// taken gives the ids, of those asked for, that other rows have here. Where there was nothing before, nobody has to look.
func (r *run) taken(target string, ids []int64) (map[int64]bool, error) {
	if r.empty {
		return nil, nil
	}
	return r.reader.Taken(target, ids)
}

// takenDigests is the same for the digests of tokens.
func (r *run) takenDigests(target string, digests []models.Digest) (map[models.Digest]bool, error) {
	if r.empty {
		return nil, nil
	}
	return r.reader.TakenDigests(target, digests)
}

// remarkEach remarks on rows that are gone at the source, which changes nothing here.
func (r *run) remarkEach(gone []store.ImportedRow) {
	for range gone {
		r.current().Remark(remarkGone)
	}
}

// seat is where a row goes: its id here, whether it was there before, or that it has no place.
type seat struct {
	id    int64
	here  bool
	taken bool
}

// seatOf finds the place of a row that has a name. Under the same id and name it is taken for the same thing, which stays as it is. Other
// meetings are conflicts, unless rows may be renumbered: then the one of that name is the same thing, and else it gets another id.
func (r *run) seatOf(t, target string, id int64, name string, holder int64, named, taken bool) (seat, error) {
	switch {
	case named && holder == id:
		return seat{id: id, here: true}, nil
	case !named && !taken:
		return seat{id: id}, nil
	case !r.Renumber && named:
		r.conflict(t, id, name, fmt.Sprintf("the name is taken here, by the one with id %d", holder))
	case !r.Renumber:
		r.conflict(t, id, name, "the id is taken here, by another")
	case named:
		r.report.Renumbered = append(r.report.Renumbered, models.Renumbered{Table: t, From: id, To: holder})
		return seat{id: holder, here: true}, nil
	default:
		to, err := r.nextID(target)
		r.report.Renumbered = append(r.report.Renumbered, models.Renumbered{Table: t, From: id, To: to})
		return seat{id: to}, err
	}
	return seat{id: id, taken: true}, nil
}
