-- +goose Up
-- How many tokens there are in each stretch of the index of descriptions, for lists (ADR 0016). A stretch goes from its first token, named by
-- the first 256 characters of the description and the id, up to the next stretch; the first begins before all tokens. One of more than
-- 1,000 tokens is split into stretches of 500: no more than two are read where a range of descriptions is counted.
LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers

CREATE TABLE token_description_counts (
    description text COLLATE "C" NOT NULL,
    id          bigint NOT NULL,
    gateway     bigint NOT NULL,
    controller  bigint NOT NULL,
    PRIMARY KEY (description, id)
);

-- These are null in changes that were noted before.
ALTER TABLE access_token_changes ADD COLUMN token_id bigint, ADD COLUMN description text COLLATE "C";

-- Long descriptions are in the order of their first 256 characters.
DROP INDEX access_tokens_long_description;
CREATE INDEX access_tokens_long_description ON access_tokens (substr(description, 1, 256), id) WHERE length(description) > 256;

CREATE VIEW token_descriptions AS
    SELECT description, id, platform FROM access_tokens WHERE length(description) <= 256
    UNION ALL SELECT substr(description, 1, 256), id, platform FROM access_tokens WHERE length(description) > 256;

-- +goose StatementBegin
CREATE FUNCTION stretch_of(of_description text, of_id bigint) RETURNS TABLE (description text, id bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.description, c.id FROM token_description_counts AS c WHERE (c.description, c.id) <= (of_description COLLATE "C", of_id)
    ORDER BY c.description DESC, c.id DESC LIMIT 1;
END;

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
        INSERT INTO token_day_counts AS c SELECT field, day, platform, sum(tokens) FROM (
            SELECT 'created' AS field, created AS day, platform, tokens FROM noted
            UNION ALL SELECT 'expires', expires, platform, tokens FROM noted) AS days GROUP BY 1, 2, 3
        ON CONFLICT (field, day, platform) DO UPDATE SET tokens = c.tokens + excluded.tokens),
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
        INSERT INTO token_day_counts AS c SELECT field, day, platform, each * count(*) FROM (
            SELECT 'created' AS field, day_of(created) AS day, platform FROM changed
            UNION ALL SELECT 'expires', day_of(expires), platform FROM changed) AS days GROUP BY 1, 2, 3
            ON CONFLICT (field, day, platform) DO UPDATE SET tokens = c.tokens + excluded.tokens;
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

CREATE OR REPLACE FUNCTION note_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_token_changes VALUES
        (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, day_of(OLD.created), day_of(OLD.expires), -1, OLD.id, substr(OLD.description, 1, 256)),
        (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, day_of(NEW.created), day_of(NEW.expires), 1, NEW.id, substr(NEW.description, 1, 256));
    IF random() * 256 < 2 THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

-- Splitting waits for the end of the transaction, when every change of a token is noted. What is noted is not yet counted in a stretch.
CREATE FUNCTION split_token_descriptions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    past record; -- the next stretch, or what comes after all descriptions
BEGIN
    SELECT description, id INTO past FROM (
        (SELECT description, id FROM token_description_counts WHERE (description, id) > (NEW.description, NEW.id) ORDER BY description, id LIMIT 1)
        UNION ALL SELECT repeat(chr(1114111), 257), 0) AS next ORDER BY description COLLATE "C", id LIMIT 1;
    PERFORM FROM token_descriptions WHERE (description, id) >= (NEW.description, NEW.id) AND (description, id) < (past.description, past.id) OFFSET 1000 LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL; -- it has been split, or many of its tokens are gone
    END IF;
    UPDATE token_description_counts SET gateway = 0, controller = 0 WHERE description = NEW.description AND id = NEW.id;
    WITH entries AS (
        SELECT description, id, platform, 1 AS there, 1 AS tokens FROM token_descriptions
            WHERE (description, id) >= (NEW.description, NEW.id) AND (description, id) < (past.description, past.id)
        UNION ALL SELECT description, token_id, platform, 0, -tokens FROM access_token_changes
            WHERE (description, token_id) >= (NEW.description, NEW.id) AND (description, token_id) < (past.description, past.id)),
    placed AS (SELECT *, greatest(sum(there) OVER (ORDER BY description, id) - 1, 0) / 500 AS part FROM entries),
    begun AS (SELECT platform, tokens, part, first_value(description) OVER first AS description, first_value(id) OVER first AS id
        FROM placed WINDOW first AS (PARTITION BY part ORDER BY description, id))
    INSERT INTO token_description_counts SELECT CASE part WHEN 0 THEN NEW.description ELSE description END, CASE part WHEN 0 THEN NEW.id ELSE id END,
        COALESCE(sum(tokens) FILTER (WHERE platform = 'gateway'), 0), COALESCE(sum(tokens) FILTER (WHERE platform = 'controller'), 0)
        FROM begun GROUP BY 1, 2
    ON CONFLICT (description, id) DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER token_descriptions_split AFTER INSERT OR UPDATE ON token_description_counts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.gateway + NEW.controller > 1000) EXECUTE FUNCTION split_token_descriptions();
DROP TRIGGER access_tokens_updated ON access_tokens;
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description ON access_tokens FOR EACH ROW
    WHEN ((OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description)
        IS DISTINCT FROM (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description))
    EXECUTE FUNCTION note_access_token();
-- +goose StatementEnd

INSERT INTO token_description_counts SELECT '', 0, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller') FROM access_tokens;
