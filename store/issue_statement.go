package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// What Issue adds is stored if nobody claims what it hangs on, or waits to; whether it was is what the statement gives. PostgreSQL commits it by itself.
const (
	addHeld = "WITH held AS MATERIALIZED (SELECT COALESCE(bool_and(pg_try_advisory_xact_lock_shared(stripe)), true) AS all_of_it FROM unnest($1::bigint[]) AS stripe)"

	// An access token's id is its place until here, negative, wherever it is named.
	addRows = `, fresh AS MATERIALIZED (SELECT o.*, nextval('access_tokens_id_seq') AS id FROM held CROSS JOIN {tokens} WHERE all_of_it),
	added AS (INSERT INTO access_tokens (id, {token columns}) SELECT id, {token columns} FROM fresh),
	recorded AS (INSERT INTO activity ({entry columns}) SELECT {entries of fresh} FROM held CROSS JOIN {entries}
		LEFT JOIN fresh ON fresh.place = -o.object_id WHERE all_of_it ORDER BY o.place)`

	// What is not any more as it was read ends the statement by dividing by zero: nothing is stored.
	addRotated = `, redeemed AS (UPDATE authorization_codes AS c SET used = o.used FROM held CROSS JOIN {redeemed} WHERE all_of_it AND c.id = o.id AND c.used IS NULL RETURNING c.id),
	rotated AS (UPDATE refresh_tokens AS r SET revoked = o.used, reason = '` + ReasonRotated + `', access_token_id = NULL FROM held CROSS JOIN {rotated}
		WHERE all_of_it AND r.id = o.id AND r.revoked IS NULL AND r.scope = o.scope RETURNING r.id),
	gone AS (DELETE FROM access_tokens AS a USING held CROSS JOIN {deleted} WHERE all_of_it AND a.id = o.id AND a.modified = o.modified RETURNING a.id),
	refreshes AS (INSERT INTO refresh_tokens ({refresh columns}) SELECT {refreshes of fresh} FROM held CROSS JOIN {refreshes}
		LEFT JOIN fresh ON fresh.place = -o.access_token_id WHERE all_of_it)`
	allRotated = `1 / CASE WHEN all_of_it AND ((SELECT count(*) FROM redeemed) <> cardinality({redeemed ids}) OR (SELECT count(*) FROM rotated) <> cardinality({rotated ids}) OR (SELECT count(*) FROM gone) <> cardinality({deleted ids}))
		THEN 0 ELSE 1 END`

	addedIDs = " SELECT all_of_it, COALESCE((SELECT string_agg(id::text, ',' ORDER BY place) FROM fresh), ''), "
)

// addNew adds access tokens and entries, addOne one of each; addInPlace refresh tokens as well, for codes and in place of others. The parameters stand in the order of their arrays.
var (
	addNew     = statement(addHeld+addRows+addedIDs+"1 FROM held", arrays.unnested)
	addOne     = statement(addHeld+addRows+addedIDs+"1 FROM held", arrays.one)
	addInPlace = statement(addHeld+addRows+addRotated+addedIDs+allRotated+" FROM held", arrays.unnested)
)

// statement fills in a text where rows come from.
func statement(text string, from func(rows arrays, name string, first int) string) string {
	next := 2
	replacements := []string{"{token columns}", tokenArrays.columns(), "{entry columns}", entryArrays.columns(), "{refresh columns}", refreshArrays.columns(),
		"{entries of fresh}", entryArrays.from("o.", "object_id", "COALESCE(fresh.id, o.object_id)"),
		"{refreshes of fresh}", refreshArrays.from("o.", "access_token_id", "COALESCE(fresh.id, o.access_token_id)")}
	for _, each := range []struct {
		name string
		rows arrays
	}{{"tokens", tokenArrays}, {"entries", entryArrays}, {"redeemed", redemptionArrays}, {"rotated", rotationArrays}, {"deleted", deletionArrays}, {"refreshes", refreshArrays}} {
		replacements = append(replacements, "{"+each.name+"}", from(each.rows, "o", next), "{"+each.name+" ids}", fmt.Sprintf("$%d::bigint[]", next))
		next += len(each.rows)
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

// oneRow asks PostgreSQL for the row that a statement gives. Its deadline is that of ctx, and the connection's own: to watch over ctx takes a goroutine of the driver, and one of package sql.
func (s *Store) oneRow(ctx context.Context, statement string, parameters []any, into ...any) error {
	pool, err := s.write.DB()
	if err != nil {
		return err
	}
	connection, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	var answered error
	err = connection.Raw(func(of any) error {
		postgres := of.(*stdlib.Conn).Conn()
		deadline, _ := ctx.Deadline()
		if err := postgres.PgConn().Conn().SetDeadline(deadline); err != nil {
			return err
		}
		answered = postgres.QueryRow(context.WithoutCancel(ctx), statement, parameters...).Scan(into...)
		var refused *pgconn.PgError
		if answered != nil && !errors.As(answered, &refused) {
			return driver.ErrBadConn // an answer may still come
		}
		return postgres.PgConn().Conn().SetDeadline(time.Time{})
	})
	if answered != nil {
		return answered
	}
	return err
}
