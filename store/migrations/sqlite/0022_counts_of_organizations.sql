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

-- An application's tokens go with it to another organization.
-- +goose StatementBegin
CREATE TRIGGER applications_moved AFTER UPDATE OF organization_id ON applications WHEN OLD.organization_id IS NOT NEW.organization_id BEGIN
    INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope,
        (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (modified - (modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        created_by, modified_by, id, substr(description, 1, 256), -1, OLD.organization_id FROM access_tokens WHERE application_id = NEW.id;
    INSERT INTO access_token_changes SELECT user_id, application_id, platform, scope,
        (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (modified - (modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        created_by, modified_by, id, substr(description, 1, 256), 1, NEW.organization_id FROM access_tokens WHERE application_id = NEW.id;
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
