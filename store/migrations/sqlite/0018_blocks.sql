-- +goose Up
-- What a range of times or ids finds, for lists (ADR 0016): tokens are counted by the day of every time they have, and by blocks of 1,024 ids. A block
-- says how many tokens it has and between which times theirs are, or more: a page in the order of ids passes over blocks that have none.
CREATE TABLE token_blocks (
    block          integer NOT NULL PRIMARY KEY, -- of the ids from block * 1024
    gateway        integer NOT NULL,
    controller     integer NOT NULL,
    created_from   timestamp,
    created_to     timestamp,
    modified_from  timestamp,
    modified_to    timestamp,
    expires_from   timestamp,
    expires_to     timestamp,
    last_used_from integer, -- days, null where none was used
    last_used_to   integer
);

-- These are null in changes that were noted before, which are counted already.
ALTER TABLE access_token_changes ADD COLUMN modified integer;
ALTER TABLE access_token_changes ADD COLUMN last_used integer;

DROP VIEW access_tokens_by_day;
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, personal, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'modified', modified, platform, application_id IS NULL, tokens FROM access_token_changes WHERE modified IS NOT NULL
    UNION ALL SELECT 'last_used', last_used, platform, application_id IS NULL, tokens FROM access_token_changes WHERE last_used IS NOT NULL;

DROP TRIGGER access_tokens_inserted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1, NEW.id, substr(NEW.description, 1, 256),
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000);
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_deleted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_deleted AFTER DELETE ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1, OLD.id, substr(OLD.description, 1, 256),
        (OLD.modified - (OLD.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000);
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_updated;
-- Of the uses of a token, the first of each day is noted.
-- +goose StatementBegin
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description, modified, last_used ON access_tokens
    WHEN (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description, OLD.modified, (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000)
        IS NOT (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description, NEW.modified, (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000) BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1, OLD.id, substr(OLD.description, 1, 256),
        (OLD.modified - (OLD.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.last_used - (OLD.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000);
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1, NEW.id, substr(NEW.description, 1, 256),
        (NEW.modified - (NEW.modified % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.last_used - (NEW.last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000);
END;
-- +goose StatementEnd

INSERT INTO token_day_counts SELECT 'modified', (modified - (modified % 86400000000 + 86400000000) % 86400000000) / 86400000000, platform, application_id IS NULL, count(*) FROM access_tokens GROUP BY 2, 3, 4;
INSERT INTO token_day_counts SELECT 'last_used', (last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000, platform, application_id IS NULL, count(*) FROM access_tokens
    WHERE last_used IS NOT NULL GROUP BY 2, 3, 4;
INSERT INTO token_blocks SELECT id / 1024, count(*) FILTER (WHERE platform = 'gateway'), count(*) FILTER (WHERE platform = 'controller'),
        min(created), max(created), min(modified), max(modified), min(expires), max(expires),
        min((last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000), max((last_used - (last_used % 86400000000 + 86400000000) % 86400000000) / 86400000000)
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
