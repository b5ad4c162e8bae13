-- +goose Up
-- How many tokens there are in each stretch of the index of descriptions, for lists (ADR 0016). A stretch goes from its first token, named by
-- the first 256 characters of the description and the id, up to the next stretch; the first begins before all tokens. One of more than
-- 1,000 tokens is split into stretches of 500: no more than two are read where a range of descriptions is counted.
CREATE TABLE token_description_counts (
    description text NOT NULL,
    id          integer NOT NULL,
    gateway     integer NOT NULL,
    controller  integer NOT NULL,
    PRIMARY KEY (description, id)
) WITHOUT ROWID;

-- These are null in changes that were noted before.
ALTER TABLE access_token_changes ADD COLUMN token_id integer;
ALTER TABLE access_token_changes ADD COLUMN description text;

-- Long descriptions are in the order of their first 256 characters.
DROP INDEX access_tokens_long_description;
CREATE INDEX access_tokens_long_description ON access_tokens (substr(description, 1, 256), id) WHERE length(description) > 256;

DROP TRIGGER access_tokens_inserted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1, NEW.id, substr(NEW.description, 1, 256));
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_deleted;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_deleted AFTER DELETE ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1, OLD.id, substr(OLD.description, 1, 256));
END;
-- +goose StatementEnd
DROP TRIGGER access_tokens_updated;
-- +goose StatementBegin
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires, description ON access_tokens
    WHEN (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires, OLD.description)
        IS NOT (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires, NEW.description) BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1, OLD.id, substr(OLD.description, 1, 256));
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1, NEW.id, substr(NEW.description, 1, 256));
END;
-- +goose StatementEnd

INSERT INTO token_description_counts VALUES ('', 0, 0, 0);
-- Columns that stand beside min() are of the row that has it.
INSERT INTO token_description_counts
    SELECT CASE part WHEN 0 THEN '' ELSE key END, CASE part WHEN 0 THEN 0 ELSE id END, gateway, controller FROM (
        SELECT key, id, part, min(place), count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
        FROM (SELECT key, id, platform, place, place / 500 AS part FROM (
            SELECT substr(description, 1, 256) AS key, id, platform, row_number() OVER (ORDER BY substr(description, 1, 256), id) - 1 AS place FROM access_tokens))
        GROUP BY part)
    WHERE true
    ON CONFLICT DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller;
