-- +goose Up
CREATE TABLE login_attempts (
    subject  bytea NOT NULL,
    at       timestamptz NOT NULL,
    failures bigint NOT NULL,
    PRIMARY KEY (subject, at)
);
CREATE INDEX login_attempts_at ON login_attempts (at);

CREATE TABLE known_devices (
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('browser', 'address')),
    digest    bytea NOT NULL,
    created   timestamptz NOT NULL,
    last_used timestamptz NOT NULL,
    PRIMARY KEY (user_id, kind, digest)
);
CREATE INDEX known_devices_last_used ON known_devices (last_used);
