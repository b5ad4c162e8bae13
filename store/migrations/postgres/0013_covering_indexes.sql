-- +goose Up
-- What a list tests on each token stands in the index that it is read by, behind the order of that, so that only the tokens of a page are read
-- from the table (ADR 0016); also the times that it sorts by. Not last_used, which changes with use, nor descriptions, which are long: these are
-- read in their own order.
DROP INDEX access_tokens_application;
CREATE INDEX access_tokens_application ON access_tokens (application_id, id, platform, scope, created, expires);
DROP INDEX access_tokens_user;
CREATE INDEX access_tokens_user ON access_tokens (user_id, id, application_id, platform);
DROP INDEX access_tokens_last_used;
CREATE INDEX access_tokens_last_used ON access_tokens (last_used, id, user_id, application_id, platform) WHERE last_used IS NOT NULL;
DROP INDEX access_tokens_description;
CREATE INDEX access_tokens_description ON access_tokens (description, id, user_id, application_id, platform) WHERE length(description) <= 256;
