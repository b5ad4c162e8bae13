-- +goose Up
-- parent_id is the token that was used for this one, repeats how often it was answered again, started the time of the first in its family
-- (NULL: its own). No foreign key: a token may outlive the one it came from.
ALTER TABLE refresh_tokens ADD COLUMN parent_id bigint;
ALTER TABLE refresh_tokens ADD COLUMN repeats integer NOT NULL DEFAULT 0;
ALTER TABLE refresh_tokens ADD COLUMN started timestamptz;
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent_id) WHERE parent_id IS NOT NULL;
