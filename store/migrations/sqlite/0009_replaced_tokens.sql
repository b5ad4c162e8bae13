-- +goose Up
-- The value that a personal token had before it was regenerated, while both work.
CREATE TABLE replaced_tokens (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    digest          blob NOT NULL UNIQUE,
    access_token_id integer NOT NULL UNIQUE REFERENCES access_tokens ON DELETE CASCADE,
    expires         timestamp NOT NULL
);
CREATE INDEX replaced_tokens_expires ON replaced_tokens (expires);
