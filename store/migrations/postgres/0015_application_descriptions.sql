-- +goose Up
-- What begins with a prefix among the tokens of an application, for who administers it (ADR 0016): a range for each, as for all in
-- access_tokens_description and access_tokens_long_description.
CREATE INDEX access_tokens_application_description ON access_tokens (application_id, description, id, platform) WHERE application_id IS NOT NULL AND length(description) <= 256;
CREATE INDEX access_tokens_application_long_description ON access_tokens (application_id, substr(description, 1, 256), id) WHERE application_id IS NOT NULL AND length(description) > 256;
