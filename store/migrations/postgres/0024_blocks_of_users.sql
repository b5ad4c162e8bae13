-- +goose Up
-- Tokens are counted by blocks of 128 users as well, so that a range of users is as soon added up whoever has tokens (ADR 0036).
LOCK TABLE access_tokens, applications IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new functions

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION count_access_tokens(changes access_token_changes[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO token_description_counts SELECT DISTINCT organization_id, '', 0, 0, true FROM unnest(changes) WHERE organization_id IS NOT NULL ON CONFLICT DO NOTHING;
    WITH noted AS MATERIALIZED (SELECT * FROM unnest(changes)),
    by_application AS (
        INSERT INTO access_token_counts AS c SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM noted GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0
        ON CONFLICT (application_id, platform, scope) DO UPDATE SET tokens = c.tokens + excluded.tokens),
    by_value AS (
        INSERT INTO token_value_counts AS c SELECT * FROM (SELECT
                CASE grouping(organization_id) WHEN 0 THEN organization_id ELSE 0 END AS organization_id,
                CASE 0 WHEN grouping(created) THEN 'created' WHEN grouping(modified) THEN 'modified' WHEN grouping(expires) THEN 'expires' WHEN grouping(last_used) THEN 'last_used'
                    WHEN grouping(user_id) THEN 'user' WHEN grouping(users) THEN 'users' WHEN grouping(created_by) THEN 'created_by' WHEN grouping(created_for) THEN 'created_for'
                    WHEN grouping(modified_by) THEN 'modified_by' WHEN grouping(modified_for) THEN 'modified_for' END AS field,
                COALESCE(created, modified, expires, last_used, user_id, users, created_by, created_for, modified_by, modified_for) AS value,
                COALESCE(sum(tokens::integer) FILTER (WHERE platform = 'gateway'), 0) AS gateway, COALESCE(sum(tokens::integer) FILTER (WHERE platform = 'controller'), 0) AS controller,
                COALESCE(sum(tokens::integer) FILTER (WHERE platform = 'gateway' AND application_id IS NULL), 0) AS personal_gateway,
                COALESCE(sum(tokens::integer) FILTER (WHERE platform = 'controller' AND application_id IS NULL), 0) AS personal_controller
            FROM (SELECT organization_id, application_id, platform, tokens, created, modified, expires, last_used, user_id, user_id / 128 AS users,
                    CASE WHEN created_by IS DISTINCT FROM user_id THEN created_by END AS created_by, CASE WHEN created_by IS DISTINCT FROM user_id THEN user_id END AS created_for,
                    CASE WHEN modified_by IS DISTINCT FROM user_id THEN modified_by END AS modified_by, CASE WHEN modified_by IS DISTINCT FROM user_id THEN user_id END AS modified_for
                FROM noted) AS n
            GROUP BY GROUPING SETS ((), organization_id),
                GROUPING SETS (created, modified, expires, last_used, user_id, users, created_by, created_for, modified_by, modified_for)) AS sums
            WHERE organization_id IS NOT NULL AND value IS NOT NULL AND (gateway <> 0 OR controller <> 0 OR personal_gateway <> 0 OR personal_controller <> 0)
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

CREATE OR REPLACE FUNCTION move_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
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
                ('user', t.user_id), ('users', t.user_id / 128), ('created_by', CASE WHEN t.created_by IS DISTINCT FROM t.user_id THEN t.created_by END), ('created_for', CASE WHEN t.created_by IS DISTINCT FROM t.user_id THEN t.user_id END),
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

INSERT INTO token_value_counts SELECT organization_id, 'users', value / 128, sum(gateway), sum(controller), sum(personal_gateway), sum(personal_controller)
    FROM token_value_counts WHERE field = 'user' GROUP BY 1, 3;
