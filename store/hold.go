package store

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// Whoever issues a token holds what it hangs on: its application, its users, its family. What locks or deletes one of these, or revokes all
// its tokens, claims it: the claim waits for those who hold, and who comes later waits for the claim. On SQLite there is one writer
// anyway.
//
// PostgreSQL's own row locks do not do (ADR 0010): a foreign key shares the row of the application with others who share it already, without a
// look at those who wait to have it alone, so that busy clients would keep a deletion waiting for ever. Advisory locks queue.
//
// Everybody holds and claims before touching rows of tokens, and in the order of the stripes, so nobody meets in a deadlock. Who takes away everybody's tokens claims
// them at the end only (ADR 0035), and may meet a refresh in one, which PostgreSQL ends after a second and both repeat: all lock refresh tokens in the order of ids, a thousand at most, and before access tokens.
type subjects struct {
	everything   bool
	applications []int64
	users        []int64
	families     []string // "" is none
}

// with adds what others are about.
func (s subjects) with(others subjects) subjects {
	return subjects{s.everything || others.everything, slices.Concat(s.applications, others.applications), slices.Concat(s.users, others.users),
		slices.Concat(s.families, others.families)}
}

// width is the number of stripes of one kind. Ids share them, so that a change of any size needs a bounded number of locks.
const width = 512

// stripes gives the locks of the subjects, in the order in which they are taken: applications before users before families.
func (s subjects) stripes() []int64 {
	var stripes []int64
	if s.everything {
		stripes = append(stripes, lockOfStripes)
	}
	for _, id := range s.applications {
		stripes = append(stripes, lockOfStripes+1+id%width)
	}
	for _, id := range s.users {
		stripes = append(stripes, lockOfStripes+1+width+id%width)
	}
	for _, family := range s.families {
		if family != "" {
			stripes = append(stripes, lockOfStripes+1+2*width+int64(crc32.ChecksumIEEE([]byte(family))%width))
		}
	}
	slices.Sort(stripes)
	return slices.Compact(stripes)
}

// hold keeps others from claiming the subjects, or everything, until the transaction ends.
func (tx *Tx) hold(s subjects) error {
	s.everything = true
	return tx.take("pg_advisory_xact_lock_shared", s)
}

// claim keeps others from issuing tokens of the subjects until the transaction ends.
func (tx *Tx) claim(s subjects) error { return tx.take("pg_advisory_xact_lock", s) }

func (tx *Tx) take(function string, s subjects) error { return tx.takeStripes(function, s.stripes()) }

// takeStripes takes the locks that the transaction does not have yet, in one statement.
func (tx *Tx) takeStripes(function string, stripes []int64) error {
	if tx.db.Name() == SQLite {
		return nil
	}
	var wanted []string
	for _, stripe := range stripes {
		if lock := fmt.Sprint(stripe); !slices.Contains(tx.taken, function+lock) {
			tx.taken, wanted = append(tx.taken, function+lock), append(wanted, lock)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return translate(tx.db.Exec("SELECT "+function+"(stripe) FROM unnest(?::bigint[]) AS stripe", "{"+strings.Join(wanted, ",")+"}").Error)
}

// some leaves out what is not there.
func some(ids ...*int64) []int64 {
	var there []int64
	for _, id := range ids {
		if id != nil {
			there = append(there, *id)
		}
	}
	return there
}
