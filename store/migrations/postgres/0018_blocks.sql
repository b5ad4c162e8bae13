-- +goose Up
-- What a range of times or ids finds, for lists (ADR 0016): tokens are counted by the day of every time they have, and by blocks of 1,024 ids. A block
-- says how many tokens it has and between which times theirs are, or more: a page in the order of ids passes over blocks that have none.
LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers

CREATE TABLE token_blocks (
    block          bigint NOT NULL PRIMARY KEY, -- of the ids from block * 1024
    gateway        bigint NOT NULL,
    controller     bigint NOT NULL,
    created_from   timestamptz,
    created_to     timestamptz,
    modified_from  timestamptz,
    modified_to    timestamptz,
    expires_from   timestamptz,
    expires_to     timestamptz,
    last_used_from bigint, -- days, null where none was used
    last_used_to   bigint
);

-- These are null in changes that were noted before, which are counted already.
ALTER TABLE access_token_changes ADD COLUMN modified bigint, ADD COLUMN last_used bigint;

DROP VIEW access_tokens_by_day;
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, personal, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'modified', modified, platform, application_id IS NULL, tokens FROM access_token_changes WHERE modified IS NOT NULL
    UNION ALL SELECT 'last_used', last_used, platform, application_id IS NULL, tokens FROM access_token_changes WHERE last_used IS NOT NULL;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION settle_access_tokens() RETURNS void LANGUAGE plpgsql AS $$
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
        ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller),
    by_block AS (
        INSERT INTO token_blocks AS c SELECT n.token_id / 1024, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), min(t.created), max(t.created), min(t.modified), max(t.modified),
            min(t.expires), max(t.expires), min(n.last_used), max(n.last_used)
            FROM noted AS n LEFT JOIN access_tokens AS t ON t.id = n.token_id WHERE n.modified IS NOT NULL GROUP BY 1
        ON CONFLICT (block) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to),
                modified_from = LEAST(c.modified_from, excluded.modified_from), modified_to = GREATEST(c.modified_to, excluded.modified_to),
                expires_from = LEAST(c.expires_from, excluded.expires_from), expires_to = GREATEST(c.expires_to, excluded.expires_to),
                last_used_from = LEAST(c.last_used_from, excluded.last_used_from), last_used_to = GREATEST(c.last_used_to, excluded.last_used_to))
    INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0
    ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens;
    DELETE FROM token_description_counts WHERE gateway = 0 AND controller = 0 AND id > 0;
    DELETE FROM token_blocks WHERE gateway = 0 AND controller = 0;
END $$;

CREATE OR REPLACE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND pg_try_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0) THEN
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

CREATE OR REPLACE FUNCTION note_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_token_changes VALUES
        (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, day_of(OLD.created), day_of(OLD.expires), -1, OLD.id, substr(OLD.description, 1, 256),
            day_of(OLD.modified), day_of(OLD.last_used)),
        (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, day_of(NEW.created), day_of(NEW.expires), 1, NEW.id, substr(NEW.description, 1, 256),
            day_of(NEW.modified), day_of(NEW.last_used));
    IF random() * 256 < 2 THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

-- Of the uses of a token, the first of each day is noted.
DROP TRIGGER access_tokens_updated ON access_tokens;
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description, modified, last_used ON access_tokens
    FOR EACH ROW WHEN ((OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description, OLD.modified, day_of(OLD.last_used))
        IS DISTINCT FROM (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description, NEW.modified, day_of(NEW.last_used)))
    EXECUTE FUNCTION note_access_token();
-- +goose StatementEnd

INSERT INTO token_day_counts SELECT 'modified', day_of(modified), platform, application_id IS NULL, count(*) FROM access_tokens GROUP BY 2, 3, 4;
INSERT INTO token_day_counts SELECT 'last_used', day_of(last_used), platform, application_id IS NULL, count(*) FROM access_tokens
    WHERE last_used IS NOT NULL GROUP BY 2, 3, 4;
INSERT INTO token_blocks SELECT id / 1024, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'),
        min(created), max(created), min(modified), max(modified), min(expires), max(expires), min(day_of(last_used)), max(day_of(last_used))
    FROM access_tokens GROUP BY 1;

-- What is tried on the tokens of an administrator's list that is read in the order of creation or expiry, and on those outside of a range, stands in the
-- index of these as well.
DROP INDEX access_tokens_created;
CREATE INDEX access_tokens_created ON access_tokens (created, id, user_id, application_id, platform);
DROP INDEX access_tokens_expires;
CREATE INDEX access_tokens_expires ON access_tokens (expires, id, user_id, application_id, platform);
CREATE INDEX access_tokens_modified ON access_tokens (modified, id, user_id, application_id, platform);
CREATE INDEX access_tokens_controller_modified ON access_tokens (platform, modified, id) WHERE platform = 'controller';
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id, platform, scope, created, expires, modified);
