-- +goose Up
CREATE TABLE login_attempts (
    subject  blob NOT NULL,
    at       timestamp NOT NULL,
    failures integer NOT NULL,
    PRIMARY KEY (subject, at)
);
CREATE INDEX login_attempts_at ON login_attempts (at);

CREATE TABLE known_devices (
    user_id   integer NOT NULL REFERENCES users ON DELETE CASCADE,
    kind      text NOT NULL CHECK (kind IN ('browser', 'address')),
    digest    blob NOT NULL,
    created   timestamp NOT NULL,
    last_used timestamp NOT NULL,
    PRIMARY KEY (user_id, kind, digest)
);
CREATE INDEX known_devices_last_used ON known_devices (last_used);
