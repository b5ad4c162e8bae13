-- +goose Up
-- What was counted of each application is counted of each organization: whose administrators see it, of all its applications at once (ADR 0036).
LOCK TABLE access_tokens, applications IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers

ALTER TABLE access_token_changes ADD COLUMN organization_id bigint; -- of the application; what is noted already is counted below
ALTER TABLE token_value_counts RENAME COLUMN application_id TO organization_id;
ALTER TABLE token_description_counts RENAME COLUMN application_id TO organization_id;
DELETE FROM token_value_counts WHERE organization_id > 0;
-- A row is written again where it is: each index that held a number was written as well.
ALTER TABLE token_value_counts DROP CONSTRAINT token_value_counts_pkey, ADD PRIMARY KEY (organization_id, field, value);
ALTER TABLE token_value_counts SET (fillfactor = 50);
DELETE FROM token_description_counts WHERE organization_id > 0;

-- The tokens of a stretch: of all, and of each organization.
DROP VIEW token_descriptions;
CREATE VIEW token_descriptions AS
    SELECT 0::bigint AS organization_id, description, platform FROM access_tokens WHERE length(description) <= 256
    UNION ALL SELECT 0::bigint, substr(description, 1, 256), platform FROM access_tokens WHERE length(description) > 256
    UNION ALL SELECT a.organization_id, t.description, t.platform FROM applications AS a JOIN access_tokens AS t ON t.application_id = a.id WHERE length(t.description) <= 256
    UNION ALL SELECT a.organization_id, substr(t.description, 1, 256), t.platform FROM applications AS a JOIN access_tokens AS t ON t.application_id = a.id WHERE length(t.description) > 256;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION token_value_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token_value_counts WHERE organization_id = NEW.organization_id AND field = NEW.field AND value = NEW.value
        AND gateway = 0 AND controller = 0 AND personal_gateway = 0 AND personal_controller = 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION token_description_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token_description_counts WHERE organization_id = NEW.organization_id AND description = NEW.description AND description <> '' AND gateway = 0 AND controller = 0;
    DELETE FROM token_description_counts WHERE organization_id = NEW.organization_id AND organization_id > 0 AND description = '' AND gateway = 0 AND controller = 0
        AND NOT EXISTS (SELECT FROM token_description_counts AS other WHERE other.organization_id = NEW.organization_id AND other.description <> '');
    RETURN NULL;
END $$;

-- count_access_tokens adds up changes, in the transaction that has the lock of those who do.
CREATE OR REPLACE FUNCTION count_access_tokens(changes access_token_changes[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO token_description_counts SELECT DISTINCT organization_id, '', 0, 0, true FROM unnest(changes) WHERE organization_id IS NOT NULL ON CONFLICT DO NOTHING;
    WITH noted AS MATERIALIZED (SELECT * FROM unnest(changes)),
    by_application AS (
        INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0
        ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_value AS (
        INSERT INTO token_value_counts AS c SELECT * FROM (SELECT v.organization_id, v.field, v.value,
            COALESCE(sum(n.tokens::integer) FILTER (WHERE n.platform = 'gateway'), 0) AS gateway, COALESCE(sum(n.tokens::integer) FILTER (WHERE n.platform = 'controller'), 0) AS controller,
            COALESCE(sum(n.tokens::integer) FILTER (WHERE n.platform = 'gateway' AND n.application_id IS NULL), 0) AS personal_gateway,
            COALESCE(sum(n.tokens::integer) FILTER (WHERE n.platform = 'controller' AND n.application_id IS NULL), 0) AS personal_controller FROM noted AS n
            CROSS JOIN LATERAL (VALUES
                (0, 'created', n.created), (0, 'modified', n.modified), (0, 'expires', n.expires), (0, 'last_used', n.last_used), (0, 'user', n.user_id),
                (0, 'created_by', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.created_by END), (0, 'created_for', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.user_id END),
                (0, 'modified_by', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.modified_by END), (0, 'modified_for', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.user_id END),
                (n.organization_id, 'created', n.created), (n.organization_id, 'modified', n.modified), (n.organization_id, 'expires', n.expires), (n.organization_id, 'last_used', n.last_used), (n.organization_id, 'user', n.user_id),
                (n.organization_id, 'created_by', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.created_by END), (n.organization_id, 'created_for', CASE WHEN n.created_by IS DISTINCT FROM n.user_id THEN n.user_id END),
                (n.organization_id, 'modified_by', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.modified_by END), (n.organization_id, 'modified_for', CASE WHEN n.modified_by IS DISTINCT FROM n.user_id THEN n.user_id END)) AS v(organization_id, field, value)
            WHERE v.organization_id IS NOT NULL AND v.value IS NOT NULL GROUP BY 1, 2, 3) AS sums
            WHERE gateway <> 0 OR controller <> 0 OR personal_gateway <> 0 OR personal_controller <> 0
        ON CONFLICT (organization_id, field, value) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller,
            personal_gateway = c.personal_gateway + excluded.personal_gateway, personal_controller = c.personal_controller + excluded.personal_controller),
    by_description AS (
        INSERT INTO token_description_counts AS c SELECT n.organization_id, s.description, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
            COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), bool_and(n.description = s.description)
            FROM (SELECT v.organization_id, n.description, n.platform, sum(n.tokens) AS tokens FROM noted AS n
                CROSS JOIN LATERAL (VALUES (0), (n.organization_id)) AS v(organization_id) WHERE v.organization_id IS NOT NULL GROUP BY 1, 2, 3) AS n,
            stretch_of(n.organization_id, n.description) AS s GROUP BY 1, 2
        ON CONFLICT (organization_id, description) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller,
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

CREATE OR REPLACE FUNCTION note_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND may_count('access_token_changes') THEN
        PERFORM settle_access_tokens(); -- a block that is empty after that has no token that was noted and not counted
        PERFORM count_access_tokens(array_agg(ROW(user_id, application_id, platform, scope, day_of(created), day_of(modified), day_of(expires), day_of(last_used), created_by, modified_by,
            id, substr(description, 1, 256), each, (SELECT a.organization_id FROM applications AS a WHERE a.id = changed.application_id))::access_token_changes)) FROM changed;
        RETURN NULL;
    END IF;
    INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope, day_of(created), day_of(modified), day_of(expires), day_of(last_used), created_by, modified_by,
            id, substr(description, 1, 256), each, (SELECT a.organization_id FROM applications AS a WHERE a.id = changed.application_id) FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_token_changes VALUES
        (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, day_of(OLD.created), day_of(OLD.modified), day_of(OLD.expires), day_of(OLD.last_used), OLD.created_by, OLD.modified_by,
            OLD.id, substr(OLD.description, 1, 256), -1, (SELECT a.organization_id FROM applications AS a WHERE a.id = OLD.application_id)),
        (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, day_of(NEW.created), day_of(NEW.modified), day_of(NEW.expires), day_of(NEW.last_used), NEW.created_by, NEW.modified_by,
            NEW.id, substr(NEW.description, 1, 256), 1, (SELECT a.organization_id FROM applications AS a WHERE a.id = NEW.application_id));
    IF random() * 256 < 2 THEN
        PERFORM settle_access_tokens();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION split_token_descriptions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted integer := CASE NEW.organization_id WHEN 0 THEN 500 ELSE 100 END;
    past text; -- the next stretch, or what comes after all descriptions
BEGIN
    SELECT COALESCE(min(description), repeat(chr(1114111), 257)) INTO past FROM token_description_counts
        WHERE organization_id = NEW.organization_id AND description > NEW.description;
    PERFORM FROM token_description_counts WHERE organization_id = NEW.organization_id AND description = NEW.description AND gateway + controller > 2 * wanted AND NOT alike;
    IF NOT FOUND THEN
        RETURN NULL; -- it has been split, or many of its tokens are gone
    END IF;
    WITH others AS (
        SELECT description, COALESCE(sum(tokens) FILTER (WHERE platform = 'gateway'), 0) AS gateway, COALESCE(sum(tokens) FILTER (WHERE platform = 'controller'), 0) AS controller
        FROM (SELECT description, platform, 1 AS tokens FROM token_descriptions
                WHERE organization_id = NEW.organization_id AND description > NEW.description AND description < past COLLATE "C"
            UNION ALL SELECT description, platform, -tokens FROM access_token_changes
                WHERE NEW.organization_id IN (0, organization_id) AND description > NEW.description AND description < past COLLATE "C") AS each GROUP BY 1),
    keys AS (
        SELECT description, gateway, controller, gateway + controller AS n FROM others WHERE gateway + controller > 0
        UNION ALL SELECT c.description, c.gateway - o.gateway, c.controller - o.controller, c.gateway + c.controller - o.gateway - o.controller
            FROM token_description_counts AS c, (SELECT COALESCE(sum(gateway), 0) AS gateway, COALESCE(sum(controller), 0) AS controller FROM others) AS o
            WHERE c.organization_id = NEW.organization_id AND c.description = NEW.description),
    placed AS (SELECT *, div(sum(n) OVER o - n, wanted) AS part, lag(n) OVER o AS before FROM keys WINDOW o AS (ORDER BY description)),
    begun AS (SELECT *, CASE WHEN n >= wanted OR before >= wanted OR part <> lag(part) OVER o THEN 1 ELSE 0 END AS begins FROM placed WINDOW o AS (ORDER BY description)),
    pieces AS (SELECT *, sum(begins) OVER (ORDER BY description) AS piece FROM begun)
    INSERT INTO token_description_counts SELECT NEW.organization_id, min(description), sum(gateway), sum(controller), count(*) = 1 FROM pieces GROUP BY piece
        ON CONFLICT (organization_id, description) DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller, alike = excluded.alike;
    RETURN NULL;
END $$;

-- An application's tokens go with it to another organization. Nobody makes, changes or deletes one meanwhile: it would not be known of which it is.
CREATE FUNCTION hold_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM applications WHERE id = NEW.id FOR UPDATE;
    PERFORM FROM access_tokens WHERE application_id = NEW.id FOR NO KEY UPDATE;
    RETURN NEW;
END $$;

-- Only what is counted of organizations changes: all at once by whoever has the lock of those who add up, or else noted like anything that happens to a token.
CREATE FUNCTION move_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT may_count('access_token_changes') THEN
        INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope, day_of(created), day_of(modified), day_of(expires), day_of(last_used), created_by, modified_by,
            id, substr(description, 1, 256), o.sign, o.id FROM access_tokens AS t CROSS JOIN (VALUES (OLD.organization_id, -1), (NEW.organization_id, 1)) AS o(id, sign)
            WHERE t.application_id = NEW.id;
        RETURN NULL;
    END IF;
    INSERT INTO token_value_counts AS c SELECT o.id, n.field, n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT v.field, v.value, count(*) FILTER (WHERE t.platform = 'gateway') AS gateway, count(*) FILTER (WHERE t.platform = 'controller') AS controller
            FROM access_tokens AS t CROSS JOIN LATERAL (VALUES ('created', day_of(t.created)), ('modified', day_of(t.modified)), ('expires', day_of(t.expires)), ('last_used', day_of(t.last_used)),
                ('user', t.user_id), ('created_by', CASE WHEN t.created_by IS DISTINCT FROM t.user_id THEN t.created_by END), ('created_for', CASE WHEN t.created_by IS DISTINCT FROM t.user_id THEN t.user_id END),
                ('modified_by', CASE WHEN t.modified_by IS DISTINCT FROM t.user_id THEN t.modified_by END), ('modified_for', CASE WHEN t.modified_by IS DISTINCT FROM t.user_id THEN t.user_id END)) AS v(field, value)
            WHERE t.application_id = NEW.id AND v.value IS NOT NULL GROUP BY 1, 2) AS n
        CROSS JOIN (VALUES (OLD.organization_id, -1), (NEW.organization_id, 1)) AS o(id, sign) WHERE o.id IS NOT NULL
        ON CONFLICT (organization_id, field, value) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller;
    INSERT INTO token_description_counts SELECT id, '', 0, 0, true FROM unnest(ARRAY[OLD.organization_id, NEW.organization_id]) AS id WHERE id IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO token_description_counts AS c SELECT o.id, s.description, sum(o.sign * n.gateway), sum(o.sign * n.controller), bool_and(n.description = s.description)
        FROM (SELECT substr(description, 1, 256) AS description, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n
        CROSS JOIN (VALUES (OLD.organization_id, -1), (NEW.organization_id, 1)) AS o(id, sign) CROSS JOIN LATERAL stretch_of(o.id, n.description) AS s WHERE o.id IS NOT NULL GROUP BY 1, 2
        ON CONFLICT (organization_id, description) DO UPDATE SET gateway = c.gateway + excluded.gateway, controller = c.controller + excluded.controller, alike = c.alike AND excluded.alike;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER applications_move BEFORE UPDATE OF organization_id ON applications
    FOR EACH ROW WHEN (OLD.organization_id IS DISTINCT FROM NEW.organization_id) EXECUTE FUNCTION hold_application();
CREATE TRIGGER applications_moved AFTER UPDATE OF organization_id ON applications
    FOR EACH ROW WHEN (OLD.organization_id IS DISTINCT FROM NEW.organization_id) EXECUTE FUNCTION move_access_tokens();

CREATE INDEX applications_of ON applications (id, organization_id); -- which is looked up with each token: to read a few hundred of them takes longer
-- What somebody made or changed of others in an application.
CREATE INDEX access_tokens_application_created_by ON access_tokens (application_id, created_by, id, user_id, platform) WHERE created_by IS NOT NULL AND created_by IS DISTINCT FROM user_id;
CREATE INDEX access_tokens_application_modified_by ON access_tokens (application_id, modified_by, id, user_id, platform) WHERE modified_by IS NOT NULL AND modified_by IS DISTINCT FROM user_id;

INSERT INTO token_value_counts SELECT a.organization_id, 'created', day_of(t.created), count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified', day_of(t.modified), count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'expires', day_of(t.expires), count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'last_used', day_of(t.last_used), count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.last_used IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'user', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'created_by', t.created_by, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.created_by IS NOT NULL AND t.created_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'created_for', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL AND t.created_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified_by', t.modified_by, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.modified_by IS NOT NULL AND t.modified_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified_for', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL AND t.modified_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;

-- One stretch for each, which is split as it is stored.
INSERT INTO token_description_counts SELECT a.organization_id, '', count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), false
    FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1;
