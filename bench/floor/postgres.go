package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres makes each change by one statement, which is its transaction: one round trip.
type postgres struct {
	pool      *pgxpool.Pool
	issues    *queue[*issuance] // nil: each has a commit of its own, and a connection
	rotations *queue[*rotation]
}

// mostTogether is how many changes share a commit, as in Gatehouse.
const mostTogether = 64

func openPostgres(ctx context.Context, address string, batched bool) (*postgres, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 32
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		// Every statement knows its rows by a unique index: there is nothing to plan.
		_, err := c.Exec(ctx, `SET jit = off; SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan;
			SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	p := &postgres{pool: pool}
	if batched {
		p.issues = &queue[*issuance]{commit: p.issueAll, most: mostTogether}
		p.rotations = &queue[*rotation]{commit: p.rotateAll, most: mostTogether}
	}
	return p, nil
}

func (p *postgres) close() { p.pool.Close() }

func (p *postgres) one(ctx context.Context, question string, args ...any) row {
	return postgresRow{p.pool.QueryRow(ctx, question, args...)}
}

type postgresRow struct{ pgx.Row }

func (r postgresRow) Scan(into ...any) error {
	err := r.Row.Scan(into...)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNone
	}
	return err
}

func (p *postgres) each(ctx context.Context, question string, scan func(row) error) error {
	rows, err := p.pool.Query(ctx, question)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// what the two forms of issuing share: a row of access_tokens, then one of activity.
const (
	insertAccess = `INSERT INTO access_tokens (digest, hint, user_id, application_id, scope, description, expires, last_used_address, platform,
		family_id, audience, created, modified) `
	insertActivity = `INSERT INTO activity (created, actor_name, origin, address, operation, object_type, object_id, object_name, related_type,
		related_id, related_name, note, changes, owner_id, organization_id, platform) `
)

const issueOne = `WITH made AS (` + insertAccess + `VALUES ($1, $2, $3, $4, $5, '', $6, '', $7, $8, '', $9, $9) RETURNING id)
	` + insertActivity + `SELECT $9, '', 'oauth', $10, 'create', 'oauth2accesstoken', made.id, '', '', 0, '', '', $11, $3, $12, $7 FROM made`

const issueMany = `WITH given AS (SELECT * FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
		$8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::bigint[])
		AS given (digest, hint, user_id, application_id, scope, expires, platform, family_id, created, address, changes, organization_id)),
	made AS (` + insertAccess + `SELECT digest, hint, user_id, application_id, scope, '', expires, '', platform, family_id, '', created, created FROM given
		RETURNING id, digest)
	` + insertActivity + `SELECT created, '', 'oauth', address, 'create', 'oauth2accesstoken', made.id, '', '', 0, '', '', changes, user_id, organization_id, platform
	FROM made JOIN given USING (digest)`

func (p *postgres) issue(ctx context.Context, i *issuance) error {
	if p.issues != nil {
		return p.issues.do(i)
	}
	return p.issueAlone(ctx, i)
}

func (p *postgres) issueAlone(ctx context.Context, i *issuance) error {
	_, err := p.pool.Exec(ctx, issueOne, i.access.digest, i.access.hint, i.client.user, i.client.id, i.scope, i.expires(), i.client.platform, i.family, i.created,
		i.address, i.changes(), i.client.organization)
	return err
}

func (p *postgres) issueAll(all []*issuance) error {
	ctx := context.Background() // whoever leads may go away; the others wait
	if len(all) == 1 {
		return p.issueAlone(ctx, all[0])
	}
	_, err := p.pool.Exec(ctx, issueMany,
		column(all, func(i *issuance) []byte { return i.access.digest }), column(all, func(i *issuance) string { return i.access.hint }),
		column(all, func(i *issuance) *int64 { return i.client.user }), column(all, func(i *issuance) int64 { return i.client.id }),
		column(all, func(i *issuance) string { return i.scope }), column(all, (*issuance).expires),
		column(all, func(i *issuance) string { return i.client.platform }), column(all, func(i *issuance) string { return i.family }),
		column(all, func(i *issuance) time.Time { return i.created }), column(all, func(i *issuance) string { return i.address }),
		column(all, (*issuance).changes), column(all, func(i *issuance) *int64 { return i.client.organization }))
	return err
}

// column is one argument of a statement for many rows.
func column[T, V any](all []T, of func(T) V) []V {
	values := make([]V, len(all))
	for n, each := range all {
		values[n] = of(each)
	}
	return values
}
