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

-- drop_empty removes stretches of descriptions, given by where they begin, and blocks that have no tokens any more. To look through all for them took as long as
-- these had been changed often.
CREATE FUNCTION drop_empty(descriptions text[], ids bigint[], blocks bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(ids) > 0 THEN
        DELETE FROM token_description_counts AS c USING unnest(descriptions, ids) AS e(description, id)
            WHERE c.description = e.description AND c.id = e.id AND c.id > 0;
    END IF;
    IF cardinality(blocks) > 0 THEN
        DELETE FROM token_blocks WHERE block = ANY(blocks);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION settle_access_tokens() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    descriptions text[];
    ids bigint[];
    blocks bigint[];
BEGIN
    IF NOT pg_try_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0) THEN
        RETURN;
    END IF;
    WITH noted AS (DELETE FROM access_token_changes RETURNING *),
    by_user AS (
        INSERT INTO user_token_counts AS c SELECT user_id, COALESCE(application_id, 0), platform, scope, sum(tokens)
            FROM noted WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(tokens) <> 0
        ON CONFLICT (user_id, application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_day AS (
        INSERT INTO token_day_counts AS c SELECT field, day, platform, personal, sum(tokens) FROM (
            SELECT 'created' AS field, created AS day, platform, application_id IS NULL AS personal, tokens FROM noted
            UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM noted
            UNION ALL SELECT 'modified', modified, platform, application_id IS NULL, tokens FROM noted WHERE modified IS NOT NULL
            UNION ALL SELECT 'last_used', last_used, platform, application_id IS NULL, tokens FROM noted WHERE last_used IS NOT NULL) AS days
            GROUP BY 1, 2, 3, 4 HAVING sum(tokens) <> 0
        ON CONFLICT (field, day, platform, personal) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_description AS (
        INSERT INTO token_description_counts AS c SELECT s.description, s.id, COALESCE(sum(n.tokens) FILTER (WHERE platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE platform = 'controller'), 0) FROM noted AS n, stretch_of(n.description, n.token_id) AS s GROUP BY 1, 2
        ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller
        RETURNING c.*),
    by_block AS (
        INSERT INTO token_blocks AS c SELECT n.token_id / 1024, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), min(t.created), max(t.created), min(t.modified), max(t.modified),
            min(t.expires), max(t.expires), min(n.last_used), max(n.last_used)
            FROM noted AS n LEFT JOIN access_tokens AS t ON t.id = n.token_id WHERE n.modified IS NOT NULL GROUP BY 1
        ON CONFLICT (block) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to),
                modified_from = LEAST(c.modified_from, excluded.modified_from), modified_to = GREATEST(c.modified_to, excluded.modified_to),
                expires_from = LEAST(c.expires_from, excluded.expires_from), expires_to = GREATEST(c.expires_to, excluded.expires_to),
                last_used_from = LEAST(c.last_used_from, excluded.last_used_from), last_used_to = GREATEST(c.last_used_to, excluded.last_used_to)
        RETURNING c.block, c.gateway, c.controller),
    by_application AS (
        INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0
        ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens)
    SELECT array(SELECT description FROM by_description WHERE gateway = 0 AND controller = 0 ORDER BY id), array(SELECT id FROM by_description WHERE gateway = 0 AND controller = 0 ORDER BY id),
        array(SELECT block FROM by_block WHERE gateway = 0 AND controller = 0) INTO descriptions, ids, blocks;
    PERFORM drop_empty(descriptions, ids, blocks);
END $$;

CREATE OR REPLACE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    descriptions text[];
    ids bigint[];
    blocks bigint[];
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND may_count('access_token_changes') THEN
        PERFORM settle_access_tokens(); -- what is empty after that has no token that was noted and not counted
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
        WITH by_description AS (
            INSERT INTO token_description_counts AS c SELECT s.description, s.id, each * count(*) FILTER (WHERE platform = 'gateway'),
                each * count(*) FILTER (WHERE platform = 'controller') FROM changed AS n, stretch_of(substr(n.description, 1, 256), n.id) AS s GROUP BY 1, 2
            ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller
            RETURNING c.*),
        by_block AS (
            INSERT INTO token_blocks AS c SELECT id / 1024, each * count(*) FILTER (WHERE platform = 'gateway'), each * count(*) FILTER (WHERE platform = 'controller'),
                min(created), max(created), min(modified), max(modified), min(expires), max(expires), min(day_of(last_used)), max(day_of(last_used))
                FROM changed GROUP BY 1
            ON CONFLICT (block) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to),
                modified_from = LEAST(c.modified_from, excluded.modified_from), modified_to = GREATEST(c.modified_to, excluded.modified_to),
                expires_from = LEAST(c.expires_from, excluded.expires_from), expires_to = GREATEST(c.expires_to, excluded.expires_to),
                last_used_from = LEAST(c.last_used_from, excluded.last_used_from), last_used_to = GREATEST(c.last_used_to, excluded.last_used_to)
            RETURNING c.block, c.gateway, c.controller)
        SELECT array(SELECT description FROM by_description WHERE gateway = 0 AND controller = 0 ORDER BY id), array(SELECT id FROM by_description WHERE gateway = 0 AND controller = 0 ORDER BY id),
            array(SELECT block FROM by_block WHERE gateway = 0 AND controller = 0) INTO descriptions, ids, blocks;
        PERFORM drop_empty(descriptions, ids, blocks);
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

-- What was emptied before.
SELECT pg_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0);
SELECT settle_access_tokens();
DELETE FROM token_description_counts WHERE gateway = 0 AND controller = 0 AND id > 0;
DELETE FROM token_blocks WHERE gateway = 0 AND controller = 0;
