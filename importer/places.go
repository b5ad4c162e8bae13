package importer

import (
	"fmt"
	"maps"
	"slices"

	"gatehouse/models"
)

// taken gives the ids, of those asked for, that other rows have here. Where there was nothing before, nobody has to look.
func (r *run) taken(counted *part, ids []int64) (map[int64]bool, error) {
	if counted.empty {
		return nil, nil
	}
	return r.reader.Taken(counted.target, ids)
}

// takenDigests is the same for the digests of tokens.
func (r *run) takenDigests(counted *part, digests []models.Digest) (map[models.Digest]bool, error) {
	if counted.empty {
		return nil, nil
	}
	return r.reader.TakenDigests(counted.target, digests)
}

// seat is where a row goes: its id here, whether it was there before, or that it has no place.
type seat struct {
	id    int64
	here  bool
	taken bool
}

// meeting is what a row that has a name meets here.
type meeting struct {
	holder       int64 // of the name
	named, taken bool  // are the name and the id
	stranger     string
}

// seatOf finds the place of a row that has a name. Under the same id and name it is taken for the same thing, which stays as it is. Other
// meetings are conflicts, unless rows may be renumbered: then the one of that name is the same thing, and else it gets another id. What is known
// to be another thing under the same name is a conflict always.
func (r *run) seatOf(counted *part, id int64, name string, m meeting) (seat, error) {
	switch {
	case m.named && m.stranger != "":
		r.conflict(counted, id, name, fmt.Sprintf("the name is taken here, by the one with id %d, %s", m.holder, m.stranger))
	case m.named && m.holder == id:
		return seat{id: id, here: true}, nil
	case !m.named:
		return r.seatOfUnnamed(counted, id, name, m.taken)
	case !r.Renumber:
		r.conflict(counted, id, name, fmt.Sprintf("the name is taken here, by the one with id %d", m.holder))
	default:
		r.renumbered(counted, id, m.holder)
		return seat{id: m.holder, here: true}, nil
	}
	return seat{id: id, taken: true}, nil
}

// seatOfUnnamed is seatOf for what has no name, or whose name nobody has here.
func (r *run) seatOfUnnamed(counted *part, id int64, name string, taken bool) (seat, error) {
	switch {
	case !taken:
		return seat{id: id}, nil
	case !r.Renumber:
		r.conflict(counted, id, name, "the id is taken here, by another")
		return seat{id: id, taken: true}, nil
	}
	to, err := r.nextID(counted.target)
	r.renumbered(counted, id, to)
	return seat{id: to}, err
}

func (r *run) renumbered(counted *part, from, to int64) {
	r.report.Renumbered = append(r.report.Renumbered, models.Renumbered{Table: counted.Table, From: from, To: to})
}

// named says how rows are placed whose names nobody else has here.
type named[S, T any] struct {
	id       func(*S) int64
	name     func(*S) string
	digest   func(*S) models.Digest
	stranger func(*S, int64) string // why the one here who has the name is another; "" for nothing known
	ids      map[int64]int64        // those here by those of the source, which are added
	kept     map[int64]bool         // of the source, which were here before; added too
	make     func(*S, int64) T      // what is stored, with its id here
	store    func([]T) error
}

// placeNamed is place of a table (see there) of which the names here are unique.
func placeNamed[S, T any](r *run, counted *part, rows []S, n named[S, T]) ([]models.ImportRow, error) {
	ids, names := make([]int64, len(rows)), make([]string, len(rows))
	for i := range rows {
		ids[i], names[i] = n.id(&rows[i]), n.name(&rows[i])
	}
	taken, err := r.taken(counted, ids)
	if err != nil {
		return nil, err
	}
	holders, err := r.reader.IDsByName(counted.target, names)
	if err != nil {
		return nil, err
	}
	origins, err := r.origins(counted, slices.Collect(maps.Values(holders)))
	if err != nil {
		return nil, err
	}
	var made []T
	var become []models.ImportRow
	for i := range rows {
		row, met := &rows[i], meeting{taken: taken[ids[i]]}
		if met.holder, met.named = holders[names[i]]; met.named {
			met.stranger = n.stranger(row, met.holder)
			if origin, imported := origins[met.holder]; imported {
				met.stranger = fmt.Sprintf("which was imported as the one with id %d of the source", origin)
			}
		}
		seat, err := r.seatOf(counted, ids[i], names[i], met)
		if err != nil {
			return nil, err
		}
		n.ids[ids[i]] = seat.id
		switch {
		case seat.taken:
		case seat.here:
			n.kept[ids[i]] = true
			become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: ids[i], ID: seat.id})
			counted.Skip(reasonHere)
		default:
			become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: ids[i], Digest: n.digest(row), ID: seat.id})
			made = append(made, n.make(row, seat.id))
			counted.Imported++
		}
	}
	if !r.stores() {
		return nil, nil
	}
	return become, n.store(made)
}
