-- +goose Up
-- What a range of times or ids of the activity stream finds (ADR 0016): entries are counted by blocks of 1,024 ids, as tokens are, and by whether they are of
-- signing in and of the gateway alone, which decides who sees them. As entries come in the order of their times, few blocks are in a range in part.
LOCK TABLE activity IN ACCESS EXCLUSIVE MODE; -- what is counted below is what was there before the new triggers

CREATE TABLE activity_blocks (
    block            bigint NOT NULL PRIMARY KEY, -- of the ids from block * 1024
    others           bigint NOT NULL,
    gateway          bigint NOT NULL,
    sign_ins         bigint NOT NULL,
    gateway_sign_ins bigint NOT NULL,
    created_from     timestamptz,
    created_to       timestamptz
);

ALTER TABLE activity_changes ADD COLUMN entry_id bigint; -- null in changes that were noted before, which are counted already

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION settle_activity() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock('activity_changes'::regclass::oid::integer, 0) THEN
        RETURN;
    END IF;
    WITH noted AS (DELETE FROM activity_changes RETURNING *),
    by_actor AS (
        INSERT INTO actor_activity_counts AS c SELECT actor_id, object_type, operation, platform, sum(entries) FROM noted WHERE actor_id IS NOT NULL
            GROUP BY 1, 2, 3, 4 HAVING sum(entries) <> 0
        ON CONFLICT (actor_id, object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries),
    by_block AS (
        INSERT INTO activity_blocks AS c SELECT n.entry_id / 1024, COALESCE(sum(n.entries) FILTER (WHERE NOT n.operation IN ('sign_in', 'sign_out') AND NOT n.platform = 'gateway'), 0),
            COALESCE(sum(n.entries) FILTER (WHERE NOT n.operation IN ('sign_in', 'sign_out') AND n.platform = 'gateway'), 0),
            COALESCE(sum(n.entries) FILTER (WHERE n.operation IN ('sign_in', 'sign_out') AND NOT n.platform = 'gateway'), 0),
            COALESCE(sum(n.entries) FILTER (WHERE n.operation IN ('sign_in', 'sign_out') AND n.platform = 'gateway'), 0), min(a.created), max(a.created)
            FROM noted AS n LEFT JOIN activity AS a ON a.id = n.entry_id WHERE n.entry_id IS NOT NULL GROUP BY 1
        ON CONFLICT (block) DO UPDATE SET others = c.others + excluded.others, gateway = c.gateway + excluded.gateway, sign_ins = c.sign_ins + excluded.sign_ins, gateway_sign_ins = c.gateway_sign_ins + excluded.gateway_sign_ins, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to))
    INSERT INTO activity_counts AS c SELECT object_type, operation, platform, sum(entries) FROM noted GROUP BY 1, 2, 3 HAVING sum(entries) <> 0
    ON CONFLICT (object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
    DELETE FROM activity_blocks WHERE others = 0 AND gateway = 0 AND sign_ins = 0 AND gateway_sign_ins = 0;
END $$;

CREATE OR REPLACE FUNCTION note_activity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    each integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    SELECT count(*) INTO rows FROM (SELECT FROM changed LIMIT 500) AS first;
    IF rows = 500 AND pg_try_advisory_xact_lock('activity_changes'::regclass::oid::integer, 0) THEN
        INSERT INTO activity_counts AS c SELECT object_type, operation, platform, each * count(*) FROM changed GROUP BY 1, 2, 3
            ON CONFLICT (object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        INSERT INTO actor_activity_counts AS c SELECT actor_id, object_type, operation, platform, each * count(*)
            FROM changed WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4
            ON CONFLICT (actor_id, object_type, operation, platform) DO UPDATE SET entries = c.entries + excluded.entries;
        INSERT INTO activity_blocks AS c SELECT id / 1024, each * (count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway')),
            each * (count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND platform = 'gateway')),
            each * (count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway')),
            each * (count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND platform = 'gateway')), min(created), max(created)
            FROM changed GROUP BY 1
            ON CONFLICT (block) DO UPDATE SET others = c.others + excluded.others, gateway = c.gateway + excluded.gateway, sign_ins = c.sign_ins + excluded.sign_ins, gateway_sign_ins = c.gateway_sign_ins + excluded.gateway_sign_ins, created_from = LEAST(c.created_from, excluded.created_from), created_to = GREATEST(c.created_to, excluded.created_to);
        RETURN NULL;
    END IF;
    INSERT INTO activity_changes SELECT actor_id, object_type, operation, platform, each, id FROM changed;
    IF random() * 256 < rows THEN
        PERFORM settle_activity();
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION note_activity_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_changes VALUES
        (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1, OLD.id), (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1, NEW.id);
    RETURN NULL;
END $$;

DROP TRIGGER activity_updated ON activity;
CREATE TRIGGER activity_updated AFTER UPDATE OF actor_id, object_type, operation, platform, created ON activity FOR EACH ROW
    WHEN ((OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, OLD.created)
        IS DISTINCT FROM (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, NEW.created))
    EXECUTE FUNCTION note_activity_entry();
-- +goose StatementEnd

INSERT INTO activity_blocks SELECT id / 1024, COALESCE(count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE NOT operation IN ('sign_in', 'sign_out') AND platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND NOT platform = 'gateway'), 0),
        COALESCE(count(*) FILTER (WHERE operation IN ('sign_in', 'sign_out') AND platform = 'gateway'), 0), min(created), max(created)
    FROM activity GROUP BY 1;

-- Descending, ties are in the order of ids as well.
DROP INDEX activity_created;
CREATE INDEX activity_created ON activity (created, id, operation, platform);
