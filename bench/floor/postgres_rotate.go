package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// toldFields is the text of an activity entry about a row of access_tokens, as function changes has it.
const toldFields = `'{"application":"' || application_id || '","description":' || to_json(description) || ',"expires":"' ||
	rtrim(rtrim(to_char(expires AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z","platform":"' || platform || '","scope":' ||
	to_json(scope) || ',"user":' || COALESCE('"' || user_id || '"', 'null') || '}'`

// rotateMany does all of it in one statement. Of several that present the same token one finds it unused, which is decided by its lock. The
// foreign key takes the old access token out of the old refresh token.
const rotateMany = `WITH given AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bytea[], $6::text[], $7::bytea[],
		$8::text[], $9::text[]) AS given (presented, client, organization, at, access_digest, access_hint, refresh_digest, refresh_hint, address)),
	used AS (UPDATE refresh_tokens AS r SET revoked = given.at, reason = 'rotated' FROM given
		WHERE r.digest = given.presented AND r.application_id = given.client AND r.revoked IS NULL AND r.expires > given.at AND r.platform = 'gateway'
			AND (r.subject_user_id IS NULL OR EXISTS (SELECT FROM users WHERE users.id = r.subject_user_id AND users.is_active))
		RETURNING r.*, given.*),
	gone AS (DELETE FROM access_tokens AS t USING used WHERE t.id = used.access_token_id RETURNING t.*, used.access_digest, used.at, used.address, used.organization),
	made AS (` + insertAccess + `SELECT access_digest, access_hint, subject_user_id, used.application_id, used.scope, COALESCE(gone.description, ''),
		used.at + interval '31536000 seconds', '', used.platform, used.family_id, used.audience, used.at, used.at
		FROM used LEFT JOIN gone USING (access_digest) RETURNING *),
	next AS (INSERT INTO refresh_tokens (digest, hint, application_id, user_id, subject_user_id, access_token_id, scope, audience, platform, family_id,
			created, expires, reason, parent_id, repeats, started)
		SELECT refresh_digest, refresh_hint, used.application_id, used.user_id, subject_user_id, made.id, used.scope, used.audience, used.platform, used.family_id, at,
			LEAST(at + interval '2628000 seconds', COALESCE(started, used.created) + interval '31536000 seconds'), '', used.id, 0, COALESCE(started, used.created)
		FROM used JOIN made ON made.digest = used.access_digest),
	told AS (` + insertActivity + `SELECT at, '', 'oauth', address, operation, 'oauth2accesstoken', id, description, '', 0, '', note, changes, user_id, organization, platform
		FROM (SELECT 1 AS turn, access_digest, at, address, 'delete' AS operation, id, description, 'refreshed' AS note,
				'{"added_fields":null,"removed_fields":' || ` + toldFields + ` || ',"changed_fields":null}' AS changes, user_id, organization, platform FROM gone
			UNION ALL SELECT 2, made.digest, at, address, 'create', made.id, made.description, '',
				'{"added_fields":' || told || ',"removed_fields":null,"changed_fields":null}', made.user_id, organization, made.platform
			FROM (SELECT *, ` + toldFields + ` AS told FROM made) AS made JOIN used ON used.access_digest = made.digest) AS entries ORDER BY access_digest, turn)
	SELECT access_digest, scope FROM used`

func (p *postgres) rotate(_ context.Context, r *rotation) error {
	var err error
	if p.rotations != nil {
		err = p.rotations.do(r)
	} else {
		err = p.rotateAll([]*rotation{r})
	}
	if err == nil && r.refused {
		return errRefused
	}
	return err
}

func (p *postgres) rotateAll(all []*rotation) error {
	rows, err := p.pool.Query(context.Background(), rotateMany,
		column(all, func(r *rotation) []byte { return r.presented }), column(all, func(r *rotation) int64 { return r.client.id }),
		column(all, func(r *rotation) *int64 { return r.client.organization }), column(all, func(r *rotation) time.Time { return r.created }),
		column(all, func(r *rotation) []byte { return r.access.digest }), column(all, func(r *rotation) string { return r.access.hint }),
		column(all, func(r *rotation) []byte { return r.refresh.digest }), column(all, func(r *rotation) string { return r.refresh.hint }),
		column(all, func(r *rotation) string { return r.address }))
	if err != nil {
		return err
	}
	scopes := map[string]string{}
	var digest []byte
	var scope string
	_, err = pgx.ForEachRow(rows, []any{&digest, &scope}, func() error {
		scopes[string(digest)] = scope
		return nil
	})
	for _, r := range all {
		scope, found := scopes[string(r.access.digest)]
		r.scope, r.refused = scope, !found
	}
	return err
}
