-- +goose Up
-- What was counted of each application is counted of each organization: whose administrators see it, of all its applications at once (ADR 0036).
ALTER TABLE access_token_changes ADD COLUMN organization_id integer; -- of the application; what is noted already is counted below
ALTER TABLE token_value_counts RENAME COLUMN application_id TO organization_id;
ALTER TABLE token_description_counts RENAME COLUMN application_id TO organization_id;
DELETE FROM token_value_counts WHERE organization_id > 0;
DELETE FROM token_description_counts WHERE organization_id > 0;

DROP TRIGGER access_tokens_inserted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        NEW.created_by, NEW.modified_by, NEW.id, substr(NEW.description, 1, 256), 1,
        (SELECT organization_id FROM applications WHERE id = NEW.application_id));
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_deleted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_deleted AFTER DELETE ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.modified - (OLD.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        OLD.created_by, OLD.modified_by, OLD.id, substr(OLD.description, 1, 256), -1,
        (SELECT organization_id FROM applications WHERE id = OLD.application_id));
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_updated;
-- Of the uses of a token, the first of each day is noted.
-- +goose StatementBegin
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description, modified, last_used, created_by, modified_by ON access_tokens
    WHEN (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description, OLD.modified, (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000, OLD.created_by, OLD.modified_by)
        IS NOT (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description, NEW.modified, (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000, NEW.created_by, NEW.modified_by) BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.modified - (OLD.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        OLD.created_by, OLD.modified_by, OLD.id, substr(OLD.description, 1, 256), -1,
        (SELECT organization_id FROM applications WHERE id = OLD.application_id));
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        NEW.created_by, NEW.modified_by, NEW.id, substr(NEW.description, 1, 256), 1,
        (SELECT organization_id FROM applications WHERE id = NEW.application_id));
END;
-- +goose StatementEnd

-- An application's tokens go with it to another organization: what is counted of organizations changes. The program splits stretches that have become long.
-- +goose StatementBegin
CREATE TRIGGER applications_moved AFTER UPDATE OF organization_id ON applications WHEN OLD.organization_id IS NOT NEW.organization_id BEGIN
    INSERT INTO token_value_counts SELECT o.id, 'created', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000 AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'modified', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT (modified - (modified % 86400000000 + 86400000000) % 86400000000) / 86400000000 AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'expires', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000 AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'last_used', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT (last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000 AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'user', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT user_id AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'created_by', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT CASE WHEN created_by IS DISTINCT FROM user_id THEN created_by END AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'created_for', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT CASE WHEN created_by IS DISTINCT FROM user_id THEN user_id END AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'modified_by', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT CASE WHEN modified_by IS DISTINCT FROM user_id THEN modified_by END AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_value_counts SELECT o.id, 'modified_for', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT CASE WHEN modified_by IS DISTINCT FROM user_id THEN user_id END AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
    INSERT INTO token_description_counts SELECT o.id, '', 0, 0, true FROM (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o WHERE o.id IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO token_description_counts SELECT id, start, sum(gateway), sum(controller), min(description = start)
        FROM (SELECT o.id, n.description, o.sign * n.gateway AS gateway, o.sign * n.controller AS controller,
                (SELECT s.description FROM token_description_counts AS s WHERE s.organization_id = o.id AND s.description <= n.description ORDER BY s.description DESC LIMIT 1) AS start
            FROM (SELECT substr(description, 1, 256) AS description, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
                FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o WHERE o.id IS NOT NULL)
        WHERE true GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller, alike = alike AND excluded.alike;
END;
-- +goose StatementEnd

CREATE INDEX applications_of ON applications (id, organization_id); -- which is looked up with each token
-- What somebody made or changed of others in an application.
CREATE INDEX access_tokens_application_created_by ON access_tokens (application_id, created_by, id, user_id, platform) WHERE created_by IS NOT NULL AND created_by IS DISTINCT FROM user_id;
CREATE INDEX access_tokens_application_modified_by ON access_tokens (application_id, modified_by, id, user_id, platform) WHERE modified_by IS NOT NULL AND modified_by IS DISTINCT FROM user_id;

INSERT INTO token_value_counts SELECT a.organization_id, 'created', (t.created - (t.created % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified', (t.modified - (t.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'expires', (t.expires - (t.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'last_used', (t.last_used - (t.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.last_used IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'user', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'created_by', t.created_by, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.created_by IS NOT NULL AND t.created_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'created_for', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL AND t.created_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified_by', t.modified_by, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.modified_by IS NOT NULL AND t.modified_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT a.organization_id, 'modified_for', t.user_id, count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), 0, 0 FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL AND t.user_id IS NOT NULL AND t.modified_by IS DISTINCT FROM t.user_id GROUP BY 1, 3;

-- One stretch for each, which is split by the program, when it has migrated.
INSERT INTO token_description_counts SELECT a.organization_id, '', count(*) FILTER (WHERE t.platform = 'gateway'), count(*) FILTER (WHERE t.platform = 'controller'), false
    FROM access_tokens AS t JOIN applications AS a ON a.id = t.application_id WHERE a.organization_id IS NOT NULL GROUP BY 1;
