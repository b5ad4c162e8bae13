package store

import (
	"strings"
	"time"
)

// Use is when and from where a token was used.
type Use struct {
	TokenID int64
	At      time.Time
	Address string
}

// MostUses is how many uses one statement takes.
const MostUses = 2_000

// SetLastUsed notes uses of tokens, each token once and MostUses at most, in one statement: at most once a minute for each token, and a newer
// time stays. Nobody who presents the token is told anew. What another transaction holds on PostgreSQL is passed over, so that it waits for nobody and nobody is in a deadlock with it.
func (tx *Tx) SetLastUsed(uses ...Use) error {
	if len(uses) == 0 {
		return nil
	}
	row, free := "(?, ?, ?, ?)", ""
	due := "access_tokens.id = used.id AND (access_tokens.last_used IS NULL OR access_tokens.last_used <= used.before)"
	if tx.db.Name() != SQLite {
		row = "(?::bigint, ?::timestamptz, ?::text, ?::timestamptz)"
		free = ", free AS (SELECT access_tokens.id FROM access_tokens JOIN used ON " + due + " ORDER BY access_tokens.id FOR UPDATE OF access_tokens SKIP LOCKED)"
		due = "access_tokens.id = used.id AND used.id IN (SELECT id FROM free)"
	}
	var args []any
	for _, use := range uses {
		args = append(args, use.TokenID, use.At, use.Address, use.At.Add(-time.Minute))
	}
	return translate(tx.only(nil).Exec("WITH used (id, at, address, before) AS (VALUES "+strings.TrimPrefix(strings.Repeat(", "+row, len(uses)), ", ")+")"+free+
		" UPDATE access_tokens SET last_used = used.at, last_used_address = used.address FROM used WHERE "+due, args...).Error)
}
