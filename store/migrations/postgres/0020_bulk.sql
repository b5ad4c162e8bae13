-- +goose Up
-- Statements of many rows, which are counted at once (ADR 0016).

-- The same days as before, by functions that PostgreSQL writes into the statement: a call for each of four times of each row took as long as the rest of
-- the counting.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION day_of(moment timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((moment AT TIME ZONE 'UTC')::date - date '1970-01-01')::bigint;

-- may_count takes the lock of those who add up. A statement of many rows waits a little for a small one, so that what it did is not left to the next small one; not
-- for long, as it may be what that one waits for.
CREATE FUNCTION may_count(changes regclass) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    FOR attempt IN 1..100 LOOP
        IF pg_try_advisory_xact_lock(changes::oid::integer, 0) THEN
            RETURN true;
        END IF;
        PERFORM pg_sleep(0.001);
    END LOOP;
    RETURN false;
END $$;

CREATE OR REPLACE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND may_count('access_token_changes') THEN
        INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, each * count(*) FROM changed GROUP BY 1, 2, 3
            ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens;
        INSERT INTO user_token_counts AS c SELECT user_id, COALESCE(application_id, 0), platform, scope, each * count(*)
            FROM changed WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4
            ON CONFLICT (user_id, application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens;
        INSERT INTO token_day_counts AS c SELECT field, day, platform, personal, each * count(*) FROM (
            SELECT 'created' AS field, day_of(created) AS day, platform, application_id IS NULL AS personal FROM changed
            UNION ALL SELECT 'expires', day_of(expires), platform, application_id IS NULL FROM changed
            UNION ALL SELECT 'modified', day_of(modified), platform, application_id IS NULL FROM changed
            UNION ALL SELECT 'last_used', day_of(last_used), platform, application_id IS NULL FROM changed WHERE last_used IS NOT NULL) AS days GROUP BY 1, 2, 3, 4
            ON CONFLICT (field, day, platform, personal) DO UPDATE SET tokens = c.tokens + excluded.tokens;
        INSERT INTO token_description_counts AS c SELECT s.description, s.id, each * count(*) FILTER (WHERE platform = 'gateway'),
            each * count(*) FILTER (WHERE platform = 'controller') FROM changed AS n, stretch_of(substr(n.description, 1, 256), n.id) AS s GROUP BY 1, 2
            ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller;
        INSERT INTO token_blocks AS c SELECT id / 1024, each * count(*) FILTER (WHERE platform = 'gateway'), each * count(*) FILTER (WHERE platform = 'controller'),
            min(created), max(created), min(modified), max(modified), min(expires), max(expires), min(day_of(last_used)), max(day_of(last_used))
            FROM changed GROUP BY 1
            ON CONFLICT (block) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to),
                modified_from = LEAST(c.modified_from, excluded.modified_from), modified_to = GREATEST(c.modified_to, excluded.modified_to),
                expires_from = LEAST(c.expires_from, excluded.expires_from), expires_to = GREATEST(c.expires_to, excluded.expires_to),
                last_used_from = LEAST(c.last_used_from, excluded.last_used_from), last_used_to = GREATEST(c.last_used_to, excluded.last_used_to);
        RETURN NULL;
    END IF;
    INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope, day_of(created), day_of(expires), each, id, substr(description, 1, 256),
        day_of(modified), day_of(last_used) FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_activity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND may_count('activity_changes') THEN
        INSERT INTO activity_counts AS c SELECT object_type, operation, platform, each * count(*) FROM changed GROUP BY 1, 2, 3
            ON CONFLICT (object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        INSERT INTO actor_activity_counts AS c SELECT actor_id, object_type, operation, platform, each * count(*)
            FROM changed WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4
            ON CONFLICT (actor_id, object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        INSERT INTO activity_blocks AS c SELECT id / 1024, each * (count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway')),
            each * (count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND platform = 'gateway')),
            each * (count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway')),
            each * (count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND platform = 'gateway')), min(created), max(created)
            FROM changed GROUP BY 1
            ON CONFLICT (block) DO UPDATE SET others = c.others + excluded.others, gateway = c.gateway + excluded.gateway, sign_ins = c.sign_ins + excluded.sign_ins, gateway_sign_ins = c.gateway_sign_ins + excluded.gateway_sign_ins, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to);
        RETURN NULL;
    END IF;
    INSERT INTO activity_changes SELECT actor_id, object_type, operation, platform, each, id FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_activity();
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
