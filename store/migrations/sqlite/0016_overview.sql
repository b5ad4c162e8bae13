-- +goose Up
-- What the overview reads (ADR 0024): tokens by day and kind, personal tokens that were never used, and failed sign-ins.
DROP VIEW access_tokens_by_day;
DROP TABLE token_day_counts;
CREATE TABLE token_day_counts (
    field    text NOT NULL,
    day      integer NOT NULL,
    platform text NOT NULL,
    personal boolean NOT NULL,
    tokens   integer NOT NULL,
    PRIMARY KEY (field, day, platform, personal)
) WITHOUT ROWID;
CREATE VIEW access_tokens_by_day AS
    SELECT field, day, platform, personal, tokens AS number FROM token_day_counts
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, tokens FROM access_token_changes;

-- What is noted is added when it is settled.
INSERT INTO token_day_counts SELECT field, day, platform, personal, sum(tokens) FROM (
    SELECT 'created' AS field, (created - (created % 86400000000 + 86400000000) % 86400000000) / 86400000000 AS day,
        platform, application_id IS NULL AS personal, 1 AS tokens FROM access_tokens
    UNION ALL SELECT 'expires', (expires - (expires % 86400000000 + 86400000000) % 86400000000) / 86400000000,
        platform, application_id IS NULL, 1 FROM access_tokens
    UNION ALL SELECT 'created', created, platform, application_id IS NULL, -tokens FROM access_token_changes
    UNION ALL SELECT 'expires', expires, platform, application_id IS NULL, -tokens FROM access_token_changes) GROUP BY 1, 2, 3, 4;

CREATE INDEX access_tokens_never_used ON access_tokens (application_id, created, id, expires) WHERE last_used IS NULL AND application_id IS NULL;

CREATE TABLE failed_sign_ins (
    hour     timestamp NOT NULL, -- when it began
    user_id  integer NOT NULL,   -- 0: a name that nobody has
    network  text NOT NULL,
    failures integer NOT NULL,
    last     timestamp NOT NULL,
    PRIMARY KEY (hour, user_id, network)
);
