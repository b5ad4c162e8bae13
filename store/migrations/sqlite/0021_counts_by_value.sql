-- +goose Up
-- Lists count tokens by whatever a filter may ask of them (ADR 0036): of all tokens, and of those of each application.
DROP VIEW access_tokens_by_user;
DROP VIEW access_tokens_by_day;
DROP TABLE user_token_counts;
DROP TABLE token_day_counts;
DROP TABLE token_description_counts;
DROP TABLE access_token_changes;
DELETE FROM access_token_counts;
DELETE FROM token_blocks;

CREATE TABLE access_token_changes (
    user_id        integer,
    application_id integer,
    platform       text NOT NULL,
    scope          text NOT NULL,
    created        integer NOT NULL, -- the days of these, counted from 1970 (UTC)
    modified       integer NOT NULL,
    expires        integer NOT NULL,
    last_used      integer,
    created_by     integer,
    modified_by    integer,
    token_id       integer NOT NULL,
    description    text NOT NULL, -- its first 256 characters
    tokens         integer NOT NULL
);

-- The value of created, modified, expires and last_used is a day; that of others, which are counted of all tokens alone, the id of a user: created_by and modified_by are the
-- tokens of others, or of nobody, that the user made or changed, created_for and modified_for the user's own that somebody else did. Most have neither. An application_id of 0 is all tokens; personal are those of none. What is not there any more has no row.
CREATE TABLE token_value_counts (
    application_id      integer NOT NULL,
    field               text NOT NULL,
    value               integer NOT NULL,
    gateway             integer NOT NULL,
    controller          integer NOT NULL,
    personal_gateway    integer NOT NULL, -- of these
    personal_controller integer NOT NULL,
    PRIMARY KEY (application_id, field, value)
) WITHOUT ROWID;

-- How many tokens there are in each stretch of the order of descriptions. A stretch goes from a description, as far as its first 256 characters, up to the
-- next stretch; the first from before all. One that has several descriptions has no more than 1,000 tokens, 200 where it is of an application: no more
-- than two of these are read where a range of descriptions is counted. What many have is a stretch by itself.
CREATE TABLE token_description_counts (
    application_id integer NOT NULL,
    description    text NOT NULL,
    gateway        integer NOT NULL,
    controller     integer NOT NULL,
    alike          boolean NOT NULL, -- all have the description with which it begins
    PRIMARY KEY (application_id, description)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER token_value_gone AFTER UPDATE ON token_value_counts WHEN NEW.gateway = 0 AND NEW.controller = 0 AND NEW.personal_gateway = 0 AND NEW.personal_controller = 0 BEGIN
    DELETE FROM token_value_counts WHERE application_id = NEW.application_id AND field = NEW.field AND value = NEW.value;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_description_gone AFTER UPDATE ON token_description_counts WHEN NEW.gateway = 0 AND NEW.controller = 0 BEGIN
    DELETE FROM token_description_counts WHERE application_id = NEW.application_id AND description = NEW.description AND description <> '';
    DELETE FROM token_description_counts WHERE application_id = NEW.application_id AND application_id > 0 AND gateway = 0 AND controller = 0
        AND NOT EXISTS (SELECT 1 FROM token_description_counts AS other WHERE other.application_id = NEW.application_id AND other.description <> '');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_block_gone AFTER UPDATE ON token_blocks WHEN NEW.gateway = 0 AND NEW.controller = 0 BEGIN
    DELETE FROM token_blocks WHERE block = NEW.block;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER token_block_came AFTER INSERT ON token_blocks WHEN NEW.gateway = 0 AND NEW.controller = 0 BEGIN
    DELETE FROM token_blocks WHERE block = NEW.block;
END;
-- +goose StatementEnd

DROP TRIGGER access_tokens_inserted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        NEW.created_by, NEW.modified_by, NEW.id, substr(NEW.description, 1, 256), 1);
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
        OLD.created_by, OLD.modified_by, OLD.id, substr(OLD.description, 1, 256), -1);
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
        OLD.created_by, OLD.modified_by, OLD.id, substr(OLD.description, 1, 256), -1);
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        NEW.created_by, NEW.modified_by, NEW.id, substr(NEW.description, 1, 256), 1);
END;
-- +goose StatementEnd

-- What is tried on the tokens of somebody's list stands in the index that it is read by.
DROP INDEX access_tokens_user;
CREATE INDEX access_tokens_user ON access_tokens (user_id, id, application_id, platform, scope);
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id, platform, scope, created, expires, modified, user_id, created_by, modified_by);
CREATE INDEX access_tokens_created_by ON access_tokens (created_by, id, user_id, application_id, platform) WHERE created_by IS NOT NULL AND created_by IS DISTINCT FROM user_id;
CREATE INDEX access_tokens_modified_by ON access_tokens (modified_by, id, user_id, application_id, platform) WHERE modified_by IS NOT NULL AND modified_by IS DISTINCT FROM user_id;

INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, count(*) FROM access_tokens GROUP BY 1, 2, 3;
INSERT INTO token_blocks SELECT id / 1024, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'),
        min(created), max(created), min(modified), max(modified), min(expires), max(expires), min((last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000), max((last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000)
    FROM access_tokens GROUP BY 1;
-- First those of no application under -1, then all of both.
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'created', (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'modified', (modified - (modified % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'expires', (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
    FROM access_tokens GROUP BY 1, 3;
INSERT INTO token_value_counts SELECT COALESCE(application_id, -1), 'last_used', (last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), 0, 0
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

-- One stretch for each, which is split by the program, when it has migrated.
INSERT INTO token_description_counts SELECT 0, '', count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), false FROM access_tokens;
INSERT INTO token_description_counts SELECT application_id, '', count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'), false
    FROM access_tokens WHERE application_id IS NOT NULL GROUP BY 1;
