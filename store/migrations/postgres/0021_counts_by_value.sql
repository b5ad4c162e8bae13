-- +goose Up
-- Lists count tokens by whatever a filter may ask of them (ADR 0036): of all tokens, and of those of each application.
LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers
SELECT pg_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0);
SELECT settle_access_tokens();
SET CONSTRAINTS ALL IMMEDIATE; -- what splits waits for the end

DROP FUNCTION settle_access_tokens;
DROP FUNCTION drop_empty;
DROP VIEW access_tokens_by_user;
DROP VIEW access_tokens_by_day;
DROP VIEW access_tokens_by_application;
DROP TABLE user_token_counts;
DROP TABLE token_day_counts;
DROP FUNCTION stretch_of;
DROP TABLE token_description_counts;
DROP FUNCTION split_token_descriptions;
DROP TABLE access_token_changes;

CREATE TABLE access_token_changes (
    user_id        bigint,
    application_id bigint,
    platform       text COLLATE "C" NOT NULL,
    scope          text COLLATE "C" NOT NULL,
    created        bigint NOT NULL, -- the days of these, counted from 1970 (UTC)
    modified       bigint NOT NULL,
    expires        bigint NOT NULL,
    last_used      bigint,
    created_by     bigint,
    modified_by    bigint,
    token_id       bigint NOT NULL,
    description    text COLLATE "C" NOT NULL, -- its first 256 characters
    tokens         bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE VIEW access_tokens_by_application AS
    SELECT NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM access_token_counts
    UNION ALL SELECT application_id, platform, scope, tokens FROM access_token_changes;

-- The value of created, modified, expires and last_used is a day; that of others, which are counted of all tokens alone, the id of a user: created_by and modified_by are the
-- tokens of others, or of nobody, that the user made or changed, created_for and modified_for the user's own that somebody else did. Most have neither. An application_id of 0 is all tokens; personal are those of none. What is not there any more has no row.
CREATE TABLE token_value_counts (
    application_id      bigint NOT NULL,
    field               text COLLATE "C" NOT NULL,
    value               bigint NOT NULL,
    gateway             bigint NOT NULL,
    controller          bigint NOT NULL,
    personal_gateway    bigint NOT NULL, -- of these
    personal_controller bigint NOT NULL,
    PRIMARY KEY (application_id, field, value) INCLUDE (gateway, controller) -- the days of one application are far apart in the table
);

-- How many tokens there are in each stretch of the order of descriptions. A stretch goes from a description, as far as its first 256 characters, up to the
-- next stretch; the first from before all. One that has several descriptions has no more than 1,000 tokens, 200 where it is of an application: no more
-- than two of these are read where a range of descriptions is counted. What many have is a stretch by itself.
CREATE TABLE token_description_counts (
    application_id bigint NOT NULL,
    description    text COLLATE "C" NOT NULL,
    gateway        bigint NOT NULL,
    controller     bigint NOT NULL,
    alike          boolean NOT NULL, -- all have the description with which it begins
    PRIMARY KEY (application_id, description)
);

-- The tokens of a stretch: of all, and of each application.
DROP VIEW token_descriptions;
CREATE VIEW token_descriptions AS
    SELECT 0::bigint AS application_id, description, platform FROM access_tokens WHERE length(description) <= 256
    UNION ALL SELECT 0::bigint, substr(description, 1, 256), platform FROM access_tokens WHERE length(description) > 256
    UNION ALL SELECT application_id, description, platform FROM access_tokens WHERE application_id IS NOT NULL AND length(description) <= 256
    UNION ALL SELECT application_id, substr(description, 1, 256), platform FROM access_tokens WHERE application_id IS NOT NULL AND length(description) > 256;

-- +goose StatementBegin
CREATE FUNCTION stretch_of(of_application bigint, of_description text) RETURNS TABLE (description text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.description FROM token_description_counts AS c WHERE c.application_id = of_application AND c.description <= of_description COLLATE "C"
    ORDER BY c.description DESC LIMIT 1;
END;

CREATE FUNCTION token_value_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token_value_counts WHERE application_id = NEW.application_id AND field = NEW.field AND value = NEW.value
        AND gateway = 0 AND controller = 0 AND personal_gateway = 0 AND personal_controller = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER token_value_gone AFTER UPDATE ON token_value_counts FOR EACH ROW
    WHEN (NEW.gateway = 0 AND NEW.controller = 0 AND NEW.personal_gateway = 0 AND NEW.personal_controller = 0) EXECUTE FUNCTION token_value_gone();

CREATE FUNCTION token_description_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token_description_counts WHERE application_id = NEW.application_id AND description = NEW.description AND description <> '' AND gateway = 0 AND controller = 0;
    DELETE FROM token_description_counts WHERE application_id = NEW.application_id AND application_id > 0 AND description = '' AND gateway = 0 AND controller = 0
        AND NOT EXISTS (SELECT FROM token_description_counts AS other WHERE other.application_id = NEW.application_id AND other.description <> '');
    RETURN NULL;
END $$;
CREATE TRIGGER token_description_gone AFTER UPDATE ON token_description_counts FOR EACH ROW WHEN (NEW.gateway = 0 AND NEW.controller = 0)
    EXECUTE FUNCTION token_description_gone();

CREATE FUNCTION token_block_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token_blocks WHERE block = NEW.block AND gateway = 0 AND controller = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER token_block_gone AFTER INSERT OR UPDATE ON token_blocks FOR EACH ROW WHEN (NEW.gateway = 0 AND NEW.controller = 0) EXECUTE FUNCTION token_block_gone();

-- count_access_tokens adds up changes, in the transaction that has the lock of those who do.
CREATE FUNCTION count_access_tokens(changes access_token_changes[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO token_description_counts SELECT DISTINCT application_id, '', 0, 0, true FROM unnest(changes) WHERE application_id IS NOT NULL ON CONFLICT DO NOTHING;
    WITH noted AS MATERIALIZED (SELECT * FROM unnest(changes)),
    by_application AS (
        INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0
        ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_value AS (
        INSERT INTO token_value_counts AS c SELECT * FROM (SELECT v.application_id, v.field, v.value,
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0) AS gateway, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0) AS controller,
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway' AND n.application_id IS NULL), 0) AS personal_gateway,
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller' AND n.application_id IS NULL), 0) AS personal_controller FROM noted AS n
            CROSS JOIN LATERAL (VALUES
                (0, 'created', n.created), (0, 'modified', n.modified), (0, 'expires', n.expires), (0, 'last_used', n.last_used),
                (0, 'user', n.user_id),
                (0, 'created_by', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.created_by END), (0, 'created_for', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.user_id END),
                (0, 'modified_by', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.modified_by END), (0, 'modified_for', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.user_id END),
                (n.application_id, 'created', n.created), (n.application_id, 'modified', n.modified), (n.application_id, 'expires', n.expires),
                (n.application_id, 'last_used', n.last_used)) AS v(application_id, field, value)
            WHERE v.application_id IS NOT NULL AND v.value IS NOT NULL GROUP BY 1, 2, 3) AS sums
            WHERE gateway <> 0 OR controller <> 0 OR personal_gateway <> 0 OR personal_controller <> 0
        ON CONFLICT (application_id, field, value) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller,
            personal_gateway = c.personal_gateway + excluded.personal_gateway, personal_controller = c.personal_controller + excluded.personal_controller),
    by_description AS (
        INSERT INTO token_description_counts AS c SELECT n.application_id, s.description, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), bool_and(n.description = s.description)
            FROM (SELECT v.application_id, n.description, n.platform, sum(n.tokens) AS tokens FROM noted AS n
                CROSS JOIN LATERAL (VALUES (0), (n.application_id)) AS v(application_id) WHERE v.application_id IS NOT NULL GROUP BY 1, 2, 3) AS n,
            stretch_of(n.application_id, n.description) AS s GROUP BY 1, 2
        ON CONFLICT (application_id, description) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller,
            alike = c.alike AND excluded.alike)
    INSERT INTO token_blocks AS c SELECT n.token_id / 1024, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
        COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), min(t.created), max(t.created), min(t.modified), max(t.modified),
        min(t.expires), max(t.expires), min(n.last_used), max(n.last_used)
        FROM noted AS n LEFT JOIN access_tokens AS t ON t.id = CASE WHEN n.tokens > 0 THEN n.token_id END GROUP BY 1
    ON CONFLICT (block) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller,
        created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to),
        modified_from = LEAST(c.modified_from, excluded.modified_from), modified_to = GREATEST(c.modified_to, excluded.modified_to),
        expires_from = LEAST(c.expires_from, excluded.expires_from), expires_to = GREATEST(c.expires_to, excluded.expires_to),
        last_used_from = LEAST(c.last_used_from, excluded.last_used_from), last_used_to = GREATEST(c.last_used_to, excluded.last_used_to);
END $$;

CREATE FUNCTION settle_access_tokens() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    noted access_token_changes[];
BEGIN
    IF NOT pg_try_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0) THEN
        RETURN;
    END IF;
    WITH gone AS (DELETE FROM access_token_changes AS n RETURNING n) SELECT array_agg(gone.n) INTO noted FROM gone;
    IF noted IS NOT NULL THEN
        PERFORM count_access_tokens(noted);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND may_count('access_token_changes') THEN
        PERFORM settle_access_tokens(); -- a block that is empty after that has no token that was noted and not counted
        PERFORM count_access_tokens(array_agg(ROW(user_id, application_id, platform, scope, day_of(created), day_of(modified), day_of(expires), day_of(last_used), created_by, modified_by,
            id, substr(description, 1, 256), each)::access_token_changes)) FROM changed;
        RETURN NULL;
    END IF;
    INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope, day_of(created), day_of(modified), day_of(expires), day_of(last_used), created_by, modified_by,
            id, substr(description, 1, 256), each FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_token_changes VALUES
        (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, day_of(OLD.created), day_of(OLD.modified), day_of(OLD.expires), day_of(OLD.last_used), OLD.created_by, OLD.modified_by,
            OLD.id, substr(OLD.description, 1, 256), -1),
        (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, day_of(NEW.created), day_of(NEW.modified), day_of(NEW.expires), day_of(NEW.last_used), NEW.created_by, NEW.modified_by,
            NEW.id, substr(NEW.description, 1, 256), 1);
    IF random() * 256 < 2 THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

-- Of the uses of a token, the first of each day is noted.
DROP TRIGGER access_tokens_updated ON access_tokens;
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description, modified, last_used, created_by, modified_by ON access_tokens
    FOR EACH ROW WHEN ((OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description, OLD.modified, day_of(OLD.last_used), OLD.created_by, OLD.modified_by)
        IS DISTINCT FROM (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description, NEW.modified, day_of(NEW.last_used), NEW.created_by, NEW.modified_by))
    EXECUTE FUNCTION note_access_token();

-- Splitting waits for the end of the transaction, when every change of a token is noted. How many tokens have the description with which the stretch begins is what the others
-- leave: it may be very many.
CREATE FUNCTION split_token_descriptions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted integer := CASE NEW.application_id WHEN 0 THEN 500 ELSE 100 END;
    past text; -- the next stretch, or what comes after all descriptions
BEGIN
    SELECT COALESCE(min(description), repeat(chr(1114111), 257)) INTO past FROM token_description_counts
        WHERE application_id = NEW.application_id AND description > NEW.description;
    PERFORM FROM token_description_counts WHERE application_id = NEW.application_id AND description = NEW.description AND gateway + controller > 2 * wanted AND NOT alike;
    IF NOT FOUND THEN
        RETURN NULL; -- it has been split, or many of its tokens are gone
    END IF;
    WITH others AS (
        SELECT description, COALESCE(sum(tokens) FILTER (WHERE platform = 'gateway'), 0) AS gateway, COALESCE(sum(tokens) FILTER (WHERE platform = 'controller'), 0) AS controller
        FROM (SELECT description, platform, 1 AS tokens FROM token_descriptions
                WHERE application_id = NEW.application_id AND description > NEW.description AND description < past COLLATE "C"
            UNION ALL SELECT description, platform, -tokens FROM access_token_changes
                WHERE NEW.application_id IN (0, application_id) AND description > NEW.description AND description < past COLLATE "C") AS each GROUP BY 1),
    keys AS (
        SELECT description, gateway, controller, gateway + controller AS n FROM others WHERE gateway + controller > 0
        UNION ALL SELECT c.description, c.gateway - o.gateway, c.controller - o.controller, c.gateway + c.controller - o.gateway - o.controller
            FROM token_description_counts AS c, (SELECT COALESCE(sum(gateway), 0) AS gateway, COALESCE(sum(controller), 0) AS controller FROM others) AS o
            WHERE c.application_id = NEW.application_id AND c.description = NEW.description),
    placed AS (SELECT *, div(sum(n) OVER o - n, wanted) AS part, lag(n) OVER o AS before FROM keys WINDOW o AS (ORDER BY description)),
    begun AS (SELECT *, CASE WHEN n >= wanted OR before >= wanted OR part <> lag(part) OVER o THEN 1 ELSE 0 END AS begins FROM placed WINDOW o AS (ORDER BY description)),
    pieces AS (SELECT *, sum(begins) OVER (ORDER BY description) AS piece FROM begun)
    INSERT INTO token_description_counts SELECT NEW.application_id, min(description), sum(gateway), sum(controller), count(*) = 1 FROM pieces GROUP BY piece
        ON CONFLICT (application_id, description) DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller, alike = excluded.alike;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What is tried on the tokens of somebody's list stands in the index that it is read by.
DROP INDEX access_tokens_user;
CREATE INDEX access_tokens_user ON access_tokens (user_id, id, application_id, platform, scope);
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id, platform, scope, created, expires, modified, user_id, created_by, modified_by);
CREATE INDEX access_tokens_created_by ON access_tokens (created_by, id, user_id, application_id, platform) WHERE created_by IS NOT NULL AND created_by IS DISTINCT FROM user_id;
CREATE INDEX access_tokens_modified_by ON access_tokens (modified_by, id, user_id, application_id, platform) WHERE modified_by IS NOT NULL AND modified_by IS DISTINCT FROM user_id;

CREATE CONSTRAINT TRIGGER token_descriptions_split AFTER INSERT OR UPDATE ON token_description_counts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NOT NEW.alike AND NEW.gateway + NEW.controller > CASE NEW.application_id WHEN 0 THEN 1000 ELSE 200 END) EXECUTE FUNCTION split_token_descriptions();

-- First those of no application under -1, then all of both.
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'created', day_of(created), count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'modified', day_of(modified), count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'expires', day_of(expires), count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'last_used', day_of(last_used), count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens WHERE last_used IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT 0, field, value, sum(gateway), sum(controller), COALESCE(sum(gateway) FILTER (WHERE application_id < 0), 0),
        COALESCE(sum(controller) FILTER (WHERE application_id < 0), 0)
    FROM token_value_counts GROUP BY 2, 3;
DELETE FROM token_value_counts WHERE application_id < 0;
INSERT INTO token_value_counts SELECT 0, 'user', user_id, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), count(*) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), count(*) FILTER (WHERE platform = 'controller' AND application_id IS NULL)
    FROM access_tokens WHERE user_id IS NOT NULL GROUP BY 3;
INSERT INTO token_value_counts SELECT 0, 'created_by', created_by, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), count(*) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), count(*) FILTER (WHERE platform = 'controller' AND application_id IS NULL)
    FROM access_tokens WHERE created_by IS NOT NULL AND created_by IS DISTINCT FROM user_id GROUP BY 3;
INSERT INTO token_value_counts SELECT 0, 'created_for', user_id, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), count(*) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), count(*) FILTER (WHERE platform = 'controller' AND application_id IS NULL)
    FROM access_tokens WHERE user_id IS NOT NULL AND created_by IS DISTINCT FROM user_id GROUP BY 3;
INSERT INTO token_value_counts SELECT 0, 'modified_by', modified_by, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), count(*) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), count(*) FILTER (WHERE platform = 'controller' AND application_id IS NULL)
    FROM access_tokens WHERE modified_by IS NOT NULL AND modified_by IS DISTINCT FROM user_id GROUP BY 3;
INSERT INTO token_value_counts SELECT 0, 'modified_for', user_id, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), count(*) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), count(*) FILTER (WHERE platform = 'controller' AND application_id IS NULL)
    FROM access_tokens WHERE user_id IS NOT NULL AND modified_by IS DISTINCT FROM user_id GROUP BY 3;

-- One stretch for each, which is split as it is stored.
INSERT INTO token_description_counts SELECT 0, '', count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), false FROM access_tokens;
INSERT INTO token_description_counts SELECT application_id, '', count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), false
    FROM access_tokens WHERE application_id IS NOT NULL GROUP BY 1;
