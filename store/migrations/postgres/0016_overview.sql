-- +goose Up
-- What the overview reads (ADR 0024): tokens by day and kind, personal tokens that were never used, and failed sign-ins.
LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers

DROP VIEW access_tokens_by_day;
DROP TABLE token_day_counts;
CREATE TABLE token_day_counts (
    field    text COLLATE "C" NOT NULL,
    day      bigint NOT NULL,
    platform text COLLATE "C" NOT NULL,
    personal boolean NOT NULL,
    tokens   bigint NOT NULL,
    PRIMARY KEY (field, day, platform, personal)
);
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, personal, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM access_token_changes;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION settle_access_tokens() RETURNS void LANGUAGE plpgsql AS $$
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
        INSERT INTO token_day_counts AS c SELECT field, day, platform, personal, sum(tokens) FROM (
            SELECT 'created' AS field, created AS day, platform, application_id IS NULL AS personal, tokens FROM noted
            UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM noted) AS days GROUP BY 1, 2, 3, 4
        ON CONFLICT (field, day, platform, personal) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_description AS (
        INSERT INTO token_description_counts AS c SELECT s.description, s.id, COALESCE(sum(n.tokens) FILTER (WHERE platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE platform = 'controller'), 0) FROM noted AS n, stretch_of(n.description, n.token_id) AS s GROUP BY 1, 2
        ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller)
    INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3
    ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens;
    DELETE FROM token_description_counts WHERE gateway = 0 AND controller = 0 AND id > 0;
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
            UNION ALL SELECT 'expires', day_of(expires), platform, application_id IS NULL FROM changed) AS days GROUP BY 1, 2, 3, 4
            ON CONFLICT (field, day, platform, personal) DO UPDATE SET tokens = c.tokens + excluded.tokens;
        INSERT INTO token_description_counts AS c SELECT s.description, s.id, each * count(*) FILTER (WHERE platform = 'gateway'),
            each * count(*) FILTER (WHERE platform = 'controller') FROM changed AS n, stretch_of(substr(n.description, 1, 256), n.id) AS s GROUP BY 1, 2
            ON CONFLICT (description, id) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller;
        RETURN NULL;
    END IF;
    INSERT INTO access_token_changes
        SELECT user_id, application_id, platform, scope, day_of(created), day_of(expires), each, id, substr(description, 1, 256) FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What is noted is added when it is settled.
INSERT INTO token_day_counts SELECT field, day, platform, personal, sum(tokens) FROM (
    SELECT 'created' AS field, day_of(created) AS day, platform, application_id IS NULL AS personal, 1 AS tokens FROM access_tokens
    UNION ALL SELECT 'expires', day_of(expires), platform, application_id IS NULL, 1 FROM access_tokens
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, -tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, -tokens FROM access_token_changes) AS days GROUP BY 1, 2, 3, 4;

CREATE INDEX access_tokens_never_used ON access_tokens (application_id, created, id, expires) WHERE last_used IS NULL AND application_id IS NULL;

CREATE TABLE failed_sign_ins (
    hour     timestamptz NOT NULL, -- when it began
    user_id  bigint NOT NULL,      -- 0: a name that nobody has
    network  text COLLATE "C" NOT NULL,
    failures bigint NOT NULL,
    last     timestamptz NOT NULL,
    PRIMARY KEY (hour, user_id, network)
);
