-- +goose Up
-- What a range of times or ids of the activity stream finds (ADR 0016): entries are counted by blocks of 1,024 ids, as tokens are, and by whether they are of
-- signing in and of the gateway alone, which decides who sees them. As entries come in the order of their times, few blocks are in a range in part.
CREATE TABLE activity_blocks (
    block            integer NOT NULL PRIMARY KEY, -- of the ids from block * 1024
    others           integer NOT NULL,
    gateway          integer NOT NULL,
    sign_ins         integer NOT NULL,
    gateway_sign_ins integer NOT NULL,
    created_from     timestamp,
    created_to       timestamp
);

ALTER TABLE activity_changes ADD COLUMN entry_id integer; -- null in changes that were noted before, which are counted already

DROP TRIGGER activity_inserted;
-- +goose StatementBegin
CREATE TRIGGER activity_inserted AFTER INSERT ON activity BEGIN
    INSERT INTO activity_changes VALUES (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1, NEW.id);
END;
-- +goose StatementEnd
DROP TRIGGER activity_deleted;
-- +goose StatementBegin
CREATE TRIGGER activity_deleted AFTER DELETE ON activity BEGIN
    INSERT INTO activity_changes VALUES (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1, OLD.id);
END;
-- +goose StatementEnd
DROP TRIGGER activity_updated;
-- +goose StatementBegin
CREATE TRIGGER activity_updated AFTER UPDATE OF actor_id, object_type, operation, platform, created ON activity
    WHEN (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, OLD.created) IS NOT (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, NEW.created) BEGIN
    INSERT INTO activity_changes VALUES (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1, OLD.id);
    INSERT INTO activity_changes VALUES (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1, NEW.id);
END;
-- +goose StatementEnd

INSERT INTO activity_blocks SELECT id / 1024, COALESCE(count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND platform = 'gateway'), 0), min(created), max(created)
    FROM activity GROUP BY 1;

-- Descending, ties are in the order of ids as well.
DROP INDEX activity_created;
CREATE INDEX activity_created ON activity (created, id, operation, platform);
