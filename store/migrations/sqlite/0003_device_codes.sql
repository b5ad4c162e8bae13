-- +goose Up

-- What a device redeems once a person has entered its user code and agreed (RFC 8628). user_id is who entered it.
CREATE TABLE device_codes (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    digest           blob NOT NULL UNIQUE,
    user_code_digest blob NOT NULL UNIQUE,
    application_id   integer NOT NULL REFERENCES applications ON DELETE CASCADE,
    user_id          integer REFERENCES users ON DELETE CASCADE,
    scope            text NOT NULL,
    audience         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
    interval_seconds integer NOT NULL,
    last_polled      timestamp,
    family_id        text NOT NULL,
    created          timestamp NOT NULL,
    expires          timestamp NOT NULL
);
CREATE INDEX device_codes_expires ON device_codes (expires);
CREATE INDEX device_codes_application ON device_codes (application_id);
CREATE INDEX device_codes_user ON device_codes (user_id) WHERE user_id IS NOT NULL;
