-- +goose Up
-- How many rows of the large tables there are of each kind, for lists (ADR 0016). Triggers keep them, so that bulk statements and a release
-- that knows nothing of them count as well. A change is only noted, by a row in access_token_changes or activity_changes, which is a lock
-- for nobody; now and then a change settles what is noted, one at a time, and never waits for another that does. An application_id of 0 is none.
CREATE TABLE access_token_counts (
    application_id bigint NOT NULL,
    platform       text COLLATE "C" NOT NULL,
    scope          text COLLATE "C" NOT NULL,
    tokens         bigint NOT NULL,
    PRIMARY KEY (application_id, platform, scope)
);

CREATE TABLE user_token_counts (
    user_id        bigint NOT NULL,
    application_id bigint NOT NULL,
    platform       text COLLATE "C" NOT NULL,
    scope          text COLLATE "C" NOT NULL,
    tokens         bigint NOT NULL,
    PRIMARY KEY (user_id, application_id, platform, scope)
);

-- Days are counted from 1970 (UTC); field is created or expires.
CREATE TABLE token_day_counts (
    field    text COLLATE "C" NOT NULL,
    day      bigint NOT NULL,
    platform text COLLATE "C" NOT NULL,
    tokens   bigint NOT NULL,
    PRIMARY KEY (field, day, platform)
);

CREATE TABLE access_token_changes (
    user_id        bigint,
    application_id bigint,
    platform       text COLLATE "C" NOT NULL,
    scope          text COLLATE "C" NOT NULL,
    created        bigint NOT NULL,
    expires        bigint NOT NULL,
    tokens         bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE activity_counts (
    object_type text COLLATE "C" NOT NULL,
    operation   text COLLATE "C" NOT NULL,
    platform    text COLLATE "C" NOT NULL,
    entries     bigint NOT NULL,
    PRIMARY KEY (object_type, operation, platform)
);

CREATE TABLE actor_activity_counts (
    actor_id    bigint NOT NULL,
    object_type text COLLATE "C" NOT NULL,
    operation   text COLLATE "C" NOT NULL,
    platform    text COLLATE "C" NOT NULL,
    entries     bigint NOT NULL,
    PRIMARY KEY (actor_id, object_type, operation, platform)
);

CREATE TABLE activity_changes (
    actor_id    bigint,
    object_type text COLLATE "C" NOT NULL,
    operation   text COLLATE "C" NOT NULL,
    platform    text COLLATE "C" NOT NULL,
    entries     bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What is counted, settled or not: the name of each says by what.
CREATE VIEW access_tokens_by_application AS
    SELECT NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM access_token_counts
    UNION ALL SELECT application_id, platform, scope, tokens FROM access_token_changes;
CREATE VIEW access_tokens_by_user AS
    SELECT user_id, NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM user_token_counts
    UNION ALL SELECT user_id, application_id, platform, scope, tokens FROM access_token_changes WHERE user_id IS NOT NULL;
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, tokens FROM access_token_changes;
CREATE VIEW activity_by_kind AS
    SELECT object_type, operation, platform, entries AS number FROM activity_counts
    UNION ALL SELECT object_type, operation, platform, entries FROM activity_changes;
CREATE VIEW activity_by_actor AS
    SELECT actor_id, object_type, operation, platform, entries AS number FROM actor_activity_counts
    UNION ALL SELECT actor_id, object_type, operation, platform, entries FROM activity_changes WHERE actor_id IS NOT NULL;

CREATE FUNCTION day_of(moment timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor(extract(epoch FROM moment) / 86400)::bigint;

-- +goose StatementBegin
CREATE FUNCTION settle_access_tokens() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock('access_token_changes'::regclass::oid::integer, 0) THEN
        RETURN;
    END IF;
    WITH noted AS (DELETE FROM access_token_changes RETURNING *),
    by_user AS (
        INSERT INTO user_token_counts AS c SELECT user_id, COALESCE(application_id, 0), platform, scope, sum(tokens)
            FROM noted WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4
        ON CONFLICT (user_id, application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_day AS (
        INSERT INTO token_day_counts AS c SELECT field, day, platform, sum(tokens) FROM (
            SELECT 'created' AS field, created AS day, platform, tokens FROM noted
            UNION ALL SELECT 'expires', expires, platform, tokens FROM noted) AS days GROUP BY 1, 2, 3
        ON CONFLICT (field, day, platform) DO UPDATE SET tokens = c.tokens + excluded.tokens)
    INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3
    ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens;
END $$;

CREATE FUNCTION settle_activity() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock('activity_changes'::regclass::oid::integer, 0) THEN
        RETURN;
    END IF;
    WITH noted AS (DELETE FROM activity_changes RETURNING *),
    by_actor AS (
        INSERT INTO actor_activity_counts AS c SELECT actor_id, object_type, operation, platform, sum(entries) FROM noted WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4
        ON CONFLICT (actor_id, object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries)
    INSERT INTO activity_counts AS c SELECT object_type, operation, platform, sum(entries) FROM noted GROUP BY 1, 2, 3
    ON CONFLICT (object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
END $$;

-- A large statement adds up what it changed at once, if nobody is settling: to note it would leave a large table behind.
CREATE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
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
        INSERT INTO token_day_counts AS c SELECT field, day, platform, each * count(*) FROM (
            SELECT 'created' AS field, day_of(created) AS day, platform FROM changed
            UNION ALL SELECT 'expires', day_of(expires), platform FROM changed) AS days GROUP BY 1, 2, 3
            ON CONFLICT (field, day, platform) DO UPDATE SET tokens = c.tokens + excluded.tokens;
        RETURN NULL;
    END IF;
    INSERT INTO access_token_changes
        SELECT user_id, application_id, platform, scope, day_of(created), day_of(expires), each FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION note_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_token_changes VALUES
        (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, day_of(OLD.created), day_of(OLD.expires), -1),
        (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, day_of(NEW.created), day_of(NEW.expires), 1);
    IF random() * 256 < 2 THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION note_activity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND pg_try_advisory_xact_lock('activity_changes'::regclass::oid::integer, 0) THEN
        INSERT INTO activity_counts AS c SELECT object_type, operation, platform, each * count(*) FROM changed GROUP BY 1, 2, 3
            ON CONFLICT (object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        INSERT INTO actor_activity_counts AS c SELECT actor_id, object_type, operation, platform, each * count(*)
            FROM changed WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4
            ON CONFLICT (actor_id, object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        RETURN NULL;
    END IF;
    INSERT INTO activity_changes SELECT actor_id, object_type, operation, platform, each FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_activity();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION note_activity_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_changes VALUES
        (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1), (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1);
    RETURN NULL;
END $$;

-- These lock the tables against changes until the end of the migration: what is counted below is what was there before the first trigger.
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_access_tokens();
CREATE TRIGGER access_tokens_deleted AFTER DELETE ON access_tokens REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_access_tokens();
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires ON access_tokens FOR EACH ROW
    WHEN ((OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires)
        IS DISTINCT FROM (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires))
    EXECUTE FUNCTION note_access_token();
CREATE TRIGGER activity_inserted AFTER INSERT ON activity REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_activity();
CREATE TRIGGER activity_deleted AFTER DELETE ON activity REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_activity();
CREATE TRIGGER activity_updated AFTER UPDATE OF actor_id, object_type, operation, platform ON activity FOR EACH ROW
    WHEN ((OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform) IS DISTINCT FROM (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform))
    EXECUTE FUNCTION note_activity_entry();
-- +goose StatementEnd

INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, count(*) FROM access_tokens GROUP BY 1, 2, 3;
INSERT INTO user_token_counts
    SELECT user_id, COALESCE(application_id, 0), platform, scope, count(*) FROM access_tokens WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4;
INSERT INTO token_day_counts SELECT 'created', day_of(created), platform, count(*) FROM access_tokens GROUP BY 2, 3;
INSERT INTO token_day_counts SELECT 'expires', day_of(expires), platform, count(*) FROM access_tokens GROUP BY 2, 3;
INSERT INTO activity_counts SELECT object_type, operation, platform, count(*) FROM activity GROUP BY 1, 2, 3;
INSERT INTO actor_activity_counts SELECT actor_id, object_type, operation, platform, count(*) FROM activity WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4;

-- The orders and filters of lists as ranges of an index. A description may be longer than an entry of an index may be.
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id);
CREATE INDEX access_tokens_created ON access_tokens (created, id);
CREATE INDEX access_tokens_scope ON access_tokens (scope, id);
CREATE INDEX access_tokens_last_used ON access_tokens (last_used, id) WHERE last_used IS NOT NULL;
CREATE INDEX access_tokens_description ON access_tokens (description, id) WHERE length(description) <= 256;
CREATE INDEX access_tokens_long_description ON access_tokens (id) WHERE length(description) > 256;
-- The controller's lists show its own tokens, which may be few among many.
CREATE INDEX access_tokens_controller_created ON access_tokens (platform, created, id) WHERE platform = 'controller';
CREATE INDEX access_tokens_controller_expires ON access_tokens (platform, expires, id) WHERE platform = 'controller';
CREATE INDEX access_tokens_controller_last_used ON access_tokens (platform, last_used, id) WHERE platform = 'controller' AND last_used IS NOT NULL;
CREATE INDEX access_tokens_controller_description ON access_tokens (platform, description, id) WHERE platform = 'controller' AND length(description) <= 256;
CREATE INDEX activity_kind ON activity (object_type, operation, id);
