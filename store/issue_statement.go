package store

import (
	"fmt"
	"strings"
	"sync"
)

// What Issue adds is stored if nobody claims what it hangs on, or waits to; whether it was is what the statement gives. PostgreSQL commits it by itself.
const (
	addHeld = "WITH held AS MATERIALIZED (SELECT COALESCE(bool_and(pg_try_advisory_xact_lock_shared(stripe)), true) AS all_of_it FROM unnest($1::bigint[]) AS stripe)"

	addRows = `, added AS (INSERT INTO access_tokens ({token columns}) SELECT {token columns} FROM held CROSS JOIN {tokens} WHERE all_of_it),
	recorded AS (INSERT INTO activity ({entry columns}) SELECT {entry columns} FROM held CROSS JOIN {entries} WHERE all_of_it ORDER BY place)`

	// What is not any more as it was read ends the statement by dividing by zero: nothing is stored.
	addRotated = `, used AS (UPDATE refresh_tokens AS r SET revoked = o.used, reason = '` + ReasonRotated + `', access_token_id = NULL FROM held CROSS JOIN {rotated}
		WHERE all_of_it AND r.id = o.id AND r.revoked IS NULL AND r.scope = o.scope RETURNING r.id),
	gone AS (DELETE FROM access_tokens AS a USING held CROSS JOIN {deleted} WHERE all_of_it AND a.id = o.id AND a.modified = o.modified RETURNING a.id),
	refreshes AS (INSERT INTO refresh_tokens ({refresh columns}) SELECT {refresh columns} FROM held CROSS JOIN {refreshes} WHERE all_of_it)`
	allRotated = `1 / CASE WHEN all_of_it AND ((SELECT count(*) FROM used) <> cardinality({rotated ids}) OR (SELECT count(*) FROM gone) <> cardinality({deleted ids}))
		THEN 0 ELSE 1 END`
)

// addNew adds access tokens and entries; addInPlace refresh tokens as well, in place of others. The parameters stand in the order of their arrays.
var addNew, addInPlace = func() (string, string) {
	next := 2
	replacements := []string{"{token columns}", tokenArrays.columns(), "{entry columns}", entryArrays.columns(), "{refresh columns}", refreshArrays.columns()}
	for _, each := range []struct {
		name string
		rows arrays
	}{{"tokens", tokenArrays}, {"entries", entryArrays}, {"rotated", rotationArrays}, {"deleted", deletionArrays}, {"refreshes", refreshArrays}} {
		replacements = append(replacements, "{"+each.name+"}", each.rows.unnested("o", next), "{"+each.name+" ids}", fmt.Sprintf("$%d::bigint[]", next))
		next += len(each.rows)
	}
	in := strings.NewReplacer(replacements...)
	return in.Replace(addHeld + addRows + " SELECT all_of_it, 1 FROM held"), in.Replace(addHeld + addRows + addRotated + " SELECT all_of_it, " + allRotated + " FROM held")
}()

// freeIDs are ids that the database gave and no row has, by table. They are few: what a server does not use before it ends is nobody's.
type freeIDs struct {
	mu   sync.Mutex
	left map[string][]int64
}

const idsAtOnce = 64

func (f *freeIDs) next(tx *Tx, table string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := f.left[table]
	if len(left) == 0 {
		err := tx.db.Raw("SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)", table, idsAtOnce).Scan(&left).Error
		if err != nil || len(left) == 0 {
			return 0, translate(err)
		}
	}
	if f.left == nil {
		f.left = map[string][]int64{}
	}
	f.left[table] = left[1:]
	return left[0], nil
}

// forget gives up on ids of which an import may have taken one.
func (f *freeIDs) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.left)
}
