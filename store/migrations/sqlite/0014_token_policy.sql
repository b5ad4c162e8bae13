-- +goose Up
-- When each personal token was last used, or made where it never was, and until when it lives: the token policy and its page go by it.
CREATE INDEX access_tokens_personal_used ON access_tokens (application_id, (CASE WHEN last_used > created THEN last_used ELSE created END), expires) WHERE application_id IS NULL;
CREATE INDEX access_tokens_personal_expires ON access_tokens (application_id, expires) WHERE application_id IS NULL;
