-- +goose Up
-- How many rows of the large tables there are of each kind, for lists (ADR 0016). Triggers keep them, so that bulk statements and a release
-- that knows nothing of them count as well. A change is only noted, by a row in access_token_changes or activity_changes; the program settles
-- what is noted now and then: SQLite would prepare what does it with each statement. An application_id of 0 is none.
CREATE TABLE access_token_counts (
    application_id integer NOT NULL,
    platform       text NOT NULL,
    scope          text NOT NULL,
    tokens         integer NOT NULL,
    PRIMARY KEY (application_id, platform, scope)
) WITHOUT ROWID;

CREATE TABLE user_token_counts (
    user_id        integer NOT NULL,
    application_id integer NOT NULL,
    platform       text NOT NULL,
    scope          text NOT NULL,
    tokens         integer NOT NULL,
    PRIMARY KEY (user_id, application_id, platform, scope)
) WITHOUT ROWID;

-- Days are counted from 1970 (UTC); field is created or expires.
CREATE TABLE token_day_counts (
    field    text NOT NULL,
    day      integer NOT NULL,
    platform text NOT NULL,
    tokens   integer NOT NULL,
    PRIMARY KEY (field, day, platform)
) WITHOUT ROWID;

CREATE TABLE access_token_changes (
    user_id        integer,
    application_id integer,
    platform       text NOT NULL,
    scope          text NOT NULL,
    created        integer NOT NULL,
    expires        integer NOT NULL,
    tokens         integer NOT NULL
);

CREATE TABLE activity_counts (
    object_type text NOT NULL,
    operation   text NOT NULL,
    platform    text NOT NULL,
    entries     integer NOT NULL,
    PRIMARY KEY (object_type, operation, platform)
) WITHOUT ROWID;

CREATE TABLE actor_activity_counts (
    actor_id    integer NOT NULL,
    object_type text NOT NULL,
    operation   text NOT NULL,
    platform    text NOT NULL,
    entries     integer NOT NULL,
    PRIMARY KEY (actor_id, object_type, operation, platform)
) WITHOUT ROWID;

CREATE TABLE activity_changes (
    actor_id    integer,
    object_type text NOT NULL,
    operation   text NOT NULL,
    platform    text NOT NULL,
    entries     integer NOT NULL
);

-- What is counted, settled or not: the name of each says by what.
CREATE VIEW access_tokens_by_application AS
    SELECT NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM access_token_counts
    UNION ALL SELECT application_id, platform, scope, tokens FROM access_token_changes;
CREATE VIEW access_tokens_by_user AS
    SELECT user_id, NULLIF(application_id, 0) AS application_id, platform, scope, tokens AS number FROM user_token_counts
    UNION ALL SELECT user_id, application_id, platform, scope, tokens FROM access_token_changes WHERE user_id IS NOT NULL;
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, tokens FROM access_token_changes;
CREATE VIEW activity_by_kind AS
    SELECT object_type, operation, platform, entries AS number FROM activity_counts
    UNION ALL SELECT object_type, operation, platform, entries FROM activity_changes;
CREATE VIEW activity_by_actor AS
    SELECT actor_id, object_type, operation, platform, entries AS number FROM actor_activity_counts
    UNION ALL SELECT actor_id, object_type, operation, platform, entries FROM activity_changes WHERE actor_id IS NOT NULL;

INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, count(*) FROM access_tokens GROUP BY 1, 2, 3;
INSERT INTO user_token_counts
    SELECT user_id, COALESCE(application_id, 0), platform, scope, count(*) FROM access_tokens WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4;
INSERT INTO token_day_counts
    SELECT 'created', (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000, platform, count(*)
    FROM access_tokens GROUP BY 2, 3;
INSERT INTO token_day_counts
    SELECT 'expires', (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, platform, count(*)
    FROM access_tokens GROUP BY 2, 3;
INSERT INTO activity_counts SELECT object_type, operation, platform, count(*) FROM activity GROUP BY 1, 2, 3;
INSERT INTO actor_activity_counts SELECT actor_id, object_type, operation, platform, count(*) FROM activity WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3, 4;

-- +goose StatementBegin
CREATE TRIGGER access_tokens_inserted AFTER INSERT ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_tokens_deleted AFTER DELETE ON access_tokens BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_tokens_updated AFTER UPDATE OF user_id, application_id, platform, scope, created, expires ON access_tokens
    WHEN (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope, OLD.created, OLD.expires)
        IS NOT (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope, NEW.created, NEW.expires) BEGIN
    INSERT INTO access_token_changes VALUES (OLD.user_id, OLD.application_id, OLD.platform, OLD.scope,
        (OLD.created - (OLD.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (OLD.expires - (OLD.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, -1);
    INSERT INTO access_token_changes VALUES (NEW.user_id, NEW.application_id, NEW.platform, NEW.scope,
        (NEW.created - (NEW.created % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        (NEW.expires - (NEW.expires % 86400000000 + 86400000000) % 86400000000) / 86400000000, 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER activity_inserted AFTER INSERT ON activity BEGIN
    INSERT INTO activity_changes VALUES (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER activity_deleted AFTER DELETE ON activity BEGIN
    INSERT INTO activity_changes VALUES (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER activity_updated AFTER UPDATE OF actor_id, object_type, operation, platform ON activity
    WHEN (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform) IS NOT (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform) BEGIN
    INSERT INTO activity_changes VALUES (OLD.actor_id, OLD.object_type, OLD.operation, OLD.platform, -1);
    INSERT INTO activity_changes VALUES (NEW.actor_id, NEW.object_type, NEW.operation, NEW.platform, 1);
END;
-- +goose StatementEnd

-- The orders and filters of lists as ranges of an index. A description may be longer than an entry of an index should be.
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id);
CREATE INDEX access_tokens_created ON access_tokens (created, id);
CREATE INDEX access_tokens_scope ON access_tokens (scope, id);
CREATE INDEX access_tokens_last_used ON access_tokens (last_used, id) WHERE last_used IS NOT NULL;
CREATE INDEX access_tokens_description ON access_tokens (description, id) WHERE length(description) <= 256;
CREATE INDEX access_tokens_long_description ON access_tokens (id) WHERE length(description) > 256;
-- The controller's lists show its own tokens, which may be few among many.
CREATE INDEX access_tokens_controller_created ON access_tokens (platform, created, id) WHERE platform = 'controller';
CREATE INDEX access_tokens_controller_expires ON access_tokens (platform, expires, id) WHERE platform = 'controller';
CREATE INDEX access_tokens_controller_last_used ON access_tokens (platform, last_used, id) WHERE platform = 'controller' AND last_used IS NOT NULL;
CREATE INDEX access_tokens_controller_description ON access_tokens (platform, description, id) WHERE platform = 'controller' AND length(description) <= 256;
CREATE INDEX activity_kind ON activity (object_type, operation, id);
